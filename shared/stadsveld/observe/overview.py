"""A long series at a glance: its envelope per column of a picture, its silences, its summary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .quality import Flag
from .series import Series

#: A step of more than this many intervals between two readings is a silence.
_SILENT_AFTER = 1.5
_ACCEPTED = (Flag.GOOD, Flag.UNKNOWN)
_MS = 1000.0


@dataclass(frozen=True, eq=False)
class Envelope:
    """Lowest and highest reading per column; NaN in a column without readings.

    Attributes:
        low: per column.
        high: per column.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def envelope(
    series: Series, begin: int, end: int, columns: int, flags: tuple[int, ...] = _ACCEPTED
) -> Envelope:
    """Return the envelope of the readings that have one of `flags`.

    Args:
        series: the readings.
        begin: left edge of the first column, ms UTC.
        end: right edge of the last column, ms UTC.
        columns: number of columns, 1 or more.
        flags: which readings count; missing ones never do.
    """
    low = np.full(columns, np.nan)
    high = np.full(columns, np.nan)
    inside = series.between(begin, end)
    kept = np.isin(inside.flags, flags) & ~np.isnan(inside.values)
    values = inside.values[kept]
    if values.size:
        place = (inside.times[kept] - begin) * columns // max(end - begin, 1)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        low[place[starts]] = np.minimum.reduceat(values, starts)
        high[place[starts]] = np.maximum.reduceat(values, starts)
    return Envelope(low, high)


def silences(series: Series, interval_seconds: float) -> NDArray[np.int64]:
    """Return (begin, end) in ms UTC of every stretch in which readings are lacking, n by 2.

    A stretch lasts from the last reading before it to the first after it; a time without a value
    is lacking too.

    Args:
        series: the readings.
        interval_seconds: how often a reading is due; 0 or less finds nothing.
    """
    present = series.times[~np.isnan(series.values)]
    if present.size < 2 or interval_seconds <= 0:
        return np.empty((0, 2), np.int64)
    silent = np.flatnonzero(np.diff(present) > _SILENT_AFTER * interval_seconds * _MS)
    return np.stack([present[silent], present[silent + 1]], axis=1)


@dataclass(frozen=True)
class Summary:
    """A stretch of a series in a few numbers.

    Attributes:
        count: readings by flag; missing ones include those that never came.
        coverage: accepted readings over the number that was due, 0 to 1; None where that is unknown.
        minimum: lowest accepted reading, None without any; likewise the next two.
        mean: arithmetic mean.
        maximum: highest.
    """

    count: dict[Flag, int]
    coverage: float | None
    minimum: float | None
    mean: float | None
    maximum: float | None


def summarise(series: Series, begin: int, end: int, interval_seconds: float) -> Summary:
    """Return the summary of the readings with begin <= time < end (ms UTC).

    Accepted are good readings and those that no test judged. What was due before the first and
    after the last reading of the whole series does not count as missing.
    """
    inside = series.between(begin, end)
    counts = {flag: int(np.count_nonzero(inside.flags == flag)) for flag in Flag}
    due = _due(series, begin, end, int(interval_seconds * _MS))
    present = len(inside) - counts[Flag.MISSING]
    counts[Flag.MISSING] = max(counts[Flag.MISSING], due - present)
    values = inside.values[np.isin(inside.flags, _ACCEPTED) & ~np.isnan(inside.values)]
    coverage = min(values.size / due, 1.0) if due else None
    if not values.size:
        return Summary(counts, coverage, None, None, None)
    return Summary(counts, coverage, float(values.min()), float(values.mean()), float(values.max()))


def _due(series: Series, begin: int, end: int, step: int) -> int:
    """Return how many readings the series should have had, counted from its first one."""
    if not len(series) or step <= 0:
        return 0
    first, last = int(series.times[0]), int(series.times[-1])
    start, stop = max(begin - first, 0), min(end - first, last - first + 1)
    return max(0, -(-stop // step) - -(-start // step))
