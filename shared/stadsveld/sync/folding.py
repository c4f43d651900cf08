"""Folding old history: values that nobody shows go, the skeleton of every change stays."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from ..errors import BadInput
from ..store import Store, statement
from ..text import _
from .capture import seal
from .changes import canonical_json
from .clock import stamp_of

#: Setting of the central store: days after which history that is no longer shown may be folded.
RETENTION_SETTING = "history_days"
FOLDED_SETTING = "folded_before"


def fold(store: Store, before: datetime | None = None) -> int:
    """Drop the values of old changes that nobody shows; return how many changes were folded.

    Kept are the heads, everything of a thing with an unresolved conflict, erasures, what the central
    store has not confirmed (on a working copy), and what an enrolled device has not fetched yet (on
    the central store).

    Args:
        store: central store or working copy.
        before: fold what is older (an aware instant); by the store's retention when None.

    Raises:
        BadInput: the store has no retention and no instant is given.
    """
    return _fold(store, stamp_of(before or _by_retention(store)))


def follow_folding(store: Store, stamp: object) -> int:
    """Fold a working copy as far as its central store says it was folded; return how many changes."""
    if type(stamp) is not int or stamp <= int(store.setting(FOLDED_SETTING) or 0):
        return 0
    return _fold(store, stamp)


def _fold(store: Store, stamp: int) -> int:
    is_central = store.setting("epoch") is not None
    slowest = store.connection.execute(statement("slowest_device")).fetchone()[0]
    asked = {
        "before": stamp,
        "is_central": is_central,
        "device": store.device_id,
        "pulled": (1 << 62) if slowest is None else slowest,
    }
    with store.transaction(capture=False):
        seal(store)
        rows = store.connection.execute(statement("foldable"), asked).fetchall()
        folded = [(_kept(row["fields"], row["shown"]), row["change_id"]) for row in rows]
        store.connection.executemany(statement("set_change_fields"), folded)
        known = int(store.setting(FOLDED_SETTING) or 0)
        store.set_setting(FOLDED_SETTING, str(max(known, stamp)))
    return len(folded)


def set_retention(store: Store, days: int | None) -> None:
    """Keep for how many days history stays whole in this store; for ever when None."""
    if days is not None and days < 1:
        raise BadInput(_("History is kept for at least one day."))
    with store.transaction():
        store.set_setting(RETENTION_SETTING, None if days is None else str(days))


def _kept(fields: str, shown: str) -> str | None:
    """Return the values that are heads, as JSON, of the values of a change."""
    names = set(json.loads(shown))
    kept = {name: value for name, value in json.loads(fields).items() if name in names}
    return canonical_json(kept) if kept else None


def _by_retention(store: Store) -> datetime:
    days = store.setting(RETENTION_SETTING)
    if days is None:
        raise BadInput(_("This store keeps its history for ever; say before which day to fold it."))
    return datetime.now(timezone.utc) - timedelta(days=int(days))
