"""Reads and writes GeoPackages with nothing but SQLite (OGC 12-128r18)."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from ...errors import BadInput
from ...text import _

#: Bytes of the envelope after the 8 bytes of header, by its code.
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
#: Reads a whole table; its name comes from the file's own list of contents and is quoted.
_ALL_ROWS = Template("SELECT * FROM $table")


@dataclass(frozen=True)
class Layer:
    """One layer: headings, rows of (fid, cells, WKB) and EPSG code."""

    headings: list[str]
    rows: list[tuple[int, list[Any], bytes | None]]
    epsg: int | None


def read_geopackage(file: Path, choose: Callable[[Sequence[str]], str]) -> Layer:
    """Read a layer or table.

    Args:
        file: the GeoPackage; it is opened read-only and nothing is written beside it.
        choose: picks the layer from the names of all.

    Raises:
        BadInput: if it is no GeoPackage, damaged, or a geometry in it is.
    """
    if not file.is_file():
        raise BadInput(_("There is no such file."), file=file)
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(address, uri=True)
    except sqlite3.Error as wrong:
        raise _no_geopackage(file) from wrong
    try:
        return _read(connection, file, choose)
    except sqlite3.Error as wrong:
        raise _no_geopackage(file) from wrong
    finally:
        connection.close()


def _no_geopackage(file: Path) -> BadInput:
    return BadInput(_("This is no GeoPackage, or it is damaged."), file=file)


def _read(connection: sqlite3.Connection, file: Path, choose: Callable[[Sequence[str]], str]) -> Layer:
    contents = connection.execute(
        "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY 1"
    )
    name = choose([row[0] for row in contents])
    found = connection.execute(
        "SELECT g.column_name, s.srs_name, s.organization, s.organization_coordsys_id "
        "FROM gpkg_geometry_columns g "
        "LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?",
        (name,),
    ).fetchone()
    column, epsg = (None, None) if found is None else (found[0], _epsg(*found[1:]))
    quoted = '"' + name.replace('"', '""') + '"'
    cursor = connection.execute(_ALL_ROWS.substitute(table=quoted))
    names = [description[0] for description in cursor.description]
    kept = [place for place, heading in enumerate(names) if heading != column and heading.lower() != "fid"]
    fid = next((place for place, heading in enumerate(names) if heading.lower() == "fid"), None)
    where = names.index(column) if column in names else None
    rows = []
    for number, row in enumerate(cursor, 1):
        place = number if fid is None else row[fid]
        geometry = None if where is None else _wkb(row[where], file, place)
        rows.append((place, [row[index] for index in kept], geometry))
    return Layer([names[index] for index in kept], rows, epsg)


def _epsg(name: str | None, organisation: str | None, code: int | None) -> int | None:
    """Return the EPSG code; OGC's CRS84 is WGS 84 in the order of axes that a GeoPackage has anyway."""
    if (organisation or "").upper() == "OGC" or "CRS84" in (name or "").upper():
        return 4326
    return code if (organisation or "").upper() == "EPSG" else None


def _wkb(blob: bytes | None, file: Path, place: int) -> bytes | None:
    """Return the WKB in a GeoPackage geometry blob; None for NULL and empty geometries."""
    if blob is None:
        return None
    if len(blob) < 8 or blob[:2] != b"GP" or (blob[3] >> 1) & 7 not in _ENVELOPES:
        row = _("row {number}").format(number=place)
        raise BadInput(_("Its geometry is damaged."), file=file, place=row)
    if blob[3] & 0x10:
        return None
    start = 8 + _ENVELOPES[(blob[3] >> 1) & 7]
    return blob[start:]


def geopackage_blob(wkb: bytes, srs_id: int = 28992) -> bytes:
    """Return the GeoPackage geometry blob of a WKB, without envelope."""
    return struct.pack("<2sBBi", b"GP", 0, 1, srs_id) + wkb
