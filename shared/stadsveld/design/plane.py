"""Which boxes lie inside a polygon, outside it, or on its boundary: for thousands at once.

What lies inside counts with the area it has and what lies outside not at all, so that only objects
on the boundary need to be cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OUTSIDE, INSIDE, CUT = 0, 1, 2


def sides(rings: Sequence[Floats], boxes: Floats) -> NDArray[np.uint8]:
    """Return OUTSIDE, INSIDE or CUT for every box.

    Args:
        rings: closed rings of one or more polygons that do not overlap, each k by 2.
        boxes: n by 4: minx, miny, maxx, maxy.
    """
    found = np.zeros(len(boxes), np.uint8)
    low, high = bounds(rings)
    near = np.flatnonzero(
        (boxes[:, 0] <= high[0])
        & (boxes[:, 2] >= low[0])
        & (boxes[:, 1] <= high[1])
        & (boxes[:, 3] >= low[1])
    )
    close = boxes[near]
    cut = np.zeros(len(near), bool)
    inside = np.zeros(len(near), bool)
    for ring in rings:
        for begin, end in pairwise(ring):
            cut |= _edge_meets(begin, end, close)
            inside ^= _edge_is_right_of(begin, end, close[:, 0], close[:, 1])
    found[near] = np.where(cut, CUT, inside)
    return found


def bounds(rings: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return the lowest and the highest coordinates of rings."""
    low = np.min([ring.min(axis=0) for ring in rings], axis=0)
    high = np.max([ring.max(axis=0) for ring in rings], axis=0)
    return low, high


def _edge_meets(begin: Floats, end: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Return whether a segment shares a point with each box (separating axes)."""
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    apart = (
        (boxes[:, 0] > high[0]) | (boxes[:, 2] < low[0]) | (boxes[:, 1] > high[1]) | (boxes[:, 3] < low[1])
    )
    along = end - begin
    centre_x, centre_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    reach = (
        np.abs(along[1]) * (boxes[:, 2] - boxes[:, 0]) / 2
        + np.abs(along[0]) * (boxes[:, 3] - boxes[:, 1]) / 2
    )
    offset = along[0] * (centre_y - begin[1]) - along[1] * (centre_x - begin[0])
    return np.asarray(~apart & (np.abs(offset) <= reach))


def _edge_is_right_of(begin: Floats, end: Floats, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return whether a ray from each point to the right crosses the segment."""
    spans = (begin[1] > y) != (end[1] > y)
    if begin[1] == end[1]:
        return np.asarray(spans)
    crossing = begin[0] + (y - begin[1]) * (end[0] - begin[0]) / (end[1] - begin[1])
    return np.asarray(spans & (crossing > x))
