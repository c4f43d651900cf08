"""Imports readings of sensors: measurement series with a block of readings per month.

Two forms of CSV are read. Wide: a column of times and a column per series. Long: a row per reading
with the name of the series, the time and the value. A second file can tell of each series which
sensor it is from, what it measures, in which unit, how often, and how its data quality is tested.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..jobs import Progress
from ..model import id_from_register
from ..observe import Series, pack, run_tests, unpack
from ..sources.register import read_table
from ..sources.register.mapping import plain
from ..store import Store
from ..text import _
from .datasets import Edition, Mutations, Row, own_id, put_dataset, register_name, write_edition

_TIME = ("tijd", "tijdstip", "time", "datum tijd", "datetime", "timestamp")
_SERIES = ("reeks", "meetreeks", "series", "datastream")
_VALUE = ("waarde", "value", "meting", "resultaat", "result")


@dataclass
class ReadingsReport:
    """What an import did.

    Attributes:
        series: number of series in the file.
        readings: number of readings in it, missing ones included.
        blocks: number of blocks of a month.
        begin: first time, ISO UTC.
        end: last time, ISO UTC.
        mutations: per entity what changed.
        remarks: what a person should know.
    """

    series: int = 0
    readings: int = 0
    blocks: int = 0
    begin: str = ""
    end: str = ""
    mutations: dict[str, Mutations] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "series": self.series, "readings": self.readings, "blocks": self.blocks, "begin": self.begin,
            "end": self.end, "remarks": self.remarks,
            "mutations": {name: found.as_dict() for name, found in self.mutations.items()},
        }  # fmt: skip


def import_readings(
    store: Store,
    file: Path,
    *,
    series_file: Path | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> ReadingsReport:
    """Import a file of readings into a store.

    Readings of a series that the store has are joined by time; the later import wins. Flags follow
    from the data quality tests of the series. The same file twice changes nothing.

    Args:
        store: the store.
        file: CSV with the readings, wide or long; times in ISO 8601, UTC where no zone is named.
        series_file: CSV with a row per series: reeks, sensor, grootheid, eenheid, interval (s) and
            kwaliteitstoetsen (JSON).
        name: name of the municipality's registers, as in `import_register`.
        progress: told how far it is.

    Raises:
        BadInput: if a file cannot be read, naming the row; the store is as it was.
        StoreError: if the store cannot be written; it is as it was.
    """
    progress = progress or Progress()
    progress.report(0.0, _("Reading the measurements"))
    found = _read_readings(file)
    described = _read_series(series_file) if series_file is not None else {}
    report = ReadingsReport(series=len(found), readings=sum(len(times) for times, _values in found.values()))
    report.remarks = [
        _("The list of series says nothing about {name}.").format(name=series)
        for series in found
        if series_file is not None and series not in described
    ]
    firsts, lasts = zip(*((times[0], times[-1]) for times, _values in found.values()), strict=True)
    report.begin, report.end = _iso(min(firsts)), _iso(max(lasts))
    with store.transaction(capture=False):
        used = register_name(store, name)
        _Import(store, used, described, report, progress.part(0.4, 1.0)).run(found)
    progress.report(1.0, "")
    return report


def read_series(store: Store, datastream_id: str) -> Series:
    """Return all readings of a series in a store, in order of time.

    Raises:
        BadInput: if a block is damaged.
    """
    blocks = [
        unpack(row["payload"])
        for row in store.rows("reading_block", datastream_id=datastream_id)
        if row["ended"] is None and row["payload"]
    ]
    blocks.sort(key=lambda block: int(block.times[0]) if len(block) else 0)
    if not blocks:
        return Series.of([], [])
    return Series(
        np.concatenate([block.times for block in blocks]),
        np.concatenate([block.values for block in blocks]),
        np.concatenate([block.flags for block in blocks]),
    )


Readings = dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]


class _Import:
    """One import, inside a transaction."""

    def __init__(
        self, store: Store, name: str, described: dict[str, Row], report: ReadingsReport, progress: Progress
    ) -> None:
        self._store = store
        self._name = name
        self._described = described
        self._report = report
        self._progress = progress
        self._dataset_id = id_from_register("dataset", f"{name}/readings")

    def run(self, found: Readings) -> None:
        """Write series and blocks."""
        put_dataset(self._store, self._dataset_id, {
            "name": f"{self._name}: metingen", "register": self._name, "owner": self._name,
            "access_class": "restricted", "personal_data": 0,
        })  # fmt: skip
        streams = Edition("datastream", is_whole=False)
        blocks = Edition("reading_block", is_whole=False)
        for place, (series, (times, values)) in enumerate(sorted(found.items())):
            self._progress.report(place / len(found), series)
            stream_id = own_id(self._name, "datastream", series)
            streams.rows[stream_id] = self._stream(series, times)
            tests = json.loads(streams.rows[stream_id]["quality_tests"])
            blocks.rows.update(self._blocks(series, stream_id, times, values, tests))
        self._report.blocks = len(blocks.rows)
        for edition in (streams, blocks):
            today = date.today().isoformat()
            self._report.mutations[edition.entity] = write_edition(
                self._store, self._dataset_id, edition, today
            )

    def _stream(self, series: str, times: NDArray[np.int64]) -> Row:
        """Return the row of a series: what the list says, else what the name and the times say."""
        told = self._described.get(series, {})
        sensor_id = own_id(self._name, "sensor", told["sensor"]) if told.get("sensor") else None
        sensor = self._store.get("sensor", sensor_id) if sensor_id else None
        asset = ("sensor", sensor_id) if sensor_id else (None, None)
        if sensor is not None and sensor["asset_id"]:
            asset = (sensor["asset_entity"], sensor["asset_id"])
        interval = told.get("interval")
        if interval is None and times.size > 1:
            interval = float(np.median(np.diff(times))) / 1000
        return {
            "name": series, "asset_entity": asset[0], "asset_id": asset[1], "sensor_id": sensor_id,
            "observed_property": told.get("grootheid") or series, "unit": told.get("eenheid") or "",
            "interval": interval, "quality_tests": told.get("kwaliteitstoetsen") or "{}",
        }  # fmt: skip

    def _blocks(
        self,
        series: str,
        stream_id: str,
        times: NDArray[np.int64],
        values: NDArray[np.float64],
        tests: dict[str, Any],
    ) -> Iterator[tuple[str, Row]]:
        """Yield a row per month; flags are those of the whole series, so that months fit together."""
        months = times.astype("datetime64[ms]").astype("datetime64[M]")
        known = {
            month: self._store.get("reading_block", _block_id(self._name, series, month))
            for month in np.unique(months).tolist()
        }
        for row in known.values():
            if row is not None:
                times, values = _joined(unpack(row["payload"]), times, values)
        flags = run_tests(values, times, tests)
        months = times.astype("datetime64[ms]").astype("datetime64[M]")
        for month in known:
            inside = months == np.datetime64(month, "M")
            block = Series(times[inside], values[inside], flags[inside])
            yield _block_id(self._name, series, month), {
                "datastream_id": stream_id, "begin": _iso(block.times[0]), "end": _iso(block.times[-1]),
                "count": len(block), "payload": pack(block),
            }  # fmt: skip


def _block_id(name: str, series: str, month: date) -> str:
    return id_from_register(f"{name}/reading_block", f"{series}/{month:%Y-%m}")


def _joined(
    block: Series, times: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Join stored readings with new ones; where both have a time, the new one wins."""
    old = ~np.isin(block.times, times)
    all_times = np.concatenate([block.times[old], times])
    order = np.argsort(all_times, kind="stable")
    return all_times[order], np.concatenate([block.values[old], values])[order]


def _read_readings(file: Path) -> Readings:
    table = read_table(file)
    headings = [plain(heading) for heading in table.headings]
    time_place = _find(headings, _TIME)
    if time_place is None:
        reason = _("No column holds the time; call it “tijd”.")
        raise BadInput(reason, file=file)
    series_place, value_place = _find(headings, _SERIES), _find(headings, _VALUE)
    stamps = [row.cells[time_place] for row in table.rows]
    places = [row.place for row in table.rows]
    times = _instants(file, places, stamps)
    if series_place is not None and value_place is not None:
        columns = [row.cells[value_place] for row in table.rows]
        return _long(file, times, [str(row.cells[series_place]) for row in table.rows], places, columns)
    found: Readings = {}
    for place, heading in enumerate(table.headings):
        if place != time_place and heading:
            if heading in found:
                raise BadInput(_("The series {name} occurs twice.").format(name=heading), file=file)
            values = _numbers(file, places, [row.cells[place] for row in table.rows])
            found[heading] = _ordered(file, heading, times, values)
    if not found:
        raise BadInput(_("There is no series beside the column of times."), file=file)
    return found


def _long(
    file: Path, times: NDArray[np.int64], names: Sequence[str], places: Sequence[int], cells: Sequence[Any]
) -> Readings:
    values = _numbers(file, places, cells)
    labels = np.asarray(names)
    found: Readings = {}
    for name in sorted(set(names)):
        inside = labels == name
        found[name] = _ordered(file, name, times[inside], values[inside])
    return found


def _ordered(
    file: Path, name: str, times: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    twice = np.flatnonzero(np.diff(times) == 0)
    if twice.size:
        reason = _("The series {name} has two readings at {time}.")
        raise BadInput(reason.format(name=name, time=_iso(times[twice[0]])), file=file)
    return times, values


def _instants(file: Path, places: Sequence[int], cells: Sequence[Any]) -> NDArray[np.int64]:
    """Return ms UTC; many stamps of one form are read at once."""
    texts = [cell.isoformat() if isinstance(cell, datetime) else str(cell or "") for cell in cells]
    quick = _quick_instants(texts)
    if quick is not None:
        return quick
    return np.array([_instant(file, *pair) for pair in zip(places, texts, strict=True)], np.int64)


def _quick_instants(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Return ms UTC if all stamps are plain ISO with a Z, else None."""
    if not all(text.endswith("Z") and len(text) == 20 for text in texts):
        return None
    try:
        found = np.array([text[:-1] for text in texts], "datetime64[ms]")
    except ValueError:
        return None
    return None if bool(np.any(np.isnat(found))) else found.astype(np.int64)


def _instant(file: Path, place: int, text: str) -> int:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as wrong:
        row = _("row {number}").format(number=place)
        reason = _("“{value}” is no time; write it as 2026-01-31T12:00:00Z.").format(value=text)
        raise BadInput(reason, file=file, place=row) from wrong
    aware = found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
    return round(aware.timestamp() * 1000)


def _numbers(file: Path, places: Sequence[int], cells: Sequence[Any]) -> NDArray[np.float64]:
    """Return values, NaN for empty cells; decimal commas and points are read, as one file has one."""
    texts = [str("nan" if cell in (None, "") else cell).replace(",", ".") for cell in cells]
    try:
        return np.array(texts, np.float64)
    except ValueError:
        return np.array([_number(file, *pair) for pair in zip(places, texts, strict=True)], np.float64)


def _number(file: Path, place: int, text: str) -> float:
    try:
        return float(text)
    except ValueError as wrong:
        row = _("row {number}").format(number=place)
        raise BadInput(_("“{value}” is no number").format(value=text), file=file, place=row) from wrong


def _find(headings: Sequence[str], names: Sequence[str]) -> int | None:
    return next((place for place, heading in enumerate(headings) if heading in names), None)


def _read_series(file: Path) -> dict[str, Row]:
    """Return name -> what the list says of the series."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise BadInput(_("The list of series cannot be read: {why}.").format(why=wrong), file=file) from wrong
    described: dict[str, Row] = {}
    for place, row in enumerate(rows, 2):
        told: Row = {plain(key): value for key, value in row.items() if key and isinstance(value, str)}
        if not told.get("reeks"):
            reason = _("The list of series needs a column “reeks” with a name in every row.")
            raise BadInput(reason, file=file, place=_("row {number}").format(number=place))
        try:
            told["interval"] = float(told["interval"].replace(",", ".")) if told.get("interval") else None
            json.loads(told.get("kwaliteitstoetsen") or "{}")
        except ValueError as wrong:
            reason = _("The interval or the data quality tests of {name} cannot be read.")
            at = _("row {number}").format(number=place)
            raise BadInput(reason.format(name=told["reeks"]), file=file, place=at) from wrong
        described[told["reeks"]] = told
    return described


def _iso(millis: Any) -> str:
    found = datetime.fromtimestamp(int(millis) / 1000, timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
