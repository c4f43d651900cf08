"""The BGT import on a real delivery: 22 classes, 14,184 versions, and everything that others get wrong."""

from __future__ import annotations

import json
import random
import re
import zipfile
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.model import id_from_register
from stadsveld.model.entities import BGT_ENTITIES
from stadsveld.store import Store
from stadsveld.work.closure import check_closure
from stadsveld.work.import_bgt import import_bgt

pytestmark = pytest.mark.realdata

SQUARE = (180500.0, 456500.0, 181500.0, 457500.0)
WHOLE = (180000.0, 456000.0, 182000.0, 458000.0)

#: Class: all versions, those that hold, plans; as the description of the data counts them.
COUNTS = {
    "pand": (2273, 1711, 30),
    "wegdeel": (2444, 1252, 0),
    "ondersteunendwegdeel": (1512, 627, 0),
    "begroeidterreindeel": (1168, 638, 0),
    "onbegroeidterreindeel": (830, 427, 0),
    "waterdeel": (1163, 296, 0),
    "ondersteunendwaterdeel": (170, 87, 0),
    "overigbouwwerk": (24, 24, 0),
    "overbruggingsdeel": (1, 1, 0),
    "scheiding": (396, 303, 0),
    "kunstwerkdeel": (66, 65, 0),
    "gebouwinstallatie": (175, 153, 0),
    "vegetatieobject": (2308, 2104, 0),
    "put": (1045, 1009, 0),
    "paal": (410, 398, 0),
    "bord": (53, 53, 0),
    "weginrichtingselement": (52, 51, 0),
    "openbareruimtelabel": (62, 58, 0),
    "straatmeubilair": (16, 16, 0),
    "kast": (12, 12, 0),
    "sensor": (2, 2, 0),
    "bak": (2, 2, 0),
}
#: m² per class in `SQUARE`, with arcs of 4° steps.
AREAS = {
    "pand": 77_132.6,
    "wegdeel": 81_415.5,
    "ondersteunendwegdeel": 25_863.9,
    "begroeidterreindeel": 455_159.8,
    "onbegroeidterreindeel": 339_654.7,
    "waterdeel": 17_392.0,
    "ondersteunendwaterdeel": 2_795.1,
    "overigbouwwerk": 432.1,
    "scheiding": 154.3,
}


@pytest.fixture(scope="module")
def delivery(real_data_folder, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("bgt") / "otterlo.zip"
    path.write_bytes((real_data_folder / "bgt" / "otterlo.zip").read_bytes())
    return path


@pytest.fixture(scope="module")
def imported(delivery):
    """The whole delivery in a store, and the report."""
    with Store.create(delivery.with_name("whole.sqlite")) as store:
        yield store, import_bgt(store, delivery)


def store_count(store) -> int:
    """Number of objects in the store, house numbers and the rows of sensors left out."""
    rows = (row for name in BGT_ENTITIES for row in store.rows(name))
    return sum(row["bgt_class"] != "nummeraanduidingreeks" for row in rows)


def test_every_object_element_is_accounted_for(imported, delivery):
    """Counted in the raw text, by another way than the reader's."""
    report = imported[1]
    with zipfile.ZipFile(delivery) as archive:
        for name in archive.namelist():
            members = len(re.findall(rb"<cityObjectMember\b", archive.read(name)))
            counts = report.classes[name.removeprefix("bgt_").removesuffix(".gml")]
            assert counts.present == members, name
    for name, counts in report.classes.items():
        assert counts.read + counts.invalid == counts.present, name
        assert counts.current + counts.ended == counts.read, name
        assert counts.stored == counts.current, name
    assert report.refused == []
    assert len(report.classes) == 35


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_a_class(imported, name):
    counts = imported[1].classes[name]
    assert (counts.present, counts.current, counts.planned) == COUNTS[name]


def test_no_pand_is_a_label_point(imported):
    """949 of the 1,711 panden arrive as a point where the first geometry is taken."""
    store = imported[0]
    rows = [row for row in store.rows("building") if row["bgt_class"] == "pand"]
    assert len(rows) == 1711
    assert all(geo.area(row["geom"]) > 0.5 for row in rows)
    labelled = {row["local_id"] for row in store.rows("label") if row["bgt_class"] == "nummeraanduidingreeks"}
    assert len(labelled) == 949


def test_the_four_features_at_which_gdal_stops_are_there(imported):
    crests = [
        row
        for row in imported[0].rows("terrain_part")
        if "kruinlijnBegroeidTerreindeel" in json.loads(row["attributes"])
    ]
    assert len(crests) == 2  # the other two of the four are ended
    assert all(row["bgt_class"] == "begroeidterreindeel" for row in crests)


def test_bag_ids_keep_their_zero(imported):
    ids = [row["bag_id"] for row in imported[0].rows("building") if row["bgt_class"] == "pand"]
    assert all(re.fullmatch(r"0228\d{12}|geenWaarde", bag_id) for bag_id in ids if bag_id)
    assert sum(bool(bag_id) and bag_id.startswith("0228") for bag_id in ids) > 1600


def test_levels_and_kinds_of_road(imported):
    roads = [row for row in imported[0].rows("road_part") if row["bgt_class"] == "wegdeel"]
    levels = [row["level"] for row in roads]
    assert (levels.count(0), levels.count(1)) == (1249, 3)
    functions = [row["function"] for row in roads]
    assert functions.count("inrit") == 346
    assert functions.count("fietspad") == 106
    appearances = [row["appearance"] for row in roads]
    found = {
        name: appearances.count(name) for name in ("gesloten verharding", "open verharding", "onverhard")
    }
    assert found == {"gesloten verharding": 543, "open verharding": 489, "onverhard": 128}
    ducts = [row for row in imported[0].rows("structure_line") if row["level"] == -1]
    assert len(ducts) == 64
    installations = [row for row in imported[0].rows("building") if row["bgt_class"] == "gebouwinstallatie"]
    assert {row["level"] for row in installations} == {1}


def test_the_pavement_that_nobody_knows_stays_unknown(imported):
    """Versions of all times: 234 say waardeOnbekend, which is kept as it is."""
    roads = [row for row in imported[0].rows("road_part") if row["bgt_class"] == "wegdeel"]
    unknown = [row for row in roads if row["plus_appearance"] == "waardeOnbekend"]
    assert len(unknown) == 234


def test_sensors_are_sensors(imported):
    rows = list(imported[0].rows("sensor"))
    assert [row["kind"] for row in rows] == ["flitser", "flitser"]
    assert all(row["id"] == id_from_register("bgt", row["bgt_local_id"]) for row in rows)


def test_the_whole_delivery_closes(imported):
    closure = imported[1].closure
    assert closure.bbox == WHOLE
    assert closure.square_m2 == 4_000_000.0
    assert closure.overlap_m2 < 1.0
    assert closure.gap_m2 < 1.0


def test_the_square_kilometre_closes_with_the_right_areas(imported):
    closure = check_closure(imported[0], SQUARE)
    assert closure.overlap_m2 < 1.0
    assert closure.gap_m2 < 1.0
    assert set(closure.per_class_m2) == set(AREAS)
    for name, area in AREAS.items():
        assert closure.per_class_m2[name] == pytest.approx(area, abs=5.0), name
    assert round(100 * closure.per_class_m2["pand"] / closure.square_m2, 3) == 7.713


@pytest.mark.parametrize("seed", range(12))
def test_any_square_inside_closes(imported, seed):
    chance = random.Random(seed)
    side = chance.choice([7.3, 60.0, 250.5, 500.0, 1234.567])
    west = chance.uniform(WHOLE[0], WHOLE[2] - side)
    south = chance.uniform(WHOLE[1], WHOLE[3] - side)
    closure = check_closure(imported[0], (west, south, west + side, south + side))
    assert closure.overlap_m2 < 1.0
    assert closure.gap_m2 < 1.0
    assert sum(closure.per_class_m2.values()) == pytest.approx(side * side, abs=1.0)


def test_every_shape_is_valid(imported):
    """Straightened arcs do not make rings cross themselves."""
    engine = geo.default_engine()
    for name in ("road_part", "terrain_part", "water_part", "building", "structure_part", "barrier_part"):
        for row in imported[0].rows(name):
            assert engine.is_valid(engine.from_wkb(row["geom"])), row["local_id"]


def test_the_store_is_whole_and_a_second_import_leaves_it_byte_for_byte(imported, delivery):
    store = imported[0]
    assert store.problems() == []
    before = store.path.read_bytes()
    report = import_bgt(store, delivery)
    assert report.mutations.as_json() == {"new": 0, "changed": 0, "ended": 0}
    assert store.path.read_bytes() == before


def test_only_a_square(delivery, tmp_path):
    """675 panden that hold touch the square kilometre, 7 of them planned."""
    with Store.create(tmp_path / "square.sqlite") as store:
        report = import_bgt(store, delivery, bbox=SQUARE)
        assert report.classes["pand"].stored == 675
        planned = [row for row in store.rows("building") if row["status"] == "plan"]
        assert len(planned) == 7
        assert report.classes["pand"].present == 2273
        assert report.closure.closes
        assert report.closure.square_m2 == 1_000_000.0
        assert report.mutations.new == sum(counts.stored for counts in report.classes.values())


def test_time_goes_on(delivery, tmp_path):
    """The state of 2018, then that of now: what differs is reported, and ids stay.

    An object that ended is in the delivery twice with the same last version: as it was published
    first, and again when it ended. Both are counted, one is stored.
    """
    with Store.create(tmp_path / "years.sqlite") as store:
        first = import_bgt(store, delivery, at="2018-01-01")
        held = sum(counts.stored for counts in first.classes.values())
        assert first.mutations.new == held == store_count(store)
        assert sum(counts.current for counts in first.classes.values()) - held == 622
        assert first.refused == []
        then = {row["id"] for row in store.rows("road_part")}
        second = import_bgt(store, delivery)
        found = second.mutations
        assert found.new > 0
        assert found.changed > 0
        assert found.ended > 0
        assert held + found.new - found.ended == sum(counts.current for counts in second.classes.values())
        assert then <= {row["id"] for row in store.rows("road_part")}
        assert second.closure.closes
        assert import_bgt(store, delivery).mutations.as_json() == {"new": 0, "changed": 0, "ended": 0}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_download_that_stopped(delivery, tmp_path, share):
    cut = tmp_path / "cut.zip"
    content = delivery.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with Store.create(tmp_path / "store.sqlite") as store:
        before = store.path.read_bytes()
        with pytest.raises(BadInput, match=r"cut\.zip"):
            import_bgt(store, cut)
        assert store.path.read_bytes() == before
