"""Backups of a central store in use: whole or not there, and incremental in their photos."""

from __future__ import annotations

import hashlib
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from stadsveld.errors import BadInput, StoreError
from stadsveld.hub import back_up, check_up, end_device, open_central, prepare
from stadsveld.model import new_id
from stadsveld.store import Store
from stadsveld.store.photos import PhotoFolder
from stadsveld.store.schema import VERSION
from stadsveld.sync import dump_hash, erase, sync, transport_of
from store.test_migration import as_version_1
from support.hub_client import Client
from support.live_hub import LiveHub


def state(path: Path) -> str:
    """The hash of a file's state."""
    with Store.open(path, readonly=True) as store:
        return dump_hash(store)


def photos_in(path: Path) -> set[str]:
    """The hashes of the photo files beside a store."""
    folder = path.with_name(path.name + ".photos")
    return {file.stem for file in folder.rglob("*.jpg")}


def add_photo(replica: Store, content: bytes) -> tuple[str, str]:
    """Take a photo on a working copy; its row and its hash."""
    sha256 = replica.photos.add(content)
    return replica.put("photo", None, {"sha256": sha256, "caption": "put"}), sha256


def left_over(folder: Path) -> list[str]:
    """Files that only a half-done backup leaves."""
    return [path.name for path in folder.rglob("*.part*")]


def test_a_backup_of_a_served_store_is_a_store(live_hub: LiveHub, tmp_path: Path) -> None:
    """It has the same state, says up to where it goes, is one plain file, and passes the full check."""
    client = Client(live_hub)
    assert set(client.statuses(*(client.change() for _n in range(20)))) == {"accepted"}
    target = tmp_path / "disk" / "backup.sqlite"
    target.parent.mkdir()
    made = back_up(live_hub.path, target)
    assert (made.file, made.seq, made.photos, made.damaged) == (target, 20, 0, ())
    assert made.epoch == client.ask("GET", "/v1/status").json()["epoch"]
    assert made.sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert made.bytes == target.stat().st_size
    assert state(target) == state(live_hub.path)
    assert check_up(target, full=True).problems == []
    assert left_over(tmp_path) == []
    assert [path.name for path in target.parent.iterdir()] == ["backup.sqlite"]


def test_the_store_knows_up_to_where_it_is_backed_up(live_hub: LiveHub, tmp_path: Path) -> None:
    """Nothing at first; afterwards what the backup holds, not what came later. The log has a line."""
    client = Client(live_hub)
    client.push(client.change())
    status = client.ask("GET", "/v1/status").json()
    assert (status["backed_up"], status["backed_up_at"]) == (0, None)
    made = back_up(live_hub.path, tmp_path / "backup.sqlite")
    client.push(client.change())
    status = client.ask("GET", "/v1/status").json()
    assert (status["backed_up"], status["last_logged"]) == (made.seq, made.seq + 1) == (1, 2)
    assert status["backed_up_at"].endswith("Z")
    with Store.open(tmp_path / "backup.sqlite", readonly=True) as copy:
        assert copy.setting("backed_up_seq") == "1"
    with Store.open(live_hub.path, readonly=True) as central:
        lines = [row["line"] for row in central.connection.execute("SELECT line FROM stadsveld_audit")]
    assert any(made.sha256 in line for line in lines)


def test_edits_in_the_store_itself_are_in_the_backup_as_changes(live_hub: LiveHub, tmp_path: Path) -> None:
    """Else a restored store would make other changes of the same edits."""
    with Store.open(live_hub.path) as central:
        central.put("task", None, {"title": "in QGIS"})
    made = back_up(live_hub.path, tmp_path / "backup.sqlite")
    assert made.seq == 1
    with Store.open(tmp_path / "backup.sqlite", readonly=True) as copy:
        assert copy.connection.execute("SELECT count(*) FROM stadsveld_capture").fetchone()[0] == 0


def test_writers_go_on_while_a_backup_is_made(live_hub: LiveHub, tmp_path: Path) -> None:
    """Backup after backup while a device pushes: every push is taken, every backup is of one moment."""
    client, stop, statuses = Client(live_hub), threading.Event(), []
    for _n in range(10):  # So much that it is copied in many steps.
        client.push(*(client.change(fields={"note": "x" * 500_000}) for _n in range(4)))

    def push() -> None:
        while not stop.is_set():
            # Two changes of one transaction: a backup has both or none.
            statuses.extend(client.statuses(client.change(), client.change()))

    pushing = threading.Thread(target=push)
    pushing.start()
    try:
        made = [back_up(live_hub.path, tmp_path / f"{number}.sqlite") for number in range(4)]
    finally:
        stop.set()
        pushing.join(60)
    assert statuses
    assert set(statuses) == {"accepted"}
    for number, backup in enumerate(made):
        with Store.open(tmp_path / f"{number}.sqlite", readonly=True) as copy:
            assert copy.count("task") == backup.seq
            assert backup.seq % 2 == 0
            assert copy.problems() == []
    assert min(backup.bytes for backup in made) > 5 * 4_096_000
    assert made[-1].seq > made[0].seq


def test_photos_are_copied_once_and_verified(live_hub: LiveHub, tmp_path: Path) -> None:
    """A second backup to one place copies only the new photo; one cut short on the disk comes again."""
    target = tmp_path / "backup.sqlite"
    with live_hub.replica(tmp_path / "a.sqlite") as replica:
        first, second = (add_photo(replica, content)[1] for content in (b"een" * 999, b"twee" * 999))
        sync(replica, transport_of(replica))
        assert back_up(live_hub.path, target).photos == 2
        folder = PhotoFolder(tmp_path / "backup.sqlite.photos")
        folder.path(second).write_bytes(b"tw")
        before = folder.path(first).stat().st_ino
        third = add_photo(replica, b"drie" * 999)[1]
        sync(replica, transport_of(replica))
    assert back_up(live_hub.path, target).photos == 3
    assert photos_in(target) == {first, second, third}
    assert folder.path(first).stat().st_ino == before
    for sha256 in (first, second, third):
        folder.read(sha256)


def test_a_damaged_photo_is_told_and_does_not_come_over_a_good_copy(
    live_hub: LiveHub, tmp_path: Path
) -> None:
    """The rest of the backup is made; the good copy of an earlier backup stays."""
    with live_hub.replica(tmp_path / "a.sqlite") as replica:
        good, bad = (add_photo(replica, content)[1] for content in (b"goed", b"slecht"))
        sync(replica, transport_of(replica))
    photos = PhotoFolder(live_hub.path.with_name(live_hub.path.name + ".photos"))
    back_up(live_hub.path, tmp_path / "before.sqlite")
    photos.path(bad).write_bytes(b"rommel en langer")
    for target in (tmp_path / "before.sqlite", tmp_path / "new.sqlite"):
        assert back_up(live_hub.path, target).damaged == (bad,)
    assert photos_in(tmp_path / "before.sqlite") == {good, bad}
    PhotoFolder(tmp_path / "before.sqlite.photos").read(bad)
    assert photos_in(tmp_path / "new.sqlite") == {good}


def test_an_erased_photo_leaves_the_next_backup_and_others_do_not(live_hub: LiveHub, tmp_path: Path) -> None:
    """Erased: gone from the place of the backup too. Lost from the store by accident: kept there."""
    target = tmp_path / "backup.sqlite"
    with live_hub.replica(tmp_path / "a.sqlite") as replica:
        row, erased = add_photo(replica, b"een gezicht")
        kept = add_photo(replica, b"een put")[1]
        sync(replica, transport_of(replica))
    back_up(live_hub.path, target)
    with Store.open(live_hub.path) as central:
        erase(central, "photo", row, "sha256")
        central.photos.path(kept).unlink()
    back_up(live_hub.path, target)
    assert photos_in(target) == {kept}
    assert erased not in photos_in(live_hub.path)


def test_what_is_no_backup_of_this_store_is_not_replaced(live_hub: LiveHub, tmp_path: Path) -> None:
    """The store itself, another store, a working copy, a text, a folder, a served store, no folder."""
    client = Client(live_hub)
    client.push(client.change())
    before = state(live_hub.path)
    prepare(tmp_path / "other.sqlite")
    live_hub.replica(tmp_path / "copy.sqlite").close()
    (tmp_path / "text.sqlite").write_text("niet van mij" * 99, encoding="utf-8")
    with pytest.raises(BadInput, match="of its own"):
        back_up(live_hub.path, live_hub.path)
    for name in ("other.sqlite", "copy.sqlite", "text.sqlite", "."):
        content = (tmp_path / name).read_bytes() if name != "." else b""
        with pytest.raises(StoreError, match="no backup of this store"):
            back_up(live_hub.path, tmp_path / name)
        assert name == "." or (tmp_path / name).read_bytes() == content
    with pytest.raises(StoreError, match="folder"):
        back_up(live_hub.path, tmp_path / "nowhere" / "backup.sqlite")
    assert state(live_hub.path) == before
    assert left_over(tmp_path) == []


def test_only_a_central_store_is_backed_up(live_hub: LiveHub, tmp_path: Path) -> None:
    """A working copy has its central store for that; what is missing is told."""
    live_hub.replica(tmp_path / "copy.sqlite").close()
    Store.create(tmp_path / "own.sqlite").close()
    for name, text in (("copy.sqlite", "working copy"), ("own.sqlite", "hub init"), ("absent", "cannot be")):
        with pytest.raises(StoreError, match=text):
            back_up(tmp_path / name, tmp_path / "backup.sqlite")
    assert not (tmp_path / "backup.sqlite").exists()


@pytest.mark.skipif(
    not Path("/sys/kernel").is_dir(), reason="SKIPPED: no file system that may not be written"
)
def test_a_disk_that_may_not_be_written(live_hub: LiveHub) -> None:
    """It says so, and the store does not count as backed up."""
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(live_hub.path, Path("/sys/kernel/backup.sqlite"))
    with Store.open(live_hub.path, readonly=True) as central:
        assert central.setting("backed_up_seq") is None


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from stadsveld.errors import StoreError
from stadsveld.hub import back_up
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    back_up(Path(sys.argv[1]), Path(sys.argv[2]))
except StoreError as error:
    sys.exit(f"told: {error}")
"""


@pytest.mark.parametrize("room", [4096, 2_000_000])
def test_a_full_disk_leaves_the_backup_of_before(live_hub: LiveHub, tmp_path: Path, room: int) -> None:
    """No room for the file, or for a photo: an error in words, and what was there is as it was."""
    target = tmp_path / "disk" / "backup.sqlite"
    target.parent.mkdir()
    back_up(live_hub.path, target)
    before = target.read_bytes()
    with live_hub.replica(tmp_path / "a.sqlite") as replica:
        add_photo(replica, os.urandom(3_000_000))
        sync(replica, transport_of(replica))
    live_hub.stop()
    with Store.open(live_hub.path) as central:
        # What the limited process writes to the store itself must not be what stops it.
        central.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    limited = [sys.executable, "-c", _LIMITED, str(live_hub.path), str(target), str(room)]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=120, check=False)
    live_hub.restart()
    assert (done.returncode, done.stderr[:6]) == (1, "told: "), done.stderr
    assert (".photos" in done.stderr) == (room > len(before))
    assert target.read_bytes() == before
    assert left_over(target.parent) == []
    assert photos_in(target) == set()
    with Store.open(live_hub.path, readonly=True) as central:
        assert central.setting("backed_up_seq") == "0"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != room


@pytest.mark.parametrize("point", ["backup.verified", "backup.before-rename", "backup.after-rename"])
def test_killed_while_making_a_backup(live_hub: LiveHub, tmp_path: Path, point: str) -> None:
    """There is a whole backup, the old or the new one; the next one goes through and is noted."""
    target, client = tmp_path / "backup.sqlite", Client(live_hub)
    client.push(client.change())
    old = state(back_up(live_hub.path, target).file)
    client.push(client.change())
    program = "import sys; from pathlib import Path; from stadsveld.hub import back_up\n"
    program += "back_up(Path(sys.argv[1]), Path(sys.argv[2]))"
    killed = [sys.executable, "-c", program, str(live_hub.path), str(target)]
    environment = {**os.environ, "STADSVELD_CRASH_AT": point}
    assert subprocess.run(killed, timeout=120, check=False, env=environment).returncode == -9
    assert state(target) == (state(live_hub.path) if point == "backup.after-rename" else old)
    assert client.ask("GET", "/v1/status").json()["backed_up"] == 1
    assert back_up(live_hub.path, target).seq == 2
    assert state(target) == state(live_hub.path)
    assert client.ask("GET", "/v1/status").json()["backed_up"] == 2


def test_what_a_killed_backup_left_long_ago_goes(live_hub: LiveHub, tmp_path: Path) -> None:
    """Of this backup only, and not what another one may be writing now."""
    target = tmp_path / "backup.sqlite"
    names = (f"backup.sqlite.{new_id()}.part", f"backup.sqlite.{new_id()}.part", "mine.part")
    for name, age in zip(names, (200_000, 60, 200_000), strict=True):
        (tmp_path / name).write_bytes(b"x")
        then = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (then, then))
    back_up(live_hub.path, target)
    assert [(tmp_path / name).exists() for name in names] == [False, True, True]


def test_a_damaged_store_gives_no_backup(live_hub: LiveHub, tmp_path: Path) -> None:
    """A broken page is found before the good backup of before would be replaced."""
    client = Client(live_hub)
    client.push(*(client.change(fields={"note": "x" * 3000}) for _n in range(200)))
    back_up(live_hub.path, tmp_path / "backup.sqlite")
    before = (tmp_path / "backup.sqlite").read_bytes()
    live_hub.stop()
    broken = tmp_path / "broken.sqlite"
    content = bytearray(live_hub.path.read_bytes())
    content[-200_000:-190_000] = os.urandom(10_000)
    broken.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        back_up(broken, tmp_path / "backup.sqlite")
    assert (tmp_path / "backup.sqlite").read_bytes() == before
    assert any("damaged" in problem.what or problem.advice for problem in check_up(broken).problems)
    live_hub.restart()


def test_an_ended_device_stays_so_in_a_backup(live_hub: LiveHub, tmp_path: Path) -> None:
    """The backup has the devices as they were at that moment."""
    client = Client(live_hub)
    with Store.open(live_hub.path) as central:
        end_device(central, client.device_id, "lost")
    back_up(live_hub.path, tmp_path / "backup.sqlite")
    with Store.open(tmp_path / "backup.sqlite", readonly=True) as copy:
        assert copy.connection.execute("SELECT ended FROM stadsveld_device").fetchone()[0] == "lost"


def test_a_store_of_an_older_version_is_kept_before_it_is_migrated(tmp_path: Path) -> None:
    """Whatever opens it first, a command or the service: the file as it was is beside it, once."""
    for number, opens in enumerate(
        (lambda path: open_central(path).close(), lambda path: LiveHub(path).stop())
    ):
        path = tmp_path / f"{number}.sqlite"
        as_version_1(path)
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("INSERT INTO stadsveld_setting VALUES ('epoch', ?)", (new_id(),))
            raw.commit()
        before = path.read_bytes()
        opens(path)
        kept = tmp_path / f"{number}.sqlite.before-version-{VERSION}"
        with closing(sqlite3.connect(kept)) as raw:
            assert raw.execute("PRAGMA user_version").fetchone()[0] == 1
            assert raw.execute("SELECT count(*) FROM task").fetchone()[0] == 2
        assert len(kept.read_bytes()) == len(before)
        made = kept.stat().st_mtime_ns
        opens(path)
        assert kept.stat().st_mtime_ns == made
    assert left_over(tmp_path) == []
