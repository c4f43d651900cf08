"""What a device may see, and the law: a part that is closed under subscription agrees with the whole."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.hub import prepare
from stadsveld.hub.devices import Device
from stadsveld.hub.moving import follow
from stadsveld.hub.pages import Page
from stadsveld.hub.roles import ROLES, may_read
from stadsveld.hub.visibility import Visibility, classes_of
from stadsveld.model import ENTITIES, new_id
from stadsveld.store import Store
from stadsveld.store.belonging import deciding_fields, references
from stadsveld.sync import EXISTS, Change, Merge, SyncReport, dump, seal
from stadsveld.sync.pull import Pull
from stadsveld.sync.transport import Link
from support.change_sets import DEVICES, change_id, heads, undone
from support.hub_client import Client
from support.live_hub import LiveHub

BOX = (0.0, 300000.0, 100.0, 300100.0)
INSIDE, OUTSIDE = geo.point_wkb(50, 300050), geo.point_wkb(500, 300500)
SOMEONE = Device("01900000-0000-7000-8000-000000000001", "d", "inspector", bbox=BOX)


@pytest.fixture
def central(tmp_path: Path):
    """A central store."""
    prepare(tmp_path / "central.sqlite")
    with Store.open(tmp_path / "central.sqlite") as store:
        yield store


def sees(store: Store, name: str, row_id: str, device: Device = SOMEONE) -> bool:
    seal(store)
    return Visibility(store, device).has(name, row_id)


class TestPlaces:
    def test_the_edge_counts(self, central: Store) -> None:
        """What touches the box is inside."""
        edge = central.put("task", None, {"geom": geo.point_wkb(100, 300100)})
        beyond = central.put("task", None, {"geom": geo.point_wkb(100.001, 300100)})
        assert sees(central, "task", edge)
        assert not sees(central, "task", beyond)

    def test_a_geometry_that_is_none_is_no_place(self, central: Store) -> None:
        """Empty, not a number, cut off: such a thing lies nowhere, so everywhere; it never stops a page."""
        task = central.put("task", None, {"geom": OUTSIDE})
        seal(central)
        for value in ("", "zz", struct.pack("<BII", 1, 4, 0).hex(), "010100000000", 7, ["x"], None):
            fields = json.dumps({"geom": value})
            central.connection.execute("UPDATE stadsveld_change SET fields = ?", (fields,))
            assert sees(central, "task", task), value
        nan = struct.pack("<BIdd", 1, 1, float("nan"), 300050.0).hex()
        central.connection.execute("UPDATE stadsveld_change SET fields = ?", (json.dumps({"geom": nan}),))
        assert sees(central, "task", task)

    def test_a_register_row_that_nobody_changed(self, central: Store) -> None:
        """Its place is the register's; a person's geometry comes over it; deleted it stays where it was."""
        dataset = central.put("dataset", None, {"name": "d"})
        row_id = new_id()
        with central.transaction(capture=False):
            writer = central.register_writer("sensor", dataset)
            writer.insert(("id", "number", "geom"), [(row_id, "1", geo.blob_from_wkb(OUTSIDE))])
        assert not sees(central, "sensor", row_id)
        central.put("sensor", row_id, {"geom": INSIDE})
        assert sees(central, "sensor", row_id)
        central.delete("sensor", row_id)
        assert sees(central, "sensor", row_id)

    def test_a_deleted_register_row(self, central: Store) -> None:
        """Deleted, it lies where the register has it."""
        row_id = new_id()
        with central.transaction(capture=False):
            writer = central.register_writer("sensor", central.put("dataset", None, {"name": "d"}))
            writer.insert(("id", "number", "geom"), [(row_id, "1", geo.blob_from_wkb(OUTSIDE))])
        central.delete("sensor", row_id)
        assert not sees(central, "sensor", row_id)

    def test_one_of_several_owners_inside(self, central: Store) -> None:
        """A defect of an inspection far away on a component near by is near by."""
        far = central.put("inspection", None, {"geom": OUTSIDE})
        near = central.put("structure", None, {"geom": None})
        element = central.put("structure_element", None, {"structure_id": near})
        component = central.put("component", None, {"element_id": element})
        defect = central.put("defect", None, {"inspection_id": far, "component_id": component})
        assert not sees(central, "defect", defect)
        square = geo.multipolygon_wkb([[[(0, 300000), (9, 300000), (9, 300009), (0, 300000)]]])
        central.put("structure", near, {"geom": square})
        assert sees(central, "defect", defect)

    def test_an_own_place_goes_before_that_of_the_owner(self, central: Store) -> None:
        """A damage that lies elsewhere is elsewhere, whatever its inspection."""
        inspection = central.put("inspection", None, {"geom": INSIDE})
        damage = central.put("damage", None, {"inspection_id": inspection, "geom": OUTSIDE})
        assert not sees(central, "damage", damage)

    def test_what_refers_to_nothing_known(self, central: Store) -> None:
        """A child that waits for its owner, and a reference to a kind that does not exist."""
        waiting = central.put("damage", None, {"inspection_id": new_id()})
        odd = central.put("task", None, {"asset_entity": "spaceship", "asset_id": new_id()})
        assert sees(central, "damage", waiting)
        assert sees(central, "task", odd)

    def test_a_long_chain_ends(self, central: Store) -> None:
        """References in a row are followed as far as is reasonable, and no further."""
        last = central.put("task", None, {"geom": OUTSIDE})
        chain = [last]
        for _n in range(12):
            chain.append(central.put("task", None, {"asset_entity": "task", "asset_id": chain[-1]}))
        assert not sees(central, "task", chain[8])
        assert sees(central, "task", chain[12])


class TestClasses:
    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("access", ["open", "restricted", "closed", None, "geheim"])
    def test_roles(self, central: Store, role: str, access: str | None) -> None:
        """Rows, their datasets and what hangs on them; an unknown class counts as closed."""
        dataset = central.put("dataset", None, {"name": "d", "access_class": access})
        section = central.put("road_section", None, {"number": "1", "dataset_id": dataset})
        inspection = central.put("inspection", None, {"asset_entity": "road_section", "asset_id": section})
        device = Device("x", "d", role)
        found = {sees(central, "dataset", dataset, device), sees(central, "road_section", section, device)}
        assert found | {sees(central, "inspection", inspection, device)} == {may_read(role, access)}

    def test_the_strictest_counts(self, central: Store) -> None:
        """A check of an open sensor in an inspection of something closed is closed."""
        ids = {kind: central.put("dataset", None, {"access_class": kind}) for kind in ("open", "closed")}
        sensor = central.put("sensor", None, {"dataset_id": ids["open"], "geom": INSIDE})
        section = central.put("road_section", None, {"dataset_id": ids["closed"]})
        about = {"asset_entity": "road_section", "asset_id": section}
        inspection = central.put("inspection", None, {**about, "geom": INSIDE})
        check = central.put("sensor_check", None, {"inspection_id": inspection, "sensor_id": sensor})
        assert sees(central, "sensor", sensor)
        assert not sees(central, "sensor_check", check)

    def test_a_deleted_dataset_opens_nothing(self, central: Store) -> None:
        """The class of a dataset stays when its record is deleted."""
        dataset = central.put("dataset", None, {"name": "d", "access_class": "closed"})
        section = central.put("road_section", None, {"dataset_id": dataset})
        seal(central)
        central.delete("dataset", dataset)
        assert not sees(central, "road_section", section)

    def test_a_deleted_record_of_a_register(self, central: Store) -> None:
        """So it is with a record that came from an edition."""
        with central.transaction(capture=False):
            dataset = central.put("dataset", None, {"name": "d", "access_class": "closed"})
        central.delete("dataset", dataset)
        seal(central)
        assert classes_of(central) == {dataset: "closed"}

    def test_administrators_pay_nothing(self, central: Store) -> None:
        """Who may read everything everywhere has no limits at all."""
        central.put("dataset", None, {"access_class": "closed"})
        assert not Visibility(central, Device("x", "d", "administrator")).is_limited
        assert Visibility(central, Device("x", "d", "planner")).is_limited


def test_every_reference_is_a_column_with_an_index(central: Store) -> None:
    """Followers are found by indexes, whatever the size of the table."""
    for entity, field, _target in references():
        plan = central.connection.execute(f"EXPLAIN QUERY PLAN SELECT 1 FROM {entity} WHERE {field} = 'x'")
        assert f"{entity}_{field}" in plan.fetchone()["detail"]
        assert field in deciding_fields(entity)
    assert {entity for entity, _field, _target in references()} <= ENTITIES.keys()


# The law

IDS = {name: [f"01900000-0000-7000-8000-0000000{n}000{m}" for m in range(2)] for n, name in enumerate(
    ("task", "inspection", "damage"), 1)}  # fmt: skip
THINGS = [(name, row_id) for name, ids in IDS.items() for row_id in ids]
_PLACES = [INSIDE.hex(), OUTSIDE.hex(), None]
_OWNERS = [("task", row_id) for row_id in IDS["task"]] + [
    ("inspection", row_id) for row_id in IDS["inspection"]
]


@st.composite
def changes_of_places(draw: st.DrawFn) -> list[Change]:
    """Changes of places and owners by people who each saw a causally closed part of the earlier ones."""
    made: list[Change] = []
    seen_by: list[set[int]] = []
    for number in range(draw(st.integers(3, 20))):
        # Mostly one of each kind, so that they come to hang together.
        name, row_id = draw(st.sampled_from([*THINGS[::2] * 2, *THINGS]))
        everything = st.just(set(range(number)))
        some = st.sets(st.integers(0, number - 1), max_size=4) if number else everything
        chosen = draw(everything | everything | some)
        seen = set(chosen).union(*(seen_by[n] for n in chosen))
        seen_by.append(seen)
        before = [made[n] for n in sorted(seen) if made[n].entity_id == row_id]
        fields = draw(_fields(name))
        names = {"geom", "note", "inspection_id", "asset_id", "asset_entity", EXISTS}
        wanted = names if fields.get(EXISTS) is False else fields.keys()
        parents = {field: tuple(c.change_id for c in heads(before, field)) for field in wanted}
        author, stamp = DEVICES[number % 3], draw(st.integers(1, 5))
        made.append(Change(change_id(number), name, row_id, fields, parents, "p", author, stamp))
    return made


@st.composite
def _fields(draw: st.DrawFn, name: str) -> dict[str, object]:
    common = {"task": "place", "inspection": "owner", "damage": "owner"}[name]
    what = draw(st.sampled_from([common] * 5 + ["place", "owner", "note", "delete"]))
    if what == "delete":
        return {EXISTS: draw(st.sampled_from([False, True]))}
    if what == "note":
        return {"note": draw(st.sampled_from(["a", "b"]))}
    if what == "place":
        return {"geom": draw(st.sampled_from(_PLACES if name == "task" else [None, *_PLACES]))}
    if name == "damage":
        return {"inspection_id": draw(st.sampled_from([*IDS["inspection"][:1] * 3, *IDS["inspection"]]))}
    kind, owner = draw(st.sampled_from([*_OWNERS[:1] * 6, *_OWNERS]))
    return {"asset_entity": kind, "asset_id": owner}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory):
    """A central store and a working copy, both empty, each example in a transaction that is undone."""
    folder = tmp_path_factory.mktemp("law")
    prepare(folder / "central.sqlite")
    Store.create(folder / "replica.sqlite").close()
    with Store.open(folder / "central.sqlite") as central, Store.open(folder / "replica.sqlite") as replica:
        with central.transaction(capture=False):
            code = "INSERT INTO stadsveld_device (device_id, name, role, subscription, enrolled_at)"
            central.connection.execute(
                f"{code} VALUES (?, 'd', 'inspector', '{{}}', 'now')", (SOMEONE.device_id,)
            )
        yield central, replica


class NoLink:
    """Nothing is asked over this transport: pages are handed over."""

    url = "http://localhost"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), changes=changes_of_places())
def test_a_part_agrees_with_the_whole(both, data: st.DataObject, changes: list[Change]) -> None:
    """In any order and partition, with pages of any size fetched at any moment."""
    central, replica = both
    order = data.draw(st.just(changes) | st.permutations(changes))
    with undone(central), undone(replica):
        while order:
            size = data.draw(st.sampled_from([1, 1, 2, 3, len(order)]))
            batch, order = order[:size], order[size:]
            merge = Merge(central)
            for change in batch:
                merge.add(change)
            merge.finish()
            if data.draw(st.sampled_from([True, True, False])) or not order:
                follow(central)
            if data.draw(st.sampled_from([True, True, False])):
                fetch(central, replica, data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3)))
        fetch(central, replica, 10, 1000)
        visible = Visibility(central, SOMEONE)
        found = [(json.loads(line), line) for line in dump(central)]
        expected = [line for row, line in found if visible.has(row["entity"], row["id"])]
        assert list(dump(replica)) == expected
        for name, row_id in THINGS:
            if visible.has(name, row_id):
                assert states(replica, name, row_id) == states(central, name, row_id)


def fetch(central: Store, replica: Store, limit: int, most: int) -> None:
    """Fetch some pages."""
    pull = Pull(replica, Link(NoLink(), None), SyncReport())
    for _n in range(most):
        page = Page(central, SOMEONE, int(replica.setting("cursor") or 0), limit)
        page.fill()
        if not pull.apply(json.loads(json.dumps(page.as_json()))):
            return


def states(store: Store, name: str, row_id: str) -> set[tuple]:
    """The changes of a thing."""
    asked = "SELECT change_id, state, fields FROM stadsveld_change WHERE entity = ? AND entity_id = ?"
    return {tuple(row) for row in store.connection.execute(asked, (name, row_id))}


class TestPushedGeometries:
    def test_bad_geometries_by_a_bound_device(self, live_hub: LiveHub) -> None:
        """Empty, NaN, of the wrong type, outside the country, outside the area: each with its reason."""
        client = Client(live_hub, bbox=list(BOX))
        bad = {
            "damaged": [
                "",
                "zz",
                struct.pack("<BII", 1, 4, 0).hex(),
                struct.pack("<BIdd", 1, 1, 1, float("nan")).hex(),
            ],
            "Netherlands": [geo.point_wkb(9e5, 9e5).hex()],
            "area": [geo.point_wkb(120000, 480000).hex()],
        }
        for word, geometries in bad.items():
            for geometry in geometries:
                (answer,) = client.push(client.change(fields={"geom": geometry}))
                assert answer["status"] == "quarantined"
                assert word in answer["reason"], geometry
        assert client.statuses(client.change(fields={"geom": INSIDE.hex()})) == ["accepted"]

    def test_nothing_that_is_no_place_stops_the_pages(self, live_hub: LiveHub) -> None:
        """A geometry that is none, written into the central file itself, is passed on as it is."""
        with Store.open(live_hub.path) as store, store.transaction(capture=False):
            task = new_id()
            broken = Change(new_id(), "task", task, {"geom": "00"}, {}, "a", store.device_id, 1)
            merge = Merge(store)
            merge.add(broken)
            merge.finish()
        client = Client(live_hub, bbox=list(BOX))
        epoch = client.ask("GET", "/v1/status").json()["epoch"]
        page = client.ask("GET", f"/v1/pull?epoch={epoch}&after=0").json()
        assert [change["entity_id"] for change in page["changes"]] == [task]
        assert page["left"] == []
