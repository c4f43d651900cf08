"""Copies of a central store and its photos that are whole or not there: in pieces, verified, then renamed."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import StoreError
from ..model import new_id
from ..store import Store
from ..store.connection import connect, explain
from ..store.photos import PhotoFolder
from ..store.schema import VERSION
from ..text import _

#: Pages of the store that are copied at a time, and bytes of a photo.
_PAGES = 1000
_PIECE = 1 << 20


def open_central(path: Path, *, readonly: bool = False) -> Store:
    """Open a central store; one that an older program wrote is copied first (`keep_before_migration`).

    Raises:
        StoreError: it cannot be opened, or is none.
    """
    keep_before_migration(path)
    store = Store.open(path, readonly=readonly)
    try:
        if store.setting("hub_url") is not None:
            message = _("{file} is a working copy, not a central store.")
            raise StoreError(message.format(file=path))
        if store.setting("epoch") is None:
            message = _("{file} is not a central store yet. Make it one with: {command}")
            raise StoreError(message.format(file=path, command=f"stadsveld hub init {path}"))
    except StoreError:
        store.close()
        raise
    return store


def keep_before_migration(path: Path) -> Path | None:
    """Copy a store that an older program wrote, before opening it brings it to this version.

    Returns:
        The copy, `<store>.before-version-N`; None where the store needs no migration or is not there.

    Raises:
        StoreError: there is no room for the copy, or the store is damaged; nothing was migrated.
    """
    if not path.exists():
        return None
    with closing(connect(path, readonly=True, spatialite=False)) as store:
        if store.execute("PRAGMA user_version").fetchone()[0] >= VERSION:
            return None
        kept = path.with_name(f"{path.name}.before-version-{VERSION}")
        if kept.exists():
            return kept
        with part_of(kept) as part, writing(kept):
            copy_database(store, part)
            refuse_damaged(part, path)
            make_durable(part)
            part.replace(kept)
            make_durable(kept.resolve().parent)
    return kept


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell what went wrong with a file that is written, in words for people.

    Raises:
        StoreError: it could not be written.
    """
    try:
        yield
    except OSError as error:
        message = _("{file} cannot be written: {error}")
        raise StoreError(message.format(file=path, error=error.strerror or error)) from error
    except sqlite3.Error as error:
        raise explain(error, path) from error


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Give a new, empty file beside `target` to write into and rename; what is left of it goes."""
    part = target.with_name(f"{target.name}.{new_id()}.part")
    try:
        with writing(target):
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
    finally:
        for tail in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + tail).unlink(missing_ok=True)


def remove_abandoned(target: Path, *, seconds: float = 0.0, but: Path | None = None) -> None:
    """Remove what was left half-written beside a file, and among its photos, by who was killed.

    Args:
        target: the file.
        seconds: leave what is younger: somebody may be writing it.
        but: leave this one, and what belongs to it.
    """
    target = target.resolve()
    photos = target.with_name(target.name + ".photos").glob("*/*.part")
    for part in (*target.parent.glob(f"{glob.escape(target.name)}.*.part*"), *photos):
        is_in_use = but is not None and part.name.startswith(but.name)
        if not is_in_use and time.time() - part.stat().st_mtime >= seconds:
            part.unlink(missing_ok=True)


def copy_database(source: sqlite3.Connection, part: Path) -> None:
    """Copy a database as it is in the read transaction that `source` holds, as one plain file.

    Writers of the source go on meanwhile (it writes ahead), and the copy does not start anew for them.
    """
    with closing(sqlite3.connect(part)) as copy:
        source.backup(copy, pages=_PAGES)
        copy.execute("PRAGMA journal_mode = DELETE")


def refuse_damaged(path: Path, shown: Path) -> None:
    """Do nothing, unless a database is not whole.

    Args:
        path: the file.
        shown: what the message calls it.

    Raises:
        StoreError: it is damaged.
    """
    try:
        with closing(sqlite3.connect(path)) as copy:
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise explain(error, shown) from error
    if found != "ok":
        raise StoreError(_("{file} is damaged ({error}). Restore a backup.").format(file=shown, error=found))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def make_durable(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hashes_in(photos: PhotoFolder) -> Iterator[str]:
    """Yield the hashes of the photo files in a folder; other files in it are left out."""
    for folder in sorted(photos.folder.glob("[0-9a-f][0-9a-f]")):
        for file in sorted(folder.glob(f"{folder.name}*.jpg")):
            if len(file.stem) == 64 and set(file.stem) <= set("0123456789abcdef"):
                yield file.stem


def copy_photos(source: PhotoFolder, target: PhotoFolder, leave: Collection[str] = frozenset()) -> list[str]:
    """Copy the photos that are not there yet, each verified; return the hashes of damaged ones.

    Args:
        source: where they are.
        target: where they are to be.
        leave: hashes of photos not to copy.

    Raises:
        StoreError: the target cannot be written; the photos copied so far stay.
    """
    damaged = []
    with writing(target.folder):
        for sha256 in hashes_in(source):
            if sha256 not in leave and not _is_there(source.path(sha256), target.path(sha256)):
                try:
                    is_whole = _copy_photo(source.path(sha256), target.path(sha256), sha256)
                except FileNotFoundError:  # It was erased meanwhile.
                    continue
                if not is_whole:
                    damaged.append(sha256)
    return damaged


def _is_there(source: Path, target: Path) -> bool:
    """Whether a photo was copied (and verified) before; one that a disk cut short is copied again."""
    try:
        return target.stat().st_size == source.stat().st_size
    except FileNotFoundError:
        return False


def _copy_photo(source: Path, target: Path, sha256: str) -> bool:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with source.open("rb") as original, part_of(target) as part:
        with part.open("wb") as copy:
            while piece := original.read(_PIECE):
                digest.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != sha256:
            return False
        shutil.copymode(source, part)
        part.replace(target)
    return True


__all__ = [
    "copy_database",
    "copy_photos",
    "digest_of",
    "hashes_in",
    "keep_before_migration",
    "make_durable",
    "open_central",
    "part_of",
    "refuse_damaged",
    "remove_abandoned",
    "writing",
]
