"""Arcs as vertices, the same from either side.

Two neighbours share an arc but run along it in opposite directions. The vertices are therefore
computed in one order only (from the lower end point to the higher one) and then reversed where
needed, so that the surfaces stay watertight.
"""

from __future__ import annotations

import math

Point = tuple[float, float]
#: Centre x, centre y and radius.
Circle = tuple[float, float, float]

#: Largest distance between an arc and its chords, in metres: the precision of the store itself.
SAGITTA = 0.001


def arc_points(a: Point, b: Point, c: Point) -> list[Point]:
    """Return the vertices of the arc from `a` through `b` to `c`, without `a`, rounded to 1 mm.

    Three points on a line become two chords; where `a` equals `c` the arc is the whole circle with
    `a` and `b` as the ends of a diameter, as GML defines it.
    """
    if a == c:
        x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
        side = (round(x - (b[1] - y), 3), round(y + (b[0] - x), 3))
        return [*arc_points(a, side, b), *arc_points(b, (2 * x - side[0], 2 * y - side[1]), a)]
    low, high = (a, c) if a <= c else (c, a)
    circle = _circle(low, b, high)
    if circle is None:
        return [b, c]
    left = _is_left(low, b, high)
    points = [*_way(low, b, circle, left), *_way(b, high, circle, left)]
    return points if low == a else [*reversed(points[:-1]), c]


def circle_points(a: Point, b: Point, c: Point) -> list[Point]:
    """Return the closed ring of the circle through three points; the same for any order of them."""
    first, *others = sorted((a, b, c))
    second, third = others if _is_left(first, *others) else reversed(others)
    circle = _circle(first, second, third)
    if circle is None:
        return [first, second, third, first]
    ways = [
        _way(begin, end, circle, True) for begin, end in ((first, second), (second, third), (third, first))
    ]
    return [first, *(point for way in ways for point in way)]


def _is_left(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0


def _circle(a: Point, b: Point, c: Point) -> Circle | None:
    """Return centre and radius of the circle through three points, or None where they are in line."""
    bx, by, cx, cy = b[0] - a[0], b[1] - a[1], c[0] - a[0], c[1] - a[1]
    cross = 2.0 * (bx * cy - by * cx)
    if abs(cross) <= 1e-9 * (bx * bx + by * by + cx * cx + cy * cy):
        return None
    bb, cc = bx * bx + by * by, cx * cx + cy * cy
    x, y = (cy * bb - by * cc) / cross, (bx * cc - cx * bb) / cross
    return a[0] + x, a[1] + y, math.hypot(x, y)


def _way(begin: Point, end: Point, circle: Circle, left: bool) -> list[Point]:
    """Return the vertices along a circle from `begin` to `end`, turning left or right, without `begin`."""
    x, y, radius = circle
    start = math.atan2(begin[1] - y, begin[0] - x)
    turn = (math.atan2(end[1] - y, end[0] - x) - start) % math.tau
    if not left:
        turn -= math.tau
    step = 2.0 * math.acos(1.0 - SAGITTA / radius) if radius > SAGITTA else math.pi
    count = max(math.ceil(abs(turn) / step), 1)
    angles = [start + turn * i / count for i in range(1, count)]
    points = [(round(x + radius * math.cos(t), 3), round(y + radius * math.sin(t), 3)) for t in angles]
    return [*points, end]
