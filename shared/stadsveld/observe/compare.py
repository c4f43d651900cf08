"""Comparing series: a sensor beside a reference (drift), a place before and after a measure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _
from .quality import Flag, Flags
from .trend import student, theil_sen

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
_DAY = 86_400_000


@dataclass(frozen=True, eq=False)
class Drift:
    """How a sensor departs from its reference.

    Attributes:
        begins: ms UTC, begin of each window.
        difference: median of sensor − reference in each window, NaN where there are too few pairs.
        count: pairs in each window.
        per_year: slope of those medians (Theil–Sen), units per year; NaN with fewer than two windows.
        flags: per window GOOD, SUSPECT (beyond the tolerance) or UNKNOWN (too few pairs).
    """

    begins: Times
    difference: Floats
    count: NDArray[np.int64]
    per_year: float
    flags: Flags


@dataclass(frozen=True)
class Effect:
    """What a measure did: change at the place minus change at the control group.

    Attributes:
        effect: difference of the differences, in units of the series.
        low: lower bound of its 95 % confidence interval.
        high: upper bound of it.
        place: (before, after) means at the place.
        control: (before, after) means of the control group.
        counts: numbers of values behind (place before, after, control before, after).
    """

    effect: float
    low: float
    high: float
    place: tuple[float, float]
    control: tuple[float, float]
    counts: tuple[int, int, int, int]

    @property
    def is_certain(self) -> bool:
        """Whether 0 lies outside the confidence interval."""
        return self.low > 0 or self.high < 0


def paired(
    times: ArrayLike,
    values: ArrayLike,
    other_times: ArrayLike,
    other_values: ArrayLike,
    within_seconds: float,
) -> tuple[Times, Floats]:
    """Return (times, value − other) of readings that have a reading of the other close in time.

    Args:
        times: ms UTC, ascending.
        values: readings, NaN where missing.
        other_times: ms UTC of the other series, ascending.
        other_values: its readings.
        within_seconds: how far apart the two readings of a pair may be.
    """
    mine, theirs = np.asarray(times, np.int64), np.asarray(other_times, np.int64)
    readings, others = np.asarray(values, np.float64), np.asarray(other_values, np.float64)
    there = ~np.isnan(others)
    theirs, others = theirs[there], others[there]
    if not theirs.size or not mine.size:
        return np.empty(0, np.int64), np.empty(0)
    after = np.clip(np.searchsorted(theirs, mine), 0, theirs.size - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(theirs[before] - mine) <= np.abs(theirs[after] - mine), before, after)
    close = (np.abs(theirs[nearest] - mine) <= within_seconds * 1000) & ~np.isnan(readings)
    return mine[close], readings[close] - others[nearest[close]]


def drift(
    times: ArrayLike, difference: ArrayLike, tolerance: float, window_days: float = 30, least: int = 24
) -> Drift:
    """Return the drift of a sensor from its differences with a reference (`paired`).

    QARTOD has no test for drift; this is our own rule: the median difference per window, and its
    slope by Theil–Sen. A tolerance must be exceeded, not reached.

    Args:
        times: ms UTC, ascending.
        difference: sensor − reference.
        tolerance: largest difference that is still right, in units of the series.
        window_days: length of a window.
        least: pairs that a window needs.

    Raises:
        BadInput: the tolerance or the window is not positive.
    """
    if not tolerance > 0 or not window_days > 0:
        raise BadInput(_("The tolerance and the window must be more than 0."))
    instants, apart = np.asarray(times, np.int64), np.asarray(difference, np.float64)
    if not instants.size:
        none = np.empty(0)
        nothing = np.empty(0, np.int64)
        return Drift(nothing, none, nothing, float("nan"), np.empty(0, np.uint8))
    length = int(window_days * _DAY)
    place = (instants - instants[0]) // length
    begins = instants[0] + np.arange(place[-1] + 1) * length
    borders = np.searchsorted(place, np.arange(place[-1] + 2))
    count = np.diff(borders)
    medians = np.array([np.median(apart[a:b]) if b - a >= least else np.nan for a, b in pairwise(borders)])
    flags = np.where(np.abs(medians) > tolerance, Flag.SUSPECT, Flag.GOOD).astype(np.uint8)
    flags[np.isnan(medians)] = Flag.UNKNOWN
    enough = np.count_nonzero(~np.isnan(medians)) >= 2
    slope = theil_sen(begins + length // 2, medians) if enough else float("nan")
    return Drift(begins, medians, count, slope, flags)


def before_after(
    before: ArrayLike, after: ArrayLike, control_before: ArrayLike, control_after: ArrayLike
) -> Effect:
    """Return the effect of a measure: (after − before) at the place minus the same at a control group.

    Give values that hardly depend on each other, such as daily means; the confidence interval is that
    of four independent means (Welch–Satterthwaite) and is too narrow where they do.

    Raises:
        BadInput: one of the four holds fewer than two values.
    """
    groups = [np.asarray(values, np.float64) for values in (before, after, control_before, control_after)]
    groups = [values[~np.isnan(values)] for values in groups]
    if min(values.size for values in groups) < 2:
        raise BadInput(
            _("A comparison needs at least two values before and after, here and at the control group.")
        )
    means = [float(values.mean()) for values in groups]
    errors = [float(values.var(ddof=1)) / values.size for values in groups]
    effect = (means[1] - means[0]) - (means[3] - means[2])
    total = sum(errors)
    freedom = 1 << 30
    if total > 0:
        parts = (error**2 / (values.size - 1) for error, values in zip(errors, groups, strict=True))
        freedom = max(1, int(total**2 / max(sum(parts), 1e-300)))
    half = student(freedom) * total**0.5
    sizes = [int(values.size) for values in groups]
    return Effect(
        effect,
        effect - half,
        effect + half,
        (means[0], means[1]),
        (means[2], means[3]),
        (sizes[0], sizes[1], sizes[2], sizes[3]),
    )


def neighbour(difference: ArrayLike, suspect: float, fail: float | None = None) -> Flags:
    """Flag readings that differ more from a neighbour than they should (`paired` gives the differences).

    A threshold must be exceeded, not reached; without a pair a reading is not in `difference`.

    Args:
        difference: sensor − neighbour, in units of the series.
        suspect: threshold of SUSPECT.
        fail: threshold of FAIL, or None.

    Raises:
        BadInput: a threshold is not positive.
    """
    if not suspect > 0 or (fail is not None and not fail >= suspect):
        raise BadInput(_("The thresholds must be more than 0, and that of wrong not below that of suspect."))
    apart = np.abs(np.asarray(difference, np.float64))
    flags = np.full(apart.shape, Flag.GOOD, np.uint8)
    flags[apart > suspect] = Flag.SUSPECT
    if fail is not None:
        flags[apart > fail] = Flag.FAIL
    flags[np.isnan(apart)] = Flag.MISSING
    return flags


def hand_reading(
    times: ArrayLike,
    values: ArrayLike,
    at: int,
    reading: float,
    tolerance: float,
    within_seconds: float = 1800,
) -> Explanation:
    """Hold a reading that an inspector took by hand against the series of the sensor.

    Args:
        times: ms UTC, ascending.
        values: readings, NaN where missing.
        at: ms UTC of the hand reading.
        reading: the hand reading, in units of the series.
        tolerance: largest difference that is still right.
        within_seconds: how far from `at` readings of the series may be.

    Returns:
        The difference sensor − hand with its reasons; no value where the series has nothing near.
    """
    instants, readings = np.asarray(times, np.int64), np.asarray(values, np.float64)
    near = (np.abs(instants - at) <= within_seconds * 1000) & ~np.isnan(readings)
    title = _("Sensor minus hand reading")
    if not near.any():
        return Explanation(title, None, reason=_("The series has no reading near that moment."))
    sensor = float(np.median(readings[near]))
    apart = sensor - reading
    is_right = abs(apart) <= tolerance
    inputs = (
        Explanation(_("Median of the series near that moment"), sensor, decimals=3),
        Explanation(_("Hand reading"), reading, decimals=3),
        Explanation(_("Tolerance"), tolerance, decimals=3),
    )
    warnings = () if is_right else (_("The sensor departs from the hand reading: have it calibrated."),)
    reason = _("within the tolerance") if is_right else _("beyond the tolerance")
    return Explanation(title, apart, decimals=3, reason=reason, inputs=inputs, warnings=warnings)
