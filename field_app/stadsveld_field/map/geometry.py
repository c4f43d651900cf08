"""Small geometry that the map needs at every scene, on arrays of vertices (n by 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vertices = NDArray[np.floating]
#: A polygon: its exterior ring and its interior ones, each closed.
Rings = Sequence[Vertices]


def outline(rings: Sequence[Vertices], width: float) -> NDArray[np.float32]:
    """Return triangles (3n by 2) that draw the rings' edges as strokes of `width`, in map units."""
    if not rings:
        return np.empty((0, 2), np.float32)
    start = np.concatenate([ring[:-1] for ring in rings])
    end = np.concatenate([ring[1:] for ring in rings])
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    keep = length > 0
    start, end, along = start[keep], end[keep], along[keep] / length[keep, None] * (width / 2)
    across = np.column_stack((-along[:, 1], along[:, 0]))
    # Edges run on by half a width, so that corners close.
    one, two = start - along - across, start - along + across
    three, four = end + along + across, end + along - across
    return np.stack((one, two, three, one, three, four), axis=1).reshape(-1, 2).astype(np.float32)


def contains(rings: Rings, x: float, y: float) -> bool:
    """Tell whether a point is inside a polygon, holes taken out (even-odd rule)."""
    crossings = 0
    for ring in rings:
        x1, y1, x2, y2 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
        spans = (y1 > y) != (y2 > y)
        if spans.any():
            at = x1[spans] + (y - y1[spans]) * (x2[spans] - x1[spans]) / (y2[spans] - y1[spans])
            crossings += int(np.count_nonzero(at > x))
    return crossings % 2 == 1


def distance(rings: Rings, x: float, y: float) -> float:
    """Return the distance from a point to the nearest edge of a polygon."""
    best = math.inf
    for ring in rings:
        start, along = ring[:-1], ring[1:] - ring[:-1]
        square = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((x - start[:, 0]) * along[:, 0] + (y - start[:, 1]) * along[:, 1]) / square, 0, 1)
        nearest = start + share[:, None] * along
        best = min(best, float(np.hypot(nearest[:, 0] - x, nearest[:, 1] - y).min(initial=math.inf)))
    return best


def interior_point(rings: Rings) -> tuple[float, float]:
    """Return a point well inside a polygon: the middle of its widest stretch at a few heights."""
    outer = rings[0]
    low, high = float(outer[:, 1].min()), float(outer[:, 1].max())
    best = (-1.0, float(outer[:, 0].mean()), float(outer[:, 1].mean()))
    for share in (0.5, 0.31, 0.69, 0.13, 0.87):
        y = low + share * (high - low)
        best = max(best, _widest(rings, y))
    return best[1], best[2]


def _widest(rings: Rings, y: float) -> tuple[float, float, float]:
    """Return (width, x of the middle, y) of the widest stretch inside at height `y`."""
    found: list[float] = []
    for ring in rings:
        x1, y1, x2, y2 = ring[:-1, 0], ring[:-1, 1], ring[1:, 0], ring[1:, 1]
        spans = (y1 > y) != (y2 > y)
        found.extend(
            (x1[spans] + (y - y1[spans]) * (x2[spans] - x1[spans]) / (y2[spans] - y1[spans])).tolist()
        )
    found.sort()
    stretches = [
        (right - left, (left + right) / 2, y) for left, right in zip(found[::2], found[1::2], strict=False)
    ]
    return max(stretches, default=(-1.0, float(rings[0][0, 0]), y))


def main_axis(ring: Vertices) -> tuple[float, float]:
    """Return (angle in radians in (-pi/2, pi/2], extent along it) of an elongated ring.

    The angle is that of the edges, each weighted by its length and its direction doubled, so that
    both sides of a street count the same way.
    """
    along = ring[1:] - ring[:-1]
    length = np.hypot(along[:, 0], along[:, 1])
    doubled = 2 * np.arctan2(along[:, 1], along[:, 0])
    angle = 0.5 * math.atan2(float((length * np.sin(doubled)).sum()), float((length * np.cos(doubled)).sum()))
    shares = ring[:, 0] * math.cos(angle) + ring[:, 1] * math.sin(angle)
    return angle, float(shares.max() - shares.min())
