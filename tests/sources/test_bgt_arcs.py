"""Arcs made straight: near the true arc, through its points, alike from both sides."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.sources.bgt.arcs import MAX_SAGITTA, arc, circle

#: Rounding to 1 mm moves a vertex by at most this, in metres.
ROUNDING = math.hypot(0.0005, 0.0005)


@st.composite
def arcs(draw):
    """Three points of an arc anywhere in the Netherlands, of 1 to 300 m radius, and its circle."""
    cx, cy = draw(st.floats(20_000, 270_000)), draw(st.floats(310_000, 600_000))
    radius = draw(st.floats(1.0, 300.0))
    start = draw(st.floats(0, 2 * math.pi))
    sweep = draw(st.floats(0.1, 6.0)) * draw(st.sampled_from([-1, 1]))
    middle = draw(st.floats(0.1, 0.9))
    angles = (start, start + sweep * middle, start + sweep)
    points = [(cx + radius * math.cos(a), cy + radius * math.sin(a)) for a in angles]
    return [round(value, 3) for point in points for value in point], (cx, cy), radius, abs(sweep)


def circle_through(run):
    """Centre and radius by complex numbers, another way than the product's."""
    a, b, c = (complex(run[n] - run[0], run[n + 1] - run[1]) for n in (0, 2, 4))
    w = (c - a) / (b - a)
    assume(abs(w.imag) > 1e-9)
    centre = (b - a) * (w - abs(w) ** 2) / (2j * w.imag) + a
    return centre.real + run[0], centre.imag + run[1], abs(centre - a)


@given(arcs())
def test_both_sides_of_a_border_get_the_same_vertices(found):
    run = found[0]
    assert arc(geo.reversed_run(run)) == geo.reversed_run(arc(run))


@given(arcs())
def test_an_arc_runs_through_its_three_points(found):
    run = found[0]
    made = arc(run)
    vertices = list(zip(made[::2], made[1::2], strict=True))
    assert vertices[0] == (run[0], run[1])
    assert vertices[-1] == (run[4], run[5])
    assert (run[2], run[3]) in vertices


@given(arcs())
def test_no_chord_is_farther_from_the_arc_than_promised(found):
    run = found[0]
    cx, cy, radius = circle_through(run)
    made = arc(run)
    vertices = list(zip(made[::2], made[1::2], strict=True))
    for (x1, y1), (x2, y2) in pairwise(vertices):
        assert abs(math.hypot(x1 - cx, y1 - cy) - radius) <= ROUNDING + 1e-6
        middle = math.hypot((x1 + x2) / 2 - cx, (y1 + y2) / 2 - cy)
        assert radius - middle <= MAX_SAGITTA + ROUNDING + 1e-6


@given(arcs())
def test_an_arc_is_as_long_as_it_should_be(found):
    """It goes the way through its middle point, not the other way round the circle."""
    run, _centre, radius, sweep = found
    made = arc(run)
    vertices = list(zip(made[::2], made[1::2], strict=True))
    length = sum(math.dist(a, b) for a, b in pairwise(vertices))
    assert abs(length - radius * sweep) <= 0.02 * radius * sweep + 0.02


@given(arcs())
def test_a_circle_closes_and_is_round(found):
    run = found[0]
    cx, cy, radius = circle_through(run)
    made = circle(run)
    assert made[:2] == made[-2:] == run[:2]
    area = geo.area(geo.polygon_wkb([list(zip(made[::2], made[1::2], strict=True))]))
    assert abs(area - math.pi * radius**2) <= 2 * math.pi * radius * (MAX_SAGITTA + ROUNDING) + 1e-3
    assert all(abs(math.dist(p, (cx, cy)) - radius) < 0.001 for p in zip(made[::2], made[1::2], strict=True))


def test_an_arc_that_ends_where_it_begins_is_a_circle():
    made = arc([0.0, 0.0, 10.0, 0.0, 0.0, 0.0])
    area = geo.area(geo.polygon_wkb([list(zip(made[::2], made[1::2], strict=True))]))
    assert abs(area - math.pi * 25) < 0.05


def test_points_on_one_line_stay_a_line():
    assert arc([0.0, 0.0, 5.0, 0.0, 10.0, 0.0]) == [0.0, 0.0, 5.0, 0.0, 10.0, 0.0]
    assert arc([0.0, 0.0, 5.0, 0.0001, 10.0, 0.0]) == [0.0, 0.0, 5.0, 0.0001, 10.0, 0.0]
    assert arc([3.0, 3.0, 3.0, 3.0, 3.0, 3.0])[:2] == [3.0, 3.0]
