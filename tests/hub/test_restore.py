"""A central store put back from an older backup: nothing that anyone recorded is lost, nobody comes back."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
import requests

from stadsveld.errors import BadInput, Refused, StoreError, StoreLocked, Unavailable
from stadsveld.hub import (
    RunningHub,
    back_up,
    check_up,
    end_device,
    list_devices,
    new_client,
    new_code,
    prepare,
    restore,
)
from stadsveld.hub.audit import head_of, lines, verify
from stadsveld.model import new_id
from stadsveld.store import Store
from stadsveld.sync import (
    SyncReport,
    create_replica,
    dump_hash,
    erase,
    fold,
    history,
    join,
    outbox,
    sync,
    token_of,
    transport_of,
    waiting,
)
from stadsveld.sync.transport import Lost
from support.faulty import FaultyTransport
from support.hub_client import Client
from support.hub_commands import Served
from support.live_hub import LiveHub


def state(path: Path) -> str:
    """The hash of a file's state."""
    with Store.open(path, readonly=True) as store:
        return dump_hash(store)


def go(*replicas: Store) -> SyncReport:
    """Synchronise each in turn; the report of the last."""
    for replica in replicas:
        report = sync(replica, transport_of(replica))
    return report


def put_back(hub: LiveHub, backup: Path, *, forget_old: bool = False):
    """Stop the service, restore, and start it again; with `forget_old` the replaced store is rubble."""
    hub.stop()
    if forget_old:
        for tail in ("-wal", "-shm"):
            hub.path.with_name(hub.path.name + tail).unlink(missing_ok=True)
        hub.path.write_bytes(os.urandom(20_000))
    done = restore(hub.path, backup)
    port = int(hub.url.rsplit(":", 1)[1])
    hub.running = RunningHub(hub.path, port=port)
    hub.url = hub.running.start()
    return done


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where the backup goes."""
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk" / "backup.sqlite"


def test_everyone_brings_back_what_was_forgotten(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """Changes and photos of two devices, one of which is away: the other one brings its changes too."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        a.put("task", None, {"title": "voor de backup"})
        go(a, b)
        made = back_up(live_hub.path, backup)
        task = a.put("task", None, {"title": "na de backup"})
        sha256 = a.photos.add(b"na de backup")
        a.put("photo", None, {"sha256": sha256, "owner_entity": "task", "owner_id": task})
        b.put("task", None, {"title": "ook na de backup"})
        go(a, b, a)
        everything = state(live_hub.path)
        done = put_back(live_hub, backup)
        assert (done.seq, done.epoch != made.epoch) == (made.seq, True)
        assert state(live_hub.path) != everything
        report = go(b)
        assert (report.waiting, report.quarantined) == (0, [])
        assert state(live_hub.path) == everything
        go(a)
        assert state(live_hub.path) == dump_hash(a) == dump_hash(b) == everything
    with Store.open(live_hub.path, readonly=True) as central:
        assert central.photos.has(sha256)
    assert check_up(live_hub.path, full=True).problems == []


def test_nothing_is_deleted(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """The replaced store is beside the restored one, whole, with all it had; the backup is untouched."""
    client = Client(live_hub)
    client.push(client.change())
    back_up(live_hub.path, backup)
    content = backup.read_bytes()
    client.push(client.change())
    before = state(live_hub.path)
    first = put_back(live_hub, backup)
    second = put_back(live_hub, backup)
    assert first.kept != second.kept
    assert first.kept.name.startswith("central.sqlite.before-restore-")
    assert state(first.kept) == before
    assert state(second.kept) == state(backup) == state(live_hub.path)
    assert backup.read_bytes() == content
    assert first.epoch != second.epoch
    assert client.ask("GET", "/v1/status").json()["epoch"] == second.epoch


def test_a_restored_store_counts_as_backed_up_so_far(live_hub: LiveHub, backup: Path) -> None:
    """Working copies may forget what is in the backup it came from, and nothing else."""
    client = Client(live_hub)
    client.push(client.change())
    back_up(live_hub.path, backup)
    client.push(client.change())
    put_back(live_hub, backup)
    status = client.ask("GET", "/v1/status").json()
    assert (status["backed_up"], status["last_logged"]) == (1, 1)


@pytest.mark.parametrize("how", ["lost", "retired"])
def test_who_was_ended_stays_ended(live_hub: LiveHub, backup: Path, how: str) -> None:
    """The backup knows the device as alive; the replaced store knows better."""
    client = Client(live_hub)
    back_up(live_hub.path, backup)
    live_hub.end(client.device_id, how)
    put_back(live_hub, backup)
    answer = client.ask("GET", "/v1/status")
    assert answer.json().get("wipe" if how == "lost" else "ended") == (True if how == "lost" else how)


def test_who_ended_before_the_backup_stays_ended_whatever_the_replaced_store_says(
    live_hub: LiveHub, tmp_path: Path, backup: Path
) -> None:
    """Restored too far back first, then to the right day: the later backup knows who was lost."""
    client, other = Client(live_hub), Client(live_hub)
    back_up(live_hub.path, backup)
    live_hub.end(client.device_id, "lost")
    live_hub.end(other.device_id, "retired")
    later = tmp_path / "disk" / "later.sqlite"
    back_up(live_hub.path, later)
    put_back(live_hub, backup, forget_old=True)
    assert client.ask("GET", "/v1/status").status_code == 200
    put_back(live_hub, later)
    assert client.ask("GET", "/v1/status").json()["wipe"] is True
    assert other.ask("GET", "/v1/status").json()["ended"] == "retired"


def test_a_code_that_was_used_before_the_right_backup_stays_used(
    live_hub: LiveHub, tmp_path: Path, backup: Path
) -> None:
    """Restored too far back first: the replaced store thinks that the code is still open."""
    code = live_hub.code(name="tablet")
    back_up(live_hub.path, backup)
    later = tmp_path / "disk" / "later.sqlite"
    with create_replica(tmp_path / "a.sqlite", live_hub.transport(), code, "tablet") as replica:
        replica.put("task", None, {"title": "t"})
        go(replica)
        back_up(live_hub.path, later)
        put_back(live_hub, backup, forget_old=True)
        put_back(live_hub, later)
        assert go(replica).quarantined == []
    with pytest.raises(Refused, match="used"):
        create_replica(tmp_path / "thief.sqlite", live_hub.transport(), code, "thief")


def test_who_was_enrolled_since_stays_enrolled(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """Its token works, its work is taken; so do open codes and tokens of clients; used codes stay used."""
    used, still_open = live_hub.code(name="tablet"), live_hub.code(name="later")
    back_up(live_hub.path, backup)
    with create_replica(tmp_path / "a.sqlite", live_hub.transport(), used, "tablet") as replica:
        replica.put("task", None, {"title": "t"})
        go(replica)
        with Store.open(live_hub.path) as central:
            token = new_client(central, "reader", "website")
            fresh = new_code(central, "inspector", "na de backup")
        done = put_back(live_hub, backup)
        assert done.devices == 4
        replica.put("task", None, {"title": "u"})
        report = go(replica)
        assert (report.accepted, report.quarantined, report.copied) == (2, [], False)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{live_hub.url}/v1/photos/{'0' * 64}"
    assert requests.get(url, headers=headers, timeout=30).status_code == 404
    with pytest.raises(Refused, match="used"):
        create_replica(tmp_path / "thief.sqlite", live_hub.transport(), used, "thief")
    for number, code in enumerate((still_open, fresh)):
        create_replica(tmp_path / f"{number}.sqlite", live_hub.transport(), code, "x").close()


def test_an_erasure_since_the_backup_holds(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """The value and the photo are in the backup; they are not in the restored store, nor come back to it."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        task = a.put("task", None, {"note": "jan woont hier"})
        sha256 = a.photos.add(b"een gezicht")
        photo = a.put("photo", None, {"sha256": sha256})
        go(a)
        back_up(live_hub.path, backup)
        with Store.open(live_hub.path) as central:
            erase(central, "task", task, "note")
            erase(central, "photo", photo, "sha256")
        done = put_back(live_hub, backup)
        assert done.erasures == 2
        go(a)
        with Store.open(live_hub.path, readonly=True) as central:
            assert central.get("task", task)["note"] is None
            assert not central.photos.has(sha256)
        assert a.get("task", task)["note"] is None
        assert not a.photos.has(sha256)
    with Store.open(live_hub.path, readonly=True) as central:
        values = [row[0] for row in central.connection.execute("SELECT fields FROM stadsveld_change")]
    assert not any("jan woont" in (value or "") for value in values)
    assert check_up(live_hub.path, full=True).problems == []


def test_the_audit_log_tells_of_the_restore(live_hub: LiveHub, backup: Path) -> None:
    """With the head of the log that was replaced, so that the two can be put together again."""
    client = Client(live_hub)
    back_up(live_hub.path, backup)
    client.push(client.change())
    done = put_back(live_hub, backup)
    with Store.open(live_hub.path, readonly=True) as central, Store.open(done.kept, readonly=True) as kept:
        (line,) = (line for line in lines(central) if line["what"] == "restore")
        assert (line["epoch"], line["replaced"]) == (done.epoch, head_of(kept))
        assert verify(central).broken is None


def test_a_running_service_is_not_pulled_from_under(live_hub: LiveHub, backup: Path) -> None:
    """Refused while it serves, also a second service; allowed once it stopped."""
    made = back_up(live_hub.path, backup)
    client = Client(live_hub)
    client.push(client.change())
    with pytest.raises(StoreLocked, match="service runs"):
        restore(live_hub.path, backup)
    with pytest.raises(StoreLocked, match="service runs"):
        RunningHub(live_hub.path)
    assert client.ask("GET", "/v1/status").json()["epoch"] == made.epoch
    live_hub.stop()
    assert restore(live_hub.path, backup).epoch != made.epoch
    live_hub.restart()


def test_another_program_that_has_the_store_open(live_hub: LiveHub, backup: Path) -> None:
    """QGIS, or a command: what it would still write must not end up in the replaced store."""
    back_up(live_hub.path, backup)
    before = state(live_hub.path)
    live_hub.stop()
    with Store.open(live_hub.path) as other:
        other.setting("epoch")
        with pytest.raises(StoreLocked):
            restore(live_hub.path, backup)
        other.put("task", None, {"title": "nog net"})
    assert restore(live_hub.path, backup).kept is not None
    live_hub.restart()
    assert state(live_hub.path) == before


def test_a_killed_service_leaves_no_lock(tmp_path: Path, backup: Path) -> None:
    """`kill -9`: the lock is of the process, not of the file; the backup can be put back at once."""
    prepare(tmp_path / "central.sqlite")
    with Served(tmp_path / "central.sqlite") as served:
        back_up(tmp_path / "central.sqlite", backup)
        with pytest.raises(StoreLocked):
            restore(tmp_path / "central.sqlite", backup)
        served.stop(signal.SIGKILL)
        restore(tmp_path / "central.sqlite", backup)
    with Served(tmp_path / "central.sqlite") as served:
        assert requests.get(f"{served.url}/v1/health", timeout=30).json()["status"] == "ok"


@pytest.mark.parametrize("point", ["restore.prepared", "restore.kept", "restore.after-rename"])
def test_killed_while_restoring(live_hub: LiveHub, tmp_path: Path, backup: Path, point: str) -> None:
    """The store is the old one or the restored one, whole; what was lost stays lost; again is harmless."""
    client, lost = Client(live_hub), Client(live_hub)
    client.push(client.change())
    back_up(live_hub.path, backup)
    client.push(client.change())
    live_hub.end(lost.device_id, "lost")
    old, new = state(live_hub.path), state(backup)
    live_hub.stop()
    program = "import sys; from pathlib import Path; from stadsveld.hub import restore\n"
    program += "restore(Path(sys.argv[1]), Path(sys.argv[2]))"
    killed = [sys.executable, "-c", program, str(live_hub.path), str(backup)]
    environment = {**os.environ, "STADSVELD_CRASH_AT": point}
    assert subprocess.run(killed, timeout=120, check=False, env=environment).returncode == -9
    assert state(live_hub.path) == (new if point == "restore.after-rename" else old)
    assert [state(kept) for kept in tmp_path.glob("*.before-restore-*")] == (
        [] if point == "restore.prepared" else [old]
    )
    live_hub.restart()
    assert lost.ask("GET", "/v1/status").json()["wipe"] is True
    put_back(live_hub, backup)
    assert state(live_hub.path) == new
    assert list(tmp_path.glob("*.part*")) == []
    assert lost.ask("GET", "/v1/status").json()["wipe"] is True
    assert check_up(live_hub.path, full=True).problems == []


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from stadsveld.errors import StoreError
from stadsveld.hub import restore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    restore(Path(sys.argv[1]), Path(sys.argv[2]))
except StoreError as error:
    sys.exit(f"told: {error}")
"""


@pytest.mark.parametrize("room", [4096, 2_000_000])
def test_a_full_disk_while_restoring(live_hub: LiveHub, tmp_path: Path, backup: Path, room: int) -> None:
    """No room for the store, or for a photo of it: said so, and the store is the old one."""
    client = Client(live_hub)
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = a.photos.add(os.urandom(3_000_000))
        a.put("photo", None, {"sha256": sha256})
        go(a)
    back_up(live_hub.path, backup)
    client.push(client.change())
    before = state(live_hub.path)
    live_hub.stop()
    photos = live_hub.path.with_name(live_hub.path.name + ".photos")
    shutil.rmtree(photos)
    limited = [sys.executable, "-c", _LIMITED, str(live_hub.path), str(backup), str(room)]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr[:6]) == (1, "told: "), done.stderr
    assert state(live_hub.path) == before
    assert [*tmp_path.glob("*.part*"), *tmp_path.glob("*.before-restore-*"), *photos.rglob("*.*")] == []
    restore(live_hub.path, backup)
    assert (photos / sha256[:2] / f"{sha256}.jpg").stat().st_size == 3_000_000
    live_hub.restart()


def test_what_is_no_backup_is_refused(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """Text, a truncated or damaged one, a working copy, a store of one's own, another hub's, nothing."""
    client = Client(live_hub)
    client.push(*(client.change(fields={"note": "x" * 3000}) for _n in range(100)))
    back_up(live_hub.path, backup)
    whole = backup.read_bytes()
    (tmp_path / "text").write_text("geen backup" * 99, encoding="utf-8")
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "torn").write_bytes(whole[:-200_000] + os.urandom(100_000) + whole[-100_000:])
    live_hub.replica(tmp_path / "copy").close()
    Store.create(tmp_path / "own").close()
    prepare(tmp_path / "other")
    before = state(live_hub.path)
    live_hub.stop()
    for name, text in (
        ("text", "not a Stadsveld store"),
        ("half", "damaged"),
        ("torn", "damaged"),
        ("copy", "working copy"),
        ("own", "no backup"),
        ("other", "another central store"),
        ("absent", "cannot be read"),
        ("central.sqlite", "the store itself"),
    ):
        with pytest.raises((StoreError, BadInput), match=text):
            restore(live_hub.path, tmp_path / name)
    with pytest.raises((StoreError, BadInput), match="working copy"):
        restore(tmp_path / "copy", backup)
    with Store.open(backup) as newer:
        newer.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        restore(live_hub.path, backup)
    assert state(live_hub.path) == before
    assert list(tmp_path.glob("*.before-restore-*")) == list(tmp_path.glob("*.part*")) == []
    live_hub.restart()


def test_a_store_of_a_newer_version_is_not_replaced(live_hub: LiveHub, backup: Path) -> None:
    """Its devices could not be taken over by this program, so it refuses."""
    back_up(live_hub.path, backup)
    live_hub.stop()
    with Store.open(live_hub.path) as store:
        store.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        restore(live_hub.path, backup)
    with closing(sqlite3.connect(live_hub.path)) as raw:
        raw.execute("PRAGMA user_version = 2")
    live_hub.restart()


def test_a_restore_to_a_new_computer(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """There is no store to replace; photos come along; codes that may have been used since are dead."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = a.photos.add(b"foto")
        a.put("photo", None, {"sha256": sha256})
        go(a)
        code = live_hub.code()
        back_up(live_hub.path, backup)
    new = tmp_path / "new"
    new.mkdir()
    done = restore(new / "central.sqlite", backup)
    assert (done.kept, done.devices, done.erasures) == (None, None, None)
    assert state(new / "central.sqlite") == state(live_hub.path)
    with RunningHub(new / "central.sqlite") as running, Store.open(new / "central.sqlite") as store:
        assert store.photos.read(sha256) == b"foto"
        wish = {"code": code, "name": "x", "token": "t" * 40}
        answer = requests.post(f"{running.url}/v1/enrol", json=wish, timeout=30)
        assert (answer.status_code, "expired" in answer.json()["error"]) == (403, True)


# What the working copies do


@pytest.fixture
def forgotten(live_hub: LiveHub, tmp_path: Path, backup: Path):
    """A carrier that the restored store knows, and an author that it has forgotten, with their tasks."""
    with live_hub.replica(tmp_path / "carrier.sqlite") as carrier:
        carrier.put("task", None, {"title": "voor"})
        go(carrier)
        back_up(live_hub.path, backup)
        with live_hub.replica(tmp_path / "author.sqlite") as author:
            tasks = [author.put("task", None, {"title": f"{n}"}) for n in range(3)]
            go(author, carrier)
            carrier.put("task", tasks[0], {"note": "van de drager"})
            go(carrier, author)
            put_back(live_hub, backup, forget_old=True)
            yield carrier, author, tasks


def test_what_a_forgotten_device_made_waits_with_who_carries_it(live_hub: LiveHub, forgotten) -> None:
    """It stays as it is, is offered again, does not stop the carrier's own work, and is told."""
    carrier, _author, tasks = forgotten
    before = dump_hash(carrier)
    for _time in range(2):
        report = go(carrier)
        assert (report.waiting, report.quarantined) == (3, [])
        assert (dump_hash(carrier), waiting(carrier), outbox(carrier)) == (before, 3, [])
    carrier.put("task", None, {"title": "gewoon verder"})
    assert go(carrier).accepted == 1
    with Store.open(live_hub.path) as central:
        # The carrier's own note on the task of the forgotten one was taken.
        assert central.get("task", tasks[0])["note"] == "van de drager"


def test_what_waits_is_not_folded(live_hub: LiveHub, forgotten) -> None:
    """Its values may be nowhere else, though a later change came over them."""
    carrier, author, tasks = forgotten
    carrier.put("task", tasks[2], {"title": "eroverheen"})
    go(carrier)
    fold(carrier, datetime(2099, 1, 1, tzinfo=timezone.utc))
    (made,) = (item for item in history(carrier, "task", tasks[2]) if item.device == author.device_id)
    assert (made.fields["title"], made.gone) == ("2", ())


def test_the_forgotten_device_joins_again_under_its_own_id(live_hub: LiveHub, tmp_path, forgotten) -> None:
    """Told so at its next contact; with a new code it goes on, and nothing is lost or doubled."""
    carrier, author, tasks = forgotten
    author.put("task", tasks[1], {"note": "nog niet verstuurd"})
    with pytest.raises(Refused, match="not known here"):
        go(author)
    before, old_token = author.device_id, token_of(author)
    join(author, live_hub.transport(), live_hub.code(), "author")
    assert author.device_id == before
    assert token_of(author) != old_token
    assert not (tmp_path / "author.sqlite.token").exists()
    report = go(author)
    # Its three tasks, what it had not sent, and what the carrier had noted on one of them.
    assert (report.accepted, report.quarantined, report.copied) == (5, [], False)
    report = go(carrier)
    assert (report.waiting, waiting(carrier)) == (0, 0)
    go(author)
    assert state(live_hub.path) == dump_hash(carrier) == dump_hash(author)
    assert author.get("task", tasks[1])["note"] == "nog niet verstuurd"


def test_somebody_who_may_brings_what_waits(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """A planner carries it for the author; the next offer of the inspector is a duplicate."""
    with (
        live_hub.replica(tmp_path / "i.sqlite") as inspector,
        live_hub.replica(tmp_path / "p.sqlite", "planner") as planner,
    ):
        go(inspector, planner)
        back_up(live_hub.path, backup)
        with live_hub.replica(tmp_path / "gone.sqlite") as gone:
            gone.put("task", None, {"title": "t"})
            go(gone, inspector, planner)
        put_back(live_hub, backup, forget_old=True)
        assert go(inspector).waiting == 1
        assert go(planner).waiting == 0
        report = go(inspector)
        assert (report.waiting, report.duplicate) == (0, 1)
        assert state(live_hub.path) == dump_hash(inspector) == dump_hash(planner)


def test_what_a_planner_made_is_not_taken_from_an_inspector_and_not_lost(
    live_hub: LiveHub, tmp_path: Path, backup: Path
) -> None:
    """The device is known, the carrier may not write plans: it waits for the planner."""
    with (
        live_hub.replica(tmp_path / "i.sqlite") as inspector,
        live_hub.replica(tmp_path / "p.sqlite", "planner") as planner,
    ):
        go(inspector, planner)
        back_up(live_hub.path, backup)
        planner.put("plan", None, {"name": "plein"})
        go(planner, inspector)
        put_back(live_hub, backup)
        report = go(inspector)
        assert (report.waiting, report.quarantined, inspector.count("plan")) == (1, [], 1)
        go(planner, inspector)
        assert waiting(inspector) == 0
        assert state(live_hub.path) == dump_hash(inspector) == dump_hash(planner)


def test_what_a_lost_device_made_before_it_was_lost_comes_back(
    live_hub: LiveHub, tmp_path: Path, backup: Path
) -> None:
    """Its owner made it and everyone has it; what bears a later stamp is refused."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        go(a)
        back_up(live_hub.path, backup)
        with live_hub.replica(tmp_path / "lost.sqlite") as lost:
            lost.put("task", None, {"title": "dinsdag"})
            go(lost, a)
            device_id = lost.device_id
        live_hub.end(device_id, "lost")
        put_back(live_hub, backup)
        report = go(a)
        assert (report.waiting, report.quarantined) == (0, [])
        assert state(live_hub.path) == dump_hash(a)
    client = Client(live_hub)
    late = client.change(device=device_id, hlc=1 << 58)
    (answer,) = client.push(late)
    assert (answer["status"], "lost" in answer["reason"]) == ("quarantined", True)
    assert "waits" not in answer


def test_a_retired_carrier_is_not_wiped_while_others_work_is_only_there(
    live_hub: LiveHub, forgotten, tmp_path: Path
) -> None:
    """It says why it stays; once the author was there it goes."""
    carrier, author, _tasks = forgotten
    go(carrier)
    live_hub.end(carrier.device_id, "retired")
    report = go(carrier)
    assert (report.ended, report.wiped, len(report.kept)) == ("retired", False, 1)
    assert "3" in report.kept[0]
    join(author, live_hub.transport(), live_hub.code(), "author")
    go(author)
    assert go(carrier).wiped is True
    assert not (tmp_path / "carrier.sqlite").exists()


def test_a_dead_token_and_a_known_id_give_a_new_identity(live_hub: LiveHub, tmp_path: Path) -> None:
    """The file of the token is gone; the id is somebody alive, so a new one; the unsent work arrives."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        task = a.put("task", None, {"title": "verstuurd"})
        go(a, b)
        a.put("task", task, {"title": "niet verstuurd"})
        (tmp_path / "a.sqlite.token").unlink()
        with pytest.raises(Refused):
            go(a)
        before = a.device_id
        join(a, live_hub.transport(), live_hub.code(), "a")
        assert a.device_id != before
        report = go(a)
        assert (report.accepted, report.quarantined) == (1, [])
        go(b)
        assert b.get("task", task)["title"] == "niet verstuurd"
        assert state(live_hub.path) == dump_hash(a) == dump_hash(b)


def test_nobody_takes_over_a_living_device(live_hub: LiveHub) -> None:
    """Asked for outright it is refused; asked for politely another id is given; never the store's own."""
    client = Client(live_hub)
    with Store.open(live_hub.path) as central:
        own = central.device_id
    for wanted in (client.device_id, own):
        code = live_hub.code()
        wish = {"code": code, "name": "thief", "token": "t" * 20 + new_id(), "device_id": wanted}
        answer = requests.post(f"{live_hub.url}/v1/enrol", json=wish, timeout=30)
        assert (answer.status_code, "already" in answer.json()["error"]) == (403, True)
        answer = requests.post(f"{live_hub.url}/v1/enrol", json={**wish, "or_new": True}, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["device_id"] != wanted
    assert client.ask("GET", "/v1/status").json()["device_id"] == client.device_id


def test_joining_again_is_for_who_is_not_known(live_hub: LiveHub, tmp_path: Path) -> None:
    """A living working copy stays what it is; a lost one does not come back with a code."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        go(a)
        with pytest.raises(StoreError, match="already"):
            join(a, live_hub.transport(), live_hub.code(), "a")
        assert go(a).copied is False
        live_hub.end(a.device_id, "lost")
        with pytest.raises(Lost):
            join(a, live_hub.transport(), live_hub.code(), "a")


def test_a_lost_answer_to_joining_again(live_hub: LiveHub, forgotten) -> None:
    """The same code once more finds the same token: enrolled once, nothing lost."""
    _carrier, author, _tasks = forgotten
    code = live_hub.code()

    def fails(_number: int, _method: str, path: str) -> str | None:
        return "after" if path == "/v1/enrol" else None

    with pytest.raises(Unavailable):
        join(author, FaultyTransport(live_hub.transport(), fails), code, "author")
    with pytest.raises(Refused):
        go(author)
    join(author, live_hub.transport(), code, "author")
    assert go(author).accepted == 4
    with Store.open(live_hub.path) as central:
        assert [d["device_id"] for d in list_devices(central)].count(author.device_id) == 1


def test_the_wrong_central_store(live_hub: LiveHub, tmp_path: Path) -> None:
    """A token of another one is refused; joining another one is only done when it is meant."""
    other = LiveHub(tmp_path / "other.sqlite")
    try:
        with live_hub.replica(tmp_path / "a.sqlite") as a:
            a.put("task", None, {"title": "t"})
            go(a)
            with pytest.raises(Refused, match="not known here"):
                sync(a, other.transport(token_of(a)))
            before = (a.device_id, token_of(a), a.setting("hub_url"))
            with pytest.raises(StoreError, match="another central store"):
                join(a, other.transport(), other.code(), "a")
            assert (a.device_id, token_of(a), a.setting("hub_url")) == before
            assert go(a).pushed == 0
            with Store.open(other.path) as store:
                assert store.count("task") == 0
            join(a, other.transport(), other.code(), "a", may_move=True)
            go(a)
            assert state(other.path) == dump_hash(a)
    finally:
        other.stop()


def test_a_device_with_an_old_copy_of_itself(live_hub: LiveHub, tmp_path: Path, backup: Path) -> None:
    """Restored on both sides: hub from its backup, working copy from the device's: all comes together."""
    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        first = a.put("task", None, {"title": "een"})
        go(a, b)
        back_up(live_hub.path, backup)
        shutil.copyfile(tmp_path / "a.sqlite", tmp_path / "old.sqlite")
        a.put("task", first, {"title": "twee"})
        go(a, b)
    shutil.copyfile(tmp_path / "old.sqlite", tmp_path / "a.sqlite")
    put_back(live_hub, backup)
    with Store.open(tmp_path / "a.sqlite") as a, Store.open(tmp_path / "b.sqlite") as b:
        go(a, b, a)
        assert a.get("task", first)["title"] == b.get("task", first)["title"] == "twee"
        assert state(live_hub.path) == dump_hash(a) == dump_hash(b)


def test_lost_is_stronger_than_retired(live_hub: LiveHub, backup: Path) -> None:
    """Retired in the backup, reported lost since: it is lost."""
    client = Client(live_hub)
    live_hub.end(client.device_id, "retired")
    back_up(live_hub.path, backup)
    with Store.open(live_hub.path) as central:
        end_device(central, client.device_id, "lost")
    put_back(live_hub, backup)
    assert client.ask("GET", "/v1/status").json()["wipe"] is True
