"""What a camera writes into a photo besides the picture leaves the device only where it is asked for.

Position, serial numbers, remarks and embedded previews are taken out; how the picture is to be
turned stays, because without it the picture lies on its side.
"""

from __future__ import annotations

import struct

from stadsveld.errors import BadInput
from stadsveld.text import _

#: JPEG segments that carry metadata: APP1 (Exif, XMP), APP13 (IPTC), remarks. APP2 holds the colours.
_JPEG_METADATA = frozenset({0xE1, 0xED, 0xFE, *range(0xE3, 0xED), 0xEF})
_PNG_METADATA = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_ORIENTATION = 0x0112


def without_metadata(content: bytes, media_type: str) -> bytes:
    """Return the photo without metadata, apart from its orientation; the picture is not touched.

    Args:
        content: the file.
        media_type: `image/jpeg` or `image/png`.

    Raises:
        BadInput: the file is damaged.
    """
    try:
        return _clean_jpeg(content) if media_type == "image/jpeg" else _clean_png(content)
    except (IndexError, struct.error) as error:
        raise BadInput(_("The photo is damaged or cut off.")) from error


def _clean_jpeg(content: bytes) -> bytes:
    kept = [content[:2]]
    orientation = 1
    at = 2
    while True:
        if content[at] != 0xFF:
            raise IndexError(at)
        marker = content[at + 1]
        if marker == _END_OF_IMAGE:
            kept.append(content[at : at + 2])
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if marker == _START_OF_SCAN:
            end = _end_of_scan(content, end)
        if marker == 0xE1 and content[at + 4 : at + 10] == b"Exif\0\0":
            orientation = _orientation(content[at + 10 : end])
        if marker not in _JPEG_METADATA:
            kept.append(content[at:end])
        at = end
    if orientation != 1:
        kept.insert(1, _exif_with(orientation))
    return b"".join(kept)


def _end_of_scan(content: bytes, at: int) -> int:
    """Return where the next marker stands behind the coded picture data that begins at `at`."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise IndexError(at)
        follows = content[at + 1]
        if follows != 0 and not 0xD0 <= follows <= 0xD7 and follows != 0xFF:
            return at
        at += 1 if follows == 0xFF else 2


def _orientation(tiff: bytes) -> int:
    order = "<" if tiff[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, first)
    for entry in range(count):
        tag, _kind, _number, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * entry)
        if tag == _ORIENTATION:
            return int(value) if 1 <= value <= 8 else 1
    return 1


def _exif_with(orientation: int) -> bytes:
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, orientation, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _clean_png(content: bytes) -> bytes:
    kept = [content[:8]]
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise IndexError(end)
        if kind not in _PNG_METADATA:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
