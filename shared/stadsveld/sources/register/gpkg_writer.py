"""Writes GeoPackages 1.2 in RD New with nothing but SQLite (OGC 12-128r18)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from ... import geo
from .gpkg import geopackage_blob

_RD_WKT = (
    'PROJCS["Amersfoort / RD New",GEOGCS["Amersfoort",DATUM["Amersfoort",SPHEROID["Bessel 1841",6377397.155,'
    '299.1528128]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
    'PROJECTION["Oblique_Stereographic"],PARAMETER["latitude_of_origin",52.1561605555556],'
    'PARAMETER["central_meridian",5.38763888888889],PARAMETER["scale_factor",0.9999079],'
    'PARAMETER["false_easting",155000],PARAMETER["false_northing",463000],UNIT["metre",1],'
    'AUTHORITY["EPSG","28992"]]'
)
_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY,
    organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
    description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
    description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT
    (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
    srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
    PRIMARY KEY (table_name, column_name));
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL);
"""
_CREATE = Template("CREATE TABLE $name (fid INTEGER PRIMARY KEY AUTOINCREMENT, $listed)")
_INSERT = Template("INSERT INTO $name ($names) VALUES ($marks)")


@dataclass(frozen=True)
class NewLayer:
    """A layer, or a table without geometry, to be written.

    Attributes:
        name: its name, a plain identifier.
        shape: type of its geometries in EPSG:28992, or None for a table.
        columns: (name, SQL type) of its columns besides `fid` and `geom`, plain identifiers.
        rows: (WKB or None, values in the order of the columns).
    """

    name: str
    shape: str | None
    columns: Sequence[tuple[str, str]]
    rows: Sequence[tuple[bytes | None, Sequence[Any]]]


def write_geopackage(file: Path, layers: Sequence[NewLayer]) -> None:
    """Write a GeoPackage; a file of that name is replaced.

    Raises:
        OSError, sqlite3.Error: it cannot be written.
    """
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as package, package:
        package.execute("PRAGMA application_id = 1196444487")
        package.execute("PRAGMA user_version = 10200")
        package.executescript(_TABLES)
        package.execute(
            "INSERT INTO gpkg_spatial_ref_sys VALUES ('Amersfoort / RD New', 28992, 'EPSG', 28992, ?, NULL)",
            (_RD_WKT,),
        )
        for layer in layers:
            _write(package, layer)


def _write(package: sqlite3.Connection, layer: NewLayer) -> None:
    boxes = [geo.wkb_bbox(geometry) for geometry, _values in layer.rows if geometry is not None]
    extent: list[float | None] = [None] * 4
    if boxes:
        west, south, east, north = zip(*boxes, strict=True)
        extent = [min(west), min(south), max(east), max(north)]
    kind, srs = ("attributes", None) if layer.shape is None else ("features", 28992)
    package.execute(
        "INSERT INTO gpkg_contents "
        "(table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (layer.name, kind, layer.name, *extent, srs),
    )
    listed = [f"{name} {sql_type}" for name, sql_type in layer.columns]
    names = [name for name, _type in layer.columns]
    rows: Sequence[Sequence[Any]] = [values for _geometry, values in layer.rows]
    if layer.shape is not None:
        geometry_row = (layer.name, layer.shape)
        package.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, 28992, 0, 0)", geometry_row)
        listed, names = ["geom BLOB", *listed], ["geom", *names]
        rows = [
            (None if geometry is None else geopackage_blob(geometry), *values)
            for geometry, values in layer.rows
        ]
    package.execute(_CREATE.substitute(name=layer.name, listed=", ".join(listed)))
    marks = ", ".join("?" * len(names))
    package.executemany(_INSERT.substitute(name=layer.name, names=", ".join(names), marks=marks), rows)


__all__ = ["NewLayer", "write_geopackage"]
