"""Taking changes: each gets its own answer, and one bad change never blocks the next one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import BadInput
from ..store import Store, statement
from ..store.store import now
from ..sync.changes import Change, change_from_wire, skeleton_from_wire
from ..sync.clock import Clock
from ..sync.merge import NEW, OTHER, Merge
from ..text import _
from .check import Limits, cycle_refusal, may_come_from_author, refusal
from .devices import Device
from .moving import follow
from .visibility import Visibility


class Taking:
    """Takes the changes of one push."""

    def __init__(self, store: Store, device: Device) -> None:
        self._store = store
        self._device = device
        self._merge = Merge(store)
        self._clock = Clock(store)
        self._limits = Limits(store, device)
        self._pushed: set[tuple[str, str]] = set()

    def take(self, wires: Iterable[object]) -> list[dict[str, Any]]:
        """Take changes and return the answer on each."""
        read = [(wire, _read(wire)) for wire in wires]
        self._merge.expect([change for _wire, change in read if isinstance(change, Change)])
        return [{"change_id": _id_of(wire), **self._take(wire, change)} for wire, change in read]

    def _take(self, wire: object, change: Change | BadInput) -> dict[str, Any]:
        if isinstance(change, BadInput):
            return self._quarantine(skeleton_from_wire(wire), str(change))
        known = self._merge.known(change.change_id)
        if known is not None and not change.is_same_as(known):
            return _quarantined(_("Another change has the same id. Make the edit again."))
        self._pushed.add((change.entity, change.entity_id))
        if known is not None and not known.quarantined:
            return {"status": "duplicate"}
        reason = _("It holds no values.") if change.quarantined else None
        if self._limits.reads:
            self._merge.write()
        reason = reason or refusal(self._store, self._device, change, self._limits)
        if reason is None and not self._merge.is_childless(change.change_id):
            self._merge.write()
            reason = cycle_refusal(self._store, change)
        if reason is not None and may_come_from_author(self._store, self._device, change):
            return {**_quarantined(reason), "waits": True}
        if reason is not None:
            return self._quarantine(change.skeleton(), reason)
        return self._accept(change, was_refused=known is not None)

    def finish(self) -> None:
        """Make the rows what the changes say."""
        self._merge.finish()
        self._clock.save()
        visible = Visibility(self._store, self._device)
        for key in sorted(self._pushed) if visible.is_limited else ():
            # What it holds by its own doing and may not see, it is told to give up.
            if not visible.has(*key):
                self._store.connection.execute(statement("log_moved"), key)
        follow(self._store)

    def _accept(self, change: Change, *, was_refused: bool) -> dict[str, Any]:
        outcome = self._merge.add(change)
        if self._clock.see(change.hlc):
            self._store.connection.execute(statement("note_ahead"), (change.change_id,))
        if was_refused:
            self._store.connection.execute(statement("forget_receipt"), (change.change_id,))
        if outcome == OTHER:
            return _quarantined(_("Another change has the same id. Make the edit again."))
        return {"status": "accepted" if outcome == NEW else "duplicate"}

    def _quarantine(self, skeleton: Change | None, reason: str) -> dict[str, Any]:
        """Keep the skeleton of a refused change, which links its children to its parents."""
        if skeleton is not None and self._may_keep(skeleton):
            outcome = self._merge.add(skeleton)
            if outcome != OTHER:
                values = (skeleton.change_id, "quarantined", reason, now())
                self._store.connection.execute(statement("put_receipt"), values)
        return _quarantined(reason)

    def _may_keep(self, skeleton: Change) -> bool:
        """Whether the skeleton is of the device's own making and no accepted change has its id."""
        known = self._merge.known(skeleton.change_id)
        return skeleton.device == self._device.device_id and (known is None or known.quarantined)


def _read(wire: object) -> Change | BadInput:
    try:
        return change_from_wire(wire)
    except BadInput as error:
        return error


def _id_of(wire: object) -> str | None:
    named = wire.get("change_id") if isinstance(wire, dict) else None
    return named if isinstance(named, str) and named.isascii() else None


def _quarantined(reason: str) -> dict[str, Any]:
    return {"status": "quarantined", "reason": reason}
