"""What is measured: the series of an object, read from the store with all that is told of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..core import geo, observe, part

#: Entities that can have series and stand on the map, the first that is hit counts.
MEASURED = ("sensor", "structure", "road_section")


@dataclass(frozen=True)
class Found:
    """A measured object.

    Attributes:
        entity: its kind.
        row_id: its id.
        geometry: WKB in RD.
    """

    entity: str
    row_id: str
    geometry: bytes


@dataclass(frozen=True)
class Stream:
    """One series as the store knows it.

    Attributes:
        row: its row of `datastream`.
        series: its readings.
        told: what each data quality test found, with its rule.
    """

    row: dict[str, Any]
    series: Any
    told: tuple[Any, ...]

    @property
    def unit(self) -> str:
        """Unit of the readings."""
        return self.row["unit"] or ""

    @property
    def interval(self) -> float:
        """How often a reading is due, in seconds; 0 where that is unknown."""
        return float(self.row["interval"] or 0.0)


def streams_of(store: Any, entity: str, row_id: str) -> list[dict[str, Any]]:
    """Return the rows of the series of a sensor or of any other object, by name."""
    rows = {row["id"]: row for row in store.rows("datastream", asset_id=row_id)}
    if entity == "sensor":
        rows |= {row["id"]: row for row in store.rows("datastream", sensor_id=row_id)}
    return sorted((row for row in rows.values() if row["ended"] is None), key=lambda row: row["name"] or "")


def measured_at(store: Any, x: float, y: float, reach: float) -> Found | None:
    """Return what is measured at a place in RD: the nearest sensor, else an object that lies there.

    Raises:
        MissingComponent: there is no geometry engine.
    """
    engine = geo.default_engine()
    here = engine.from_wkb(geo.point_wkb(x, y))
    box = (x - reach, y - reach, x + reach, y + reach)
    for entity in MEASURED:
        near = []
        for row in store.window(entity, box):
            distance = engine.distance(engine.from_wkb(row["geom"]), here)
            if distance <= reach and row["ended"] is None:
                near.append((distance, row))
        for _distance, row in sorted(near, key=lambda pair: pair[0]):
            if entity == "sensor" or streams_of(store, entity, row["id"]):
                return Found(entity, row["id"], row["geom"])
    return None


def read(store: Any, row: dict[str, Any]) -> Stream:
    """Read a series.

    Raises:
        BadInput: a block of it is damaged, or its data quality tests are not understood.
    """
    series = part("work.import_readings").read_series(store, row["id"])
    tests = row["quality_tests"] or "{}"
    tests = json.loads(tests) if isinstance(tests, str) else tests
    told = tuple(observe.explain_tests(series, tests, row["unit"] or ""))
    return Stream(row, series, told)
