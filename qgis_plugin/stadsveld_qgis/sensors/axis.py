"""Where the marks of the axes go: round values, and dates in Dutch time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
from qgis.PyQt.QtCore import QDate, QLocale

from ..core import part, text

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
#: Steps of less than a month, ms.
_STEPS = (_HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 14 * _DAY)
#: Steps of months.
_MONTHS = (1, 3, 6, 12, 60)
_MONTH = 30.4 * _DAY
#: Marks may be this much closer together than asked for.
_ROUGHLY = 0.75


@dataclass(frozen=True)
class Mark:
    """A mark on an axis.

    Attributes:
        at: value, or instant in ms UTC.
        text: what stands beside it.
        is_major: whether it begins something larger (a year, a day).
    """

    at: float
    text: str
    is_major: bool = False


def value_marks(low: float, high: float, wanted: int) -> list[Mark]:
    """Return round values between `low` and `high`, about as many as wanted."""
    if not high > low:
        return [Mark(low, _number(low, 1))]
    rough = (high - low) / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= _ROUGHLY * rough)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [Mark(place * step, _number(place * step, decimals)) for place in range(first, last + 1)]


def time_marks(begin: int, end: int, wanted: int) -> list[Mark]:
    """Return dates or times between two instants (ms UTC), about as many as wanted, in Dutch time."""
    rough = (end - begin) / max(wanted, 1)
    step = next((step for step in _STEPS if step >= _ROUGHLY * rough), None)
    if step is not None and step < 14 * _DAY:
        return _even_marks(begin, end, step)
    months = next((count for count in _MONTHS if count * _MONTH >= _ROUGHLY * rough), _MONTHS[-1])
    return _month_marks(begin, end, months)


def _even_marks(begin: int, end: int, step: int) -> list[Mark]:
    offset = _offset(begin)
    first = math.ceil((begin + offset) / step) * step
    found = []
    for wall in range(first, end + offset + _HOUR, step):
        at = wall - _offset(wall - offset)
        if begin <= at <= end:
            moment = _EPOCH + timedelta(milliseconds=wall)
            is_midnight = wall % _DAY == 0
            words = _date(moment, "d MMM") if is_midnight else moment.strftime("%H:%M")
            found.append(Mark(at, words, is_midnight and step < _DAY))
    return found


def _month_marks(begin: int, end: int, months: int) -> list[Mark]:
    start = _EPOCH + timedelta(milliseconds=begin + _offset(begin))
    count = (start.year * 12 + start.month - 1) // months * months
    found = []
    while True:
        moment = datetime(count // 12, count % 12 + 1, 1, tzinfo=timezone.utc)
        wall = int((moment - _EPOCH).total_seconds()) * 1000
        at = wall - _offset(wall - _HOUR)
        if at > end:
            return found
        if at >= begin:
            is_year = moment.month == 1
            found.append(Mark(at, _date(moment, "yyyy" if is_year or months >= 12 else "MMM"), is_year))
        count += months


def when(instant: int, *, with_time: bool = True) -> str:
    """Return an instant (ms UTC) in words, in Dutch time."""
    moment = _EPOCH + timedelta(milliseconds=int(instant) + _offset(int(instant)))
    return _date(moment, "d MMM yyyy") + (moment.strftime(" %H:%M") if with_time else "")


def date_in_words(date: str) -> str:
    """Return an ISO date in words; what is no date stands for itself."""
    found = QDate.fromString(date[:10], "yyyy-MM-dd")
    words = QLocale(text.language()).toString(found, "d MMM yyyy") if found.isValid() else date
    return str(words).replace(".", "")


def _offset(instant: int) -> int:
    found: Any = part("observe.civil").dutch_offset(np.array([instant], np.int64))
    return int(found[0])


def _date(moment: datetime, form: str) -> str:
    words = QLocale(text.language()).toString(QDate(moment.year, moment.month, moment.day), form)
    return str(words).replace(".", "")


def _number(value: float, decimals: int) -> str:
    words = QLocale(text.language()).toString(float(value) + 0.0, "f", decimals)
    return str(words).replace("-", "\u2212")
