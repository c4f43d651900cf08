"""What the data quality tests of a series found, and by which rule, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..model.explanation import Explanation, shown
from ..text import N_, _
from .quality import Flag, run_each
from .series import Series

_TITLES = {
    "gross_range": N_("range"),
    "spike": N_("spike"),
    "rate_of_change": N_("rate of change"),
    "flat_line": N_("flat line"),
    "gap": N_("interruption"),
}
_FLAGS = {
    Flag.GOOD: N_("good"),
    Flag.UNKNOWN: N_("not judged"),
    Flag.SUSPECT: N_("suspect"),
    Flag.FAIL: N_("wrong"),
    Flag.MISSING: N_("missing"),
}
_HOUR = 3600.0
_DAY = 24 * _HOUR
_Parameters = Mapping[str, Any]


def flag_title(flag: int) -> str:
    """Return what the screen calls a flag."""
    return _(_FLAGS[Flag(flag)])


def explain_tests(series: Series, tests: Mapping[str, _Parameters], unit: str) -> list[Explanation]:
    """Return per test how many readings it flagged, with its rule in words.

    Args:
        series: the readings.
        tests: name of a test -> its parameters, as `datastream.quality_tests` holds them.
        unit: unit of the readings.

    Raises:
        BadInput: for an unknown test or parameters it does not take.
    """
    found = []
    for name, flags in run_each(series.values, series.times, tests).items():
        parts = tuple(
            Explanation(flag_title(flag), float(np.count_nonzero(flags == flag)))
            for flag in (Flag.SUSPECT, Flag.FAIL)
        )
        total = sum(part.value or 0.0 for part in parts)
        rule = _RULES[name](dict(tests[name]), unit)
        inputs = tuple(part for part in parts if part.value)
        found.append(Explanation(_(_TITLES[name]), total, formula=rule, inputs=inputs))
    return found


def _of_difference(unit: str) -> str:
    """Return the unit of a difference: of two heights in m NAP it is m."""
    return unit.removesuffix(" NAP")


def _plain(value: float, unit: str) -> str:
    decimals = next((n for n in range(6) if abs(value - round(value, n)) < 1e-9), 6)
    return shown(float(value), unit, decimals)


def _period(seconds: float) -> str:
    if seconds >= 2 * _DAY and seconds % _DAY == 0:
        return _("{n} days").format(n=_plain(seconds / _DAY, ""))
    if seconds >= _HOUR:
        return _("{n} hours").format(n=_plain(round(seconds / _HOUR, 2), ""))
    return _("{n} minutes").format(n=_plain(round(seconds / 60.0, 2), ""))


def _bounds(given: _Parameters, unit: str, tell: Callable[[float], str] | None = None) -> str:
    """Return the thresholds of a test that flags what exceeds them."""
    told = tell or (lambda value: _plain(value, unit))
    parts = []
    if given.get("suspect") is not None:
        parts.append(_("more than {bound}: suspect").format(bound=told(given["suspect"])))
    if given.get("fail") is not None:
        parts.append(_("more than {bound}: wrong").format(bound=told(given["fail"])))
    return "; ".join(parts)


def _range_rule(given: _Parameters, unit: str) -> str:
    low, high = (_plain(value, unit) for value in given["fail_span"])
    parts = [_("outside of {low} to {high}: wrong").format(low=low, high=high)]
    if given.get("suspect_span"):
        low, high = (_plain(value, unit) for value in given["suspect_span"])
        parts.insert(0, _("outside of {low} to {high}: suspect").format(low=low, high=high))
    return "; ".join(parts)


def _spike_rule(given: _Parameters, unit: str) -> str:
    return _("differs from the readings before and after it by {bounds}").format(
        bounds=_bounds(given, _of_difference(unit))
    )


def _rate_rule(given: _Parameters, unit: str) -> str:
    bounds = _bounds(given, unit, lambda value: _plain(round(value * _HOUR, 3), _of_difference(unit)))
    return _("changes per hour by {bounds}").format(bounds=bounds)


def _flat_rule(given: _Parameters, unit: str) -> str:
    periods = []
    if given.get("suspect_seconds") is not None:
        periods.append(_("during {period}: suspect").format(period=_period(given["suspect_seconds"])))
    if given.get("fail_seconds") is not None:
        periods.append(_("during {period}: wrong").format(period=_period(given["fail_seconds"])))
    rule = _("moves less than {tolerance} {periods}")
    return rule.format(tolerance=_plain(given["tolerance"], _of_difference(unit)), periods="; ".join(periods))


def _gap_rule(given: _Parameters, _unit: str) -> str:
    period = _period(given.get("limit_seconds", 7200.0))
    return _("comes after a silence of more than {period}: wrong").format(period=period)


_RULES: dict[str, Callable[[_Parameters, str], str]] = {
    "gross_range": _range_rule,
    "spike": _spike_rule,
    "rate_of_change": _rate_rule,
    "flat_line": _flat_rule,
    "gap": _gap_rule,
}
