"""Fetching: pages of what others changed, each stored with its cursor in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from ..errors import BadInput, Unavailable
from ..faults import fault_point
from ..jobs import Progress
from ..store import Store, statement
from ..text import _
from .capture import seal
from .changes import Change, change_from_wire
from .clock import Clock
from .leaving import Key, come_back, give_up, left_from_wire
from .merge import NEW, OTHER, Merge
from .registers import RegisterRows, apply_datasets, check_tables, datasets_of, digest_of
from .report import SyncReport
from .transport import Link

#: Log entries of one page.
_PAGE = 4000


class Pages:
    """Stores pages of the log as a central store gives them.

    Args:
        store: the working copy.
        report: where to count what is new.
    """

    def __init__(self, store: Store, report: SyncReport) -> None:
        self._store = store
        self._execute = store.connection.execute
        self.report = report

    def apply(self, page: dict[str, Any], *, moves: bool = True) -> bool:
        """Store a page and the cursor behind it, in one transaction; return whether more follows.

        Args:
            page: the answer of the central store.
            moves: whether the place in the log moves on, never back.
        """
        changes, following = page.get("changes"), page.get("next")
        datasets, tables = page.get("datasets", []), page.get("tables", [])
        if not isinstance(changes, list) or type(following) is not int:
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        check_tables(datasets, tables)
        left = left_from_wire(page.get("left", []))
        with self._store.transaction(capture=False):
            seal(self._store)
            apply_datasets(self._store, datasets)
            self.report.pulled += RegisterRows(self._store, log=False).apply(tables)
            merge, clock = Merge(self._store), Clock(self._store)
            known = list(self._read(changes))
            merge.expect(known)
            for change in known:
                self._apply_change(merge, clock, change)
            merge.finish()
            clock.save()
            come_back(self._store, _things_in(changes, tables))
            self.report.left += give_up(self._store, left, following)
            if moves:
                self._store.set_setting("cursor", str(following))
            fault_point("pull.before-commit")
        fault_point("pull.after-commit")
        return page.get("more") is True

    def _read(self, wires: list[Any]) -> Iterator[Change]:
        for wire in wires:
            try:
                yield change_from_wire(wire)
            except BadInput as error:
                self.report.quarantined.append({"change_id": None, "reason": str(error)})

    def _apply_change(self, merge: Merge, clock: Clock, change: Change) -> None:
        outcome = merge.add(change)
        if clock.see(change.hlc):
            self._execute(statement("note_ahead"), (change.change_id,))
        if outcome == NEW:
            self.report.pulled += 1
        elif outcome == OTHER:
            reason = _("A change with the same id but other content arrived; the one that was here is kept.")
            self.report.quarantined.append({"change_id": change.change_id, "reason": reason})


class Pull(Pages):
    """Fetches what the central store has and this working copy has not."""

    def __init__(self, store: Store, link: Link, report: SyncReport) -> None:
        super().__init__(store, report)
        self._link = link

    def changes(self, progress: Progress) -> None:
        """Fetch page after page; each page and the cursor behind it are one transaction."""
        more = True
        while more:
            progress.report(0.5, _("fetching what others changed"))
            asked = {
                "epoch": self._store.setting("hub_epoch"),
                "after": self._store.setting("cursor") or "0",
                "limit": _PAGE,
                "datasets": digest_of(datasets_of(self._store)),
            }
            page = self._link.ask("GET", f"/v1/pull?{urlencode({**asked, 'brief': 1})}")
            if not self._holds(page.get("own", [])):
                page = self._link.ask("GET", f"/v1/pull?{urlencode(asked)}")
            more = self.apply(page)

    def _holds(self, own: object) -> bool:
        """Tell whether the changes of its own that a page tells of by id are here; an old copy lacks some."""
        wanted = own if isinstance(own, list) else [None]
        found = self._execute(statement("accepted_changes"), (json.dumps(wanted),)).fetchall()
        return {row["change_id"] for row in found}.issuperset(wanted)


def _is_of_thing(wire: object) -> bool:
    return isinstance(wire, dict) and "entity" in wire and "entity_id" in wire


def _things_in(changes: list[Any], tables: list[dict[str, Any]]) -> set[Key]:
    """Return the things that a page brings."""
    found = {(str(wire["entity"]), str(wire["entity_id"])) for wire in changes if _is_of_thing(wire)}
    for table in tables:
        place = table["columns"].index("id")
        found |= {(table["entity"], row[place]) for row in table["rows"]}
    return found
