"""Sentences of NMEA 0183 as receivers send them, read into fixes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timezone
from functools import reduce

from .position import Fix

#: Fix quality of GGA (NMEA 0183, field 6).
_QUALITY = {"1": "GNSS", "2": "DGNSS", "4": "RTK fixed", "5": "RTK float"}


class Sentences:
    """Reads sentences one by one: GGA for the position, RMC for the date, GST for the accuracy.

    A sentence with a wrong checksum, or one that is cut off, is passed over. A fix is complete when the
    next epoch begins, for the accuracy of a position comes after it.
    """

    def __init__(self) -> None:
        self._day: date | None = None
        self._waiting: list[str] | None = None
        self._accuracy: float | None = None

    def read(self, line: str) -> Fix | None:
        """Return the fix that a line completes, if it does."""
        words = _words(line)
        kind = words[0][-3:] if words else ""
        if kind == "GGA":
            found = self.finish()
            self._waiting = words
            return found
        if kind == "RMC" and len(words) > 9 and len(words[9]) == 6:
            self._day = _date(words[9]) or self._day
        elif kind == "GST" and len(words) > 7:
            self._accuracy = _accuracy(words)
        return None

    def finish(self) -> Fix | None:
        """Return the last fix where nothing follows."""
        waiting, accuracy = self._waiting, self._accuracy
        self._waiting = self._accuracy = None
        return None if waiting is None else _fix(waiting, self._day, accuracy)


def fixes(lines: Iterable[str]) -> Iterator[Fix]:
    """Yield the fixes of a recording."""
    sentences = Sentences()
    for line in lines:
        found = sentences.read(line)
        if found is not None:
            yield found
    last = sentences.finish()
    if last is not None:
        yield last


def _words(line: str) -> list[str]:
    body, star, checksum = line.strip().removeprefix("$").partition("*")
    if not star:
        return []
    right = reduce(lambda total, sign: total ^ sign, body.encode("ascii", "replace"), 0)
    return body.split(",") if checksum[:2].upper() == f"{right:02X}" else []


def _fix(words: list[str], day: date | None, accuracy: float | None) -> Fix | None:
    if len(words) < 12 or words[6] not in _QUALITY:
        return None
    try:
        lat, lon = _degrees(words[2], words[3]), _degrees(words[4], words[5])
        height = float(words[9]) + float(words[11]) if words[9] and words[11] else None
        clock = time(int(words[1][0:2]), int(words[1][2:4]), int(words[1][4:6]), tzinfo=timezone.utc)
    except ValueError:
        return None
    instant = datetime.combine(day or datetime.now(timezone.utc).date(), clock)
    text = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    satellites = int(words[7]) if words[7].isdecimal() else None
    return Fix(lat, lon, height, accuracy, text, f"NMEA {_QUALITY[words[6]]}", satellites)


def _degrees(value: str, side: str) -> float:
    """Return degrees of `ddmm.mmmm`."""
    point = value.index(".")
    whole, minutes = value[: point - 2], value[point - 2 :]
    return (int(whole) + float(minutes) / 60) * (-1 if side in "SW" else 1)


def _date(text: str) -> date | None:
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[0:2]))
    except ValueError:
        return None


def _accuracy(words: list[str]) -> float | None:
    try:
        return math.hypot(float(words[6]), float(words[7]))
    except ValueError:
        return None
