"""Making one change by decision: a resolution, an erasure, something taken back from a contractor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import new_id
from ..store import Store
from .changes import Change
from .clock import Clock
from .merge import Heads, Merge


def make_change(
    store: Store,
    entity: str,
    entity_id: str,
    fields: Mapping[str, Any],
    seen: Heads,
    actor: str | None = None,
) -> Change:
    """Make a change of this file, merge it and return it; use inside a transaction without capture.

    Args:
        store: the file.
        entity: kind of the thing.
        entity_id: its id.
        fields: new values, as a change carries them.
        seen: per field the heads that whoever decides has seen.
        actor: pseudonymous id of who decides; the one set in the file, or its device id, when None.
    """
    clock, merge = Clock(store), Merge(store)
    parents = {name: tuple(head.change_id for head in found) for name, found in seen.items() if found}
    actor = actor or store.setting("actor") or store.device_id
    change = Change(
        new_id(), entity, entity_id, fields, parents, actor, store.device_id, clock.next()
    )  # fmt: skip
    merge.add_born(change)
    merge.finish()
    clock.save()
    return change
