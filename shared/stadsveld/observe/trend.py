"""Trends of measurement series: a straight line with its confidence band, and when it meets a limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _

Floats = NDArray[np.float64]
#: Milliseconds of a mean Gregorian year, in which slopes are told.
YEAR_MS = 365.2425 * 86_400_000
#: Two-sided 95 % quantile of the normal distribution, and of Student's t for few degrees of freedom.
_Z = 1.959963985
_T = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 5: 2.5706, 6: 2.4469}
#: Steps, and farthest year, of the search for where a band meets a limit.
_STEPS, _FARTHEST = 4000, 100.0


@dataclass(frozen=True)
class Trend:
    """A straight line through readings, by least squares.

    Attributes:
        slope: units per year.
        slope_low: lower bound of its 95 % confidence interval.
        slope_high: upper bound of it.
        count: how many readings it rests on.
        first: ms UTC of the first reading.
        last: ms UTC of the last.
        middle: ms UTC about which the line is written.
        level: its value there.
        spread: standard deviation of the readings about the line.
        width: Σ (t − middle)² in years².
    """

    slope: float
    slope_low: float
    slope_high: float
    count: int
    first: int
    last: int
    middle: float
    level: float
    spread: float
    width: float

    @property
    def is_certain(self) -> bool:
        """Whether 0 lies outside the confidence interval of the slope."""
        return self.slope_low > 0 or self.slope_high < 0

    def at(self, times: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return the line and its 95 % confidence band (line, low, high) at times in ms UTC."""
        years = (np.asarray(times, np.float64) - self.middle) / YEAR_MS
        line = self.level + self.slope * years
        half = student(self.count - 2) * self.spread * np.sqrt(1 / self.count + years**2 / self.width)
        return line, line - half, line + half


@dataclass(frozen=True)
class Forecast:
    """When a trend meets a limit.

    Attributes:
        expected: ms UTC at which the line meets it, or None where it never does.
        earliest: ms UTC at which the band first may, or None.
        latest: ms UTC at which the whole band is past it, or None.
        is_past: the line is past it already at the last reading.
    """

    expected: int | None
    earliest: int | None
    latest: int | None
    is_past: bool


def trend(times: ArrayLike, values: ArrayLike) -> Trend:
    """Fit a straight line through readings by least squares.

    Args:
        times: ms UTC, in any order.
        values: readings, NaN where missing; those are left out.

    Raises:
        BadInput: fewer than three readings, or all at one moment.
    """
    instants, readings = np.asarray(times, np.float64), np.asarray(values, np.float64)
    there = ~np.isnan(readings)
    instants, readings = instants[there], readings[there]
    if instants.size < 3 or instants.min() == instants.max():
        raise BadInput(_("A trend needs at least three readings at different moments."))
    middle = float(instants.mean())
    years = (instants - middle) / YEAR_MS
    width, level = float((years**2).sum()), float(readings.mean())
    slope = float((years * (readings - level)).sum() / width)
    rest = readings - level - slope * years
    count = int(instants.size)
    spread = float(np.sqrt((rest**2).sum() / (count - 2)))
    half = student(count - 2) * spread / float(np.sqrt(width))
    first, last = int(instants.min()), int(instants.max())
    return Trend(slope, slope - half, slope + half, count, first, last, middle, level, spread, width)


def forecast(found: Trend, limit: float, *, rising: bool) -> Forecast:
    """Tell when a trend meets a limit from below (`rising`) or from above, within 100 years.

    The 95 % band of the line gives the earliest and the latest moment; a band that still holds the
    limit after 100 years gives None.
    """
    ahead = np.linspace(0, _FARTHEST, _STEPS) * YEAR_MS + found.last
    line, low, high = found.at(ahead)
    sign = 1 if rising else -1
    towards, away = (high, low) if rising else (low, high)

    def first(curve: Floats) -> int | None:
        past = np.flatnonzero(sign * (curve - limit) >= 0)
        return int(ahead[past[0]]) if past.size else None

    return Forecast(
        _meeting(found, limit, sign), first(towards), first(away), bool(sign * (line[0] - limit) >= 0)
    )


def _meeting(found: Trend, limit: float, sign: int) -> int | None:
    line = found.at([found.last])[0][0]
    if sign * (line - limit) >= 0:
        return found.last
    if sign * found.slope <= 0:
        return None
    moment = found.middle + (limit - found.level) / found.slope * YEAR_MS
    return int(moment) if moment - found.last <= _FARTHEST * YEAR_MS else None


def theil_sen(times: ArrayLike, values: ArrayLike, most: int = 600) -> float:
    """Return the median slope of all pairs of readings, in units per year; outliers do not bend it.

    Args:
        times: ms UTC, ascending.
        values: readings, NaN where missing.
        most: with more readings, so many evenly spread ones are paired.

    Raises:
        BadInput: fewer than two readings.
    """
    instants, readings = np.asarray(times, np.float64), np.asarray(values, np.float64)
    there = np.flatnonzero(~np.isnan(readings))
    if there.size > most:
        there = there[np.linspace(0, there.size - 1, most).astype(int)]
    if there.size < 2:
        raise BadInput(_("A trend needs at least three readings at different moments."))
    one, other = np.triu_indices(there.size, 1)
    years = (instants[there][other] - instants[there][one]) / YEAR_MS
    apart = years > 0
    return float(np.median((readings[there][other] - readings[there][one])[apart] / years[apart]))


def student(freedom: int) -> float:
    """Return the two-sided 95 % quantile of Student's t.

    Tabled for up to 6 degrees of freedom; beyond by the Cornish-Fisher expansion about the normal
    quantile, within 0.001 (Abramowitz and Stegun, 26.7.5).
    """
    if freedom in _T:
        return _T[freedom]
    z, n = _Z, float(freedom)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / n + second / n**2 + third / n**3


def explain_trend(found: Trend, unit: str) -> Explanation:
    """Return the slope of a trend with its reasons.

    Args:
        found: the trend.
        unit: unit of the readings.
    """
    per_year = _("{unit} per year").format(unit=unit or "1")
    inputs = (
        Explanation(_("At least (95 %)"), found.slope_low, per_year, 3),
        Explanation(_("At most (95 %)"), found.slope_high, per_year, 3),
        Explanation(_("Readings"), found.count),
    )
    reason = "" if found.is_certain else _("not distinguishable from no change")
    formula = _("straight line by least squares")
    assumption = _("readings near each other in time are treated as independent")
    return Explanation(
        _("Trend"), found.slope, per_year, 3, reason=reason, formula=formula, inputs=inputs,
        assumptions=(assumption,),
    )  # fmt: skip
