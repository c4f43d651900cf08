"""GML geometry as flat runs of vertices: points, lines and surfaces, curves made straight.

A node is what the reader makes of an XML element: (local name, attributes, children), where the
children of an element without elements in it are its text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ... import geo
from ...errors import BadInput
from ...text import _
from .arcs import Flat, arc, circle
from .classes import LINE, POINT, SURFACE

#: (local name, attributes, children)
Node = tuple[str, dict[str, str], list[Any]]
Rings = list[Flat]

_MULTI = {POINT: geo.MULTIPOINT, LINE: geo.MULTILINESTRING, SURFACE: geo.MULTIPOLYGON}
#: A number of at most this many characters, 100000 or more, has at most three decimals.
_MILLIMETRES = 10
#: The box around the Netherlands in RD (metres): the area in which EPSG:28992 is defined.
_WEST, _EAST, _SOUTH, _NORTH = -7000.0, 300000.0, 289000.0, 629000.0
_RD = re.compile(r"(?:.*[:#/])?(?:28992|7415)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Geometry:
    """The geometry of an object.

    Attributes:
        kind: `point`, `line` or `surface`.
        parts: its parts: of a surface the exterior ring and then the interior ones, else one run.
    """

    kind: str
    parts: list[Rings]

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """(minx, miny, maxx, maxy) in RD."""
        runs = [part[0] for part in self.parts]
        xs = [(min(run[::2]), max(run[::2])) for run in runs]
        ys = [(min(run[1::2]), max(run[1::2])) for run in runs]
        return (
            min(low for low, _high in xs), min(low for low, _high in ys),
            max(high for _low, high in xs), max(high for _low, high in ys),
        )  # fmt: skip

    def blob(self) -> bytes:
        """Return it as the canonical SpatiaLite blob of a multi geometry.

        Raises:
            BadInput: a ring or line has too few vertices, or a ring is not closed.
        """
        return geo.blob_of_runs(_MULTI[self.kind], self.parts)


def geometry_of(node: Node) -> Geometry:
    """Return the geometry of a GML element.

    Raises:
        BadInput: it is of an unknown kind, damaged, or outside the Netherlands; says which.
    """
    name = node[0]
    if node[1].get("srsDimension") == "3":
        _inherit_dimension(node)
    if name in _SURFACES:
        found = Geometry(SURFACE, list(_surfaces(node)))
    elif name in _CURVES:
        found = Geometry(LINE, [[_curve(node)]])
    elif name == "Point":
        found = Geometry(POINT, [[_point(node)]])
    elif name == "MultiPoint":
        found = Geometry(POINT, [[_point(member)] for member in _members(node)])
    elif name == "MultiCurve":
        found = Geometry(LINE, [[_curve(member)] for member in _members(node)])
    else:
        raise BadInput(_("its geometry is a {kind}, which the BGT does not use").format(kind=name))
    if not found.parts:
        raise BadInput(_("its geometry is empty"))
    _check_place(found)
    return found


@lru_cache(maxsize=64)
def is_rd(crs: str) -> bool:
    """Tell whether an `srsName` means RD (EPSG:28992), or RD with NAP, of which heights are left out."""
    return _RD.fullmatch(crs) is not None


def _check_place(geometry: Geometry) -> None:
    for part in geometry.parts:
        for run in part:
            _check_run(run)


def _check_run(run: Flat) -> None:
    x, y = run[::2], run[1::2]
    # Written so that a coordinate that is no number (NaN) is refused too.
    if not (min(x) >= _WEST and max(x) <= _EAST and min(y) >= _SOUTH and max(y) <= _NORTH):
        raise BadInput(_("its coordinates are outside the Netherlands"))
    if sum(run) != sum(run):
        raise BadInput(_("a coordinate is no number"))


def check_coordinates(node: Node) -> None:
    """Refuse an element that holds no coordinates, or coordinates that cannot be; its shape is not made.

    Raises:
        BadInput: says what is wrong.
    """
    for child in node[2]:
        if isinstance(child, tuple) and child[1].get("srsDimension") == "3":
            _inherit_dimension(child)
    if not _count_coordinates(node):
        raise BadInput(_("its geometry has no coordinates"))


def _count_coordinates(node: Node) -> int:
    count = 0
    for child in node[2]:
        if not isinstance(child, tuple):
            continue
        if child[0] in ("posList", "pos"):
            run = _numbers(child, node)
            _check_run(run)
            count += len(run)
        else:
            count += _count_coordinates(child)
    return count


def _members(node: Node) -> Iterator[Node]:
    """Yield the elements inside the member elements of an aggregate."""
    for member in node[2]:
        if isinstance(member, tuple):
            yield from (inner for inner in member[2] if isinstance(inner, tuple))


def _only(node: Node) -> Node:
    found = [inner for inner in node[2] if isinstance(inner, tuple)]
    if len(found) != 1:
        raise BadInput(
            _("its geometry has no content, or more than one, in {element}").format(element=node[0])
        )
    return found[0]


# Surfaces


def _surfaces(node: Node) -> Iterator[Rings]:
    name = node[0]
    if name in ("Polygon", "PolygonPatch", "Rectangle", "Triangle"):
        yield _polygon(node)
    elif name in ("MultiSurface", "CompositeSurface", "Surface", "PolyhedralSurface"):
        for member in _members(node):
            yield from _surfaces(member)
    elif name == "OrientableSurface":
        yield from _surfaces(_only(_child(node, "baseSurface")))
    else:
        raise _unknown(name)


def _child(node: Node, name: str) -> Node:
    for child in node[2]:
        if isinstance(child, tuple) and child[0] == name:
            return child
    raise BadInput(_("its geometry lacks {element}").format(element=name))


def _polygon(node: Node) -> Rings:
    rings: Rings = []
    for boundary in node[2]:
        if not isinstance(boundary, tuple):
            continue
        name = boundary[0]
        if name not in ("exterior", "interior") or (name == "exterior") != (not rings):
            raise BadInput(_("its surface has no outer ring, or more than one"))
        rings.append(_ring(_only(boundary)))
    if not rings:
        raise BadInput(_("its surface has no outer ring, or more than one"))
    return rings


def _ring(node: Node) -> Flat:
    if node[0] == "LinearRing":
        ring = _positions(node)
    elif node[0] == "Ring":
        ring = _joined([_curve(member) for member in _members(node)])
    else:
        raise _unknown(node[0])
    if len(ring) < 8:
        raise BadInput(_("a ring has fewer than four vertices"))
    if ring[:2] != ring[-2:]:
        raise BadInput(_("a ring is not closed"))
    return ring


# Curves


def _curve(node: Node) -> Flat:
    make = _CURVES.get(node[0])
    if make is None:
        raise _unknown(node[0])
    found = make(node)
    if len(found) < 4:
        raise BadInput(_("a line has fewer than two vertices"))
    return found


def _segments(node: Node) -> Flat:
    return _joined(
        [_segment(segment) for segment in _child(node, "segments")[2] if isinstance(segment, tuple)]
    )


def _segment(node: Node) -> Flat:
    name = node[0]
    run = _positions(node)
    if name in ("LineStringSegment", "GeodesicString"):
        return run
    if name in ("Arc", "Circle"):
        if len(run) != 6:
            raise BadInput(_("an arc needs exactly three points"))
        return arc(run) if name == "Arc" else circle(run)
    if name == "ArcString":
        if len(run) < 6 or len(run) % 4 != 2:
            raise BadInput(_("an arc needs exactly three points"))
        return _joined([arc(run[at : at + 6]) for at in range(0, len(run) - 2, 4)])
    raise _unknown(name)


def _composite(node: Node) -> Flat:
    return _joined([_curve(member) for member in _members(node)])


def _orientable(node: Node) -> Flat:
    curve = _curve(_only(_child(node, "baseCurve")))
    return geo.reversed_run(curve) if node[1].get("orientation") == "-" else curve


def _joined(runs: list[Flat]) -> Flat:
    """Return runs that follow each other as one."""
    if not runs:
        raise BadInput(_("a line has fewer than two vertices"))
    found = runs[0]
    for run in runs[1:]:
        if run[:2] != found[-2:]:
            raise BadInput(_("the pieces of a curve do not meet"))
        found = found + run[2:]
    return found


# Coordinates


def _point(node: Node) -> Flat:
    if node[0] != "Point":
        raise _unknown(node[0])
    run = _positions(node)
    if len(run) != 2:
        raise BadInput(_("a point needs exactly one pair of coordinates"))
    return run


def _positions(node: Node) -> Flat:
    """Return the vertices in the `posList`, or in the `pos` elements, of an element."""
    children = node[2]
    if len(children) == 1 and children[0][0] in ("posList", "pos"):
        return _numbers(children[0], node)
    found: Flat = []
    for child in children:
        if child[0] == "pos":
            found += _numbers(child, node)
        elif isinstance(child, tuple):
            raise BadInput(
                _("its coordinates are written in {element}, not in posList").format(element=child[0])
            )
    if not found:
        raise BadInput(_("its geometry has no coordinates"))
    return found


def _numbers(node: Node, parent: Node) -> Flat:
    text = node[2][0] if node[2] else ""
    try:
        words = text.split()
        numbers = list(map(float, words))
    except (ValueError, AttributeError) as error:
        raise BadInput(_("a coordinate is no number")) from error
    if not words or max(map(len, words)) > _MILLIMETRES or min(numbers) < 100_000.0:
        numbers = [round(number, 3) for number in numbers]
    if node[1].get("srsDimension", parent[1].get("srsDimension")) == "3":
        if len(numbers) % 3:
            raise BadInput(_("a coordinate is missing"))
        del numbers[2::3]
    if not numbers or len(numbers) % 2:
        raise BadInput(_("a coordinate is missing"))
    return numbers


def _inherit_dimension(node: Node) -> None:
    """Write the number of dimensions of a geometry on everything inside it."""
    for child in node[2]:
        if isinstance(child, tuple):
            child[1].setdefault("srsDimension", "3")
            _inherit_dimension(child)


def _unknown(name: str) -> BadInput:
    return BadInput(_("its geometry holds a {kind}, which the BGT does not use").format(kind=name))


_SURFACES = frozenset(
    ("Polygon", "MultiSurface", "CompositeSurface", "Surface", "PolyhedralSurface", "OrientableSurface")
)
_CURVES: dict[str, Callable[[Node], Flat]] = {
    "LineString": _positions,
    "LinearRing": _positions,
    "Curve": _segments,
    "Ring": _composite,
    "CompositeCurve": _composite,
    "OrientableCurve": _orientable,
}
