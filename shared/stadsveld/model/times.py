"""Instants as people in the Netherlands read them: stored in UTC, shown in Dutch time.

The rule of the European Union (Directive 2000/84/EC) is written out here, because phones and
Windows bring no time zone database to Python.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def dutch_time(instant: str) -> datetime:
    """Return an instant (ISO 8601, UTC with a trailing Z) as a datetime in Dutch legal time.

    Raises:
        ValueError: if the text is no instant.
    """
    found = datetime.fromisoformat(instant.replace("Z", "+00:00"))
    utc = found.astimezone(timezone.utc)
    summer = _last_sunday(utc.year, 3) <= utc < _last_sunday(utc.year, 10)
    return utc.astimezone(timezone(timedelta(hours=2 if summer else 1)))


def instant_of_dutch(local: str) -> str:
    """Return the instant (ISO 8601, UTC, milliseconds, a trailing Z) of a time in the Netherlands.

    Args:
        local: ISO 8601; Dutch legal time where it names no zone. Of the hour that the clock passes
            twice in October the first is meant.

    Raises:
        ValueError: if the text is no time.
    """
    found = datetime.fromisoformat(local.replace("Z", "+00:00"))
    if found.tzinfo is None:
        begin = _last_sunday(found.year, 3).replace(hour=2, tzinfo=None)
        end = _last_sunday(found.year, 10).replace(hour=3, tzinfo=None)
        found = found.replace(tzinfo=timezone(timedelta(hours=2 if begin <= found < end else 1)))
    utc = found.astimezone(timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _last_sunday(year: int, month: int) -> datetime:
    """Return 01:00 UTC of the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return last - timedelta(days=(last.weekday() + 1) % 7)
