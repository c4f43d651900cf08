"""Streaming reader of one GML file: every object element becomes a `GmlObject`, none is dropped.

The C parser Expat is used directly; a document type declaration, and with it every entity trick, is
refused. Names are compared without their namespace prefix: IMGeo's are unique without it.
"""

from __future__ import annotations

import math
import pyexpat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from ...errors import BadInput
from ...text import _
from .curves import Point, arc_points, circle_points

_CHUNK = 1 << 18
#: Depth of the object element: CityModel / cityObjectMember / object.
_OBJECT_DEPTH = 3
#: Elements whose text is kept.
_COORDINATES = frozenset({"pos", "posList"})
_POLYGONS = frozenset({"Polygon", "PolygonPatch"})
_CURVES = frozenset({"LineString", "Curve"})
_MEMBERS = frozenset({"cityObjectMember", "featureMember"})
#: The Netherlands in RD, with room for the islands and the border rivers, metres.
BOUNDS = (-10_000.0, 280_000.0, 300_000.0, 640_000.0)

Ring = list[Point]


@dataclass
class Shape:
    """The geometry of an object: what it has of surfaces, lines and points."""

    polygons: list[list[Ring]] = field(default_factory=list)
    lines: list[Ring] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`surface`, `line`, `point`, or empty."""
        return "surface" if self.polygons else "line" if self.lines else "point" if self.points else ""


@dataclass
class Label:
    """A text on the map that belongs to an object, at one or more places."""

    text: str = ""
    points: list[Point] = field(default_factory=list)
    angles: list[float] = field(default_factory=list)


@dataclass
class GmlObject:
    """One object element of the file.

    Attributes:
        element: local name of the element, e.g. `TrafficArea`.
        gml_id: its `gml:id`.
        values: text of every leaf element by local name, the first one where it repeats.
        shape: the geometry of the object itself.
        labels: its labels.
        error: why it cannot be used, or None.
    """

    element: str
    gml_id: str
    values: dict[str, str] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    labels: list[Label] = field(default_factory=list)
    error: str | None = None


def read_objects(source: BinaryIO, file: str, on_bytes: Callable[[int], None] | None = None) -> Iterator[GmlObject]:
    """Yield the objects of one GML file, in constant memory.

    Args:
        source: the bytes of the file.
        file: its name, for messages.
        on_bytes: told how many bytes were read so far.

    Raises:
        BadInput: truncated or malformed XML, another coordinate system, a document type declaration.
    """
    reader = _Reader(file)
    done = 0
    while True:
        chunk = source.read(_CHUNK)
        reader.feed(chunk)
        done += len(chunk)
        if on_bytes is not None:
            on_bytes(done)
        yield from reader.taken()
        if not chunk:
            return


class _Reader:
    """Follows the elements of one file and builds objects."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._parser = parser = pyexpat.ParserCreate()
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._local: dict[str, str] = {}
        self._depth = 0
        self._pieces: list[str] = []
        self._leaf = False
        self._object: GmlObject | None = None
        self._ready: list[GmlObject] = []
        self._geometry = _Geometry()
        self._property = ""
        self._is_member = False

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk, not chunk)
        except pyexpat.ExpatError as error:
            reason = _("the XML is damaged or cut off ({reason}); nothing was imported.").format(reason=error)
            raise BadInput(reason, file=self._file) from error

    def taken(self) -> list[GmlObject]:
        ready, self._ready = self._ready, []
        return ready

    def _refuse_doctype(self, *_details: object) -> None:
        raise BadInput(_("it has a document type declaration, which no BGT file has."), file=self._file)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._local.get(name) or self._local.setdefault(name, name.rsplit(":", 1)[-1])
        self._depth += 1
        self._leaf = True
        self._pieces.clear()
        if "srsName" in attributes:
            self._check_crs(attributes["srsName"])
        found = self._object
        if found is None:
            if self._depth == _OBJECT_DEPTH - 1:
                self._is_member = local in _MEMBERS
            elif self._depth == _OBJECT_DEPTH and self._is_member:
                self._object = GmlObject(local, attributes.get("gml:id", ""))
            return
        if self._depth == _OBJECT_DEPTH + 1:
            self._property = local
            if local.startswith("geometrie"):
                self._geometry = _Geometry()
        elif self._property.startswith("geometrie"):
            self._geometry.start(local, attributes)
        elif local == "Label":
            found.labels.append(Label())

    def _text(self, text: str) -> None:
        if self._leaf and self._object is not None:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        depth, leaf = self._depth, self._leaf
        self._depth -= 1
        self._leaf = False
        found = self._object
        if found is None:
            return
        local = self._local[name]
        if depth == _OBJECT_DEPTH:
            self._finish(found)
        elif self._property.startswith("geometrie"):
            self._end_geometry(found, local, leaf, depth)
        elif leaf and found.error is None:
            try:
                self._keep(found, local, "".join(self._pieces).strip())
            except ValueError as error:
                found.error = str(error)

    def _end_geometry(self, found: GmlObject, local: str, leaf: bool, depth: int) -> None:
        if found.error is None:
            try:
                self._geometry.end(local, "".join(self._pieces) if leaf else "")
            except ValueError as error:
                found.error = str(error)
        if depth == _OBJECT_DEPTH + 1:
            found.shape = self._geometry.shape
            self._property = ""

    def _keep(self, found: GmlObject, local: str, text: str) -> None:
        if local in _COORDINATES:
            if local == "pos" and found.labels:
                found.labels[-1].points.append(_points(text)[0])
        elif found.labels and local == "tekst":
            found.labels[-1].text = text
        elif found.labels and local == "hoek":
            found.labels[-1].angles.append(float(text or 0))
        elif text:
            found.values.setdefault(local, text)

    def _finish(self, found: GmlObject) -> None:
        self._ready.append(found)
        self._object = None

    def _check_crs(self, name: str) -> None:
        if "28992" not in name:
            reason = _("its coordinate system is {name}; the BGT is in EPSG:28992 (RD).").format(name=name)
            raise BadInput(reason, file=self._file)


class _Geometry:
    """Builds the shape of one object from the GML elements inside its geometry property."""

    def __init__(self) -> None:
        self.shape = Shape()
        self._rings: list[Ring] | None = None
        self._curve: Ring = []
        self._dimension = 2
        self._pending: list[Point] = []
        self._reversed: list[int | None] = []

    def start(self, local: str, attributes: dict[str, str]) -> None:
        if "srsDimension" in attributes:
            self._dimension = int(attributes["srsDimension"])
        if local in _POLYGONS:
            self._rings = []
        elif local in {"exterior", "interior"} or (local in _CURVES and self._rings is None and not self._reversed):
            self._curve = []
        if local == "OrientableCurve":
            self._reversed.append(len(self._curve) if attributes.get("orientation") == "-" else None)

    def end(self, local: str, text: str) -> None:
        """Take the end of an element; ValueError says why the geometry cannot be used."""
        if local in _COORDINATES:
            self._pending = _points(text, self._dimension)
            if local == "pos":
                self._curve = [*self._curve, *self._pending] if self._rings is not None else self._pending
        elif local in {"LinearRing", "LineStringSegment"} or local == "LineString":
            self._join(self._pending)
        elif local in {"Arc", "ArcString"}:
            self._join(_arcs(self._pending))
        elif local == "Circle":
            self._join(circle_points(*_three(self._pending)))
        self._close(local)

    def _close(self, local: str) -> None:
        if local == "OrientableCurve":
            begin = self._reversed.pop()
            if begin is not None:
                self._curve[begin:] = self._curve[begin:][::-1]
        if self._rings is not None:
            if local in {"exterior", "interior"}:
                self._rings.append(_ring(self._curve))
            elif local in _POLYGONS:
                self.shape.polygons.append(self._rings)
                self._rings = None
        elif local in _CURVES and not self._reversed:
            self.shape.lines.append(_line(self._curve))
        elif local == "Point":
            self.shape.points.append(self._pending[0])

    def _join(self, points: list[Point]) -> None:
        if self._curve and points and self._curve[-1] == points[0]:
            self._curve.extend(points[1:])
        else:
            self._curve.extend(points)


def _points(text: str, dimension: int = 2) -> list[Point]:
    try:
        numbers = [round(float(word), 3) for word in text.split()]
    except ValueError as error:
        raise ValueError(_("a coordinate is no number ({reason}).").format(reason=error)) from error
    if not numbers or len(numbers) % dimension:
        raise ValueError(_("its list of coordinates is incomplete."))
    if not math.isfinite(sum(numbers)):
        raise ValueError(_("a coordinate is no finite number."))
    xs, ys = numbers[::dimension], numbers[1::dimension]
    if not (BOUNDS[0] <= min(xs) and max(xs) <= BOUNDS[2] and BOUNDS[1] <= min(ys) and max(ys) <= BOUNDS[3]):
        raise ValueError(_("its coordinates lie outside the Netherlands."))
    return list(zip(xs, ys, strict=True))


def _arcs(points: list[Point]) -> list[Point]:
    if len(points) < 3 or len(points) % 2 == 0:
        raise ValueError(_("an arc in it has {n} points.").format(n=len(points)))
    found = [points[0]]
    for i in range(0, len(points) - 2, 2):
        found.extend(arc_points(points[i], points[i + 1], points[i + 2]))
    return found


def _three(points: list[Point]) -> tuple[Point, Point, Point]:
    if len(points) != 3:
        raise ValueError(_("a circle in it has {n} points.").format(n=len(points)))
    return points[0], points[1], points[2]


def _ring(points: Ring) -> Ring:
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError(_("a ring in it is not closed."))
    return points


def _line(points: Ring) -> Ring:
    if len(points) < 2:
        raise ValueError(_("a line in it has fewer than two points."))
    return points
