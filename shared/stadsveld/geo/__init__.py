"""Where things are: RD and NAP, geometry in its binary forms, and the one door to an engine for it."""

from .blob import blob_bbox, blob_from_wkb, blob_srid, wkb_from_blob
from .engine import Engine, default_engine, shapely_engine, union_area, use_engine, valid_surfaces
from .fix import RdPosition, rd_from_fix
from .rdnap import RdNap, to_etrs, to_rd
from .runs import blob_of_runs, reversed_run
from .wkb import (
    MULTILINESTRING,
    MULTIPOINT,
    MULTIPOLYGON,
    Shape,
    area,
    canonical_wkb,
    linestring_wkb,
    multilinestring_wkb,
    multipoint_wkb,
    multipolygon_wkb,
    parse,
    point_wkb,
    polygon_wkb,
    wkb_bbox,
)
from .wkt import wkb_from_wkt, wkt_from_wkb

__all__ = [
    "MULTILINESTRING",
    "MULTIPOINT",
    "MULTIPOLYGON",
    "Engine",
    "RdNap",
    "RdPosition",
    "Shape",
    "area",
    "blob_bbox",
    "blob_from_wkb",
    "blob_of_runs",
    "blob_srid",
    "canonical_wkb",
    "default_engine",
    "linestring_wkb",
    "multilinestring_wkb",
    "multipoint_wkb",
    "multipolygon_wkb",
    "parse",
    "point_wkb",
    "polygon_wkb",
    "rd_from_fix",
    "reversed_run",
    "shapely_engine",
    "to_etrs",
    "to_rd",
    "union_area",
    "use_engine",
    "valid_surfaces",
    "wkb_bbox",
    "wkb_from_blob",
    "wkb_from_wkt",
    "wkt_from_wkb",
]
