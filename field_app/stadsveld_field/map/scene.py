"""A scene: everything the map draws around one place, made off the screen's thread.

Coordinates are float32 metres from a local origin, because graphics hardware has no float64.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stadsveld import geo
from stadsveld.store import Store, statement

from . import geometry
from .camera import Bbox

Triangles = NDArray[np.float32]
#: Turns the rings of one polygon into triangles (3n by 2).
Tessellate = Callable[[Sequence[NDArray[np.float32]]], Triangles]

#: Origins lie on this raster (m): close enough for millimetres in float32, far enough to keep.
ORIGIN_RASTER = 4096.0
#: Objects of one table that a scene holds at most; more would be specks.
LARGEST_LAYER = 20_000
#: Metres per dp beyond which outlines would only darken the picture.
LINES_UNTIL = 1.6
#: Tessellated polygons that are kept for the next scene.
_KEPT_SHAPES = 60_000


@dataclass(frozen=True)
class Layer:
    """A table that the map draws.

    Attributes:
        entity: the table.
        farthest: metres per dp beyond which it is left out.
        columns: columns that decide how it looks.
        style: row -> (fill role, line role or None).
        line: width of its line in dp.
    """

    entity: str
    farthest: float
    columns: tuple[str, ...]
    style: Callable[[dict[str, Any]], tuple[str, str | None]]
    line: float = 1.0


def _terrain(row: dict[str, Any]) -> tuple[str, str | None]:
    return ("map_green" if row["bgt_class"] == "begroeidterreindeel" else "map_land"), None


def _section(row: dict[str, Any]) -> tuple[str, str | None]:
    return "section_" + (row["condition"] or "not_inspected").lower(), "map_line"


#: From the ground upwards.
LAYERS = (
    Layer("terrain_part", 1.6, ("bgt_class",), _terrain),
    Layer("water_part", 5.0, (), lambda row: ("map_water", None)),
    Layer("structure_part", 2.0, (), lambda row: ("map_bridge", "map_line")),
    Layer("road_part", 2.5, (), lambda row: ("map_road", "map_line"), 0.7),
    Layer("road_section", 5.0, ("number", "street", "condition"), _section, 1.0),
    Layer("building", 2.5, (), lambda row: ("map_building", "map_building_line")),
)
#: Conditions that carry a pattern besides their colour, and all that carry a letter.
PATTERNS = {"section_l": "dots", "section_m": "stripes", "section_e": "crosses"}
LETTERS = {"section_no_damage": "0", "section_l": "L", "section_m": "M", "section_e": "E"}


@dataclass(frozen=True)
class Shape:
    """One polygon object, tessellated."""

    parts: tuple[tuple[NDArray[np.float32], ...], ...]
    triangles: Triangles


@dataclass(frozen=True)
class Section:
    """A road section of the scene, for taps, letters and the selection."""

    id: str
    street: str
    style: str
    parts: tuple[tuple[NDArray[np.float32], ...], ...]


@dataclass(frozen=True)
class Label:
    """A text on the map: where (from the origin, m), how turned (radians), and which kind."""

    text: str
    x: float
    y: float
    angle: float
    kind: str


@dataclass
class Scene:
    """What to draw, in this order: for each layer its fills, then its patterns, then its lines.

    Attributes:
        origin: RD coordinates of the local origin.
        bbox: what it covers, RD.
        mpp: metres per dp for which lines and labels were made.
        batches: (kind `fill`, `pattern` or `line`; role; triangles).
        sections: the road sections in it.
        labels: street names and letters of conditions.
    """

    origin: tuple[float, float]
    bbox: Bbox
    mpp: float
    batches: list[tuple[str, str, Triangles]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    def serves(self, view: Bbox, mpp: float) -> bool:
        """Tell whether the scene is good enough for a view."""
        covers = self.covers(view)
        return covers and 0.7 <= self.mpp / mpp <= 1.45

    def covers(self, view: Bbox) -> bool:
        """Tell whether the view lies within the scene."""
        mine = self.bbox
        return mine[0] <= view[0] and mine[1] <= view[1] and mine[2] >= view[2] and mine[3] >= view[3]

    def section_at(self, x: float, y: float, reach: float) -> Section | None:
        """Return the road section at RD coordinates, or the nearest one within `reach` metres."""
        px, py = x - self.origin[0], y - self.origin[1]
        inside = [found for found in self.sections if any(geometry.contains(p, px, py) for p in found.parts)]
        if inside:
            return inside[-1]
        near = [
            (min(geometry.distance(p, px, py) for p in found.parts), at)
            for at, found in enumerate(self.sections)
        ]
        best = min(near, default=(math.inf, 0))
        return self.sections[best[1]] if best[0] <= reach else None

    def section(self, section_id: str | None) -> Section | None:
        """Return the road section with that id, if the scene has it."""
        return next((found for found in self.sections if found.id == section_id), None)


class Shapes:
    """Tessellated polygons by object, kept from one scene to the next."""

    def __init__(self, tessellate: Tessellate) -> None:
        self._tessellate = tessellate
        self._kept: OrderedDict[tuple[str, str], tuple[bytes, Shape]] = OrderedDict()
        self.origin = (0.0, 0.0)

    def move_to(self, origin: tuple[float, float]) -> None:
        """Use another local origin; what was kept is of no use any more."""
        if origin != self.origin:
            self.origin = origin
            self._kept.clear()

    def of(self, entity: str, row_id: str, blob: bytes) -> Shape:
        """Return the shape of an object; it is made again when its geometry changed."""
        key = (entity, row_id)
        known = self._kept.get(key)
        if known is not None and known[0] == blob:
            self._kept.move_to_end(key)
            return known[1]
        made = self._make(blob)
        self._kept[key] = (blob, made)
        if len(self._kept) > _KEPT_SHAPES:
            self._kept.popitem(last=False)
        return made

    def _make(self, blob: bytes) -> Shape:
        found = geo.parse(geo.wkb_from_blob(blob))
        origin = np.array(self.origin)
        parts = tuple(
            tuple((ring[:, :2] - origin).astype(np.float32) for ring in part if len(ring) > 3)
            for part in found.parts
        )
        parts = tuple(part for part in parts if part)
        triangles = [self._tessellate(part) for part in parts]
        return Shape(parts, np.concatenate(triangles) if triangles else np.empty((0, 2), np.float32))


def build(
    store: Store, view: Bbox, mpp: float, shapes: Shapes, keep_going: Callable[[], bool] = lambda: True
) -> Scene | None:
    """Make the scene of a view and a margin around it; None when `keep_going` says stop.

    Args:
        store: a connection of the thread that calls this.
        view: what is in view, RD.
        mpp: metres per dp.
        shapes: the polygons that are kept.
        keep_going: asked between layers.

    Raises:
        StoreError: the file cannot be read.
    """
    bbox = _with_margin(view, 0.5)
    origin = tuple(round(middle / ORIGIN_RASTER) * ORIGIN_RASTER for middle in _middle(bbox))
    shapes.move_to((origin[0], origin[1]))
    scene = Scene((origin[0], origin[1]), bbox, mpp)
    for layer in LAYERS:
        if not keep_going():
            return None
        if mpp <= layer.farthest:
            _add_layer(scene, layer, list(_rows(store, layer, bbox)), shapes)
    _add_labels(scene)
    return scene


def _middle(bbox: Bbox) -> tuple[float, float]:
    return (bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2


def _with_margin(view: Bbox, share: float) -> Bbox:
    dx, dy = (view[2] - view[0]) * share, (view[3] - view[1]) * share
    return view[0] - dx, view[1] - dy, view[2] + dx, view[3] + dy


def _rows(store: Store, layer: Layer, bbox: Bbox) -> Iterator[dict[str, Any]]:
    columns = ("id", "geom", "ended", *layer.columns)
    if layer.entity != "road_section":
        columns = (*columns, "status", "level")
    sql = statement("rows_in_window_limited", layer.entity, columns=columns)
    values = (bbox[0], bbox[2], bbox[1], bbox[3], LARGEST_LAYER)
    found = [dict(row) for row in store.connection.execute(sql, values)]
    shown = [row for row in found if _is_shown(row)]
    return iter(sorted(shown, key=lambda row: row.get("level") or 0))


def _is_shown(row: dict[str, Any]) -> bool:
    return (
        row["geom"] is not None
        and not row["ended"]
        and row.get("status") != "plan"
        and (row.get("level") or 0) >= 0
    )


def _add_layer(scene: Scene, layer: Layer, rows: list[dict[str, Any]], shapes: Shapes) -> None:
    fills: dict[str, list[Triangles]] = {}
    lines: dict[str, list[NDArray[np.float32]]] = {}
    for row in rows:
        shape = shapes.of(layer.entity, row["id"], row["geom"])
        fill, line = layer.style(row)
        fills.setdefault(fill, []).append(shape.triangles)
        if line and scene.mpp <= LINES_UNTIL:
            lines.setdefault(line, []).extend(ring for part in shape.parts for ring in part)
        if layer.entity == "road_section":
            scene.sections.append(Section(row["id"], row["street"] or "", fill, shape.parts))
    for role, triangles in fills.items():
        joined = np.concatenate(triangles)
        scene.batches.append(("fill", role, joined))
        if role in PATTERNS:
            scene.batches.append(("pattern", PATTERNS[role], joined))
    for role, rings in lines.items():
        scene.batches.append(("line", role, geometry.outline(rings, layer.line * scene.mpp)))


#: Room of a street name: dp per letter, dp high; and how far apart names of one street are, dp.
_LETTER_WIDTH, _NAME_HEIGHT, _NAME_EVERY = 7.2, 18.0, 330.0
#: Scale (m per dp) up to which letters of conditions are shown, and their room in dp.
_LETTERS_FROM, _LETTER_ROOM = 0.65, 26.0


def _add_labels(scene: Scene) -> None:
    taken = _Room()
    sized = []
    for section in scene.sections:
        for part in section.parts[:1]:
            angle, extent = geometry.main_axis(part[0])
            sized.append((extent, section, part, angle))
    sized.sort(key=lambda found: (-found[0], found[1].id))
    named: dict[str, list[tuple[float, float]]] = {}
    for extent, section, part, angle in sized:
        _add_street(scene, taken, named, section, part, angle, extent)
    if scene.mpp <= _LETTERS_FROM:
        for extent, section, part, _angle in sized:
            _add_letter(scene, taken, section, part, extent)


def _add_street(
    scene: Scene,
    taken: _Room,
    named: dict[str, list[tuple[float, float]]],
    section: Section,
    part: Sequence[NDArray[np.float32]],
    angle: float,
    extent: float,
) -> None:
    width = len(section.street) * _LETTER_WIDTH * scene.mpp
    if not section.street or width > extent * 1.15 or scene.mpp > 2.0:
        return
    x, y = geometry.interior_point(part)
    near = named.setdefault(section.street, [])
    if any(math.hypot(x - other_x, y - other_y) < _NAME_EVERY * scene.mpp for other_x, other_y in near):
        return
    high = _NAME_HEIGHT * scene.mpp
    half_width = (abs(width * math.cos(angle)) + abs(high * math.sin(angle))) / 2
    half_height = (abs(width * math.sin(angle)) + abs(high * math.cos(angle))) / 2
    if taken.take((x - half_width, y - half_height, x + half_width, y + half_height)):
        near.append((x, y))
        scene.labels.append(Label(section.street, x, y, angle, "street"))


def _add_letter(
    scene: Scene, taken: _Room, section: Section, part: Sequence[NDArray[np.float32]], extent: float
) -> None:
    letter = LETTERS.get(section.style)
    if letter is None or extent < _LETTER_ROOM * scene.mpp:
        return
    half = _LETTER_ROOM / 2 * scene.mpp
    x, y = geometry.interior_point(part)
    for share in (0.0, 0.28, -0.28):
        angle, _extent = geometry.main_axis(part[0])
        ax, ay = x + math.cos(angle) * extent * share, y + math.sin(angle) * extent * share
        inside = share == 0.0 or geometry.contains(part, ax, ay)
        if inside and taken.take((ax - half, ay - half, ax + half, ay + half)):
            scene.labels.append(Label(letter, ax, ay, 0.0, section.style))
            return


class _Room:
    """Boxes on the map that labels have taken."""

    def __init__(self) -> None:
        self._taken: list[Bbox] = []

    def take(self, box: Bbox) -> bool:
        """Take a box if it is free; return whether it was."""
        for other in self._taken:
            if box[0] < other[2] and box[2] > other[0] and box[1] < other[3] and box[3] > other[1]:
                return False
        self._taken.append(box)
        return True
