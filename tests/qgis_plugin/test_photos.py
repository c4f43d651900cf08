"""Photos through QGIS's own network, which has no PATCH: piece by piece, whole, and verified."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("qgis", reason="QGIS is not importable here")

from stadsveld.sync import sync, token_of
from stadsveld_qgis.settings.transport import QgisTransport
from support.live_hub import LiveHub, live_hub

__all__ = ["live_hub"]
VERSION = {"Tus-Resumable": "1.0.0"}


@pytest.mark.usefixtures("qgis_app")
def test_photos_travel_through_qgis(live_hub: LiveHub, tmp_path: Path) -> None:
    """More than fits in one piece goes up with one way through QGIS, and comes down with another."""
    content = b"\xff\xd8\xff" + random.Random(1).randbytes(3_000_000)
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        sha256 = a.photos.add(content)
        a.put("photo", None, {"sha256": sha256})
        one, two = (QgisTransport(live_hub.url, token_of(store), timeout=30) for store in (a, b))
        assert sync(a, one).photos_sent == 1
        assert sync(b, two).photos_received == 1
        assert b.photos.read(sha256) == content


@pytest.mark.usefixtures("qgis_app")
def test_answers_without_a_text_pass_through_qgis(live_hub: LiveHub, tmp_path: Path) -> None:
    """HEAD of an upload that is not there tells its status, and is no missing network."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        way = QgisTransport(live_hub.url, token_of(a), timeout=30)
        answer = way.request("HEAD", "/v1/uploads/none", headers=VERSION)
        assert (answer.status, answer.headers["tus-resumable"]) == (404, "1.0.0")
        piece = {**VERSION, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        assert way.request("PATCH", "/v1/uploads/none", body=b"x", headers=piece).status == 404
        assert way.request("PATCH", "/v1/uploads/none", body=b"x").status == 412
