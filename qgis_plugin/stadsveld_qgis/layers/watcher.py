"""Keeps store and layers in step: what people edit in layers becomes changes, what changes is drawn."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QObject, QTimer

from ..core import model
from ..session import Session
from . import loader

#: Milliseconds to gather commits of several layers (Save All Edits) into one sealing.
_GATHER = 50


class Watcher(QObject):
    """Listens to the store's layers in the project."""

    def __init__(self, session: Session, project: QgsProject | None = None) -> None:
        super().__init__(session)
        self._session = session
        self._project = project or QgsProject.instance()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_GATHER)
        self._timer.timeout.connect(self._session.keep_edits)
        self._session.changed.connect(self.refresh)
        self._project.layersAdded.connect(self._watch)
        self._watch(list(self._project.mapLayers().values()))

    def stop(self) -> None:
        """Listen no more."""
        self._timer.stop()
        self._session.changed.disconnect(self.refresh)
        self._project.layersAdded.disconnect(self._watch)
        for layer in self._project.mapLayers().values():
            if loader.entity_of(layer) is not None:
                layer.afterCommitChanges.disconnect(self._timer.start)

    def refresh(self) -> None:
        """Read the layers of the open store again; those with unsaved edits are left alone."""
        if self._session.path is None:
            return
        for layer in loader.loaded(self._session.path, self._project).values():
            if not layer.isEditable():
                layer.dataProvider().reloadData()
                layer.updateExtents()
                layer.triggerRepaint()

    def _watch(self, layers: list[QgsMapLayer]) -> None:
        for layer in layers:
            name = loader.entity_of(layer)
            if name is not None and name in model.ENTITIES:
                layer.afterCommitChanges.connect(self._timer.start)
