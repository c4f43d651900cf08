"""The one door to computational geometry: Shapely where it is installed, another engine elsewhere.

Nothing else in Stadsveld imports Shapely. The QGIS plugin hands in an engine made of QgsGeometry
where Shapely is lacking. A geometry inside an engine is opaque; it goes in and out as WKB.
Coordinates and results are in metres and square metres of RD.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from ..errors import BadInput, MissingComponent
from ..text import _

Geometry = Any

#: The first GEOS that can tell whether surfaces lie side by side without overlapping.
_GEOS_WITH_COVERAGES = (3, 12, 0)
_SURFACE = 2


class Engine(Protocol):
    """What an engine can do. The forms in the plural work on lists at once, pair by pair."""

    def from_wkb(self, wkb: bytes) -> Geometry:
        """Return the engine's own form of a WKB; BadInput if it cannot be read."""

    def to_wkb(self, geometry: Geometry) -> bytes:
        """Return a geometry as ISO WKB."""

    def is_empty(self, geometry: Geometry) -> bool:
        """Return whether it holds no vertex at all."""

    def is_valid(self, geometry: Geometry) -> bool:
        """Return whether it is valid in the sense of the OGC's simple features."""

    def make_valid(self, geometry: Geometry) -> Geometry:
        """Return a valid geometry that covers the same."""

    def area(self, geometry: Geometry) -> float:
        """Return its area in m²."""

    def length(self, geometry: Geometry) -> float:
        """Return its length or perimeter in m."""

    def distance(self, a: Geometry, b: Geometry) -> float:
        """Return the shortest distance between them in m."""

    def intersects(self, a: Geometry, b: Geometry) -> bool:
        """Return whether they share a point."""

    def intersection(self, a: Geometry, b: Geometry) -> Geometry:
        """Return what both cover."""

    def difference(self, a: Geometry, b: Geometry) -> Geometry:
        """Return what `a` covers and `b` does not."""

    def union(self, geometries: Sequence[Geometry]) -> Geometry:
        """Return what any of them covers."""

    def buffer(self, geometry: Geometry, distance: float) -> Geometry:
        """Return everything within `distance` metres."""

    def from_wkbs(self, wkbs: Sequence[bytes]) -> Sequence[Geometry]:
        """Return the engine's own forms of WKBs; BadInput if one cannot be read."""

    def areas(self, geometries: Sequence[Geometry]) -> Sequence[float]:
        """Return the area of each in m²."""

    def intersections(self, geometries: Sequence[Geometry], other: Geometry) -> Sequence[Geometry]:
        """Return what each shares with `other`."""


class _ShapelyEngine:
    """Shapely 2 as an engine."""

    def __init__(self, shapely: Any) -> None:
        self._shapely = shapely

    def from_wkb(self, wkb: bytes) -> Geometry:
        return self.from_wkbs([wkb])[0]

    def from_wkbs(self, wkbs: Sequence[bytes]) -> Sequence[Geometry]:
        try:
            found: Sequence[Geometry] = self._shapely.from_wkb(list(wkbs))
        except (self._shapely.errors.ShapelyError, TypeError, ValueError) as error:
            raise BadInput(_("The geometry cannot be read: {reason}.").format(reason=error)) from error
        return found

    def to_wkb(self, geometry: Geometry) -> bytes:
        wkb: bytes = self._shapely.to_wkb(geometry, byte_order=1, flavor="iso")
        return wkb

    def is_empty(self, geometry: Geometry) -> bool:
        return bool(self._shapely.is_empty(geometry))

    def is_valid(self, geometry: Geometry) -> bool:
        return bool(self._shapely.is_valid(geometry))

    def make_valid(self, geometry: Geometry) -> Geometry:
        return self._shapely.make_valid(geometry)

    def area(self, geometry: Geometry) -> float:
        return float(self._shapely.area(geometry))

    def areas(self, geometries: Sequence[Geometry]) -> Sequence[float]:
        found: Sequence[float] = self._shapely.area(geometries)
        return found

    def length(self, geometry: Geometry) -> float:
        return float(self._shapely.length(geometry))

    def distance(self, a: Geometry, b: Geometry) -> float:
        return float(self._shapely.distance(a, b))

    def intersects(self, a: Geometry, b: Geometry) -> bool:
        return bool(self._shapely.intersects(a, b))

    def intersection(self, a: Geometry, b: Geometry) -> Geometry:
        return self._shapely.intersection(a, b)

    def intersections(self, geometries: Sequence[Geometry], other: Geometry) -> Sequence[Geometry]:
        found: Sequence[Geometry] = self._shapely.intersection(geometries, other)
        return found

    def difference(self, a: Geometry, b: Geometry) -> Geometry:
        return self._shapely.difference(a, b)

    def union(self, geometries: Sequence[Geometry]) -> Geometry:
        return self._shapely.union_all(list(geometries))

    def buffer(self, geometry: Geometry, distance: float) -> Geometry:
        return self._shapely.buffer(geometry, distance)

    def are_valid(self, geometries: Sequence[Geometry]) -> bool:
        """Return whether all of them are valid."""
        return bool(self._shapely.is_valid(geometries).all())

    def union_area(self, geometries: Sequence[Geometry]) -> float:
        """Return the area of the union, without making it where nothing overlaps."""
        shapely = self._shapely
        parts = shapely.get_parts(list(geometries))
        surfaces = parts[shapely.get_dimensions(parts) == _SURFACE]
        if shapely.geos_version >= _GEOS_WITH_COVERAGES and shapely.coverage_is_valid(surfaces):
            return float(shapely.area(surfaces).sum())
        return float(shapely.area(shapely.union_all(surfaces)))


def _import_shapely() -> Any:
    """Import Shapely so that it keeps to the GEOS it brings along.

    SQLite loads SpatiaLite with its symbols visible to all, and with them the system's GEOS. A
    Shapely with a GEOS of its own that is loaded afterwards would mix the two.
    """
    deep = getattr(os, "RTLD_DEEPBIND", 0)
    flags = sys.getdlopenflags() if deep else 0
    if deep:
        sys.setdlopenflags(flags | deep)
    try:
        import shapely
    finally:
        if deep:
            sys.setdlopenflags(flags)
    return shapely


def shapely_engine() -> Engine:
    """Return the engine on Shapely.

    Raises:
        MissingComponent: if Shapely 2 or newer is not installed; the text says how to install it.
    """
    how = _("Install it with: pip install 'shapely>=2' (in QGIS: in the Python of QGIS).")
    try:
        shapely = _import_shapely()
    except ImportError as error:
        raise MissingComponent(_("Shapely is not installed.") + " " + how) from error
    if int(shapely.__version__.split(".")[0]) < 2:
        raise MissingComponent(
            _("Shapely {version} is too old; 2 or newer is needed.").format(version=shapely.__version__)
            + " "
            + how
        )
    return _ShapelyEngine(shapely)


class _Used:
    """The engine in use; none until the first need."""

    engine: Engine | None = None


def valid_surfaces(wkbs: Sequence[bytes]) -> Sequence[Geometry]:
    """Return surfaces in the form of the engine in use, those that are invalid made valid.

    Raises:
        BadInput: if one cannot be read.
        MissingComponent: if there is no engine.
    """
    engine = default_engine()
    found = engine.from_wkbs(wkbs)
    if isinstance(engine, _ShapelyEngine) and engine.are_valid(found):
        return found
    return [each if engine.is_valid(each) else engine.make_valid(each) for each in found]


def union_area(geometries: Sequence[Geometry]) -> float:
    """Return the area in m² that any of these surfaces covers, by the engine in use.

    Raises:
        MissingComponent: if there is no engine.
    """
    engine = default_engine()
    if isinstance(engine, _ShapelyEngine):
        return engine.union_area(geometries)
    return engine.area(engine.union(geometries))


def use_engine(engine: Engine | None) -> None:
    """Use `engine` from now on; None chooses again at the next need."""
    _Used.engine = engine


def default_engine() -> Engine:
    """Return the engine in use: the one handed in, else Shapely.

    Raises:
        MissingComponent: if there is none.
    """
    if _Used.engine is None:
        _Used.engine = shapely_engine()
    return _Used.engine
