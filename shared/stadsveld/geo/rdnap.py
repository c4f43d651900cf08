"""RD and NAP from ETRS89 and back, exact, after RDNAPTRANS2018 and its official grids.

The plane goes by the correction grid `rdtrans2018` (the specification's variant 2: the datum shift
is in the grid), the height by the quasi-geoid `nlgeo2018`, both bilinear. ETRS89 is EPSG:4258 in the
plane and EPSG:4937 with ellipsoidal height; a position in "WGS 84" must be brought there first,
unless, as with Dutch correction services, it is ETRS89 already.
"""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ..errors import BadInput, MissingComponent
from ..resources import resource
from ..text import _
from .stereographic import Array, project, unproject

SOUTH, NORTH, WEST, EAST = 50.0, 56.0, 2.0, 8.0
_ROWS, _COLUMNS = 481, 301
_ROWS_PER_DEGREE, _COLUMNS_PER_DEGREE = 80.0, 50.0
_UNITS = {"latitude": 1e9, "longitude": 1e9, "quasi_geoid": 1e4}
#: Coordinates are rounded to a tenth of a millimetre; a point on the border stays inside.
_BORDER = 2e-8
#: Points at a time, so that the intermediate arrays stay in the processor's cache.
_BATCH = 16384

Triple = tuple[Array, Array, Array]


class RdNap:
    """The transformation between ETRS89 and RD with NAP.

    Args:
        latitude: correction from Bessel to ETRS89 latitude in degrees, 481 by 301 from 50° N, 2° E.
        longitude: the same for longitude.
        quasi_geoid: height of NAP's zero above the ellipsoid in m, on the same nodes in ETRS89.
    """

    def __init__(self, latitude: Array, longitude: Array, quasi_geoid: Array) -> None:
        self._latitude = np.ascontiguousarray(latitude).ravel()
        self._longitude = np.ascontiguousarray(longitude).ravel()
        self._geoid = np.ascontiguousarray(quasi_geoid).ravel()

    @classmethod
    def load(cls, file: Path | None = None) -> RdNap:
        """Return the transformation on the grids that ship with Stadsveld, or on those in `file`.

        Raises:
            MissingComponent: if this installation lacks the grids.
            BadInput: if the file is not the one that `build/make_grids.py` makes.
        """
        try:
            path = file or resource("crs", "rdnaptrans2018.npz")
        except FileNotFoundError as error:
            raise MissingComponent(
                _("The grids of RDNAPTRANS2018 are missing from this installation; install Stadsveld again.")
            ) from error
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                # The file keeps whole numbers, each the difference from its western neighbour.
                grids = {name: np.cumsum(arrays[name], axis=1) / units for name, units in _UNITS.items()}
        except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise BadInput(
                _("This is not a grid file of Stadsveld: {reason}.").format(reason=error), file=path
            ) from error
        if any(grid.shape != (_ROWS, _COLUMNS) for grid in grids.values()):
            raise BadInput(_("The grids in this file have a wrong size."), file=path)
        return cls(**grids)

    def to_rd(self, lat: ArrayLike, lon: ArrayLike, h: ArrayLike = np.nan) -> Triple:
        """Return x, y (RD, m) and height (NAP, m) of ETRS89 positions.

        Args:
            lat: latitudes in degrees.
            lon: longitudes in degrees.
            h: ellipsoidal heights in m; NaN where unknown.

        Returns:
            Arrays of the common shape; NaN where the point lies outside the grids.
        """
        return _in_batches(self._to_rd, lat, lon, h)

    def to_etrs(self, x: ArrayLike, y: ArrayLike, nap: ArrayLike = np.nan) -> Triple:
        """Return ETRS89 latitude, longitude (degrees) and ellipsoidal height (m) of RD and NAP.

        The inverse of `to_rd`, to some micrometres.

        Args:
            x: RD x in m.
            y: RD y in m.
            nap: heights above NAP in m; NaN where unknown.

        Returns:
            Arrays of the common shape; NaN where the point lies outside the grids.
        """
        return _in_batches(self._to_etrs, x, y, nap)

    def _to_rd(self, lat: Array, lon: Array, h: Array) -> Triple:
        inside = (lat >= SOUTH) & (lat <= NORTH) & (lon >= WEST) & (lon <= EAST)
        everywhere = bool(inside.all())
        if not everywhere:
            lat, lon = np.where(inside, lat, SOUTH), np.where(inside, lon, WEST)
        cell = _Cell(lat, lon)
        nap = h - cell.interpolate(self._geoid)
        # The grid is known at the Bessel position that is sought: the second round is within 3 µm.
        cell = _Cell(lat - cell.interpolate(self._latitude), lon - cell.interpolate(self._longitude))
        x, y = project(lat - cell.interpolate(self._latitude), lon - cell.interpolate(self._longitude))
        return (x, y, nap) if everywhere else _only(inside, x, y, nap)

    def _to_etrs(self, x: Array, y: Array, nap: Array) -> Triple:
        # Coordinates from far away leave the domain of the formulas; they end outside as NaN.
        with np.errstate(all="ignore"):
            lat, lon = unproject(x, y)
            near = (np.abs(lat - (SOUTH + NORTH) / 2) < NORTH - SOUTH) & (
                np.abs(lon - (WEST + EAST) / 2) < EAST - WEST
            )
        if not near.all():
            lat, lon = np.where(near, lat, SOUTH), np.where(near, lon, WEST)
        cell = _Cell(lat, lon)
        lat, lon = lat + cell.interpolate(self._latitude), lon + cell.interpolate(self._longitude)
        h = nap + _Cell(lat, lon).interpolate(self._geoid)
        inside = near & (lat >= SOUTH - _BORDER) & (lat <= NORTH + _BORDER)
        inside &= (lon >= WEST - _BORDER) & (lon <= EAST + _BORDER)
        return (lat, lon, h) if inside.all() else _only(inside, lat, lon, h)


class _Cell:
    """Where points lie in the grids: the cell's south-western node and the weights of its corners.

    Just outside the outermost nodes (a Bessel position of an ETRS89 point on the border) the border
    cell is extended by up to a tenth of its size.
    """

    __slots__ = ("_east", "_node", "_north")

    def __init__(self, lat: Array, lon: Array) -> None:
        north, east = (lat - SOUTH) * _ROWS_PER_DEGREE, (lon - WEST) * _COLUMNS_PER_DEGREE
        row = np.clip(north.astype(np.intp), 0, _ROWS - 2)
        column = np.clip(east.astype(np.intp), 0, _COLUMNS - 2)
        self._node = row * _COLUMNS + column
        self._north, self._east = north - row, east - column

    def interpolate(self, grid: Array) -> Array:
        """Return the bilinear value of a grid at each point."""
        node, east = self._node, self._east
        southwest, northwest = grid.take(node), grid.take(node + _COLUMNS)
        south = southwest + east * (grid.take(node + 1) - southwest)
        north = northwest + east * (grid.take(node + (_COLUMNS + 1)) - northwest)
        values: Array = south + self._north * (north - south)
        return values


def _only(inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], *arrays: Array) -> Triple:
    first, second, third = (np.where(inside, array, np.nan) for array in arrays)
    return first, second, third


def _in_batches(function: Callable[[Array, Array, Array], Triple], *arguments: ArrayLike) -> Triple:
    given = np.broadcast_arrays(*(np.asarray(argument, dtype=np.float64) for argument in arguments))
    flat = [np.ravel(array) for array in given]
    results = [np.empty(flat[0].shape) for _number in range(3)]
    for start in range(0, len(flat[0]), _BATCH):
        batch = slice(start, start + _BATCH)
        for result, values in zip(
            results, function(flat[0][batch], flat[1][batch], flat[2][batch]), strict=True
        ):
            result[batch] = values
    first, second, third = (result.reshape(given[0].shape) for result in results)
    return first, second, third


@functools.lru_cache(maxsize=1)
def rdnap() -> RdNap:
    """Return the transformation on the grids that ship with Stadsveld, loaded once.

    Raises:
        MissingComponent: if this installation lacks the grids.
    """
    return RdNap.load()


def to_rd(lat: ArrayLike, lon: ArrayLike, h: ArrayLike = np.nan) -> Triple:
    """Return `RdNap.to_rd` of the grids that ship with Stadsveld."""
    return rdnap().to_rd(lat, lon, h)


def to_etrs(x: ArrayLike, y: ArrayLike, nap: ArrayLike = np.nan) -> Triple:
    """Return `RdNap.to_etrs` of the grids that ship with Stadsveld."""
    return rdnap().to_etrs(x, y, nap)
