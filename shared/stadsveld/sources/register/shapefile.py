"""Reads Shapefiles with nothing but the standard library and numpy.

After the "ESRI Shapefile Technical Description" (1998) and the dBASE III file format. A reader of our
own, because the usual ones bring a GDAL that does not live in one process with SpatiaLite's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import geo
from ...errors import BadInput
from ...text import _

_POINTS, _LINES, _POLYGONS, _MULTIPOINTS = (1, 11, 21), (3, 13, 23), (5, 15, 25), (8, 18, 28)
_HEADER = 100
_FILE_CODE = 9994
Vertices = NDArray[np.float64]


def read_shapefile(file: Path) -> tuple[list[str], list[tuple[list[Any], bytes | None]], int | None]:
    """Return headings, (values, WKB) rows and the EPSG code of a Shapefile.

    The table beside it (.dbf) is needed for values, the .prj for the CRS; without either there are
    no headings, or no EPSG code.

    Raises:
        BadInput: if the file is none, or damaged.
    """
    data = file.read_bytes()
    if len(data) < _HEADER or struct.unpack_from(">i", data)[0] != _FILE_CODE:
        raise BadInput(_("This is no Shapefile."), file=file)
    shapes = list(_shapes(file, data))
    headings, rows = _table(file)
    if headings and len(rows) != len(shapes):
        reason = _("The Shapefile has {shapes} shapes, but the table beside it {rows} rows.")
        raise BadInput(reason.format(shapes=len(shapes), rows=len(rows)), file=file)
    found: list[tuple[list[Any], bytes | None]] = []
    for place, shape in enumerate(shapes):
        values = rows[place] if headings else []
        if values is not None:
            found.append((values, shape))
    return headings, found, _epsg(file)


def _shapes(file: Path, data: bytes) -> Iterator[bytes | None]:
    position = _HEADER
    while position + 8 <= len(data):
        number, words = struct.unpack_from(">2i", data, position)
        begin = position + 8
        position = begin + 2 * words
        record = data[begin:position]
        try:
            yield _wkb(record)
        except (struct.error, ValueError, IndexError) as wrong:
            place = _("row {number}").format(number=number)
            raise BadInput(_("Its geometry is damaged."), file=file, place=place) from wrong


def _wkb(record: bytes) -> bytes | None:
    """Return one shape as two-dimensional WKB."""
    kind = struct.unpack_from("<i", record)[0]
    if kind == 0:
        return None
    if kind in _POINTS:
        return geo.point_wkb(*struct.unpack_from("<2d", record, 4))
    if kind in _MULTIPOINTS:
        count = struct.unpack_from("<i", record, 36)[0]
        return geo.multipoint_wkb(_vertices(record, 40, count))
    if kind in _LINES:
        return geo.multilinestring_wkb(_parts(record))
    if kind in _POLYGONS:
        return geo.multipolygon_wkb(_polygons(_parts(record)))
    raise ValueError(kind)


def _parts(record: bytes) -> list[Vertices]:
    parts, points = struct.unpack_from("<2i", record, 36)
    starts = [*struct.unpack_from(f"<{parts}i", record, 44), points]
    vertices = _vertices(record, 44 + 4 * parts, points)
    return [vertices[begin:end] for begin, end in pairwise(starts)]


def _vertices(record: bytes, offset: int, count: int) -> Vertices:
    return np.frombuffer(record, "<f8", 2 * count, offset).reshape(-1, 2)


def _polygons(rings: Sequence[Vertices]) -> list[list[Vertices]]:
    """Sort rings into polygons: clockwise ones are outlines, the others holes in the one around them."""
    outlines = [[ring] for ring in rings if _signed_area(ring) < 0] or [[ring] for ring in rings[:1]]
    used = {id(polygon[0]) for polygon in outlines}
    for ring in rings:
        if id(ring) in used:
            continue
        around = [polygon for polygon in outlines if _contains(polygon[0], ring[0])]
        smallest = min(around or outlines, key=lambda polygon: abs(_signed_area(polygon[0])))
        smallest.append(ring)
    return outlines


def _signed_area(ring: Vertices) -> float:
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2


def _contains(ring: Vertices, point: Vertices) -> bool:
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    spans = (y0 > point[1]) != (y1 > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (point[1] - y0) / (y1 - y0) * (x1 - x0)
    return bool(np.count_nonzero(spans & (crossing > point[0])) % 2)


def _table(file: Path) -> tuple[list[str], list[list[Any] | None]]:
    """Return headings and rows of the .dbf beside; None for a row that is marked as deleted."""
    beside = _beside(file, ".dbf")
    if beside is None:
        return [], []
    data = beside.read_bytes()
    try:
        count, header, width = struct.unpack_from("<IHH", data, 4)
        fields = [
            (data[at:].split(b"\0", 1)[0][:11], chr(data[at + 11]), data[at + 16])
            for at in range(32, header - 1, 32)
            if data[at] != 0x0D
        ]
    except (struct.error, IndexError) as wrong:
        raise BadInput(_("The table beside the Shapefile is damaged."), file=beside) from wrong
    if len(data) < header + count * width:
        raise BadInput(_("The table beside the Shapefile is cut off."), file=beside)
    encoding = _encoding(file)
    rows: list[list[Any] | None] = []
    for number in range(count):
        at = header + number * width
        is_deleted = data.startswith(b"*", at)
        rows.append(None if is_deleted else list(_values(data, at + 1, fields, encoding)))
    return [name.decode(encoding, "replace") for name, _kind, _width in fields], rows


def _values(data: bytes, at: int, fields: Sequence[tuple[bytes, str, int]], encoding: str) -> Iterator[Any]:
    for _name, kind, width in fields:
        end = at + width
        text = data[at:end].decode(encoding, "replace").strip("\0 ")
        at = end
        yield _value(text, kind)


def _value(text: str, kind: str) -> Any:
    if not text or set(text) == {"*"}:
        return None
    if kind in "NF":
        return float(text) if "." in text or "e" in text.lower() else int(text)
    if kind == "D":
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    if kind == "L":
        return {"T": True, "Y": True, "F": False, "N": False}.get(text.upper())
    return text


def _encoding(file: Path) -> str:
    beside = _beside(file, ".cpg")
    named = "" if beside is None else beside.read_text(encoding="ascii", errors="replace").strip().lower()
    if named in ("utf-8", "utf8", "65001"):
        return "utf-8"
    return "latin-1" if named in ("iso-8859-1", "iso88591", "latin1", "88591") else "cp1252"


def _epsg(file: Path) -> int | None:
    beside = _beside(file, ".prj")
    if beside is None:
        return None
    text = beside.read_text(encoding="utf-8", errors="replace")
    name = text.upper().replace(" ", "_")
    if "AMERSFOORT" in name or "RD_NEW" in name:
        return 28992
    if "PROJCS" in name or "PROJCRS" in name:
        reason = _("The geometries are in another system than RD New (EPSG:28992): {name}.")
        raise BadInput(reason.format(name=text[:60]), file=beside)
    return 4326


def _beside(file: Path, ending: str) -> Path | None:
    for found in (file.with_suffix(ending), file.with_suffix(ending.upper())):
        if found.is_file():
            return found
    return None
