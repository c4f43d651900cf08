"""A polygon over the base map: areas per class, paved share and GSI obey their laws and say why."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.design import Surroundings, measure
from stadsveld.text import use_language
from support.plane_rows import DATASET_ID, KINDS, mosaic, polygon, put_rows, rectangle, row

ROWS = mosaic(300, seed=7)
AROUND = Surroundings.of(ROWS, editions=["BGT, edition of 2026-11-01"])
#: mm rounding of the corners of 300 surfaces moves a sum of areas by less than this, m².
CLOSE = 0.5

corner = st.tuples(st.floats(100_020, 100_480), st.floats(400_020, 400_480))


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def star(corners, centre=(100_250.0, 400_250.0)):
    """A polygon that does not cross itself: corners in order of direction from the centre."""
    return sorted(corners, key=lambda at: math.atan2(at[1] - centre[1], at[0] - centre[0]))


@st.composite
def polygons(draw):
    """Corners around the centre of the mosaic, at different directions and distances."""
    steps = draw(st.lists(st.floats(0.3, 1.0), min_size=3, max_size=9))
    reach = draw(st.lists(st.floats(5.0, 230.0), min_size=len(steps), max_size=len(steps)))
    turn, total, found = 0.0, sum(steps), []
    for step, distance in zip(steps, reach, strict=True):
        turn += 2 * math.pi * step / total
        found.append((100_250 + distance * math.cos(turn), 400_250 + distance * math.sin(turn)))
    return found


LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def by_class(found):
    return {part.name: part.area for part in found.classes}


@LAWS
@given(polygons())
def test_on_a_plane_that_is_filled_once_the_classes_sum_to_the_plan_area(corners):
    found = measure(polygon(*corners), AROUND)
    if found.reason:
        return
    assert sum(by_class(found).values()) == pytest.approx(found.area.value, abs=CLOSE)
    assert not any("covered" in text or "overlap" in text for text in found.warnings)


@LAWS
@given(polygons())
def test_shares_are_shares(corners):
    found = measure(polygon(*corners), AROUND)
    if found.reason:
        return
    assert 0.0 <= found.gsi.value <= 1.0
    assert 0.0 <= found.paved.value <= 100.0
    assert found.gsi.value == pytest.approx(by_class(found).get("pand", 0.0) / found.area.value)


@LAWS
@given(polygons(), st.integers(0, 8), st.booleans())
def test_where_the_drawing_began_and_which_way_it_went_does_not_matter(corners, start, backwards):
    start %= len(corners)
    turned = corners[start:] + corners[:start]
    turned = turned[::-1] if backwards else turned
    one, other = measure(polygon(*corners), AROUND), measure(polygon(*turned), AROUND)
    assert one.reason == other.reason
    assert by_class(one) == pytest.approx(by_class(other), abs=1e-6)
    if not one.reason:
        assert one.paved.value == pytest.approx(other.paved.value, abs=1e-9)


@LAWS
@given(st.floats(100_010, 100_490), st.floats(0.05, 0.95))
def test_the_parts_of_a_split_plan_add_up_to_the_whole(x, part):
    low, high = 400_040.0, 400_460.0
    middle = low + part * (high - low)
    x2 = x + 9.5 if x < 100_480 else x - 9.5
    left, right = min(x, x2), max(x, x2)
    whole = by_class(measure(rectangle(left, low, right, high), AROUND))
    below = by_class(measure(rectangle(left, low, right, middle), AROUND))
    above = by_class(measure(rectangle(left, middle, right, high), AROUND))
    summed = {name: below.get(name, 0.0) + above.get(name, 0.0) for name in whole}
    assert summed == pytest.approx(whole, abs=1e-6)


@LAWS
@given(polygons())
def test_counting_what_lies_inside_whole_changes_nothing(corners):
    """The shortcut for surfaces inside the polygon gives what cutting every one of them gives."""
    wkb = polygon(*corners)
    found = measure(wkb, AROUND)
    if found.reason:
        return
    engine = geo.default_engine()
    plan = engine.from_wkb(wkb)
    slow = {}
    for one in ROWS:
        area = engine.area(engine.intersection(engine.from_wkb(one["geom"]), plan))
        if area > 0:
            slow[one["bgt_class"]] = slow.get(one["bgt_class"], 0.0) + area
    assert by_class(found) == pytest.approx(slow, abs=1e-6)


def test_a_quarter_built_on_a_hectare():
    """On 100 × 100 m: building 2,500 m², brick paving 2,500 m², half paving 1,000 m², grass."""
    rows = [
        row(1, 0, [(0, 0), (50, 0), (50, 50), (0, 50)]),
        row(2, 2, [(50, 0), (100, 0), (100, 50), (50, 50)]),
        row(3, 3, [(0, 50), (20, 50), (20, 100), (0, 100)]),
        row(4, 8, [(20, 50), (100, 50), (100, 100), (20, 100)]),
    ]
    found = measure(rectangle(0, 0, 100, 100), Surroundings.of(rows))
    assert found.area.value == pytest.approx(10_000)
    assert found.gsi.value == pytest.approx(0.25)
    assert found.paved.value == pytest.approx(25 + 25 + 10 / 2)
    assert by_class(found) == pytest.approx({"pand": 2500, "wegdeel": 3500, "begroeidterreindeel": 4000})
    assert [part.share for part in found.classes] == pytest.approx([0.25, 0.35, 0.40])
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("corners", "why"),
    [
        ([(0, 0), (10, 0)], "at least three corners"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "crosses"),
        ([(0, 0), (10, 0), (20, 0)], "touches itself|empty"),
    ],
)
def test_what_is_no_area_gives_a_dash_and_the_reason_never_a_zero(corners, why):
    found = measure(geo.polygon_wkb([[*corners, corners[0]]]), AROUND)
    assert found.classes == ()
    for value in (found.area, found.gsi, found.paved):
        assert value.value is None
        assert value.shown == "–"
        assert any(text in value.reason for text in why.split("|"))
        assert value.reason in value.as_text()


def test_planned_ended_and_raised_objects_are_no_part_of_the_plane():
    ground = row(1, 8, [(0, 0), (100, 0), (100, 100), (0, 100)])
    planned = [row(place, 0, [(x, 0), (x + 9, 0), (x + 9, 9), (x, 9)], status="plan")
               for place, x in ((2, 0), (3, 20), (4, 40))]  # fmt: skip
    gone = row(5, 0, [(60, 0), (70, 0), (70, 9), (60, 9)], ended="2020-01-01")
    raised = row(6, 1, [(0, 40), (100, 40), (100, 60), (0, 60)], level=1)
    canopy = row(7, ("building", "gebouwinstallatie", "type", "luifel"), [(0, 0), (9, 0), (9, 9), (0, 9)])
    around = Surroundings.of([ground, *planned, gone, raised, canopy])
    found = measure(rectangle(0, 0, 100, 100), around)
    assert by_class(found) == pytest.approx({"begroeidterreindeel": 10_000})
    assert found.gsi.value == 0.0
    assert "Planned buildings left out: 3." in found.gsi.warnings
    assert measure(rectangle(50, 50, 100, 100), around).gsi.warnings == ()


def test_land_that_the_base_map_lacks_is_told():
    around = Surroundings.of([row(1, 8, [(0, 0), (100, 0), (100, 100), (0, 100)])])
    found = measure(rectangle(50, 0, 111, 100), around)
    assert "1,100\u202fm² is not covered by the base map." in found.warnings
    assert found.area.value == pytest.approx(6100)


def test_surfaces_that_lie_over_each_other_are_told():
    square = [(0, 0), (100, 0), (100, 100), (0, 100)]
    found = measure(rectangle(0, 0, 100, 50), Surroundings.of([row(1, 8, square), row(2, 1, square)]))
    assert any("overlap by 5,000" in text for text in found.warnings)


def test_yards_make_the_paved_share_uncertain_and_it_says_so():
    rows = [
        row(1, 0, [(0, 0), (40, 0), (40, 100), (0, 100)]),
        row(2, 5, [(40, 0), (100, 0), (100, 100), (40, 100)]),
    ]
    paved = measure(rectangle(0, 0, 100, 100), Surroundings.of(rows)).paved
    assert paved.value == pytest.approx(40)
    assert "between 40.0\u202f% and 100.0\u202f%" in paved.warnings[0]
    assert any("erf" in text for text in paved.assumptions)


def test_a_hole_in_the_plan_is_not_in_it():
    around = Surroundings.of([row(1, 8, [(0, 0), (100, 0), (100, 100), (0, 100)]),
                              row(2, 0, [(200, 0), (210, 0), (210, 10), (200, 10)])])  # fmt: skip
    outer = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    inner = [(25, 25), (75, 25), (75, 75), (25, 75), (25, 25)]
    found = measure(geo.polygon_wkb([outer, inner]), around)
    assert found.area.value == pytest.approx(7500)
    assert by_class(found) == pytest.approx({"begroeidterreindeel": 7500})


def test_surroundings_are_read_from_a_store_with_their_edition(store):
    put_rows(store, mosaic(80))
    around = Surroundings.read(store, (100_100.0, 400_100.0, 100_400.0, 400_400.0))
    inside, outside = (measure(rectangle(100_150, 400_150, x2, 400_350), around) for x2 in (100_350, 100_450))
    assert around.editions == ("BGT, edition of 2026-11-01",)
    assert "edition of 2026-11-01" in inside.gsi.as_text()
    assert sum(by_class(inside).values()) == pytest.approx(40_000, abs=CLOSE)
    assert not any("outside of what was read" in text for text in inside.warnings)
    assert any("outside of what was read" in text for text in outside.warnings)
    assert store.get("dataset", DATASET_ID)["name"] == "BGT"


def test_an_empty_store_says_that_nothing_is_covered(store):
    around = Surroundings.read(store, (0.0, 0.0, 100.0, 100.0))
    found = measure(rectangle(0, 0, 50, 50), around)
    assert len(around) == 0
    assert found.gsi.value == 0.0
    assert "2,500\u202fm² is not covered by the base map." in found.warnings


def test_every_value_explains_itself_in_both_languages():
    wkb = polygon((100_100, 400_100), (100_400, 400_120), (100_300, 400_400))
    english = measure(wkb, AROUND)
    use_language("nl")
    dutch = measure(wkb, AROUND)
    assert "GSI = B / A" in english.gsi.as_text()
    assert "BGT, edition of 2026-11-01" in english.gsi.as_text()
    for kind in {kind[1] for kind in KINDS} & {part.name for part in english.classes}:
        assert any(part.name == kind and part.explanation.inputs for part in english.classes)
    assert "roofs" in english.paved.as_html()
    assert "daken" in dutch.paved.as_html()
    assert english.area.shown.replace(",", ".") == dutch.area.shown
