"""Joins map tool, selection in layers and dock, and puts them into QGIS's window."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QAction

from ..context import Context
from ..core import errors
from ..layers import loader
from ..text import tr
from . import readings
from .dock import SensorDock
from .tool import PickTool


class SensorsPart(QObject):
    """The sensors part: `init_gui` builds it, `unload` takes it out."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._canvas = context.iface.mapCanvas()
        self._project = QgsProject.instance()
        self._watched: dict[str, QgsVectorLayer] = {}

    def init_gui(self) -> None:
        """Build the map tool, its action and the dock."""
        self.dock = SensorDock(self._context)
        self._context.add_dock(self.dock, icon_name="series")
        self.dock.hide()
        self.tool = PickTool(self._canvas)
        self.action: QAction = self._context.add_action("series", tr("Show measurements"), checkable=True)
        self.tool.setAction(self.action)
        self.action.triggered.connect(self._use_tool)
        self.tool.picked.connect(self._pick)
        self._context.session.closed.connect(self._stop)
        self._project.layersAdded.connect(self._watch)
        self._project.layersWillBeRemoved.connect(self._forget)
        self._watch(list(self._project.mapLayers().values()))

    def unload(self) -> None:
        """Give the map and the layers back."""
        self._context.session.closed.disconnect(self._stop)
        self._project.layersAdded.disconnect(self._watch)
        self._project.layersWillBeRemoved.disconnect(self._forget)
        self._forget(list(self._watched))
        self._canvas.unsetMapTool(self.tool)
        self.tool.discard()

    def open(self, entity: str, row_id: str) -> bool:
        """Show the measurements of an object; tell whether there are any."""
        try:
            is_shown = self.dock.show_asset(entity, row_id)
        except errors.StadsveldError as error:
            self._context.messages.failure(error)
            return False
        if is_shown:
            self.dock.show()
            self.dock.raise_()
        return is_shown

    def _use_tool(self, wanted: bool = True) -> None:
        if not wanted:
            self._canvas.unsetMapTool(self.tool)
        elif self._context.session.store is None:
            self.action.setChecked(False)
            self._context.messages.warning(tr("Open a store first."))
        else:
            self._canvas.setMapTool(self.tool)
            self.dock.show()
            self.dock.raise_()

    def _pick(self, x: float, y: float, reach: float) -> None:
        opened = self._context.session.store
        if opened is None:
            return
        try:
            found = readings.measured_at(opened, x, y, reach)
        except errors.StadsveldError as error:
            self._context.messages.failure(error)
            return
        if found is None:
            self._context.messages.info(tr("Nothing is measured here. Click a sensor or an object with one."))
            return
        self.tool.mark(found.geometry)
        self.open(found.entity, found.row_id)

    def _stop(self) -> None:
        self._canvas.unsetMapTool(self.tool)
        self.tool.mark(None)

    # Selecting in a layer

    def _watch(self, layers: list[QgsMapLayer]) -> None:
        for layer in layers:
            if loader.entity_of(layer) in readings.MEASURED and layer.id() not in self._watched:
                self._watched[layer.id()] = layer
                layer.selectionChanged.connect(self._selected)

    def _forget(self, layer_ids: list[str]) -> None:
        for layer_id in layer_ids:
            layer = self._watched.pop(layer_id, None)
            if layer is not None:
                layer.selectionChanged.disconnect(self._selected)

    def _selected(self) -> None:
        """Show what is selected, if it is one measured object of the open store and the dock is in sight."""
        layer = self.sender()
        path = self._context.session.path
        if not isinstance(layer, QgsVectorLayer) or path is None or not self.dock.isVisible():
            return
        if layer.selectedFeatureCount() != 1 or layer not in loader.loaded(path, self._project).values():
            return
        (feature,) = layer.selectedFeatures()
        self.open(loader.entity_of(layer), str(feature["id"]))
