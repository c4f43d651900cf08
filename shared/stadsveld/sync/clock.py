"""The hybrid logical clock of a file: never runs backwards, and nobody's wrong clock drags it along."""

from __future__ import annotations

import time
from datetime import datetime

from ..store import Store

#: Bits of the counter below the milliseconds.
_COUNTER_BITS = 16
#: Milliseconds that somebody else's stamp may be ahead before it is no longer followed.
FARTHEST_AHEAD = 5 * 60 * 1000


class Clock:
    """Gives the stamps of new changes; use it inside a transaction and `save()` at its end.

    The present is this machine's clock plus the offset learned from the central store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = int(store.setting("clock_offset_ms") or 0)
        self._last = self._saved = int(store.setting("hlc") or 0)

    def next(self) -> int:
        """Return a stamp greater than every stamp given or seen before."""
        self._last = max(self._last + 1, self._now() << _COUNTER_BITS)
        return self._last

    def see(self, hlc: int) -> bool:
        """Follow a stamp that arrived, unless it is further ahead than the bound; tell whether it is."""
        is_ahead = hlc > (self._now() + FARTHEST_AHEAD) << _COUNTER_BITS
        if not is_ahead:
            self._last = max(self._last, hlc)
        return is_ahead

    def save(self) -> None:
        """Keep the clock in the file."""
        if self._last != self._saved:
            self._store.set_setting("hlc", str(self._last))
            self._saved = self._last

    def _now(self) -> int:
        return max(0, now_ms() + self._offset)


def now_ms() -> int:
    """Return this machine's Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def learn_offset(store: Store, before: int, theirs: int, after: int) -> None:
    """Keep how far this machine's clock is from the central store's, from one question and answer.

    Args:
        store: the working copy.
        before: own time when the question left, milliseconds.
        theirs: the central store's time in its answer, milliseconds.
        after: own time when the answer arrived, milliseconds.
    """
    store.set_setting("clock_offset_ms", str(theirs - (before + after) // 2))


def instant_of(hlc: int) -> int:
    """Return the Unix time in milliseconds of a stamp."""
    return hlc >> _COUNTER_BITS


def stamp_of(instant: datetime) -> int:
    """Return the smallest stamp of an aware instant."""
    return round(instant.timestamp() * 1000) << _COUNTER_BITS
