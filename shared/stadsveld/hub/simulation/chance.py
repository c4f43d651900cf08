"""Chance that can be repeated: one seed gives the same choices, the same clock and the same ids."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from types import ModuleType, SimpleNamespace
from typing import Any

from ...model import ids
from ...sync import clock

#: When every simulation begins: 2026-01-01, in nanoseconds of Unix time.
_BEGIN = 1_767_225_600_000_000_000
_TICK = 1_000_000


class Chance(random.Random):
    """Choices that follow from a seed; never for secrets."""

    def happens(self, probability: float) -> bool:
        """Tell whether something of that probability happens now."""
        return self.random() < probability


class Clock:
    """A clock that goes on by a millisecond whenever it is read.

    Attributes:
        skew: nanoseconds that the machine that reads it now is wrong.
    """

    def __init__(self) -> None:
        self.skew = 0
        self._now = _BEGIN

    def time_ns(self) -> int:
        """Return the time as the machine that asks has it, in nanoseconds of Unix time."""
        self._now += _TICK
        return self._now + self.skew

    def now(self) -> datetime:
        """Return the time without any skew; it does not go on."""
        return datetime.fromtimestamp(self._now / 1e9, timezone.utc)


@contextmanager
def repeatable(seed: int) -> Iterator[Clock]:
    """Within the block new ids and stamps follow from the seed, in every thread of this process."""
    made = Clock()
    chance = Chance(seed)
    with _replaced(clock, time=made), _replaced(ids, time=made, os=SimpleNamespace(urandom=chance.randbytes)):
        yield made


@contextmanager
def _replaced(module: ModuleType, **names: Any) -> Iterator[None]:
    kept = {name: vars(module)[name] for name in names}
    vars(module).update(names)
    try:
        yield
    finally:
        vars(module).update(kept)
