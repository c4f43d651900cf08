"""Areas that were kept: rows of `plan` in the store, compared with each other and with the drawing."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import design, geo
from ..text import number, tr
from .live import MARGIN

#: How many kept areas stand beside each other.
SHOWN = 3
#: Kept areas whose surroundings are larger than this (m²) are not measured for the comparison.
_LARGEST = 4_000_000.0


@dataclass(frozen=True)
class Kept:
    """One area with its figures.

    Attributes:
        row_id: id of the plan; empty for what is being drawn.
        name: what people call it.
        indicators: its figures, or None where it is too large to measure in passing.
    """

    row_id: str
    name: str
    indicators: Any


def keep(store: Any, name: str, polygon: bytes) -> str:
    """Store an area as a plan and return its id."""
    parts = [[ring.tolist() for ring in part] for part in geo.parse(polygon).parts]
    row_id: str = store.put("plan", None, {"name": name, "geom": geo.multipolygon_wkb(parts)})
    return row_id


def read(store: Any) -> list[Kept]:
    """Return the areas that were kept last, oldest first, measured on the base map as it is now."""
    rows = sorted(store.rows("plan"), key=lambda row: row["id"])
    return [_measured(store, row) for row in [row for row in rows if row["geom"]][-SHOWN:]]


def _measured(store: Any, row: dict[str, Any]) -> Kept:
    x1, y1, x2, y2 = geo.wkb_bbox(row["geom"])
    name = row["name"] or "–"
    if (x2 - x1) * (y2 - y1) > _LARGEST:
        return Kept(row["id"], name, None)
    around = design.Surroundings.read(store, (x1 - MARGIN, y1 - MARGIN, x2 + MARGIN, y2 + MARGIN))
    return Kept(row["id"], name, design.measure(row["geom"], around))


def next_name(store: Any) -> str:
    """Return a name that no kept area has."""
    names = {row["name"] for row in store.rows("plan")}
    count = 1
    while tr("Area {n}").format(n=count) in names:
        count += 1
    return tr("Area {n}").format(n=count)


def values(indicators: Any) -> list[tuple[str, Any]]:
    """Return (key, explanation) of every figure, in the order to show."""
    main = [("area", indicators.area), ("gsi", indicators.gsi), ("paved", indicators.paved)]
    return [*main, *((part.name, part.explanation) for part in indicators.classes)]


def write_csv(path: Path, areas: Sequence[Kept]) -> None:
    """Write the figures of areas with their explanations, for a spreadsheet.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([tr("Name"), tr("Indicator"), tr("Value"), tr("Unit"), tr("Explanation")])
        for area in areas:
            for _key, told in values(area.indicators) if area.indicators is not None else ():
                shown = "" if told.value is None else number(told.value, max(told.decimals, 1))
                writer.writerow([area.name, told.title, shown, told.unit, told.as_text()])
