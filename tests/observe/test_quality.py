"""Data quality tests against the reference vectors of the QARTOD rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.observe import Flag, combine, flat_line, gap, gross_range, rate_of_change, run_tests, spike

QUARTER = 900_000
NAN = float("nan")


def quarters(count: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64) * QUARTER


def test_gross_range_reference_vector():
    values = [5, 10, 15, 20, 25, 30, 35, 40, 45, 51]
    assert gross_range(values, (10, 50), (20, 40)).tolist() == [4, 3, 3, 1, 1, 1, 1, 1, 3, 4]


def test_gross_range_bounds_are_inclusive_and_nan_is_missing():
    assert gross_range([10, 50, 20, 40, NAN], (10, 50), (20, 40)).tolist() == [3, 3, 1, 1, 9]


@pytest.mark.parametrize(
    "spans", [((50, 10), None), ((10, 50), (5, 40)), ((10, 50), (20, 60)), ((10, 50), (40, 20))]
)
def test_gross_range_refuses_spans_that_make_no_sense(spans):
    with pytest.raises(BadInput):
        gross_range([1], *spans)


def test_spike_reference_vector():
    values = [10, 12, 999.99, 13, 15, 40, 9, 9]
    assert spike(values, 25, 50).tolist() == [2, 4, 4, 4, 1, 3, 1, 2]


def test_spike_must_exceed_the_threshold():
    assert spike([0, 25, 0], 25, 50).tolist() == [2, 1, 2]
    assert spike([0, 25.001, 0], 25, 50).tolist() == [2, 3, 2]


def test_spike_next_to_a_missing_reading_is_unknown():
    assert spike([1, 2, NAN, 2, 1, 1], 5, 9).tolist() == [2, 2, 9, 2, 1, 2]


def test_differential_spike_counts_only_where_it_turns_back():
    assert spike([0, 30, 0], 25, 50, "differential").tolist() == [2, 3, 2]
    assert spike([0, 30, 60], 25, 50, "differential").tolist() == [2, 1, 2]
    assert spike([0, 90, 30], 25, 50, "differential").tolist() == [2, 4, 2]
    assert spike([0, 90, 60], 25, 50, "differential").tolist() == [2, 3, 2]


def test_unknown_spike_method_is_refused():
    with pytest.raises(BadInput, match="median"):
        spike([1, 2, 3], 1, 2, "median")


def test_rate_of_change_reference_vector():
    values = [2, 10, 2.1, 3, 4, 5, 7, 10, 0, 2, 2.2, 2, 1, 2, 3, 90, 91, 92, 93, 1, 2, 3, 4, 5]
    expected = [1, 3, 3, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 3, 1, 1, 1, 1]
    assert rate_of_change(values, quarters(len(values)), 5 / 900).tolist() == expected


def test_rate_of_change_with_gaps_reference_vector():
    values = [2, 10, 2, 3, None, None, 7, 10]
    values = [NAN if value is None else value for value in values]
    assert rate_of_change(values, quarters(8), 5 / 900).tolist() == [1, 3, 3, 1, 9, 9, 1, 1]


def test_flat_line_reference_vector():
    values = [1, 2, 2.0001, 2, 2.0001, 2, 2.0001, 2, 4, 5, 3, 3.0001, 3.0005, 3.00001]
    expected = [1, 1, 1, 1, 3, 3, 4, 4, 1, 1, 1, 1, 1, 3]
    assert flat_line(values, quarters(len(values)), 3000, 4800, 0.01).tolist() == expected


def test_flat_line_of_two_readings_passes_and_a_missing_one_does_not_break_a_flat_line():
    assert flat_line([1, 1], quarters(2), 900, 900, 0.01).tolist() == [1, 1]
    assert flat_line([1, 1, NAN, 1, 1, 1], quarters(6), 1800, 9000, 0.01).tolist() == [1, 1, 9, 3, 3, 3]


@given(
    st.lists(st.integers(0, 3) | st.none(), min_size=3, max_size=60),
    st.integers(1, 20),
)
def test_flat_line_agrees_with_looking_at_every_window(values, count):
    readings = np.array([NAN if value is None else value for value in values], float)
    flags = flat_line(readings, quarters(len(values)), count * 900, None, 1.5)
    for place, flag in enumerate(flags):
        if np.isnan(readings[place]):
            assert flag == Flag.MISSING
            continue
        window = readings[max(place - count, 0) : place + 1]
        flat = place >= count and np.nanmax(window) - np.nanmin(window) < 1.5
        expected = Flag.SUSPECT if flat else Flag.GOOD
        assert flag == expected


def test_gap_flags_the_reading_after_the_silence():
    hours = np.array([0, 1, 2, 5, 6], np.int64) * 3_600_000
    assert gap(hours).tolist() == [1, 1, 1, 4, 1]
    assert gap(hours, 3 * 3600).tolist() == [1, 1, 1, 1, 1]


def test_gap_gives_the_first_reading_the_flag_of_the_second():
    assert gap(np.array([0, 9, 10], np.int64) * 3_600_000).tolist() == [4, 4, 1]
    assert gap(np.array([5], np.int64)).tolist() == [1]


def test_combine_takes_the_highest_priority():
    order = [Flag.MISSING, Flag.UNKNOWN, Flag.GOOD, Flag.SUSPECT, Flag.FAIL]
    for low in range(5):
        for high in range(low, 5):
            one, other = np.array([order[low]], np.uint8), np.array([order[high]], np.uint8)
            assert combine(one, other).tolist() == combine(other, one).tolist() == [order[high]]


def test_combine_refuses_arrays_of_other_length():
    with pytest.raises(BadInput):
        combine(np.ones(2, np.uint8), np.ones(3, np.uint8))


def test_tests_of_a_series_come_as_data():
    values, times = [20.0, 20.0, 99.0, 20.0, NAN], quarters(5)
    tests = {
        "gross_range": {"fail_span": [-30, 50]},
        "spike": {"suspect": 5, "fail": 10},
        "gap": {"limit_seconds": 7200},
    }
    assert run_tests(values, times, tests).tolist() == [1, 4, 4, 1, 9]
    assert run_tests(values, times, {}).tolist() == [1, 1, 1, 1, 9]


@pytest.mark.parametrize("tests", [{"magic": {}}, {"gap": {"hours": 2}}, {"gross_range": {"fail_span": [1]}}])
def test_unknown_tests_and_parameters_are_refused_by_name(tests):
    with pytest.raises(BadInput, match=next(iter(tests))):
        run_tests([1.0], [0], tests)


def test_empty_series_pass_every_test():
    nothing = np.empty(0)
    times = np.empty(0, np.int64)
    for flags in (
        gross_range(nothing, (0, 1)),
        spike(nothing, 1),
        rate_of_change(nothing, times, 1),
        flat_line(nothing, times, 60, 90, 0.1),
        gap(times),
    ):
        assert flags.tolist() == []
