"""Dutch civil time for series: hours, days, months and years as borders in ms UTC."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HOUR, _DAY = 3_600_000, 86_400_000
#: Periods that figures are made per.
PERIODS = ("hour", "day", "month", "year")


def edges(first: int, last: int, period: str) -> NDArray[np.int64]:
    """Return the borders (ms UTC) of all periods from that of `first` to the end of that of `last`."""
    if period == "hour":
        return np.arange(first // _HOUR, last // _HOUR + 2, dtype=np.int64) * _HOUR
    both = np.asarray([first, last], np.int64)
    local = (both + dutch_offset(both)).astype("datetime64[ms]")
    unit = {"day": "D", "month": "M", "year": "Y"}[period]
    begin, end = local.astype(f"datetime64[{unit}]")
    midnights = np.arange(begin, end + 2).astype("datetime64[ms]").astype(np.int64)
    # Clocks change at 01:00 UTC, so at local midnight the offset of an hour earlier is the right one.
    return np.asarray(midnights - dutch_offset(midnights - 2 * _HOUR), np.int64)


def dutch_offset(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return by how many ms Dutch civil time is ahead of UTC at each of `times` (ms UTC).

    Summer time runs from the last Sunday of March to the last Sunday of October, both at 01:00 UTC
    (directive 2000/84/EC); good for instants since 1996.
    """
    years = np.asarray(times, "datetime64[ms]").astype("datetime64[Y]")
    begin, end = (_last_sunday(years, month) * _DAY + _HOUR for month in (3, 10))
    return np.where((times >= begin) & (times < end), 2 * _HOUR, _HOUR).astype(np.int64)


def _last_sunday(years: NDArray[np.datetime64], month: int) -> NDArray[np.int64]:
    """Return the day number (since 1970-01-01, a Thursday) of the last Sunday of `month`."""
    last = (years.astype("datetime64[M]") + month).astype("datetime64[D]").astype(np.int64) - 1
    return np.asarray(last - (last + 4) % 7, np.int64)
