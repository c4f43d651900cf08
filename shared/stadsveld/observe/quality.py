"""Data quality tests of measurement series.

The rules are those of the QARTOD manuals (IOOS): gross range, spike, rate of change, flat line and
time gap. Every test is a pure function that returns one flag per reading; `combine` joins the
outcomes of several tests. Readings are never changed or dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from ..text import _
from .civil import dutch_offset

Flags = NDArray[np.uint8]
Floats = NDArray[np.float64]


class Flag(IntEnum):
    """What a test says about one reading."""

    GOOD = 1
    UNKNOWN = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


#: Later overrides earlier when several tests judged the same reading.
PRIORITY = (Flag.MISSING, Flag.UNKNOWN, Flag.GOOD, Flag.SUSPECT, Flag.FAIL)


def gross_range(
    values: ArrayLike, fail_span: tuple[float, float], suspect_span: tuple[float, float] | None = None
) -> Flags:
    """Flag what lies outside the span a sensor can measure, or outside the span that is expected.

    Args:
        values: readings, NaN where missing.
        fail_span: lowest and highest possible value, both inclusive; outside is FAIL.
        suspect_span: lowest and highest expected value, both inclusive; outside is SUSPECT.

    Raises:
        BadInput: if a span runs backwards or the suspect span is not inside the fail span.
    """
    readings = _floats(values)
    low, high = fail_span
    if low > high:
        raise BadInput(_("The span of possible values runs from high to low; give the lowest value first."))
    flags = np.full(readings.shape, Flag.GOOD, np.uint8)
    if suspect_span is not None:
        suspect_low, suspect_high = suspect_span
        if suspect_low > suspect_high or suspect_low < low or suspect_high > high:
            raise BadInput(_("The span of expected values must lie inside the span of possible values."))
        flags[(readings < suspect_low) | (readings > suspect_high)] = Flag.SUSPECT
    flags[(readings < low) | (readings > high)] = Flag.FAIL
    return _with_missing(flags, readings)


def spike(
    values: ArrayLike, suspect: float | None, fail: float | None = None, method: str = "average"
) -> Flags:
    """Flag readings that stand out from both neighbours.

    The size of a spike is, by `average`, |x[n] - (x[n-1] + x[n+1]) / 2|; by `differential`, the
    smaller of the two steps where they go in opposite directions, else 0. A threshold must be
    exceeded, not reached. First and last reading, and readings next to a missing one, are UNKNOWN.

    Raises:
        BadInput: if the method is neither `average` nor `differential`.
    """
    readings = _floats(values)
    flags = np.full(readings.shape, Flag.UNKNOWN, np.uint8)
    if readings.size >= 3:
        size = _spike_size(readings, method)
        inner = np.full(size.shape, Flag.GOOD, np.uint8)
        if suspect is not None:
            inner[size > suspect] = Flag.SUSPECT
        if fail is not None:
            inner[size > fail] = Flag.FAIL
        inner[np.isnan(size)] = Flag.UNKNOWN
        flags[1:-1] = inner
    return _with_missing(flags, readings)


def _spike_size(readings: Floats, method: str) -> Floats:
    before, here, after = readings[:-2], readings[1:-1], readings[2:]
    if method == "average":
        return np.asarray(np.abs(here - (before + after) / 2))
    if method == "differential":
        into, out = here - before, here - after
        size = np.minimum(np.abs(into), np.abs(out))
        size[np.sign(into) * np.sign(out) < 0] = 0.0
        return np.asarray(size)
    raise BadInput(_("Unknown spike method {method}; use average or differential.").format(method=method))


def rate_of_change(
    values: ArrayLike, times: ArrayLike, suspect: float | None, fail: float | None = None
) -> Flags:
    """Flag readings that changed faster than `suspect` (or `fail`) units per second.

    A threshold must be exceeded, not reached. The first reading and the reading after a missing one
    cannot be judged and are GOOD.

    Args:
        values: readings, NaN where missing.
        times: ms UTC, ascending.
        suspect: threshold in units per second.
        fail: threshold in units per second.
    """
    readings = _floats(values)
    flags = np.full(readings.shape, Flag.GOOD, np.uint8)
    if readings.size > 1:
        seconds = np.diff(np.asarray(times, np.int64)) / 1000.0
        speed = np.abs(np.diff(readings) / seconds)
        later = flags[1:]
        if suspect is not None:
            later[speed > suspect] = Flag.SUSPECT
        if fail is not None:
            later[speed > fail] = Flag.FAIL
    return _with_missing(flags, readings)


def flat_line(
    values: ArrayLike,
    times: ArrayLike,
    suspect_seconds: float | None,
    fail_seconds: float | None,
    tolerance: float,
) -> Flags:
    """Flag readings that end a period in which the value hardly moved.

    For each threshold the window holds `int(threshold / median interval) + 1` readings and ends at
    the reading judged; if the range of those that are there is smaller than `tolerance` the reading
    is flagged. Both are taken in whole seconds. Readings before the first full window pass, and of
    fewer than three readings all pass, missing ones too.
    """
    readings = _floats(values)
    flags = np.full(readings.shape, Flag.GOOD, np.uint8)
    if readings.size < 3:
        return flags
    interval = float(np.median(np.diff(np.asarray(times, np.int64)))) / 1000.0
    interval = np.floor(interval) if interval >= 1 else interval
    for seconds, flag in ((suspect_seconds, Flag.SUSPECT), (fail_seconds, Flag.FAIL)):
        if seconds is None or interval <= 0:
            continue
        count = int(int(seconds) / interval) + 1
        if count <= readings.size:
            flat = _moving(readings, count, np.fmax) - _moving(readings, count, np.fmin) < tolerance
            flags[np.flatnonzero(flat) + count - 1] = flag
    return _with_missing(flags, readings)


def _moving(readings: Floats, count: int, pick: Callable[[Floats, Floats], Floats]) -> Floats:
    """Return the extreme of each window of `count` readings, by doubling: O(n log count)."""
    best, width = readings, 1
    while width < count:
        step = min(width, count - width)
        best = pick(best[: best.size - step], best[step:])
        width += step
    return best


def climatology(values: ArrayLike, times: ArrayLike, seasons: Sequence[Mapping[str, Any]]) -> Flags:
    """Flag what lies outside what is usual in its season.

    Args:
        values: readings, NaN where missing.
        times: ms UTC.
        seasons: each `{"months": [1..12, …], "suspect": [low, high], "fail": [low, high]}`, bounds
            inclusive, months those of the Netherlands; of two for one month the later counts.

    Readings of a month that no season names are UNKNOWN.

    Raises:
        BadInput: a month that is none, or a span that runs backwards.
    """
    readings = _floats(values)
    flags = np.full(readings.shape, Flag.UNKNOWN, np.uint8)
    instants = np.asarray(times, np.int64)
    months = (instants + dutch_offset(instants)).astype("datetime64[ms]").astype("datetime64[M]")
    number = months.astype(np.int64) % 12 + 1
    for season in seasons:
        named = list(season.get("months", ()))
        if not named or not all(month in range(1, 13) for month in named):
            raise BadInput(_("A season names its months by numbers from 1 to 12."))
        here = np.isin(number, named)
        fail, suspect = season.get("fail", (-np.inf, np.inf)), season.get("suspect")
        flags[here] = gross_range(readings[here], fail, suspect)
    return _with_missing(flags, readings)


def gap(times: ArrayLike, limit_seconds: float = 7200.0) -> Flags:
    """Flag the reading that follows a silence longer than `limit_seconds` as FAIL.

    The first reading takes the flag of the second.
    """
    instants = np.asarray(times, np.int64)
    flags = np.full(instants.shape, Flag.GOOD, np.uint8)
    if instants.size > 1:
        flags[1:][np.diff(instants) > limit_seconds * 1000.0] = Flag.FAIL
        flags[0] = flags[1]
    return flags


def combine(*flags: Flags) -> Flags:
    """Return the flag of the highest priority per reading: missing, unknown, good, suspect, fail.

    Raises:
        BadInput: if nothing is given or the arrays differ in length.
    """
    if not flags or any(array.shape != flags[0].shape for array in flags):
        raise BadInput(_("Only data quality flags of the same readings can be combined."))
    rank = np.zeros(256, np.uint8)
    for place, flag in enumerate(PRIORITY):
        rank[flag] = place
    highest = np.max(np.stack([rank[array] for array in flags]), axis=0)
    return np.asarray(np.asarray(PRIORITY, np.uint8)[highest])


def run_tests(values: ArrayLike, times: ArrayLike, tests: Mapping[str, Mapping[str, Any]]) -> Flags:
    """Run the tests of a series and return the combined flags.

    Args:
        values: readings, NaN where missing.
        times: ms UTC, ascending.
        tests: name of a test -> its parameters, as `datastream.quality_tests` holds them, e.g.
            `{"gross_range": {"fail_span": [-30, 50]}, "gap": {"limit_seconds": 7200}}`.

    Raises:
        BadInput: for an unknown test or parameters it does not take.
    """
    readings = _floats(values)
    good = np.full(readings.shape, Flag.GOOD, np.uint8)
    return _with_missing(combine(good, *run_each(values, times, tests).values()), readings)


def run_each(values: ArrayLike, times: ArrayLike, tests: Mapping[str, Mapping[str, Any]]) -> dict[str, Flags]:
    """Run the tests of a series and return the flags of each by its name; arguments as `run_tests`.

    Raises:
        BadInput: for an unknown test or parameters it does not take, or times that do not ascend.
    """
    readings = _floats(values)
    check_times(times, readings.size)
    outcomes: dict[str, Flags] = {}
    for name, parameters in tests.items():
        inputs = _INPUTS.get(name)
        if inputs is None:
            raise BadInput(_("Unknown data quality test {name}.").format(name=name))
        try:
            outcomes[name] = inputs(readings, times, dict(parameters))
        except (TypeError, ValueError) as wrong:
            reason = _("The data quality test {name} has wrong parameters: {why}.")
            raise BadInput(reason.format(name=name, why=wrong)) from wrong
    return outcomes


_INPUTS: dict[str, Callable[[Floats, ArrayLike, dict[str, Any]], Flags]] = {
    "gross_range": lambda values, times, given: gross_range(values, **given),
    "spike": lambda values, times, given: spike(values, **given),
    "rate_of_change": lambda values, times, given: rate_of_change(values, times, **given),
    "flat_line": lambda values, times, given: flat_line(values, times, **given),
    "climatology": lambda values, times, given: climatology(values, times, **given),
    "gap": lambda values, times, given: _gap_between_present(values, times, **given),
}


def check_times(times: ArrayLike, count: int) -> None:
    """Check that there is a time for every reading and that every time is later than the one before.

    Raises:
        BadInput: there is not; names the first reading that is wrong.
    """
    instants = np.asarray(times, np.int64)
    if instants.shape != (count,):
        raise BadInput(_("There must be as many times as readings."))
    late = np.flatnonzero(np.diff(instants) <= 0)
    if late.size:
        text = _("Reading {number} is not later than the one before it: sort the readings and drop doubles.")
        raise BadInput(text.format(number=int(late[0]) + 2))


def _gap_between_present(readings: Floats, times: ArrayLike, **given: float) -> Flags:
    """Judge the silences between readings that are there; a stamp without a value is silence too."""
    present = ~np.isnan(readings)
    flags = np.full(readings.shape, Flag.MISSING, np.uint8)
    flags[present] = gap(np.asarray(times, np.int64)[present], **given)
    return flags


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float64)


def _with_missing(flags: Flags, readings: Floats) -> Flags:
    flags[np.isnan(readings)] = Flag.MISSING
    return flags
