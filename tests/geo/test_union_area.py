"""The area of a union, which is not made where surfaces only lie side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld import geo

CELL = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 4), st.integers(1, 4))


def square(x, y, width, height):
    return geo.polygon_wkb([[(x, y), (x + width, y), (x + width, y + height), (x, y + height)]])


@given(st.lists(CELL, min_size=1, max_size=12))
def test_it_counts_every_covered_cell_once(cells):
    """Rectangles on a grid: beside, over, inside each other, and twice the same."""
    covered = {(x + i, y + j) for x, y, width, height in cells for i in range(width) for j in range(height)}
    geometries = geo.default_engine().from_wkbs([square(*cell) for cell in cells])
    assert geo.union_area(geometries) == pytest.approx(len(covered))


def test_lines_and_points_among_surfaces_have_no_area():
    """As cutting leaves them where a neighbour only touches."""
    engine = geo.default_engine()
    touching = engine.intersection(engine.from_wkb(square(0, 0, 2, 2)), engine.from_wkb(square(2, 0, 2, 2)))
    assert geo.union_area([engine.from_wkb(square(0, 0, 2, 2)), touching]) == 4.0


def test_surfaces_that_cross_themselves_are_made_valid():
    bow_tie = geo.polygon_wkb([[(0, 0), (2, 2), (2, 0), (0, 2)]])
    found = geo.valid_surfaces([square(0, 0, 1, 1), bow_tie])
    engine = geo.default_engine()
    assert all(engine.is_valid(each) for each in found)
    assert [engine.area(each) for each in found] == [1.0, 2.0]
    assert len(geo.valid_surfaces([])) == 0


def test_any_engine_will_do():
    class Counting:
        def union(self, geometries):
            return sum(geometries)

        def area(self, geometry):
            return float(geometry)

    geo.use_engine(Counting())
    try:
        assert geo.union_area([2, 3]) == 5.0
    finally:
        geo.use_engine(None)
