"""Sets of changes for laws: made by people who each saw some of what came before."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager

from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.store import Store, statement
from stadsveld.sync import EXISTS, Change, Merge, dump
from stadsveld.sync.changes import ERASES
from stadsveld.sync.merge import change_from_row

TASK = "01900000-0000-7000-8000-00000000000a"
SECTION = "01900000-0000-7000-8000-00000000000b"
DEVICES = tuple(f"01900000-0000-7000-9000-00000000000{n}" for n in range(3))
TASK_KEY, SECTION_KEY = ("task", TASK), ("road_section", SECTION)
#: Thing -> its fields with the values that people give.
VALUES = {
    TASK_KEY: {
        "title": ["a", "b"],
        "note": [None, "n\x00ul", "é"],
        "geom": [geo.point_wkb(203000, 503000).hex(), geo.point_wkb(203500, 503500).hex(), None],
        "from_the_future": [1, {"x": [2]}],
    },
    SECTION_KEY: {"number": ["1", "2"], "area": [10.5, 11]},
}


def change_id(number: int) -> str:
    """The id of the change with that number; ids sort as numbers do."""
    return f"01900000-0000-7000-a000-{number:012x}"


def ancestors(changes: Iterable[Change], field: str) -> dict[str, set[str]]:
    """All ancestors of each change through one field, by brute force."""
    known = {c.change_id: c for c in changes}
    found: dict[str, set[str]] = {}
    for one in known.values():
        reached: set[str] = set()
        waiting = list(one.parents.get(field, ()))
        while waiting:
            parent = waiting.pop()
            if parent in reached:
                continue
            reached.add(parent)
            if parent in known and field in known[parent].names:
                waiting += known[parent].parents.get(field, ())
        found[one.change_id] = reached
    return found


def heads(changes: list[Change], field: str) -> list[Change]:
    """The heads of a field by the definition: in force, and nobody's ancestor (of those in force)."""
    having = [c for c in changes if field in c.names]
    above = ancestors(having, field)
    in_force = [c for c in having if not c.quarantined]
    covered = set().union(*(above[c.change_id] for c in in_force)) if in_force else set()
    return [c for c in in_force if c.change_id not in covered]


@st.composite
def change_sets(draw: st.DrawFn, most: int = 9, *, erasing: bool = False) -> list[Change]:
    """Changes of two things by people who each saw a causally closed part of the earlier ones.

    With `erasing`, some are erasures by an administrator of what was seen of a field.
    """
    made: list[Change] = []
    seen_by: list[set[int]] = []
    for number in range(draw(st.integers(1, most))):
        entity, entity_id = draw(st.sampled_from([TASK_KEY, TASK_KEY, SECTION_KEY]))
        some = st.sets(st.integers(0, number - 1), max_size=4) if number else st.just(set())
        chosen = draw(st.just(set(range(number))) | some)
        seen = set(chosen).union(*(seen_by[n] for n in chosen))
        seen_by.append(seen)
        of_thing = [made[n] for n in sorted(seen) if made[n].entity == entity]
        known = {field: heads(of_thing, field) for field in {*VALUES[entity, entity_id], EXISTS}}
        names = {field: ids for field, ids in known.items() if ids}
        having = sorted({f for c in of_thing for f in c.fields if f not in (EXISTS, ERASES)})
        if erasing and having and draw(st.integers(0, 2)) == 0:
            field = draw(st.sampled_from(having))
            listed = [c.change_id for c in of_thing if field in c.names]
            fields: dict[str, object] = {ERASES: {field: listed}, field: None}
            parents = {f: ids for f, ids in names.items() if f == field}
            earlier = [c for c in of_thing if ERASES in c.names]
            parents |= {ERASES: heads(earlier, ERASES)} if earlier else {}
        elif draw(st.integers(0, 5)) == 0:
            fields = {EXISTS: draw(st.sampled_from([False, False, True]))}
            parents = names
        else:
            picked = draw(st.sets(st.sampled_from(sorted(VALUES[entity, entity_id])), min_size=1))
            fields = {f: draw(st.sampled_from(VALUES[entity, entity_id][f])) for f in sorted(picked)}
            if draw(st.booleans()):
                fields[EXISTS] = True
            parents = {f: ids for f, ids in names.items() if f in fields}
        made.append(
            Change(
                change_id(number),
                entity,
                entity_id,
                fields,
                {f: tuple(c.change_id for c in ids) for f, ids in parents.items()},
                "person",
                DEVICES[number % 3],
                draw(st.integers(1, 5)),
            )
        )
    return made


class _Undone(Exception):
    pass


@contextmanager
def undone(store: Store):
    """Run a block in a transaction that is rolled back, so that one store serves many examples."""
    try:
        with store.transaction(capture=False):
            yield
            raise _Undone
    except _Undone:
        pass


def merge_batches(store: Store, batches: Iterable[Iterable[Change]]) -> None:
    """Merge changes in batches, each as a page that arrives."""
    for batch in batches:
        merge = Merge(store)
        for change in batch:
            merge.add(change)
        merge.finish()


def state_after(store: Store, batches: Iterable[Iterable[Change]]) -> str:
    """The dump after merging batches into an empty store, which stays empty."""
    with undone(store):
        merge_batches(store, batches)
        return "".join(dump(store))
    raise AssertionError


def changes_after(store: Store, batches: Iterable[Iterable[Change]]) -> list[Change]:
    """The changes that a store holds after merging batches, in the order in which they arrived."""
    with undone(store):
        merge_batches(store, batches)
        rows = store.connection.execute(statement("all_changes")).fetchall()
        return [change_from_row(store, row) for row in rows]
    raise AssertionError


def erased_values(changes: Iterable[Change]) -> list[Change]:
    """The changes as their erasures leave them: by the definition, in any order."""
    changes = list(changes)
    gone: dict[str, set[str]] = {}
    for change in changes:
        for field, ids in change.fields.get(ERASES, {}).items():
            for changed in ids:
                gone.setdefault(changed, set()).add(field)
    return [change.without(gone.get(change.change_id, set())) for change in changes]
