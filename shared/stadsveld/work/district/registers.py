"""The municipality's own register files of the demo district, as a municipality would export them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..xlsx import write_xlsx
from .canvas import Feature, Frame, mm_point
from .streets import Street

ROAD_SECTION_HEADINGS = (
    "weg", "wegvak", "wegvakonderdeel", "wegtype", "verharding", "functie", "oppervlakte", "straat",
    "bgt lokaal id",
)  # fmt: skip
STRUCTURE_HEADINGS = (
    "kunstwerk", "naam", "soort", "hoofdmateriaal", "bouwjaar", "elementnummer", "element",
    "bouwdeelnummer", "bouwdeel", "materiaal", "hoeveelheid", "eenheid", "vervangingswaarde",
    "bgt lokaal id",
)  # fmt: skip
SENSOR_HEADINGS = (
    "nummer", "naam", "soort", "x", "y", "eigenaar", "doel", "thema", "persoonsgegevens",
    "wettelijke grondslag", "privacyverklaring", "actief tot", "hoogte", "meet aan soort",
    "meet aan nummer", "bgt lokaal id",
)  # fmt: skip


@dataclass
class Section:
    """One wegvakonderdeel: its number, where it is, and the road surfaces it consists of."""

    number: str
    road: str
    segment: str
    street: Street
    pavement: str
    along: float
    carriageway: bool
    parts: list[Feature] = field(default_factory=list)


def find_sections(
    features: Sequence[Feature], streets: Sequence[Street], kinds: Mapping[str, Any]
) -> list[Section]:
    """Return the road sections; parking bays along one stretch of street are one section."""
    by_name = {street.name: street for street in streets}
    sections: dict[str, Section] = {}
    counters: dict[str, int] = {}
    for feature in features:
        street = by_name.get(feature.notes.get("street", ""))
        register = kinds.get(feature.notes.get("kind", ""), {}).get("register")
        if street is None or register is None or feature.planned:
            continue
        letter, pavement = register
        along = feature.centre()[1 if street.along_v else 0] / 1000
        stretch = 1 + sum(street.meets(other) and other.at < along for other in streets)
        stem = f"{street.number:03d}{stretch:02d}{letter}"
        together = stem + feature.values["appearance"] if letter == "P" else ""
        if together in sections:
            sections[together].parts.append(feature)
            continue
        counters[stem] = counters.get(stem, 0) + 1
        number = f"{stem}{counters[stem]}"
        carriageway = feature.notes["kind"] == street.carriageway and feature.level == 0
        sections[together or number] = Section(
            number, f"{street.number:03d}", f"{street.number:03d}-{stretch:02d}", street, pavement,
            along, carriageway, [feature],
        )  # fmt: skip
    return sorted(sections.values(), key=lambda section: section.number)


def write_road_sections(file: Path, sections: Sequence[Section]) -> None:
    """Write `wegvakonderdelen.csv`: semicolons, decimal commas, Dutch headings."""
    rows = [
        (
            section.road, section.segment, section.number, section.street.profile["road_type"],
            section.pavement, section.parts[0].values["function"],
            _comma(sum(part.area() for part in section.parts), 2), section.street.name,
            " ".join(part.local_id for part in section.parts),
        )
        for section in sections
    ]  # fmt: skip
    _write_csv(file, ROAD_SECTION_HEADINGS, rows)


def write_structures(
    file: Path, features: Sequence[Feature], plan: Mapping[str, Any], elements: Mapping[str, Any]
) -> None:
    """Write `kunstwerken.xlsx`: one row per component."""
    rows: list[Sequence[object]] = [STRUCTURE_HEADINGS]
    for bridge in plan["bridges"]:
        parts = [
            feature
            for feature in features
            if feature.bgt_class == "overbruggingsdeel" and feature.notes.get("bridge") == bridge["number"]
        ]
        deck = next(part for part in parts if part.notes["kind"] == "dek")
        ids = " ".join(part.local_id for part in parts)
        for row in _components(bridge, deck.area(), elements):
            rows.append(
                (bridge["number"], bridge["name"], "brug", bridge["material"], bridge["built"], *row, ids)
            )
    write_xlsx(file, "Kunstwerken", rows)


def _components(
    bridge: Mapping[str, Any], deck_area: float, elements: Mapping[str, Any]
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for element in elements["elements"]:
        for place, (name, material, quantity, unit, price) in enumerate(element["components"], 1):
            if name == "pijler" and not bridge["piers"]:
                continue
            amount = round(deck_area * quantity, 1) if unit == "m2" and quantity == 1 else quantity
            number = f"{element['number']}.{place}"
            rows.append(
                (element["number"], element["name"], number, name, material or bridge["material"], amount,
                 unit, round(amount * price))
            )  # fmt: skip
    return rows


def write_sensors(
    file: Path,
    sensors: Sequence[Mapping[str, Any]],
    streets: Sequence[Street],
    frame: Frame,
    assets: Mapping[str, tuple[str, str]],
) -> None:
    """Write `sensoren.csv`, with the object that a sensor in a road or a bridge measures."""
    by_name = {street.name: street for street in streets}
    rows = []
    for sensor in sensors:
        place = sensor["place"]
        u, v = by_name[place["street"]].spot(place["across"], place["along"])
        x, y = frame.rd(mm_point(u, v))
        kind, number = assets.get(sensor["number"], ("", ""))
        rows.append(
            (
                sensor["number"], sensor["name"], sensor["kind"], _comma(x / 1000, 3), _comma(y / 1000, 3),
                "Gemeente Stadsveld", sensor["purpose"], sensor["theme"],
                "Ja" if sensor.get("personal") else "Nee", sensor.get("legal_ground", ""),
                sensor.get("privacy", ""), "31-12-2030", _comma(sensor["height"], 1), kind, number, "",
            )
        )  # fmt: skip
    _write_csv(file, SENSOR_HEADINGS, rows)


def measured_assets(
    sensors: Sequence[Mapping[str, Any]], sections: Sequence[Section]
) -> dict[str, tuple[str, str]]:
    """Return number of a sensor -> (kind of object in Dutch, its number) for sensors built into something."""
    found: dict[str, tuple[str, str]] = {}
    for sensor in sensors:
        if sensor.get("measures") == "bridge":
            found[sensor["number"]] = ("kunstwerk", sensor["bridge"])
        elif sensor.get("measures") == "section":
            place = sensor["place"]
            near = [
                section
                for section in sections
                if section.carriageway and section.street.name == place["street"]
            ]
            nearest = min(near, key=lambda section: abs(section.along - place["along"]))
            found[sensor["number"]] = ("wegvakonderdeel", nearest.number)
    return found


def _write_csv(file: Path, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(headings)
        writer.writerows(rows)


def _comma(number: float, places: int) -> str:
    return f"{number:.{places}f}".replace(".", ",")
