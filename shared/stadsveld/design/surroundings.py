"""The base map around a plan, kept in memory so that every move of the mouse can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import geo
from ..jobs import Progress
from ..text import _
from .pack import PavedPack, PavedRow, load_pack

#: (minx, miny, maxx, maxy) in EPSG:28992, metres.
Bbox = tuple[float, float, float, float]
Row = Mapping[str, Any]

#: Entities that hold surfaces of the base map.
_ENTITIES = ("building", "road_part", "terrain_part", "water_part", "structure_part", "barrier_part")
#: Fields that tell what a surface consists of, the first that is filled counts.
_DETAILS = ("appearance", "type", "function")
_PLANNED = "plan"
_EXISTING = "bestaand"
#: Type or function of what is only in the optional part of IMGeo and lies over the BGT.
_OVER_THE_BGT = "niet-bgt"


class Rows(Protocol):
    """Where rows come from: a store, as far as this package needs it."""

    def window(self, name: str, bbox: Bbox) -> Iterator[dict[str, Any]]:
        """Yield the rows of an entity whose bounding box meets `bbox`, `geom` as WKB."""

    def get(self, name: str, row_id: str) -> dict[str, Any] | None:
        """Return one row, or None."""


@dataclass(frozen=True)
class Kind:
    """Surfaces that count the same.

    Attributes:
        bgt_class: class of the BGT.
        detail: physical appearance or type; empty where the class has none.
        row: the row of the pack that fits.
    """

    bgt_class: str
    detail: str
    row: PavedRow


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Existing surfaces at ground level, and what was left out of them.

    Attributes:
        bbox: rectangle within which they are complete, or None where nothing bounds them.
        engine: the engine that the geometries belong to.
        pack: the classification in use.
        kinds: what occurs.
        kind_of: per surface the index in `kinds`.
        geometries: per surface its geometry.
        boxes: per surface minx, miny, maxx, maxy.
        areas: per surface its area in m².
        planned: boxes of planned buildings, which are not there yet.
        editions: datasets that the surfaces come from, each with its date.
    """

    bbox: Bbox | None
    engine: geo.Engine
    pack: PavedPack
    kinds: tuple[Kind, ...]
    kind_of: NDArray[np.intp]
    geometries: Sequence[Any]
    boxes: NDArray[np.float64]
    areas: NDArray[np.float64]
    planned: NDArray[np.float64]
    editions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.geometries)

    def covers(self, bbox: Bbox) -> bool:
        """Return whether a plan in `bbox` can be measured wholly."""
        if self.bbox is None:
            return True
        minx, miny, maxx, maxy = self.bbox
        return minx <= bbox[0] and miny <= bbox[1] and maxx >= bbox[2] and maxy >= bbox[3]

    @classmethod
    def read(
        cls,
        rows: Rows,
        bbox: Bbox,
        pack: PavedPack | None = None,
        engine: geo.Engine | None = None,
        progress: Progress | None = None,
    ) -> Surroundings:
        """Read what lies in `bbox` from a store.

        Raises:
            MissingComponent: there is no geometry engine.
            BadInput: a geometry cannot be read.
            Cancelled: the user stopped.
        """
        progress = progress or Progress()
        gathered = _Gathered(pack or load_pack())
        for place, name in enumerate(_ENTITIES):
            progress.report(place / len(_ENTITIES), _("Reading the surroundings"))
            for row in rows.window(name, bbox):
                gathered.take(row)
        editions = (_edition(rows.get("dataset", found)) for found in sorted(gathered.datasets))
        return gathered.finish(bbox, engine or geo.default_engine(), tuple(filter(None, editions)))

    @classmethod
    def of(
        cls,
        rows: Iterable[Row],
        pack: PavedPack | None = None,
        engine: geo.Engine | None = None,
        editions: Iterable[str] = (),
    ) -> Surroundings:
        """Make surroundings of rows of any origin; they count as complete everywhere."""
        gathered = _Gathered(pack or load_pack())
        for row in rows:
            gathered.take(row)
        return gathered.finish(None, engine or geo.default_engine(), tuple(editions))


def _edition(dataset: Row | None) -> str:
    if dataset is None:
        return ""
    date = dataset.get("edition_date")
    return _("{name}, edition of {date}").format(name=dataset["name"], date=date) if date else dataset["name"]


@dataclass
class _Gathered:
    """What was read so far."""

    pack: PavedPack
    kinds: dict[tuple[str, str], tuple[int, Kind]] = field(default_factory=dict)
    kind_of: list[int] = field(default_factory=list)
    wkbs: list[bytes] = field(default_factory=list)
    planned: list[Bbox] = field(default_factory=list)
    datasets: set[str] = field(default_factory=set)

    def take(self, row: Row) -> None:
        """Take a row if it is part of the plane: an existing surface at ground level."""
        if row.get("ended") is not None or row.get("level") != 0 or row["geom"] is None:
            return
        detail = next((row[name] for name in _DETAILS if row.get(name)), "")
        fitting = self.pack.row_of(row["bgt_class"], detail)
        if fitting is None or detail == _OVER_THE_BGT:
            return
        if row["status"] == _PLANNED and row["bgt_class"] == "pand":
            self.planned.append(geo.wkb_bbox(row["geom"]))
        if row["status"] != _EXISTING:
            return
        key = (row["bgt_class"], detail)
        index, _kind = self.kinds.setdefault(key, (len(self.kinds), Kind(*key, fitting)))
        self.kind_of.append(index)
        self.wkbs.append(row["geom"])
        if row.get("dataset_id"):
            self.datasets.add(row["dataset_id"])

    def finish(self, bbox: Bbox | None, engine: geo.Engine, editions: tuple[str, ...]) -> Surroundings:
        """Return the surroundings, with geometries that can be cut."""
        shapes = [
            shape if engine.is_valid(shape) else engine.make_valid(shape)
            for shape in engine.from_wkbs(self.wkbs)
        ]
        areas = np.asarray(engine.areas(shapes), np.float64)
        boxes = np.array([geo.wkb_bbox(wkb) for wkb in self.wkbs], np.float64).reshape(-1, 4)
        return Surroundings(
            bbox,
            engine,
            self.pack,
            tuple(kind for _index, kind in self.kinds.values()),
            np.asarray(self.kind_of, np.intp),
            shapes,
            boxes,
            areas,
            np.array(self.planned, np.float64).reshape(-1, 4),
            editions,
        )
