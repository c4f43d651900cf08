"""Areas, kinds and access classes: a working copy holds what it may see, whole, and nothing else."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import Unavailable
from stadsveld.hub import RunningHub, back_up, restore
from stadsveld.hub.devices import device_by_id
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store
from stadsveld.sync import conflicts, create_replica, findings, outbox, resolve, seal, sync, transport_of
from stadsveld.sync.leaving import give_up
from support.faulty import FaultyTransport
from support.live_hub import LiveHub
from support.subscriptions import changes_of, go, holds_what_it_may_see

BOX = (202000.0, 502000.0, 204000.0, 504000.0)
ELSEWHERE = (208000.0, 508000.0, 212000.0, 512000.0)
HERE, HERE_TOO, FAR = (geo.point_wkb(x, x + 300000) for x in (203000, 203500, 210000))


def square(x: float, y: float) -> bytes:
    return geo.multipolygon_wkb([[[(x, y), (x + 10, y), (x + 10, y + 10), (x, y)]]])


HERE_AREA, FAR_AREA = square(203000, 503000), square(210000, 510000)


@pytest.fixture
def planner(live_hub: LiveHub, tmp_path: Path):
    """A planner's working copy of everything that planners may read."""
    with live_hub.replica(tmp_path / "planner.sqlite", role="planner") as made:
        yield made


@pytest.fixture
def near(live_hub: LiveHub, tmp_path: Path):
    """An inspector's working copy that wished one area only."""
    with live_hub.replica(tmp_path / "near.sqlite", bbox=BOX) as made:
        yield made


def bound(hub: LiveHub, path: Path, box=BOX) -> Store:
    """An inspector's working copy whose code binds it to an area."""
    return create_replica(path, hub.transport(), hub.code("inspector", path.stem, list(box)), path.stem)


def register(store: Store, name: str = "Wegen", access: str | None = None, at: bytes | None = None) -> tuple:
    """Import a dataset with one road section; return (dataset, section)."""
    dataset, section = id_from_register("test", name), id_from_register("test/section", name)
    with store.transaction(capture=False):
        fields = {"name": name, "register": "test", "edition": "1", "edition_date": "2024-01-01"}
        store.put("dataset", dataset, {**fields, "access_class": access, "updated": "2024-01-01T00:00:00Z"})
        blob = geo.blob_from_wkb(at or square(203000, 503000))
        columns = ("id", "number", "pavement", "geom")
        store.register_writer("road_section", dataset).insert(columns, [(section, "1", "asfalt", blob)])
    return dataset, section


class TestAnArea:
    def test_out_in_again_and_whole(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """What moves out is gone, what comes back has all its history."""
        task = planner.put("task", None, {"title": "t", "note": "eerst", "geom": HERE})
        go(planner, near)
        for point, note in ((FAR, "weg"), (HERE_TOO, "terug"), (FAR, "weer weg"), (HERE, "hier")):
            planner.put("task", task, {"geom": point})
            go(planner)
            planner.put("task", task, {"note": note})
            report = go(planner, near)
            is_here = point != FAR
            assert (near.get("task", task) is not None) == is_here
            assert report.left == (not is_here)
            assert changes_of(near, "task", task) == (changes_of(planner, "task", task) if is_here else set())
            holds_what_it_may_see(live_hub, near)
        assert near.get("task", task)["note"] == "hier"

    @pytest.mark.parametrize("mover_first", [True, False])
    def test_move_and_edit_at_once(
        self, live_hub: LiveHub, planner: Store, near: Store, mover_first: bool
    ) -> None:
        """One moves it out while another, who knew it inside, writes on it: nothing is lost."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        planner.put("task", task, {"geom": FAR})
        near.put("task", task, {"note": "gezien"})
        go(*((planner, near) if mover_first else (near, planner)))
        go(planner, near)
        assert planner.get("task", task)["note"] == "gezien"
        assert near.get("task", task) is None
        assert outbox(near) == []
        holds_what_it_may_see(live_hub, planner, near)

    def test_a_conflict_with_one_head_inside(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """Of two places in conflict one inside counts; decided for the one outside, it leaves."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        planner.put("task", task, {"geom": FAR})
        near.put("task", task, {"geom": HERE_TOO})
        go(planner, near, planner, near)
        assert [found.field for found in conflicts(near)] == ["geom"]
        holds_what_it_may_see(live_hub, planner, near)
        resolve(planner, "task", task, "geom", FAR.hex())
        assert go(planner, near).left == 1
        assert conflicts(near) == []
        holds_what_it_may_see(live_hub, planner, near)

    def test_all_that_follows_goes_along(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """A task on a section, its inspection, damage and photo: out and in with the section."""
        _dataset, section = register(planner)
        about = {"asset_entity": "road_section", "asset_id": section}
        task = planner.put("task", None, {"title": "t", **about})
        inspection = planner.put("inspection", None, {"task_id": task})
        damage = planner.put("damage", None, {"inspection_id": inspection})
        photo = planner.put("photo", None, {"owner_entity": "damage", "owner_id": damage})
        own_place = planner.put("damage", None, {"inspection_id": inspection, "geom": HERE})
        go(planner, near)
        followers = {"task": task, "inspection": inspection, "damage": damage, "photo": photo}
        assert all(near.get(name, row_id) for name, row_id in followers.items())
        planner.put("road_section", section, {"geom": square(210000, 510000)})
        assert go(planner, near).left == 5
        assert not any(near.get(name, row_id) for name, row_id in followers.items())
        assert near.get("damage", own_place) is not None
        assert [found.kind for found in findings(near) if found.field == "inspection_id"] == ["waits"]
        holds_what_it_may_see(live_hub, near)
        planner.put("road_section", section, {"geom": square(203200, 503200)})
        go(planner, near)
        assert all(near.get(name, row_id) for name, row_id in followers.items())
        holds_what_it_may_see(live_hub, near)

    @pytest.mark.parametrize("child_first", [True, False])
    def test_child_and_parent_in_both_orders(
        self, live_hub: LiveHub, tmp_path: Path, near: Store, child_first: bool
    ) -> None:
        """A child arrives before its parent, which turns out to be far away: both orders agree."""
        with (
            live_hub.replica(tmp_path / "a.sqlite") as a,
            live_hub.replica(tmp_path / "b.sqlite") as b,
        ):
            task = a.put("task", None, {"title": "t", "geom": FAR})
            inspection = b.put("inspection", None, {"asset_entity": "task", "asset_id": task})
            damage = b.put("damage", None, {"inspection_id": inspection})
            go(*((b, near, a) if child_first else (a, near, b)))
            go(near)
            assert near.get("damage", damage) is None
            holds_what_it_may_see(live_hub, near)

    def test_other_owner(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """An inspection that is hung on another task follows that one."""
        here = planner.put("task", None, {"title": "hier", "geom": HERE})
        far = planner.put("task", None, {"title": "ver", "geom": FAR})
        inspection = planner.put("inspection", None, {"task_id": far})
        go(planner, near)
        assert near.get("inspection", inspection) is None
        planner.put("inspection", inspection, {"task_id": here})
        go(planner, near)
        assert near.get("inspection", inspection)["task_id"] == here
        planner.put("inspection", inspection, {"task_id": far})
        assert go(planner, near).left == 1
        holds_what_it_may_see(live_hub, near)

    def test_references_in_a_circle(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """Things that refer to each other are everywhere, until one of them gets a place."""
        one, other = new_id(), new_id()
        planner.put("task", one, {"title": "1", "asset_entity": "task", "asset_id": other})
        planner.put("task", other, {"title": "2", "asset_entity": "task", "asset_id": one})
        go(planner, near)
        assert near.count("task") == 2
        planner.put("task", other, {"geom": FAR})
        assert go(planner, near).left == 2
        planner.put("task", other, {"geom": None})
        go(planner, near)
        assert near.count("task") == 2
        holds_what_it_may_see(live_hub, near)

    def test_deleted_outside_and_brought_back_inside(
        self, live_hub: LiveHub, planner: Store, near: Store
    ) -> None:
        """A deletion elsewhere concerns nobody here; one that is undone here arrives whole."""
        task = planner.put("task", None, {"title": "t", "note": "n", "geom": FAR})
        child = planner.put("inspection", None, {"task_id": task, "note": "kind"})
        go(planner, near)
        planner.delete("inspection", child)
        planner.delete("task", task)
        go(planner, near)
        assert changes_of(near, "task", task) == set()
        planner.put("task", task, {"title": "toch", "geom": HERE})
        go(planner, near)
        assert changes_of(near, "task", task) == changes_of(planner, "task", task)
        planner.put("inspection", child, {"note": "ook toch", "task_id": task})
        go(planner, near)
        assert changes_of(near, "inspection", child) == changes_of(planner, "inspection", child)
        holds_what_it_may_see(live_hub, planner, near)

    def test_deleted_things_follow_their_last_place(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store, near: Store
    ) -> None:
        """A child deleted by one and edited by another, whose owner moved in meanwhile, arrives whole."""
        task = planner.put("task", None, {"title": "t", "geom": FAR})
        child = planner.put("inspection", None, {"task_id": task, "note": "kind"})
        with live_hub.replica(tmp_path / "slow.sqlite") as slow:
            go(planner, slow, near)
            slow.put("inspection", child, {"note": "bewerkt"})
            planner.delete("inspection", child)
            go(planner)
            planner.put("task", task, {"geom": HERE})
            go(planner, near)
            assert changes_of(near, "inspection", child) == changes_of(planner, "inspection", child)
            go(slow, near, planner)
            assert [found.field for found in conflicts(near)] == ["_exists"]
            holds_what_it_may_see(live_hub, planner, near)

    def test_an_edition_moves_a_section(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """A new edition of a register moves a row and what hangs on it, and back."""
        dataset, section = register(planner)
        inspection = planner.put("inspection", None, {"asset_entity": "road_section", "asset_id": section})
        go(planner, near)
        for x, is_here in ((210000, False), (203100, True)):
            with planner.transaction(capture=False):
                edition = {"edition": str(x), "edition_date": f"2025-01-0{1 + is_here}"}
                planner.put("dataset", dataset, {**edition, "updated": f"2025-01-0{1 + is_here}T00:00:00Z"})
                writer = planner.register_writer("road_section", dataset)
                writer.update(section, {"geom": square(x, x + 300000)})
            report = go(planner, near)
            assert report.left == (0 if is_here else 2)
            assert (near.get("road_section", section) is not None) == is_here
            assert (near.get("inspection", inspection) is not None) == is_here
            holds_what_it_may_see(live_hub, near)

    def test_an_import_on_the_central_store_itself(
        self, live_hub: LiveHub, planner: Store, near: Store
    ) -> None:
        """Rows that a command writes into the central file move things too; also a child that waited."""
        section = id_from_register("test/section", "Wegen")
        about = {"asset_entity": "road_section", "asset_id": section}
        inspection = planner.put("inspection", None, about)
        go(planner, near)
        assert near.get("inspection", inspection) is not None
        with Store.open(live_hub.path) as central:
            dataset, _section = register(central, at=square(210000, 510000))
        go(near)
        assert near.get("inspection", inspection) is None
        with Store.open(live_hub.path) as central, central.transaction(capture=False):
            writer = central.register_writer("road_section", dataset)
            writer.update(section, {"geom": square(203000, 503000)})
        go(near)
        assert near.get("inspection", inspection) is not None
        holds_what_it_may_see(live_hub, near)

    def test_edits_with_other_tools_on_the_central_file(
        self, live_hub: LiveHub, planner: Store, near: Store
    ) -> None:
        """A task that somebody drags away in the central file itself leaves."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        with Store.open(live_hub.path) as central:
            central.put("task", task, {"geom": FAR})
        assert go(near).left == 1
        holds_what_it_may_see(live_hub, near)

    def test_no_place_goes_to_everyone(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """Norm packs and plans without drawing; a geometry that is taken away ends the place."""
        task = planner.put("task", None, {"title": "t", "geom": FAR})
        plan = planner.put("plan", None, {"name": "p"})
        go(planner, near)
        assert near.get("plan", plan) is not None
        assert near.get("task", task) is None
        planner.put("task", task, {"geom": None})
        go(planner, near)
        assert near.get("task", task) is not None
        holds_what_it_may_see(live_hub, near)

    def test_first_start_by_snapshot(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """A snapshot holds what a device may see, and later moves are noticed."""
        tasks = [
            planner.put("task", None, {"title": "t", "geom": FAR if n % 2 else HERE}) for n in range(2200)
        ]
        inspection = planner.put("inspection", None, {"task_id": tasks[1]})
        go(planner)
        with live_hub.replica(tmp_path / "late.sqlite", bbox=BOX) as late:
            go(late)
            assert late.count("task") == 1100
            holds_what_it_may_see(live_hub, late)
            planner.put("task", tasks[0], {"geom": FAR})
            planner.put("task", tasks[1], {"geom": HERE})
            go(planner, late)
            assert late.get("inspection", inspection) is not None
            holds_what_it_may_see(live_hub, late)

    def test_refused_changes_come_as_skeletons(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store, near: Store
    ) -> None:
        """What moves in brings the skeletons of refused changes, which link what came after them."""
        task = planner.put("task", None, {"title": "t", "geom": FAR})
        with live_hub.replica(tmp_path / "reader.sqlite", role="reader") as reader:
            go(planner, reader)
            reader.put("task", task, {"note": "mag niet"})
            assert len(go(reader).quarantined) == 1
        planner.put("task", task, {"geom": HERE})
        go(planner, near, planner)
        assert changes_of(near, "task", task) == changes_of(planner, "task", task)
        assert "quarantined" in {state for _id, state, _fields in changes_of(near, "task", task)}


class TestKinds:
    def test_only_the_kinds_asked_for(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """Inspections follow their section also where sections are not wanted; others never show."""
        _dataset, section = register(planner)
        about = {"asset_entity": "road_section", "asset_id": section}
        inspection = planner.put("inspection", None, about)
        planner.put("task", None, {"title": "t", **about})
        go(planner)
        with live_hub.replica(tmp_path / "k.sqlite", kinds=["inspection"], bbox=BOX) as some:
            go(some)
            assert (some.count("task"), some.count("road_section")) == (0, 0)
            assert some.get("inspection", inspection) is not None
            planner.put("road_section", section, {"geom": square(210000, 510000)})
            assert go(planner, some).left == 1
            holds_what_it_may_see(live_hub, some)
            planner.put("road_section", section, {"geom": square(203000, 503000)})
            go(planner, some)
            assert some.get("inspection", inspection) is not None
            holds_what_it_may_see(live_hub, some)


class TestAccessClasses:
    def test_raised_and_lowered(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """Rows of a dataset, and what hangs on them, leave and come back with its class."""
        dataset, section = register(planner, access="open")
        inspection = planner.put("inspection", None, {"asset_entity": "road_section", "asset_id": section})
        free = planner.put("task", None, {"title": "vrij"})
        with (
            live_hub.replica(tmp_path / "reader.sqlite", role="reader") as reader,
            live_hub.replica(tmp_path / "inspector.sqlite") as inspector,
            live_hub.replica(tmp_path / "admin.sqlite", role="administrator") as admin,
        ):
            everybody = (planner, reader, inspector, admin)
            go(planner, *everybody)
            for access, left in (("restricted", (0, 3, 0)), ("closed", (3, 0, 3)), ("restricted", (0, 0, 0))):
                admin.put("dataset", dataset, {"access_class": access})
                go(admin)
                assert (go(planner).left, go(reader).left, go(inspector).left) == left, access
                holds_what_it_may_see(live_hub, *everybody)
                assert (inspector.get("road_section", section) is None) == (access == "closed")
            admin.put("dataset", dataset, {"access_class": None})
            go(admin, *everybody)
            assert reader.get("inspection", inspection) is not None
            assert reader.get("task", free) is not None
            holds_what_it_may_see(live_hub, *everybody)

    def test_raised_in_an_edition(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """The class that comes with a record of an edition counts as much as one that people set."""
        dataset, section = register(planner, access="open")
        with live_hub.replica(tmp_path / "reader.sqlite", role="reader") as reader:
            go(planner, reader)
            with planner.transaction(capture=False):
                raised = {"access_class": "restricted", "updated": "2025-01-01T00:00:00Z"}
                planner.put("dataset", dataset, raised)
                planner.register_writer("road_section", dataset).update(section, {"pavement": "klinkers"})
            assert go(planner, reader).left == 2
            assert (reader.count("road_section"), reader.count("dataset")) == (0, 0)
            holds_what_it_may_see(live_hub, reader)

    def test_a_reader_starts_with_what_is_open(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store
    ) -> None:
        """Neither pages nor the list of datasets tell of what is not for a role; nor do snapshots."""
        register(planner, "Open", "open")
        register(planner, "Dicht", "restricted")
        for n in range(2100):
            planner.put("task", None, {"title": str(n)})
        go(planner)
        with live_hub.replica(tmp_path / "reader.sqlite", role="reader") as reader:
            go(reader)
            assert [row["name"] for row in reader.rows("dataset")] == ["Open"]
            assert (reader.count("road_section"), reader.count("task")) == (1, 2100)
            holds_what_it_may_see(live_hub, reader)

    def test_a_row_that_goes_to_another_dataset(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store
    ) -> None:
        """A later edition in a restricted dataset takes a row away from readers."""
        dataset, section = register(planner, "Open", "open")
        with live_hub.replica(tmp_path / "reader.sqlite", role="reader") as reader:
            go(planner, reader)
            with planner.transaction(capture=False):
                other = id_from_register("test", "Later")
                fields = {"name": "Later", "register": "test", "edition_date": "2025-01-01"}
                planner.put("dataset", other, {**fields, "access_class": "restricted"})
                planner.register_writer("road_section", other).update(section, {"pavement": "klinkers"})
            assert go(planner, reader).left == 1
            assert reader.get("dataset", dataset) is not None
            holds_what_it_may_see(live_hub, reader)

    def test_what_a_role_may_not_read_it_may_not_write(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store
    ) -> None:
        """An inspection on something that became closed meanwhile is refused with its reason, and kept."""
        dataset, section = register(planner, access="restricted")
        with (
            live_hub.replica(tmp_path / "inspector.sqlite") as inspector,
            live_hub.replica(tmp_path / "admin.sqlite", role="administrator") as admin,
        ):
            go(planner, inspector, admin)
            about = {"asset_entity": "road_section", "asset_id": section}
            inspection = inspector.put("inspection", None, about)
            admin.put("dataset", dataset, {"access_class": "closed"})
            go(admin)
            report = go(inspector)
            assert [found["entity_id"] for found in report.quarantined] == [inspection]
            assert "role" in report.quarantined[0]["reason"]
            assert [item.state for item in outbox(inspector)] == ["refused"]
            holds_what_it_may_see(live_hub, inspector)


class TestWhatIsOnlyHere:
    def test_unsent_work_keeps_a_thing(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """An edit that could not be sent stays with its thing; once confirmed, both go."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        planner.put("task", task, {"geom": FAR})
        go(planner)

        def edit_before_the_page(_number: int, _method: str, path: str) -> None:
            if path.startswith("/v1/pull") and near.get("task", task)["note"] is None:
                near.put("task", task, {"note": "onderweg"})

        report = sync(near, FaultyTransport(transport_of(near), edit_before_the_page))
        assert report.left == 0
        assert near.get("task", task)["note"] == "onderweg"
        assert len(outbox(near)) == 1
        assert go(near).left == 1
        assert go(planner).pulled == 1
        assert planner.get("task", task)["note"] == "onderweg"
        holds_what_it_may_see(live_hub, planner, near)

    @pytest.mark.parametrize("of_the_thing", [True, False])
    def test_a_draft_keeps_a_thing(
        self, live_hub: LiveHub, planner: Store, near: Store, of_the_thing: bool
    ) -> None:
        """A form that is not finished, on a thing or about it, keeps it here until it is."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        draft = new_id()
        if of_the_thing:
            near.save_draft(draft, "task", task, {"note": "half"})
        else:
            near.save_draft(draft, "inspection", new_id(), {"asset_entity": "task", "asset_id": task})
        planner.put("task", task, {"geom": FAR})
        assert go(planner, near).left == 0
        assert near.get("task", task) is not None
        near.delete_draft(draft)
        assert go(near).left == 1
        holds_what_it_may_see(live_hub, near)

    def test_a_draft_and_then_it_comes_back(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """What was kept for a form and entered again stays when the form is done, with what it missed."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        draft = new_id()
        near.save_draft(draft, "task", task, {"note": "half"})
        for fields in ({"geom": FAR}, {"title": "gemist"}, {"geom": HERE_TOO}):
            planner.put("task", task, fields)
            go(planner, near)
        near.delete_draft(draft)
        assert go(near).left == 0
        assert near.get("task", task)["title"] == "gemist"
        holds_what_it_may_see(live_hub, near)

    def test_refused_work_stays_without_its_thing(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store
    ) -> None:
        """What was refused is only here, so it stays; the thing goes and comes back around it."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner)
        with live_hub.replica(tmp_path / "r.sqlite", role="reader", bbox=BOX) as reader:
            go(reader)
            reader.put("task", task, {"note": "mag niet"})
            go(reader)
            planner.put("task", task, {"geom": FAR})
            assert go(planner, reader).left == 1
            assert [item.state for item in outbox(reader)] == ["refused"]
            holds_what_it_may_see(live_hub, reader)
            planner.put("task", task, {"geom": HERE})
            go(planner, reader)
            (item,) = outbox(reader)
            assert reader.connection.execute(
                "SELECT fields FROM stadsveld_change WHERE change_id = ?", (item.change_id,)
            ).fetchone()[0]
            holds_what_it_may_see(live_hub, reader)

    def test_photo_files_go_only_when_delivered(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """A photo's file is freed when it left with its receipt, and is fetched when it comes back."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        content = b"\xff\xd8 a picture of a street"
        sha256 = near.photos.add(content)
        photo = near.put("photo", None, {"owner_entity": "task", "owner_id": task, "sha256": sha256})
        go(planner, near, planner)
        planner.put("task", task, {"geom": FAR})
        go(planner)

        assert go(near).left == 2
        assert near.get("photo", photo) is None
        assert not near.photos.has(sha256)
        assert planner.photos.has(sha256)
        planner.put("task", task, {"geom": HERE})
        go(planner, near)
        assert near.photos.read(sha256) == content
        holds_what_it_may_see(live_hub, planner, near)

    def test_a_photo_that_was_not_delivered_stays(
        self, live_hub: LiveHub, planner: Store, near: Store
    ) -> None:
        """Row and file wait for the receipt: nothing is deleted before the other side has it."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner, near)
        sha256 = near.photos.add(b"\xff\xd8 not yet there")
        near.put("photo", None, {"owner_entity": "task", "owner_id": task, "sha256": sha256})
        planner.put("task", task, {"geom": FAR})
        go(planner)
        report = go(near)
        assert (report.photos_sent, report.left) == (1, 2)
        assert not near.photos.has(sha256)
        with near.transaction(capture=False):
            near.connection.execute("DELETE FROM stadsveld_photo_receipt")
        again = near.photos.add(b"\xff\xd8 not yet there")
        planner.put("task", task, {"geom": HERE})
        go(planner, near)
        planner.put("task", task, {"geom": FAR})
        go(planner)
        with near.transaction(capture=False):
            near.connection.execute("DELETE FROM stadsveld_photo_receipt")
            assert give_up(near, [("photo", row["id"]) for row in near.rows("photo")]) == 0
        assert near.photos.has(again)
        assert go(near).photos_sent == 1
        go(near)
        holds_what_it_may_see(live_hub, near)

    def test_a_photo_that_another_row_shows_stays(
        self, live_hub: LiveHub, planner: Store, near: Store
    ) -> None:
        """The same picture of two things stays as long as one of them is here."""
        sha256 = near.photos.add(b"\xff\xd8 the same street")
        tasks = [planner.put("task", None, {"title": "t", "geom": HERE}) for _n in range(2)]
        go(planner, near)
        for task in tasks:
            near.put("photo", None, {"owner_entity": "task", "owner_id": task, "sha256": sha256})
        go(near, planner)
        planner.put("task", tasks[0], {"geom": FAR})
        go(planner, near)
        assert near.count("photo") == 1
        assert near.photos.has(sha256)

    def test_a_register_row_not_yet_sent(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """A row that was imported here and is not sent yet is not given up; once sent, it is."""
        with live_hub.replica(tmp_path / "p.sqlite", role="planner", bbox=BOX) as limited:
            go(limited)
            _dataset, section = register(limited, at=FAR_AREA)
            with limited.transaction(capture=False):
                assert give_up(limited, [("road_section", section)]) == 0
            report = go(limited)
            assert (report.rows_sent, report.left) == (1, 1)
            assert limited.get("road_section", section) is None
            holds_what_it_may_see(live_hub, limited)


class TestWriting:
    def test_beyond_a_wish(self, live_hub: LiveHub, planner: Store, near: Store) -> None:
        """A wish limits what comes, not what may be done: it is taken, and then it leaves."""
        made = near.put("task", None, {"title": "buiten", "geom": FAR})
        moved = near.put("task", None, {"title": "verplaatst", "geom": HERE})
        report = go(near)
        assert (report.accepted, report.left) == (2, 1)
        assert near.get("task", made) is None
        near.put("task", moved, {"geom": FAR})
        report = go(near)
        assert (report.accepted, report.left, near.count("task")) == (1, 1, 0)
        go(planner)
        assert {row["id"] for row in planner.rows("task")} == {made, moved}
        holds_what_it_may_see(live_hub, planner, near)

    def test_beyond_a_bound(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """Outside the area of its code a device writes nothing: refused with a reason, kept here."""
        far = planner.put("task", None, {"title": "ver", "geom": FAR})
        go(planner)
        with bound(live_hub, tmp_path / "bound.sqlite") as tied:
            inside = tied.put("task", None, {"title": "binnen", "geom": HERE})
            go(tied)
            tied.put("task", None, {"title": "buiten", "geom": FAR})
            tied.put("task", inside, {"geom": FAR})
            tied.put("inspection", None, {"asset_entity": "task", "asset_id": far})
            tied.put("task", far, {"geom": HERE})
            report = go(tied)
            assert (report.accepted, len(report.quarantined)) == (0, 4)
            assert all("area" in found["reason"] for found in report.quarantined)
            assert tied.get("task", inside)["geom"] == HERE
            go(planner)
            assert planner.get("task", far)["geom"] == FAR
            holds_what_it_may_see(live_hub, planner, tied)

    def test_a_child_whose_kind_of_owner_is_not_said(
        self, live_hub: LiveHub, tmp_path: Path, planner: Store
    ) -> None:
        """An owner far away is noticed also where the change leaves out what kind it is."""
        near_task = planner.put("task", None, {"title": "hier", "geom": HERE})
        far_task = planner.put("task", None, {"title": "ver", "geom": FAR})
        go(planner)
        with bound(live_hub, tmp_path / "bound.sqlite") as tied:
            go(tied)
            child = tied.put("inspection", None, {"asset_entity": "task", "asset_id": near_task})
            go(tied)
            tied.put("inspection", child, {"asset_id": far_task})
            assert len(go(tied).quarantined) == 1
            holds_what_it_may_see(live_hub, tied)

    def test_written_in_good_faith(self, live_hub: LiveHub, tmp_path: Path, planner: Store) -> None:
        """An inspection of what another moved out of the area meanwhile is taken, and then leaves."""
        task = planner.put("task", None, {"title": "t", "geom": HERE})
        go(planner)
        with bound(live_hub, tmp_path / "bound.sqlite") as tied:
            go(tied)
            planner.put("task", task, {"geom": FAR})
            go(planner)
            inspection = tied.put("inspection", None, {"asset_entity": "task", "asset_id": task})
            tied.put("task", task, {"note": "gezien"})
            report = go(tied)
            assert (report.accepted, report.quarantined, report.left) == (2, [], 2)
            go(planner)
            assert planner.get("inspection", inspection) is not None
            holds_what_it_may_see(live_hub, planner, tied)


# The law


STEPS = 70


class Person:
    """Somebody who does something at random on one of several working copies."""

    def __init__(self, chance: random.Random, datasets: list[str], sections: list[str]) -> None:
        self.chance, self.datasets, self.sections = chance, datasets, sections

    def act(self, store: Store) -> None:
        """Make, move, hang elsewhere, delete, bring back, decide, or change an access class."""
        is_administrator = store.setting("role") == "administrator"
        common = [self.make, self.make, self.move, self.move, self.hang, self.delete, self.note, self.decide]
        self.chance.choice([*common, *([self.reclass, self.move_section] if is_administrator else [])])(store)

    def make(self, store: Store) -> None:
        fields = self.target(store)
        what = self.chance.choice(["task", "inspection", "damage"])
        if what == "damage":
            inspections = [row["id"] for row in store.rows("inspection")] or [new_id()]
            fields = {"inspection_id": self.chance.choice(inspections)}
        store.put(what, None, {**fields, "note": "nieuw", "geom": self.place()})

    def move(self, store: Store) -> None:
        for what, row_id in self.some(store):
            store.put(what, row_id, {"geom": self.place()})

    def hang(self, store: Store) -> None:
        for what, row_id in self.some(store):
            store.put(what, row_id, self.target(store))

    def delete(self, store: Store) -> None:
        for what, row_id in self.some(store):
            store.delete(what, row_id)

    def note(self, store: Store) -> None:
        for what, row_id in self.some(store):
            store.put(what, row_id, {"note": self.chance.choice("abc")})

    def decide(self, store: Store) -> None:
        for conflict in conflicts(store)[:1]:
            value = self.chance.choice(conflict.alternatives).value
            resolve(store, conflict.entity, conflict.entity_id, conflict.field, value)

    def reclass(self, store: Store) -> None:
        access = self.chance.choice(["open", "restricted", "closed", None])
        store.put("dataset", self.chance.choice(self.datasets), {"access_class": access})

    def move_section(self, store: Store) -> None:
        x = self.chance.choice([203000, 210000])
        fields = {"geom": square(x, x + 300000), "dataset_id": self.chance.choice(self.datasets)}
        store.put("road_section", self.chance.choice(self.sections), fields)

    def place(self) -> bytes | None:
        box = self.chance.choice([BOX, ELSEWHERE])
        point = geo.point_wkb(box[0] + self.chance.random() * 2000, box[1] + self.chance.random() * 2000)
        return self.chance.choice([point, None])

    def target(self, store: Store) -> dict:
        about = [("task", row["id"]) for row in store.rows("task")]
        about += [("road_section", section) for section in self.sections]
        return dict(zip(("asset_entity", "asset_id"), self.chance.choice(about), strict=True))

    def some(self, store: Store) -> list[tuple[str, str]]:
        found = [(what, row["id"]) for what in ("task", "inspection") for row in store.rows(what)]
        return self.chance.sample(found, min(1, len(found)))


@pytest.mark.parametrize("seed", range(6))
def test_a_part_agrees_with_the_whole(live_hub: LiveHub, tmp_path: Path, seed: int) -> None:
    """Random work by devices with several areas, kinds and roles: each ends with exactly its part."""
    chance = random.Random(seed)
    faults = [None, None, None, None, "before", "after", "cut"]
    wishes = (
        ("admin", "administrator", {}),
        ("planner", "planner", {}),
        ("here", "inspector", {"bbox": BOX}),
        ("there", "inspector", {"bbox": ELSEWHERE}),
        ("some", "planner", {"kinds": ["inspection", "damage"], "bbox": BOX}),
        ("reader", "reader", {}),
    )
    stores = [live_hub.replica(tmp_path / f"{name}.sqlite", role=role, **wish) for name, role, wish in wishes]
    stores.append(bound(live_hub, tmp_path / "tied.sqlite"))
    writers = [store for store in stores if store.setting("role") != "reader"]
    made = [register(stores[0], *what) for what in (("A", "open", HERE_AREA), ("B", "open", FAR_AREA))]
    person = Person(chance, [dataset for dataset, _section in made], [section for _dataset, section in made])
    go(*stores, *stores)
    for _step in range(STEPS):
        person.act(chance.choice(writers))
        if chance.random() < 0.5:
            store = chance.choice(stores)
            fails = FaultyTransport(transport_of(store), lambda _n, _m, _p: chance.choice(faults))
            try:
                sync(store, fails)
            except Unavailable:
                seal(store)
    for store in (*stores, *stores):
        go(store)
    for store in stores:
        holds_what_it_may_see(live_hub, store)
    for store in stores:
        store.close()


def test_every_device_of_the_law_is_limited(live_hub: LiveHub, tmp_path: Path, near: Store) -> None:
    """A test of the test: what a device may see is less than all there is."""
    with live_hub.replica(tmp_path / "all.sqlite", role="planner") as everything:
        for point in itertools.repeat(FAR, 3):
            everything.put("task", None, {"title": "t", "geom": point})
        go(everything, near)
        assert near.count("task") == 0
        with Store.open(live_hub.path) as central:
            assert device_by_id(central, near.device_id).bbox == BOX
        with pytest.raises(AssertionError):
            holds_what_it_may_see_all(live_hub, near, everything)


def holds_what_it_may_see_all(hub: LiveHub, limited: Store, whole: Store) -> None:
    """Compare a limited working copy with all there is."""
    assert limited.count("task") == whole.count("task")


@pytest.mark.parametrize("order", ["bound first", "other first"])
def test_who_begins_a_thing_first_does_not_matter(
    live_hub: LiveHub, tmp_path: Path, planner: Store, order: str
) -> None:
    """A thing begun without a place by a bound device, and elsewhere by another: both are taken."""
    task = new_id()
    with bound(live_hub, tmp_path / "bound.sqlite") as limited:
        go(limited, planner)
        limited.put("task", task, {"title": "hier begonnen"})
        planner.put("task", task, {"note": "ver weg", "geom": FAR})
        pair = (limited, planner) if order == "bound first" else (planner, limited)
        assert [report for each in pair for report in go(each).quarantined] == []
        go(*pair)
        assert planner.get("task", task)["title"] == "hier begonnen"
        assert planner.get("task", task)["note"] == "ver weg"
        holds_what_it_may_see(live_hub, planner, limited)


def test_what_was_made_on_what_left_survives_an_older_backup(
    live_hub: LiveHub, tmp_path: Path, planner: Store, near: Store
) -> None:
    """The device gave the thing up; only a backup of the central store frees it from keeping its own part."""
    go(planner, near)
    back_up(live_hub.path, tmp_path / "old.sqlite")
    task = near.put("task", None, {"title": "van hier", "geom": HERE})
    go(near, planner)
    planner.put("task", task, {"geom": FAR})
    go(planner)
    assert go(near).left == 1
    assert near.get("task", task) is None
    port = int(live_hub.url.rsplit(":", 1)[1])
    live_hub.stop()
    restore(live_hub.path, tmp_path / "old.sqlite")
    live_hub.running = RunningHub(live_hub.path, port=port)
    live_hub.running.start()
    go(near)
    with Store.open(live_hub.path) as central:
        assert central.get("task", task)["title"] == "van hier"
    go(planner, near, planner)
    holds_what_it_may_see(live_hub, planner, near)
    back_up(live_hub.path, tmp_path / "new.sqlite")
    go(near)
    kept = "SELECT count(*) FROM stadsveld_change WHERE entity_id = ?"
    assert near.connection.execute(kept, (task,)).fetchone()[0] == 0


def test_an_edition_without_other_rows_travels(live_hub: LiveHub, planner: Store, near: Store) -> None:
    """Its date is news, though no row differs."""
    dataset, _section = register(planner)
    go(planner, near)
    planner.put("dataset", dataset, {})
    with planner.transaction(capture=False):
        planner.put("dataset", dataset, {"edition": "2", "edition_date": "2025-01-01"})
    go(planner, near)
    assert near.get("dataset", dataset)["edition"] == "2"
    holds_what_it_may_see(live_hub, planner, near)


def test_a_photo_whose_row_was_deleted_elsewhere_does_not_stay_for_ever(
    live_hub: LiveHub, tmp_path: Path, planner: Store
) -> None:
    """Made here, outside what is subscribed to, not delivered yet, deleted by another: the row goes."""
    with live_hub.replica(tmp_path / "kinds.sqlite", kinds=("task",)) as limited:
        go(limited)
        sha256 = limited.photos.add(b"\xff\xd8 photo")
        photo = limited.put("photo", None, {"sha256": sha256})
        lossy = FaultyTransport(
            transport_of(limited), lambda _n, _m, path: "before" if "/uploads" in path else None
        )
        with pytest.raises(Unavailable):
            sync(limited, lossy)
        assert limited.get("photo", photo) is not None
        go(planner)
        planner.delete("photo", photo)
        go(planner, limited)
        assert limited.get("photo", photo) is None
        assert limited.photos.has(sha256)
        holds_what_it_may_see(live_hub, planner, limited)
