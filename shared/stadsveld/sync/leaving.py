"""Giving up what left: what this working copy may not see any more, or has moved out of its subscription.

A thing goes whole, and is no deletion. It stays as long as something of it is only here: a change that the
central store has not confirmed, a register row or a photo that was not delivered, an unfinished form about
it; every synchronisation tries again. Changes that were refused stay as they are, without their thing; what
this device made stays likewise until a backup of the central store holds it, because where that is restored
from an older one, nobody else may have it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..errors import BadInput, Unavailable
from ..model import ENTITIES, is_uuid
from ..store import Store, statement
from ..text import _

Key = tuple[str, str]
#: Setting of a working copy: place in the log that a backup must reach before what it made on things that
#: left may go; `_NEVER` while a restored central store is not known to have that again.
_UNTIL, _NEVER = "left_until", 1 << 62
_LEAVE = (
    "leave_parents", "leave_receipts", "leave_changes", "leave_heads", "leave_conflicts", "leave_base",
    "leave_log",
)  # fmt: skip


def left_from_wire(left: object) -> list[Key]:
    """Return the things that a page says have left.

    Raises:
        Unavailable: it is no list of kinds with ids.
    """
    found: list[Key] = []
    for item in left if isinstance(left, list) else [None]:
        name, row_id = item if isinstance(item, list) and len(item) == 2 else (None, None)
        if not isinstance(name, str) or not is_uuid(row_id):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        found.append((name, str(row_id)))
    return found


def come_back(store: Store, keys: Iterable[Key]) -> None:
    """Keep things that were to be given up and have entered again; use inside a transaction."""
    waiting = _waiting(store)
    for key in waiting.intersection(keys) if waiting else ():
        store.connection.execute(statement("forget_leaving"), key)


def give_up(
    store: Store, left: Iterable[Key] = (), until: int = 0, undeliverable: Collection[str] = ()
) -> int:
    """Take out what has left, now or before, unless something of it is only here; return how much went.

    Use inside a transaction without capture.

    Args:
        store: the working copy.
        left: things that have left now.
        until: place in the log before which the central store has all that this device sent.
        undeliverable: hashes of photos that the central store does not take; their files stay here.
    """
    gone = 0
    for key in sorted(_waiting(store).union(left)):
        if _is_only_here(store, key, undeliverable):
            store.connection.execute(statement("note_leaving"), key)
            continue
        gone += _take_out(store, key)
        store.connection.execute(statement("forget_leaving"), key)
    if gone:
        store.set_setting(_UNTIL, str(max(until, int(store.setting(_UNTIL) or 0))))
    return gone


def purge_left(store: Store, backed_up: int) -> None:
    """Let what was made here on things that left go, once backups hold it; use inside a transaction.

    Args:
        store: the working copy.
        backed_up: place in the log up to which the central store was backed up.
    """
    until = store.setting(_UNTIL)
    if until is not None and int(until) <= backed_up:
        for step in ("purge_left_parents", "purge_left_receipts", "purge_left"):
            store.connection.execute(statement(step))
        store.set_setting(_UNTIL, None)


def offer_left_again(store: Store) -> None:
    """Wait for another backup: the central store was restored from one, and its log goes on from there."""
    if store.connection.execute(statement("any_left")).fetchone() is not None:
        store.set_setting(_UNTIL, str(_NEVER))


def note_offered(store: Store, until: int) -> None:
    """Note up to which place of its log the central store has again what was offered."""
    if store.setting(_UNTIL) == str(_NEVER):
        with store.transaction():
            store.set_setting(_UNTIL, str(until))


def remove_left_photos(store: Store) -> int:
    """Delete the files of photos that left, unless they came back; return how many went."""
    removed = 0
    for row in store.connection.execute(statement("leaving_photos")).fetchall():
        if not row["is_back"]:
            removed += store.photos.remove(row["sha256"])
        with store.transaction():
            store.connection.execute(statement("forget_leaving_photo"), (row["sha256"],))
    return removed


def _waiting(store: Store) -> set[Key]:
    return {(row["entity"], row["entity_id"]) for row in store.connection.execute(statement("list_leaving"))}


def _is_only_here(store: Store, key: Key, undeliverable: Collection[str]) -> bool:
    asked = {
        "entity": key[0],
        "entity_id": key[1],
        "device": store.device_id,
        "offer_all": int(store.setting("offer_all_until") or 0),
        "rows_pushed": int(store.setting("rows_pushed") or 0),
    }
    if store.connection.execute(statement("is_undelivered"), asked).fetchone() is not None:
        return True
    return key[0] == "photo" and _is_undelivered_photo(store, key[1], undeliverable)


def _is_undelivered_photo(store: Store, row_id: str, undeliverable: Collection[str]) -> bool:
    sha256 = (store.get("photo", row_id) or {}).get("sha256")
    if not isinstance(sha256, str) or sha256 in undeliverable:
        return False
    try:
        is_here = store.photos.has(sha256)
    except BadInput:
        return False
    return is_here and store.connection.execute(statement("has_photo_receipt"), (sha256,)).fetchone() is None


def _take_out(store: Store, key: Key) -> bool:
    """Take a thing out, whole; tell whether anything of it was here."""
    name, row_id = key
    execute = store.connection.execute
    row = store.get(name, row_id) if name in ENTITIES else None
    named = {"entity": name, "entity_id": row_id, "device": store.device_id}
    own = execute(statement("keep_own_of_left"), named).rowcount
    rows_gone = {step: execute(statement(step), named).rowcount for step in _LEAVE}
    if row is None:
        return rows_gone["leave_changes"] + own > 0
    execute(statement("delete_row", name), (row_id,))
    if name == "photo" and row["sha256"]:
        _free_photo(store, row["sha256"])
    return True


def _free_photo(store: Store, sha256: str) -> None:
    """Note that the file of a photo may go, where nothing here tells of it any more."""
    if store.connection.execute(statement("photo_left"), {"sha256": sha256}).fetchone() is not None:
        store.connection.execute(statement("note_leaving_photo"), (sha256,))
        store.connection.execute(statement("forget_photo_receipt"), (sha256,))
