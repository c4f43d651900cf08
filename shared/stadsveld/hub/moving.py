"""Things that enter or leave what devices may see: an event of its own in the log, `moved`.

Whether a device may see a thing can change by a change of its geometry, its references or its dataset, by
the same of something it follows, by a new edition of a register, and by another access class of a dataset.
`follow` reads what was logged since it ran last, whoever wrote it, and logs a `moved` for each of those
things; where an access class changed, `open>closed` with the class before and after, for it concerns only
roles that may read one of the two. What it costs follows from the number of things that were changed and of
those that follow them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..model import ENTITIES
from ..store import Store, statement
from ..store.belonging import deciding_fields, kind_field, references
from ..sync.changes import ERASES, EXISTS
from .roles import CLOSED, OPEN, RESTRICTED, may_read
from .visibility import DEEPEST, Key, Things, classes_of, hidden_from

#: Settings of a central store: up to where the log was followed, and the access classes as of then.
_FOLLOWED, _CLASSES = "followed_until", "access_classes"
_ANY = "*"
#: Kinds of entries of the log, besides those of access classes.
CHANGE, ROW, MOVED = "change", "row", "moved"


def is_behind(store: Store) -> bool:
    """Tell whether `follow` has anything to do."""
    last = store.connection.execute(statement("last_logged")).fetchone()[0]
    return last > int(store.setting(_FOLLOWED) or 0) or _as_text(classes_of(store)) != store.setting(_CLASSES)


def follow(store: Store) -> None:
    """Log what enters or leaves by what was logged since; use inside a transaction without capture."""
    after = int(store.setting(_FOLLOWED) or 0)
    last = int(store.connection.execute(statement("last_logged")).fetchone()[0])
    classes = classes_of(store)
    known: dict[str, str] = json.loads(store.setting(_CLASSES) or "{}")
    if last > after or classes != known:
        moves = _Moves(store, after, last)
        moves.note_followers()
        roles = store.connection.execute(statement("limits_of_devices")).fetchall()
        if any(row["is_limited"] or hidden_from(row["role"], classes) for row in roles):
            moves.collect_things()
            moves.log(MOVED)
        for dataset_id in sorted(known.keys() | classes.keys()):
            kind = _reclassed(known.get(dataset_id, OPEN), classes.get(dataset_id, OPEN))
            if any(kind in kinds_for(row["role"], is_limited=False) for row in roles):
                moves.collect_dataset(dataset_id, is_new=dataset_id not in known)
                moves.log(kind)
        _keep(store, classes)


def kinds_for(role: str, *, is_limited: bool) -> list[str]:
    """Return the kinds of entries of the log that concern a device of a role."""
    pairs = [(one, other) for one in (OPEN, RESTRICTED, CLOSED) for other in (OPEN, RESTRICTED, CLOSED)]
    classes = [_reclassed(*pair) for pair in pairs if may_read(role, pair[0]) != may_read(role, pair[1])]
    return [CHANGE, ROW, *([MOVED] if is_limited else []), *classes]


def was_limited(store: Store, role: str, after: int) -> bool:
    """Tell whether what a role may read changed after a place in the log: then moves concern it too."""
    classes = kinds_for(role, is_limited=False)[2:]
    asked = (after, json.dumps(classes))
    return (
        bool(classes) and store.connection.execute(statement("any_reclassed"), asked).fetchone() is not None
    )


def _reclassed(before: str, after: str) -> str:
    """Return the kind of entry that tells that things have another access class."""
    return f"{before}>{after}"


def _keep(store: Store, classes: dict[str, str]) -> None:
    last = store.connection.execute(statement("last_logged")).fetchone()[0]
    store.set_setting(_FOLLOWED, str(last))
    store.set_setting(_CLASSES, _as_text(classes))


def _as_text(classes: dict[str, str]) -> str:
    return json.dumps(classes, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _Placement:
    """A logged change that may change where something belongs; its places among changes and in the log."""

    key: Key
    names: set[str]
    change_id: str
    place: int
    seq: int


class _Moves:
    """What moved by a part of the log."""

    def __init__(self, store: Store, after: int, last: int) -> None:
        self._execute = store.connection.execute
        self._things = Things(store)
        self._part = (after, last)
        self._execute(statement("moving_table"))
        self._execute(statement("moving_step_index"))
        self._placed = self._placements()

    def _placements(self) -> list[_Placement]:
        """Return the changes that may change where something belongs."""
        found = []
        for row in self._execute(statement("logged_placements"), self._part):
            names = set(json.loads(row["names"]))
            if names & {EXISTS, ERASES, *deciding_fields(row["entity"])}:
                key = (row["entity"], row["entity_id"])
                found.append(_Placement(key, names, row["change_id"], row["place"], row["seq"]))
        return found

    # Who follows whom, where rows do not show it

    def note_followers(self) -> None:
        """Remember references that no row shows: to what is not here, of what was deleted, in conflict."""
        for placed in self._placed:
            if placed.key[0] in ENTITIES:
                self._note_followers_of(placed)
        for row in self._execute(statement("logged_row_entities"), self._part).fetchall():
            self._note_rows(row["entity"])

    def _note_followers_of(self, placed: _Placement) -> None:
        key = placed.key
        facts = self._things.facts(key)
        targets = [*facts.references, *(("dataset", dataset_id) for dataset_id in facts.datasets)]
        if not targets or key[0] == "dataset":
            return
        shown = self._shown(key)
        for name, row_id in targets:
            if row_id not in shown or not self._was_known((name, row_id), placed):
                self._execute(statement("note_follower"), (row_id, *key))

    def _shown(self, key: Key) -> set[Any]:
        """Return the ids that the row of a thing refers to."""
        columns = tuple(field for entity, field, _target in references() if entity == key[0])
        row = self._execute(statement("get_row", key[0], columns=columns), (key[1],)).fetchone()
        return set() if row is None else set(row)

    def _was_known(self, target: Key, placed: _Placement) -> bool:
        """Tell whether the target was here before the change that may refer to it."""
        name, row_id = target
        if name == "dataset":
            return self._execute(statement("row_exists", name), (row_id,)).fetchone() is not None
        asked = {"entity": name, "entity_id": row_id, "place": placed.place, "seq": placed.seq}
        return self._execute(statement("was_known"), asked).fetchone() is not None

    def _note_rows(self, name: str) -> None:
        for entity, field, target in references():
            if entity == name and target != "dataset":
                kind, column = (None, kind_field(field)) if target == _ANY else (target, "id")
                sql = statement("note_rows_before_target", name, field, (column,))
                self._execute(sql, (*self._part, kind, kind))

    # What moves

    def collect_things(self) -> None:
        """Collect what was changed so that it may belong elsewhere, and what waited for what is new."""
        self._add((row["entity"], row["entity_id"]) for row in self._rows("logged_moves", self._part))
        self._execute(statement("forget_logged_moves"), self._part)
        if self._execute(statement("any_follower")).fetchone() is not None:
            self._add(self._keys("followers_of_logged_rows", self._part))
        for placed in self._placed:
            key = placed.key
            if ERASES in placed.names:
                self._add(self._erased(placed.change_id))
            if placed.names & {ERASES, *deciding_fields(key[0])}:
                is_new = self._number_known(key) < 2
                self._add(self._keys("followers_noted", (key[1],)) if is_new else [key])

    def collect_dataset(self, dataset_id: str, *, is_new: bool) -> None:
        """Collect a dataset and its rows; those that arrived together with it were never seen without it."""
        self._add([("dataset", dataset_id)])
        self._add(self._keys("followers_noted", (dataset_id,)))
        arrived = self._part[0] if is_new else 1 << 62
        for entity, _field, target in references():
            if target == "dataset":
                self._execute(statement("add_moving_dataset", entity), (dataset_id, arrived))

    def log(self, kind: str) -> None:
        """Log what was collected, with all that follows it."""
        for step in range(DEEPEST + 1):
            found = {row["entity"] for row in self._execute(statement("moving_entities"), (step,))}
            if not found:
                break
            for entity, field, target in references():
                if target == _ANY or (target in found and target != "dataset"):
                    asked = {"step": step, "target": None if target == _ANY else target}
                    self._execute(statement("add_followers", entity, field), asked)
            self._execute(statement("add_noted_followers"), {"step": step})
        self._execute(statement("log_moving"), (kind,))
        self._execute(statement("clear_moving"))

    def _erased(self, change_id: str) -> list[Key]:
        """Return the things whose values an erasure takes."""
        found = self._execute(statement("change_by_id"), (change_id,)).fetchone()
        listed = json.loads(found["fields"] or "{}").get(ERASES, {})
        ids = [erased for erased_ids in listed.values() for erased in erased_ids]
        return [key for erased in ids for key in self._keys("thing_of_change", (erased,))]

    def _number_known(self, key: Key) -> int:
        named = {"entity": key[0], "entity_id": key[1]}
        return int(self._execute(statement("number_known"), named).fetchone()[0])

    def _add(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._execute(statement("add_moving"), key)

    def _keys(self, name: str, values: tuple[Any, ...]) -> list[Key]:
        return [(row["entity"], row["entity_id"]) for row in self._rows(name, values)]

    def _rows(self, name: str, values: tuple[Any, ...]) -> list[Any]:
        return self._execute(statement(name), values).fetchall()
