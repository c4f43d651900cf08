"""Road sections and bridges that follow from the BGT, for a municipality without a register.

The rule for road sections: one section per BGT wegdeel that is current (not ended), existing (not
planned) and has a function that is a road: every function except OV-baan, spoorbaan, overweg, baan
voor vliegverkeer, transitie and inrit (mostly private). Ondersteunende wegdelen are no sections.

- *number*: the street, a letter for the function (R carriageway, F cycle path, V footpath, P
  parking, W shared space, O other) and a count; it is given once and stays.
- *pavement*: from physical appearance and its detail (domain rules of the global visual
  inspection): closed with asfalt or cementbeton is asphalt or cement concrete, closed without that
  detail is unknown (never assumed), open is elements, half paved and unpaved are themselves.
- *street*: the street-name label on the surface, else the one nearest to its edge, within 500 m.
- *road type*: 7 for a cycle path; the others are a decision of the municipality.

The rule for bridges: one structure per deck (overbruggingsdeel of type dek), with the other parts of
overbruggingsdelen that touch it as its elements.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import geo
from ..jobs import Progress
from ..model import id_from_register
from ..store import Store
from ..text import _
from .datasets import Edition, Mutations, Row, put_dataset, write_edition
from .links import Link, as_multipolygon, link_rows

Vertices = NDArray[np.float64]

#: Where a derived row says it comes from; `road_section.derived_from` adds the BGT local id.
RULE = "BGT wegdeel"

_NOT_ROADS = frozenset({"ov-baan", "spoorbaan", "overweg", "baan voor vliegverkeer", "transitie", "inrit"})
_LETTERS = {"fietspad": "F", "parkeervlak": "P", "woonerf": "W", "ruiterpad": "O"}
_CLOSED = {"asfalt": "asfalt", "cementbeton": "beton"}
_PAVEMENTS = {"open verharding": "elementen", "half verhard": "halfverhard", "onverhard": "onverhard"}
#: Part of a number, hence the same in every language.
_NO_STREET = "Zonder straat"
_LABEL_CLASS = "openbareruimtelabel"
_FARTHEST = 500.0
_CELL = 500.0
_COUNT = re.compile(r" ([A-Z])(\d+)$")


@dataclass
class SectionsReport:
    """What deriving did.

    Attributes:
        sections: number of road sections that follow from the BGT now.
        structures: number of bridges.
        mutations: per entity what changed.
        skipped: why nothing was derived, or "".
    """

    sections: int = 0
    structures: int = 0
    mutations: dict[str, Mutations] = field(default_factory=dict)
    skipped: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        changes = {name: found.as_dict() for name, found in self.mutations.items()}
        return {
            "sections": self.sections, "structures": self.structures, "skipped": self.skipped,
            "mutations": changes,
        }  # fmt: skip


def pavement_of(appearance: str | None, plus_appearance: str | None) -> str:
    """Return the pavement of the global visual inspection for a BGT appearance and its detail."""
    shown, detail = (appearance or "").lower(), (plus_appearance or "").lower()
    if shown == "gesloten verharding":
        return _CLOSED.get(detail, "onbekend")
    return _PAVEMENTS.get(shown, "onbekend")


def sections_from_bgt(store: Store, progress: Progress | None = None) -> SectionsReport:
    """Derive road sections and bridges from the BGT in the store; again and again, ids stay.

    A kind of which the municipality's own register was imported is left alone.

    Raises:
        StoreError: the store cannot be written; it is as it was.
        Cancelled: the user stopped; the store is as it was.
    """
    progress = progress or Progress()
    report = SectionsReport()
    today = date.today().isoformat()
    with store.transaction(capture=False):
        labels = _Labels(store)
        if _has_register(store, "road_section"):
            report.skipped = _("The municipality's own road sections are in the store; they stay.")
        else:
            sections, links = _sections(store, labels, progress.part(0.0, 0.8))
            report.sections = len(sections.rows)
            _write(store, "road_section", [sections, links], today, report)
        if not _has_register(store, "structure"):
            editions = _structures(store, labels, progress.part(0.8, 0.95))
            report.structures = len(editions[0].rows)
            _write(store, "structure", editions, today, report)
    progress.report(1.0, "")
    return report


def derived_dataset(kind: str) -> str:
    """Return the id of the dataset of what follows from the BGT."""
    return id_from_register("dataset", f"bgt/{kind}")


def _has_register(store: Store, kind: str) -> bool:
    derived = derived_dataset(kind)
    return any(row["dataset_id"] != derived and row["ended"] is None for row in store.rows(kind))


def _write(store: Store, kind: str, editions: Iterable[Edition], today: str, report: SectionsReport) -> None:
    dataset_id = derived_dataset(kind)
    put_dataset(store, dataset_id, {
        "name": f"BGT: {kind}", "register": "bgt", "source": "BGT", "access_class": "open",
        "personal_data": 0,
    })  # fmt: skip
    for edition in editions:
        done = write_edition(store, dataset_id, edition, today)
        total = report.mutations.setdefault(edition.entity, Mutations())
        for name, value in done.as_dict().items():
            setattr(total, name, getattr(total, name) + value)


class _Labels:
    """Street names and where they are written, in cells of 500 m."""

    def __init__(self, store: Store) -> None:
        cells: dict[tuple[int, int], list[tuple[float, float, str]]] = defaultdict(list)
        for row in store.rows("label", bgt_class=_LABEL_CLASS):
            if row["ended"] is None and row["geom"] is not None and row["name"]:
                for part in geo.parse(row["geom"]).parts:
                    for x, y in part[0][:, :2].tolist():
                        cells[_cell(x, y)].append((x, y, row["name"]))
        self._cells = cells

    def nearest(self, wkb: bytes) -> str | None:
        """Return the name that is written on a surface or nearest to its edge, or None within 500 m."""
        begins, ends = _edges(wkb)
        low, high = begins.min(axis=0), begins.max(axis=0)
        (west, south), (east, north) = _cell(*low), _cell(*high)
        near = [
            label
            for column in range(west - 1, east + 2)
            for row in range(south - 1, north + 2)
            for label in self._cells.get((column, row), ())
        ]
        if not near:
            return None
        places = np.asarray([label[:2] for label in near])
        outside = np.maximum(np.maximum(low - places, places - high), 0.0)
        at_least = np.hypot(outside[:, 0], outside[:, 1])
        best, distance = None, _FARTHEST
        for place in np.argsort(at_least, kind="stable").tolist():
            if at_least[place] > distance or distance == 0.0:
                break
            found = _distance(places[place], begins, ends)
            if found < distance:
                best, distance = near[place][2], found
        return best


def _edges(wkb: bytes) -> tuple[Vertices, Vertices]:
    """Return begins and ends of all edges of a surface."""
    rings = [ring[:, :2] for part in geo.parse(wkb).parts for ring in part]
    return np.concatenate([ring[:-1] for ring in rings]), np.concatenate([ring[1:] for ring in rings])


def _distance(point: Vertices, begins: Vertices, ends: Vertices) -> float:
    """Return the distance in m from a point to a surface, 0 inside it (edges crossed to the east)."""
    along = ends - begins
    squares = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((point - begins) * along).sum(axis=1) / squares, 0.0, 1.0)
    gaps = point - (begins + share[:, np.newaxis] * along)
    spans = (begins[:, 1] > point[1]) != (ends[:, 1] > point[1])
    rise = np.where(spans, along[:, 1], 1.0)
    crossings = begins[:, 0] + (point[1] - begins[:, 1]) / rise * along[:, 0]
    if np.count_nonzero(spans & (crossings > point[0])) % 2:
        return 0.0
    return float(np.sqrt((gaps**2).sum(axis=1).min()))


def _cell(x: float, y: float) -> tuple[int, int]:
    return int(x // _CELL), int(y // _CELL)


def _is_current(row: Row) -> bool:
    return row["ended"] is None and row["status"] != "plan" and row["geom"] is not None


class _Numbers:
    """Gives numbers that stay: what has one keeps it, what is new gets the next of its stem."""

    def __init__(self, known: Iterable[Row]) -> None:
        self._known: dict[str, str] = {}
        self._last: dict[str, int] = defaultdict(int)
        for row in known:
            self._known[row["id"]] = row["number"]
            found = _COUNT.search(row["number"] or "")
            if found:
                stem = row["number"][: found.start()] + " " + found[1]
                self._last[stem] = max(self._last[stem], int(found[2]))

    def number(self, row_id: str, stem: str) -> str:
        """Return the number of a row; `stem` is the beginning of a new one."""
        if row_id in self._known:
            return self._known[row_id]
        self._last[stem] += 1
        return f"{stem}{self._last[stem]}"


def _sections(store: Store, labels: _Labels, progress: Progress) -> tuple[Edition, Edition]:
    sections, links = Edition("road_section"), Edition("asset_link")
    dataset_id = derived_dataset("road_section")
    known = {row["id"]: row for row in store.rows("road_section", dataset_id=dataset_id)}
    numbers = _Numbers(known.values())
    parts = [row for row in store.rows("road_part", bgt_class="wegdeel") if _is_section(row)]
    parts.sort(key=lambda row: row["local_id"])
    for place, part in enumerate(parts):
        if place % 100 == 0:
            progress.report(place / len(parts), _("Road sections from the BGT"))
        section_id = id_from_register("bgt/road_section", part["local_id"])
        street = labels.nearest(part["geom"])
        function = part["function"] or ""
        stem = f"{street or _NO_STREET} {_letter(function)}"
        area = round(geo.area(part["geom"]), 2)
        sections.rows[section_id] = {
            "number": numbers.number(section_id, stem), "street": street, "function": function,
            "road_type": "7" if function == "fietspad" else None,
            "pavement": pavement_of(part["appearance"], part["plus_appearance"]),
            "area": area, "derived_from": f"{RULE} {part['local_id']}",
            "geom": as_multipolygon(part["geom"]),
        }  # fmt: skip
        if section_id not in known:
            sections.rows[section_id]["condition"] = "not_inspected"
        link = Link(part["local_id"], "confirmed", area, 1.0)
        links.rows.update(link_rows("bgt", "road_section", section_id, [link]))
    return sections, links


def _is_section(part: Row) -> bool:
    return _is_current(part) and (part["function"] or "").lower() not in _NOT_ROADS


def _letter(function: str) -> str:
    if function.startswith("rijbaan"):
        return "R"
    if function.startswith("voet"):
        return "V"
    return _LETTERS.get(function, "O")


def _structures(store: Store, labels: _Labels, progress: Progress) -> list[Edition]:
    """Return structures, elements, components and links."""
    structures, elements = Edition("structure"), Edition("structure_element")
    components, links = Edition("component"), Edition("asset_link")
    dataset_id = derived_dataset("structure")
    known = {row["id"]: row for row in store.rows("structure", dataset_id=dataset_id)}
    numbers = _Numbers(known.values())
    parts = [row for row in store.rows("structure_part", bgt_class="overbruggingsdeel") if _is_current(row)]
    parts.sort(key=lambda row: row["local_id"])
    decks = [part for part in parts if type_of(part) == "dek"]
    for place, deck in enumerate(decks):
        progress.report(place / len(decks), _("Bridges from the BGT"))
        structure_id = id_from_register("bgt/structure", deck["local_id"])
        street = labels.nearest(deck["geom"])
        structures.rows[structure_id] = {
            "number": numbers.number(structure_id, f"{street or _NO_STREET} B"),
            "name": street, "kind": "brug", "geom": as_multipolygon(deck["geom"]),
        }  # fmt: skip
        if structure_id not in known:
            structures.rows[structure_id]["condition"] = "not_inspected"
        of_bridge = [deck, *(part for part in parts if type_of(part) != "dek" and _meets(part, deck))]
        _decompose(structure_id, of_bridge, elements, components)
        found = [Link(part["local_id"], "confirmed", round(geo.area(part["geom"]), 3)) for part in of_bridge]
        links.rows.update(link_rows("bgt", "structure", structure_id, found))
    return [structures, elements, components, links]


def _decompose(structure_id: str, parts: list[Row], elements: Edition, components: Edition) -> None:
    """Add an element per type of part, with a component per part."""
    for part in parts:
        name = type_of(part) or "dek"
        element_id = id_from_register("bgt/structure_element", f"{structure_id}/{name}")
        elements.rows[element_id] = {"structure_id": structure_id, "name": name}
        component_id = id_from_register("bgt/component", part["local_id"])
        components.rows[component_id] = {
            "element_id": element_id, "name": name, "quantity": round(geo.area(part["geom"]), 2),
            "quantity_unit": "m²",
        }  # fmt: skip


def type_of(part: Row) -> str:
    """Return the type of a bridge part: dek, landhoofd, pijler, sloof or pyloon."""
    kinds = ("dek", "landhoofd", "pijler", "sloof", "pyloon")
    for name in ("type", "function", "plus_type"):
        if (part.get(name) or "").lower() in kinds:
            return str(part[name]).lower()
    return ""


def _meets(part: Row, deck: Row) -> bool:
    """Tell whether the boxes around two parts overlap, which is near enough for one bridge."""
    west, south, east, north = geo.wkb_bbox(part["geom"])
    left, low, right, high = geo.wkb_bbox(deck["geom"])
    return west <= right and east >= left and south <= high and north >= low
