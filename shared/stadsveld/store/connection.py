"""The one place that opens a database file, so that the driver can be swapped.

SpatiaLite is loaded where it is there. Where it is not (a phone), the two SpatiaLite functions that
its own triggers call are given here, and the spatial index is aligned by us: the rows written are
the same.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from .. import geo
from ..errors import BadInput, MissingComponent, StoreError, StoreLocked
from ..text import _
from . import wiping
from .statements import statement

#: Bytes of the header of every SQLite file.
_HEADER = 100
#: Marks the file as a Stadsveld store ("STVD").
APPLICATION_ID = 0x53545644
#: Seconds to wait for another program that is writing.
BUSY_TIMEOUT = 10.0
#: Prepared statements that a connection keeps: some for every entity.
_STATEMENTS = 1000
#: KiB of the file that a connection keeps in memory: a window of a city's map fits.
CACHE_KIB = 32 * 1024
#: Pages of the write-ahead log after which a commit also brings them into the file.
_CHECKPOINT_PAGES = 4000
#: Names under which the platforms know the SpatiaLite module.
SPATIALITE_MODULES = ("mod_spatialite", "mod_spatialite.so", "mod_spatialite.dll", "mod_spatialite.dylib")
#: Where programs that bring a Python of their own (QGIS on Windows and macOS) keep it, from its prefix.
_BESIDE_PYTHON = ("bin", "lib", "../../bin", "../../lib", "../MacOS/lib", "../Frameworks")


class Connection(sqlite3.Connection):
    """A connection that knows whether SpatiaLite is loaded and keeps spatial indexes aligned."""

    has_spatialite = False

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._misaligned: dict[tuple[str, int], bytes] = {}

    def add_spatial_functions(self, *, spatialite: bool) -> None:
        """Load SpatiaLite, or give the stand-ins for what its triggers call."""
        self.has_spatialite = spatialite and _load_spatialite(self)
        if not self.has_spatialite:
            self.create_function("GeometryConstraints", -1, lambda *_args: 1)
            self.create_function("RTreeAlign", 3, self._note_misaligned)

    def _note_misaligned(self, index: str, rowid: int, blob: bytes | None) -> int:
        self._misaligned.pop((index, rowid), None)
        if blob is not None:
            self._misaligned[index, rowid] = blob
        return 1

    def keep_in_memory(self) -> None:
        """Let the connection keep as much of the file in memory as `CACHE_KIB` says."""
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB:d}")

    def align_indexes(self) -> None:
        """Write the index entries of geometries that were stored without SpatiaLite."""
        pending, self._misaligned = self._misaligned, {}
        for (index, rowid), blob in pending.items():
            minx, miny, maxx, maxy = geo.blob_bbox(blob)
            table = index.removeprefix("idx_").removesuffix("_geom")
            self.execute(statement("align_index", table), (minx, maxx, miny, maxy, rowid))

    def forget_misaligned(self) -> None:
        """Forget the pending index entries of a transaction that was rolled back."""
        self._misaligned = {}


def _load_spatialite(connection: sqlite3.Connection) -> bool:
    if not hasattr(connection, "enable_load_extension"):
        return False
    connection.enable_load_extension(True)
    try:
        for module in _spatialite_modules():
            try:
                connection.load_extension(module)
            except sqlite3.OperationalError:
                continue
            return True
        return False
    finally:
        connection.enable_load_extension(False)


def _spatialite_modules() -> Iterator[str]:
    """Yield what may be the SpatiaLite module: its names, then its files beside this Python."""
    yield from SPATIALITE_MODULES
    for folder in _BESIDE_PYTHON:
        for name in SPATIALITE_MODULES[1:]:
            file = Path(sys.prefix, folder, name)
            if file.is_file():
                yield str(file.resolve().with_suffix(""))


def connect(
    path: Path, *, create: bool = False, readonly: bool = False, spatialite: bool = True
) -> Connection:
    """Open `path` and return the connection, in autocommit mode.

    Args:
        path: the file.
        create: make a new file; refuses one that exists.
        readonly: open without the right to write.
        spatialite: load SpatiaLite where it is there.

    Raises:
        StoreError: the file is missing, foreign, damaged, newer or cannot be opened.
        StoreLocked: another program keeps it locked.
        MissingComponent: a new file needs SpatiaLite and it is not there.
    """
    if create:
        _refuse_existing(path)
    else:
        _refuse_unreadable(path)
        readonly = readonly or not os.access(path, os.W_OK)
    mode = "rwc" if create else "ro" if readonly else "rw"
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            cached_statements=_STATEMENTS,
            factory=Connection,
            check_same_thread=False,
        )
    except sqlite3.OperationalError as error:
        raise StoreError(_("{file} cannot be opened: {error}").format(file=path, error=error)) from error
    if not create:
        try:
            _refuse_foreign(connection, path)
        except StoreError:
            connection.close()
            raise
    connection.row_factory = sqlite3.Row
    connection.add_spatial_functions(spatialite=spatialite)
    # Loading SpatiaLite sets a timeout of its own.
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT * 1000):d}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES:d}")
    if create and not connection.has_spatialite:
        connection.close()
        path.unlink(missing_ok=True)
        raise MissingComponent(
            _("A new store needs SpatiaLite (mod_spatialite), and it is not installed here.")
        )
    return connection


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise StoreError(_("{file} exists already; open it, or choose another name.").format(file=path))
    if not path.parent.is_dir():
        raise StoreError(_("The folder {folder} does not exist.").format(folder=path.parent))
    wiping.forget(path)


def _refuse_unreadable(path: Path) -> None:
    """Refuse what is no file that may be read.

    The file itself is never opened here: closing it would drop the locks that this process holds on it
    (POSIX), and another program could then take away the write-ahead log under an open connection.
    See https://www.sqlite.org/howtocorrupt.html, 2.2.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        size = path.stat().st_size
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        wiping.finish(path)
        text = _("{file} cannot be read: {error}").format(file=path, error=error.strerror)
        raise StoreError(wiping.why_gone(path) or text) from error
    if size < _HEADER:
        raise StoreError(_("{file} is not a Stadsveld store.").format(file=path))


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that another program wrote, or that is not whole."""
    try:
        found = connection.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise StoreError(_("{file} is not a Stadsveld store.").format(file=path)) from error
        if "malformed" in str(error):
            raise StoreError(
                _(
                    "{file} is damaged: it is shorter than it should be. Restore a backup or copy it again."
                ).format(file=path)
            ) from error
        raise explain(error, path) from error
    if found != APPLICATION_ID:
        raise StoreError(
            _("{file} is a database of another program, not a Stadsveld store.").format(file=path)
        )


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what a person should read instead of an error of the database driver."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return StoreLocked(
            _("{file} is being written by another program; try again in a moment.").format(file=path)
        )
    if "readonly" in text or "read-only" in text:
        return StoreError(_("{file} may not be written; check its permissions.").format(file=path))
    if "full" in text or "disk I/O" in text:
        return StoreError(_("The disk of {file} is full or failing; nothing was changed.").format(file=path))
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return StoreError(_("{file} is damaged ({error}). Restore a backup.").format(file=path, error=text))
    return StoreError(_("{file} could not be used: {error}").format(file=path, error=text))


__all__ = ["APPLICATION_ID", "BadInput", "Connection", "connect", "explain"]
