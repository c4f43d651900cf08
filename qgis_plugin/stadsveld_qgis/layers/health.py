"""Whether the store's layers in a project still find their file, and the way to mend them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsDataProvider, QgsProject, QgsVectorLayer

from . import forms, loader


@dataclass(frozen=True)
class Finding:
    """A file of the project's layers that is not where it was.

    Attributes:
        file: where it was.
        layers: names of the layers that miss it.
    """

    file: Path
    layers: tuple[str, ...]


def check(project: QgsProject | None = None) -> list[Finding]:
    """Return the store files that layers of the project miss."""
    missing: dict[Path, list[str]] = {}
    for layer in _of_stores(project):
        file = Path(layer.source().split("|", 1)[0])
        if not layer.isValid() or not file.is_file():
            missing.setdefault(file, []).append(layer.name())
    return [Finding(file, tuple(sorted(names))) for file, names in missing.items()]


def mend(lost: Path, found: Path, project: QgsProject | None = None) -> int:
    """Let the layers that miss `lost` read `found`; return how many work again."""
    mended = 0
    for layer in _of_stores(project):
        if Path(layer.source().split("|", 1)[0]) == lost:
            name = loader.entity_of(layer)
            options = QgsDataProvider.ProviderOptions()
            layer.setDataSource(loader.source(found, name), layer.name(), "ogr", options)
            layer.setReadOnly(not forms.can_be_edited(name))
            mended += layer.isValid()
    return mended


def _of_stores(project: QgsProject | None) -> list[QgsVectorLayer]:
    layers = (project or QgsProject.instance()).mapLayers().values()
    return [layer for layer in layers if loader.entity_of(layer) is not None]
