"""The closure check: what exists at ground level fills the plane exactly once.

The BGT is a planar partition: existing objects (not planned, not ended) at relative height level 0,
surfaces of scheiding, overbruggingsdeel and kunstwerkdeel included, neither overlap nor leave gaps.
Overlap and gap are reported in m², because a percentage lets them cancel each other out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .. import geo
from ..jobs import Progress
from ..sources.bgt import CLOSING_CLASSES
from ..store import Store, statement
from ..text import _

#: Side of the tiles that are summed, in metres.
TILE = 500.0
#: A tile or square whose overlap or gap is below this (m²) closes: less is rounding.
TOLERANCE = 1.0

Bbox = tuple[float, float, float, float]


@dataclass
class Closure:
    """How the surfaces of an area close. All in m².

    Attributes:
        square_m2: the area that was checked.
        sum_m2: the sum of the areas of all surfaces within it.
        union_m2: the area that they cover together.
        overlap_m2: what is covered more than once.
        gap_m2: what is not covered.
        per_class_m2: the sum per class of the BGT.
        bbox: the area (EPSG:28992), None where nothing was checked.
    """

    square_m2: float = 0.0
    sum_m2: float = 0.0
    union_m2: float = 0.0
    overlap_m2: float = 0.0
    gap_m2: float = 0.0
    per_class_m2: dict[str, float] = field(default_factory=dict)
    bbox: Bbox | None = None

    def add(self, part: Closure) -> None:
        """Add the numbers of a part of the area; overlap and gap of parts never cancel out."""
        for name in ("square_m2", "sum_m2", "union_m2", "overlap_m2", "gap_m2"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        for bgt_class, area in part.per_class_m2.items():
            self.per_class_m2[bgt_class] = self.per_class_m2.get(bgt_class, 0.0) + area

    @property
    def closes(self) -> bool:
        """Whether overlap and gap are both below `TOLERANCE`."""
        return self.overlap_m2 < TOLERANCE and self.gap_m2 < TOLERANCE

    def as_json(self) -> dict[str, Any]:
        """Return the numbers, rounded to cm²."""
        names = ("square_m2", "sum_m2", "union_m2", "overlap_m2", "gap_m2")
        numbers: dict[str, Any] = {name: round(getattr(self, name), 4) for name in names}
        numbers["per_class_m2"] = {name: round(area, 4) for name, area in sorted(self.per_class_m2.items())}
        return numbers


def check_closure(store: Store, bbox: Bbox | None = None, progress: Progress | None = None) -> Closure:
    """Check an area of a store, tile by tile.

    Args:
        store: the store.
        bbox: the area in EPSG:28992; without one, the extent of the tiles that are wholly covered.
        progress: told after every tile.

    Raises:
        MissingComponent: no geometry engine is installed.
        Cancelled: the user stopped.
    """
    progress = progress or Progress()
    tiles = Tiles(store)
    known: dict[Bbox, Closure] = {}
    if bbox is None:
        known = _covered(store, tiles, progress.part(0.0, 0.9))
        if not known:
            return Closure()
        bbox = _around(known)
        progress = progress.part(0.9, 1.0)
    whole = Closure(bbox=bbox)
    wanted = list(tiles_of(bbox))
    for number, tile in enumerate(wanted):
        progress.report(number / len(wanted), _("checking that the surfaces close"))
        whole.add(known[tile] if tile in known else tiles.closure(tile))
    return whole


def grid(bbox: Bbox) -> Iterator[Bbox]:
    """Yield the whole tiles of the 500 m grid that `bbox` meets, if only at their border."""
    west, south, east, north = bbox
    for row in range(math.floor(south / TILE), math.floor(north / TILE) + 1):
        for column in range(math.floor(west / TILE), math.floor(east / TILE) + 1):
            yield column * TILE, row * TILE, (column + 1) * TILE, (row + 1) * TILE


def clipped(box: Bbox, to: Bbox) -> Bbox | None:
    """Return what two boxes share, or None where that has no area."""
    west, south, east, north = max(box[0], to[0]), max(box[1], to[1]), min(box[2], to[2]), min(box[3], to[3])
    return (west, south, east, north) if west < east and south < north else None


def tiles_of(bbox: Bbox) -> Iterator[Bbox]:
    """Yield the tiles of the 500 m grid that share area with `bbox`, clipped to it."""
    for tile in grid(bbox):
        found = clipped(tile, bbox)
        if found is not None:
            yield found


class Tiles:
    """Cuts and unites the closing surfaces tile by tile.

    Args:
        store: the store.
        counts: asked with the id of a surface whether it counts; without it all do.
    """

    def __init__(self, store: Store, counts: Callable[[str], bool] | None = None) -> None:
        self._store = store
        self._counts = counts
        self._engine = geo.default_engine()

    def closure(self, tile: Bbox) -> Closure:
        """Return how the surfaces close within a tile."""
        found, pieces = self._cut(tile)
        self._unite(found, pieces)
        return found

    def covered(self, tile: Bbox) -> Closure | None:
        """Return how the surfaces close within a tile if they cover all of it, else None."""
        found, pieces = self._cut(tile)
        if found.sum_m2 <= found.square_m2 - TOLERANCE:
            return None
        self._unite(found, pieces)
        return found if found.gap_m2 < TOLERANCE else None

    def _cut(self, tile: Bbox) -> tuple[Closure, list[Any]]:
        west, south, east, north = tile
        found = Closure((east - west) * (north - south), bbox=tile)
        square = self._engine.from_wkb(box_wkb(tile))
        pieces: list[Any] = []
        for bgt_class, blobs in self._blobs(tile).items():
            within: list[bytes] = []
            across: list[bytes] = []
            for blob in blobs:
                minx, miny, maxx, maxy = geo.blob_bbox(blob)
                is_within = west <= minx and maxx <= east and south <= miny and maxy <= north
                (within if is_within else across).append(geo.wkb_from_blob(blob))
            cut = [
                *geo.valid_surfaces(within),
                *self._engine.intersections(geo.valid_surfaces(across), square),
            ]
            area = math.fsum(self._engine.areas(cut))
            if area > 0.0:
                found.per_class_m2[bgt_class] = area
                pieces += cut
        found.sum_m2 = math.fsum(found.per_class_m2.values())
        return found, pieces

    def _unite(self, found: Closure, pieces: list[Any]) -> None:
        found.union_m2 = geo.union_area(pieces) if pieces else 0.0
        found.overlap_m2 = max(found.sum_m2 - found.union_m2, 0.0)
        found.gap_m2 = max(found.square_m2 - found.union_m2, 0.0)

    def _blobs(self, tile: Bbox) -> dict[str, list[bytes]]:
        """Return the closing surfaces that may meet a tile, by class."""
        west, south, east, north = tile
        found: dict[str, list[bytes]] = {}
        for entity, classes in CLOSING_CLASSES.items():
            sql = statement("closing_surfaces", entity)
            for row in self._store.connection.execute(sql, (west, east, south, north)):
                is_wanted = row["bgt_class"] in classes and row["geom"] is not None
                if is_wanted and (self._counts is None or self._counts(row["id"])):
                    found.setdefault(row["bgt_class"], []).append(row["geom"])
        return found


def box_wkb(bbox: Bbox) -> bytes:
    """Return a box as the WKB of a polygon."""
    west, south, east, north = bbox
    return geo.polygon_wkb([[(west, south), (east, south), (east, north), (west, north)]])


def _covered(store: Store, tiles: Tiles, progress: Progress) -> dict[Bbox, Closure]:
    """Return the tiles that the surfaces of a store cover wholly."""
    extent = _extent(store)
    candidates = list(tiles_of(extent)) if extent else []
    covered: dict[Bbox, Closure] = {}
    for number, tile in enumerate(candidates):
        progress.report(number / len(candidates), _("checking that the surfaces close"))
        found = tiles.covered(tile)
        if found is not None:
            covered[tile] = found
    return covered


def _extent(store: Store) -> Bbox | None:
    """Return the whole tiles around everything that closes, or None where there is nothing."""
    boxes = []
    for entity in CLOSING_CLASSES:
        row = store.connection.execute(statement("extent", entity)).fetchone()
        if row["minx"] is not None:
            boxes.append(tuple(row))
    if not boxes:
        return None
    west, south, east, north = _around(boxes)
    return (
        math.floor(west / TILE) * TILE, math.floor(south / TILE) * TILE,
        math.ceil(east / TILE) * TILE, math.ceil(north / TILE) * TILE,
    )  # fmt: skip


def _around(boxes: Iterable[Bbox]) -> Bbox:
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)
