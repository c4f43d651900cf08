"""Joins map tool, live figures and dock, and puts them into QGIS's window."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProject,
)
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QAction

from ..context import Context
from ..core import geo
from ..text import tr
from .dock import DesignDock
from .live import LivePlan
from .tool import AreaTool

RD = "EPSG:28992"


class DesignPart(QObject):
    """The design part: `init_gui` builds it, `unload` takes it out."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._canvas = context.iface.mapCanvas()

    def init_gui(self) -> None:
        """Build the map tool, its action and the dock."""
        self.live = LivePlan(self._context.session, self._context.messages, self)
        self.dock = DesignDock(self._context, self.live)
        self._context.add_dock(self.dock, icon_name="design")
        self.dock.hide()
        self.tool = AreaTool(self._canvas)
        self.action: QAction = self._context.add_action("design", tr("Measure an area"), checkable=True)
        self.tool.setAction(self.action)
        self.action.triggered.connect(self._use_tool)
        self.dock.draw.connect(self._use_tool)
        self.dock.erased.connect(self.tool.clear)
        self.tool.activated.connect(lambda: self.dock.set_drawing(True))
        self.tool.deactivated.connect(lambda: self.dock.set_drawing(False))
        self.tool.drawn.connect(self._show)
        self.tool.cancelled.connect(self.dock.clear)
        self._context.session.closed.connect(self._stop)

    def unload(self) -> None:
        """Give the map back."""
        self._context.session.closed.disconnect(self._stop)
        self._canvas.unsetMapTool(self.tool)
        self.tool.discard()
        self.live.forget()

    def _use_tool(self, wanted: bool = True) -> None:
        if not wanted:
            self._canvas.unsetMapTool(self.tool)
            return
        if self._context.session.store is None:
            self.action.setChecked(False)
            self.dock.set_drawing(False)
            self._context.messages.warning(tr("Open a store first."))
            return
        self.dock.show()
        self.dock.raise_()
        self._canvas.setMapTool(self.tool)
        extent = self._canvas.extent()
        corners = self._to_rd(
            [
                QgsPointXY(extent.xMinimum(), extent.yMinimum()),
                QgsPointXY(extent.xMaximum(), extent.yMaximum()),
            ]
        )
        if len(corners) == 2:
            (x1, y1), (x2, y2) = corners
            self.live.prepare((min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)))

    def _stop(self) -> None:
        self._canvas.unsetMapTool(self.tool)
        self.tool.clear()

    def _show(self, corners: list[QgsPointXY], is_finished: bool) -> None:
        points = self._to_rd(corners)
        if len(points) > 1:
            polygon = geo.polygon_wkb([[*points, points[0]]])
            self.dock.take(polygon, is_finished)
            self.live.show(polygon, at_once=is_finished)

    def _to_rd(self, corners: list[QgsPointXY]) -> list[tuple[float, float]]:
        """Return corners on the map in RD; none where they cannot be expressed in it."""
        of_map = self._canvas.mapSettings().destinationCrs()
        rd = QgsCoordinateReferenceSystem(RD)
        if not of_map.isValid() or of_map == rd:
            return [(point.x(), point.y()) for point in corners]
        transform = QgsCoordinateTransform(of_map, rd, QgsProject.instance())
        try:
            found = [transform.transform(point) for point in corners]
        except QgsCsException:
            return []
        return [(point.x(), point.y()) for point in found]
