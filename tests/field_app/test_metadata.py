"""A photo leaves the device without position, remarks and serial numbers, and with the same picture."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from stadsveld.errors import BadInput
from stadsveld_field.device.metadata import without_metadata


def picture() -> Image.Image:
    return Image.effect_noise((64, 48), 60).convert("RGB")


def jpeg(orientation: int = 1, *, progressive: bool = False) -> bytes:
    """A JPEG with the position of Zwolle's town hall, a serial number and a remark in it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of J. Jansen"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 43.0)
    file = io.BytesIO()
    picture().save(file, "JPEG", exif=exif, comment=b"J. Jansen was here", progressive=progressive)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_loses_what_the_camera_wrote_and_keeps_its_picture(progressive: bool) -> None:
    """Position, name and remark are gone from the bytes; every pixel is the same."""
    before = jpeg(progressive=progressive)
    after = without_metadata(before, "image/jpeg")
    assert b"Jansen" in before
    assert b"Jansen" not in after
    assert not Image.open(io.BytesIO(after)).getexif()
    assert Image.open(io.BytesIO(after)).tobytes() == Image.open(io.BytesIO(before)).tobytes()


def test_how_a_picture_is_turned_stays() -> None:
    """A photo taken upright still stands upright, though its Exif went."""
    after = without_metadata(jpeg(orientation=6), "image/jpeg")
    exif = Image.open(io.BytesIO(after)).getexif()
    assert dict(exif) == {0x0112: 6}


def test_what_hangs_behind_the_picture_goes_too() -> None:
    """A film or a second image that a phone appends does not leave with the photo."""
    assert without_metadata(jpeg() + b"MotionPhoto J. Jansen", "image/jpeg").endswith(b"\xff\xd9")


def test_a_png_loses_its_texts() -> None:
    """Text chunks go; the picture stays."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "J. Jansen")
    file = io.BytesIO()
    picture().save(file, "PNG", pnginfo=texts)
    after = without_metadata(file.getvalue(), "image/png")
    assert b"Jansen" not in after
    assert Image.open(io.BytesIO(after)).tobytes() == Image.open(file).tobytes()


def test_cleaning_twice_changes_nothing_more() -> None:
    """What is clean stays as it is, byte for byte, so that its hash stays too."""
    once = without_metadata(jpeg(orientation=3), "image/jpeg")
    assert without_metadata(once, "image/jpeg") == once


@given(st.binary(max_size=300), st.sampled_from(["image/jpeg", "image/png"]))
def test_a_damaged_photo_is_refused_in_a_sentence(junk: bytes, media_type: str) -> None:
    """Whatever follows the first bytes, the answer is a clean photo or a clear refusal."""
    start = b"\xff\xd8" if media_type == "image/jpeg" else b"\x89PNG\r\n\x1a\n"
    with contextlib.suppress(BadInput):
        assert without_metadata(start + junk, media_type).startswith(start)
