"""Packing of readings and their aggregates."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.observe import Flag, Series, aggregate, pack, unpack
from stadsveld.observe.civil import dutch_offset

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def ms(*when: int) -> int:
    return int(datetime(*when, tzinfo=timezone.utc).timestamp() * 1000)


def same(one: Series, other: Series) -> bool:
    return (
        np.array_equal(one.times, other.times)
        and np.array_equal(one.values.view(np.int64), other.values.view(np.int64))
        and np.array_equal(one.flags, other.flags)
    )


readings = st.lists(
    st.tuples(
        st.integers(-(2**45), 2**45),
        st.floats(allow_nan=False) | st.integers(-999, 999).map(lambda cents: cents / 100) | st.just(np.nan),
        st.sampled_from([int(flag) for flag in Flag]),
    ),
    unique_by=lambda reading: reading[0],
    max_size=50,
)


@example([(0, -0.0, 1)])
@given(readings)
def test_what_is_packed_comes_back_bit_for_bit(found):
    found = sorted(found, key=lambda reading: reading[0])
    series = Series.of(*([reading[column] for reading in found] for column in range(3)))
    assert same(unpack(pack(series)), series)


def test_a_year_of_quarters_with_two_decimals_packs_below_two_bytes_a_reading():
    times = ms(2025, 10, 1) + np.arange(35_040, dtype=np.int64) * 900_000
    values = np.round(10 + 8 * np.sin(np.arange(35_040) / 2000) + np.arange(35_040) % 7 / 100, 2)
    payload = pack(Series.of(times, values))
    assert len(payload) < 2 * 35_040
    assert same(unpack(payload), Series.of(times, values))


@given(st.data())
def test_a_damaged_payload_is_refused(data):
    series = Series.of(np.arange(20) * 1000, np.arange(20) / 10)
    payload = bytearray(pack(series))
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadInput):
        unpack(bytes(payload))


@pytest.mark.parametrize("payload", [b"", b"SVRB", b"PK\x03\x04" + b"0" * 40, b"SVRB\x01\x00" + b"\xff" * 8])
def test_what_is_no_payload_is_refused(payload):
    with pytest.raises(BadInput):
        unpack(payload)


def test_a_payload_of_a_newer_version_says_so():
    payload = bytearray(pack(Series.of([0], [1.0])))
    payload[4] = 2
    with pytest.raises(BadInput, match="newer version"):
        unpack(bytes(payload))


def test_truncated_payload_is_refused():
    payload = pack(Series.of(np.arange(100), np.arange(100)))
    for cut in (11, 30, len(payload) - 1):
        with pytest.raises(BadInput):
            unpack(payload[:cut])


def test_times_must_ascend():
    with pytest.raises(BadInput):
        Series.of([0, 0], [1, 2])
    with pytest.raises(BadInput):
        Series.of([0, 1], [1])


@given(st.datetimes(datetime(1996, 1, 1), datetime(2099, 1, 1)))
def test_dutch_time_is_that_of_the_time_zone_database_until_2037(when):
    instant = when.replace(tzinfo=timezone.utc, microsecond=0)
    if instant.year > 2036:
        instant = instant.replace(year=2036, day=min(instant.day, 28))
    millis = int(instant.timestamp() * 1000)
    expected = instant.astimezone(AMSTERDAM).utcoffset().total_seconds() * 1000
    assert dutch_offset(np.array([millis]))[0] == expected


def test_days_are_dutch_days_and_the_clock_change_does_not_spoil_the_coverage():
    times = np.arange(ms(2026, 3, 27, 23), ms(2026, 3, 30, 22), 900_000, dtype=np.int64)
    series = Series.of(times, np.ones(times.size))
    days = aggregate(series, "day", 900)
    assert days.begins.tolist() == [ms(2026, 3, 27, 23), ms(2026, 3, 28, 23), ms(2026, 3, 29, 22)]
    assert days.count.tolist() == [96, 92, 96]
    assert days.coverage.tolist() == [1.0, 1.0, 1.0]


def test_hours_without_accepted_readings_are_present_and_empty():
    times = np.array([0, 900, 10_800], np.int64) * 1000
    found = aggregate(Series.of(times, [1.0, 3.0, 9.0], [1, 1, 4]), "hour", 900)
    assert found.begins.tolist() == [0, 3_600_000, 7_200_000, 10_800_000]
    assert found.mean[0] == 2.0
    assert found.minimum[0] == 1.0
    assert found.maximum[0] == 3.0
    assert np.isnan(found.mean[1:]).all()
    assert found.count.tolist() == [2, 0, 0, 0]
    assert found.coverage.tolist() == [0.5, 0, 0, 0]


def test_an_empty_series_has_no_periods():
    assert aggregate(Series.of([], []), "day", 900).begins.size == 0


@pytest.mark.parametrize(("period", "interval"), [("week", 900), ("day", 0)])
def test_unknown_periods_are_refused(period, interval):
    with pytest.raises(BadInput):
        aggregate(Series.of([0], [1.0]), period, interval)


def test_between_is_half_open():
    series = Series.of([0, 10, 20], [1, 2, 3])
    assert series.between(0, 20).values.tolist() == [1, 2]
