"""Geometry as well-known binary (WKB): read, made, measured and brought into one canonical form.

Points, lines, polygons and their multi forms. Written is little-endian ISO WKB; read are also
big-endian WKB, the extended WKB of PostGIS and Shapely, and Z and M values. Coordinates are in the
units of the caller's CRS: metres in RD (EPSG:28992) everywhere in Stadsveld.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from ..text import _

Vertices: TypeAlias = NDArray[np.float64]

POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON = range(1, 7)
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000
_VALUES_OF_FLAVOUR = {0: 2, 1: 3, 2: 3, 3: 4}
_MILLIMETRES = 1000.0
#: Runs of fewer values are faster with the interpreter's own min and max than with numpy.
_SMALL_RUN = 128


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry in the open: its kind and its vertices.

    Attributes:
        kind: `POINT` … `MULTIPOLYGON`, the numbers of WKB.
        parts: per part its runs of vertices (n by 2, 3 or 4): for a polygon the exterior ring and
            then the interior ones, else a single run. A single geometry has one part, an empty none.
        flavour: 0 for XY, 1 for XYZ, 2 for XYM, 3 for XYZM.
    """

    kind: int
    parts: tuple[tuple[Vertices, ...], ...]
    flavour: int = 0


class Run:
    """Where a run of vertices lies in a buffer: `offset` in bytes, `count` of vertices."""

    __slots__ = ("count", "offset")

    def __init__(self, offset: int, count: int) -> None:
        self.offset = offset
        self.count = count


class Layout:
    """What a scan found: the geometry's kind and the places of everything in its buffer."""

    __slots__ = ("entities", "flavour", "is_iso", "kind", "order", "parts")

    def __init__(self, kind: int, flavour: int, order: str) -> None:
        self.kind = kind
        self.flavour = flavour
        self.order = order
        self.is_iso = True
        self.parts: list[list[Run]] = []
        #: The places of the bytes that open each member of a multi geometry.
        self.entities: list[int] = []

    @property
    def values(self) -> int:
        """Values per vertex."""
        return _VALUES_OF_FLAVOUR[self.flavour]

    def numbers(self, data: bytes, run: Run) -> tuple[float, ...]:
        """Return the values of a run one after the other."""
        found: tuple[float, ...] = struct.unpack_from(
            f"{self.order}{run.count * self.values}d", data, run.offset
        )
        return found

    def vertices(self, data: bytes, run: Run) -> Vertices:
        """Return a run as an array with a row per vertex."""
        flat = np.frombuffer(data, f"{self.order}f8", run.count * self.values, run.offset)
        return flat.astype(np.float64).reshape(run.count, self.values)


def broken(reason: str) -> BadInput:
    """Return the error for a geometry that cannot be read."""
    return BadInput(_("The geometry cannot be read: {reason}.").format(reason=reason))


def scan_wkb(wkb: bytes) -> Layout:
    """Find everything in a WKB.

    Raises:
        BadInput: if it is damaged, cut off, or of a kind that Stadsveld does not know.
    """
    try:
        order = {0: ">", 1: "<"}[wkb[0]]
        code, position = _code_at(wkb, 1, order)
        layout = _new_layout(code, order)
        end = _scan(wkb, layout, position, wkb[0])
    except (struct.error, IndexError, KeyError, OverflowError) as error:
        raise broken(_("the binary form is damaged or cut off")) from error
    if end != len(wkb):
        raise broken(_("there are bytes after its end"))
    return layout


def scan_body(data: bytes, order: str, position: int, mark: int) -> tuple[Layout, int]:
    """Find everything in a body whose members open with the byte `mark`; for blob.py.

    `position` is that of the type code. Returns the layout and where the body ends. May raise
    struct.error, IndexError and KeyError on damage.
    """
    layout = _new_layout(struct.unpack_from(f"{order}I", data, position)[0], order)
    return layout, _scan(data, layout, position + 4, mark)


def _code_at(data: bytes, position: int, order: str) -> tuple[int, int]:
    """Return the type code at `position` and the position after it and its SRID."""
    code: int = struct.unpack_from(f"{order}I", data, position)[0]
    return code, position + (8 if code & _EWKB_SRID else 4)


def _new_layout(code: int, order: str) -> Layout:
    extended = code & 0xE0000000
    kind, flavour = code & 0x1FFFFFFF, 0
    if extended:
        flavour = (1 if code & _EWKB_Z else 0) + (2 if code & _EWKB_M else 0)
    else:
        flavour, kind = divmod(code, 1000)
    if not POINT <= kind <= MULTIPOLYGON or flavour not in _VALUES_OF_FLAVOUR:
        raise broken(_("its kind {code} is not supported").format(code=code))
    layout = Layout(kind, flavour, order)
    layout.is_iso = not extended
    return layout


def _scan(data: bytes, layout: Layout, position: int, mark: int) -> int:
    if layout.kind < MULTIPOINT:
        return _scan_single(data, layout, layout.kind, position)
    count = struct.unpack_from(f"{layout.order}I", data, position)[0]
    position += 4
    for _member in range(count):
        if data[position] != mark:
            raise broken(_("a part of it opens with a wrong byte"))
        layout.entities.append(position)
        code, position = _code_at(data, position + 1, layout.order)
        member = _new_layout(code, layout.order)
        if member.kind != layout.kind - 3 or member.flavour != layout.flavour:
            raise broken(_("a part of it is of another kind than the whole"))
        position = _scan_single(data, layout, member.kind, position)
    return position


def _scan_single(data: bytes, layout: Layout, kind: int, position: int) -> int:
    """Append the part at `position` to the layout and return where it ends."""
    unpack, code, size = struct.unpack_from, f"{layout.order}I", layout.values * 8
    runs: list[Run] = []
    if kind == POINT:
        runs.append(Run(position, 1))
        position += size
    else:
        count = 1
        if kind == POLYGON:
            count = unpack(code, data, position)[0]
            position += 4
        for _run in range(count):
            vertices = unpack(code, data, position)[0]
            runs.append(Run(position + 4, vertices))
            position += 4 + vertices * size
            if position > len(data):
                break
    if position > len(data):
        raise broken(_("the binary form is damaged or cut off"))
    layout.parts.append(runs)
    return position


def bbox_of(data: bytes, layout: Layout) -> tuple[float, float, float, float]:
    """Return (minx, miny, maxx, maxy) of a scanned geometry.

    Raises:
        BadInput: if it is empty or has a coordinate that is not a finite number.
    """
    xs: list[float] = []
    ys: list[float] = []
    for part in layout.parts:
        for number, run in enumerate(part):
            if run.count:
                minx, miny, maxx, maxy = _extremes(data, layout, run)
                # As in SpatiaLite the exterior ring alone decides; a hole outside it is invalid.
                if number == 0:
                    xs += (minx, maxx)
                    ys += (miny, maxy)
    if not xs:
        raise broken(_("it is empty"))
    return min(xs), min(ys), max(xs), max(ys)


def _extremes(data: bytes, layout: Layout, run: Run) -> tuple[float, float, float, float]:
    step = layout.values
    if run.count * step <= _SMALL_RUN:
        numbers = layout.numbers(data, run)
        if not (math.isfinite(sum(numbers)) or all(map(math.isfinite, numbers))):
            raise broken(_("a coordinate is not a finite number"))
        x, y = numbers[::step], numbers[1::step]
        return min(x), min(y), max(x), max(y)
    vertices = layout.vertices(data, run)
    if not np.isfinite(vertices).all():
        raise broken(_("a coordinate is not a finite number"))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def parse(wkb: bytes) -> Shape:
    """Return the vertices of a WKB.

    Raises:
        BadInput: if it is damaged or of an unknown kind.
    """
    layout = scan_wkb(wkb)
    parts = tuple(tuple(layout.vertices(wkb, run) for run in part) for part in layout.parts)
    if layout.kind == POINT and np.isnan(parts[0][0]).all():
        parts = ()  # an empty point, as WKB spells it
    elif layout.kind < MULTIPOINT and not sum(run.count for run in layout.parts[0]):
        parts = ()
    return Shape(layout.kind, parts, layout.flavour)


def dump(shape: Shape) -> bytes:
    """Return a shape as little-endian ISO WKB."""
    code = shape.kind + 1000 * shape.flavour
    if shape.kind < MULTIPOINT:
        return struct.pack("<BI", 1, code) + _single_body(shape.kind, shape.parts, shape.flavour)
    head = struct.pack("<BI", 1, code - 3)
    members = [head + _single_body(shape.kind - 3, (part,), shape.flavour) for part in shape.parts]
    return struct.pack("<BII", 1, code, len(members)) + b"".join(members)


def _single_body(kind: int, parts: Sequence[Sequence[Vertices]], flavour: int) -> bytes:
    if kind == POINT:
        values = _VALUES_OF_FLAVOUR[flavour]
        return _raw(parts[0][0]) if parts else struct.pack(f"<{values}d", *[math.nan] * values)
    runs = parts[0] if parts else ()
    if kind == LINESTRING:
        return _counted(runs[0]) if runs else struct.pack("<I", 0)
    return struct.pack("<I", len(runs)) + b"".join(map(_counted, runs))


def _raw(vertices: Vertices) -> bytes:
    return np.ascontiguousarray(vertices, "<f8").tobytes()


def _counted(vertices: Vertices) -> bytes:
    return struct.pack("<I", len(vertices)) + _raw(vertices)


def wkb_bbox(wkb: bytes) -> tuple[float, float, float, float]:
    """Return (minx, miny, maxx, maxy) in the geometry's units.

    Raises:
        BadInput: if it is damaged, empty or has a coordinate that is not finite.
    """
    return bbox_of(wkb, scan_wkb(wkb))


def area(wkb: bytes) -> float:
    """Return the area in square units by the shoelace formula; 0 for points and lines.

    Interior rings are subtracted whatever their direction. The polygon is taken to be valid.

    Raises:
        BadInput: if the WKB is damaged.
    """
    shape = parse(wkb)
    if shape.kind not in (POLYGON, MULTIPOLYGON):
        return 0.0
    total = 0.0
    for part in shape.parts:
        for number, ring in enumerate(part):
            total += abs(signed_area(ring)) * (-1.0 if number else 1.0)
    return total


def signed_area(ring: Vertices) -> float:
    """Return the area within a closed ring, positive when it runs counter-clockwise."""
    if len(ring) < 4:
        return 0.0
    # Near the ring the products stay small, so that nothing is lost on RD's six digits.
    x, y = ring[:, 0] - ring[:, 0].min(), ring[:, 1] - ring[:, 1].min()
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2.0


def canonical_wkb(wkb: bytes) -> bytes:
    """Return the one spelling of a geometry, so that equal geometries have equal bytes.

    Coordinates are rounded to 1 mm; exterior rings run counter-clockwise and interior ones
    clockwise, each from its lexicographically smallest vertex; parts and rings keep their order,
    repeated vertices stay; Z is kept and M dropped. The form of a canonical geometry is itself.

    Raises:
        BadInput: if it is damaged, empty, has a coordinate that is not finite, a line of fewer
            than two or a ring of fewer than four vertices, or a ring that is not closed.
    """
    shape = parse(wkb)
    if not shape.parts or not all(shape.parts):
        raise broken(_("it is empty"))
    columns = 3 if shape.flavour in (1, 3) else 2
    rings = shape.kind in (POLYGON, MULTIPOLYGON)
    parts = []
    for part in shape.parts:
        runs = [_rounded(run[:, :columns]) for run in part]
        if rings:
            runs = [canonical_ring(ring, number == 0) for number, ring in enumerate(runs)]
        elif shape.kind in (LINESTRING, MULTILINESTRING) and len(runs[0]) < 2:
            raise broken(_("a line has fewer than two vertices"))
        parts.append(tuple(runs))
    return dump(Shape(shape.kind, tuple(parts), columns - 2))


def _rounded(vertices: Vertices) -> Vertices:
    if not np.isfinite(vertices).all():
        raise broken(_("a coordinate is not a finite number"))
    # Adding zero turns -0.0 into 0.0.
    return np.asarray(np.rint(vertices * _MILLIMETRES) / _MILLIMETRES + 0.0)


def canonical_ring(ring: Vertices, exterior: bool) -> Vertices:
    """Return a closed ring in its canonical direction from its smallest vertex on; for `canonical_wkb`.

    Raises:
        BadInput: if it has fewer than four vertices or is not closed.
    """
    if len(ring) < 4:
        raise broken(_("a ring has fewer than four vertices"))
    if not (ring[0] == ring[-1]).all():
        raise broken(_("a ring is not closed"))
    turn = signed_area(ring)
    if turn == 0.0:
        # A ring without area has no direction: the smaller of the two spellings is taken.
        return min(_from_smallest(ring), _from_smallest(ring[::-1]), key=lambda found: found.tolist())
    return _from_smallest(ring if (turn > 0) == exterior else ring[::-1])


def _from_smallest(ring: Vertices) -> Vertices:
    """Return the closed ring from its smallest vertex on; of several equal ones the smallest spelling."""
    vertices = ring[:-1]
    leftmost = np.flatnonzero(vertices[:, 0] == vertices[:, 0].min())
    y = vertices[leftmost, 1]
    starts = leftmost[y == y.min()]
    turned = [np.concatenate((vertices[start:], vertices[: start + 1])) for start in starts.tolist()]
    return turned[0] if len(turned) == 1 else min(turned, key=lambda found: found.tolist())


def _as_vertices(points: ArrayLike) -> Vertices:
    vertices = np.asarray(points, dtype=np.float64)
    if vertices.size == 0:
        return vertices.reshape(0, 2)
    if vertices.ndim != 2 or vertices.shape[1] not in (2, 3):
        raise broken(_("its vertices are not pairs of coordinates"))
    return vertices


def _as_ring(points: ArrayLike) -> Vertices:
    ring = _as_vertices(points)
    if len(ring) and not (ring[0] == ring[-1]).all():
        ring = np.concatenate((ring, ring[:1]))
    return ring


def _made(kind: int, parts: Iterable[Iterable[Vertices]]) -> bytes:
    made = tuple(tuple(part) for part in parts)
    columns = {run.shape[1] for part in made for run in part}
    if len(columns) > 1:
        raise broken(_("some of its vertices have a height and others have none"))
    return dump(Shape(kind, made, max(columns, default=2) - 2))


def point_wkb(x: float, y: float) -> bytes:
    """Return a point as WKB."""
    return struct.pack("<BIdd", 1, POINT, x, y)


def multipoint_wkb(points: ArrayLike) -> bytes:
    """Return points (n by 2 or 3) as WKB."""
    return _made(MULTIPOINT, ((row[np.newaxis],) for row in _as_vertices(points)))


def linestring_wkb(points: ArrayLike) -> bytes:
    """Return a line through `points` (n by 2 or 3) as WKB."""
    return _made(LINESTRING, ((_as_vertices(points),),))


def multilinestring_wkb(lines: Iterable[ArrayLike]) -> bytes:
    """Return lines as WKB."""
    return _made(MULTILINESTRING, ((_as_vertices(line),) for line in lines))


def polygon_wkb(rings: Iterable[ArrayLike]) -> bytes:
    """Return a polygon as WKB: its exterior ring, then the interior ones; open rings are closed."""
    return _made(POLYGON, ([_as_ring(ring) for ring in rings],))


def multipolygon_wkb(polygons: Iterable[Iterable[ArrayLike]]) -> bytes:
    """Return polygons, each a list of rings as in `polygon_wkb`, as WKB."""
    return _made(MULTIPOLYGON, ([_as_ring(ring) for ring in rings] for rings in polygons))
