"""A long series at a glance loses no extreme, tells its silences, and explains what the tests found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.observe import (
    Flag,
    Series,
    envelope,
    explain_tests,
    flag_title,
    run_tests,
    silences,
    summarise,
)
from stadsveld.text import use_language

QUARTER = 900_000
NAN = float("nan")


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def series(values, flags=None, start=0):
    times = start + np.arange(len(values), dtype=np.int64) * QUARTER
    return Series.of(times, values, flags)


@given(
    st.lists(st.one_of(st.floats(-50, 50), st.just(NAN)), min_size=1, max_size=300),
    st.integers(1, 40),
    st.integers(0, 100),
    st.integers(1, 400),
)
def test_the_envelope_keeps_every_extreme_and_invents_none(values, columns, first, length):
    made = series(values)
    begin, end = first * QUARTER, (first + length) * QUARTER
    found = envelope(made, begin, end, columns)
    shown = [value for value in made.between(begin, end).values if not np.isnan(value)]
    if not shown:
        assert np.isnan(found.low).all()
        return
    assert np.nanmin(found.low) == min(shown)
    assert np.nanmax(found.high) == max(shown)
    assert set(found.low[~np.isnan(found.low)]) <= set(shown)
    assert np.all((found.low <= found.high) | np.isnan(found.low))


def test_the_envelope_leaves_out_what_a_test_flagged():
    made = series([1.0, 99.0, 2.0], [Flag.GOOD, Flag.FAIL, Flag.GOOD])
    found = envelope(made, 0, 3 * QUARTER, 3)
    assert found.high[0] == 1.0
    assert np.isnan(found.high[1])
    assert envelope(made, 0, 3 * QUARTER, 3, (Flag.FAIL,)).high[1] == 99.0


def test_silences_are_times_that_never_came_and_values_that_are_missing():
    times = np.array([0, 1, 2, 6, 7, 8, 9], np.int64) * QUARTER
    made = Series.of(times, [1.0, 1.0, 1.0, 1.0, 1.0, NAN, 1.0])
    assert (silences(made, 900) // QUARTER).tolist() == [[2, 6], [7, 9]]
    assert silences(made, 0).size == 0
    assert silences(series([1.0]), 900).size == 0


def test_the_summary_counts_by_flag_and_takes_good_readings_only():
    flags = [Flag.GOOD, Flag.SUSPECT, Flag.FAIL, Flag.GOOD, Flag.MISSING, Flag.UNKNOWN]
    found = summarise(series([1.0, 50.0, 900.0, 3.0, NAN, 5.0], flags), 0, 6 * QUARTER, 900)
    assert found.count == {Flag.GOOD: 2, Flag.UNKNOWN: 1, Flag.SUSPECT: 1, Flag.FAIL: 1, Flag.MISSING: 1}
    assert (found.minimum, found.mean, found.maximum) == (1.0, 3.0, 5.0)
    assert found.coverage == pytest.approx(3 / 6)


def test_readings_that_never_came_are_missing():
    times = np.array([0, 1, 6, 7], np.int64) * QUARTER
    found = summarise(Series.of(times, [1.0] * 4, [1] * 4), 0, 8 * QUARTER, 900)
    assert found.count[Flag.MISSING] == 4
    assert found.coverage == pytest.approx(0.5)


def test_before_and_after_the_series_nothing_was_due():
    found = summarise(series([1.0, 2.0]), -100 * QUARTER, 100 * QUARTER, 900)
    assert found.coverage == 1.0
    assert found.count[Flag.MISSING] == 0


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_counts_of_two_stretches_add_up(a, b, c):
    first, middle, last = (bound * QUARTER // 3 for bound in sorted((a, b, c)))
    made = Series.of(np.array([0, 1, 5, 6, 9], np.int64) * QUARTER, [1.0] * 5, [1] * 5)
    parts = [summarise(made, *span, 900).count for span in ((first, middle), (middle, last))]
    whole = summarise(made, first, last, 900).count
    assert {flag: parts[0][flag] + parts[1][flag] for flag in Flag} == whole


def test_a_stretch_without_readings_has_no_numbers():
    found = summarise(series([]), 0, QUARTER, 900)
    assert (found.coverage, found.minimum, found.mean, found.maximum) == (None, None, None, None)


TESTS = {
    "gross_range": {"fail_span": [-40, 60], "suspect_span": [-20, 42]},
    "spike": {"suspect": 4, "fail": 8},
    "rate_of_change": {"suspect": 0.006},
    "flat_line": {"suspect_seconds": 10800, "fail_seconds": 345600, "tolerance": 0.05},
    "gap": {"limit_seconds": 7200},
}


def test_every_test_tells_its_rule_and_what_it_found():
    made = series([10.0, 11.0, 99.0, 10.0, 11.0])
    found = {told.title: told for told in explain_tests(made, TESTS, "°C")}
    assert list(found) == ["range", "spike", "rate of change", "flat line", "interruption"]
    assert "-20\u202f°C to 42\u202f°C: suspect" in found["range"].formula
    assert "8\u202f°C: wrong" in found["spike"].formula
    assert "21.6\u202f°C" in found["rate of change"].formula
    assert "3 hours: suspect" in found["flat line"].formula
    assert "4 days: wrong" in found["flat line"].formula
    assert "2 hours" in found["interruption"].formula
    assert found["range"].value == 1
    assert found["range"].inputs[0].title == "wrong"
    assert found["interruption"].value == 0


def test_an_unknown_test_is_refused_by_name():
    with pytest.raises(BadInput, match="colour"):
        explain_tests(series([1.0]), {"colour": {}}, "°C")


def test_one_by_one_the_tests_say_what_they_say_together():
    rng = np.random.default_rng(5)
    values = rng.normal(10, 15, 500)
    values[rng.random(500) < 0.05] = NAN
    made = series(values)
    together = run_tests(made.values, made.times, TESTS)
    told = sum(part.value for part in explain_tests(made, TESTS, "°C"))
    flagged = np.count_nonzero(np.isin(together, (Flag.SUSPECT, Flag.FAIL)))
    assert flagged <= told
    assert flagged > 0


def test_flags_have_names_in_both_languages():
    assert {flag_title(flag) for flag in Flag} == {"good", "not judged", "suspect", "wrong", "missing"}
