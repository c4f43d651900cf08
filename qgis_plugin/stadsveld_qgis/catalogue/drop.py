"""Files dropped on QGIS: a BGT delivery or a register goes to its import, a store opens."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from qgis.gui import QgsCustomDropHandler

from ..core import store

_SQLITE = {".sqlite", ".db"}
_TABLES = {".csv", ".xlsx"}
_APPLICATION_ID_AT = slice(68, 72)


class DropHandler(QgsCustomDropHandler):
    """Takes the files that are ours and leaves all others to QGIS."""

    def __init__(
        self,
        open_store: Callable[[Path], None],
        import_bgt: Callable[[Path], None],
        import_register: Callable[[Path], None],
        has_store: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._open_store, self._import_bgt, self._import_register = open_store, import_bgt, import_register
        self._has_store = has_store

    def customUriProviderKey(self) -> str:  # noqa: N802
        """Return the key of our own drags."""
        return "stadsveld"

    def handleFileDrop(self, path: str) -> bool:  # noqa: N802
        """Take a file, or say that it is not ours."""
        file = Path(path)
        if not file.is_file():
            return False
        if is_store(file):
            self._open_store(file)
        elif is_bgt(file):
            self._import_bgt(file)
        elif self._has_store() and is_register(file):
            self._import_register(file)
        else:
            return False
        return True


def is_store(file: Path) -> bool:
    """Tell whether a file is a Stadsveld store."""
    if file.suffix.lower() not in _SQLITE:
        return False
    with file.open("rb") as opened:
        header = opened.read(100)
    found = int.from_bytes(header[_APPLICATION_ID_AT], "big")
    return header.startswith(b"SQLite format 3\0") and found == store.connection.APPLICATION_ID


def is_bgt(file: Path) -> bool:
    """Tell whether a file is a BGT delivery: a zip of files bgt_*.gml."""
    if file.suffix.lower() != ".zip" or not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return any(is_bgt_member(name) for name in archive.namelist())


def is_bgt_member(name: str) -> bool:
    """Tell whether a name in a zip is that of a BGT file."""
    last = name.rsplit("/", 1)[-1].lower()
    return last.startswith("bgt_") and last.endswith((".gml", ".xml"))


def is_register(file: Path) -> bool:
    """Tell whether a file is a table whose name speaks of our objects; other tables stay QGIS's."""
    words = ("wegvak", "wegdeel", "kunstwerk", "sensor", "structure", "road_section", "brug", "beheer")
    return file.suffix.lower() in _TABLES and any(word in file.stem.lower() for word in words)
