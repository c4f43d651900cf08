"""The state by its definition: from a set of changes, by brute force, to judge the merge by.

Deliberately naive, and independent of how the merge keeps its heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...sync.changes import ERASES, EXISTS, Change
from ...sync.values import comparable

Key = tuple[str, str]


@dataclass
class Thing:
    """What the definition says of one thing.

    Attributes:
        shown: value by field, of the greatest head.
        conflicts: fields in conflict.
        is_gone: a deletion holds.
    """

    shown: dict[str, Any] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    is_gone: bool = False


def state_of(changes: Iterable[Change]) -> dict[Key, Thing]:
    """Return what a set of changes says of every thing that a change in force is about."""
    by_thing: dict[Key, list[Change]] = {}
    for change in changes:
        by_thing.setdefault((change.entity, change.entity_id), []).append(change)
    in_force = {key: found for key, found in by_thing.items() if not all(c.quarantined for c in found)}
    return {key: _thing(found) for key, found in in_force.items()}


def _thing(changes: list[Change]) -> Thing:
    names = {name for change in changes if not change.quarantined for name in change.names} - {ERASES}
    heads = {name: _heads(changes, name) for name in names}
    thing = Thing()
    for name, found in heads.items():
        thing.shown[name] = found[0].fields.get(name)
        values = {comparable(found[0].entity, name, change.fields.get(name)) for change in found}
        if len(values) > 1 and name != EXISTS:
            thing.conflicts.add(name)
    existence = heads.get(EXISTS, [])
    deletions = [change for change in existence if change.fields.get(EXISTS) is False]
    if deletions:
        covered = any(_covers(deletion, heads, changes) for deletion in deletions)
        thing.is_gone = len(deletions) == len(existence) and covered
        if not thing.is_gone:
            thing.conflicts.add(EXISTS)
    return thing


def _heads(changes: list[Change], name: str) -> list[Change]:
    """Return the changes in force of a field that are no ancestor of another, the shown one first."""
    having = {change.change_id: change for change in changes if name in change.names}
    in_force = [change for change in having.values() if not change.quarantined]
    above: set[str] = set()
    for change in in_force:
        above |= _ancestors(change, name, having)
    heads = [change for change in in_force if change.change_id not in above]
    return sorted(heads, key=lambda change: (change.hlc, change.change_id), reverse=True)


def _ancestors(change: Change, name: str, known: Mapping[str, Change]) -> set[str]:
    found: set[str] = set()
    waiting = list(change.parents.get(name, ()))
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting += known[parent].parents.get(name, ()) if parent in known else ()
    return found


def _covers(deletion: Change, heads: Mapping[str, list[Change]], changes: list[Change]) -> bool:
    """Tell whether a deletion saw all heads of all fields, or what came after them."""
    for name, found in heads.items():
        having = {change.change_id: change for change in changes if name in change.names}
        seen = _ancestors(deletion, name, having) | {deletion.change_id}
        if name != EXISTS and any(head.change_id not in seen for head in found):
            return False
    return True


__all__ = ["Thing", "state_of"]
