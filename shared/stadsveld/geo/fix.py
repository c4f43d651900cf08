"""A GNSS fix in RD and NAP, and how far it may be trusted.

A fix is taken to be ETRS89 (EPSG:4258 in the plane, EPSG:4937 with height). Correction services in
the Netherlands deliver that; of an uncorrected receiver it is true to the better part of a metre,
which is less than such a fix's own accuracy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, MissingComponent
from ..text import _
from .rdnap import rdnap
from .stereographic import BESSEL_A, BESSEL_F, project

#: What the transformation itself may be off, in metres: with the grids (the specification's own
#: millimetre) and without (largest difference at the official validation points in the country).
EXACT_UNCERTAINTY_M, APPROXIMATE_UNCERTAINTY_M = 0.001, 0.25

_GRS80_A, _GRS80_F = 6378137.0, 1 / 298.257222101
_MEAN_HEIGHT_M = 43.0
_SHIFT = np.array([-565.7346, -50.4058, -465.2895])
_ROTATION = np.radians(np.array([-0.395023, 0.330776, -1.876073]) / 3600.0)
_SCALE = 1 - 4.07242e-6


@dataclass(frozen=True)
class RdPosition:
    """A position in RD and NAP.

    Attributes:
        x: RD x in m.
        y: RD y in m.
        nap: height above NAP in m, or None where the fix has none or the grids do not reach.
        exact: whether the grids of RDNAPTRANS2018 were used.
        uncertainty_m: what the transformation may be off in the plane; the fix's own accuracy comes
            on top of it. Without the grids it holds within the Netherlands.
    """

    x: float
    y: float
    nap: float | None
    exact: bool
    uncertainty_m: float


def rd_from_fix(lat: float, lon: float, height: float | None = None) -> RdPosition:
    """Return where a fix is in RD and NAP.

    Outside the grids, or where this installation lacks them, the position is the approximate one of
    the similarity transformation, and says so.

    Args:
        lat: latitude in degrees (ETRS89).
        lon: longitude in degrees (ETRS89).
        height: ellipsoidal height in m, or None.

    Raises:
        BadInput: if that is no position on Earth.
    """
    if not (abs(lat) < 90 and abs(lon) <= 180):
        raise BadInput(_("Latitude {lat} with longitude {lon} is no position.").format(lat=lat, lon=lon))
    try:
        found = rdnap().to_rd(lat, lon, math.nan if height is None else height)
    except MissingComponent:
        found = None
    if found is not None and not math.isnan(found[0]):
        x, y, nap = (float(value) for value in found)
        return RdPosition(x, y, None if math.isnan(nap) else nap, True, EXACT_UNCERTAINTY_M)
    x, y = approximate_rd(lat, lon)
    return RdPosition(x, y, None, False, APPROXIMATE_UNCERTAINTY_M)


def approximate_rd(lat: float, lon: float) -> tuple[float, float]:
    """Return RD x and y (m) by the similarity transformation of RDNAPTRANS2018, without its grids.

    Up to 0.25 m off within the Netherlands; outside the grids it is what RDNAPTRANS2018 prescribes.

    Args:
        lat: latitude in degrees (ETRS89).
        lon: longitude in degrees (ETRS89).
    """
    phi, lam = math.radians(lat), math.radians(lon)
    e2 = _GRS80_F * (2 - _GRS80_F)
    normal = _GRS80_A / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    flat = (normal + _MEAN_HEIGHT_M) * math.cos(phi)
    up = (normal * (1 - e2) + _MEAN_HEIGHT_M) * math.sin(phi)
    moved = _SHIFT + _SCALE * (_rotation() @ np.array([flat * math.cos(lam), flat * math.sin(lam), up]))
    bessel_lat, bessel_lon = _bessel_from_cartesian(*moved.tolist())
    x, y = project(np.array(bessel_lat), np.array(bessel_lon))
    return float(x), float(y)


def _rotation() -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the exact rotation about the three axes, in the coordinate frame convention."""
    (ca, cb, cc), (sa, sb, sc) = np.cos(_ROTATION).tolist(), np.sin(_ROTATION).tolist()
    return np.array(
        [
            [cc * cb, cc * sb * sa + sc * ca, -cc * sb * ca + sc * sa],
            [-sc * cb, -sc * sb * sa + cc * ca, sc * sb * ca + cc * sa],
            [sb, -cb * sa, cb * ca],
        ]
    )


def _bessel_from_cartesian(x: float, y: float, z: float) -> tuple[float, float]:
    """Return Bessel latitude and longitude in degrees."""
    e2 = BESSEL_F * (2 - BESSEL_F)
    flat = math.hypot(x, y)
    phi = math.atan2(z, flat * (1 - e2))
    for _round in range(6):
        sine = math.sin(phi)
        phi = math.atan2(z + e2 * BESSEL_A / math.sqrt(1 - e2 * sine**2) * sine, flat)
    return math.degrees(phi), math.degrees(math.atan2(y, x))
