"""The merge is a law: any order, duplication and partition of a set of changes gives one state."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from stadsveld.hub.simulation.definition import state_of
from stadsveld.store import Store
from stadsveld.sync import EXISTS, Change, Merge, change_from_wire, conflicts, dump
from stadsveld.sync.changes import ERASES
from stadsveld.sync.merge import heads_of, is_conflict, read_change
from support.change_sets import (
    DEVICES,
    TASK,
    VALUES,
    ancestors,
    change_id,
    change_sets,
    changes_after,
    erased_values,
    heads,
    merge_batches,
    state_after,
    undone,
)

LAW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory):
    """One empty store for all examples of this file."""
    with Store.create(tmp_path_factory.mktemp("laws") / "store.sqlite") as made:
        yield made


@pytest.fixture(scope="module")
def bare(empty: Store):
    """The same store as a phone opens it: without SpatiaLite."""
    path = Path(str(empty.path).replace("store.sqlite", "bare.sqlite"))
    path.write_bytes(empty.path.read_bytes())
    with Store.open(path, spatialite=False) as opened:
        yield opened


@LAW
@given(changes=change_sets(), data=st.data())
def test_any_order_duplication_and_partition_gives_the_same_state(empty: Store, changes, data) -> None:
    """Shuffled, repeated and cut into pages at will, the dump is the same text."""
    expected = state_after(empty, [changes])
    shuffled = data.draw(st.permutations(changes))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(changes), max_size=5))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(repeated)), max_size=4)))
    batches = [repeated[a:b] for a, b in zip([0, *cuts], [*cuts, len(repeated)], strict=True)]
    note(batches)
    assert state_after(empty, batches) == expected


@LAW
@given(changes=change_sets(), data=st.data())
def test_the_heads_are_those_of_the_definition(empty: Store, changes, data) -> None:
    """The incremental heads equal those that brute force finds, refused ones in between included."""
    refused = data.draw(st.sets(st.sampled_from([c.change_id for c in changes]), max_size=3))
    shuffled = data.draw(st.permutations(changes))
    arrived = [c.skeleton() if c.change_id in refused else c for c in shuffled]
    with undone(empty):
        merge_batches(empty, [arrived])
        for (entity, entity_id), fields in VALUES.items():
            of_thing = [c for c in arrived if c.entity == entity]
            found = heads_of(empty, entity, entity_id)
            for field in (*fields, EXISTS):
                expected = sorted(heads(of_thing, field), key=lambda c: (c.hlc, c.change_id), reverse=True)
                ids = [head.change_id for head in found.get(field, [])]
                assert ids == [c.change_id for c in expected], field
                row = empty.get(entity, entity_id)
                if row is not None and field in row and field != "geom":
                    shown = expected[0].fields.get(field) if expected else None
                    assert row[field] == shown


@LAW
@given(one=change_sets(5), two=st.data())
def test_merging_is_associative_commutative_and_idempotent(empty: Store, one, two) -> None:
    """What stores hold may be united in any grouping and order, and again, through their own tables."""
    parts: list[list[Change]] = [[], [], []]
    for change in one:
        for place in two.draw(st.sets(st.integers(0, 2), min_size=1), label="held by"):
            parts[place].append(change)
    a, b, c = (changes_after(empty, [part]) for part in parts)
    left = changes_after(empty, [changes_after(empty, [a, b]), c])
    right = changes_after(empty, [a, changes_after(empty, [b, c])])
    expected = state_after(empty, [one])
    assert state_after(empty, [left]) == state_after(empty, [right]) == expected
    assert state_after(empty, [a, b, c]) == state_after(empty, [c, b, a]) == expected
    assert state_after(empty, [left, left, a]) == expected


@LAW
@given(changes=change_sets(erasing=True), data=st.data())
def test_the_state_is_that_of_the_definition(empty: Store, changes, data) -> None:
    """Rows, conflicts and deletions equal those of the naive definition, by which schedules are judged."""
    shuffled = data.draw(st.permutations(changes))
    refused = data.draw(st.sets(st.sampled_from([c.change_id for c in changes]), max_size=2))
    arrived = [c.skeleton() if c.change_id in refused else c for c in shuffled]
    state = state_of(erased_values(arrived))
    with undone(empty):
        merge_batches(empty, [[change] for change in arrived])
        found = {(each.entity, each.entity_id, each.field) for each in conflicts(empty)}
        assert found == {(*key, name) for key, thing in state.items() for name in thing.conflicts}
        for (entity, entity_id), fields in VALUES.items():
            thing = state.get((entity, entity_id))
            row = empty.get(entity, entity_id)
            assert (row is not None) == (thing is not None and not thing.is_gone and bool(thing.shown))
            for name in fields if row is not None else ():
                shown = row[name].hex() if name == "geom" and row[name] else row.get(name)
                if name in row:
                    assert shown == thing.shown.get(name)


@LAW
@given(changes=change_sets(erasing=True), data=st.data())
def test_erased_values_are_nowhere_whatever_the_order(empty: Store, changes, data) -> None:
    """Erasures, shuffled and repeated between the others: one state, and no change holds what is erased."""
    expected = state_after(empty, [changes])
    shuffled = data.draw(st.permutations(changes)) + data.draw(st.lists(st.sampled_from(changes), max_size=4))
    cut = data.draw(st.integers(0, len(shuffled)))
    assert state_after(empty, [shuffled[:cut], shuffled[cut:]]) == expected
    kept = {change.change_id: change.fields for change in changes_after(empty, [shuffled])}
    assert kept == {change.change_id: change.fields for change in erased_values(changes)}


@LAW
@given(changes=change_sets(), data=st.data())
def test_a_part_agrees_with_the_whole_on_what_it_holds(empty: Store, changes, data) -> None:
    """Who subscribes to one kind holds of it exactly what everybody holds of it."""
    entity = data.draw(st.sampled_from([entity for entity, _entity_id in VALUES]))
    part = data.draw(st.permutations([change for change in changes if change.entity == entity]))
    whole = state_after(empty, [changes]).splitlines()
    assert state_after(empty, [part]).splitlines() == [x for x in whole if json.loads(x)["entity"] == entity]


@LAW
@given(changes=change_sets(), data=st.data())
def test_a_decision_that_saw_everything_ends_the_conflict(empty: Store, changes, data) -> None:
    """A change whose parents are all heads is the value, whatever its stamp and in any order."""
    having = [c for c in changes if c.entity == "task" and "title" in c.names]
    parents = {"title": tuple(head.change_id for head in heads(having, "title"))}
    stamp = data.draw(st.integers(0, 9))
    decided = Change(change_id(99), "task", TASK, {"title": "decided"}, parents, "person", DEVICES[0], stamp)
    with undone(empty):
        merge_batches(empty, [[change] for change in data.draw(st.permutations([*changes, decided]))])
        assert [head.value for head in heads_of(empty, "task", TASK)["title"]] == ["decided"]
        assert (TASK, "title") not in {(each.entity_id, each.field) for each in conflicts(empty)}


@LAW
@given(changes=change_sets())
def test_a_row_goes_only_by_a_decision_that_saw_everything(empty: Store, changes) -> None:
    """A thing is gone exactly when a deletion covers every head, and nobody holds that it exists."""
    with undone(empty):
        merge_batches(empty, [changes])
        for (entity, entity_id), fields in VALUES.items():
            of_thing = [c for c in changes if c.entity == entity]
            existence = heads(of_thing, EXISTS)
            deletions = [c for c in existence if c.fields[EXISTS] is False]
            covered = False
            for deletion in deletions:
                covers = True
                for field in fields:
                    above = ancestors([c for c in of_thing if field in c.names], field)
                    seen = set(deletion.parents.get(field, ()))
                    seen = seen.union(*(above.get(parent, set()) for parent in seen))
                    covers &= all(head.change_id in seen for head in heads(of_thing, field))
                covered |= covers
            gone = bool(deletions) and len(deletions) == len(existence) and covered
            assert (empty.get(entity, entity_id) is None) == (gone or not of_thing)
            conflicts = {json.loads(line)["conflict"] for line in dump(empty) if '"conflict"' in line[:12]}
            if deletions and not gone:
                assert EXISTS in conflicts


@LAW
@given(changes=change_sets())
def test_without_spatialite_the_state_and_the_index_are_the_same(empty: Store, bare: Store, changes) -> None:
    """A phone comes to the same rows, and its spatial index agrees with them."""
    assert state_after(bare, [changes]) == state_after(empty, [changes])


@settings(LAW, max_examples=25)
@given(changes=change_sets(), data=st.data())
def test_the_index_is_right_after_merges(tmp_path_factory, empty: Store, changes, data) -> None:
    """After pages that insert, move and delete, the index has exactly the rows with a geometry."""
    for_phone = tmp_path_factory.getbasetemp() / "phone.sqlite"
    for_phone.write_bytes(empty.path.read_bytes())
    with Store.open(for_phone, spatialite=False) as phone, phone.transaction(capture=False):
        merge_batches(phone, [data.draw(st.permutations(changes)), changes])
    with Store.open(for_phone) as desk:
        assert desk.connection.has_spatialite
        assert desk.spatial_index_is_right()
        assert desk.problems() == []


def chain(quarantined_middle: bool = False) -> list[Change]:
    """A, then B that saw A, then C that saw B: three titles of one task."""
    made = []
    for number, title in enumerate("ABC"):
        parents = {"title": (change_id(number - 1),)} if number else {}
        fields, hlc = {"title": title}, 9 - number
        made.append(Change(change_id(number), "task", TASK, fields, parents, "p", DEVICES[0], hlc))
    if quarantined_middle:
        made[1] = made[1].skeleton()
    return made


@pytest.mark.parametrize("refused", [False, True])
def test_ancestry_is_transitive(empty: Store, refused: bool) -> None:
    """In every order C alone is head, also where B between them was refused."""
    for order in permutations(chain(refused)):
        with undone(empty):
            merge_batches(empty, [[change] for change in order])
            assert [head.value for head in heads_of(empty, "task", TASK)["title"]] == ["C"]
            assert empty.get("task", TASK)["title"] == "C"


def test_a_refused_change_supersedes_nothing_by_itself(empty: Store) -> None:
    """A stays head while only the refused B came after it; when B is let through it counts."""
    first, middle, _last = chain()
    with undone(empty):
        merge_batches(empty, [[first, middle.skeleton()]])
        assert empty.get("task", TASK)["title"] == "A"
        merge_batches(empty, [[middle]])
        assert empty.get("task", TASK)["title"] == "B"


def test_a_replica_that_lacks_the_middle_agrees_when_it_comes(empty: Store) -> None:
    """With A and C only, both are heads; B makes them one line."""
    first, middle, last = chain()
    with undone(empty):
        merge_batches(empty, [[first, last]])
        assert is_conflict("task", "title", heads_of(empty, "task", TASK)["title"])
        merge_batches(empty, [[middle]])
        assert not is_conflict("task", "title", heads_of(empty, "task", TASK)["title"])


def test_the_same_id_with_other_content_is_refused(empty: Store) -> None:
    """It is never taken for a duplicate, and what was here stays."""
    first = chain()[0]
    with undone(empty):
        merge_batches(empty, [[first]])
        merge = Merge(empty)
        assert merge.add(first) == "duplicate"
        assert merge.add(replace(first, fields={"title": "forged"})) == "other"
        merge.finish()
        assert empty.get("task", TASK)["title"] == "A"


def test_a_circle_of_parents_neither_hangs_nor_depends_on_order(empty: Store) -> None:
    """Two changes that claim to come after each other: no head, in both orders."""
    one, two = chain()[:2]
    one = replace(one, parents={"title": (two.change_id,)})
    assert state_after(empty, [[one, two]]) == state_after(empty, [[two], [one]])


def erasing(number: int, *erased: int) -> Change:
    """The erasure of titles by an administrator who saw the last of them."""
    fields = {ERASES: {"title": [change_id(n) for n in erased]}, "title": None}
    parents = {"title": (change_id(max(erased)),)}
    return Change(change_id(number), "task", TASK, fields, parents, "admin", DEVICES[1], 20)


def test_an_erased_value_is_nowhere_in_any_order(empty: Store) -> None:
    """The erasure may come first, last or in between: the values are gone and the state is the same."""
    changes = [*chain(), erasing(5, 0, 2)]
    states = set()
    for order in permutations(changes):
        with undone(empty):
            merge_batches(empty, [[change] for change in order])
            states.add("".join(dump(empty)))
            kept = [read_change(empty, change.change_id).fields for change in changes[:3]]
            assert kept == [{}, {"title": "B"}, {}]
            assert empty.get("task", TASK)["title"] is None
    assert len(states) == 1


def test_an_erased_change_that_comes_again_is_a_duplicate(empty: Store) -> None:
    """A device that has not heard of the erasure pushes again: known, and still erased."""
    changes = chain()
    with undone(empty):
        merge_batches(empty, [[*changes, erasing(5, 2)]])
        merge = Merge(empty)
        assert merge.add(changes[2]) == "duplicate"
        merge.finish()
        assert read_change(empty, changes[2].change_id).fields == {}


def test_a_refused_erasure_erases_nothing(empty: Store) -> None:
    """Only its skeleton arrives: values stay."""
    with undone(empty):
        merge_batches(empty, [[*chain(), erasing(5, 2).skeleton()]])
        assert empty.get("task", TASK)["title"] == "C"


@LAW
@given(changes=change_sets(), data=st.data())
def test_history_without_its_old_values_gives_the_same_state(empty: Store, changes, data) -> None:
    """Changes that nobody shows may lose their values: the state and the conflicts stay the same."""
    with undone(empty):
        merge_batches(empty, [changes])
        expected = "".join(dump(empty))
        rows = empty.connection.execute("SELECT change_id FROM stadsveld_head")
        current = {row["change_id"] for row in rows}
    folded = [c if c.change_id in current else replace(c, fields={}) for c in changes]
    assert state_after(empty, [data.draw(st.permutations(folded))]) == expected
    assert state_after(empty, [changes, folded]) == expected


def test_what_lost_its_values_travels_as_such() -> None:
    """Names stay on the wire, also where only some values are gone."""
    change = replace(chain()[0], fields={"title": "A", "note": "n"})
    for poorer in (change.without({"note"}), change.without({"note", "title"})):
        back = change_from_wire(json.loads(json.dumps(poorer.as_wire())))
        assert back == poorer
        assert back.names == ("note", "title")
        assert back.is_same_as(change)
        assert not back.quarantined
