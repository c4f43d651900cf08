"""The live polygon: figures of 25 hectares per move of the mouse, against a loop over QgsGeometry.

The peer is what a PyQGIS plugin does with the same cached surfaces: test the bounding box, cut, add
up per class. It gives areas only, we the explained figures as well.
"""

from __future__ import annotations

from harness import Result, absolute, against, race, without_peer

from stadsveld.design import Surroundings, measure
from support.plane_rows import mosaic, rectangle

SURFACES = 1400
PLAN = (100_000.5, 400_000.5, 100_499.5, 400_499.5)
NAME = "live polygon, 25 ha, 1,400 surfaces"


def run() -> list[Result]:
    """Measure one move of the mouse."""
    rows = mosaic(SURFACES)
    around = Surroundings.of(rows)
    plan = rectangle(*PLAN)
    try:
        from qgis.core import Qgis, QgsGeometry
    except ImportError:
        (ours,) = race(lambda: measure(plan, around), rounds=20)
        return [
            absolute(NAME, "ms", 1000 * ours, at_most=10.0),
            without_peer(NAME, "ms", 1000 * ours, "QGIS is not installed"),
        ]
    geometries = [(row["bgt_class"], _geometry(QgsGeometry, row["geom"])) for row in rows]
    drawn = _geometry(QgsGeometry, plan)
    _require_equal(measure(plan, around), _loop(geometries, drawn))
    ours, peer = race(lambda: measure(plan, around), lambda: _loop(geometries, drawn), rounds=20)
    return [
        absolute(NAME, "ms", 1000 * ours, at_most=10.0),
        against(NAME, "ms", 1000 * ours, 1000 * peer, f"loop over QgsGeometry, QGIS {Qgis.version()}"),
    ]


def _geometry(kind, wkb):
    found = kind()
    found.fromWkb(wkb)
    return found


def _loop(geometries, drawn):
    box = drawn.boundingBox()
    areas: dict[str, float] = {}
    for name, geometry in geometries:
        if geometry.boundingBoxIntersects(box):
            areas[name] = areas.get(name, 0.0) + max(geometry.intersection(drawn).area(), 0.0)
    return areas


def _require_equal(ours, theirs) -> None:
    """Refuse to compare the speed of different results."""
    for part in ours.classes:
        if abs(part.area - theirs[part.name]) > 0.01:
            raise SystemExit(f"the areas of {part.name} differ: {part.area} and {theirs[part.name]} m²")
