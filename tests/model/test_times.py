"""Dutch legal time, which changes twice a year, and UTC."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.model import dutch_time, instant_of_dutch


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2020-01-15T12:00:00", "2020-01-15T11:00:00.000Z"),
        ("2020-07-15T12:00:00.250", "2020-07-15T10:00:00.250Z"),
        ("2020-03-29T01:59:59", "2020-03-29T00:59:59.000Z"),
        ("2020-03-29T03:00:00", "2020-03-29T01:00:00.000Z"),
        ("2020-10-25T02:30:00", "2020-10-25T00:30:00.000Z"),
        ("2020-10-25T03:00:00", "2020-10-25T02:00:00.000Z"),
        ("2020-07-15T12:00:00Z", "2020-07-15T12:00:00.000Z"),
        ("2020-07-15T12:00:00+05:00", "2020-07-15T07:00:00.000Z"),
        ("2020-07-15", "2020-07-14T22:00:00.000Z"),
    ],
)
def test_an_instant_of_dutch_time(local, instant):
    assert instant_of_dutch(local) == instant


@given(st.datetimes(min_value=datetime(1996, 11, 1)))
def test_there_and_back(utc):
    """Whatever the hour, except the one that the clock passes twice, where it is the first."""
    instant = utc.isoformat(timespec="milliseconds") + "Z"
    local = dutch_time(instant).replace(tzinfo=None)
    back = instant_of_dutch(local.isoformat(timespec="milliseconds"))
    is_twice = local.month == 10 and local.hour == 2 and local.day >= 25
    assert back == instant or is_twice
