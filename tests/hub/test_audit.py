"""The audit log: a line per action, and nobody can alter, remove or cut off one without it showing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld.errors import BadInput
from stadsveld.hub import audit, prepare
from stadsveld.hub.audit import network_of, record, verify
from stadsveld.hub.central import Central
from stadsveld.store import Store
from stadsveld.sync import erase, fold
from support.hub_client import Client
from support.live_hub import LiveHub

LIMIT = 60


def read(hub: LiveHub) -> list[dict]:
    with Store.open(hub.path) as store:
        return list(audit.lines(store))


def verdict(hub: LiveHub, head: str | None = None) -> audit.Verdict:
    with Store.open(hub.path, readonly=True) as store:
        return verify(store, head)


def tamper(path: Path, *statements: str) -> None:
    """Write into the file as somebody would who does not want to be noticed."""
    with closing(sqlite3.connect(path)) as connection:
        for text in statements:
            assert connection.execute(text).rowcount != 0
        connection.commit()


def test_every_action_has_its_line(live_hub: LiveHub) -> None:
    """Who, in which role, did what, on which object or how many, when, from where, with what result."""
    client, admin = Client(live_hub), Client(live_hub, "administrator")
    client.push(client.change(), client.change(), None)
    admin.ask("POST", "/v1/rows", json={"datasets": [], "tables": []})
    admin.ask("POST", "/v1/admin/enrol", json={"role": "reader", "name": "Jan de Vries", "days": 7})
    admin.ask("POST", f"/v1/admin/devices/{client.device_id}/lost")
    client.ask("GET", "/v1/status")
    client.ask("GET", "/v1/status")
    found = read(live_hub)
    whats = [(line["what"], line["who"]) for line in found]
    mine, theirs = client.device_id, admin.device_id
    assert whats == [
        ("make code", "command"),
        ("enrol", mine),
        ("make code", "command"),
        ("enrol", theirs),
        ("push", mine),
        ("rows", theirs),
        ("make code", theirs),
        ("end", theirs),
        ("tell to wipe", mine),
    ]
    assert found[4]["changes"] == {"accepted": 2, "quarantined": 1}
    assert (found[4]["role"], found[4]["from"]) == ("inspector", "local")
    assert found[6]["days"] == 7
    assert (found[7]["device"], found[7]["how"]) == (mine, "lost")
    assert [line["n"] for line in found] == list(range(1, 10))
    assert [line["at"] for line in found] == sorted(line["at"] for line in found)
    assert verdict(live_hub).broken is None


def test_it_holds_no_secrets_no_names_and_no_values(live_hub: LiveHub) -> None:
    """Tokens, codes, names of people and devices, addresses and what was recorded are not in it."""
    code = live_hub.code(name="Tablet van Jan")
    client = Client(live_hub)
    client.push(client.change(fields={"title": "Mevrouw Jansen klaagt"}))
    with Store.open(live_hub.path) as store:
        rows = store.connection.execute("SELECT line FROM stadsveld_audit").fetchall()
        beside = store.connection.execute("SELECT * FROM stadsveld_audit_change").fetchall()
    text = " ".join(row["line"] for row in rows) + repr([tuple(row) for row in beside])
    for secret in (code, client.token, "Jan", "Jansen", "127.0.0.1"):
        assert secret not in text


def test_reading_is_counted_and_told_together(live_hub: LiveHub) -> None:
    """Pulls write nothing on their own; when a line is due each device gets one, and at the end too."""
    client, other = Client(live_hub), Client(live_hub)
    epoch = client.ask("GET", "/v1/status").json()["epoch"]
    before = len(read(live_hub))
    for _time in range(5):
        client.ask("GET", f"/v1/pull?epoch={epoch}")
    other.ask("GET", "/v1/admin/devices")
    assert len(read(live_hub)) == before
    live_hub.restart()
    told = {line["who"]: line for line in read(live_hub)[before:]}
    assert told[client.device_id]["counts"]["GET /v1/pull"] == 5
    assert told[other.device_id]["counts"] == {"GET /v1/admin/devices 403": 1}
    assert told["nobody"]["counts"] == {"POST /v1/enrol": 2}
    assert told[client.device_id]["from"] == "local"
    live_hub.running._central.tally._seconds = 0.0
    client.ask("GET", f"/v1/pull?epoch={epoch}")
    assert read(live_hub)[-1]["counts"] == {"GET /v1/pull": 1}
    assert verdict(live_hub).broken is None


def test_counts_survive_a_store_that_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the lines cannot be written now, the counts wait for the next time."""
    prepare(tmp_path / "c.sqlite")
    with Store.open(tmp_path / "c.sqlite") as store, Store.open(tmp_path / "c.sqlite") as other:
        store.connection.execute("PRAGMA busy_timeout = 1")
        tally = audit.Tally(0)
        tally.note("x", "reader", "GET /v1/pull")
        with other.transaction(), pytest.raises(Exception, match="try again"):
            tally.write(store)
        tally.note("x", "reader", "GET /v1/pull")
        tally.write(store)
        assert [line["counts"] for line in audit.lines(store)] == [{"GET /v1/pull": 2}]
        tally.write(store)
        assert len(list(audit.lines(store))) == 1


def test_many_callers_are_counted_within_bounds() -> None:
    """Whoever asks from ever other places cannot fill the memory."""
    tally = audit.Tally()
    for number in range(audit._MOST_COUNTERS + 100):
        tally.note(str(number), None, "GET /")
    assert len(tally._counts) == audit._MOST_COUNTERS + 1
    assert tally._counts["others", None, "unknown"] == Counter({"GET /": 100})


@pytest.fixture
def logged(live_hub: LiveHub) -> tuple[LiveHub, Client]:
    """A central store with a log of some pushes."""
    client = Client(live_hub)
    for number in range(4):
        client.push(*(client.change(fields={"title": f"t{number}"}) for _ in range(3)))
    return live_hub, client


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE stadsveld_audit SET line = replace(line, 'accepted', 'duplicate') WHERE seq = 4", 4),
        ("UPDATE stadsveld_audit SET hash = replace(hash, 'a', 'b') WHERE seq = 3", 3),
        ("DELETE FROM stadsveld_audit WHERE seq = 4", 4),
        ("DELETE FROM stadsveld_audit WHERE seq = 1", 1),
        ("INSERT INTO stadsveld_audit VALUES (7, '{\"n\":7}', 'abc')", 7),
        ("INSERT INTO stadsveld_audit VALUES (0, '{\"n\":0}', 'abc')", 1),
        ("UPDATE stadsveld_audit SET seq = seq + 10 WHERE seq = 6", 7 - 1),
        ("UPDATE stadsveld_audit SET line = x'00ff' WHERE seq = 2", 2),
        ("DELETE FROM stadsveld_audit_change WHERE seq = 5", 5),
        ("UPDATE stadsveld_audit_change SET digest = x'00' WHERE seq = 4", 4),
        ("UPDATE stadsveld_audit_change SET salt = x'00' WHERE seq = 4", 4),
        ("UPDATE stadsveld_audit_change SET salt = NULL WHERE seq = 6", 6),
        ("UPDATE stadsveld_audit_change SET seq = 4 WHERE seq = 5", 4),
        ("UPDATE stadsveld_change SET fields = '{\"title\":\"forged\"}' WHERE fields LIKE '%t2%'", 5),
        ("UPDATE stadsveld_change SET hlc = hlc + 1 WHERE fields LIKE '%t1%'", 4),
        ("UPDATE stadsveld_change SET actor = 'somebody else' WHERE fields LIKE '%t3%'", 6),
        ("DELETE FROM stadsveld_change WHERE fields LIKE '%t0%'", 3),
    ],
)
def test_tampering_is_found(logged: tuple[LiveHub, Client], statement: str, broken: int) -> None:
    """Whatever is altered: verification names the first line that is not whole, and says what is wrong."""
    hub, _client = logged
    assert verdict(hub) == audit.Verdict(6, verdict(hub).head, changes=12)
    tamper(hub.path, statement)
    found = verdict(hub)
    assert found.broken == broken, found
    assert len(found.reason or "") > 10


def test_a_rewritten_chain_and_a_cut_one_are_found_by_the_head(logged: tuple[LiveHub, Client]) -> None:
    """Who cuts off the end, or makes a whole new chain, cannot make it contain the head kept elsewhere."""
    hub, client = logged
    head = verdict(hub).head
    client.push(client.change())
    assert verdict(hub, head).broken is None
    for wrong in ("x", "1:2", "-1:" + "0" * 64, f"{'9' * 30}:{'0' * 64}"):
        with pytest.raises(BadInput, match="NUMBER:HASH"):
            verdict(hub, wrong)
    assert verdict(hub, f"7:{'0' * 64}").broken == 7
    last = verdict(hub).head
    tamper(
        hub.path,
        "DELETE FROM stadsveld_audit WHERE seq > 6",
        "DELETE FROM stadsveld_audit_change WHERE seq > 6",
    )
    assert verdict(hub).broken is None
    assert verdict(hub, head).broken is None
    assert "cut off" in (verdict(hub, last).reason or "")
    tamper(hub.path, "DELETE FROM stadsveld_audit", "DELETE FROM stadsveld_audit_change")
    with Store.open(hub.path) as store:
        for _line in range(6):
            record(store, "nothing happened")
    assert verdict(hub).broken is None
    assert verdict(hub, head).broken == 6


def test_erasing_and_folding_leave_it_whole(logged: tuple[LiveHub, Client]) -> None:
    """What was erased is gone, its salt with it; the chain verifies with the same head."""
    hub, client = logged
    thing = client.change(fields={"title": "Mevrouw Jansen", "status": "open"})
    client.push(thing)
    later = client.change(
        fields={"title": "x"}, parents={"title": [thing["change_id"]]}, entity_id=thing["entity_id"]
    )
    client.push(later)
    head = verdict(hub).head
    with Store.open(hub.path) as store:
        erase(store, "task", thing["entity_id"], "title")
        salt = "SELECT salt FROM stadsveld_audit_change WHERE change_id = ?"
        assert store.connection.execute(salt, (thing["change_id"],)).fetchone()["salt"] is None
    found = verdict(hub, head)
    assert (found.broken, found.erased, found.changes) == (None, 2, 12)
    other = client.change()
    client.push(other)
    client.push(client.change(parents={"title": [other["change_id"]]}, entity_id=other["entity_id"]))
    epoch = client.ask("GET", "/v1/status").json()["epoch"]
    client.ask("GET", f"/v1/status?epoch={epoch}&cursor=1000000")
    with Store.open(hub.path) as store:
        assert fold(store, datetime.now(timezone.utc) + timedelta(days=1)) == 1
    found = verdict(hub, head)
    assert (found.broken, found.erased, found.changes) == (None, 3, 13)


def test_an_erasure_that_is_pushed_is_named(live_hub: LiveHub) -> None:
    """An administrator's device erases: the line says of which object."""
    admin = Client(live_hub, "administrator")
    thing = admin.change()
    admin.push(thing)
    erasure = {"_erases": {"title": [thing["change_id"]]}}
    fields = {"fields": erasure, "entity_id": thing["entity_id"]}
    assert admin.statuses(admin.change(**fields)) == ["accepted"]
    pushes = [line for line in read(live_hub) if line["what"] == "push"]
    assert "erases" not in pushes[0]
    assert pushes[1]["erases"] == [f"task {thing['entity_id']}"]
    assert verdict(live_hub).broken is None


def test_it_goes_with_a_backup(logged: tuple[LiveHub, Client], tmp_path: Path) -> None:
    """A copy is whole and goes on from where it was; the later head of the original is not in it."""
    hub, client = logged
    copy = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(hub.path)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)
    head = verdict(hub).head
    client.push(client.change())
    later = verdict(hub).head
    hub.stop()
    for tail in ("", "-wal", "-shm"):
        hub.path.with_name(hub.path.name + tail).unlink(missing_ok=True)
    shutil.copyfile(copy, hub.path)
    hub.restart()
    assert verdict(hub, head).broken is None
    assert "older backup" in (verdict(hub, later).reason or "")
    client.push(client.change())
    assert verdict(hub, head).broken is None


@pytest.mark.parametrize(("point", "is_kept"), [("take.before-commit", False), ("take.after-commit", True)])
def test_a_line_is_there_exactly_when_its_action_is(tmp_path: Path, point: str, is_kept: bool) -> None:
    """Killed before the commit: neither change nor line. Killed after it: both."""
    path = tmp_path / "c.sqlite"
    prepare(path)
    program = (
        "import sys, pathlib\n"
        "from stadsveld.hub import new_code\n"
        "from stadsveld.hub.central import Central\n"
        "from stadsveld.model import new_id\n"
        "from stadsveld.store import Store\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with Store.open(path) as store: code = new_code(store, 'inspector', 'x')\n"
        "central = Central(path)\n"
        "device = central.enrol({'code': code, 'name': 'x', 'token': 'a' * 40})\n"
        "change = {'change_id': new_id(), 'entity': 'task', 'entity_id': new_id(),\n"
        "    'fields': {'title': 't'}, 'parents': {}, 'actor': 'a', 'device': device.device_id,\n"
        "    'hlc': 1, 'schema': 1}\n"
        "central.push(device, [change])\n"
    )
    environment = {**os.environ, "STADSVELD_CRASH_AT": point}
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=LIMIT, check=False)
    assert done.returncode == -9, done.stderr
    with Store.open(path) as store:
        assert store.count("task") == int(is_kept)
        assert ("push" in [line["what"] for line in audit.lines(store)]) == is_kept
        found = verify(store)
    assert (found.broken, found.changes) == (None, int(is_kept))


def test_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    """The service and commands in other connections write lines at the same time: no gap, no fork."""
    path = tmp_path / "c.sqlite"
    prepare(path)

    def write(name: str) -> None:
        with Store.open(path) as store:
            for _line in range(25):
                record(store, "note", who=name)

    writers = [threading.Thread(target=write, args=(str(number),)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with Store.open(path) as store:
        assert verify(store).broken is None
        assert Counter(line["who"] for line in audit.lines(store)) == dict.fromkeys("0123", 25)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain of 30 lines."""
    path = tmp_path_factory.mktemp("chain") / "c.sqlite"
    prepare(path)
    with Store.open(path) as store:
        for number in range(30):
            record(store, "note", number=number, text="é\u2028\x00")
    return path


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(1, 30), at=st.integers(0, 10_000), sign=st.characters(codec="utf-8"))
def test_any_altered_character_is_found(chain: Path, place: int, at: int, sign: str) -> None:
    """One character of one line is another: that line is named; undone, all is whole."""
    with Store.open(chain) as store:
        ask = store.connection.execute
        line = ask("SELECT line FROM stadsveld_audit WHERE seq = ?", (place,)).fetchone()[0]
        at %= len(line)
        altered = line[:at] + sign + line[at + 1 :]
        ask("UPDATE stadsveld_audit SET line = ? WHERE seq = ?", (altered, place))
        assert verify(store).broken == (None if altered == line else place)
        ask("UPDATE stadsveld_audit SET line = ? WHERE seq = ?", (line, place))
        assert verify(store).broken is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", "local"),
        ("::1", "local"),
        ("192.168.7.42", "192.168.7.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_where_from_is_a_network_only(address: str | None, network: str) -> None:
    """No address of a person's device."""
    assert network_of(address) == network


def run(*arguments: object, code: int = 0) -> str:
    command = [sys.executable, "-m", "stadsveld.cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_command(logged: tuple[LiveHub, Client]) -> None:
    """It lists lines as JSON lines with the head, verifies while the service runs, and fails out loud."""
    hub, client = logged
    listed = [json.loads(line) for line in run("hub", "audit", hub.path).splitlines()]
    assert [line["what"] for line in listed[:-1]] == ["make code", "enrol", *["push"] * 4]
    assert listed[-1]["head"] == f"6:{listed[-2]['hash']}"
    since = listed[4]["at"]
    assert json.loads(run("hub", "audit", hub.path, "--since", since).splitlines()[0]) in listed[:5]
    assert len(run("hub", "audit", hub.path, "--since", "2999-01-01T00:00:00+02:00").splitlines()) == 1
    whole = json.loads(run("hub", "audit", hub.path, "--verify"))
    assert (whole["whole"], whole["lines"], whole["head"]) == (True, 6, listed[-1]["head"])
    thing = client.change()
    client.push(thing)
    run("hub", "erase", hub.path, "task", thing["entity_id"], "title")
    erased = [json.loads(line) for line in run("hub", "audit", hub.path).splitlines()[-3:-1]]
    assert [(line["what"], line["result"], line["id"]) for line in erased] == [
        ("erase", "begun", thing["entity_id"]),
        ("erase", "done", thing["entity_id"]),
    ]
    assert json.loads(run("hub", "audit", hub.path, "--head", whole["head"]))["whole"] is True
    tamper(hub.path, "DELETE FROM stadsveld_audit WHERE seq = 2")
    said = run("hub", "audit", hub.path, "--verify", code=1)
    assert '"broken": 2' in said
    assert "Line 2 of the audit log: A line is missing." in said


def test_a_log_that_cannot_be_read_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    """Listing an altered log says where."""
    path = tmp_path / "c.sqlite"
    prepare(path)
    with Store.open(path) as store:
        record(store, "note")
        store.connection.execute("UPDATE stadsveld_audit SET line = 'x'")
        with pytest.raises(BadInput, match="Line 1"):
            list(audit.lines(store))


def test_closing_writes_what_was_counted(tmp_path: Path) -> None:
    """The last quarter of an hour is not lost at a graceful stop."""
    path = tmp_path / "c.sqlite"
    prepare(path)
    central = Central(path)
    central.tally.note("x", None, "GET /")
    central.close()
    with Store.open(path) as store:
        assert [line["what"] for line in audit.lines(store)] == ["requests"]
