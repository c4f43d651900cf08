"""Pavement condition index after ASTM D6433: the iteration, exactly; the curves are the user's data.

Not Dutch municipal practice, so hidden by default. Source of the procedure: public quotations of
ASTM D6433 (roads: m = 1 + 9/98 · (100 − highest deduct value), at most 10).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _

_SMALL = Fraction(2)
_MOST = Fraction(10)
_ROADS = Fraction(9, 98)
_WHOLE = Fraction(100)

#: q (number of deduct values above 2) -> points (total, corrected deduct value), linear between.
Curves = Mapping[int, Sequence[tuple[Fraction, Fraction]]]


@dataclass(frozen=True)
class Iteration:
    """One round: how many values were above 2, their total, and its corrected deduct value."""

    q: int
    total: Fraction
    cdv: Fraction


@dataclass(frozen=True)
class PavementIndex:
    """A pavement condition index.

    Attributes:
        pci: 0 (failed) to 100 (perfect).
        m: how many deduct values may count.
        iterations: the rounds; empty where at most one value is above 2.
        explanation: why.
    """

    pci: Fraction
    m: Fraction
    iterations: tuple[Iteration, ...]
    explanation: Explanation


def pavement_index(deducts: Sequence[Fraction], curves: Curves) -> PavementIndex:
    """Return the index of a sample from its deduct values.

    Args:
        deducts: one value per distress and severity, 0 to 100.
        curves: the correction curves that the user imported.

    Raises:
        BadInput: a value outside 0 to 100, a curve that is missing, or a total outside its curve.
    """
    if any(not 0 <= value <= _WHOLE for value in deducts):
        raise BadInput(_("A deduct value must lie between 0 and 100."))
    values = sorted(deducts, reverse=True)
    highest = values[0] if values else Fraction(0)
    m = min(_MOST, 1 + _ROADS * (_WHOLE - highest))
    if sum(value > _SMALL for value in values) <= 1:
        total = min(sum(values, Fraction(0)), _WHOLE)
        return _result(_WHOLE - total, m, (), total)
    rounds = tuple(_iterate(_allowed(values, m), curves))
    return _result(_WHOLE - max(found.cdv for found in rounds), m, rounds, None)


def samples_needed(units: int, deviation: Fraction, error: Fraction = Fraction(5)) -> int:
    """Return how many sample units of a section must be inspected: N s² / ((e²/4)(N − 1) + s²), rounded up.

    Args:
        units: N, the sample units of the section (> 0).
        deviation: s, the standard deviation of the index: 10 for asphalt, 15 for cement concrete.
        error: e, the error that is accepted, in points.

    Raises:
        BadInput: there are no units, or the deviation or the error is not positive.
    """
    if units < 1 or deviation <= 0 or error <= 0:
        raise BadInput(_("The number of units, the deviation and the error must be more than 0."))
    spread = deviation**2
    return ceil(units * spread / (error**2 / 4 * (units - 1) + spread))


def _allowed(values: Sequence[Fraction], m: Fraction) -> list[Fraction]:
    """Keep as many values as m allows; of the next one the fraction that is left of m."""
    whole = floor(m)
    kept = list(values[:whole])
    if len(values) > whole and m > whole:
        kept.append(values[whole] * (m - whole))
    return kept


def _iterate(values: list[Fraction], curves: Curves) -> list[Iteration]:
    rounds = []
    while True:
        large = [place for place, value in enumerate(values) if value > _SMALL]
        q, total = max(len(large), 1), sum(values, Fraction(0))
        rounds.append(Iteration(q, total, _corrected(curves, q, total)))
        if len(large) <= 1:
            return rounds
        values[min(large, key=lambda place: values[place])] = _SMALL


def _corrected(curves: Curves, q: int, total: Fraction) -> Fraction:
    """Read the curve of q at a total, linear between its points."""
    points = sorted(curves.get(q, ()))
    if not points:
        raise BadInput(_("There is no correction curve for q = {q}; import it.").format(q=q))
    for (left, low), (right, high) in pairwise(points):
        if left <= total <= right:
            return low if left == right else low + (high - low) * (total - left) / (right - left)
    if len(points) == 1 and points[0][0] == total:
        return points[0][1]
    text = _("The total {total} lies outside the correction curve for q = {q} ({low} to {high}).")
    low_end, high_end = float(points[0][0]), float(points[-1][0])
    raise BadInput(text.format(total=float(total), q=q, low=low_end, high=high_end))


def _result(
    pci: Fraction, m: Fraction, rounds: tuple[Iteration, ...], total: Fraction | None
) -> PavementIndex:
    inputs = tuple(
        Explanation(
            _("Round {number}").format(number=number), float(found.cdv), decimals=1,
            formula=_("q = {q}, total {total}").format(q=found.q, total=f"{float(found.total):.1f}"),
        )
        for number, found in enumerate(rounds, 1)
    )  # fmt: skip
    formula = _("100 − the largest corrected deduct value")
    if total is not None:
        formula = _("100 − the total: at most one deduct value is above 2")
    why = Explanation(
        _("Pavement condition index"), float(pci), decimals=0, formula=formula, inputs=inputs,
        basis=_("ASTM D6433, as publicly quoted; correction curves of the user"), verified=False,
        assumptions=(_("at most m = {m} deduct values count").format(m=f"{float(m):.4f}"),),
    )  # fmt: skip
    return PavementIndex(pci, m, rounds, why)
