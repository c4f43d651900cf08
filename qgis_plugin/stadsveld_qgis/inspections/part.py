"""Joins the selection in layers and the dock “Score and why”."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QObject

from ..context import Context
from ..layers import loader
from .dock import SCORED, ScoreDock


class InspectionsPart(QObject):
    """The inspections part: `init_gui` builds it, `unload` takes it out."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._project = QgsProject.instance()
        self._watched: dict[str, QgsVectorLayer] = {}

    def init_gui(self) -> None:
        """Build the dock and follow the selection."""
        self.dock = ScoreDock(self._context)
        self._context.add_dock(self.dock, icon_name="why")
        self.dock.hide()
        self._project.layersAdded.connect(self._watch)
        self._project.layersWillBeRemoved.connect(self._forget)
        self._watch(list(self._project.mapLayers().values()))

    def unload(self) -> None:
        """Give the layers back."""
        self._project.layersAdded.disconnect(self._watch)
        self._project.layersWillBeRemoved.disconnect(self._forget)
        self._forget(list(self._watched))

    def _watch(self, layers: list[QgsMapLayer]) -> None:
        for layer in layers:
            if loader.entity_of(layer) in SCORED and layer.id() not in self._watched:
                self._watched[layer.id()] = layer
                layer.selectionChanged.connect(self._selected)

    def _forget(self, layer_ids: list[str]) -> None:
        for layer_id in layer_ids:
            layer = self._watched.pop(layer_id, None)
            if layer is not None:
                layer.selectionChanged.disconnect(self._selected)

    def _selected(self) -> None:
        """Show the one object that is selected, if the dock is in sight and it is of the open store."""
        layer = self.sender()
        path = self._context.session.path
        if not isinstance(layer, QgsVectorLayer) or path is None or not self.dock.isVisible():
            return
        if layer.selectedFeatureCount() != 1 or layer not in loader.loaded(path, self._project).values():
            return
        (feature,) = layer.selectedFeatures()
        self.dock.show_asset(loader.entity_of(layer), str(feature["id"]))
