"""The invented district: a planar partition, the same bytes every time, faults where it says."""

import csv
import hashlib
import json
import re
import zipfile
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stadsveld.errors import Cancelled
from stadsveld.jobs import Progress
from stadsveld.observe import gross_range, run_tests
from stadsveld.work.district import draw_district, generate_district
from stadsveld.work.district.mosaic import Mosaic, doubled_area

shapely = pytest.importorskip("shapely")


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    return generate_district(tmp_path_factory.mktemp("district"))


@pytest.fixture(scope="module")
def placed():
    features, frame = draw_district()
    for feature in features:
        frame.place(feature)
    return features


def ground(features):
    return [found for found in features if found.rings and found.level == 0 and not found.planned]


def polygon(feature):
    outline, *holes = (ring.points() for ring in feature.rings)
    return shapely.Polygon(outline, holes)


def edges(feature):
    for ring in feature.rings:
        for piece, after in zip(ring.pieces, ring.pieces[1:] + ring.pieces[:1], strict=True):
            yield from pairwise(piece)
            if piece[-1] != after[0]:
                yield piece[-1], after[0]


def test_every_edge_has_an_area_on_both_sides_except_the_border(placed):
    count = Counter(edge for feature in ground(placed) for edge in edges(feature))
    assert max(count.values()) == 1
    border = [edge for edge in count if edge[::-1] not in count]
    ring = dict(border)
    assert len(ring) == len(border)
    start = here = border[0][0]
    outline = []
    while not outline or here != start:
        outline.append(here)
        here = ring.pop(here)
    assert not ring
    assert doubled_area(outline) == sum(
        ring.doubled_area() for feature in ground(placed) for ring in feature.rings
    )


def test_ground_is_valid_and_closes_the_square_without_overlap(placed, district):
    square = shapely.box(*(1000 * side for side in district.bbox))
    shapes = [polygon(feature) for feature in ground(placed)]
    assert all(shapely.is_valid(shapes))
    clipped = shapely.intersection(shapes, square)
    assert shapely.area(clipped).sum() / 1e6 == pytest.approx(1_000_000, abs=0.001)
    assert shapely.union_all(clipped).area / 1e6 == pytest.approx(1_000_000, abs=0.001)


def test_both_neighbours_have_the_same_arc(placed):
    arcs = Counter(
        piece
        for feature in ground(placed)
        for ring in feature.rings
        for piece in ring.pieces
        if len(piece) == 3
    )
    assert len(arcs) > 300
    assert all(arcs[arc[::-1]] == times for arc, times in arcs.items())


def test_bridges_lie_over_water_that_goes_on_below(placed):
    decks = [found for found in placed if found.notes.get("kind") == "dek"]
    water = shapely.union_all([polygon(found) for found in placed if found.bgt_class == "waterdeel"])
    assert len(decks) == 3
    for deck in decks:
        assert deck.level == 1
        assert polygon(deck).intersection(water).area > 0.4 * polygon(deck).area
    on_top = [found for found in placed if found.bgt_class == "wegdeel" and found.level == 1]
    assert len(on_top) >= 9


def test_delivery_looks_like_one_of_the_national_service(district):
    with zipfile.ZipFile(district.bgt) as delivery:
        names = delivery.namelist()
        assert len(names) == 35
        texts = {name: delivery.read(name).decode() for name in names}
    assert sum(district.objects.values()) > 5000
    for name, text in texts.items():
        assert text.count("<cityObjectMember>") == district.objects[name[4:-4]]
    roads, buildings = texts["bgt_wegdeel.gml"], texts["bgt_pand.gml"]
    assert roads.count("gml:Arc>") > 100
    for pavement in ("asfalt", "betonstraatstenen", "gebakken klinkers", "tegels", "grind", "waardeOnbekend"):
        assert f">{pavement}</imgeo:plus-fysiekVoorkomenWegdeel>" in roads
    assert roads.count("<imgeo:eindRegistratie>") > 20
    assert buildings.count(">plan</imgeo:plus-status>") == 12
    assert buildings.count("<terminationDate") == 8
    assert buildings.count("<imgeo:nummeraanduidingreeks><imgeo:Nummeraanduidingreeks>") > 500
    assert ">Veldwijklaan</imgeo:tekst>" in texts["bgt_openbareruimtelabel.gml"]
    ids = re.findall(r'gml:id="([^"]+)"', "".join(texts.values()))
    assert len(ids) == len(set(ids))


def test_equal_seeds_give_equal_bytes_and_other_seeds_other_ones(district, tmp_path):
    def digests(folder):
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}

    again = generate_district(tmp_path / "again")
    other = generate_district(tmp_path / "other", seed=1)
    assert digests(again.bgt.parent) == digests(district.bgt.parent)
    assert digests(other.bgt.parent)["bgt.zip"] != digests(district.bgt.parent)["bgt.zip"]


def test_register_numbers_are_unique_and_refer_to_the_delivery(district):
    with zipfile.ZipFile(district.bgt) as delivery:
        known = set(re.findall(r"lokaalID>([^<]+)<", delivery.read("bgt_wegdeel.gml").decode()))
    with district.road_sections.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert len(rows) == district.sections == len({row["wegvakonderdeel"] for row in rows})
    linked = [local_id for row in rows for local_id in row["bgt lokaal id"].split()]
    assert set(linked) <= known
    assert len(linked) == len(set(linked))
    assert len(linked) > len(rows), "parking bays together make one section"
    assert all(re.fullmatch(r"\d+,\d\d", row["oppervlakte"]) for row in rows)


def test_sensors_in_three_roads_and_one_bridge_measure_what_the_registers_know(district):
    with district.sensors.open(encoding="utf-8", newline="") as stream:
        sensors = list(csv.DictReader(stream, delimiter=";"))
    built_in = [(row["meet aan soort"], row["meet aan nummer"]) for row in sensors if row["meet aan soort"]]
    assert [kind for kind, _ in built_in].count("wegvakonderdeel") == 3
    assert ("kunstwerk", "K01") in built_in
    numbers = district.road_sections.read_text(encoding="utf-8")
    assert all(f";{number};" in numbers for kind, number in built_in if kind == "wegvakonderdeel")


@pytest.fixture(scope="module")
def readings(district):
    with district.readings.open(encoding="utf-8", newline="") as stream:
        names, *rows = csv.reader(stream, delimiter=";")
    columns = list(zip(*rows, strict=True))
    times = np.array([stamp.rstrip("Z") for stamp in columns[0]], "datetime64[ms]").astype(np.int64)
    values = {
        name: np.array([float(cell.replace(",", ".")) if cell else np.nan for cell in column])
        for name, column in zip(names[1:], columns[1:], strict=True)
    }
    return times, values


def test_a_year_of_readings_for_a_dozen_sensors(readings):
    times, values = readings
    assert times.size == 365 * 96
    assert np.datetime_as_string(times[[0, -1]].astype("datetime64[ms]"), "m").tolist() == [
        "2025-10-01T00:00",
        "2026-09-30T23:45",
    ]
    assert len({name.split()[0] for name in values}) >= 11


def test_the_documented_faults_are_found_by_the_data_quality_tests(district, readings):
    times, values = readings
    with district.series.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    tests = {row["reeks"]: json.loads(row["kwaliteitstoetsen"]) for row in rows}
    assert Counter(fault.kind for fault in district.faults).keys() == {
        "spike", "gap", "flat_line", "out_of_range", "drift",
    }  # fmt: skip
    for fault in district.faults:
        series, span = values[fault.series], slice(fault.first, fault.last + 1)
        flags = run_tests(series, times, tests[fault.series])
        if fault.kind == "spike":
            assert all(flags[place] == 4 for place in fault.places)
        elif fault.kind == "gap":
            assert (flags[span] == 9).all()
            assert flags[fault.last + 1] == 4, "the reading after the silence"
        elif fault.kind == "out_of_range":
            fail_span = tests[fault.series]["gross_range"]["fail_span"]
            assert (gross_range(series[span], fail_span) == 4).all()
        elif fault.kind == "flat_line":
            assert np.ptp(series[span]) == 0
            if "flat_line" in tests[fault.series]:
                assert (flags[span] == 4).any()
    listed = json.loads(district.faults_file.read_text(encoding="utf-8"))
    assert [fault["series"] for fault in listed] == [fault.series for fault in district.faults]


def test_most_readings_without_a_fault_are_good(district, readings):
    times, values = readings
    with district.series.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    for row in rows:
        sound = np.ones(times.size, bool)
        for fault in district.faults:
            if fault.series == row["reeks"]:
                sound[max(fault.first - 2, 0) : fault.last + 400] = False
        flags = run_tests(values[row["reeks"]], times, json.loads(row["kwaliteitstoetsen"]))
        assert np.mean(np.isin(flags[sound], (1, 2))) > 0.995, row["reeks"]


def test_cancelling_stops_the_work(tmp_path):
    with pytest.raises(Cancelled):
        generate_district(tmp_path, progress=Progress(is_cancelled=lambda: True))


boxes = st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 9), st.integers(1, 9))


@settings(max_examples=60)
@example([(0, 6, 3, 9), (1, 13, 1, 1), (0, 4, 1, 9)], 0)  # a hole that touches its outline in a corner
@example(
    [(0, 7, 3, 9), (1, 13, 1, 2), (3, 5, 1, 9)], 0
)  # a neighbour's corner level with the middle of a hole
@given(st.lists(boxes, min_size=1, max_size=12), st.integers(0, 4))
def test_whatever_is_painted_becomes_a_partition_of_what_is_covered(painted, radius):
    mosaic = Mosaic()
    rects = [(1000 * u, 1000 * v, 1000 * (u + w), 1000 * (v + h)) for u, v, w, h in painted]
    for coat, rect in enumerate(rects):
        mosaic.paint(coat, rect)
        for corner in ((rect[0], rect[1]), (rect[2], rect[1]), (rect[2], rect[3]), (rect[0], rect[3])):
            mosaic.round_corner(corner, radius * 500)
    areas = mosaic.areas()
    covered = shapely.union_all([shapely.box(*rect) for rect in rects]).area
    if radius == 0:
        assert sum(area.doubled_area() for area in areas) == round(2 * covered)
        shapes = [
            shapely.Polygon(area.outer.points(), [hole.points() for hole in area.holes]) for area in areas
        ]
        assert all(shapely.is_valid(shapes))
        assert shapely.union_all(shapes).area == pytest.approx(covered)
    count = Counter(
        edge
        for area in areas
        for ring in area.rings()
        for edge in zip(ring.points(), ring.points()[1:] + ring.points()[:1], strict=True)
    )
    assert max(count.values()) == 1
