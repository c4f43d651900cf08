"""QR pictures of what a device needs to enrol: `{"url": …, "code": …}`."""

from __future__ import annotations

import io

import segno

_SCALE = 6


def svg(payload: str) -> str:
    """Return a QR picture as SVG text."""
    buffer = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(buffer, kind="svg", scale=_SCALE, xmldecl=False)
    return buffer.getvalue().decode("utf-8")


def png(payload: str) -> bytes:
    """Return a QR picture as a PNG file."""
    buffer = io.BytesIO()
    segno.make(payload, error="m", micro=False).save(buffer, kind="png", scale=_SCALE)
    return buffer.getvalue()
