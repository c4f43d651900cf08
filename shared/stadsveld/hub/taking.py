"""Taking changes: each gets its own answer, and one bad change never blocks the next one."""

from __future__ import annotations

from typing import Any

from ..errors import BadInput
from ..store import Store, statement
from ..store.store import now
from ..sync.changes import Change, change_from_wire, skeleton_from_wire
from ..sync.clock import Clock
from ..sync.merge import NEW, OTHER, Merge, read_change
from ..text import _
from .check import Limits, may_come_from_author, refusal
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

    def take(self, wire: object) -> dict[str, Any]:
        """Take one change and return the answer on it."""
        named = wire.get("change_id") if isinstance(wire, dict) else None
        answer: dict[str, Any] = {"change_id": named if isinstance(named, str) and named.isascii() else None}
        try:
            change = change_from_wire(wire)
        except BadInput as error:
            return {**answer, **self._quarantine(skeleton_from_wire(wire), str(error))}
        known = read_change(self._store, change.change_id)
        if known is not None and not change.is_same_as(known):
            return {**answer, **_quarantined(_("Another change has the same id. Make the edit again."))}
        self._pushed.add((change.entity, change.entity_id))
        if known is not None and not known.quarantined:
            return {**answer, "status": "duplicate"}
        reason = _("It holds no values.") if change.quarantined else None
        reason = reason or refusal(self._store, self._device, change, self._limits)
        if reason is not None and may_come_from_author(self._store, self._device, change):
            return {**answer, **_quarantined(reason), "waits": True}
        if reason is not None:
            return {**answer, **self._quarantine(change.skeleton(), reason)}
        return {**answer, **self._accept(change)}

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

    def _accept(self, change: Change) -> dict[str, Any]:
        outcome = self._merge.add(change)
        self._clock.see(change.hlc)
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
        known = read_change(self._store, skeleton.change_id)
        return skeleton.device == self._device.device_id and (known is None or known.quarantined)


def _quarantined(reason: str) -> dict[str, Any]:
    return {"status": "quarantined", "reason": reason}
