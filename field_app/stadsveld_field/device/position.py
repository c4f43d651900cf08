"""Where the device is: the interface, and a device without a receiver.

A fix is kept as received: ETRS89 degrees and the height above the ellipsoid. RD and NAP follow from
it in `stadsveld.geo`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


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
        satellites: satellites in use, where the receiver tells.
    """

    lat: float
    lon: float
    height: float | None
    accuracy: float | None
    time: str
    source: str
    satellites: int | None = None


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
