"""Killed at every named fault point, and at random moments: nothing confirmed is lost, all goes on."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stadsveld.faults import FAULT_POINTS
from stadsveld.hub import new_code
from stadsveld.hub.simulation import LiveSettings, run_live
from stadsveld.model import id_from_register
from stadsveld.store import Store
from stadsveld.store.photos import PhotoFolder
from stadsveld.sync import dump_hash, keep_original, original_of, outbox, sync, transport_of
from support.hub_commands import COMMAND, LIMIT

#: More changes than a first start fetches page by page.
MANY = 2100
#: Kills at random moments in this test; `stadsveld simulate --kills 100` is the long run.
KILLS = int(os.environ.get("STADSVELD_TEST_KILLS", "10"))
OPEN_IN_QGIS = """
import sys
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
for file in sys.argv[1:]:
    layer = QgsVectorLayer(f"{file}|layername=task", "task", "ogr")
    print(layer.isValid(), sum(1 for _feature in layer.getFeatures()))
del layer
app.exitQgis()
"""


def thing(name: str) -> str:
    """The id of something in these stories."""
    return id_from_register("killed", name)


class Stage:
    """Commands and a central store of which one is to be killed at a point; whoever died begins again."""

    def __init__(self, folder: Path, point: str) -> None:
        self.folder = folder
        self.point = point
        self.died: str | None = None
        self.central = folder / "central.sqlite"
        self.applied: dict[str, dict[str, object]] = {}
        self.photos: list[str] = []
        self.replicas: list[Path] = []
        self.wiped: set[Path] = set()
        self.hub: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def environment(self) -> dict[str, str]:
        """The point is set until somebody died there."""
        return {**os.environ, **({} if self.died else {"STADSVELD_CRASH_AT": self.point})}

    def do(self, *arguments: object, given: str = "") -> str:
        """Run a command until it succeeds; it may be killed at the point, or the central store may."""
        for _attempt in range(3):
            done = subprocess.run(
                [*COMMAND, *map(str, arguments)],
                input=given,
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
                env=self.environment,
            )
            if done.returncode == 0:
                self._revive_hub()
                return done.stdout
            if done.returncode == -signal.SIGKILL:
                assert self.died is None, "killed twice"
                self.died = " ".join(map(str, arguments[:2]))
            else:
                assert self._revive_hub(), (arguments, done.returncode, done.stderr)
        raise AssertionError(f"{arguments} does not come to its end")

    def serve(self) -> None:
        """Start the central store."""
        command = [*COMMAND, "hub", "serve", str(self.central), "--port", str(self.port)]
        self.hub = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment
        )
        first = self.hub.stdout.readline()
        assert first, "the central store does not start"
        self.port = int(json.loads(first)["url"].rsplit(":", 1)[1])

    def stop(self) -> None:
        """Stop the central store as an administrator does."""
        self._revive_hub()
        self.hub.send_signal(signal.SIGTERM)
        self.hub.communicate(timeout=LIMIT)
        assert self.hub.returncode == 0

    def _revive_hub(self) -> bool:
        """Start the central store again where it was killed at the point; tell whether it was."""
        if self.hub is None or self.hub.poll() is None:
            return False
        if self.hub.returncode != -signal.SIGKILL:
            return False
        assert self.died is None, "killed twice"
        self.died = "hub serve"
        self.hub.communicate()
        self.serve()
        return True

    def begin(self) -> None:
        """A central store that is served, and two working copies."""
        self.do("hub", "init", self.central)
        self.serve()
        self.replica("a", "planner")
        self.replica("b", "inspector")

    def replica(self, name: str, role: str) -> Path:
        """A new working copy."""
        path = self.folder / f"{name}.sqlite"
        with Store.open(self.central) as central:
            code = new_code(central, role, name)
        self.do("replica", "init", path, "--hub", f"http://127.0.0.1:{self.port}", "--code", code)
        self.replicas.append(path)
        return path

    def edit(self, path: Path, **tasks: dict[str, object]) -> None:
        """Put tasks by name, and remember what was confirmed to whoever typed it."""
        lines = [
            json.dumps({"op": "put", "entity": "task", "id": thing(name), "fields": fields})
            for name, fields in tasks.items()
        ]
        self.do("replica", "apply", path, given="\n".join(lines))
        for name, fields in tasks.items():
            self.applied.setdefault(name, {}).update(fields)

    def photo(self, path: Path, name: str) -> None:
        """Take a photo of a task."""
        content = b"\xff\xd8\xff" + name.encode() * 400_000
        sha256 = PhotoFolder(path.with_name(path.name + ".photos")).add(content)
        fields = {"owner_entity": "task", "owner_id": thing("one"), "sha256": sha256}
        with Store.open(path) as store:
            keep_original(store, thing(f"photo {name}"), b"as the camera made it")
        line = {"op": "put", "entity": "photo", "id": thing(f"photo {name}"), "fields": fields}
        self.do("replica", "apply", path, given=json.dumps(line))
        self.photos.append(sha256)

    def synchronise(self, *paths: Path) -> None:
        """Synchronise working copies in turn."""
        for path in paths:
            self.do("replica", "sync", path)

    def check(self) -> list[Path]:
        """Everything is there, everywhere, and all files are whole; return them."""
        left = [path for path in self.replicas if path not in self.wiped]
        for path in (*left, *left):
            with Store.open(path) as store:
                sync(store, transport_of(store))
        self.stop()
        files = [self.central, *left]
        hashes = set()
        for file in files:
            with Store.open(file) as store:
                assert outbox(store) == []
                assert store.problems() == []
                hashes.add(dump_hash(store))
        assert len(hashes) == 1
        with Store.open(self.central) as central:
            for name, fields in self.applied.items():
                assert fields.items() <= central.get("task", thing(name)).items(), name
            photo_ids = [row["id"] for row in central.rows("photo")]
            for sha256 in self.photos:
                assert hashlib.sha256(central.photos.read(sha256)).hexdigest() == sha256
        for file in left:
            with Store.open(file) as store:
                assert [each for each in photo_ids if original_of(store, each) is not None] == []
        return files

    def end(self) -> None:
        """Stop whatever still runs."""
        if self.hub is not None:
            self.hub.kill()
            self.hub.communicate()


def work_and_sync(stage: Stage) -> None:
    """Two devices edit, take photos and synchronise."""
    a, b = stage.replicas
    stage.edit(a, one={"title": "een", "status": "open"}, two={"title": "twee"})
    stage.photo(a, "a")
    stage.synchronise(a, b)
    stage.edit(b, one={"note": "van b"})
    stage.photo(b, "b")
    stage.synchronise(b, a)


def back_up_and_restore(stage: Stage) -> None:
    """A backup, work after it, the backup put back: the working copies bring again what it lacks."""
    a, b = stage.replicas
    backup = stage.folder / "backup.sqlite"
    stage.edit(a, one={"title": "een"})
    stage.photo(a, "a")
    stage.synchronise(a)
    stage.do("hub", "backup", stage.central, backup)
    stage.edit(b, two={"title": "na de backup"})
    stage.synchronise(b, a)
    stage.stop()
    stage.do("hub", "restore", stage.central, backup)
    stage.serve()
    stage.synchronise(a, b)


def begin_with_much(stage: Stage) -> None:
    """A new device begins at a central store with more than it would fetch page by page."""
    a, _b = stage.replicas
    stage.edit(a, **{f"many{number}": {"title": str(number)} for number in range(MANY)})
    stage.synchronise(a)
    stage.synchronise(stage.replica("c", "inspector"))


def retire_a_device(stage: Stage) -> None:
    """A retired device delivers what it holds and wipes itself."""
    _a, b = stage.replicas
    stage.edit(b, one={"title": "nog niet verzonden"})
    stage.photo(b, "b")
    with Store.open(b) as store:
        device = store.device_id
    stage.do("hub", "retire", stage.central, device)
    # A wiped working copy says so with an error from then on; killed in between, the next one finishes.
    done = subprocess.run(
        [*COMMAND, "replica", "sync", str(b)], capture_output=True, timeout=LIMIT, env=stage.environment
    )
    if done.returncode == -signal.SIGKILL:
        stage.died = "replica sync"
        subprocess.run([*COMMAND, "replica", "sync", str(b)], capture_output=True, timeout=LIMIT)
    stage._revive_hub()
    if b.exists():
        stage.synchronise(b)
    assert not [file for file in stage.folder.glob("b.sqlite*") if not file.name.endswith(".wiped")]
    stage.wiped.add(b)


Story = Callable[[Stage], None]
STORIES: dict[str, Story] = {
    "": work_and_sync,
    "backup": back_up_and_restore,
    "restore": back_up_and_restore,
    "snapshot": begin_with_much,
    "wipe": retire_a_device,
}


def stories_for(point: str) -> list[Story]:
    """The story that the name of a point suggests, then all others."""
    first = STORIES.get(point.split(".", 1)[0], work_and_sync)
    return [first, *(story for story in dict.fromkeys(STORIES.values()) if story is not first)]


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_killed_at_a_named_point(tmp_path: Path, point: str) -> None:
    """Whoever passes the point dies there, begins again, and everything comes to its end."""
    for number, story in enumerate(stories_for(point)):
        folder = tmp_path / str(number)
        folder.mkdir()
        stage = Stage(folder, point)
        try:
            stage.begin()
            story(stage)
            stage.check()
        finally:
            stage.end()
        if stage.died:
            return
    pytest.fail(f"no story of this file passes the point {point!r}: write one that does")


@pytest.mark.qgis
@pytest.mark.skipif(importlib.util.find_spec("qgis") is None, reason="QGIS is not importable here")
def test_what_was_killed_opens_in_qgis(tmp_path: Path) -> None:
    """A central store killed with a transaction open, and its working copies, are layers as before."""
    stage = Stage(tmp_path, "take.before-commit")
    try:
        stage.begin()
        work_and_sync(stage)
        files = stage.check()
    finally:
        stage.end()
    assert stage.died == "hub serve"
    done = subprocess.run(
        [sys.executable, "-c", OPEN_IN_QGIS, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )
    assert done.stdout.splitlines() == ["True 2"] * len(files), done.stderr


def test_killed_at_random_moments(tmp_path: Path) -> None:
    """Devices and the central store, killed while they edit and synchronise: nothing is lost.

    A few kills here; the long run is `stadsveld simulate --replicas 4 --kills 100`.
    """
    result = run_live(LiveSettings(devices=4, seconds=2, kills=KILLS, seed=7), tmp_path)
    assert result.problems == []
    assert sum(result.kills.values()) == KILLS
    assert result.edits > 0
    assert result.syncs > 0
