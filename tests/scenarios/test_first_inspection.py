"""The whole first story: from a BGT delivery to a damage that QGIS shows on another working copy.

A GIS specialist imports the base register into the central store. An inspector enrols a phone, goes
out without a network, and records damage on a road section by touching the real screens of the field
app. Back in range the phone synchronises over HTTP. On the desk's own working copy QGIS shows the
damage as a feature, with the values and the place that the inspector recorded.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    """The script behind `make demo`: the story is told in one place."""
    spec = importlib.util.spec_from_file_location("stadsveld_demo", ROOT / "build" / "demo.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def played(demo: ModuleType, tmp_path_factory: pytest.TempPathFactory):
    """The story played once on the generated district, QGIS excepted."""
    story = demo.Story(tmp_path_factory.mktemp("story"))
    store, phone, desk = demo.prepare(story, None)
    before = dump_hash(demo, desk)
    demo.inspect_and_synchronise(story, store, phone, desk)
    return story, store, phone, desk, before


def dump_hash(demo: ModuleType, file: Path) -> str:
    return demo.run("stadsveld", "dump", file, "--hash").strip()


def features(file: Path, layer: str) -> list[dict[str, object]]:
    """Read a layer with QGIS itself, in a process of its own."""
    script = (
        "import json, sys\n"
        "from qgis.core import QgsApplication, QgsVectorLayer\n"
        "app = QgsApplication([], False); app.initQgis()\n"
        "layer = QgsVectorLayer(sys.argv[1] + '|layername=' + sys.argv[2], 'x', 'ogr')\n"
        "rows = [{**dict(zip(layer.fields().names(), f.attributes())), 'wkt': f.geometry().asWkt(3)}"
        " for f in layer.getFeatures()]\n"
        "print('ROWS' + json.dumps([layer.crs().authid(), rows], default=str))\n"
        "del layer\n"
        "app.exitQgis()\n"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-c", script, str(file), layer],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("ROWS")), None)
    assert line is not None, done.stderr
    crs, rows = json.loads(line[4:])
    assert crs == "EPSG:28992"
    return rows


@pytest.mark.kivy
def test_the_damage_recorded_on_the_phone_reaches_the_desk(played) -> None:
    """One damage is on the desk's working copy, with type, severity, extent, note and place."""
    _story, _store, phone, desk, _before = played
    pytest.importorskip("qgis.core", reason="QGIS is not installed")
    [damage] = features(desk, "damage")
    [inspection] = features(desk, "inspection")
    sections = {row["id"]: row for row in features(desk, "road_section")}
    assert damage["inspection_id"] == inspection["id"]
    assert damage["asset_id"] in sections
    assert damage["severity"] == "E"
    assert damage["wkt"].startswith("Point")
    assert inspection["status"] == "finished"
    assert sections[damage["asset_id"]]["condition"] == "E"
    assert [row["id"] for row in features(phone, "damage")] == [damage["id"]]


@pytest.mark.kivy
def test_phone_desk_and_central_store_hold_the_same(demo: ModuleType, played) -> None:
    """After the synchronisation the canonical dumps of all three are equal, and the desk's changed."""
    _story, store, phone, desk, before = played
    hashes = {dump_hash(demo, file) for file in (store, phone, desk)}
    assert len(hashes) == 1
    assert hashes != {before}


@pytest.mark.kivy
def test_the_photo_arrives_unaltered(played) -> None:
    """The photo that the inspector took is on the desk, byte for byte."""
    _story, _store, phone, desk, _before = played
    photos = [
        {p.name: p.read_bytes() for p in Path(f"{file}.photos").rglob("*.jpg")} for file in (phone, desk)
    ]
    assert photos[0] == photos[1]
    assert len(photos[0]) == 1
