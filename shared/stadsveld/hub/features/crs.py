"""Coordinate reference systems by their URI: out of RD for answers, and boxes into RD for questions.

RD goes to ETRS89 by RDNAPTRANS2018. WGS 84 (CRS84, EPSG:4326 and with it EPSG:3857) is taken to be
ETRS89, the "null transformation" of the Dutch guideline on coordinate systems: right to some
decimetres for the ensemble WGS 84, which promises no more. Beyond the grids of RDNAPTRANS (50 to
56° N, 2 to 8° E) a position has no latitude and longitude here: NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ... import geo
from ...errors import BadInput
from ...geo.rdnap import EAST, NORTH, SOUTH, WEST
from ...store.store import Bbox

Vertices = NDArray[np.float64]

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
#: Radius of the sphere of Pseudo-Mercator (EPSG method 1024) in m.
_RADIUS = 6378137.0
#: Points along each side of a box, so that its curved image in RD is enclosed.
_ALONG = 65
#: Least radius in RD of a parallel or meridian within the grids, in m, and what their kinks may add.
_LEAST_RADIUS, _KINKS = 3e6, 0.1


@dataclass(frozen=True)
class Crs:
    """A coordinate reference system.

    Attributes:
        uri: its name in the OGC register.
        code: its authority and code, for people.
        kind: `rd`, `degrees` or `mercator`.
        northing_first: whether latitude comes before longitude.
        decimals: how many make at least 1 mm.
    """

    uri: str
    code: str
    kind: str
    northing_first: bool
    decimals: int

    def limits(self) -> tuple[float, float, float, float]:
        """Return the smallest and largest values of the two axes (east and north, in that order)."""
        if self.kind == "degrees":
            return (-180.0, -90.0, 180.0, 90.0)
        return (-math.inf,) * 2 + (math.inf,) * 2

    def from_rd(self, vertices: Vertices) -> Vertices:
        """Return positions (n by 2) of RD positions, in the order of the axes; NaN beyond the grids."""
        made = self.ordered_from_rd(vertices)
        return np.round(made[:, ::-1] if self.northing_first else made, self.decimals)

    def ordered_from_rd(self, vertices: Vertices) -> Vertices:
        """Return positions of RD positions, east before north, not rounded."""
        if self.kind == "rd":
            return vertices
        lat, lon, _height = geo.to_etrs(vertices[:, 0], vertices[:, 1])
        if self.kind == "mercator":
            north = _RADIUS * np.log(np.tan(math.pi / 4 + np.radians(lat) / 2))
            return np.column_stack((_RADIUS * np.radians(lon), north))
        return np.column_stack((lon, lat))

    def to_rd(self, vertices: Vertices) -> Vertices:
        """Return RD positions of positions given east before north; NaN beyond the grids."""
        if self.kind == "rd":
            return vertices
        lon, lat = vertices[:, 0], vertices[:, 1]
        if self.kind == "mercator":
            lon = np.degrees(lon / _RADIUS)
            lat = np.degrees(2 * np.arctan(np.exp(lat / _RADIUS)) - math.pi / 2)
        x, y, _nap = geo.to_rd(lat, lon)
        return np.column_stack((x, y))

    def grids(self) -> Bbox:
        """Return the box, east before north, within which this can be turned into RD."""
        if self.kind == "rd":
            return (-math.inf, -math.inf, math.inf, math.inf)
        if self.kind == "degrees":
            return (WEST, SOUTH, EAST, NORTH)
        # A centimetre less, so that what is rounded on the way back stays within.
        corners = np.array(((WEST + 1e-7, SOUTH + 1e-7), (EAST - 1e-7, NORTH - 1e-7)))
        north = _RADIUS * np.log(np.tan(math.pi / 4 + np.radians(corners[:, 1]) / 2))
        east = _RADIUS * np.radians(corners[:, 0])
        return (float(east[0]), float(north[0]), float(east[1]), float(north[1]))


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84", "degrees", False, 8)
RD = Crs(_EPSG + "28992", "EPSG:28992", "rd", False, 3)
#: All of them by URI, the default one first.
SYSTEMS: dict[str, Crs] = {
    found.uri: found
    for found in (
        CRS84,
        RD,
        Crs(_EPSG + "4258", "EPSG:4258", "degrees", True, 8),
        Crs(_EPSG + "9067", "EPSG:9067", "degrees", True, 8),
        Crs(_EPSG + "4326", "EPSG:4326", "degrees", True, 8),
        Crs(_EPSG + "3857", "EPSG:3857", "mercator", False, 3),
    )
}


@dataclass(frozen=True)
class Box:
    """A box to find features in.

    Attributes:
        crs: the system of its sides.
        sides: west, south, east, north, east before north whatever the order of the axes.
        around: a box in RD that encloses it, or None where it lies beyond the grids.
        inside: a box in RD that it encloses; it may be empty (its east side west of its west side).
    """

    crs: Crs
    sides: Bbox
    around: Bbox | None
    inside: Bbox

    @classmethod
    def of(cls, crs: Crs, sides: Bbox) -> Box:
        """Return the box with these sides."""
        if crs.kind == "rd":
            return cls(crs, sides, sides, sides)
        edges = _edges_in_rd(crs, sides)
        if edges is None:
            return cls(crs, sides, None, (math.inf, math.inf, -math.inf, -math.inf))
        low = np.array([np.nanmin(edge, axis=0) for edge in edges])
        high = np.array([np.nanmax(edge, axis=0) for edge in edges])
        south, north, west, east = range(4)
        bulge = _bulge(edges)
        around = (*(low.min(axis=0) - bulge).tolist(), *(high.max(axis=0) + bulge).tolist())
        inside = (
            float(high[west, 0]) + bulge, float(high[south, 1]) + bulge,
            float(low[east, 0]) - bulge, float(low[north, 1]) - bulge,
        )  # fmt: skip
        return cls(crs, sides, around, inside)

    def meets(self, blob: bytes | None) -> bool:
        """Tell whether a geometry (a SpatiaLite blob in RD) has a point in common with the box."""
        if blob is None:
            return False
        try:
            if _within(geo.blob_bbox(blob), self.inside):
                return True
            shape = geo.parse(geo.wkb_from_blob(blob))
        except BadInput:
            return False
        parts = [[self.crs.ordered_from_rd(run[:, :2]) for run in part] for part in shape.parts]
        is_surface = shape.kind in {3, geo.MULTIPOLYGON}
        return any(self._meets_part(part, is_surface) for part in parts)

    def _meets_part(self, runs: list[Vertices], is_surface: bool) -> bool:
        if any(_run_meets(run, self.sides) for run in runs):
            return True
        # No side of it comes near: it has the whole box inside, or nothing of it.
        corner = (self.sides[0], self.sides[1])
        return is_surface and sum(_winds(run, corner) for run in runs) % 2 == 1


def _edges_in_rd(crs: Crs, sides: Bbox) -> list[Vertices] | None:
    """Return the south, north, west and east sides in RD, as far as RD reaches; None beyond it."""
    grids = crs.grids()
    west, south = max(sides[0], grids[0]), max(sides[1], grids[1])
    east, north = min(sides[2], grids[2]), min(sides[3], grids[3])
    if west > east or south > north:
        return None
    xs, ys = np.linspace(west, east, _ALONG), np.linspace(south, north, _ALONG)
    edges = [(xs, np.full(_ALONG, side)) for side in (south, north)]
    edges += [(np.full(_ALONG, side), ys) for side in (west, east)]
    return [crs.to_rd(np.column_stack(edge)) for edge in edges]


def _bulge(edges: list[Vertices]) -> float:
    """Return by how much a side may leave the straight lines between its points, in m (its sagitta)."""
    longest = max(float(np.nanmax(np.hypot(*np.diff(edge, axis=0).T))) for edge in edges)
    return _KINKS + longest * longest / (8 * _LEAST_RADIUS)


def _within(inner: Bbox, outer: Bbox) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _run_meets(run: Vertices, sides: Bbox) -> bool:
    """Tell whether a run of vertices, joined by straight lines, has a point in the box."""
    west, south, east, north = sides
    x, y = run[:, 0], run[:, 1]
    if bool(((x >= west) & (x <= east) & (y >= south) & (y <= north)).any()):
        return True
    if len(run) < 2:
        return False
    return bool(_segments_meet(run[:-1], run[1:] - run[:-1], sides).any())


def _segments_meet(start: Vertices, step: Vertices, sides: Bbox) -> NDArray[np.bool_]:
    """Tell which segments meet the box, by clipping each (Liang and Barsky 1984)."""
    enter, leave = np.zeros(len(start)), np.ones(len(start))
    outside = np.isnan(start).any(axis=1) | np.isnan(step).any(axis=1)
    for axis in (0, 1):
        along = step[:, axis]
        to_low, to_high = sides[axis] - start[:, axis], sides[axis + 2] - start[:, axis]
        still = along == 0
        outside |= still & ((to_low > 0) | (to_high < 0))
        divisor = np.where(still, 1.0, along)
        first, second = to_low / divisor, to_high / divisor
        enter = np.where(still, enter, np.maximum(enter, np.minimum(first, second)))
        leave = np.where(still, leave, np.minimum(leave, np.maximum(first, second)))
    met: NDArray[np.bool_] = ~outside & (enter <= leave)
    return met


def _winds(ring: Vertices, point: tuple[float, float]) -> int:
    """Return how often a line from the point to the east crosses the ring."""
    x, y = ring[:-1, 0], ring[:-1, 1]
    x2, y2 = ring[1:, 0], ring[1:, 1]
    across = (y > point[1]) != (y2 > point[1])
    if not across.any():
        return 0
    x, y, x2, y2 = x[across], y[across], x2[across], y2[across]
    return int((x + (point[1] - y) / (y2 - y) * (x2 - x) > point[0]).sum())
