"""The pavement condition index: the worked example of the standard, with injected deduct values."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.norms.pci import pavement_index, samples_needed

DEDUCTS = [Fraction(text) for text in ("7.9", "23.4", "7.5", "25.1", "17.9", "11.2", "6.9", "5.3")]
#: Total and corrected value of each round as remembered from the standard (not verified).
ROUNDS = [
    (8, "104.6", 51),
    (7, "101.9", 50),
    (6, "97.0", 46),
    (5, "91.5", 47),
    (4, "85.6", 48),
    (3, "76.4", 48),
    (2, "60.5", 44),
    (1, "39.1", 38),
]
#: Flat curves that give those values.
CURVES = {q: [(Fraction(0), Fraction(cdv)), (Fraction(200), Fraction(cdv))] for q, _total, cdv in ROUNDS}


def test_the_worked_example() -> None:
    """m 7.8786, eight rounds with the computed totals, and an index of 49."""
    found = pavement_index(DEDUCTS, CURVES)
    assert float(found.m) == pytest.approx(7.8786, abs=5e-5)
    assert [(one.q, f"{float(one.total):.1f}", one.cdv) for one in found.iterations] == ROUNDS
    assert found.pci == 49
    assert found.explanation.verified is False


def test_the_order_of_the_deducts_does_not_matter() -> None:
    """Sorted inside."""
    assert pavement_index(DEDUCTS[::-1], CURVES).pci == pavement_index(DEDUCTS, CURVES).pci


@pytest.mark.parametrize(("deducts", "pci"), [([], 100), ([13], 87), ([13, 2, 1], 84)])
def test_with_at_most_one_value_above_two_the_total_counts(deducts: list[int], pci: int) -> None:
    """No curve is needed."""
    found = pavement_index([Fraction(value) for value in deducts], {})
    assert (found.pci, found.iterations) == (pci, ())


def test_the_public_anchor_of_two_values() -> None:
    """Total 45 with q = 2 and a corrected value of 33 gives 67 (US Army UFC 3-270-08)."""
    curves = {
        2: [(Fraction(45), Fraction(33))],
        1: [(Fraction(0), Fraction(0)), (Fraction(100), Fraction(30))],
    }
    assert pavement_index([Fraction(28), Fraction(17)], curves).pci == 67


def test_curves_are_linear_between_their_points() -> None:
    """Half way is half way, exactly."""
    curves = {
        2: [(Fraction(0), Fraction(0)), (Fraction(100), Fraction(80))],
        1: [(Fraction(0), Fraction(0)), (Fraction(100), Fraction(100))],
    }
    found = pavement_index([Fraction(20), Fraction(10)], curves)
    assert [one.cdv for one in found.iterations] == [24, 22]


@pytest.mark.parametrize(
    ("deducts", "curves", "says"),
    [
        ([30, 20], {}, "q = 2"),
        ([30, 20], {2: [(Fraction(0), Fraction(0)), (Fraction(40), Fraction(40))]}, "outside"),
        ([101], {}, "between 0 and 100"),
        ([-1], {}, "between 0 and 100"),
    ],
)
def test_a_missing_curve_or_a_value_out_of_range_is_an_error(deducts, curves, says: str) -> None:
    """Nothing is extrapolated."""
    with pytest.raises(BadInput, match=says):
        pavement_index([Fraction(value) for value in deducts], curves)


@given(st.lists(st.integers(0, 100), max_size=8), st.integers(0, 100))
def test_more_deducts_never_raise_the_index_under_rising_curves(deducts: list[int], added: int) -> None:
    """With one curve for all q that rises, an added value never helps."""
    curve = [(Fraction(0), Fraction(0)), (Fraction(1000), Fraction(100))]
    curves = dict.fromkeys(range(1, 12), curve)
    if sum(value > 2 for value in deducts) <= 1:
        return
    values = [Fraction(value) for value in deducts]
    more = sorted([*values, Fraction(added)], reverse=True)
    if more[0] == max(values):
        assert pavement_index(more, curves).pci <= pavement_index(values, curves).pci


@pytest.mark.parametrize(
    ("units", "deviation", "needed"), [(1, 10, 1), (10, 10, 7), (30, 10, 11), (30, 15, 17)]
)
def test_how_many_samples_a_section_needs(units: int, deviation: int, needed: int) -> None:
    """By the published formula with an error of 5 points, rounded up."""
    exactly = units * deviation**2 / (25 / 4 * (units - 1) + deviation**2)
    assert samples_needed(units, Fraction(deviation)) == needed
    assert needed - 1 < exactly <= needed
    with pytest.raises(BadInput):
        samples_needed(0, Fraction(10))
