"""What stays of photos on this device, and for how long: originals, and copies of what was delivered.

The central store gets the *released* file of a photo: redacted, without metadata, annotated. An original is
what the camera made of it. It is never sent, is bound to the row of its photo, and follows the policy of its
working copy (`set_original_policy`):

    purge-after-receipt  it goes once the central store has the released file (unless said otherwise)
    keep-days:N          it goes N days after that
    never-leaves         it stays

An original of which no row and no unfinished form tells (any more) goes a day after it was kept, or those N
days; `never-leaves` keeps it. Where an administrator erased the photo, its original goes whatever the policy.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ..errors import BadInput, StoreError
from ..faults import fault_point
from ..model import is_uuid, new_id
from ..store import Store, statement
from ..text import _

PURGE_AFTER_RECEIPT, NEVER_LEAVES = "purge-after-receipt", "never-leaves"
#: Setting of a working copy: until when backups of the central store hold what it has (UTC).
BACKED_UP_SETTING = "central_backed_up_at"
_POLICY_SETTING = "original_policy"
_KEEP_DAYS = re.compile(r"keep-days:(\d{1,5})", re.ASCII)
_ENDING = ".original"
_ORPHAN_DAYS = 1


def keep_original(store: Store, photo_id: str, content: bytes) -> Path:
    """Keep the original of a photo durably, readable by its owner only; an older one of it is replaced.

    Args:
        store: the working copy.
        photo_id: id of the photo's row, which may not be written yet.
        content: the file as the camera made it.

    Raises:
        BadInput: the id is none.
        StoreError: it cannot be written.
    """
    path = _path(store, photo_id)
    part = path.with_name(f"{new_id()}.part")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        text = _("{file} cannot be written: {error}").format(file=path, error=error.strerror)
        raise StoreError(text) from error
    return path


def original_of(store: Store, photo_id: str) -> Path | None:
    """Return the file of the original of a photo, or None where it is not here."""
    path = _path(store, photo_id)
    return path if path.is_file() else None


def set_original_policy(store: Store, policy: str) -> None:
    """Say how long originals stay on this device.

    Raises:
        BadInput: it is no policy.
    """
    _days(policy)
    with store.transaction():
        store.set_setting(_POLICY_SETTING, policy)


def original_policy(store: Store) -> str:
    """Return how long originals stay on this device."""
    return store.setting(_POLICY_SETTING) or PURGE_AFTER_RECEIPT


def purge_originals(store: Store, now: str) -> int:
    """Delete the originals whose time is over; return how many went.

    Args:
        store: the working copy.
        now: the present instant by the clock of the central store (`photos.central_time`).

    Raises:
        StoreError: one cannot be deleted.
    """
    folder, days = _folder(store), _days(original_policy(store))
    purged = 0
    for path in sorted(folder.glob(f"*{_ENDING}")) if folder.is_dir() else ():
        if is_uuid(path.stem) and _is_over(store, path, days, _instant(now)):
            _delete(path)
            fault_point("photo.original-purged")
            purged += 1
    return purged


def purge_photos(store: Store, keep: Collection[str] = ()) -> int:
    """Delete copies of photos that the central store has and that its backups hold; return how many went.

    What it has not backed up stays: where it is restored from an older backup, this file brings it again.

    Args:
        store: the working copy.
        keep: hashes of photos to keep here.

    Raises:
        StoreError: this is a central store, or a file cannot be deleted.
    """
    if store.setting("hub_url") is None:
        raise StoreError(_("{file} is no working copy of a central store.").format(file=store.path))
    before = store.setting(BACKED_UP_SETTING) or ""
    found = store.connection.execute(statement("photo_receipts_before"), (before,)).fetchall()
    purged = 0
    for row in found:
        if row["sha256"] not in keep and store.photos.has(row["sha256"]):
            _delete(store.photos.path(row["sha256"]))
            purged += 1
    return purged


def _is_over(store: Store, path: Path, days: int | None, now: datetime) -> bool:
    row = store.connection.execute(statement("fate_of_original"), {"id": path.stem}).fetchone()
    if row["is_erased"]:
        return True
    if days is None or row["is_in_draft"]:
        return False
    if not row["has_row"]:
        kept = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
        return kept + timedelta(days=max(days, _ORPHAN_DAYS)) <= now
    return row["delivered_at"] is not None and _instant(row["delivered_at"]) + timedelta(days=days) <= now


def _days(policy: str) -> int | None:
    """Return the days after its delivery that an original stays; None for ever.

    Raises:
        BadInput: it is no policy.
    """
    found = _KEEP_DAYS.fullmatch(policy)
    if found is not None:
        return int(found[1])
    if policy not in {PURGE_AFTER_RECEIPT, NEVER_LEAVES}:
        text = _("“{text}” does not say how long originals stay; say one of: {known}.")
        known = f"{PURGE_AFTER_RECEIPT}, keep-days:30, {NEVER_LEAVES}"
        raise BadInput(text.format(text=policy[:80], known=known))
    return 0 if policy == PURGE_AFTER_RECEIPT else None


def _folder(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".originals")


def _path(store: Store, photo_id: str) -> Path:
    if not is_uuid(photo_id):
        raise BadInput(_("{id} is no id: ids are UUIDs in lower case.").format(id=photo_id[:80]))
    return _folder(store) / f"{photo_id}{_ENDING}"


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        text = _("{file} cannot be deleted: {error}").format(file=path, error=error.strerror)
        raise StoreError(text) from error


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


__all__ = [
    "BACKED_UP_SETTING", "NEVER_LEAVES", "PURGE_AFTER_RECEIPT", "keep_original", "original_of",
    "original_policy", "purge_originals", "purge_photos", "set_original_policy",
]  # fmt: skip
