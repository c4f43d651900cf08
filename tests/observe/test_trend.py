"""Trends, forecasts, drift, effects, limit values and calibrations, each against what is known exactly."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.observe import (
    Calibration,
    Flag,
    Series,
    aggregate,
    before_after,
    calibrated,
    climatology,
    drift,
    exceedances,
    explain_trend,
    forecast,
    hand_reading,
    neighbour,
    paired,
    rule_from,
    theil_sen,
    trend,
)
from stadsveld.observe.trend import YEAR_MS, student

HOUR, DAY = 3_600_000, 86_400_000
NAN = float("nan")


def ms(text: str) -> int:
    """An instant as ms UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


def hourly(first: str, values: np.ndarray) -> Series:
    """A good series of an hour's interval."""
    times = ms(first) + np.arange(len(values), dtype=np.int64) * HOUR
    return Series(times, np.asarray(values, float), np.full(len(values), Flag.GOOD, np.uint8))


def test_a_line_is_found_exactly_and_its_band_is_narrow() -> None:
    """2 units a year without noise; missing readings do not matter."""
    times = np.arange(100) * 30 * DAY
    values = 5 + 2 * times / YEAR_MS
    values[7] = NAN
    found = trend(times, values)
    assert found.slope == pytest.approx(2)
    assert found.slope_low == pytest.approx(found.slope_high)
    assert found.count == 99
    line, low, high = found.at([0])
    assert (line[0], low[0], high[0]) == pytest.approx((5, 5, 5))


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)]
)
def test_the_quantiles_of_student(freedom: int, quantile: float) -> None:
    """As every table of t prints them."""
    assert student(freedom) == pytest.approx(quantile, abs=0.0015)


def test_the_band_holds_the_true_line_about_as_often_as_it_says() -> None:
    """95 % of 400 noisy series, within chance."""
    held = 0
    times = np.arange(40) * 30 * DAY
    for seed in range(400):
        noise = np.random.default_rng(seed).normal(0, 1, 40)
        found = trend(times, 3 * times / YEAR_MS + noise)
        held += found.slope_low <= 3 <= found.slope_high
    assert 360 <= held <= 396


def test_a_forecast_says_when_and_between_when() -> None:
    """A crack of 1 mm that grows 0.5 mm a year meets 2 mm two years on; falling never does."""
    times = np.arange(24) * YEAR_MS / 12
    noise = np.random.default_rng(1).normal(0, 0.05, 24)
    found = trend(times, 1 + 0.5 * times / YEAR_MS + noise)
    met = forecast(found, 3.0, rising=True)
    assert met.expected / YEAR_MS == pytest.approx(4, abs=0.3)
    assert met.earliest <= met.expected <= met.latest
    assert not met.is_past
    assert forecast(found, 3.0, rising=False).is_past
    assert forecast(found, 0.0, rising=True).is_past
    falling = trend(times, 1 - 0.5 * times / YEAR_MS)
    assert forecast(falling, 3.0, rising=True).expected is None


@pytest.mark.parametrize("values", [[1.0, 2.0], [1.0, NAN, 2.0, NAN], []])
def test_too_few_readings_have_no_trend(values: list[float]) -> None:
    """Three at different moments are needed."""
    with pytest.raises(BadInput):
        trend(np.arange(len(values)), values)
    with pytest.raises(BadInput):
        trend(np.zeros(5), np.arange(5.0))


def test_the_median_slope_is_not_bent_by_outliers() -> None:
    """A tenth of the readings far off changes nothing."""
    times = np.arange(100) * DAY
    values = 4 * times / YEAR_MS
    values[::10] += 1000
    assert theil_sen(times, values) == pytest.approx(4, rel=0.05)


def test_drift_is_seen_beside_a_reference() -> None:
    """A sensor that creeps 12 units a year away: within the tolerance first, beyond it later."""
    times = np.arange(0, 365 * DAY, HOUR, dtype=np.int64)
    reference = np.sin(times / DAY)
    sensor = reference + 12 * times / YEAR_MS
    at, apart = paired(times, sensor, times + 60_000, reference, within_seconds=120)
    found = drift(at, apart, tolerance=3.0)
    assert found.per_year == pytest.approx(12, rel=0.01)
    assert found.flags[0] == Flag.GOOD
    assert found.flags[-1] == Flag.SUSPECT
    thin = drift(at[:10], apart[:10], tolerance=3.0)
    assert thin.flags.tolist() == [Flag.UNKNOWN]
    assert len(drift([], [], 1.0).flags) == 0


def test_readings_are_paired_only_with_what_is_close_in_time() -> None:
    """The nearest that is there, at most so many seconds away; missing ones pair with nothing."""
    at, apart = paired([0, 10_000, 20_000, 90_000], [5, 6, NAN, 8], [1000, 11_000, 13_000], [1, NAN, 2], 4)
    assert (at.tolist(), apart.tolist()) == ([0, 10_000], [4, 4])


def test_a_measure_is_judged_against_a_control_group() -> None:
    """Both places got 5 better by themselves; the measure did 10 more."""
    chance = np.random.default_rng(3)
    before, after = chance.normal(50, 2, 60), chance.normal(35, 2, 60)
    control = chance.normal(50, 2, 60), chance.normal(45, 2, 60)
    found = before_after(before, after, *control)
    assert found.effect == pytest.approx(-10, abs=1.5)
    assert found.low < found.effect < found.high
    assert found.is_certain
    assert not before_after(before, before + 0.001, control[0], control[0]).is_certain
    with pytest.raises(BadInput):
        before_after([1], after, *control)


RULE = {
    "quantity": "NO2", "unit": "µg/m³", "period": "hour", "limit": 200, "allowed": 2, "coverage": 0.75,
    "source": "made up for this test", "verified": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("above", "missing", "verdict"),
    [
        (2, 0, "met"),
        (3, 0, "exceeded"),
        (2, 1, "undecided"),
        (0, 2, "met"),
        (0, 3, "undecided"),
        (3, 9, "exceeded"),
    ],
)
def test_exceedances_are_counted_and_gaps_are_not_hidden(above: int, missing: int, verdict: str) -> None:
    """A limit may be reached; what is missing could have been above it."""
    values = np.full(100, 200.0)
    values[:above] = 201
    values[50 : 50 + missing] = NAN
    found = exceedances(hourly("2026-01-01T00:00", values), rule_from(RULE), "µg/m³", 3600)
    assert (found.begins.size, found.verdict) == (above, verdict)
    text = found.explain().as_text()
    assert "made up for this test" in text
    assert "not verified" in text


def test_readings_in_another_unit_are_refused() -> None:
    """The text says what to convert."""
    with pytest.raises(BadInput, match="ppb"):
        exceedances(hourly("2026-01-01T00:00", np.ones(5)), rule_from(RULE), "ppb", 3600)
    for change in ({"limit": "much"}, {"period": "week"}, {"coverage": 2}):
        with pytest.raises(BadInput):
            rule_from({**RULE, **change})


def test_months_and_years_are_dutch_ones() -> None:
    """A year of hours: 12 months and one year, each whole, also where the clocks change."""
    begin = ms("2025-12-31T23:00")
    times = begin + np.arange(365 * 24, dtype=np.int64) * HOUR
    series = Series(times, np.ones(times.size), np.ones(times.size, np.uint8))
    months, years = aggregate(series, "month", 3600), aggregate(series, "year", 3600)
    assert (months.begins.size, years.begins.size) == (12, 1)
    assert months.coverage.tolist() == [1.0] * 12
    assert years.coverage.tolist() == [1.0]
    assert months.count[2] == 31 * 24 - 1
    assert months.count[9] == 31 * 24 + 1


def test_the_mean_of_directions_goes_round_the_compass() -> None:
    """350° and 10° make 0°, opposite ones make none."""
    found = aggregate(hourly("2026-01-01T00:00", np.array([350.0, 10.0])), "day", 3600, circular=True)
    assert found.mean[0] % 360 == pytest.approx(0, abs=1e-9) or found.mean[0] == pytest.approx(360)
    none = aggregate(hourly("2026-01-01T00:00", np.array([90.0, 270.0])), "day", 3600, circular=True)
    assert np.isnan(none.mean[0])
    assert np.isnan(found.maximum[0])


@given(st.lists(st.floats(0, 359), min_size=1, max_size=20), st.integers(0, 359))
def test_turning_all_directions_turns_their_mean(degrees: list[float], turn: int) -> None:
    """Wherever north is."""
    values = np.array(degrees[:24])
    one = aggregate(hourly("2026-01-01T00:00", values), "day", 3600, circular=True).mean[0]
    other = aggregate(hourly("2026-01-01T00:00", (values + turn) % 360), "day", 3600, circular=True).mean[0]
    if not np.isnan(one) and not np.isnan(other):
        assert abs((other - one - turn + 180) % 360 - 180) < 1e-3


def test_a_calibration_holds_from_its_moment_until_the_next() -> None:
    """Before the first nothing changes; the stored readings never do."""
    values = np.array([10.0, 10, 10, NAN])
    found = calibrated([0, 10, 20, 30], values, [Calibration(20, 2, 1), Calibration(10, 1, 0.5)])
    assert found[:3].tolist() == [10, 10.5, 21]
    assert np.isnan(found[3])
    assert values[0] == 10
    for wrong in ([Calibration(1, 1, 0)] * 2, [Calibration(1, 0, 0)]):
        with pytest.raises(BadInput):
            calibrated([0], [1], wrong)


def test_what_is_usual_depends_on_the_season() -> None:
    """25 degrees is fine in July, suspect in January, and a month without a season is not judged."""
    seasons = [
        {"months": [6, 7, 8], "suspect": [5, 32], "fail": [-5, 42]},
        {"months": [12, 1, 2], "suspect": [-12, 16], "fail": [-30, 30]},
    ]
    times = [ms("2026-07-15T12:00"), ms("2026-01-15T12:00"), ms("2026-04-15T12:00"), ms("2026-01-31T23:30")]
    assert climatology([25, 25, 25, NAN], times, seasons).tolist() == [1, 3, 2, 9]
    # Half an hour before midnight UTC it is February already here.
    assert climatology([25.0], [ms("2026-02-28T23:30")], seasons).tolist() == [2]
    for wrong in ([{"months": [13]}], [{}], [{"months": [1], "fail": [3, 1]}]):
        with pytest.raises(BadInput):
            climatology([1], [0], wrong)


def test_a_hand_reading_is_held_against_the_series() -> None:
    """Within the tolerance, beyond it, and where the series is silent."""
    times, values = np.arange(10) * 600_000, np.full(10, 20.0)
    near = hand_reading(times, values, 1_200_000, 19.5, tolerance=1.0)
    assert (near.value, near.warnings) == (0.5, ())
    far = hand_reading(times, values, 1_200_000, 15.0, tolerance=1.0)
    assert far.value == 5
    assert "calibrated" in far.as_text()
    assert hand_reading(times, values * NAN, 0, 15.0, tolerance=1.0).value is None


def test_a_reading_unlike_its_neighbour_is_flagged() -> None:
    """Thresholds must be exceeded."""
    assert neighbour([0, 1, -1.5, 3, 3.5, NAN], 1, 3).tolist() == [1, 1, 3, 3, 4, 9]
    for wrong in ((0, None), (2, 1)):
        with pytest.raises(BadInput):
            neighbour([1], *wrong)


def test_a_trend_says_how_certain_it_is() -> None:
    """With its interval, its unit, and what it takes for granted."""
    times = np.arange(48) * 30 * DAY
    noise = np.random.default_rng(4).normal(0, 1, 48)
    certain = explain_trend(trend(times, 5 * times / YEAR_MS + noise), "mm").as_text()
    assert "mm per year" in certain
    assert "independent" in certain
    assert "not distinguishable" in explain_trend(trend(times, noise), "mm").as_text()
