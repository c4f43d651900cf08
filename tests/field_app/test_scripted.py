"""The scripted inspector, as the demo and the pictures use it: from map to central store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stadsveld import sync
from stadsveld.store import Store
from support.field_workspace import make_store
from support.live_hub import LiveHub

ROOT = Path(__file__).resolve().parent.parent.parent
PNG = b"\x89PNG\r\n\x1a\n"

pytestmark = pytest.mark.kivy


def play(*words):
    path = os.pathsep.join((str(ROOT / "field_app"), str(ROOT / "shared")))
    environment = {**os.environ, "SDL_VIDEODRIVER": "offscreen", "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-m", "stadsveld_field.scripted", *words],
        env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_the_story_ends_at_the_central_store_with_a_picture_of_every_step(tmp_path):
    from stadsveld.hub import prepare

    central = make_store(tmp_path / "central.sqlite")
    prepare(central)
    hub = LiveHub(central)
    try:
        with hub.replica(tmp_path / "device.sqlite") as replica:
            sync.sync(replica, sync.transport_of(replica))
        done = play(
            "--replica", str(tmp_path / "device.sqlite"), "--screenshots", str(tmp_path / "pictures"),
            "--sync", "--language", "en", "--size", "360x640",
        )  # fmt: skip
    finally:
        hub.stop()
    assert done.returncode == 0, done.stderr[-3000:]
    story = json.loads(done.stdout)
    assert ["sent", "Lindelaan · W-001 – Cracking E2"] in [found[:2] for found in story["happenings"]]
    names = [Path(picture).stem.partition("-")[2] for picture in story["pictures"]]
    assert {"map", "section", "form-filled", "inspections", "inspection", "sync-result", "settings"} <= set(
        names
    )
    assert all(Path(picture).read_bytes().startswith(PNG) for picture in story["pictures"])
    with Store.open(central, readonly=True) as store:
        (damage,) = store.rows("damage", inspection_id=story["inspection"])
        (photo,) = store.rows("photo", owner_id=damage["id"])
        assert (damage["type"], damage["severity"], damage["extent"]) == ("scheurvorming", "E", "2")
        assert store.photos.read(photo["sha256"]).startswith(PNG)


def test_a_section_that_is_not_there_is_said(tmp_path):
    replica = make_store(tmp_path / "device.sqlite")
    done = play("--replica", str(replica), "--section", "W-999", "--language", "en")
    assert done.returncode == 1
    assert "W-999" in done.stderr
