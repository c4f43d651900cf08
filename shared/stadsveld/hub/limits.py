"""How much one device or one address may ask: token buckets that a normal busy day never empties.

A device that synchronises every two seconds asks some five times a second at most; it may ask
`DEVICE.per_second` for ever, and `DEVICE.burst` at once (a first start, a day of photos). Who has no
token is limited by address, and much more tightly where a wrong code was tried: a code is one of 31^12
and lives two days, so that some thousands of guesses a day find nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """What a bucket allows: `burst` at once, and `per_second` for ever."""

    burst: float
    per_second: float


#: Requests of a device; requests without token of an address; refused tokens; wrong codes.
DEVICE = Rate(2000, 100)
OPEN = Rate(600, 50)
REFUSED = Rate(300, 5)
WRONG_CODE = Rate(20, 1 / 30)
NAMES = {DEVICE: "device", OPEN: "address", REFUSED: "refused token", WRONG_CODE: "wrong code"}
_MOST_BUCKETS = 20_000


class Limits:
    """The buckets of one service; safe from any thread.

    Args:
        clock: seconds that never run backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[tuple[Rate, str], tuple[float, float]] = {}

    def wait(self, rate: Rate, key: str) -> int:
        """Return the seconds until `key` may go on, 0 where it may now; takes nothing."""
        with self._lock:
            return _seconds(rate, self._level(rate, key))

    def spend(self, rate: Rate, key: str) -> int:
        """Take one from the bucket of `key`; return 0, or the seconds to wait where it is empty."""
        with self._lock:
            level = self._level(rate, key)
            if level >= 1:
                self._buckets[rate, key] = (level - 1, self._clock())
                return 0
            return _seconds(rate, level)

    def _level(self, rate: Rate, key: str) -> float:
        level, then = self._buckets.get((rate, key), (rate.burst, self._clock()))
        if len(self._buckets) > _MOST_BUCKETS:
            self._forget_full()
        return min(rate.burst, level + (self._clock() - then) * rate.per_second)

    def _forget_full(self) -> None:
        """Forget the buckets that are full again, and where none is, the oldest half."""
        present = self._clock()
        left = {
            (rate, key): (level, then)
            for (rate, key), (level, then) in self._buckets.items()
            if level + (present - then) * rate.per_second < rate.burst
        }
        half = _MOST_BUCKETS // 2
        if len(left) > half:
            left = dict(list(left.items())[-half:])
        self._buckets = left


def _seconds(rate: Rate, level: float) -> int:
    return 0 if level >= 1 else max(1, math.ceil((1 - level) / rate.per_second))
