"""Canonical SpatiaLite blobs straight from flat runs of vertices, for readers of very many objects.

The result is that of `blob_from_wkb(canonical_wkb(…))` on the multi geometry, several times faster:
small runs are handled as plain numbers, and the binary form is written once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from operator import mul

import numpy as np

from ..text import _
from .wkb import MULTILINESTRING, MULTIPOINT, MULTIPOLYGON, broken, canonical_ring

#: x and y of one vertex after the other; coordinates in metres, rounded to 1 mm.
Run = list[float]

_HEAD = struct.Struct("<BBi4dBII")
_RD = 28992
#: Double areas below this, per square metre of the box around the ring, are checked with care.
_THIN = 1e-6
_MARK, _END = b"\x69", b"\xfe"


def blob_of_runs(kind: int, parts: Sequence[Sequence[Run]], srid: int = _RD) -> bytes:
    """Return the canonical blob of a multi geometry in two dimensions.

    Args:
        kind: `MULTIPOINT`, `MULTILINESTRING` or `MULTIPOLYGON` of geo.wkb.
        parts: per part its runs: for a polygon the exterior ring and then the interior ones, each
            closed; else a single run. Coordinates are finite and rounded to 1 mm.
        srid: the EPSG code of the coordinates.

    Raises:
        BadInput: a line or ring has too few vertices, or a ring is not closed.
    """
    write = {MULTIPOINT: _point, MULTILINESTRING: _line, MULTIPOLYGON: _polygon}[kind]
    runs = [part[0] for part in parts]
    body = [write(part) for part in parts]
    minx, miny = min([min(run[::2]) for run in runs]), min([min(run[1::2]) for run in runs])
    maxx, maxy = max([max(run[::2]) for run in runs]), max([max(run[1::2]) for run in runs])
    head = _HEAD.pack(0, 1, srid, minx, miny, maxx, maxy, 0x7C, kind, len(parts))
    return head + b"".join(body) + _END


def _point(part: Sequence[Run]) -> bytes:
    return _MARK + struct.pack("<I2d", 1, *part[0])


def _line(part: Sequence[Run]) -> bytes:
    run = part[0]
    if len(run) < 4:
        raise broken(_("a line has fewer than two vertices"))
    return _MARK + struct.pack(f"<II{len(run)}d", 2, len(run) // 2, *run)


def _polygon(part: Sequence[Run]) -> bytes:
    body = [_MARK, struct.pack("<II", 3, len(part))]
    for number, ring in enumerate(part):
        turned = _canonical(ring, number == 0)
        body.append(struct.pack(f"<I{len(turned)}d", len(turned) // 2, *turned))
    return b"".join(body)


def _canonical(ring: Run, exterior: bool) -> Run:
    """Return the ring in its canonical direction from its smallest vertex on."""
    if len(ring) < 8:
        raise broken(_("a ring has fewer than four vertices"))
    if ring[:2] != ring[-2:]:
        raise broken(_("a ring is not closed"))
    west, south = min(ring[::2]), min(ring[1::2])
    # Near the ring the products stay small, so that nothing is lost on RD's six digits.
    x, y = [value - west for value in ring[::2]], [value - south for value in ring[1::2]]
    turn = sum(map(mul, x, y[1:])) - sum(map(mul, x[1:], y))
    if abs(turn) <= _THIN * (1.0 + max(x) * max(y)):
        # Hardly any area: the sign of the sum may be noise, so the direction is decided in one place.
        vertices = np.array(ring).reshape(-1, 2)
        return [float(value) for value in canonical_ring(vertices, exterior).ravel()]
    return _from_smallest(ring if (turn > 0.0) == exterior else reversed_run(ring))


def reversed_run(run: Run) -> Run:
    """Return the same vertices the other way round."""
    turned = run[::-1]
    turned[::2], turned[1::2] = turned[1::2], turned[::2]
    return turned


def _from_smallest(ring: Run) -> Run:
    x = ring[:-2:2]
    west = min(x)
    first = x.index(west)
    if x.count(west) == 1:
        return ring if first == 0 else ring[2 * first : -2] + ring[: 2 * first + 2]
    starts = [place for place, value in enumerate(x) if value == west]
    south = min(ring[2 * place + 1] for place in starts)
    turned = [
        ring[2 * place : -2] + ring[: 2 * place + 2] for place in starts if ring[2 * place + 1] == south
    ]
    return turned[0] if len(turned) == 1 else min(turned, key=_pairs)


def _pairs(run: Run) -> list[tuple[float, float]]:
    return list(zip(run[::2], run[1::2], strict=True))
