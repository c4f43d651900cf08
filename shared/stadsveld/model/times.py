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


def _last_sunday(year: int, month: int) -> datetime:
    """Return 01:00 UTC of the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return last - timedelta(days=(last.weekday() + 1) % 7)
