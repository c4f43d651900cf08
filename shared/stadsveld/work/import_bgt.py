"""Imports a delivery of the BGT into a store, and proves that it was read right.

Stored are the objects that hold at the chosen date, as they are registered then. An object in the
store ends when the delivery says so, or when the delivery covers its place and does not have it any
more: a delivery of one neighbourhood, or of one class, says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import geo
from ..errors import BadInput, MissingComponent
from ..jobs import Progress
from ..sources.bgt import (
    BgtObject,
    DeliveredFile,
    Delivery,
    FileReader,
    Refusal,
    instant_at,
    open_delivery,
)
from ..store import Store
from ..text import _
from .bgt_rows import DATASET, BgtMutations, BgtRows, dutch_date
from .closure import Bbox, Closure, Tiles, box_wkb, check_closure, clipped, grid
from .datasets import put_dataset

#: Metres that an object must reach into a covered tile to be missed there: who only touches the border
#: of a delivery may have been left out of it.
_REACH = 1.0
#: Refusals that are listed; more mean that something else is wrong with the delivery. All are counted.
MAX_REFUSALS = 10_000
#: What the dataset record says at first; people may change it.
_ABOUT = {
    "name": "BGT",
    "register": "bgt",
    "owner": "Kadaster",
    "licence": "CC BY 4.0: Basisregistratie Grootschalige Topografie, Kadaster and source holders",
    "access_class": "open",
    "purpose": "base map, objects to inspect, area figures",
    "legal_ground": "Wet basisregistratie grootschalige topografie",
    "personal_data": 0,
}
#: Objects that are stored together.
_BATCH = 500
#: Shares of the progress: reading and storing, ending, the closure check.
_READ, _END = 0.8, 0.85


@dataclass
class ClassCounts:
    """How many objects of one class there were, in the whole delivery but for `stored`.

    Attributes:
        present: object elements in the XML.
        read: those that were understood; with `invalid` they are `present`.
        current: versions that hold at the chosen date.
        ended: versions that do not; with `current` they are `read`.
        planned: those of `current` that are plans.
        invalid: refused ones.
        stored: objects that hold and that are in the area of the import.
    """

    present: int = 0
    read: int = 0
    current: int = 0
    ended: int = 0
    planned: int = 0
    invalid: int = 0
    stored: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counts."""
        return dict(vars(self))


@dataclass
class ImportReport:
    """What an import did.

    Attributes:
        classes: counts by class.
        closure: the closure check; None where no geometry engine is installed.
        mutations: how the store changed.
        refused: the objects that could not be read.
        at: the instant (UTC) that the store shows.
    """

    classes: dict[str, ClassCounts] = field(default_factory=dict)
    closure: Closure | None = None
    mutations: BgtMutations = field(default_factory=BgtMutations)
    refused: list[Refusal] = field(default_factory=list)
    at: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "at": self.at,
            "classes": {name: counts.as_json() for name, counts in sorted(self.classes.items())},
            "closure": None if self.closure is None else self.closure.as_json(),
            "mutations": self.mutations.as_json(),
            "problems": [
                {"file": found.file, "object": found.place, "reason": found.reason} for found in self.refused
            ],
        }


def import_bgt(
    store: Store,
    path: str | Path,
    bbox: Bbox | None = None,
    at: str | datetime | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a delivery: all of it is stored, or nothing.

    Args:
        store: the store.
        path: PDOK's zip, a folder of `bgt_<class>.gml` files, or one of these.
        bbox: store only what meets this area (EPSG:28992).
        at: the date or time at which objects must hold: ISO, Dutch time; now without it.
        progress: told how far it is; may cancel.

    Raises:
        BadInput: the delivery cannot be read, or nothing in it can; names file, object and reason.
        StoreError: the store cannot be written.
        Cancelled: the user stopped.
    """
    progress = progress or Progress()
    instant = instant_at(at)
    _check_bbox(bbox)
    with open_delivery(path) as delivery, store.transaction():
        job = _Import(store, delivery, bbox, instant)
        for file in delivery.files:
            job.read(file, progress)
        job.finish(progress)
        job.report.closure = _closure(store, bbox, progress.part(_END, 1.0))
        progress.report(1.0, "")
        return job.report


def _check_bbox(bbox: Bbox | None) -> None:
    if bbox is not None and not (bbox[0] < bbox[2] and bbox[1] < bbox[3]):
        raise BadInput(_("An area is four numbers in RD: smallest x and y, largest x and y."))


def _closure(store: Store, bbox: Bbox | None, progress: Progress) -> Closure | None:
    try:
        return check_closure(store, bbox, progress)
    except MissingComponent:
        return None


class _Import:
    """One import, while it runs."""

    def __init__(self, store: Store, delivery: Delivery, bbox: Bbox | None, instant: str) -> None:
        self._store = store
        self._delivery = delivery
        self._area = _Area(bbox)
        self._bbox = bbox
        self._instant = instant
        self._rows = BgtRows(store, instant)
        self._waiting: list[tuple[DeliveredFile, ClassCounts, BgtObject]] = []
        self._published = ""
        self._done = 0
        self.report = ImportReport(at=instant, mutations=self._rows.mutations)

    def read(self, file: DeliveredFile, progress: Progress) -> None:
        """Read one file and store what holds."""
        counts = self.report.classes.setdefault(file.bgt_class, ClassCounts())
        reader = FileReader(file, self._instant)
        try:
            with self._delivery.open(file) as stream:
                for found in reader.read(stream):
                    if isinstance(found, Refusal):
                        self._refuse(counts, found)
                    else:
                        self._take(file, counts, found)
                    if reader.present % 100 == 0:
                        self._tell(progress, reader.consumed, file.bgt_class)
        except BadInput as error:
            if error.file is None:
                raise BadInput(error.reason, file=self._delivery.path, place=error.place) from error
            raise
        self._store_waiting()
        counts.present += reader.present
        self._done += file.size
        self._tell(progress, 0, file.bgt_class)

    def _tell(self, progress: Progress, consumed: int, bgt_class: str) -> None:
        share = (self._done + consumed) / max(self._delivery.size, 1)
        progress.report(_READ * share, _("reading {bgt_class}").format(bgt_class=bgt_class))

    def _take(self, file: DeliveredFile, counts: ClassCounts, found: BgtObject) -> None:
        """Count a version, and keep it for storing if it holds."""
        self._published = max(self._published, found.published)
        counts.read += 1
        if not found.is_valid_at(self._instant):
            counts.ended += 1
            self._rows.note_ended(found)
            return
        counts.current += 1
        counts.planned += found.is_planned
        if found.geometry is not None:
            self._waiting.append((file, counts, found))
            if len(self._waiting) >= _BATCH:
                self._store_waiting()

    def _store_waiting(self) -> None:
        """Store the versions that wait, of each object one.

        The same version may come twice: an object's last version is published again when it ends, and
        objects on a border are in both of two deliveries that were put together.
        """
        ids = [found.id for _file, _counts, found in self._waiting]
        known = self._rows.noted(ids)
        for row_id, (file, counts, found) in zip(ids, self._waiting, strict=True):
            try:
                if row_id not in known:
                    counts.stored += self._store_one(row_id, found)
                elif known[row_id] != found.registered:
                    raise BadInput(_("another version of it in this delivery holds at the same date"))
            except BadInput as error:
                counts.read -= 1
                counts.current -= 1
                counts.planned -= found.is_planned
                refusal = Refusal(file.name, file.bgt_class, found.local_id, error.reason, found.local_id)
                self._refuse(counts, refusal)
            known.setdefault(row_id, found.registered)
        self._rows.note_current(zip(ids, (found for _file, _counts, found in self._waiting), strict=True))
        self._waiting.clear()

    def _store_one(self, row_id: str, found: BgtObject) -> bool:
        """Store a version that holds; tell whether it is an object in the area of the import."""
        geometry = found.geometry
        if geometry is None:
            return False
        blob = geometry.blob()
        is_inside = self._area.has(blob)
        if not is_inside:
            stored = self._rows.stored_bbox(row_id, found.entity)
            if stored is None or not self._area.meets(stored):
                return False
        self._rows.put(row_id, found, blob)
        return is_inside

    def _refuse(self, counts: ClassCounts, refusal: Refusal) -> None:
        counts.invalid += 1
        if len(self.report.refused) < MAX_REFUSALS:
            self.report.refused.append(refusal)
        if refusal.local_id:
            self._rows.note_refused(refusal.local_id)

    def finish(self, progress: Progress) -> None:
        """Write what waits, end what is gone and record the dataset."""
        counts = self.report.classes.values()
        if self.report.refused and not any(found.read for found in counts):
            first = self.report.refused[0]
            place = f"{first.file}: {first.place}"
            raise BadInput(
                _("no object in it can be read; the first one: {reason}").format(reason=first.reason),
                file=self._delivery.path, place=place,
            )  # fmt: skip
        self._rows.finish()
        if not self._rows.was_empty:
            progress.report(_READ, _("looking for objects that ended"))
            for name, row_id, instant in list(self._endings()):
                self._rows.end(name, row_id, instant)
            self._rows.end_companions(self._instant)
        progress.report(_END, "")
        self._record_dataset()

    def _endings(self) -> Iterator[tuple[str, str, str]]:
        """Yield (entity, id, instant) of the objects that are there no more."""
        coverage = _Coverage(self._store, self._rows, self._bbox)
        for name, row in self._rows.not_delivered():
            if row["geom"] is None or not self._area.meets(geo.blob_bbox(row["geom"])):
                continue
            state, registered = row["state"], row["registered"] or ""
            if state == "current":
                yield name, row["id"], self._instant  # its geometry became of another kind
            elif state == "ended":
                if registered > self._instant:
                    yield name, row["id"], self._instant
                elif row["delivered_end"] and registered < row["delivered_end"]:
                    yield name, row["id"], row["delivered_end"]
            elif state is None and row["bgt_class"] in self.report.classes and coverage.has(row["geom"]):
                yield name, row["id"], self._instant

    def _record_dataset(self) -> None:
        date = self._delivery.date or self._published or dutch_date(self._instant)
        fields: dict[str, Any] = {"edition": date, "edition_date": date, "source": self._delivery.path.name}
        known = self._store.get("dataset", DATASET)
        if known is None:
            put_dataset(self._store, DATASET, {**_ABOUT, **fields})
        elif (known["edition_date"] or "") <= date:
            put_dataset(self._store, DATASET, fields)


class _Area:
    """The area of an import; without a box, everywhere."""

    def __init__(self, bbox: Bbox | None) -> None:
        self._bbox = bbox

    def meets(self, box: Bbox) -> bool:
        """Tell whether a box meets the area."""
        own = self._bbox
        return own is None or (
            box[0] <= own[2] and box[2] >= own[0] and box[1] <= own[3] and box[3] >= own[1]
        )

    def has(self, blob: bytes) -> bool:
        """Tell whether a geometry meets the area."""
        own = self._bbox
        if own is None:
            return True
        box = geo.blob_bbox(blob)
        if not self.meets(box):
            return False
        if own[0] <= box[0] and box[2] <= own[2] and own[1] <= box[1] and box[3] <= own[3]:
            return True
        try:
            engine = geo.default_engine()
        except MissingComponent:
            return True
        return engine.intersects(engine.from_wkb(geo.wkb_from_blob(blob)), engine.from_wkb(box_wkb(own)))


class _Coverage:
    """Where a delivery is complete: the tiles that its surfaces cover wholly."""

    def __init__(self, store: Store, rows: BgtRows, bbox: Bbox | None) -> None:
        self._bbox = bbox
        self._covered: dict[Bbox, bool] = {}
        try:
            self._engine: Any = geo.default_engine()
            self._tiles = Tiles(store, lambda row_id: (rows.known(row_id) or {}).get("state") == "current")
        except MissingComponent:
            self._engine = None

    def has(self, blob: bytes) -> bool:
        """Tell whether a geometry reaches into a tile that the delivery covers."""
        if self._engine is None:
            return False
        geometry = self._engine.from_wkb(geo.wkb_from_blob(blob))
        return any(self._reaches(geometry, tile) for tile in grid(geo.blob_bbox(blob)))

    def _reaches(self, geometry: Any, tile: Bbox) -> bool:
        place = tile if self._bbox is None else clipped(tile, self._bbox)
        if place is None:
            return False
        inner = self._engine.from_wkb(box_wkb(place))
        if not self._engine.intersects(geometry, self._engine.buffer(inner, -_REACH)):
            return False
        if place not in self._covered:
            self._covered[place] = self._tiles.covered(place) is not None
        return self._covered[place]
