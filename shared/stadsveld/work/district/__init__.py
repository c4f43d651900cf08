"""An invented district to try everything on: a BGT delivery, register files and a year of readings.

A post-war neighbourhood with flats in open rows, terraced houses, a canal with three bridges and a
park. Nothing in it exists. What it consists of is data in `resources/demo/`; equal seeds give equal
bytes.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...jobs import Progress
from ...model.ids import NAMESPACE
from ...resources import resource
from ...text import _
from .blocks import Builder
from .canvas import Canvas, Feature, Frame, name_features
from .gml import Version, write_delivery
from .readings import Fault, write_readings
from .registers import find_sections, measured_assets, write_road_sections, write_sensors, write_structures
from .streets import furnish_streets, paint_bridges, paint_canal, paint_ground, paint_streets, read_streets

__all__ = ["District", "draw_district", "generate_district"]

#: Date of the delivery; everything in it is older.
_STAMP = (2025, 9, 20, 12, 0, 0)
_ENDED = "2025-03-14T09:30:00"


@dataclass(frozen=True)
class District:
    """What was generated.

    Attributes:
        name: name of the district.
        municipality: name of the municipality, the owner of the registers.
        bgt: the BGT delivery.
        road_sections: the road register.
        structures: the register of structures.
        sensors: the sensor register.
        series: the list of measurement series.
        readings: their readings.
        faults_file: the faults in them, as JSON.
        objects: object elements per BGT class.
        sections: number of road sections in the register.
        faults: the faults in the readings.
        bbox: a square of whole 500 m tiles that the district covers, m RD.
    """

    name: str
    municipality: str
    bgt: Path
    road_sections: Path
    structures: Path
    sensors: Path
    series: Path
    readings: Path
    faults_file: Path
    objects: dict[str, int]
    sections: int
    faults: list[Fault]
    bbox: tuple[float, float, float, float]


def generate_district(folder: Path, seed: int = 8011, progress: Progress | None = None) -> District:
    """Write the district's files into `folder` and return where they are.

    Args:
        folder: made if absent; files of the same names are replaced.
        seed: another seed gives other houses, trees and readings on the same plan.
        progress: told what is being made.

    Raises:
        Cancelled: if the user stopped.
        OSError: if the folder cannot be written.
    """
    progress = progress or Progress()
    folder.mkdir(parents=True, exist_ok=True)
    plan, kinds = _demo("plan"), _demo("kinds")["kinds"]
    sensors = _demo("sensors")
    progress.report(0.0, _("Drawing the district"))
    features, frame = draw_district(seed)
    streets = read_streets(plan)
    sections = find_sections(features, streets, kinds)
    write_road_sections(folder / "wegvakonderdelen.csv", sections)
    write_structures(folder / "kunstwerken.xlsx", features, plan, _demo("structures"))
    assets = measured_assets(sensors["sensors"], sections)
    write_sensors(folder / "sensoren.csv", sensors["sensors"], streets, frame, assets)
    for feature in features:
        frame.place(feature)
    progress.report(0.4, _("Writing the BGT delivery"))
    versions = _versions(features, plan, seed, frame)
    objects = write_delivery(folder / "bgt.zip", versions, _demo("imgeo"), _STAMP, progress.part(0.4, 0.7))
    progress.report(0.7, _("Writing a year of readings"))
    faults = write_readings(folder, sensors, seed)[1]
    x, y = plan["centre"]
    progress.report(1.0, "")
    return District(
        plan["name"], plan["municipality"], folder / "bgt.zip", folder / "wegvakonderdelen.csv",
        folder / "kunstwerken.xlsx", folder / "sensoren.csv", folder / "reeksen.csv",
        folder / "metingen.csv", folder / "storingen.json", objects, len(sections), faults,
        (x - 500.0, y - 500.0, x + 500.0, y + 500.0),
    )  # fmt: skip


def draw_district(seed: int = 8011) -> tuple[list[Feature], Frame]:
    """Return the named features in the frame of the plan, and the frame that places them in RD."""
    plan = _demo("plan")
    canvas = Canvas(_demo("kinds")["kinds"])
    streets = read_streets(plan)
    paint_ground(canvas, plan)
    Builder(canvas, streets, np.random.default_rng([seed, 0])).build(plan)
    paint_streets(canvas, streets, plan)
    paint_canal(canvas, plan)
    paint_bridges(canvas, streets, plan)
    furnish_streets(canvas, streets, plan)
    features = canvas.features()
    name_features(features, seed, plan["source_holder"])
    return features, Frame(tuple(plan["centre"]), tuple(plan["turn"]), plan["size"])


def _versions(features: Sequence[Feature], plan: dict[str, Any], seed: int, frame: Frame) -> list[Version]:
    """Return a current version of everything, older versions of some, and buildings that are gone."""
    rng = np.random.default_rng([seed, 3])
    code = "9999"
    versions = []
    for place, feature in enumerate(features):
        year, month, day = (int(rng.integers(*span)) for span in ((2009, 2024), (1, 13), (1, 29)))
        created = f"{year}-{month:02d}-{day:02d}"
        changed = rng.random() < 0.07 and not feature.planned
        registered = _ENDED if changed else f"{year + 1}-{month:02d}-{day:02d}T10:15:00"
        _give_bag_ids(feature, code, place)
        if changed:
            older = copy.deepcopy(feature)
            for key in ("plus_appearance", "plus_type"):
                if older.values.get(key) and older.point is None:
                    older.values[key] = "waardeOnbekend"
            begun = f"{year}-{month:02d}-{day:02d}T11:00:00"
            versions.append(Version(older, _gml_id(older, 1), created, begun, _ENDED))
        versions.append(Version(feature, _gml_id(feature, 2), created, registered))
    return versions + _demolished(plan, seed, frame, code)


def _demolished(plan: dict[str, Any], seed: int, frame: Frame, code: str) -> list[Version]:
    """Return versions of buildings that were there once."""
    canvas = Canvas(_demo("kinds")["kinds"])
    for u, v in plan["demolished"]:
        canvas.above("pand", (u, v, u + 10, v + 8), level=0)
    gone = canvas.features()
    name_features(gone, -seed, plan["source_holder"])
    versions = []
    for place, feature in enumerate(gone):
        frame.place(feature)
        _give_bag_ids(feature, code, 90_000 + place)
        dates = ("2011-05-02", "2012-06-07T08:00:00", "2023-11-20T14:00:00", "2023-11-01")
        versions.append(Version(feature, _gml_id(feature, 1), *dates))
    return versions


def _give_bag_ids(feature: Feature, code: str, place: int) -> None:
    if feature.bgt_class == "pand":
        feature.values["bag_id"] = f"{code}100000{place:06d}"
        feature.values["vbo_id"] = f"{code}010000{place:06d}"
    elif feature.bgt_class == "openbareruimtelabel":
        feature.values["bag_id"] = f"{code}300000{place:06d}"


def _gml_id(feature: Feature, version: int) -> str:
    return f"b{uuid.uuid5(NAMESPACE, f'{feature.local_id}/{version}')}"


def _demo(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resource("demo", f"{name}.json").read_text(encoding="utf-8"))
    return found
