"""Pages of the log: what a device has to fetch, as far as it is for that device."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..store import Store, statement
from ..sync.changes import Change
from ..sync.merge import change_with_parents, changes_from_rows
from ..sync.registers import tables_of
from .devices import Device
from .moving import CHANGE, ROW, kinds_for, was_limited
from .visibility import Key, Visibility

#: Most log entries of one page, entries read at a time, and characters after which a page is full.
MOST_ENTRIES = 10_000
_CHUNK = 500
_SIZE = 8 << 20
_ACCEPTED = "accepted"
#: What a change counts for besides its texts.
_CHANGE = 200


class Page:
    """One page of the log for one device, of the store as it is in this transaction.

    Args:
        store: the central store.
        device: who asks.
        after: place in the log behind which the page begins.
        limit: most entries of the log.
        brief: tell of accepted changes that the device made itself by their ids only.
    """

    def __init__(self, store: Store, device: Device, after: int, limit: int, *, brief: bool = False) -> None:
        self._store = store
        self._visible = Visibility(store, device)
        is_limited = self._visible.is_limited or was_limited(store, device.role, after)
        self._kinds = json.dumps(kinds_for(device.role, is_limited=is_limited))
        self._limit = limit
        self._brief_of = device.device_id if brief else None
        self._changes: dict[str, dict[str, Any]] = {}
        self._own: dict[str, None] = {}
        self._rows: dict[str, dict[str, Any]] = {}
        self._sent_rows: set[Key] = set()
        self._left: dict[Key, None] = {}
        self._seen: dict[Key, bool] = {}
        self._size = 0
        self._next = after
        self._more = True

    @property
    def hidden_datasets(self) -> frozenset[str]:
        """Ids of the datasets that the device may not see."""
        return self._visible.hidden

    def fill(self, between: Callable[[], None] = lambda: None) -> None:
        """Take entries until the page is full or the log ends; `between` is called from time to time."""
        taken = 0
        while self._more and taken < self._limit and self._size < _SIZE:
            wanted = min(_CHUNK, self._limit - taken)
            asked = {"after": self._next, "kinds": self._kinds, "most": wanted}
            entries = self._store.connection.execute(statement("page_entries"), asked).fetchall()
            self._more = len(entries) == wanted
            taken += len(entries)
            self._take_all(entries)
            between()
        if not self._more:
            # The end of the log, past entries that do not concern this device.
            last = self._store.connection.execute(statement("last_logged")).fetchone()[0]
            self._next = max(self._next, int(last))

    def as_json(self) -> dict[str, Any]:
        """Return what travels."""
        return {
            "changes": list(self._changes.values()),
            "own": list(self._own),
            "tables": list(self._rows.values()),
            "left": [list(key) for key in self._left],
            "next": self._next,
            "more": self._more,
        }

    def _take_all(self, entries: list[Any]) -> None:
        if not entries:
            return
        parents = self._parents(self._next, entries[-1]["seq"])
        for entry in entries:
            self._take(entry, parents)
            self._next = entry["seq"]
            if self._size >= _SIZE:
                self._more = True
                return

    def _parents(self, after: int, until: int) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return the parents of all changes of a part of the log, by change and field."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for change_id, field, parent in self._store.connection.execute(
            statement("page_parents"), (after, until)
        ):
            of_change = found.setdefault(change_id, {})
            of_change[field] = (*of_change.get(field, ()), parent)
        return found

    def _take(self, entry: Any, parents: dict[str, dict[str, tuple[str, ...]]]) -> None:
        key = (entry["entity"], entry["entity_id"])
        if not self._may_see(key):
            if entry["kind"] not in (CHANGE, ROW):
                self._left[key] = None
        elif entry["kind"] == ROW:
            self._take_row(key)
        elif entry["kind"] != CHANGE:
            self._take_whole(key)
        elif entry["change_id"] is not None and entry["change_id"] not in self._changes:
            if self._brief_of == entry["device"] and entry["state"] == _ACCEPTED:
                self._own[entry["change_id"]] = None
            else:
                self._take_change(change_with_parents(entry, parents.get(entry["change_id"], {})))

    def _may_see(self, key: Key) -> bool:
        if not self._visible.is_limited:
            return True
        if key not in self._seen:
            self._seen[key] = self._visible.has(*key)
        return self._seen[key]

    def _take_whole(self, key: Key) -> None:
        """Take all that there is of a thing that moved, also the skeletons of what was refused."""
        if self._store.connection.execute(statement("has_logged_row"), key).fetchone() is not None:
            self._take_row(key)
        rows = self._store.connection.execute(statement("changes_of_thing"), key).fetchall()
        for change in changes_from_rows(self._store, rows):
            if change.change_id not in self._changes:
                self._take_change(change)

    def _take_row(self, key: Key) -> None:
        if key in self._sent_rows:
            return
        self._sent_rows.add(key)
        for table in tables_of(self._store, [key]):
            page_table = self._rows.setdefault(key[0], {**table, "rows": []})
            page_table["rows"] += table["rows"]
            self._size += sum(len(value) for row in table["rows"] for value in row if isinstance(value, str))

    def _take_change(self, change: Change) -> None:
        self._changes[change.change_id] = change.as_wire()
        self._size += sum(len(value) for value in change.fields.values() if isinstance(value, str)) + _CHANGE
