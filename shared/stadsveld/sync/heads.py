"""The heads of things: read together for many things, and kept while changes are added to them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from ..store import Store, statement
from .changes import Change

Key = tuple[str, str]
#: Characters of values that are kept in memory at most.
_MOST_KEPT = 16 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """A change that is nobody's ancestor for a field, with its value there."""

    change_id: str
    hlc: int
    actor: str
    device: str
    value: Any


Heads = dict[str, list[Head]]
_rank = attrgetter("hlc", "change_id")


def heads_of(store: Store, entity: str, entity_id: str) -> Heads:
    """Return the heads of every field of a thing, the shown one first."""
    return _heads(store.connection.execute(statement("entity_heads"), (entity, entity_id)))


def _heads(rows: Iterable[Any]) -> Heads:
    heads: Heads = {}
    parsed: dict[str, dict[str, Any]] = {}
    for row in rows:
        change_id = row["change_id"]
        if change_id not in parsed:
            parsed[change_id] = json.loads(row["fields"] or "{}")
        head = Head(change_id, row["hlc"], row["actor"], row["device"], parsed[change_id].get(row["field"]))
        heads.setdefault(row["field"], []).append(head)
    return heads


class KnownHeads:
    """The heads of things, read once each as long as nobody else changes them.

    Args:
        store: the file.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Key, Heads] = {}
        self._size = 0

    def expect(self, keys: Iterable[Key]) -> None:
        """Read at once the heads of things that are about to be asked for."""
        wanted = sorted(set(keys) - self._known.keys())
        for entity, group in groupby(wanted, key=itemgetter(0)):
            ids = [entity_id for _entity, entity_id in group]
            rows = self._store.connection.execute(statement("heads_of_things"), (entity, json.dumps(ids)))
            found: dict[Key, Heads] = {(entity, entity_id): {} for entity_id in ids}
            for entity_id, of_thing in groupby(rows, key=itemgetter("entity_id")):
                kept = list(of_thing)
                self._size += sum(len(row["fields"] or "") for row in kept)
                if self._size > _MOST_KEPT:
                    return
                found[entity, entity_id] = _heads(kept)
            self._known.update(found)

    def has(self, key: Key) -> bool:
        """Tell whether the heads of a thing are known without reading."""
        return key in self._known

    def of(self, key: Key) -> Heads:
        """Return the heads of a thing, the shown one of a field first; not to be altered."""
        known = self._known.get(key)
        if known is None:
            known = heads_of(self._store, *key)
            if self._size < _MOST_KEPT:
                self._known[key] = known
        return known

    def replace(self, change: Change, name: str) -> bool:
        """Put a change in the place of the heads that it saw of a field.

        Returns whether that was all: where it saw others than heads, nothing is done.
        """
        heads = self.of((change.entity, change.entity_id))
        before = heads.get(name, [])
        seen = change.parents.get(name, ())
        left = [head for head in before if head.change_id not in seen]
        if len(before) - len(left) != len(seen):
            return False
        head = Head(change.change_id, change.hlc, change.actor, change.device, change.fields.get(name))
        heads[name] = sorted([*left, head], key=_rank, reverse=True)
        return True

    def forget(self, key: Key) -> None:
        """Read the heads of a thing anew from now on."""
        self._known.pop(key, None)

    def clear(self) -> None:
        """Read everything anew from now on."""
        self._known.clear()
        self._size = 0


__all__ = ["Head", "Heads", "Key", "KnownHeads", "heads_of"]
