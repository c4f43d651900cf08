"""Geometry as SpatiaLite stores it in a column, turned into WKB and back without SpatiaLite.

The form (SpatiaLite's internal BLOB format): 0x00, byte order, SRID, bounding box, 0x7C, the body
of WKB with 0x69 before each member of a multi geometry, 0xFE.
"""

from __future__ import annotations

import struct

from ..text import _
from .wkb import (
    MULTIPOINT,
    MULTIPOLYGON,
    POLYGON,
    Layout,
    Shape,
    bbox_of,
    broken,
    dump,
    parse,
    scan_body,
    scan_wkb,
)

_RD = 28992
_START, _MBR_END, _ENTITY, _END = 0x00, 0x7C, 0x69, 0xFE
_BODY = 39
_ONE_RING_SHAPE = (_START, 1, _MBR_END, MULTIPOLYGON, 1, _ENTITY, POLYGON, 1)
_HEAD = struct.Struct("<BBi4dB")
#: Head and body, up to its vertices, of the commonest geometry: a multi polygon of one ring.
_ONE_RING = struct.Struct("<BBi4dBIIBIII")
_MBR_LITTLE, _MBR_BIG = struct.Struct("<4d"), struct.Struct(">4d")


def blob_from_wkb(wkb: bytes, srid: int = _RD) -> bytes:
    """Return the SpatiaLite blob of a geometry.

    Args:
        wkb: any WKB that `wkb.parse` reads.
        srid: the EPSG code of its coordinates; RD unless told.

    Raises:
        BadInput: if it is damaged, empty or has a coordinate that is not finite.
    """
    layout = scan_wkb(wkb)
    if layout.order != "<" or not layout.is_iso:
        wkb = dump(parse(wkb))
        layout = scan_wkb(wkb)
    box = bbox_of(wkb, layout)
    return _HEAD.pack(_START, 1, srid, *box, _MBR_END) + _marked(wkb, layout, _ENTITY, 0)[1:] + b"\xfe"


def wkb_from_blob(blob: bytes) -> bytes:
    """Return the ISO WKB, little-endian, of a SpatiaLite blob.

    Raises:
        BadInput: if it is no such blob, is damaged, or holds a kind that Stadsveld does not know
            (collections, compressed geometries).
    """
    if _is_one_ring(blob):
        return b"\x01" + blob[_BODY : _BODY + 8] + b"\x01" + blob[_BODY + 9 : -1]
    layout = _scan_blob(blob)
    if layout.order == "<":
        return b"\x01" + _marked(blob[_BODY:-1], layout, 1, _BODY)
    parts = tuple(tuple(layout.vertices(blob, run) for run in part) for part in layout.parts)
    return dump(Shape(layout.kind, parts, layout.flavour))


def _is_one_ring(blob: bytes) -> bool:
    """Tell whether a blob is a little-endian XY multi polygon of one ring, complete: read at a glance."""
    if len(blob) < _ONE_RING.size or blob[_BODY] != MULTIPOLYGON or blob[-1] != _END:
        return False
    start, order, _srid, _x, _y, _x2, _y2, end, kind, members, mark, member, rings, points = (
        _ONE_RING.unpack_from(blob)
    )
    shape = (start, order, end, kind, members, mark, member, rings)
    return shape == _ONE_RING_SHAPE and len(blob) == _ONE_RING.size + 16 * points + 1


def blob_bbox(blob: bytes) -> tuple[float, float, float, float]:
    """Return (minx, miny, maxx, maxy) as the blob's head says, without reading its vertices.

    Raises:
        BadInput: if it is no SpatiaLite blob.
    """
    head = _MBR_LITTLE if _order_of(blob) == "<" else _MBR_BIG
    box: tuple[float, float, float, float] = head.unpack_from(blob, 6)
    return box


def blob_srid(blob: bytes) -> int:
    """Return the EPSG code of a blob.

    Raises:
        BadInput: if it is no SpatiaLite blob.
    """
    srid: int = struct.unpack_from(f"{_order_of(blob)}i", blob, 2)[0]
    return srid


def _order_of(blob: bytes) -> str:
    if (
        len(blob) < _BODY + 5
        or blob[0] != _START
        or blob[1] > 1
        or blob[_BODY - 1] != _MBR_END
        or blob[-1] != _END
    ):
        raise broken(_("it is not a geometry of SpatiaLite"))
    return "<" if blob[1] else ">"


def _scan_blob(blob: bytes) -> Layout:
    try:
        layout, end = scan_body(blob, _order_of(blob), _BODY, _ENTITY)
    except (struct.error, IndexError, KeyError, OverflowError) as error:
        raise broken(_("the binary form is damaged or cut off")) from error
    if end != len(blob) - 1 or not layout.is_iso:
        raise broken(_("the binary form is damaged or cut off"))
    return layout


def _marked(data: bytes, layout: Layout, mark: int, base: int) -> bytes:
    """Return `data`, which begins at `base` of what was scanned, with another mark before members."""
    if layout.kind < MULTIPOINT:
        return data
    marked = bytearray(data)
    for place in layout.entities:
        marked[place - base] = mark
    return bytes(marked)
