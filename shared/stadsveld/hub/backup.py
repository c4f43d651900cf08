"""Backups of a central store while it is in use: one file that is a store itself, and its photos beside it.

The store is read as of one moment, in a transaction that no writer waits for. The photos follow, so that
all that were there at that moment are in the backup; the file appears under its name when everything else
is in place. Killed at any point, the backup that was there before is still there, whole.

Only then the store remembers that, and up to which place in its log (`backed_up_seq`), it was backed up:
working copies may forget what is in a backup, and nothing else.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput, StoreError
from ..faults import fault_point
from ..store import Store, statement
from ..store.connection import connect, explain
from ..store.photos import PhotoFolder
from ..store.store import now
from ..sync.capture import seal
from ..text import _
from .audit import record
from .copying import (
    copy_database,
    copy_photos,
    digest_of,
    hashes_in,
    make_durable,
    open_central,
    part_of,
    refuse_damaged,
    remove_abandoned,
    writing,
)
from .locking import ServiceLock

#: Settings of a central store: up to which place in its log, and when, it was last backed up.
SEQ_SETTING, AT_SETTING = "backed_up_seq", "backed_up_at"
#: Seconds after which what a killed backup left is removed.
_ABANDONED = 86_400.0


@dataclass(frozen=True)
class Backup:
    """A backup that was made.

    Attributes:
        file: the backup, a store that can be read as it is.
        epoch: epoch of the store.
        seq: place in the log up to which it holds everything.
        photos: photos beside it.
        bytes: size of the file.
        sha256: hash of the file.
        damaged: hashes of photos in the store that are not what their name says, and so are not in it.
    """

    file: Path
    epoch: str
    seq: int
    photos: int
    bytes: int
    sha256: str
    damaged: tuple[str, ...] = ()


def back_up(path: Path, target: Path) -> Backup:
    """Make a backup of a central store that may be in use; an older one at `target` is replaced.

    Args:
        path: the central store.
        target: the file to make; the photos go to `<target>.photos`, only those that are not there yet.

    Raises:
        BadInput: `target` is the store itself.
        StoreError: the store is none, or damaged; or `target` cannot be written, or is something else
            than a backup of this store. What was there before is still there.
    """
    with open_central(path) as store:
        _refuse_target(store, target)
        remove_abandoned(target, seconds=_ABANDONED)
        with part_of(target) as part:
            at, epoch, seq = _copy(store, part, target)
            refuse_damaged(part, path)
            _mark(part, at, seq)
            fault_point("backup.verified")
            photos = PhotoFolder(target.with_name(target.name + ".photos"))
            damaged = copy_photos(store.photos, photos)
            with writing(target):
                sha256, size = digest_of(part), part.stat().st_size
                make_durable(part)
                fault_point("backup.before-rename")
                part.replace(target)
                make_durable(target.resolve().parent)
        fault_point("backup.after-rename")
        _forget_erased(store.photos, photos, target)
        number = sum(1 for _sha256 in hashes_in(photos))
        with store.transaction(capture=False):
            _remember(store, at, seq)
            record(store, "backup", log=seq, epoch=epoch, photos=number, sha256=sha256)
    return Backup(target, epoch, seq, number, size, sha256, tuple(damaged))


def _copy(store: Store, part: Path, target: Path) -> tuple[str, str, int]:
    """Copy the store as of one moment; return that moment, its epoch and its place in the log."""
    execute = store.connection.execute
    seal(store)
    try:
        execute("BEGIN")
        try:
            while execute(statement("any_captured")).fetchone() is not None:
                # Somebody edited the store itself in between: a backup holds changes only.
                execute("ROLLBACK")
                seal(store)
                execute("BEGIN")
            at, epoch = now(), store.setting("epoch") or ""
            seq = int(execute(statement("last_logged")).fetchone()[0])
            with writing(target):
                copy_database(store.connection, part)
        finally:
            execute("ROLLBACK")
    except sqlite3.Error as error:
        raise explain(error, store.path) from error
    return at, epoch, seq


def _mark(part: Path, at: str, seq: int) -> None:
    """Let the backup say of itself when it was made: a restored store is backed up so far."""
    with Store.open(part, spatialite=False) as copy, copy.transaction(capture=False):
        _remember(copy, at, seq)


def _remember(store: Store, at: str, seq: int) -> None:
    store.set_setting(SEQ_SETTING, str(max(seq, int(store.setting(SEQ_SETTING) or 0))))
    store.set_setting(AT_SETTING, at)


def _refuse_target(store: Store, target: Path) -> None:
    if target.resolve() == store.path.resolve():
        raise BadInput(_("A backup needs a file of its own, on another disk if there is one."), file=target)
    if not target.resolve().parent.is_dir():
        raise StoreError(_("The folder {folder} does not exist.").format(folder=target.parent))
    if not target.exists():
        return
    message = _("{file} exists and is no backup of this store; choose another name.").format(file=target)
    try:
        connection = connect(target, readonly=True, spatialite=False)
    except StoreError as error:
        raise StoreError(message) from error
    other = Store(target, connection)
    try:
        is_backup = other.setting("epoch") is not None and other.device_id == store.device_id
    except (sqlite3.Error, StoreError) as error:
        raise StoreError(message) from error
    finally:
        other.close()
    if not is_backup:
        raise StoreError(message)
    if target.resolve().with_name(target.resolve().name + ".lock").exists():
        ServiceLock(target).release()


def _forget_erased(source: PhotoFolder, copies: PhotoFolder, target: Path) -> None:
    """Remove the copies of photos that were erased: gone from the store, and nothing tells of them."""
    gone = {sha256 for sha256 in hashes_in(copies) if not source.has(sha256)}
    if gone:
        with Store.open(target, readonly=True, spatialite=False) as copy:
            gone.difference_update(row[0] for row in copy.connection.execute(statement("photos_mentioned")))
    for sha256 in gone:
        copies.path(sha256).unlink(missing_ok=True)


__all__ = ["AT_SETTING", "SEQ_SETTING", "Backup", "back_up"]
