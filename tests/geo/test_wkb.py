"""WKB of many dialects is read; equal geometries have one canonical spelling."""

import contextlib
import struct

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput

millimetres = st.integers(-(10**9), 10**9).map(lambda whole: whole / 1000)
rings = st.lists(st.tuples(millimetres, millimetres), min_size=3, max_size=12, unique=True)


def coordinates(wkb):
    return [[ring.tolist() for ring in part] for part in geo.parse(wkb).parts]


@given(rings, st.integers(0, 11), st.booleans())
def test_a_ring_has_one_spelling_wherever_it_starts_and_however_it_runs(ring, start, backward):
    start %= len(ring)
    turned = ring[start:] + ring[:start]
    if backward:
        turned.reverse()
    assert geo.canonical_wkb(geo.polygon_wkb([turned])) == geo.canonical_wkb(geo.polygon_wkb([ring]))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=8), st.integers(0, 7))
def test_that_holds_for_rings_that_touch_themselves_or_have_no_area(ring, start):
    start %= len(ring)
    once = geo.canonical_wkb(geo.multipolygon_wkb([[[*ring, ring[0]]]]))
    turned = ring[start:] + ring[:start]
    assert geo.canonical_wkb(geo.multipolygon_wkb([[[*turned, turned[0]]]])) == once


@given(st.lists(rings, min_size=1, max_size=3))
def test_the_canonical_form_of_a_canonical_geometry_is_itself(parts):
    once = geo.canonical_wkb(geo.polygon_wkb(parts))
    assert geo.canonical_wkb(once) == once


@given(rings)
def test_the_canonical_form_covers_the_same(ring):
    wkb = geo.polygon_wkb([ring])
    assert geo.area(geo.canonical_wkb(wkb)) == pytest.approx(geo.area(wkb), rel=1e-9, abs=1e-3)


def test_exterior_rings_run_counter_clockwise_and_interior_ones_clockwise_from_their_smallest_vertex():
    outside = [(4, 4), (4, 0), (0, 0), (0, 4), (4, 4)]
    inside = [(2, 1), (2, 2), (1, 2), (1, 1), (2, 1)]
    assert coordinates(geo.canonical_wkb(geo.polygon_wkb([outside, inside]))) == [
        [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]]
    ]


def test_coordinates_are_rounded_to_millimetres_without_minus_zero_and_repeated_vertices_stay():
    wkb = geo.canonical_wkb(geo.linestring_wkb([(-0.0001, 1.00049), (-0.0001, 1.00051), (0.0, 1.001)]))
    assert coordinates(wkb) == [[[[0.0, 1.0], [0.0, 1.001], [0.0, 1.001]]]]
    assert struct.pack("<d", -0.0) not in wkb


def test_lines_and_points_keep_their_direction_and_order():
    for wkb in (
        geo.linestring_wkb([(5, 5), (1, 1)]),
        geo.multipoint_wkb([(5, 5), (1, 1)]),
        geo.multilinestring_wkb([[(5, 5), (1, 1)], [(0, 0), (2, 2)]]),
    ):
        assert geo.canonical_wkb(wkb) == wkb


def test_heights_stay_and_measures_go():
    assert (
        geo.wkt_from_wkb(geo.canonical_wkb(geo.wkb_from_wkt("POINT ZM (1 2 3.00049 9)"))) == "POINT Z (1 2 3)"
    )
    assert geo.wkt_from_wkb(geo.canonical_wkb(geo.wkb_from_wkt("POINT M (1 2 9)"))) == "POINT (1 2)"


@pytest.mark.parametrize(
    ("wkb", "reason"),
    [
        (geo.point_wkb(float("nan"), 1), "finite"),
        (geo.linestring_wkb([(0, 0), (float("inf"), 1)]), "finite"),
        (geo.linestring_wkb([(0, 0)]), "two vertices"),
        (geo.polygon_wkb([[(0, 0), (1, 1)]]), "four vertices"),
        (geo.wkb_from_wkt("POLYGON ((0 0, 1 0, 1 1, 0 1))"), "not closed"),
        (geo.wkb_from_wkt("MULTIPOLYGON EMPTY"), "empty"),
        (geo.polygon_wkb([]), "empty"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_the_reason(wkb, reason):
    with pytest.raises(BadInput, match=reason):
        geo.canonical_wkb(wkb)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("flavor", ["extended", "iso"])
@pytest.mark.parametrize(
    "wkt",
    [
        "POINT Z (1 2 3)",
        "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
        "LINESTRING (0 0, 1 1)",
    ],
)
def test_the_dialects_of_wkb_mean_the_same(order, flavor, wkt):
    dialect = shapely.to_wkb(shapely.from_wkt(wkt), byte_order=order, flavor=flavor)
    assert geo.wkb_from_blob(geo.blob_from_wkb(dialect)) == geo.wkb_from_wkt(wkt)


def test_wkb_with_an_srid_inside_is_read():
    dialect = shapely.to_wkb(shapely.set_srid(shapely.Point(1, 2), 28992), include_srid=True)
    assert geo.canonical_wkb(dialect) == geo.point_wkb(1, 2)


@given(st.lists(rings, min_size=1, max_size=2))
def test_area_and_bbox_are_those_of_shapely(parts):
    polygons = [shapely.Polygon(part) for part in parts]
    wkb = geo.multipolygon_wkb([[part] for part in parts])
    assert geo.area(wkb) == pytest.approx(sum(polygon.area for polygon in polygons), rel=1e-9, abs=1e-2)
    assert geo.wkb_bbox(wkb) == shapely.MultiPolygon(polygons).bounds


def test_holes_are_subtracted_and_points_have_no_area():
    square, hole = [(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (2, 1), (2, 2), (1, 2)]
    assert geo.area(geo.polygon_wkb([square, hole])) == 15
    assert geo.area(geo.point_wkb(1, 2)) == 0


@given(
    st.binary(max_size=120), st.sampled_from([b"", b"\x01\x03\x00\x00\x00", b"\x01\x06\x00\x00\x00", b"\x00"])
)
def test_nonsense_is_refused_in_words(data, head):
    with contextlib.suppress(BadInput):
        geo.parse(head + data)
    with pytest.raises(BadInput):
        geo.parse(geo.point_wkb(1, 2) + b"\x00" + data)


@given(rings, st.data())
def test_a_cut_off_geometry_is_refused(ring, data):
    wkb = geo.multipolygon_wkb([[ring]])
    with pytest.raises(BadInput, match="cut off"):
        geo.parse(wkb[: data.draw(st.integers(0, len(wkb) - 1))])


@pytest.mark.parametrize("wkt", ["GEOMETRYCOLLECTION (POINT (1 2))"])
def test_other_kinds_are_refused_by_their_number(wkt):
    with pytest.raises(BadInput, match="7"):
        geo.parse(shapely.to_wkb(shapely.from_wkt(wkt)))


def test_vertices_of_several_dimensions_do_not_mix():
    with pytest.raises(BadInput, match="height"):
        geo.multilinestring_wkb([[(0, 0), (1, 1)], [(0, 0, 0), (1, 1, 1)]])
    with pytest.raises(BadInput, match="pairs"):
        geo.linestring_wkb([1.0, 2.0, 3.0])


@given(rings)
def test_open_and_closed_rings_make_the_same_polygon(ring):
    assume(ring[0] != ring[-1])
    assert geo.polygon_wkb([ring]) == geo.polygon_wkb([np.array([*ring, ring[0]])])
