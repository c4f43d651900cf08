"""The map tool that asks what is measured at a place."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
)
from qgis.gui import QgsHighlight, QgsMapCanvas, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

#: How far from a sensor a click may be, in pixels.
_REACH = 12
_RD = "EPSG:28992"
_INK = QColor("#0b7285")


class PickTool(QgsMapTool):
    """A click asks.

    Signals:
        picked: x and y in RD, and how far around it to look, in metres.
    """

    picked = pyqtSignal(float, float, float)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._mark: QgsHighlight | None = None

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Ask what is measured here."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        here, beside = (
            self.toMapCoordinates(at) for at in (event.pos(), event.pos() + _right(event.pos(), _REACH))
        )
        to_rd = self._transform(to_rd=True)
        if to_rd is not None:
            try:
                here, beside = to_rd.transform(here), to_rd.transform(beside)
            except QgsCsException:
                return
        self.picked.emit(here.x(), here.y(), here.distance(beside))

    def mark(self, geometry: bytes | None) -> None:
        """Mark what is shown (WKB in RD) on the map; None marks nothing."""
        if self._mark is not None:
            self.canvas().scene().removeItem(self._mark)
            self._mark = None
        if geometry is None:
            return
        shape = QgsGeometry()
        shape.fromWkb(geometry)
        to_map = self._transform(to_rd=False)
        if to_map is not None:
            shape.transform(to_map)
        self._mark = QgsHighlight(self.canvas(), shape, None)
        self._mark.setColor(_INK)
        self._mark.setFillColor(QColor(11, 114, 133, 60))
        self._mark.setWidth(3)
        self._mark.setBuffer(1.5)
        self._mark.show()

    def discard(self) -> None:
        """Remove everything from the canvas."""
        self.mark(None)

    def _transform(self, *, to_rd: bool) -> QgsCoordinateTransform | None:
        of_map = self.canvas().mapSettings().destinationCrs()
        rd = QgsCoordinateReferenceSystem(_RD)
        if not of_map.isValid() or of_map == rd:
            return None
        pair = (of_map, rd) if to_rd else (rd, of_map)
        return QgsCoordinateTransform(*pair, QgsProject.instance())


def _right(at: object, by: int) -> object:
    """Return the step of `by` pixels to the right, of the same kind of point as `at`."""
    return type(at)(by, 0)
