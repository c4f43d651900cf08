"""Nothing depends on who synchronises first: each story is told in both orders, and ends the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.hub import RunningHub, back_up, restore
from stadsveld.hub.simulation.world import add_edition
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store
from stadsveld.sync import (
    EXISTS,
    Change,
    Merge,
    conflicts,
    dump,
    dump_hash,
    findings,
    history,
    outbox,
    resolve,
    seal,
    sync,
    transport_of,
)
from stadsveld.sync import clock as sync_clock
from support.live_hub import LiveHub

HERE, THERE = geo.point_wkb(203000, 503000), geo.point_wkb(203100, 503100)
WEEK = 7 * 86_400_000
both_orders = pytest.mark.parametrize("order", ["ab", "ba"])


class Two:
    """Two working copies that synchronise in a given order, then until both have everything."""

    def __init__(self, hub: LiveHub, folder: Path, order: str, role: str) -> None:
        self.hub = hub
        self.a = hub.replica(folder / "a.sqlite", role)
        self.b = hub.replica(folder / "b.sqlite", role)
        self.order = order

    @property
    def stores(self) -> tuple[Store, Store]:
        return self.a, self.b

    def exchange(self) -> None:
        """Synchronise twice in the order of this story."""
        first, second = (self.a, self.b) if self.order == "ab" else (self.b, self.a)
        for store in (first, second, first, second):
            sync(store, transport_of(store))

    def meet(self) -> None:
        """Synchronise in the order of this story; then all agree with the central store."""
        self.exchange()
        with Store.open(self.hub.path) as central:
            assert dump_hash(self.a) == dump_hash(self.b) == dump_hash(central), list(dump(central))
            assert central.problems() == []
        for store in self.stores:
            assert store.problems() == []

    def close(self) -> None:
        self.a.close()
        self.b.close()


@pytest.fixture
def meeting(live_hub: LiveHub, tmp_path: Path):
    """A function that makes two working copies, closed at the end."""
    made: list[Two] = []

    def make(order: str, role: str = "inspector") -> Two:
        made.append(Two(live_hub, tmp_path, order, role))
        return made[-1]

    yield make
    for each in made:
        each.close()


@both_orders
def test_parent_and_child_made_at_once_stay_together(meeting, order: str) -> None:
    """Both devices make an inspection with a damage: neither damage lands under the other's inspection."""
    two = meeting(order)
    made = []
    for store, kind in zip(two.stores, ("of a", "of b"), strict=True):
        with store.transaction():
            inspection = store.put("inspection", None, {"kind": kind, "status": "draft"})
            damage = store.put("damage", None, {"inspection_id": inspection, "type": kind})
        made.append((kind, inspection, damage))
    two.meet()
    for store in two.stores:
        for kind, inspection, damage in made:
            assert store.get("inspection", inspection)["kind"] == kind
            found = store.get("damage", damage)
            assert (found["inspection_id"], found["type"]) == (inspection, kind)


@both_orders
def test_a_child_made_before_its_parent_arrived(meeting, order: str) -> None:
    """The parent is made on one device and the child on the other, at once: the child waits and is kept."""
    two = meeting(order)
    inspection = two.a.put("inspection", None, {"kind": "road_global", "status": "draft"})
    damage = two.b.put("damage", None, {"inspection_id": inspection, "type": "crack"})
    assert [each.kind for each in findings(two.b) if each.field == "inspection_id"] == ["waits"]
    two.meet()
    for store in two.stores:
        assert store.get("damage", damage)["inspection_id"] == inspection
        assert not [each for each in findings(store) if each.field == "inspection_id"]


@both_orders
def test_a_child_whose_parent_was_deleted_elsewhere_is_kept(meeting, order: str) -> None:
    """One deletes an inspection, the other adds a damage to it: the damage stays and is a finding."""
    two = meeting(order)
    inspection = two.a.put("inspection", None, {"kind": "road_global"})
    two.meet()
    two.a.delete("inspection", inspection)
    damage = two.b.put("damage", None, {"inspection_id": inspection, "type": "crack"})
    two.meet()
    for store in two.stores:
        assert store.get("inspection", inspection) is None
        assert store.get("damage", damage)["inspection_id"] == inspection
        found = [each.kind for each in findings(store) if each.field == "inspection_id"]
        assert found == ["parent_gone"]


@both_orders
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("deleter", ["a", "b"])
def test_edit_against_delete_is_a_conflict(meeting, order: str, keep: bool, deleter: str) -> None:
    """Whoever deletes and whoever synchronises first: the row stays, marked, until a person decides."""
    two = meeting(order)
    task = two.a.put("task", None, {"title": "kuil", "geom": HERE})
    two.meet()
    (goes, edits) = (two.a, two.b) if deleter == "a" else (two.b, two.a)
    goes.delete("task", task)
    edits.put("task", task, {"note": "nog steeds daar"})
    two.meet()
    for store in two.stores:
        assert [(each.entity_id, each.field) for each in conflicts(store)] == [(task, EXISTS)]
        row = store.get("task", task)
        assert (row["title"], row["note"], row["geom"]) == ("kuil", "nog steeds daar", HERE)
    resolve(two.b, "task", task, EXISTS, keep)
    two.meet()
    for store in two.stores:
        assert conflicts(store) == []
        assert (store.get("task", task) is not None) == keep


@both_orders
def test_the_same_register_object_on_two_desks_is_one_thing(meeting, order: str) -> None:
    """Two planners import the same edition, and add the same object of the city's own, with other values."""
    two = meeting(order, "planner")
    for store in two.stores:
        add_edition(store, 1)
    own = id_from_register("gemeente/structure", "BR-12")
    two.a.put("structure", own, {"number": "BR-12", "name": "Hoge brug"})
    two.b.put("structure", own, {"number": "BR-12", "name": "Hoge Brug", "built": 1931})
    two.meet()
    for store in two.stores:
        assert store.count("road_section") == 3
        assert store.count("dataset") == 1
        assert [row["id"] for row in store.rows("structure")] == [own]
        assert store.get("structure", own)["built"] == 1931
        assert [(each.entity_id, each.field) for each in conflicts(store)] == [(own, "name")]


@both_orders
def test_a_deleted_register_object_stays_deleted_when_its_edition_comes_again(meeting, order: str) -> None:
    """A planner deletes a section; a later edition still has it, imported on whichever desk."""
    two = meeting(order, "planner")
    add_edition(two.a, 1)
    two.meet()
    (section, *_rest) = sorted(row["id"] for row in two.a.rows("road_section"))
    two.a.delete("road_section", section)
    seal(two.a)
    add_edition(two.a, 2)
    add_edition(two.b, 2)
    two.meet()
    for store in two.stores:
        assert store.get("road_section", section) is None
        assert store.count("road_section") == 2
        assert conflicts(store) == []


def plant(store: Store, change: Change) -> None:
    """Put a change into a working copy, as a program would that makes ids of its own."""
    with store.transaction(capture=False):
        merge = Merge(store)
        merge.add(change)
        merge.finish()


@both_orders
def test_the_same_change_id_with_other_content_is_refused(meeting, order: str) -> None:
    """The first to arrive stays in force everywhere; the other one is kept where it is, with the reason."""
    two = meeting(order)
    change_id, task = new_id(), new_id()
    for store, title in zip(two.stores, ("van a", "van b"), strict=True):
        fields = {"title": title, EXISTS: True}
        device = store.device_id
        plant(store, Change(change_id, "task", task, fields, {}, device, device, 1 << 40))
    two.exchange()
    taken, refused = two.stores if order == "ab" else two.stores[::-1]
    (item,) = outbox(refused)
    assert item.state == "refused"
    assert "same id" in item.reason
    assert outbox(taken) == []
    with Store.open(two.hub.path) as central:
        assert dump_hash(taken) == dump_hash(central)
        assert central.get("task", task)["title"] == ("van a" if order == "ab" else "van b")
    later = refused.put("task", None, {"title": "wat volgt gaat gewoon door"})
    two.exchange()
    assert taken.get("task", later)["title"] == "wat volgt gaat gewoon door"


@both_orders
def test_a_restored_central_store_learns_again_what_it_refused(meeting, tmp_path: Path, order: str) -> None:
    """A, refused B, C in one line, and the backup has A only: C alone is head again, for new devices too."""
    two = meeting(order)
    task = two.a.put("task", None, {"geom": HERE})
    two.meet()
    back_up(two.hub.path, tmp_path / "backup.sqlite")
    two.a.put("task", task, {"geom": geo.point_wkb(5.2, 52.1)})
    seal(two.a)
    two.a.put("task", task, {"geom": THERE})
    two.meet()
    assert [item.state for item in outbox(two.a)] == ["refused"]
    port = int(two.hub.url.rsplit(":", 1)[1])
    two.hub.stop()
    restore(two.hub.path, tmp_path / "backup.sqlite")
    two.hub.running = RunningHub(two.hub.path, port=port)
    two.hub.running.start()
    two.meet()
    assert [item.state for item in outbox(two.a)] == ["refused"]
    with two.hub.replica(tmp_path / "new.sqlite") as fresh:
        sync(fresh, transport_of(fresh))
        assert dump_hash(fresh) == dump_hash(two.a)
        assert conflicts(fresh) == []
        assert fresh.get("task", task)["geom"] == THERE


class WrongClock:
    """A machine's clock that is a week ahead."""

    def __init__(self, real: object) -> None:
        self._real = real

    def time_ns(self) -> int:
        return self._real.time_ns() + WEEK * 1_000_000


@both_orders
def test_a_phone_a_week_ahead_does_not_win_for_ever(meeting, monkeypatch, order: str) -> None:
    """What it wrote is taken as it was written; who saw that and writes again, wins; clocks stay right."""
    two = meeting(order)
    task = two.a.put("task", None, {"title": "eerst"})
    two.meet()
    right = sync_clock.now_ms()
    with monkeypatch.context() as patched:
        patched.setattr(sync_clock, "time", WrongClock(sync_clock.time))
        # Never synchronised with its wrong clock, it knows no better.
        two.a.set_setting("clock_offset_ms", None)
        two.a.put("task", task, {"title": "van de telefoon"})
        seal(two.a)
    two.meet()
    with Store.open(two.hub.path) as central:
        for store in (two.b, central):
            assert {i.fields["title"] for i in history(store, "task", task) if i.ahead} == {"van de telefoon"}
    two.b.put("task", task, {"title": "later, met de juiste tijd"})
    two.meet()
    for store in two.stores:
        assert store.get("task", task)["title"] == "later, met de juiste tijd"
        assert conflicts(store) == []
    with Store.open(two.hub.path) as central:
        stamps = [int(store.setting("hlc") or 0) for store in (two.b, central)]
    assert all(sync_clock.instant_of(stamp) < right + WEEK // 2 for stamp in stamps)
