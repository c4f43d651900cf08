"""Where the device is: the interface, a receiver replayed from an NMEA file, and none.

A fix is kept as received: ETRS89 degrees and the height above the ellipsoid. RD and NAP follow from
it in `stadsveld.geo`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from functools import reduce
from pathlib import Path
from typing import Protocol

from stadsveld.errors import BadInput
from stadsveld.text import _


@dataclass(frozen=True)
class Fix:
    """One fix as the receiver gave it.

    Attributes:
        lat: latitude in degrees, ETRS89.
        lon: longitude in degrees, ETRS89.
        height: ellipsoidal height in m, or None.
        accuracy: horizontal accuracy in m (one sigma, as the receiver says), or None.
        time: instant, UTC, ISO 8601 with Z.
        source: which receiver, and its quality.
    """

    lat: float
    lon: float
    height: float | None
    accuracy: float | None
    time: str
    source: str


class PositionSource(Protocol):
    """A source of fixes."""

    @property
    def is_available(self) -> bool:
        """Whether there is a receiver at all."""

    def start(self, on_fix: Callable[[Fix], None]) -> None:
        """Call `on_fix` at every fix from now on."""

    def poll(self) -> None:
        """Fetch what has arrived; called about once a second while the app is in front."""

    def stop(self) -> None:
        """Stop; saves the battery."""


class NoPosition:
    """A device without a receiver: positions are placed on the map."""

    is_available = False

    def start(self, on_fix: Callable[[Fix], None]) -> None:
        """Nothing will come."""

    def poll(self) -> None:
        """Nothing has arrived."""

    def stop(self) -> None:
        """Nothing to stop."""


class NmeaReplay:
    """Replays a recorded NMEA 0183 file, one fix at a poll; the last one stays.

    Raises:
        BadInput: the file cannot be read or holds no fix.
    """

    is_available = True

    def __init__(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError as error:
            raise BadInput(
                _("The file cannot be read: {error}").format(error=error.strerror), file=path
            ) from error
        self._fixes = list(fixes(lines))
        if not self._fixes:
            raise BadInput(_("The file holds no position (GGA sentence with a fix)."), file=path)
        self._next = 0
        self._on_fix: Callable[[Fix], None] | None = None

    def start(self, on_fix: Callable[[Fix], None]) -> None:
        """Call `on_fix` at every fix from now on."""
        self._on_fix = on_fix

    def poll(self) -> None:
        """Give the next fix of the file."""
        if self._on_fix is None or self._next >= len(self._fixes):
            return
        found = self._fixes[self._next]
        self._next += 1
        self._on_fix(found)

    def stop(self) -> None:
        """Stop giving fixes."""
        self._on_fix = None


#: Fix quality of GGA (NMEA 0183, field 6).
_QUALITY = {"1": "GNSS", "2": "DGNSS", "4": "RTK fixed", "5": "RTK float"}


def fixes(lines: list[str]) -> Iterator[Fix]:
    """Yield the fixes of NMEA sentences: GGA for the position, RMC for the date, GST for the accuracy.

    A sentence with a wrong checksum, or one that is cut off, is passed over.
    """
    day: date | None = None
    waiting: list[str] | None = None
    accuracy: float | None = None
    for line in lines:
        words = _words(line)
        kind = words[0][-3:] if words else ""
        if kind == "GGA":
            if waiting is not None:
                yield from _fix(waiting, day, accuracy)
            waiting, accuracy = words, None
        elif kind == "RMC" and len(words) > 9 and len(words[9]) == 6:
            day = _date(words[9]) or day
        elif kind == "GST" and len(words) > 7:
            accuracy = _accuracy(words)
    if waiting is not None:
        yield from _fix(waiting, day, accuracy)


def _words(line: str) -> list[str]:
    body, star, checksum = line.strip().removeprefix("$").partition("*")
    if not star:
        return []
    right = reduce(lambda total, sign: total ^ sign, body.encode("ascii", "replace"), 0)
    return body.split(",") if checksum[:2].upper() == f"{right:02X}" else []


def _fix(words: list[str], day: date | None, accuracy: float | None) -> Iterator[Fix]:
    if len(words) < 12 or words[6] not in _QUALITY:
        return
    try:
        lat, lon = _degrees(words[2], words[3]), _degrees(words[4], words[5])
        height = float(words[9]) + float(words[11]) if words[9] and words[11] else None
        clock = time(int(words[1][0:2]), int(words[1][2:4]), int(words[1][4:6]), tzinfo=timezone.utc)
    except ValueError:
        return
    instant = datetime.combine(day or datetime.now(timezone.utc).date(), clock)
    text = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield Fix(lat, lon, height, accuracy, text, f"NMEA {_QUALITY[words[6]]}")


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
