"""QgsGeometry as the geometry engine of the core, for a QGIS whose Python has no Shapely 2."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import QgsGeometry

from ..core import errors, geo
from ..text import tr

_SEGMENTS = 8


class QgisEngine:
    """See `Engine` of the core; a geometry is a QgsGeometry."""

    def from_wkb(self, wkb: bytes) -> QgsGeometry:
        """Return a WKB as a geometry; BadInput if it cannot be read."""
        geometry = QgsGeometry()
        geometry.fromWkb(bytes(wkb))
        if geometry.isNull():
            raise errors.BadInput(tr("The geometry cannot be read."))
        return geometry

    def to_wkb(self, geometry: QgsGeometry) -> bytes:
        """Return a geometry as ISO WKB."""
        return bytes(geometry.asWkb())

    def is_empty(self, geometry: QgsGeometry) -> bool:
        """Return whether it holds no vertex at all."""
        return bool(geometry.isNull() or geometry.isEmpty())

    def is_valid(self, geometry: QgsGeometry) -> bool:
        """Return whether it is valid in the sense of the OGC's simple features."""
        return bool(geometry.isGeosValid())

    def make_valid(self, geometry: QgsGeometry) -> QgsGeometry:
        """Return a valid geometry that covers the same."""
        return geometry.makeValid()

    def area(self, geometry: QgsGeometry) -> float:
        """Return its area in m²."""
        return 0.0 if geometry.isNull() else max(float(geometry.area()), 0.0)

    def length(self, geometry: QgsGeometry) -> float:
        """Return its length or perimeter in m."""
        return 0.0 if geometry.isNull() else max(float(geometry.length()), 0.0)

    def distance(self, a: QgsGeometry, b: QgsGeometry) -> float:
        """Return the shortest distance between them in m."""
        return float(a.distance(b))

    def intersects(self, a: QgsGeometry, b: QgsGeometry) -> bool:
        """Return whether they share a point."""
        return bool(a.intersects(b))

    def intersection(self, a: QgsGeometry, b: QgsGeometry) -> QgsGeometry:
        """Return what both cover."""
        return _whole(a.intersection(b))

    def difference(self, a: QgsGeometry, b: QgsGeometry) -> QgsGeometry:
        """Return what `a` covers and `b` does not."""
        return _whole(a.difference(b))

    def union(self, geometries: Sequence[QgsGeometry]) -> QgsGeometry:
        """Return what any of them covers."""
        given = [geometry for geometry in geometries if not self.is_empty(geometry)]
        return _whole(QgsGeometry.unaryUnion(given)) if given else _nothing()

    def buffer(self, geometry: QgsGeometry, distance: float) -> QgsGeometry:
        """Return everything within `distance` metres."""
        return _whole(geometry.buffer(distance, _SEGMENTS))

    def from_wkbs(self, wkbs: Sequence[bytes]) -> Sequence[QgsGeometry]:
        """Return WKBs as geometries; BadInput if one cannot be read."""
        return [self.from_wkb(wkb) for wkb in wkbs]

    def areas(self, geometries: Sequence[QgsGeometry]) -> Sequence[float]:
        """Return the area of each in m²."""
        return [self.area(geometry) for geometry in geometries]

    def intersections(self, geometries: Sequence[QgsGeometry], other: QgsGeometry) -> Sequence[QgsGeometry]:
        """Return what each shares with `other`."""
        return [self.intersection(geometry, other) for geometry in geometries]


def choose() -> None:
    """Use Shapely where it is there and new enough, else QGIS itself."""
    try:
        geo.use_engine(geo.shapely_engine())
    except errors.MissingComponent:
        geo.use_engine(QgisEngine())


def _nothing() -> QgsGeometry:
    return QgsGeometry.fromWkt("GEOMETRYCOLLECTION EMPTY")


def _whole(result: QgsGeometry) -> QgsGeometry:
    """Return the result of a calculation, or say that it failed."""
    if result.isNull():
        if result.lastError():
            raise errors.BadInput(
                tr("The geometry cannot be calculated with: {reason}").format(reason=result.lastError())
            )
        return _nothing()
    return result
