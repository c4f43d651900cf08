"""What the demo district is drawn on: the painted ground, and what stands on, over or under it."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...model.ids import NAMESPACE
from .mosaic import Mosaic, Point, Rect, Ring

#: A rectangle in metres: west, south, east, north.
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """A text on the map.

    Attributes:
        text: a house number or a street name.
        at: where, mm.
        angle: direction in degrees, counter-clockwise from the east.
    """

    text: str
    at: Point
    angle: float


@dataclass
class Feature:
    """One object of the district.

    Attributes:
        bgt_class: BGT class as in the file names.
        values: its BGT attributes by the names of `imgeo.json`.
        rings: outline and holes of a surface; empty for lines and points.
        line: vertices of a line.
        point: position of a point.
        level: relative height level.
        labels: texts that belong to it.
        notes: what the register needs to know of it (kind, street).
        local_id: BGT local id.
        planned: whether it is a plan.
    """

    bgt_class: str
    values: dict[str, str] = field(default_factory=dict)
    rings: list[Ring] = field(default_factory=list)
    line: list[Point] = field(default_factory=list)
    point: Point | None = None
    level: int = 0
    labels: list[Label] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    local_id: str = ""
    planned: bool = False

    def centre(self) -> Point:
        """Return the point, or the middle of the box around it."""
        if self.point is not None:
            return self.point
        points = self.rings[0].points() if self.rings else self.line
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2

    def area(self) -> float:
        """Return its area in m², arcs taken as two chords."""
        return sum(ring.doubled_area() for ring in self.rings) / 2e6


class Canvas:
    """Collects what is drawn, in metres in the frame of the plan."""

    def __init__(self, kinds: Mapping[str, Mapping[str, Any]]) -> None:
        self._kinds = kinds
        self._mosaic = Mosaic()
        self._coats: list[tuple[str, list[Label], dict[str, str]]] = []
        self._loose: list[Feature] = []

    def paint(self, kind: str, *boxes: Box, labels: Sequence[Label] = (), **notes: str) -> None:
        """Paint boxes of one kind over what is there."""
        self._mosaic.paint(len(self._coats), *(_mm_box(box) for box in boxes))
        self._coats.append((kind, list(labels), {"kind": kind, **notes}))

    def round_corner(self, u: float, v: float, radius: float) -> None:
        """Round the corner at (u, v) with an arc of `radius` metres."""
        self._mosaic.round_corner((_mm(u), _mm(v)), _mm(radius))

    def point(self, bgt_class: str, plus_type: str, u: float, v: float) -> None:
        """Put a point object, e.g. a tree or a lamp post."""
        values = {"type": "niet-bgt", "plus_type": plus_type}
        self._loose.append(Feature(bgt_class, values, point=(_mm(u), _mm(v))))

    def line(
        self, bgt_class: str, values: dict[str, str], points: Sequence[tuple[float, float]], level: int = 0
    ) -> None:
        """Put a line object."""
        corners = [(_mm(u), _mm(v)) for u, v in points]
        self._loose.append(Feature(bgt_class, values, line=corners, level=level))

    def above(self, kind: str, box: Box, *, level: int = 1, **notes: str) -> None:
        """Put a surface at another level than the ground."""
        self._loose.append(self._surface(kind, [_ring(_mm_box(box))], notes, level))

    def plan(self, kind: str, box: Box) -> None:
        """Put a planned surface, which lies over what exists."""
        feature = self._surface(kind, [_ring(_mm_box(box))], {"kind": kind}, 0)
        feature.planned = True
        self._loose.append(feature)

    def text(self, bgt_class: str, labels: list[Label]) -> None:
        """Put an object that is nothing but texts."""
        self._loose.append(Feature(bgt_class, labels=labels))

    def features(self) -> list[Feature]:
        """Return everything: the ground as a planar partition, then the rest."""
        ground = []
        for area in self._mosaic.areas():
            kind, labels, notes = self._coats[area.coat]
            feature = self._surface(kind, list(area.rings()), notes, 0)
            feature.labels = list(labels)
            ground.append(feature)
        return ground + self._loose

    def _surface(self, kind: str, rings: list[Ring], notes: dict[str, str], level: int) -> Feature:
        found = self._kinds[kind]
        values = {key: str(value) for key, value in found.items() if key not in ("class", "register")}
        return Feature(str(found["class"]), values, rings, level=level, notes={"kind": kind, **notes})


class Frame:
    """From the frame of the plan to RD: a turn, a shift, and rounding to whole millimetres.

    Args:
        centre: RD coordinates of the middle of the plan in metres.
        turn: direction of the plan's u axis in RD.
        size: width of the square plan in metres.
    """

    def __init__(self, centre: tuple[float, float], turn: tuple[float, float], size: float) -> None:
        length = math.hypot(*turn)
        self._cos, self._sin = turn[0] / length, turn[1] / length
        self._half = _mm(size) / 2
        self._x, self._y = _mm(centre[0]), _mm(centre[1])
        self.degrees = math.degrees(math.atan2(turn[1], turn[0]))

    def rd(self, point: Point) -> Point:
        """Return `point` in mm RD."""
        u, v = point[0] - self._half, point[1] - self._half
        return (
            self._x + round(u * self._cos - v * self._sin),
            self._y + round(u * self._sin + v * self._cos),
        )

    def place(self, feature: Feature) -> None:
        """Move `feature` to RD."""
        feature.rings = [
            Ring(tuple(tuple(self.rd(point) for point in piece) for piece in ring.pieces))
            for ring in feature.rings
        ]
        feature.line = [self.rd(point) for point in feature.line]
        feature.point = None if feature.point is None else self.rd(feature.point)
        feature.labels = [
            Label(label.text, self.rd(label.at), _upright(label.angle + self.degrees))
            for label in feature.labels
        ]


def name_features(features: Sequence[Feature], seed: int, source_holder: str) -> None:
    """Give every feature a local id that is the same in every run."""
    for place, feature in enumerate(features):
        holder = "W" + source_holder[1:] if "water" in feature.bgt_class else source_holder
        name = uuid.uuid5(NAMESPACE, f"district/{seed}/{feature.bgt_class}/{place}")
        feature.local_id = f"{holder}.{name.hex}"


def mm_point(u: float, v: float) -> Point:
    """Return a point of the plan, given in metres, in mm."""
    return _mm(u), _mm(v)


def _mm(metres: float) -> int:
    return round(metres * 1000)


def _mm_box(box: Box) -> Rect:
    west, south, east, north = box
    return _mm(west), _mm(south), _mm(east), _mm(north)


def _ring(rect: Rect) -> Ring:
    west, south, east, north = rect
    return Ring((((west, south),), ((east, south),), ((east, north),), ((west, north),)))


def _upright(degrees: float) -> float:
    """Return the direction between -90 and 90 degrees in which a text can be read."""
    return round((degrees + 90) % 180 - 90, 1)
