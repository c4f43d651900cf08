"""Our flags are those of ioos_qc, the reference implementation of QARTOD, on a thousand series a test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from stadsveld.observe import combine, flat_line, gross_range, rate_of_change, spike

qartod = pytest.importorskip("ioos_qc.qartod", reason="ioos_qc is not installed (extra dev)")
SERIES = 1000


def random_series(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strictly increasing times, and readings that jump, stand still, and are missing now and then."""
    chance = np.random.default_rng(seed)
    count = int(chance.integers(1, 60))
    steps = chance.choice([60, 300, 900, 901, 3600], count) if seed % 3 else np.full(count, 900)
    times = np.cumsum(steps).astype("datetime64[s]")
    values = np.round(np.cumsum(chance.choice([0, 0, 0.01, 1, -1, 20], count)), 2)
    values[chance.random(count) < chance.choice([0, 0.1, 0.5])] = np.nan
    return times, values


def in_ms(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[ms]").astype(np.int64)


def filled(flags: np.ma.MaskedArray) -> list[int]:
    return np.ma.filled(flags, 9).astype(int).tolist()


def same(ours: Callable[..., np.ndarray], theirs: Callable[..., np.ndarray]) -> int:
    """Compare on all series; return how many flags other than good there were, so that it was a test."""
    odd = 0
    for seed in range(SERIES):
        times, values = random_series(seed)
        mine = ours(times, values, np.random.default_rng(seed)).tolist()
        assert mine == filled(theirs(times, values, np.random.default_rng(seed))), seed
        odd += sum(flag != 1 for flag in mine)
    return odd


def test_gross_range() -> None:
    """Fail and suspect spans, inclusive bounds, missing readings."""

    def spans(chance):
        low = float(chance.integers(-20, 0))
        return (low, low + 40.0), (low + 5, low + 30.0)

    ours = same(
        lambda _t, v, c: gross_range(v, *spans(c)), lambda _t, v, c: qartod.gross_range_test(v, *spans(c))
    )
    assert ours > SERIES


@pytest.mark.parametrize("method", ["average", "differential"])
def test_spike(method: str) -> None:
    """Both ways to measure a spike."""

    def sizes(chance):
        return float(chance.choice([0.5, 1, 5])), float(chance.choice([6, 10, 20]))

    odd = same(
        lambda _t, v, c: spike(v, *sizes(c), method), lambda _t, v, c: qartod.spike_test(v, *sizes(c), method)
    )
    assert odd > SERIES


def test_rate_of_change() -> None:
    """Units per second, with and without a second threshold."""

    def thresholds(chance):
        slow = float(chance.choice([0.0005, 0.001, 0.01]))
        return slow, (None if chance.random() < 0.5 else slow * 3)

    odd = same(
        lambda t, v, c: rate_of_change(v, in_ms(t), *thresholds(c)),
        lambda t, v, c: qartod.rate_of_change_test(v, t, *thresholds(c)),
    )
    assert odd > SERIES


def test_flat_line() -> None:
    """Windows shorter and longer than the series, tolerances that matter."""

    def limits(chance):
        suspect = int(chance.choice([100, 900, 1800, 3600]))
        return suspect, suspect * 2, float(chance.choice([0.005, 0.5, 2]))

    odd = same(
        lambda t, v, c: flat_line(v, in_ms(t), *limits(c)),
        lambda t, v, c: qartod.flat_line_test(v, t, *limits(c)),
    )
    assert odd > SERIES


def test_the_aggregate() -> None:
    """Missing below unknown below good below suspect below fail."""
    chance = np.random.default_rng(7)
    for _series in range(SERIES):
        flags = [chance.choice([1, 2, 3, 4, 9], 20).astype(np.uint8) for _test in range(3)]
        theirs = qartod.qartod_compare([np.ma.array(found) for found in flags])
        assert combine(*flags).tolist() == filled(theirs)
