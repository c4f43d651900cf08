"""Who changed what, when, on which device: read back to any moment, and chosen again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from stadsveld.errors import BadInput
from stadsveld.store import Store
from stadsveld.sync import (
    choose,
    conflicts,
    dump_hash,
    fold,
    history,
    seal,
    set_retention,
    state_at,
    sync,
    transport_of,
)
from stadsveld.sync.clock import instant_of
from support.live_hub import LiveHub


def at(store: Store, change_id: str) -> datetime:
    """The moment of a change."""
    sql = "SELECT hlc FROM stadsveld_change WHERE change_id = ?"
    hlc = store.connection.execute(sql, (change_id,)).fetchone()[0]
    return datetime.fromtimestamp(instant_of(hlc) / 1000, timezone.utc)


def set_time(store: Store, hours: int) -> None:
    """Let the clock of a file stand some hours further than this machine's."""
    store.set_setting("clock_offset_ms", str(hours * 3_600_000))


def exchange(*stores: Store) -> None:
    for store in stores:
        sync(store, transport_of(store))


@pytest.fixture
def task_with_a_day(tmp_path: Path):
    """A task that was made, changed, deleted and put back, an hour apart."""
    with Store.create(tmp_path / "s.sqlite") as store:
        task = store.put("task", None, {"title": "first", "note": "n"})
        seal(store)
        for hour, edit in enumerate(
            (
                lambda: store.put("task", task, {"title": "second"}),
                lambda: store.delete("task", task),
                lambda: store.put("task", task, {"title": "back"}),
            ),
            1,
        ):
            set_time(store, hour)
            edit()
            seal(store)
        yield store, task


def test_the_state_of_every_moment_is_read_back(task_with_a_day) -> None:
    """Before it was made nothing, then each state, deleted in between."""
    store, task = task_with_a_day
    items = list(history(store, "task", task))
    states = [state_at(store, "task", task, item.at) for item in items]
    assert [(state.get("title"), state["_exists"]) for state in states] == [
        ("first", True),
        ("second", True),
        ("second", False),
        ("back", True),
    ]
    assert state_at(store, "task", task, items[0].at - timedelta(hours=1)) == {}


def test_a_deletion_that_did_not_see_an_edit_did_not_hold_at_that_moment(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """One deletes, another edits without knowing: after both the task was there, in conflict."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    task = a.put("task", None, {"title": "t"})
    exchange(a, b)
    b.put("task", task, {"title": "edited"})
    seal(b)
    set_time(a, 1)
    a.delete("task", task)
    seal(a)
    exchange(a, b, a)
    last = max(item.at for item in history(a, "task", task))
    assert state_at(a, "task", task, last)["_exists"] is True
    assert a.get("task", task) is not None


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_decision_is_taken_and_taken_again(live_hub: LiveHub, tmp_path: Path, first: str) -> None:
    """Both values are offered; one is chosen; later the other is chosen after all; all agree."""
    stores = {name: live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab"}
    a, b = stores["a"], stores["b"]
    task = a.put("task", None, {"title": "t"})
    exchange(a, b)
    for name, store in stores.items():
        store.put("task", task, {"title": f"by {name}"})
    exchange(stores[first], *stores.values(), *stores.values())
    [conflict] = conflicts(a)
    by_value = {head.value: head.change_id for head in conflict.alternatives}
    assert set(by_value) == {"by a", "by b"}
    for wanted in ("by a", "by b"):
        choose(b, "task", task, "title", by_value[wanted])
        exchange(b, a)
        for store in (a, b):
            assert (store.get("task", task)["title"], conflicts(store)) == (wanted, [])
    assert dump_hash(a) == dump_hash(b)


def test_a_choice_of_what_is_not_there_is_refused(task_with_a_day) -> None:
    """An unknown change, one of another thing, one without that field."""
    store, task = task_with_a_day
    other = store.put("task", None, {"title": "other"})
    seal(store)
    [of_other] = history(store, "task", other)
    for change_id, field in (("nonsense", "title"), (of_other.change_id, "title")):
        with pytest.raises(BadInput):
            choose(store, "task", task, field, change_id)
    with pytest.raises(BadInput):
        choose(store, "task", other, "due", of_other.change_id)


def test_old_history_is_folded_once_every_device_has_it(live_hub: LiveHub, tmp_path: Path) -> None:
    """Not before the last device fetched it; then values go everywhere, who and when stay, states agree."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    task = a.put("task", None, {"title": "1"})
    exchange(a)
    for title in ("2", "3"):
        a.put("task", task, {"title": title})
        exchange(a)
    later = datetime.now(timezone.utc) + timedelta(days=1)
    with Store.open(live_hub.path) as central:
        assert fold(central, later) == 0
    exchange(b, b, a)
    with Store.open(live_hub.path) as central:
        before = dump_hash(central)
        assert fold(central, later) == 2
        assert fold(central, later) == 0
        assert dump_hash(central) == before
    exchange(a, b)
    for store in (a, b):
        items = list(history(store, "task", task))
        assert [item.gone for item in items] == [("title",), ("title",), ()]
        assert all(item.actor and item.device for item in items)
        assert dump_hash(store) == before
    c = live_hub.replica(tmp_path / "c.sqlite")
    exchange(c)
    assert dump_hash(c) == before
    b.put("task", task, {"title": "4"})
    exchange(b, a)
    assert (a.get("task", task)["title"], conflicts(a)) == ("4", [])


def test_what_a_conflict_rests_on_is_not_folded(live_hub: LiveHub, tmp_path: Path) -> None:
    """Both values stay to choose from, and so does the history of that thing."""
    a, b = (live_hub.replica(tmp_path / f"{name}.sqlite") for name in "ab")
    task = a.put("task", None, {"title": "t"})
    exchange(a, b)
    a.put("task", task, {"title": "by a"})
    b.put("task", task, {"title": "by b"})
    exchange(a, b, a, b)
    with Store.open(live_hub.path) as central:
        assert fold(central, datetime.now(timezone.utc) + timedelta(days=1)) == 0
        assert len(conflicts(central)) == 1


def test_a_working_copy_keeps_what_is_not_confirmed(tmp_path: Path, live_hub: LiveHub) -> None:
    """Unsent edits are never folded, whatever the central store says."""
    a = live_hub.replica(tmp_path / "a.sqlite")
    task = a.put("task", None, {"title": "1"})
    seal(a)
    a.put("task", task, {"title": "2"})
    assert fold(a, datetime.now(timezone.utc) + timedelta(days=1)) == 0
    assert [item.fields["title"] for item in history(a, "task", task)] == ["1", "2"]


def test_a_store_without_retention_is_not_folded_by_itself(tmp_path: Path) -> None:
    """A clear answer; with a retention the days count back from now."""
    with Store.create(tmp_path / "s.sqlite") as store:
        with pytest.raises(BadInput, match="for ever"):
            fold(store)
        set_retention(store, 30)
        assert fold(store) == 0
        with pytest.raises(BadInput):
            set_retention(store, 0)
