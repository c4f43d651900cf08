"""Putting back a backup of a central store, without letting fall back what must not.

The restored store begins a new epoch: working copies notice, and bring again what it has forgotten, also
what others made. From the store that is replaced come, where it can still be read, the devices (one that
was reported lost since the backup stays lost, a code that was used stays used) and the erasures. Nothing is
deleted: the replaced store stays beside it under another name.

All is prepared in a file of its own; one rename puts it in place. Killed at any point, the store is the old
one or the restored one, whole, and restoring again is harmless.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import BadInput, StoreError, StoreLocked
from ..faults import fault_point
from ..model import new_id
from ..store import Store, statement
from ..store.connection import connect, explain
from ..store.photos import PhotoFolder
from ..store.schema import VERSION
from ..store.store import now
from ..sync.changes import Change
from ..sync.erasure import remove_erased_photos
from ..sync.merge import NEW, Merge, change_from_row
from ..text import _
from . import audit
from .backup import AT_SETTING, SEQ_SETTING
from .copying import (
    copy_database,
    copy_photos,
    make_durable,
    part_of,
    refuse_damaged,
    remove_abandoned,
    writing,
)
from .devices import LOST
from .locking import ServiceLock

_JOURNALS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        store: the restored store.
        epoch: its new epoch.
        seq: place in its log up to which it came from the backup.
        kept: where the replaced store is, or None where there was none.
        devices: devices and codes taken over from it, or None where it could not be read.
        erasures: erasures taken over that the backup did not have, or None where they could not be read.
        damaged: hashes of photos of the backup that are damaged there.
    """

    store: Path
    epoch: str
    seq: int
    kept: Path | None
    devices: int | None
    erasures: int | None
    damaged: tuple[str, ...] = ()


def restore(path: Path, backup: Path) -> Restored:
    """Put a backup in the place of a central store over which no service runs.

    Args:
        path: the store to replace; it may be missing or damaged.
        backup: a file that `back_up` made; it is only read.

    Raises:
        BadInput: `backup` is no backup of this store.
        StoreError: a service runs over the store, the backup is damaged or from a newer version, or
            a file cannot be written. The store is as it was.
    """
    if backup.resolve() == path.resolve():
        raise BadInput(_("This is the store itself; give the backup to put in its place."), file=backup)
    if not path.resolve().parent.is_dir():
        raise StoreError(_("The folder {folder} does not exist.").format(folder=path.parent))
    path = path.resolve()
    with ServiceLock(path), part_of(path) as part:
        remove_abandoned(path, but=part)
        _fetch(backup, part)
        old = _Replaced(path)
        with Store.open(part) as made:
            _refuse_other_store(made, old, backup)
            epoch, seq, devices, erasures = _begin_anew(made, old)
            erased = {row["sha256"] for row in made.connection.execute(statement("erased_photos"))}
        with writing(path):
            _give_owner(path, part)
            make_durable(part)
        fault_point("restore.prepared")
        photos = PhotoFolder(path.with_name(path.name + ".photos"))
        damaged = copy_photos(PhotoFolder(backup.with_name(backup.name + ".photos")), photos, leave=erased)
        old.refuse_use()
        with writing(path):
            kept = old.keep()
            fault_point("restore.kept")
            part.replace(path)
            make_durable(path.parent)
        fault_point("restore.after-rename")
        with Store.open(path) as store:
            store.use_wal()
            remove_erased_photos(store)
    return Restored(path, epoch, seq, kept, devices, erasures, tuple(damaged))


def _fetch(backup: Path, part: Path) -> None:
    """Copy a backup into the file to prepare, and refuse what is none."""
    with closing(connect(backup, readonly=True, spatialite=False)) as source:
        if source.execute("PRAGMA user_version").fetchone()[0] > VERSION:
            raise StoreError(_("A newer Stadsveld wrote {file}. Update this program.").format(file=backup))
        with writing(part):
            copy_database(source, part)
    refuse_damaged(part, backup)
    with Store.open(part, spatialite=False) as made:
        if made.setting("epoch") is None or made.setting("hub_url") is not None:
            reason = _("It is no backup of a central store, but a working copy or a store of somebody's own.")
            raise BadInput(reason, file=backup)


def _refuse_other_store(made: Store, old: _Replaced, backup: Path) -> None:
    if old.device_id is not None and old.device_id != made.device_id:
        reason = _(
            "It is a backup of another central store. If that is meant, move the store that is there out "
            "of the way first."
        )
        raise BadInput(reason, file=backup)


def _begin_anew(made: Store, old: _Replaced) -> tuple[str, int, int | None, int | None]:
    """Begin a new epoch with what is taken over; return it, the log's place, and how much was taken."""
    epoch = new_id()
    with made.transaction(capture=False):
        seq = int(made.connection.execute(statement("last_logged")).fetchone()[0])
        made.set_setting("epoch", epoch)
        made.set_setting(SEQ_SETTING, str(seq))
        devices = _take_over_devices(made, old)
        erasures = take_over_erasures(made, old)
        facts: dict[str, Any] = {"epoch": epoch, "log": seq, "replaced": old.audit_head, "devices": devices}
        audit.record(made, "restore", **facts, backup_of=made.setting(AT_SETTING))
    return epoch, seq, devices, erasures


def _take_over_devices(made: Store, old: _Replaced) -> int | None:
    """Make the devices those of the replaced store; without it, end the codes that may have been used."""
    execute = made.connection.execute
    execute(statement("forget_pulled"))
    if old.devices is None:
        execute(statement("expire_codes"), (now(),))
        return None
    known = {row["device_id"]: row for row in execute(statement("all_devices"))}
    by_code = {row["code_hash"]: row for row in known.values() if row["code_hash"] is not None}
    for device in old.devices:
        before = known.get(device["device_id"]) or by_code.get(device["code_hash"])
        if device["enrolled_at"] is None and before is not None and before["enrolled_at"] is not None:
            continue  # The backup is the newer one of the two: its code was used.
        merged = device | {"pulled_seq": 0} | _ending(device, before)
        execute(statement("drop_device"), (device["device_id"], device["code_hash"], device["token_hash"]))
        execute(statement("put_device", columns=tuple(merged)), tuple(merged.values()))
    return len(old.devices)


def _ending(device: dict[str, Any], before: Any) -> dict[str, Any]:
    """Return how a device ended, where only the backup knows: what ended stays so, and lost stays lost."""
    if before is None or before["ended"] is None or device["ended"] == LOST:
        return {}
    if device["ended"] is not None and before["ended"] != LOST:
        return {}
    return {"ended": before["ended"], "ended_at": before["ended_at"]}


def take_over_erasures(made: Store, old: _Replaced) -> int | None:
    """Erase again what was erased since the backup; return how many erasures the backup did not have."""
    if old.erasures is None:
        return None
    merge = Merge(made)
    taken = sum(merge.add(change) == NEW for change in old.erasures)
    merge.finish()
    return taken


class _Replaced:
    """What is left of the store that is replaced; each part is empty where it cannot be read.

    Attributes:
        devices: its device table, or None.
        erasures: its erasures, or None.
        device_id: the id of the store, or None.
        audit_head: head of its audit log, or None.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.devices: list[dict[str, Any]] | None = None
        self.erasures: list[Change] | None = None
        self.device_id: str | None = None
        self.audit_head: str | None = None
        if not path.exists():
            return
        try:
            with Store.open(path, spatialite=False) as store:
                self._read(store)
        except StoreLocked:
            raise
        except (StoreError, sqlite3.Error, ValueError):
            self._refuse_newer()

    def _read(self, store: Store) -> None:
        execute = store.connection.execute
        self.device_id = store.setting("device_id")
        if store.setting("hub_url") is not None:
            text = _("{file} is a working copy, not a central store.")
            raise BadInput(text.format(file=self._path))
        self.devices = [dict(row) for row in execute(statement("all_devices"))]
        self.audit_head = audit.head_of(store)
        self.erasures = [change_from_row(store, row) for row in execute(statement("erasures"))]

    def _refuse_newer(self) -> None:
        """An unreadable store is replaced; one that only a newer program can read is not."""
        try:
            with closing(connect(self._path, readonly=True, spatialite=False)) as found:
                version = found.execute("PRAGMA user_version").fetchone()[0]
        except (StoreError, sqlite3.Error):
            return
        if version > VERSION:
            text = _("A newer Stadsveld wrote {file}. Update this program.")
            raise StoreError(text.format(file=self._path))

    def refuse_use(self) -> None:
        """Write back what is still in the journal, which only works where nobody has the store open.

        Raises:
            StoreLocked: another program has it open.
        """
        if not self._path.exists():
            return
        try:
            with closing(connect(self._path, spatialite=False)) as alone:
                alone.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            found = explain(error, self._path)
            if isinstance(found, StoreLocked):
                raise found from error
        except (StoreError, sqlite3.Error):
            return

    def keep(self) -> Path | None:
        """Give the store a second name to keep it by; return that name, or None where there is no store.

        Its own name stays until the restored store takes it, so that there is always one.
        """
        if not self._path.exists():
            return None
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
        kept = self._path.with_name(f"{self._path.name}.before-restore-{stamp}")
        _second_name(self._path, kept)
        for tail in _JOURNALS:  # Of a damaged store: they must not be read with the restored one.
            journal = self._path.with_name(self._path.name + tail)
            if journal.exists():
                journal.replace(kept.with_name(kept.name + tail))
        make_durable(kept.parent)
        return kept


def _give_owner(path: Path, part: Path) -> None:
    """Let the restored store be of the user and group of the replaced one, also where root restores it."""
    if path.exists():
        shutil.copymode(path, part)
    if os.name == "posix" and os.geteuid() == 0:
        of = (path if path.exists() else path.parent).stat()
        os.chown(part, of.st_uid, of.st_gid)


def _second_name(path: Path, kept: Path) -> None:
    """Give a file a second name; copy it where the disk knows no second names."""
    try:
        os.link(path, kept)
    except OSError:
        shutil.copyfile(path, kept)
        make_durable(kept)


__all__ = ["Restored", "restore", "take_over_erasures"]
