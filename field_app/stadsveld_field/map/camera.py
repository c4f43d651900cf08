"""Where the map looks: the centre in RD, the scale, and how both move under fingers."""

from __future__ import annotations

import math
from dataclasses import dataclass

Bbox = tuple[float, float, float, float]

#: Metres per screen unit (dp) between which the map zooms.
CLOSEST, FARTHEST = 0.02, 4.0
#: How fast a fling slows down, per second, and the speed (dp/s) at which it stops.
FRICTION, STANDSTILL = 4.0, 12.0
#: Lengths that a scale bar may show, in metres.
_BARS = tuple(step * 10**power for power in range(-1, 5) for step in (1, 2, 5))


@dataclass
class Camera:
    """A view of the plane; screen units are dp from the left bottom of the map.

    Attributes:
        x: RD x of the centre, m.
        y: RD y of the centre, m.
        mpp: metres per dp.
        width: width of the map, dp.
        height: height of the map, dp.
    """

    x: float = 155_000.0
    y: float = 463_000.0
    mpp: float = 0.5
    width: float = 360.0
    height: float = 560.0
    _vx: float = 0.0
    _vy: float = 0.0

    def to_world(self, sx: float, sy: float) -> tuple[float, float]:
        """Return the RD coordinates under a place on the screen."""
        return self.x + (sx - self.width / 2) * self.mpp, self.y + (sy - self.height / 2) * self.mpp

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return the place on the screen of RD coordinates."""
        return (x - self.x) / self.mpp + self.width / 2, (y - self.y) / self.mpp + self.height / 2

    @property
    def bbox(self) -> Bbox:
        """What is in view, in RD."""
        half_width, half_height = self.width / 2 * self.mpp, self.height / 2 * self.mpp
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height

    def resize(self, width: float, height: float) -> None:
        """Give the map another size; the centre stays."""
        self.width, self.height = max(width, 1.0), max(height, 1.0)

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by (dx, dy) dp."""
        self.x -= dx * self.mpp
        self.y -= dy * self.mpp

    def zoom(self, factor: float, sx: float, sy: float) -> None:
        """Enlarge by `factor`; what is under (sx, sy) stays there."""
        x, y = self.to_world(sx, sy)
        self.mpp = min(max(self.mpp / factor, CLOSEST), FARTHEST)
        self.x = x - (sx - self.width / 2) * self.mpp
        self.y = y - (sy - self.height / 2) * self.mpp

    def fling(self, vx: float, vy: float) -> None:
        """Let go of the picture at a speed in dp/s."""
        self._vx, self._vy = vx, vy

    def halt(self) -> None:
        """Stop a fling; a finger is on the map."""
        self._vx = self._vy = 0.0

    @property
    def is_moving(self) -> bool:
        """Whether a fling is under way."""
        return math.hypot(self._vx, self._vy) > STANDSTILL

    def step(self, seconds: float) -> bool:
        """Move on by inertia for a time; return whether it goes on after it."""
        if not self.is_moving:
            self.halt()
            return False
        # The exact path of exponentially fading speed, so that it does not depend on the frame rate.
        way = (1 - math.exp(-FRICTION * seconds)) / FRICTION
        self.pan(self._vx * way, self._vy * way)
        fade = math.exp(-FRICTION * seconds)
        self._vx, self._vy = self._vx * fade, self._vy * fade
        return self.is_moving

    def show(self, bbox: Bbox, margin: float = 1.15) -> None:
        """Look at a whole box."""
        minx, miny, maxx, maxy = bbox
        self.x, self.y = (minx + maxx) / 2, (miny + maxy) / 2
        wanted = max((maxx - minx) / self.width, (maxy - miny) / self.height) * margin
        self.mpp = min(max(wanted, CLOSEST), FARTHEST)

    def scale_bar(self, longest: float = 110.0) -> tuple[float, float]:
        """Return (metres, dp) of the longest round scale bar of at most `longest` dp."""
        fitting = [metres for metres in _BARS if metres / self.mpp <= longest]
        metres = fitting[-1] if fitting else _BARS[0]
        return metres, metres / self.mpp
