"""Circular arcs as short straight pieces, the same ones from whichever side they are walked.

Neighbours in the BGT share their curved borders. Each arc is computed from its smaller end point to
its larger one and turned round afterwards, so that both neighbours get bitwise the same vertices.
"""

from __future__ import annotations

import math

from ... import geo

#: Farthest that a chord may lie from its arc, in metres; the BGT itself is good to decimetres.
MAX_SAGITTA = 0.002
#: Points whose triangle has less than this double area per square of its size are on one line.
_STRAIGHT = 1e-9

#: x and y of one vertex after the other, in metres.
Flat = list[float]


def arc(run: Flat) -> Flat:
    """Return the vertices of the arc from the first through the second to the third point.

    Where the first and the third point are one, it is the whole circle with the second one opposite.
    End points and the middle point are kept exactly; other vertices are rounded to 1 mm.
    """
    x1, y1, xm, ym, x2, y2 = run
    if (x1, y1) == (x2, y2):
        cx, cy = (x1 + xm) / 2.0, (y1 + ym) / 2.0
        return [
            x1,
            y1,
            *_between(cx, cy, x1, y1, math.pi, xm, ym),
            *_between(cx, cy, xm, ym, math.pi, x2, y2),
        ]
    if (x2, y2) < (x1, y1):
        return geo.reversed_run(_ordered(x2, y2, xm, ym, x1, y1))
    return _ordered(x1, y1, xm, ym, x2, y2)


def circle(run: Flat) -> Flat:
    """Return the vertices of the whole circle through three points, from the first one round to it."""
    x1, y1, xm, ym, x2, y2 = run
    centre = _centre(x1, y1, xm, ym, x2, y2)
    if centre is None:
        return [x1, y1, xm, ym, x2, y2, x1, y1]
    cx, cy = centre
    turn = _turn(x1, y1, xm, ym, x2, y2)
    first, second = _sweep(cx, cy, x1, y1, xm, ym, turn), _sweep(cx, cy, xm, ym, x2, y2, turn)
    third = math.copysign(2.0 * math.pi, turn) - first - second
    found = [x1, y1, *_between(cx, cy, x1, y1, first, xm, ym), *_between(cx, cy, xm, ym, second, x2, y2)]
    return found + _between(cx, cy, x2, y2, third, x1, y1)


def _ordered(x1: float, y1: float, xm: float, ym: float, x2: float, y2: float) -> Flat:
    centre = _centre(x1, y1, xm, ym, x2, y2)
    if centre is None:
        return [x1, y1, xm, ym, x2, y2]
    cx, cy = centre
    turn = _turn(x1, y1, xm, ym, x2, y2)
    first, second = _sweep(cx, cy, x1, y1, xm, ym, turn), _sweep(cx, cy, xm, ym, x2, y2, turn)
    return [x1, y1, *_between(cx, cy, x1, y1, first, xm, ym), *_between(cx, cy, xm, ym, second, x2, y2)]


def _centre(x1: float, y1: float, xm: float, ym: float, x2: float, y2: float) -> tuple[float, float] | None:
    """Return the centre of the circle through three points; None where they are on one line."""
    ax, ay, bx, by = xm - x1, ym - y1, x2 - x1, y2 - y1
    a, b = ax * ax + ay * ay, bx * bx + by * by
    double = 2.0 * (ax * by - ay * bx)
    if abs(double) <= _STRAIGHT * max(a, b):
        return None
    return x1 + (by * a - ay * b) / double, y1 + (ax * b - bx * a) / double


def _turn(x1: float, y1: float, xm: float, ym: float, x2: float, y2: float) -> float:
    """Return a positive number where the three points run counter-clockwise."""
    return (xm - x1) * (y2 - y1) - (ym - y1) * (x2 - x1)


def _sweep(cx: float, cy: float, x1: float, y1: float, x2: float, y2: float, turn: float) -> float:
    """Return the angle from one point to the other around the centre, in the direction of `turn`."""
    ax, ay, bx, by = x1 - cx, y1 - cy, x2 - cx, y2 - cy
    angle = math.atan2(ax * by - ay * bx, ax * bx + ay * by)
    if turn > 0.0:
        return angle if angle >= 0.0 else angle + 2.0 * math.pi
    return angle if angle <= 0.0 else angle - 2.0 * math.pi


def _between(cx: float, cy: float, x1: float, y1: float, sweep: float, x2: float, y2: float) -> Flat:
    """Return the vertices after the first point up to the second one, itself included."""
    ax, ay = x1 - cx, y1 - cy
    radius = math.hypot(ax, ay)
    step = 2.0 * math.acos(max(1.0 - MAX_SAGITTA / radius, 0.0)) if radius > 0.0 else math.pi
    count = math.ceil(abs(sweep) / step)
    found: Flat = []
    for number in range(1, count):
        angle = sweep * number / count
        sine, cosine = math.sin(angle), math.cos(angle)
        found.append(round(cx + ax * cosine - ay * sine, 3))
        found.append(round(cy + ax * sine + ay * cosine, 3))
    found += (x2, y2)
    return found
