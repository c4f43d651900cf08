"""Limit values: how often the mean of an hour, a day or a year was above one, by a rule that is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _, language
from .civil import PERIODS
from .quality import Flag
from .series import Series, aggregate

MET, EXCEEDED, UNDECIDED = "met", "exceeded", "undecided"


@dataclass(frozen=True)
class LimitRule:
    """A limit value.

    Attributes:
        quantity: what is measured, as `datastream.observed_property`.
        unit: unit of limit and readings.
        period: over which the mean is taken, one of `PERIODS`.
        limit: the mean may reach it, not exceed it.
        allowed: how many means may exceed it in a calendar year.
        coverage: share of the readings due that a mean needs to count, 0 to 1.
        source: where the rule comes from.
        verified: whether somebody checked it there.
    """

    quantity: str
    unit: str
    period: str
    limit: float
    allowed: int
    coverage: float
    source: str
    verified: bool


@dataclass(frozen=True, eq=False)
class Exceedances:
    """What a series says of a limit in one calendar year.

    Attributes:
        rule: the rule.
        begins: ms UTC, begin of each period whose mean exceeded the limit.
        means: those means.
        judged: periods with enough readings.
        due: periods of the time that the series covers.
        verdict: `exceeded`, `met`, or `undecided` where periods without enough readings could turn it.
    """

    rule: LimitRule
    begins: NDArray[np.int64]
    means: NDArray[np.float64]
    judged: int
    due: int
    verdict: str

    def explain(self) -> Explanation:
        """Return the number of exceedances with its reasons."""
        rule = self.rule
        formula = _("means per {period} above {limit} {unit}; {allowed} a year are allowed")
        words = {MET: _("met"), EXCEEDED: _("exceeded"), UNDECIDED: _("not to be decided: too few readings")}
        inputs = (
            Explanation(_("Periods with enough readings"), self.judged),
            Explanation(_("Periods in all"), self.due),
        )
        period = {"hour": _("hour"), "day": _("day"), "month": _("month"), "year": _("year")}[rule.period]
        shown = formula.format(period=period, limit=f"{rule.limit:g}", unit=rule.unit, allowed=rule.allowed)
        return Explanation(
            _("Exceedances"), float(self.begins.size), reason=words[self.verdict], formula=shown,
            inputs=inputs, basis=rule.source, verified=rule.verified,
        )  # fmt: skip


def rule_from(row: Mapping[str, Any]) -> LimitRule:
    """Read a rule from a row of data.

    Raises:
        BadInput: something is missing or cannot be.
    """
    wrong = _("The limit value lacks {what}, or it cannot be read.")
    try:
        rule = LimitRule(
            str(row["quantity"]), str(row["unit"]), str(row["period"]), float(row["limit"]),
            int(row["allowed"]), float(row["coverage"]), _source(row["source"]), row["verified"] is True,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(wrong.format(what=error)) from error
    if rule.period not in PERIODS or not 0 <= rule.coverage <= 1 or rule.allowed < 0:
        raise BadInput(
            _("The limit value lacks {what}, or it cannot be read.").format(what="period, coverage")
        )
    return rule


def _source(source: Any) -> str:
    """Return a source in the language in use where it is given in several."""
    if isinstance(source, Mapping):
        return str(source.get(language()) or source["en"])
    return str(source)


def exceedances(
    series: Series,
    rule: LimitRule,
    unit: str,
    interval_seconds: float,
    accepted: tuple[int, ...] = (Flag.GOOD, Flag.UNKNOWN),
) -> Exceedances:
    """Return what a series of one calendar year says of a limit value.

    Args:
        series: the readings of one calendar year.
        rule: the limit value.
        unit: unit of the readings.
        interval_seconds: the interval at which readings are due.
        accepted: flags that count.

    Raises:
        BadInput: the readings are in another unit than the limit.
    """
    if unit != rule.unit:
        text = _("The readings are in {unit} and the limit in {limit_unit}: convert one of them.")
        raise BadInput(text.format(unit=unit, limit_unit=rule.unit))
    figures = aggregate(series, rule.period, interval_seconds, accepted)
    enough = figures.coverage >= rule.coverage
    above = enough & (figures.mean > rule.limit)
    count, unknown = int(above.sum()), int((~enough).sum())
    verdict = MET if count + unknown <= rule.allowed else UNDECIDED
    if count > rule.allowed:
        verdict = EXCEEDED
    return Exceedances(
        rule, figures.begins[above], figures.mean[above], int(enough.sum()), int(enough.size), verdict
    )
