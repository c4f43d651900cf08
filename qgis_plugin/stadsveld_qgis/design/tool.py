"""The map tool that draws an area corner by corner."""

from __future__ import annotations

from qgis.core import Qgis, QgsGeometry, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand, QgsSnapIndicator
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent
from qgis.PyQt.QtWidgets import QLabel

from ..text import number, tr

_INK = QColor("#7a3e9d")
_FILL = QColor(122, 62, 157, 40)
#: From this many m² on the area is told in hectares.
_HECTARES_FROM = 10_000.0


class AreaTool(QgsMapTool):
    """Click adds a corner, moving shows the area so far, right click or Enter finishes it.

    Backspace takes the last corner back, Escape cancels. Corners snap as the project says.

    Signals:
        drawn: corners on the map (list of QgsPointXY), whether they are final.
        cancelled: nothing is drawn any more.
    """

    drawn = pyqtSignal(list, bool)
    cancelled = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._corners: list[QgsPointXY] = []
        self._is_finished = False
        self._area = self._band(Qgis.GeometryType.Polygon)
        self._marks = self._band(Qgis.GeometryType.Point)
        self._snap = QgsSnapIndicator(canvas)
        self._tag = QLabel(canvas)
        self._tag.setStyleSheet(
            "background:#ffffff;color:#1d2a33;border:1px solid #7a3e9d;border-radius:3px;padding:2px 5px"
        )
        self._tag.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._tag.hide()

    def _band(self, kind: Qgis.GeometryType) -> QgsRubberBand:
        band = QgsRubberBand(self.canvas(), kind)
        band.setStrokeColor(_INK)
        band.setFillColor(_FILL)
        band.setWidth(2)
        band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
        band.setIconSize(7)
        return band

    @property
    def corners(self) -> list[QgsPointXY]:
        """The corners that were clicked."""
        return list(self._corners)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Add a corner, or finish."""
        if event.button() == Qt.MouseButton.RightButton:
            self.finish()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._add(event.snapPoint())
            self._show(self._corners, event.pos())

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        """Show the area as it would be with a corner here."""
        here = event.snapPoint()
        self._snap.setMatch(event.mapPointMatch())
        if self._corners and not self._is_finished:
            self._show([*self._corners, here], event.pos())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Enter finishes, Backspace takes back, Escape cancels; the map does nothing with these."""
        actions = {
            Qt.Key.Key_Return: self.finish,
            Qt.Key.Key_Enter: self.finish,
            Qt.Key.Key_Backspace: self.take_back,
            Qt.Key.Key_Delete: self.take_back,
            Qt.Key.Key_Escape: self.cancel,
        }
        action = actions.get(event.key())
        if action is not None:
            action()
            event.ignore()  # the canvas takes an ignored key as dealt with

    def finish(self) -> None:
        """Keep what was clicked as the final area; fewer than three corners are no area."""
        if len(self._corners) >= 3 and not self._is_finished:
            self._is_finished = True
            self._draw(self._corners)
            self._tag.hide()
            self.drawn.emit(self.corners, True)

    def take_back(self) -> None:
        """Remove the last corner."""
        if self._is_finished or not self._corners:
            return
        self._corners.pop()
        if not self._corners:
            self.cancel()
            return
        self._draw(self._corners)
        self.drawn.emit(self.corners, False)

    def cancel(self) -> None:
        """Draw nothing any more and say so."""
        self.clear()
        self.cancelled.emit()

    def clear(self) -> None:
        """Draw nothing any more."""
        self._corners = []
        self._is_finished = False
        self._draw([])
        self._tag.hide()

    def deactivate(self) -> None:
        """Another tool takes over; a finished area stays in sight."""
        self._tag.hide()
        if not self._is_finished:
            self.clear()
        super().deactivate()

    def discard(self) -> None:
        """Remove everything from the canvas, for good."""
        self.clear()
        for item in (self._area, self._marks):
            self.canvas().scene().removeItem(item)
        self._tag.deleteLater()

    def _add(self, corner: QgsPointXY) -> None:
        if self._is_finished:
            self.clear()
        if not self._corners or self._corners[-1] != corner:
            self._corners.append(corner)

    def _show(self, corners: list[QgsPointXY], at: QPoint) -> None:
        self._draw(corners)
        self._tag.setText(self._running(corners))
        self._tag.adjustSize()
        self._tag.move(self._tag_place(at))
        self._tag.show()
        self.drawn.emit(list(corners), False)

    def _tag_place(self, at: QPoint) -> QPoint:
        room = self.canvas().size() - self._tag.size()
        return QPoint(min(at.x() + 16, room.width()), min(at.y() + 16, room.height()))

    def _draw(self, corners: list[QgsPointXY]) -> None:
        self._area.setToGeometry(QgsGeometry.fromPolygonXY([corners]) if len(corners) > 1 else QgsGeometry())
        self._marks.setToGeometry(
            QgsGeometry.fromMultiPointXY(self._corners) if self._corners else QgsGeometry()
        )

    def _running(self, corners: list[QgsPointXY]) -> str:
        """Return the length of the last side and the area so far, in words."""
        parts = []
        if len(corners) > 1:
            parts.append(f"{number(corners[-1].distance(corners[-2]), 1)} m")
        if len(corners) > 2:
            area = QgsGeometry.fromPolygonXY([corners]).area()
            is_large = area >= _HECTARES_FROM
            parts.append(f"{number(area / 10_000, 2)} ha" if is_large else f"{number(area)} m²")
        return " · ".join(parts) or tr("Click the next corner")
