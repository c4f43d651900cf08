"""A year of readings for the sensors of the demo district, with known faults in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SERIES_HEADINGS = ("reeks", "sensor", "grootheid", "eenheid", "interval", "kwaliteitstoetsen")
_PLACES = {"groundwater_level": 3, "water_level": 3, "settlement": 2, "vibration": 2}


@dataclass(frozen=True)
class Fault:
    """A fault that was put into a series on purpose.

    Attributes:
        series: name of the series.
        kind: spike, flat_line, gap, out_of_range or drift.
        times: ISO instants of the readings concerned; for long faults the first and the last.
        first: index of the first reading concerned.
        last: index of the last reading concerned.
        places: indices of the readings of a spike.
    """

    series: str
    kind: str
    times: tuple[str, str]
    first: int
    last: int
    places: tuple[int, ...] = ()


def write_readings(folder: Path, demo: Mapping[str, Any], seed: int) -> tuple[list[str], list[Fault]]:
    """Write `reeksen.csv`, `metingen.csv` and `storingen.json`; return series and faults.

    `metingen.csv` has a row per time and a column per series; an empty cell is a missing reading.
    """
    times = np.datetime64(demo["begin"].rstrip("Z"), "s") + np.arange(demo["count"]) * demo["interval"]
    weather = _Weather(np.random.default_rng([seed, 1]), demo["count"])
    names: list[str] = []
    columns: list[list[str]] = []
    faults: list[Fault] = []
    rows: list[tuple[object, ...]] = []
    for sensor in demo["sensors"]:
        for given in sensor["series"]:
            quantity = given["property"]
            title = demo["titles"][quantity]
            name = f"{sensor['number']} {title}"
            rng = np.random.default_rng([seed, 2, len(names)])
            values = _MODELS[quantity](weather, rng)
            faults.extend(_break(name, values, times, given["faults"], rng))
            places = _PLACES.get(quantity, 1)
            columns.append(["" if value != value else f"{value:.{places}f}" for value in values.tolist()])
            tests = json.dumps(demo["tests"][quantity], ensure_ascii=False)
            rows.append((name, sensor["number"], title, demo["units"][quantity], demo["interval"], tests))
            names.append(name)
    _write_table(folder / "reeksen.csv", SERIES_HEADINGS, rows)
    stamps = [f"{stamp}Z" for stamp in np.datetime_as_string(times, "s").tolist()]
    _write_columns(folder / "metingen.csv", names, stamps, columns)
    listed = json.dumps([asdict(fault) for fault in faults], indent=1, ensure_ascii=False)
    (folder / "storingen.json").write_text(listed + "\n", encoding="utf-8", newline="\n")
    return names, faults


def _write_table(file: Path, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(headings)
        writer.writerows(rows)


def _write_columns(file: Path, names: Sequence[str], stamps: Sequence[str], columns: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(";".join(("tijd", *names)) + "\r\n")
        for stamp, cells in zip(stamps, zip(*columns, strict=True), strict=True):
            stream.write(f"{stamp};{';'.join(cells)}\r\n".replace(".", ","))


class _Weather:
    """Hour of the day, day of the year and the temperature that all series share."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self.count = count
        self.hour = np.arange(count) % 96 / 4.0
        self.day = np.arange(count) / 96.0
        season = -np.cos(2 * np.pi * (self.day - 107) / 365)
        self.sun = np.maximum(0.0, np.sin(np.pi * (self.hour - 5) / 15)) * (0.55 + 0.45 * season)
        self.air = 10.5 + 7.5 * season + 5.5 * self.sun - 2 + self.slow(rng, 36, 3.0)
        self.rain = np.maximum(0.0, self.slow(rng, 60, 1.0) - 0.6)

    def slow(self, rng: np.random.Generator, hours: float, size: float) -> Floats:
        """Return noise that changes over `hours`."""
        knots = rng.normal(0.0, size, int(self.count / (hours * 4)) + 3)
        return np.interp(np.arange(self.count) / (hours * 4), np.arange(knots.size), knots)

    def traffic(self, rng: np.random.Generator) -> Floats:
        """Return traffic between 0 and about 1, with rush hours and quiet nights and Sundays."""
        rush = np.exp(-(((self.hour - 7.2) / 1.5) ** 2)) + np.exp(-(((self.hour - 16.2) / 2.0) ** 2))
        daytime = 0.35 * ((self.hour > 6) & (self.hour < 21))
        quiet = np.where((self.day.astype(int) + 2) % 7 == 6, 0.45, 1.0)
        return _floats((0.03 + daytime + 0.6 * rush) * quiet * rng.uniform(0.7, 1.1, self.count))


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float64)


def _air(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(weather.air + rng.normal(0, 0.12, weather.count) + rng.normal(0, 0.4))


def _road(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(weather.air + 14 * weather.sun**1.5 + 1.0 + rng.normal(0, 0.2, weather.count))


def _groundwater(weather: _Weather, rng: np.random.Generator) -> Floats:
    wet = 0.35 * np.cos(2 * np.pi * (weather.day - 140) / 365)
    soaked = np.convolve(weather.rain, np.exp(-np.arange(1500) / 400) / 400, "full")[: weather.count]
    return _floats(0.3 + wet + 0.9 * soaked + rng.normal(0, 0.002, weather.count))


def _water(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(
        -0.4 + 0.12 * weather.rain + weather.slow(rng, 12, 0.02) + rng.normal(0, 0.004, weather.count)
    )


def _strain(weather: _Weather, rng: np.random.Generator) -> Floats:
    load = weather.traffic(rng)
    return _floats(6.0 * (weather.air - 10) + 25 * load + rng.normal(0, 2.0, weather.count))


def _vibration(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(0.05 + 1.6 * weather.traffic(rng) * rng.lognormal(0, 0.25, weather.count))


def _settlement(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(-6.0 * weather.day / 365 + 0.04 * (weather.air - 10) + rng.normal(0, 0.05, weather.count))


def _sound(weather: _Weather, rng: np.random.Generator) -> Floats:
    return _floats(42 + 22 * np.sqrt(weather.traffic(rng)) + rng.normal(0, 1.5, weather.count))


_MODELS: dict[str, Callable[[_Weather, np.random.Generator], Floats]] = {
    "air_temperature": _air,
    "road_surface_temperature": _road,
    "groundwater_level": _groundwater,
    "water_level": _water,
    "strain": _strain,
    "vibration": _vibration,
    "settlement": _settlement,
    "sound_level": _sound,
}


def _break(
    name: str,
    values: Floats,
    times: NDArray[np.datetime64],
    faults: Sequence[Mapping[str, Any]],
    rng: np.random.Generator,
) -> list[Fault]:
    """Put the faults into `values` and return where they are."""
    done = []
    for fault in faults:
        begin = np.datetime64(fault["begin"].rstrip("Z"), "s")
        first = int(np.searchsorted(times, begin))
        end = begin + np.timedelta64(int(fault["hours"] * 3600), "s")
        last = min(int(np.searchsorted(times, end)), times.size) - 1
        places: tuple[int, ...] = ()
        end_place = last + 1
        part = values[first:end_place]
        if fault["kind"] == "spike":
            picked = rng.choice(np.arange(1, part.size // 2) * 2, fault["count"], replace=False)
            part[np.sort(picked)] += fault["size"]
            places = tuple(int(first + place) for place in np.sort(picked))
        elif fault["kind"] == "gap":
            part[:] = np.nan
        elif fault["kind"] == "flat_line":
            part[:] = part[0]
        elif fault["kind"] == "out_of_range":
            part[:] = fault["size"]
        elif fault["kind"] == "drift":
            part += np.linspace(0.0, fault["size"], part.size)
        stamps = (f"{times[first]}Z", f"{times[last]}Z")
        done.append(Fault(name, fault["kind"], stamps, first, last, places))
    return done
