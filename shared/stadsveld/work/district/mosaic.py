"""A planar partition by construction: rectangles painted over each other, traced to exact rings.

All coordinates are integer millimetres in a local, axis-parallel frame. What is painted later covers
what was painted before; what remains visible of each coat becomes one or more areas. Neighbours share
every vertex, and rounded corners are arcs of which both neighbours hold the same three points, so
that the areas fill the plane exactly once, whatever function later moves the vertices.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: A point in mm.
Point = tuple[int, int]
#: A rectangle in mm: west, south, east, north.
Rect = tuple[int, int, int, int]

_HALF_SQRT2 = 0.7071067811865476


@dataclass(frozen=True)
class Ring:
    """A closed ring: corners and, in their place, arcs as (start, a point on it, end).

    Counter-clockwise around the outside of an area, clockwise around its holes.
    """

    pieces: tuple[tuple[Point, ...], ...]

    def points(self) -> list[Point]:
        """Return the vertices, arcs as their three points; the first is not repeated."""
        flat = [point for piece in self.pieces for point in piece]
        return [point for place, point in enumerate(flat) if point != flat[place - 1]]

    def doubled_area(self) -> int:
        """Return twice the signed area in mm² of the polygon of `points` (exact)."""
        return doubled_area(self.points())


@dataclass
class Area:
    """One connected visible part of a coat.

    Attributes:
        coat: number of the coat it shows.
        outer: its outline.
        holes: its holes.
    """

    coat: int
    outer: Ring
    holes: list[Ring] = field(default_factory=list)

    def rings(self) -> Iterator[Ring]:
        """Yield the outline, then the holes."""
        yield self.outer
        yield from self.holes

    def doubled_area(self) -> int:
        """Return twice its area in mm², arcs taken as their two chords (exact)."""
        return sum(ring.doubled_area() for ring in self.rings())


def doubled_area(points: list[Point]) -> int:
    """Return twice the signed area of a polygon by the shoelace formula, in integers."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True))


class Mosaic:
    """The painting: coats of rectangles, later ones on top, and the corners to round."""

    def __init__(self) -> None:
        self._rects: list[Rect] = []
        self._coats: list[int] = []
        self._radii: dict[Point, int] = {}

    def paint(self, coat: int, *rects: Rect) -> None:
        """Paint `rects` (mm) in one coat over everything before."""
        for west, south, east, north in rects:
            if west < east and south < north:
                self._rects.append((west, south, east, north))
                self._coats.append(coat)

    def round_corner(self, corner: Point, radius: int) -> None:
        """Ask for an arc of `radius` mm where, at the end, exactly two areas meet in this corner."""
        if radius > 0:
            self._radii[corner] = radius

    def areas(self) -> list[Area]:
        """Return what is visible, in order of coat and then of position."""
        rects = np.asarray(self._rects, np.int64).reshape(-1, 4)
        columns, rows = np.unique(rects[:, [0, 2]]), np.unique(rects[:, [1, 3]])
        cells = np.full((rows.size + 1, columns.size + 1), -1, np.int32)
        west, east = np.searchsorted(columns, rects[:, 0]), np.searchsorted(columns, rects[:, 2])
        south, north = np.searchsorted(rows, rects[:, 1]), np.searchsorted(rows, rects[:, 3])
        sides = np.column_stack([west, south, east, north]) + 1
        for coat, (left, low, right, high) in zip(self._coats, sides.tolist(), strict=True):
            cells[low:high, left:right] = coat
        edges = _Edges(cells, columns, rows)
        rounding = {corner: radius for corner, radius in self._radii.items() if corner in edges.corners}
        areas: list[Area] = []
        for coat in sorted(edges.by_coat):
            areas.extend(_areas_of(coat, _rings(edges.by_coat[coat]), rounding))
        return areas


class _Edges:
    """The borders between different coats, cut only at corners and where three or more areas meet.

    `by_coat` holds, per coat, the directed edges that have it on their left: start -> ends.
    `corners` are the vertices where exactly two areas meet at a right angle.
    """

    def __init__(self, cells: NDArray[np.int32], columns: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        southwest, southeast = cells[:-1, :-1], cells[:-1, 1:]
        northwest, northeast = cells[1:, :-1], cells[1:, 1:]
        south, north = southwest != southeast, northwest != northeast
        west, east = southwest != northwest, southeast != northeast
        degree = south.astype(np.int8) + north + west + east
        straight = (degree == 2) & ((south & north) | (west & east))
        kept = (degree > 0) & ~straight
        self.by_coat: dict[int, dict[Point, list[Point]]] = defaultdict(lambda: defaultdict(list))
        self._add(columns, rows, kept, east, southeast, northeast, across=False)
        self._add(rows, columns, kept.T, north.T, northeast.T, northwest.T, across=True)
        places = np.argwhere(kept & (degree == 2))
        self.corners = {(int(columns[i]), int(rows[j])) for j, i in places}

    def _add(
        self,
        along: NDArray[np.int64],
        lines: NDArray[np.int64],
        kept: NDArray[np.bool_],
        edge: NDArray[np.bool_],
        right: NDArray[np.int32],
        left: NDArray[np.int32],
        *,
        across: bool,
    ) -> None:
        """Add the edges of one direction; `edge[j, i]` runs from node i to node i + 1 of line j."""
        starts = np.argwhere(edge & kept)
        ends = np.argwhere(edge[:, :-1] & kept[:, 1:])
        for (line, first), (_, last) in zip(starts.tolist(), ends.tolist(), strict=True):
            fixed = int(lines[line])
            begin, end = (int(along[first]), fixed), (int(along[last + 1]), fixed)
            if across:
                begin, end = begin[::-1], end[::-1]
            if left[line, first] >= 0:
                self.by_coat[int(left[line, first])][begin].append(end)
            if right[line, first] >= 0:
                self.by_coat[int(right[line, first])][end].append(begin)


def _rings(edges: dict[Point, list[Point]]) -> Iterator[list[Point]]:
    """Chain directed edges to rings; where two go on, the leftmost, so that rings never cross."""
    for start in sorted(edges, key=lambda node: (len(edges[node]), node)):
        while edges[start]:
            ring = [start]
            here = edges[start].pop()
            while here != start:
                ways = edges[here]
                way = 0 if len(ways) == 1 else _leftmost(ring[-1], here, ways)
                ring.append(here)
                here = ways.pop(way)
            yield from _simple(ring)


def _simple(ring: list[Point]) -> Iterator[list[Point]]:
    """Cut a ring that comes by a vertex twice into rings that do not: a hole may touch its outline there."""
    walked: list[Point] = []
    places: dict[Point, int] = {}
    for node in ring:
        if node in places:
            place = places[node]
            yield walked[place:]
            for gone in walked[place + 1 :]:
                del places[gone]
            del walked[place + 1 :]
        else:
            places[node] = len(walked)
            walked.append(node)
    yield walked


def _leftmost(before: Point, here: Point, ways: list[Point]) -> int:
    along = (here[0] - before[0], here[1] - before[1])
    turns = [along[0] * (way[1] - here[1]) - along[1] * (way[0] - here[0]) for way in ways]
    return turns.index(max(turns))


def _areas_of(coat: int, rings: Iterable[list[Point]], rounding: dict[Point, int]) -> list[Area]:
    """Sort the rings of one coat into areas with their holes."""
    outers: list[tuple[list[Point], Area]] = []
    holes: list[list[Point]] = []
    for corners in rings:
        if doubled_area(corners) > 0:
            outers.append((corners, Area(coat, _rounded(corners, rounding))))
        else:
            holes.append(corners)
    for corners in holes:
        inside = _left_of_first_edge(corners)
        around = [area for outline, area in outers if _contains(outline, inside)]
        smallest = min(around, key=lambda area: area.outer.doubled_area())
        smallest.holes.append(_rounded(corners, rounding))
    return [area for _, area in outers]


def _left_of_first_edge(corners: list[Point]) -> tuple[float, float]:
    """Return a point just inside the area of which `corners` is a ring."""
    (x0, y0), (x1, y1) = corners[:2]
    dx, dy = np.sign(x1 - x0), np.sign(y1 - y0)
    return (x0 + x1) / 2 - 0.25 * dy, (y0 + y1) / 2 + 0.25 * dx


def _contains(corners: list[Point], point: tuple[float, float]) -> bool:
    """Tell whether an axis-parallel polygon contains `point`, by counting crossings to the east."""
    x, y = point
    crossings = 0
    for (x0, y0), (_, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        crossings += x0 > x and min(y0, y1) <= y < max(y0, y1)
    return crossings % 2 == 1


def _rounded(corners: list[Point], rounding: dict[Point, int]) -> Ring:
    """Put arcs in the place of the corners to round; short edges make them smaller.

    Both areas at a corner see the same two neighbouring vertices, so both get the same arc.
    """
    pieces: list[tuple[Point, ...]] = []
    for place, corner in enumerate(corners):
        wanted = rounding.get(corner, 0)
        before, after = corners[place - 1], corners[(place + 1) % len(corners)]
        radius = min(wanted, *(_room(corner, end, wanted, rounding.get(end, 0)) for end in (before, after)))
        if radius < 100:
            pieces.append((corner,))
            continue
        shift = round(radius * (1 - _HALF_SQRT2))
        middle = _moved(_moved(corner, before, corner, shift), after, corner, shift)
        pieces.append((_moved(corner, before, corner, radius), middle, _moved(corner, after, corner, radius)))
    return Ring(tuple(pieces))


def _room(corner: Point, end: Point, wanted: int, wanted_there: int) -> int:
    length = abs(end[0] - corner[0]) + abs(end[1] - corner[1])
    if wanted + wanted_there <= length:
        return wanted
    return length * wanted // (wanted + wanted_there)


def _moved(point: Point, end: Point, begin: Point, distance: int) -> Point:
    """Return `point` moved by `distance` mm in the axis-parallel direction from `begin` to `end`."""
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    return point[0] + distance * ((dx > 0) - (dx < 0)), point[1] + distance * ((dy > 0) - (dy < 0))
