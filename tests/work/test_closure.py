"""The closure check: overlap and gap in m², of what is there at ground level, tile by tile."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.model import new_id
from stadsveld.work.closure import Closure, check_closure, tiles_of
from support import bgt_gml as x

SQUARE = (181000.0, 457000.0, 182000.0, 458000.0)


def put(store, entity, bgt_class, *boxes, status="bestaand", level=0, type=None, ended=None):
    """Put surfaces into the store as an import would."""
    writer = store.register_writer(entity, new_id())
    rows = []
    for box in boxes:
        rings = box if isinstance(box, list) else [x.box_points(*box)]
        blob = geo.blob_from_wkb(geo.canonical_wkb(geo.multipolygon_wkb([rings])))
        rows.append((new_id(), bgt_class, new_id(), status, level, type, ended, blob))
    with store.transaction(capture=False):
        writer.insert(("id", "bgt_class", "local_id", "status", "level", "type", "ended", "geom"), rows)


@pytest.fixture
def plane(store):
    """A square kilometre that closes: green in the west, yards in the east, a pand and a wall between."""
    put(store, "terrain_part", "begroeidterreindeel", (181000, 457000, 181500, 458000))
    pand = x.box_points(181600, 457600, 181700, 457700)
    wall = x.box_points(181600, 457700, 181700, 457701)
    yard = [x.box_points(181500, 457000, 182000, 458000), x.box_points(181600, 457600, 181700, 457701)]
    put(store, "terrain_part", "onbegroeidterreindeel", yard)
    put(store, "building", "pand", [pand])
    put(store, "barrier_part", "scheiding", [wall])
    return store


def test_a_plane_that_closes(plane):
    found = check_closure(plane, SQUARE)
    assert found.closes
    assert found.as_json() == {
        "square_m2": 1e6, "sum_m2": 1e6, "union_m2": 1e6, "overlap_m2": 0.0, "gap_m2": 0.0,
        "per_class_m2": {
            "begroeidterreindeel": 500_000.0, "onbegroeidterreindeel": 489_900.0, "pand": 10_000.0,
            "scheiding": 100.0,
        },
    }  # fmt: skip


def test_overlap_and_gap_do_not_cancel(plane):
    """A hole of 50 m² in one place and 50 m² twice in another, in the same tile: the sum looks perfect."""
    put(plane, "building", "pand", (181900, 457100, 181905, 457110))
    with plane.transaction(capture=False):
        wall = next(plane.rows("barrier_part"))
        half = geo.multipolygon_wkb([[x.box_points(181600, 457700, 181650, 457701)]])
        plane.put("barrier_part", wall["id"], {"geom": half})
    found = check_closure(plane, SQUARE)
    assert found.sum_m2 == pytest.approx(1e6)
    assert found.overlap_m2 == pytest.approx(50.0)
    assert found.gap_m2 == pytest.approx(50.0)
    assert not found.closes


@pytest.mark.parametrize(
    "beside",
    [
        {"status": "plan"},
        {"level": 1},
        {"level": -1},
        {"ended": "2020-01-01"},
        {"type": "niet-bgt"},
    ],
)
def test_what_is_no_part_of_the_plane_does_not_count(plane, beside):
    """Plans, other levels, ended objects and what only IMGeo's optional part knows lie over it."""
    put(plane, "building", "pand", (181100, 457100, 181200, 457200), **beside)
    assert check_closure(plane, SQUARE).closes


@pytest.mark.parametrize(
    ("entity", "bgt_class"),
    [
        ("building", "gebouwinstallatie"),
        ("structure_part", "tunneldeel"),
        ("district", "buurt"),
        ("barrier_part", "overigescheiding"),
    ],
)
def test_classes_that_lie_over_the_plane_do_not_count(plane, entity, bgt_class):
    put(plane, entity, bgt_class, (181100, 457100, 181200, 457200))
    assert check_closure(plane, SQUARE).closes


@pytest.mark.parametrize(
    ("entity", "bgt_class"),
    [
        ("road_part", "wegdeel"),
        ("road_part", "ondersteunendwegdeel"),
        ("water_part", "waterdeel"),
        ("water_part", "ondersteunendwaterdeel"),
        ("building", "overigbouwwerk"),
        ("structure_part", "overbruggingsdeel"),
        ("structure_part", "kunstwerkdeel"),
    ],
)
def test_all_classes_of_the_plane_count(plane, entity, bgt_class):
    put(plane, entity, bgt_class, (181100, 457100, 181110, 457110))
    found = check_closure(plane, SQUARE)
    assert found.overlap_m2 == pytest.approx(100.0)
    assert found.per_class_m2[bgt_class] == pytest.approx(100.0)


def test_a_square_inside_is_cut_from_the_surfaces(plane):
    found = check_closure(plane, (181650.0, 457650.0, 181660.0, 457660.5))
    assert (found.square_m2, found.per_class_m2) == (105.0, {"pand": pytest.approx(105.0)})
    assert found.closes


def test_beyond_the_data_everything_is_gap(plane):
    found = check_closure(plane, (190000.0, 457000.0, 190100.0, 457100.0))
    assert (found.square_m2, found.union_m2, found.gap_m2) == (10_000.0, 0.0, 10_000.0)


def test_without_a_square_it_is_that_of_the_tiles_that_are_covered(plane):
    """Objects that stick out of the delivery do not matter; a whole tile missing inside does."""
    put(plane, "road_part", "wegdeel", (182000, 457100, 182700, 457110))
    assert check_closure(plane).bbox == SQUARE
    assert check_closure(plane).closes
    put(plane, "terrain_part", "begroeidterreindeel", (182500, 457000, 183000, 457500))
    put(plane, "terrain_part", "begroeidterreindeel", (182000, 457500, 183000, 458000))
    found = check_closure(plane)
    assert found.bbox == (181000, 457000, 183000, 458000)
    assert found.gap_m2 == pytest.approx(500 * 500 - 500 * 10, abs=0.01)
    assert found.overlap_m2 == pytest.approx(200 * 10, abs=0.01)


def test_an_empty_store_has_nothing_to_check(store):
    assert check_closure(store) == Closure()


def test_a_surface_that_crosses_itself_is_reported_and_not_fatal(plane):
    bowtie = [(181900, 457100), (181910, 457110), (181910, 457100), (181900, 457110), (181900, 457100)]
    put(plane, "building", "pand", [bowtie])
    assert check_closure(plane, SQUARE).overlap_m2 == pytest.approx(50.0)


def test_tiles_cover_a_square_once():
    tiles = list(tiles_of((180900.0, 457250.0, 182000.0, 457600.0)))
    assert len(tiles) == 6
    assert sum((t[2] - t[0]) * (t[3] - t[1]) for t in tiles) == pytest.approx(1100 * 350)


CUT = st.integers(1, 999_999).map(lambda n: n / 1000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(CUT, min_size=1, max_size=8, unique=True), st.lists(CUT, min_size=1, max_size=8, unique=True))
def test_any_cutting_of_the_plane_closes_and_any_piece_too_few_or_too_many_shows(store, xs, ys):
    """Cut a square kilometre along any lines: it closes; a piece away is a gap, a piece twice an overlap."""
    columns, rows = [0.0, *sorted(xs), 1000.0], [0.0, *sorted(ys), 1000.0]
    pieces = [
        (181000 + west, 457000 + south, 181000 + east, 457000 + north)
        for west, east in pairwise(columns)
        for south, north in pairwise(rows)
    ]
    with store.transaction(capture=False):
        for name in ("terrain_part", "building"):
            for row in list(store.rows(name)):
                store.delete(name, row["id"])
    put(store, "terrain_part", "begroeidterreindeel", *pieces[1:])
    piece = pieces[0]
    area = (piece[2] - piece[0]) * (piece[3] - piece[1])
    found = check_closure(store, SQUARE)
    assert (found.overlap_m2, found.gap_m2) == (pytest.approx(0, abs=1e-3), pytest.approx(area, abs=1e-3))
    put(store, "building", "pand", piece)
    found = check_closure(store, SQUARE)
    assert (found.overlap_m2, found.gap_m2) == (pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-3))
    put(store, "building", "pand", piece)
    found = check_closure(store, SQUARE)
    assert (found.overlap_m2, found.gap_m2) == (pytest.approx(area, abs=1e-3), pytest.approx(0, abs=1e-3))
