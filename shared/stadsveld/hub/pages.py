"""Pages of the log: what a device has to fetch, as far as it is for that device."""

from __future__ import annotations

from typing import Any

from ..store import Store, statement
from ..sync.merge import read_change
from ..sync.registers import tables_of
from .area import Area
from .devices import Device

#: Most log entries of one page, entries read at a time, and characters after which a page is full.
MOST_ENTRIES = 10_000
_CHUNK = 500
_SIZE = 8 << 20


class Page:
    """One page of the log for one device."""

    def __init__(self, store: Store, device: Device, after: int, limit: int) -> None:
        self._store = store
        self._area = None if device.bbox is None else Area(store, device.bbox)
        self._kinds = device.kinds
        self._limit = limit
        self._changes: dict[str, dict[str, Any]] = {}
        self._rows: dict[str, dict[str, Any]] = {}
        self._size = 0
        self._next = after
        self._more = True

    def fill(self) -> None:
        """Take entries until the page is full or the log ends."""
        taken = 0
        while self._more and taken < self._limit and self._size < _SIZE:
            wanted = min(_CHUNK, self._limit - taken)
            entries = self._store.connection.execute(statement("log_page"), (self._next, wanted)).fetchall()
            self._more = len(entries) == wanted
            taken += len(entries)
            for entry in entries:
                self._take(entry)
                self._next = entry["seq"]
                if self._size >= _SIZE:
                    self._more = True
                    break

    def as_json(self) -> dict[str, Any]:
        """Return what travels."""
        return {
            "changes": list(self._changes.values()),
            "tables": list(self._rows.values()),
            "next": self._next,
            "more": self._more,
        }

    def _take(self, entry: Any) -> None:
        name, row_id = entry["entity"], entry["entity_id"]
        if self._kinds is not None and name not in self._kinds:
            return
        if self._area is not None and not self._area.has(name, row_id):
            return
        if entry["kind"] == "row":
            for table in tables_of(self._store, [(name, row_id)]):
                page_table = self._rows.setdefault(name, {**table, "rows": []})
                page_table["rows"] += table["rows"]
                self._size += sum(
                    len(value) for row in table["rows"] for value in row if isinstance(value, str)
                )
            return
        change = read_change(self._store, entry["change_id"])
        if change is not None:
            self._changes[change.change_id] = change.as_wire()
            self._size += sum(len(value) for value in change.fields.values() if isinstance(value, str)) + 200
