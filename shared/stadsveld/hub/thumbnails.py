"""Small pictures of photos, made when somebody asks, and kept as long as there is room for them.

What is decoded came from outside: only three formats are read, the number of pixels is looked at before any
is decoded, one picture is decoded at a time, and whatever is wrong with a file ends as `NoPicture`.
"""

from __future__ import annotations

import asyncio
import io
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import StadsveldError
from ..model import new_id
from ..store.photos import PhotoFolder
from ..text import _

#: Longest side in pixels that may be asked for.
SMALLEST, LARGEST = 64, 2048
#: Bytes of the small pictures that are kept, and how many are made between two looks at that.
_MOST_KEPT, _BETWEEN = 256 << 20, 50
_FORMATS = ("JPEG", "PNG", "WEBP")
#: Pixels of a JPEG, which is decoded at a reduced size, and of others, which are decoded as they are.
_MOST_PIXELS, _MOST_PIXELS_WHOLE = 64_000_000, 25_000_000
_QUALITY = 80
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError,
           AttributeError, struct.error, zlib.error, MemoryError, Image.DecompressionBombError)  # fmt: skip


class NoPicture(StadsveldError):
    """There is no small picture of this file.

    Attributes:
        is_image: whether it is a picture at all, of a format that is read here.
    """

    def __init__(self, text: str, *, is_image: bool) -> None:
        self.is_image = is_image
        super().__init__(text)


class Thumbnails:
    """The small pictures of one central store; every call is safe from any thread.

    Args:
        photos: the photos; the small ones are kept in a folder beside it, made at the first one.

    Attributes:
        turn: to be had before one is made, so that making them occupies one thread.
    """

    def __init__(self, photos: PhotoFolder) -> None:
        self._folder = photos.beside(".thumbnails")
        self._photos = photos
        self.turn = asyncio.Semaphore(1)
        self._made = 0

    def kept(self, sha256: str, size: int) -> bytes | None:
        """Return a picture that was made before, or None."""
        path = self._path(sha256, size)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return content

    def make(self, sha256: str, size: int) -> bytes:
        """Return a JPEG of a photo whose longest side has `size` pixels, or fewer where the photo has.

        Raises:
            NoPicture: the file is no picture, too large a one, or damaged.
            FileNotFoundError: the photo is not here.
        """
        content = self.kept(sha256, size)
        if content is None:
            content = _small(self._photos.path(sha256), size)
            with suppress(OSError):  # A full disk takes no small pictures, and they are made again.
                self._keep(self._path(sha256, size), content)
        return content

    def _path(self, sha256: str, size: int) -> Path:
        return self._folder / f"{self._photos.path(sha256).stem}-{size}.jpg"

    def _keep(self, path: Path, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        part = path.with_name(f"{new_id()}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._made += 1
        if self._made % _BETWEEN == 1:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Remove what was not asked for the longest, and what is of photos that are gone."""
        found = [(file.stat(), file) for file in self._folder.glob("*.*")]
        room = _MOST_KEPT
        for facts, file in sorted(found, key=lambda each: each[0].st_mtime, reverse=True):
            room -= facts.st_size
            if room < 0 or file.suffix == ".part" or not self._photos.has(file.stem.partition("-")[0]):
                file.unlink(missing_ok=True)


def _small(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        try:
            with Image.open(file, formats=_FORMATS) as picture:
                return _jpeg_of(picture, size)
        except UnidentifiedImageError as error:
            raise NoPicture(_("This file is no picture."), is_image=False) from error
        except _BROKEN as error:
            raise NoPicture(_("This picture is damaged or too large."), is_image=True) from error


def _jpeg_of(picture: Image.Image, size: int) -> bytes:
    is_reduced = picture.format == "JPEG"
    if picture.width * picture.height > (_MOST_PIXELS if is_reduced else _MOST_PIXELS_WHOLE):
        raise ValueError("too many pixels")
    if is_reduced:
        picture.draft("RGB", (size, size))
    plain = picture.convert("RGBA") if picture.mode in {"1", "P", "PA"} else picture
    plain.thumbnail((size, size))
    upright = ImageOps.exif_transpose(plain)
    made = io.BytesIO()
    _without_alpha(upright).save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def _without_alpha(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB; what shows through becomes white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")


__all__ = ["LARGEST", "SMALLEST", "NoPicture", "Thumbnails"]
