"""How a device ends, on both sides: retired, lost, expired, and a working copy that was copied."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import Refused, StoreError, Unavailable
from stadsveld.hub import audit, list_devices, new_code, tickets
from stadsveld.store import Store, wiping
from stadsveld.sync import create_replica, dump_hash, is_expired, join, outbox, sync, token_of, transport_of
from stadsveld.sync.ending import EXPIRES_SETTING, wipe_store
from support.faulty import FaultyTransport
from support.hub_client import Client
from support.live_hub import LiveHub

LIMIT = 60
PHOTO = b"\xff\xd8 a photo"


def go(store: Store):
    return sync(store, transport_of(store, 30))


def listed(hub: LiveHub, device_id: str) -> dict:
    with Store.open(hub.path) as central:
        return next(device for device in list_devices(central) if device["device_id"] == device_id)


def whats(hub: LiveHub, who: str) -> list[tuple[str, str]]:
    with Store.open(hub.path) as central:
        return [(line["what"], line["result"]) for line in audit.lines(central) if line["who"] == who]


def recorded(store: Store) -> str:
    """Record a task and a photo; the hash of the photo."""
    sha256 = store.photos.add(PHOTO)
    store.put("task", None, {"title": "t"})
    store.put("photo", None, {"sha256": sha256})
    return sha256


def left_of(path: Path) -> set[str]:
    return {file.name for file in path.parent.glob(f"{path.name}*")}


# Retired


def test_a_retired_device_delivers_everything_and_wipes_itself(live_hub: LiveHub, tmp_path: Path) -> None:
    """Changes and photos arrive; then nothing is left but the note; the central store knows both."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    device_id = device.device_id
    go(device)
    sha256 = recorded(device)
    live_hub.end(device_id, "retired")
    before = listed(live_hub, device_id)
    assert (before["unsent"], before["confirmed"], before["wiped_at"]) == ("unknown", 0, None)
    report = go(device)
    assert (report.ended, report.wiped, report.kept) == ("retired", True, [])
    assert (report.accepted, report.photos_sent) == (2, 1)
    assert left_of(path) == {"a.sqlite.wiped"}
    after = listed(live_hub, device_id)
    assert (after["unsent"], after["confirmed"]) == (0, 2)
    assert after["delivered_at"] <= after["wiped_at"]
    with Store.open(live_hub.path) as central:
        assert central.photos.read(sha256) == PHOTO
        assert central.count("task") == 1
    assert whats(live_hub, device_id)[-2:] == [("delivered", "done"), ("wiped", "done")]
    with pytest.raises(StoreError, match="retired"):
        device.count("task")
    with pytest.raises(StoreError, match="retired"):
        Store.open(path)


def test_its_token_is_dead_once_it_is_wiped(live_hub: LiveHub) -> None:
    """A retired device may still deliver; after it said that it is wiped it is unknown."""
    client = Client(live_hub)
    assert client.ask("POST", "/v1/wiped").status_code == 403
    live_hub.end(client.device_id, "retired")
    assert client.statuses(client.change()) == ["accepted"]
    assert client.ask("GET", "/v1/pull?epoch=x").status_code == 403
    assert client.ask("POST", "/v1/delivered").status_code == 200
    assert client.ask("POST", "/v1/wiped").status_code == 200
    assert client.ask("GET", "/v1/status").status_code == 401


def test_what_cannot_be_delivered_is_not_wiped(live_hub: LiveHub, tmp_path: Path) -> None:
    """A refused change, an unfinished form, a refused photo: each keeps the working copy, and is named."""
    path = tmp_path / "a.sqlite"
    with live_hub.replica(path) as device:
        device_id = device.device_id
        go(device)
        plan = device.put("plan", None, {"name": "not an inspector's"})
        device.save_draft("d", "task", plan, {"title": "half"})
        live_hub.end(device_id, "retired")
        report = go(device)
        assert (report.ended, report.wiped) == ("retired", False)
        assert [reason[:1] for reason in report.kept] == ["1", "1"]
        assert "refused" in report.kept[0]
        assert "unfinished" in report.kept[1]
        assert listed(live_hub, device_id)["delivered_at"] is None
        device.delete_draft("d")
        assert len(go(device).kept) == 1
        device.set_setting("asked", None)
        with device.transaction():
            device.connection.execute("DELETE FROM stadsveld_receipt WHERE status = 'quarantined'")
            device.connection.execute("DELETE FROM stadsveld_change WHERE entity = 'plan'")
        report = go(device)
        assert (report.wiped, report.kept) == (True, [])
    assert left_of(path) == {"a.sqlite.wiped"}


def test_a_photo_that_is_not_taken_keeps_the_working_copy(live_hub: LiveHub, tmp_path: Path) -> None:
    """The changes arrived and the photo did not: it stays."""
    with live_hub.replica(tmp_path / "a.sqlite") as device:
        go(device)
        recorded(device)
        live_hub.end(device.device_id, "retired")
        way = transport_of(device, 30)
        lossy = FaultyTransport(way, lambda _n, _m, path: "before" if "/uploads" in path else None)
        with pytest.raises(Unavailable):
            sync(device, lossy)
        assert device.count("task") == 1
        assert go(device).wiped


@pytest.mark.parametrize("lost", ["/v1/delivered", "/v1/wiped", "/v1/push", "/v1/status"])
@pytest.mark.parametrize("fault", ["before", "after", "cut"])
def test_a_retired_device_with_a_bad_network(
    live_hub: LiveHub, tmp_path: Path, lost: str, fault: str
) -> None:
    """Whatever request fails once: the next sync ends it, everything arrived, nothing remains."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    go(device)
    recorded(device)
    live_hub.end(device.device_id, "retired")
    failed: list[str] = []

    def fails(_number: int, _method: str, asked: str) -> str | None:
        if asked.startswith(lost) and not failed:
            failed.append(asked)
            return fault
        return None

    try:
        report = sync(device, FaultyTransport(transport_of(device, 30), fails))
    except Unavailable:
        assert path.exists()
        report = go(device)
    assert failed
    assert report.wiped
    assert left_of(path) == {"a.sqlite.wiped"}
    with Store.open(live_hub.path) as central:
        assert (central.count("task"), central.count("photo")) == (1, 1)
    (found,) = (device for device in _devices(live_hub))
    assert found["delivered_at"] is not None
    assert found["wiped_at"] is not None


def test_who_works_on_meanwhile_loses_nothing(live_hub: LiveHub, tmp_path: Path) -> None:
    """An edit made while everything is declared delivered keeps the working copy until it is sent too."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    device_id = device.device_id
    go(device)
    live_hub.end(device_id, "retired")

    def fails(_number: int, _method: str, asked: str) -> None:
        if asked == "/v1/delivered":
            with Store.open(path) as other:
                other.put("task", None, {"title": "just now"})

    report = sync(device, FaultyTransport(transport_of(device, 30), fails))
    assert (report.wiped, len(report.kept)) == (False, 1)
    assert listed(live_hub, device_id)["unsent"] == "unknown"
    report = go(device)
    assert (report.accepted, report.wiped) == (1, True)
    assert listed(live_hub, device_id)["unsent"] == 0


def test_a_file_that_cannot_be_wiped_says_so(
    live_hub: LiveHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program keeps it open (Windows): an error that says what to do; the next sync wipes it."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    live_hub.end(device.device_id, "lost")
    way = transport_of(device, 30)
    real = Path.replace

    def refusing(self: Path, target: Path) -> Path:
        if self == path:
            raise PermissionError(13, "in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refusing)
    with pytest.raises(StoreError, match="in use"):
        sync(device, way)
    with pytest.raises(StoreError, match="in use"):
        device.count("task")
    monkeypatch.undo()
    with Store.open(path) as device:
        assert go(device).wiped
    assert left_of(path) == {"a.sqlite.wiped"}


def _devices(hub: LiveHub) -> list[dict]:
    with Store.open(hub.path) as central:
        return list_devices(central)


def test_an_open_device_does_not_wipe(live_hub: LiveHub, tmp_path: Path) -> None:
    """Nothing of all this happens to a device that was not ended; a store of one's own is never wiped."""
    with live_hub.replica(tmp_path / "a.sqlite") as device:
        recorded(device)
        report = go(device)
        assert (report.ended, report.wiped, report.kept) == (None, False, [])
    with Store.create(tmp_path / "own.sqlite") as own, pytest.raises(StoreError, match="no working copy"):
        wipe_store(own, "lost")
    with Store.open(live_hub.path) as central, pytest.raises(StoreError, match="no working copy"):
        wipe_store(central, "lost")


# Lost


def test_a_lost_device_wipes_itself_without_sending(live_hub: LiveHub, tmp_path: Path) -> None:
    """At its next contact everything is gone; nothing it held arrived; that is listed as unknown."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    device_id = device.device_id
    recorded(device)
    go(device)
    device.put("task", None, {"title": "never sent"})
    live_hub.end(device_id, "lost")
    seen = listed(live_hub, device_id)
    assert (seen["unsent"], seen["confirmed"], seen["told_at"]) == ("unknown", 2, None)
    assert seen["last_seen"] is not None
    report = go(device)
    assert (report.ended, report.wiped, report.pushed) == ("lost", True, 0)
    assert left_of(path) == {"a.sqlite.wiped"}
    with Store.open(live_hub.path) as central:
        assert central.count("task") == 1
    seen = listed(live_hub, device_id)
    assert (seen["unsent"], seen["told_at"] is None) == ("unknown", False)
    assert whats(live_hub, device_id)[-1] == ("tell to wipe", "done")
    with pytest.raises(StoreError, match="lost"):
        Store.open(path)


def test_lost_in_the_middle_of_a_sync(live_hub: LiveHub, tmp_path: Path) -> None:
    """Reported lost between two requests of one sync: from there on nothing is taken."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    device_id = device.device_id
    recorded(device)

    def fails(_number: int, _method: str, asked: str) -> None:
        if asked.startswith("/v1/push"):
            live_hub.end(device_id, "lost")

    report = sync(device, FaultyTransport(transport_of(device, 30), fails))
    assert (report.ended, report.wiped) == ("lost", True)
    assert not path.exists()
    with Store.open(live_hub.path) as central:
        assert central.count("task") == 0


def test_nothing_from_a_lost_device_is_accepted(live_hub: LiveHub) -> None:
    """Every address answers 403 and says that it is to wipe; retiring does not bring it back."""
    client = Client(live_hub)
    live_hub.end(client.device_id, "lost")
    live_hub.end(client.device_id, "retired")
    for method, path in (
        ("GET", "/v1/status"),
        ("POST", "/v1/push"),
        ("POST", "/v1/rows"),
        ("GET", "/v1/pull"),
        ("POST", "/v1/uploads"),
        ("POST", "/v1/delivered"),
        ("POST", "/v1/wiped"),
    ):
        answer = client.ask(method, path)
        assert (path, answer.status_code, answer.json()["wipe"]) == (path, 403, True)
    found = listed(live_hub, client.device_id)
    assert (found["ended"], found["wiped_at"]) == ("lost", None)
    assert whats(live_hub, client.device_id).count(("tell to wipe", "done")) == 1


# Wiping


KILLED = """
import sys
from pathlib import Path
from stadsveld.store import wiping
wiping.wipe(Path(sys.argv[1]), "lost", "d", "2026-05-01T00:00:00Z")
"""


@pytest.mark.parametrize("point", ["wipe.noted", "wipe.set-aside", "wipe.photos-gone", "wipe.rest-gone"])
def test_killed_while_wiping(live_hub: LiveHub, tmp_path: Path, point: str) -> None:
    """Either all is still there, or opening it finishes what was begun."""
    path = tmp_path / "a.sqlite"
    with live_hub.replica(path) as device:
        recorded(device)
    environment = {**os.environ, "STADSVELD_CRASH_AT": point}
    command = [sys.executable, "-c", KILLED, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT, check=False)
    assert done.returncode == -9, done.stderr
    if point == "wipe.noted":
        with Store.open(path) as store:
            assert store.count("task") == 1
            assert store.photos.has(next(store.rows("photo"))["sha256"])
        wiping.wipe(path, "lost", "d", "2026-05-01T00:00:00Z")
    else:
        assert not path.exists()
        with pytest.raises(StoreError, match="2026-05-01"):
            Store.open(path)
    assert left_of(path) == {"a.sqlite.wiped"}


def test_a_new_working_copy_begins_clean_where_one_was_wiped(live_hub: LiveHub, tmp_path: Path) -> None:
    """Also where wiping was interrupted: nothing of the old one comes back, nothing of the new one goes."""
    path = tmp_path / "a.sqlite"
    with live_hub.replica(path) as device:
        recorded(device)
    path.replace(path.with_name("a.sqlite.wiping"))
    with live_hub.replica(path) as device:
        assert device.count("task") == 0
        assert not device.photos.folder.exists()
        go(device)
    with Store.open(path) as device:
        assert token_of(device)
    assert not path.with_name("a.sqlite.wiping").exists()
    with Store.create(tmp_path / "b.sqlite") as store:
        store.set_setting("hub_url", "http://x")
        wipe_store(store, "lost")
    Store.create(tmp_path / "b.sqlite").close()
    assert left_of(tmp_path / "b.sqlite") == {"b.sqlite"}


def test_a_file_put_back_is_never_taken_for_a_wiped_one(tmp_path: Path) -> None:
    """A note beside an existing file means nothing: whoever restored a backup keeps it."""
    path = tmp_path / "a.sqlite"
    with Store.create(path) as store:
        store.put("task", None, {"title": "t"})
    path.with_name("a.sqlite.wiped").write_text('{"why": "lost", "at": "2026"}', encoding="utf-8")
    path.with_name("a.sqlite.wiping").write_bytes(b"old")
    wiping.finish(path)
    with Store.open(path) as store:
        assert store.count("task") == 1


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"why": 1}', "\x00"])
def test_a_damaged_note_does_no_harm(tmp_path: Path, note: str) -> None:
    """Then the file is simply not there."""
    (tmp_path / "a.sqlite.wiped").write_text(note, encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be read"):
        Store.open(tmp_path / "a.sqlite")


def test_wiping_leaves_the_neighbours_alone(live_hub: LiveHub, tmp_path: Path) -> None:
    """Files of other working copies in the same folder stay, also where one name begins with another."""
    path, other = tmp_path / "a.sqlite", tmp_path / "a.sqlite2"
    with live_hub.replica(other) as store:
        recorded(store)
    device = live_hub.replica(path)
    live_hub.end(device.device_id, "lost")
    assert go(device).wiped
    with Store.open(other) as store:
        assert token_of(store)
        assert store.photos.has(next(store.rows("photo"))["sha256"])


# Expired


def with_days(hub: LiveHub, path: Path, days: int | None) -> Store:
    with Store.open(hub.path) as central:
        code = new_code(central, "inspector", path.stem, days=days)
    return create_replica(path, hub.transport(), code, path.stem)


def test_a_working_copy_locks_itself_until_it_synchronises(live_hub: LiveHub, tmp_path: Path) -> None:
    """The date comes with enrolment and moves with every sync; past it the commands refuse, sync does not."""
    path = tmp_path / "a.sqlite"
    with with_days(live_hub, path, 7) as device:
        first = device.setting(EXPIRES_SETTING)
        assert first
        device.put("task", None, {"title": "unsent"})
        device.set_setting(EXPIRES_SETTING, "2020-01-01T00:00:00Z")
        assert is_expired(device)
    line = '{"op": "put", "entity": "task", "fields": {"title": "t"}}'
    for command in (
        ["replica", "apply", path],
        ["replica", "conflicts", path],
        ["replica", "findings", path],
        ["replica", "history", path],
        ["dump", path],
        ["dump", path, "--hash"],
    ):
        assert "locked" in run(*command, given=line, code=1)
    status = json.loads(run("replica", "status", path))
    assert (status["outbox"], status["expired"]) == (1, True)
    assert json.loads(run("replica", "sync", path))["accepted"] == 1
    assert json.loads(run("replica", "status", path))["expired"] is False
    run("replica", "apply", path, given=line)
    with Store.open(path) as device:
        assert device.setting(EXPIRES_SETTING) >= first
        assert device.count("task") == 2


def test_a_clock_put_back_does_not_unlock(live_hub: LiveHub, tmp_path: Path) -> None:
    """The latest stamp that the file knows counts, not only the clock of the device."""
    with with_days(live_hub, tmp_path / "a.sqlite", 1) as device:
        assert not is_expired(device)
        device.put("task", None, {"title": "t"})
        go(device)
        until = device.setting(EXPIRES_SETTING)
        device.set_setting("clock_offset_ms", str(-400 * 86_400_000))
        assert not is_expired(device)
        device.set_setting("hlc", str((int(device.setting("hlc") or 0) >> 16) + 2 * 86_400_000 << 16))
        assert device.setting(EXPIRES_SETTING) == until
        assert is_expired(device)


def test_without_days_it_never_expires(live_hub: LiveHub, tmp_path: Path) -> None:
    """The usual case, and a central store itself."""
    with with_days(live_hub, tmp_path / "a.sqlite", None) as device:
        go(device)
        assert device.setting(EXPIRES_SETTING) is None
        assert not is_expired(device)
    for days in ("0", "-3", "99999"):
        options = ("--role", "reader", "--name", "x", "--days", days)
        assert "3650" in run("hub", "enrol", live_hub.path, *options, code=1)
    admin = Client(live_hub, "administrator")
    for wrong in (0, 1.5, "7", True, [], 10**30):
        wish = {"role": "reader", "name": "x", "days": wrong}
        assert admin.ask("POST", "/v1/admin/enrol", json=wish).status_code == 400


def run(*arguments: object, given: str = "", code: int = 0) -> str:
    command = [sys.executable, "-m", "stadsveld.cli", *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


# Copies


def copied(store: Store, path: Path) -> Store:
    """A copy of a working copy and its token, as somebody makes with a file manager."""
    store.close()
    for tail in ("", ".token"):
        shutil.copyfile(store.path.with_name(store.path.name + tail), path.with_name(path.name + tail))
    return Store.open(path)


def test_two_copies_that_speak_are_noticed_and_nothing_is_lost(live_hub: LiveHub, tmp_path: Path) -> None:
    """Both keep sending and fetching; both are told; one joins anew and both go on, all alike."""
    path = tmp_path / "a.sqlite"
    first = live_hub.replica(path)
    device_id = first.device_id
    go(first)
    with copied(first, tmp_path / "b.sqlite") as second, Store.open(path) as first:
        for number, store in enumerate((first, second, first, second)):
            store.put("task", None, {"title": f"t{number}"})
            report = go(store)
            assert (report.accepted, report.quarantined) == (1, [])
            assert report.copied is (number > 1)
        found = listed(live_hub, device_id)
        assert found["copied"] is True
        assert found["copied_at"] is not None
        results = [result for what, result in whats(live_hub, device_id) if what == "greet"]
        assert results == ["older or copied file", "copied", "copied"]
        second.put("task", None, {"title": "unsent"})
        with pytest.raises(StoreError, match="unsent"):
            join(second, live_hub.transport(), live_hub.code(), "second")
        assert go(second).accepted == 1
        join(second, live_hub.transport(), live_hub.code(), "second")
        assert second.device_id != device_id
        assert token_of(second) != token_of(first)
        for number in range(3):
            for store in (first, second):
                store.put("task", None, {"title": f"later {number}"})
                report = go(store)
                assert (report.accepted, report.quarantined) == (1, [])
                assert report.copied is (store is first and number == 0)
        go(first)
        hashes = {dump_hash(store) for store in (first, second)}
        with Store.open(live_hub.path) as central:
            assert central.count("task") == 11
            assert hashes == {dump_hash(central)}


def test_joining_anew_may_be_asked_again_and_is_for_copies_only(live_hub: LiveHub, tmp_path: Path) -> None:
    """A lost answer does no harm; a working copy that was not copied cannot join again."""
    with live_hub.replica(tmp_path / "a.sqlite") as device:
        go(device)
        with pytest.raises(StoreError, match="already"):
            join(device, live_hub.transport(), live_hub.code(), "x")
        device.set_setting("copied", "1")
        lossy = FaultyTransport(live_hub.transport(), lambda _n, _m, _p: "after")
        with pytest.raises(Unavailable):
            join(device, lossy, live_hub.code(), "x")
        assert go(device).ended is None
        join(device, live_hub.transport(), live_hub.code(), "x")
        device.put("task", None, {"title": "t"})
        assert go(device).accepted == 1
        assert live_hub.end(device.device_id, "lost") is None
        assert go(device).wiped
    assert left_of(tmp_path / "a.sqlite") == {"a.sqlite.wiped"}


def test_a_lost_answer_and_a_restored_phone_are_no_copies(live_hub: LiveHub, tmp_path: Path) -> None:
    """Lost answers, in any number; then the file of yesterday, put back twice: one file speaks at a time."""
    path = tmp_path / "a.sqlite"
    device = live_hub.replica(path)
    device_id = device.device_id
    for fault in ("after", "before", "after", "cut"):
        with pytest.raises(Unavailable):
            sync(device, FaultyTransport(transport_of(device, 30), lambda _n, _m, _p, f=fault: f))
        assert not go(device).copied
    backup = tmp_path / "backup"
    device.close()
    shutil.copyfile(path, backup)
    for _restore in range(3):
        with Store.open(path) as store:
            for number in range(3):
                store.put("task", None, {"title": f"t{number}"})
                report = go(store)
                assert (report.accepted, report.copied) == (1, False)
        shutil.copyfile(backup, path)
    assert listed(live_hub, device_id)["copied"] is False
    assert ("greet", "older or copied file") in whats(live_hub, device_id)
    with Store.open(path) as store:
        assert go(store).pulled == 9


def test_a_restored_central_store_calls_nobody_a_copy(live_hub: LiveHub, tmp_path: Path) -> None:
    """It forgot which tickets it handed out; the new epoch begins anew."""
    with live_hub.replica(tmp_path / "a.sqlite") as device:
        go(device)
        with Store.open(live_hub.path) as central:
            kept = central.connection.execute("SELECT tickets FROM stadsveld_device").fetchone()[0]
        go(device)
        go(device)
        with Store.open(live_hub.path) as central, central.transaction():
            central.connection.execute("UPDATE stadsveld_device SET tickets = ?", (kept,))
            central.set_setting("epoch", device.device_id)
        live_hub.restart()
        for _time in range(3):
            assert not go(device).copied
        assert "older or copied file" not in [result for _what, result in whats(live_hub, device.device_id)]


class File:
    """A working copy as far as tickets go."""

    def __init__(self, ticket: str = "") -> None:
        self.ticket, self.visit = ticket, ""

    def greet(self, hub: list[str | None], fault: str = "") -> str:
        self.visit = self.visit or os.urandom(8).hex()
        if fault == "before":
            return tickets.SAME
        found = tickets.greet(hub[0], self.ticket, self.visit)
        hub[0] = found.state
        if fault != "after":
            self.ticket, self.visit = found.ticket, ""
        return found.found


@given(st.lists(st.sampled_from(["", "before", "after"]), max_size=30))
def test_one_file_is_never_taken_for_two(faults: list[str]) -> None:
    """Whatever gets lost on the way."""
    hub: list[str | None] = [None]
    file = File()
    assert {file.greet(hub, fault) for fault in faults} <= {tickets.SAME}


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["", "before", "after"])), max_size=20))
def test_two_files_are_found_as_soon_as_both_spoke_and_one_again(steps: list[tuple[bool, str]]) -> None:
    """In any order and with any losses, alternating strictly or not: A, B, A is enough."""
    hub: list[str | None] = [None]
    one = File()
    one.greet(hub)
    other = File(one.ticket)
    found, spoken = [], []
    for is_one, fault in [*steps, (True, ""), (False, ""), (True, "")]:
        found.append((one if is_one else other).greet(hub, fault))
        if fault != "before" and (not spoken or spoken[-1] != is_one):
            spoken.append(is_one)
        assert (tickets.COPIED in found) == (len(spoken) > 2)


def test_junk_tickets(live_hub: LiveHub) -> None:
    """Whatever is sent as a ticket or visit: an answer, and a ticket."""
    client = Client(live_hub)
    for junk in ("", "x" * 5000, "\x00", "é", "{}", "\ud800".encode("utf-8", "surrogatepass")):
        answer = client.ask("GET", "/v1/status", params={"ticket": junk, "visit": junk})
        assert answer.status_code == 200
        assert len(answer.json()["ticket"]) > 10


# Codes


def test_a_code_cannot_be_replayed_nor_a_token_taken_over(live_hub: LiveHub, tmp_path: Path) -> None:
    """The code of a working copy is used up; its device id cannot be enrolled again; other tokens fail."""
    code = live_hub.code()
    with create_replica(tmp_path / "a.sqlite", live_hub.transport(), code, "a") as device:
        wish = {"code": code, "name": "b", "token": "b" * 40}
        assert requests.post(f"{live_hub.url}/v1/enrol", json=wish, timeout=30).status_code == 403
        again = {"code": live_hub.code(), "name": "b", "token": "b" * 40, "device_id": device.device_id}
        assert requests.post(f"{live_hub.url}/v1/enrol", json=again, timeout=30).status_code == 403
        with pytest.raises(Refused):
            create_replica(tmp_path / "b.sqlite", live_hub.transport(), code, "b")
        taken = {"code": live_hub.code(), "name": "b", "token": token_of(device)}
        assert requests.post(f"{live_hub.url}/v1/enrol", json=taken, timeout=30).status_code == 403
        assert go(device).ended is None
        assert outbox(device) == []
