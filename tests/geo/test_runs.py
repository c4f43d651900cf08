"""The fast way to a blob gives the same bytes as the canonical way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput

COORDINATE = st.integers(0, 30).map(lambda n: n / 8 * 1000 / 1000) | st.integers(0, 300_000_000).map(
    lambda n: n / 1000
)
VERTEX = st.tuples(COORDINATE, COORDINATE)
RING = st.lists(VERTEX, min_size=3, max_size=12).map(lambda points: [*points, points[0]])


def flat(points):
    return [value for point in points for value in point]


def slow(wkb):
    return geo.blob_from_wkb(geo.canonical_wkb(wkb))


@given(st.lists(st.lists(RING, min_size=1, max_size=3), min_size=1, max_size=3))
def test_polygons(polygons):
    runs = [[flat(ring) for ring in rings] for rings in polygons]
    assert geo.blob_of_runs(geo.MULTIPOLYGON, runs) == slow(geo.multipolygon_wkb(polygons))


@given(st.lists(st.lists(VERTEX, min_size=2, max_size=9), min_size=1, max_size=4))
def test_lines(lines):
    assert geo.blob_of_runs(geo.MULTILINESTRING, [[flat(line)] for line in lines]) == slow(
        geo.multilinestring_wkb(lines)
    )


@given(st.lists(VERTEX, min_size=1, max_size=5))
def test_points(points):
    assert geo.blob_of_runs(geo.MULTIPOINT, [[list(p)] for p in points]) == slow(geo.multipoint_wkb(points))


@pytest.mark.parametrize(
    ("kind", "run"),
    [
        (geo.MULTIPOLYGON, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]),
        (geo.MULTIPOLYGON, [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]),
        (geo.MULTILINESTRING, [0.0, 0.0]),
    ],
)
def test_too_few_vertices_and_open_rings_are_refused(kind, run):
    with pytest.raises(BadInput):
        geo.blob_of_runs(kind, [[run]])


@given(st.lists(VERTEX, min_size=1, max_size=9))
def test_a_run_turned_twice_is_itself(points):
    run = flat(points)
    turned = geo.reversed_run(run)
    assert turned == flat(points[::-1])
    assert geo.reversed_run(turned) == run
