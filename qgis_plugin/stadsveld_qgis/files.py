"""Files with care: shares of a network, and locks that QGIS holds on a store."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry
from qgis.PyQt.QtCore import QStorageInfo

_SHARES = {"cifs", "smb", "smb2", "smb3", "smbfs", "nfs", "nfs4", "fuse.sshfs", "davfs", "afpfs", "webdav"}


def is_on_network(path: str | Path) -> bool:
    """Tell whether a file is (or would be) on a share: a UNC path, a mapped drive, a mounted share."""
    text = str(path).replace("\\", "/")
    if text.startswith("//"):
        return not text.startswith(("//?/", "//./"))
    folder = Path(path).expanduser().absolute().parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    storage = QStorageInfo(str(folder))
    device = bytes(storage.device()).replace(b"\\", b"/")
    kind = bytes(storage.fileSystemType()).decode("ascii", "replace").lower()
    is_share = device.startswith(b"//") and not device.startswith((b"//?/", b"//./"))
    return is_share or kind in _SHARES


def file_of(layer: QgsMapLayer) -> Path | None:
    """Return the file that a vector layer reads, or None where it reads none."""
    registry = QgsProviderRegistry.instance()
    found = registry.decodeUri(layer.providerType(), layer.source()).get("path")
    return Path(found) if found else None


def same_file(one: Path | None, other: Path | None) -> bool:
    """Tell whether two paths lead to one file, also where it is not there any more."""
    if one is None or other is None:
        return False
    return one == other or one.absolute() == other.absolute() or one.resolve() == other.resolve()


def layers_in(path: Path, project: QgsProject | None = None) -> list[QgsMapLayer]:
    """Return the layers of the project that read a file."""
    layers = (project or QgsProject.instance()).mapLayers().values()
    return [layer for layer in layers if same_file(file_of(layer), path)]


def release(path: Path, project: QgsProject | None = None) -> int:
    """Remove the layers that read a file, so that QGIS lets go of it; return how many.

    A file that is open cannot be replaced or deleted on Windows.
    """
    project = project or QgsProject.instance()
    ids = [layer.id() for layer in layers_in(path, project)]
    project.removeMapLayers(ids)
    return len(ids)
