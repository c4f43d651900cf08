"""The commands of the service as an administrator's scripts run them, beside a running service."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from stadsveld.hub import list_devices, prepare
from stadsveld.model import new_id
from stadsveld.store import Store
from support.hub_client import Client
from support.hub_commands import COMMAND, LIMIT, Served, run, told
from support.live_hub import LiveHub

PUT = '{"op": "put", "entity": "task", "fields": {"title": "t", "geom": "POINT (203000 503000)"}}'


@pytest.fixture
def central(tmp_path: Path) -> Path:
    """A central store."""
    assert told("hub", "init", tmp_path / "central.sqlite")["store"].endswith("central.sqlite")
    return tmp_path / "central.sqlite"


def test_backup_and_restore_by_the_commands(central: Path, tmp_path: Path) -> None:
    """A disaster and its repair, by the commands alone: nothing is lost."""
    backup = tmp_path / "backup.sqlite"
    with Served(central) as served:
        one, two = (served.replica(tmp_path / f"{name}.sqlite") for name in ("one", "two"))
        run("replica", "apply", one, given=PUT)
        run("replica", "sync", one)
        made = told("hub", "backup", central, backup, "--json")
        assert list(made) == ["backup", "epoch", "seq", "photos", "bytes", "sha256"]
        assert (made["backup"], made["seq"], made["photos"]) == (str(backup), 1, 0)
        assert run("dump", backup, "--hash") == run("dump", central, "--hash")
        run("replica", "apply", one, given=PUT)
        run("replica", "sync", one)
        run("replica", "sync", two)
        assert "service runs" in run("hub", "restore", central, backup, code=1)
        served.stop()
    everything = run("dump", two, "--hash")
    done = told("hub", "restore", central, backup, "--json")
    assert done["epoch"] != made["epoch"]
    assert (done["seq"], done["devices"], done["erasures"]) == (1, 2, 0)
    assert run("dump", done["kept"], "--hash") == everything
    assert run("dump", central, "--hash") == run("dump", backup, "--hash")
    with Served(central) as served:
        with Store.open(two) as store, store.transaction():
            store.set_setting("hub_url", served.url)
        assert told("replica", "sync", two)["waiting"] == 0
        assert run("dump", central, "--hash") == everything
        assert told("hub", "check", central, "--full")["whole"] is True


def test_a_restore_over_rubble_says_what_to_do(central: Path, tmp_path: Path) -> None:
    """It works, and tells that devices must be looked at by a person."""
    run("hub", "backup", central, tmp_path / "backup.sqlite")
    central.write_bytes(b"rommel" * 5000)
    command = [*COMMAND, "hub", "restore", str(central), str(tmp_path / "backup.sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    assert json.loads(done.stdout)["devices"] is None
    assert "report again which devices were lost" in done.stderr
    assert Path(json.loads(done.stdout)["kept"]).read_bytes() == b"rommel" * 5000


def test_check_of_a_sound_store(live_hub: LiveHub, tmp_path: Path) -> None:
    """Conflicts, deletions, photos and refused changes are no problems; code 0."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = a.photos.add(b"foto")
        a.put("photo", None, {"sha256": sha256})
        a.put("photo", None, {"sha256": "ab" * 32})
        a.put("task", None, {"title": "t"})
    run("replica", "sync", tmp_path / "a.sqlite")
    client, other = Client(live_hub), Client(live_hub)
    first = client.change(fields={"_exists": True, "title": "1", "note": 7})
    assert client.statuses(first) == ["quarantined"]
    first = client.change()
    same = {"entity_id": first["entity_id"]}
    seen = {"title": [first["change_id"]]}
    client.push(first, client.change(fields={"title": "2"}, parents=seen, **same))
    other.push(other.change(fields={"title": "3"}, parents=seen, **same))
    other.push(other.change(fields={"_exists": False}, parents=seen, **same))
    gone = client.change(fields={"title": "x", "_exists": True})
    end = {"title": [gone["change_id"]], "_exists": [gone["change_id"]]}
    client.push(gone, client.change(fields={"_exists": False}, parents=end, entity_id=gone["entity_id"]))
    command = [*COMMAND, "hub", "check", str(live_hub.path), "--full", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    found = json.loads(done.stdout)
    assert done.stderr == ""
    assert (found["whole"], found["problems"]) == (True, [])
    assert (found["photos"], found["photos_waiting"], found["things"] >= 5) == (1, 1, True)
    with Store.open(live_hub.path, readonly=True) as store:
        assert store.connection.execute("SELECT count(*) FROM stadsveld_conflict").fetchone()[0] == 2


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("DELETE FROM stadsveld_head WHERE field = 'title'", "values in force"),
        ("UPDATE OR REPLACE stadsveld_head SET change_id = 'x' WHERE field = 'title'", "come from changes"),
        ("DELETE FROM stadsveld_conflict", "conflicts are not those"),
        ("INSERT INTO stadsveld_conflict VALUES ('task', 'x', 'title')", "about nothing"),
        ("UPDATE task SET title = 'stiekem'", "not what its latest change says"),
        ("DELETE FROM task", "row is missing"),
        ("DELETE FROM stadsveld_log WHERE seq = 1", "not in the log"),
        ("UPDATE stadsveld_log SET change_id = 'x' WHERE seq = 1", "tell of changes that are not there"),
        ("INSERT INTO stadsveld_change_parent VALUES ('x', 'title', 'y')", "ancestry"),
        ("UPDATE stadsveld_device SET role = 'koning'", "is no role"),
        ("UPDATE stadsveld_device SET token_hash = NULL", "has no token"),
        ("UPDATE stadsveld_device SET bbox = '[1, 2]'", "cannot be read"),
        ("UPDATE stadsveld_device SET ended = 'vergeten'", "nobody knows the way"),
        ("UPDATE stadsveld_setting SET value = 'x' WHERE key = 'epoch'", "is no id"),
        ("INSERT INTO stadsveld_setting VALUES ('backed_up_seq', '99')", "more of its log is backed up"),
        ("UPDATE stadsveld_audit SET line = replace(line, 'enrol', 'groet') WHERE seq = 2", "audit log"),
        ("UPDATE stadsveld_change SET fields = replace(fields, 'eigen', 'vreemd')", "was altered"),
        ("UPDATE geometry_columns SET spatial_index_enabled = 1; DELETE FROM idx_task_geom", "spatial index"),
    ],
)
def test_check_finds_what_is_wrong(live_hub: LiveHub, sql: str, text: str) -> None:
    """Each kind of damage: code 1, what is wrong and what to do, in JSON on standard output."""
    one, two = Client(live_hub), Client(live_hub)
    here = "0101000000000000006cc708410000000060b31e41"
    first = one.change(fields={"title": "eigen", "_exists": True, "geom": here})
    assert one.statuses(first) == ["accepted"]
    for client in (one, two):
        change = client.change(
            fields={"title": client.device_id},
            parents={"title": [first["change_id"]]},
            entity_id=first["entity_id"],
        )
        assert client.statuses(change) == ["accepted"]
    live_hub.stop()
    with Store.open(live_hub.path) as store, store.transaction(capture=False):
        for part in sql.split("; "):
            store.connection.execute(part)
    command = [*COMMAND, "hub", "check", str(live_hub.path), "--full"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    live_hub.restart()
    assert done.returncode == 1, done.stdout + done.stderr
    problems = json.loads(done.stdout)["problems"]
    assert any(text in problem["what"] for problem in problems), problems
    assert all(problem["advice"] for problem in problems)


def test_what_nobody_fetches_is_logged_by_init(live_hub: LiveHub) -> None:
    """The advice of the check helps."""
    client = Client(live_hub)
    client.push(client.change(), client.change())
    live_hub.stop()
    with Store.open(live_hub.path) as store:
        store.connection.execute("DELETE FROM stadsveld_log")
    run("hub", "init", live_hub.path)
    assert told("hub", "check", live_hub.path)["problems"] == []
    live_hub.restart()
    page = client.ask("GET", f"/v1/pull?epoch={client.ask('GET', '/v1/status').json()['epoch']}").json()
    assert len(page["changes"]) == 2


def test_check_of_photos(live_hub: LiveHub, tmp_path: Path) -> None:
    """An altered file is named; one that is no photo is nobody's business."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = a.photos.add(b"foto")
        a.put("photo", None, {"sha256": sha256})
    run("replica", "sync", tmp_path / "a.sqlite")
    with Store.open(live_hub.path) as store:
        store.photos.path(sha256).write_bytes(b"FOTO")
        (store.photos.folder / "lees mij.txt").write_text("x", encoding="utf-8")
    command = [*COMMAND, "hub", "check", str(live_hub.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert sha256 in problem["what"]


def test_what_is_no_central_store(tmp_path: Path, live_hub: LiveHub) -> None:
    """A working copy, a store of one's own, a text, nothing: said in one line, by every command."""
    live_hub.replica(tmp_path / "copy.sqlite").close()
    Store.create(tmp_path / "own.sqlite").close()
    (tmp_path / "text.sqlite").write_text("tekst" * 99, encoding="utf-8")
    for name, text in (
        ("copy.sqlite", "working copy"),
        ("own.sqlite", "hub init"),
        ("text.sqlite", "not a Stadsveld store"),
        ("absent.sqlite", "cannot be read"),
    ):
        for command in (("backup", "FILE"), ("check",), ("token", "--role", "reader"), ("devices",)):
            arguments = [tmp_path / "new.sqlite" if part == "FILE" else part for part in command[1:]]
            said = run("hub", command[0], tmp_path / name, *arguments, code=1)
            assert (name, command, text in said, said.count("\n")) == (name, command, True, 1)
    assert not (tmp_path / "new.sqlite").exists()


def test_a_token_for_another_program(central: Path, tmp_path: Path) -> None:
    """It reads features and photos, and nothing else; it is listed, limited, and can be ended."""
    with Served(central) as served:
        replica = served.replica(tmp_path / "a.sqlite")
        with Store.open(replica) as store:
            sha256 = store.photos.add(b"foto")
            store.put("photo", None, {"sha256": sha256})
            store.put("task", None, {"title": "t"})
        run("replica", "sync", replica)
        made = told("hub", "token", central, "--role", "reader", "--name", "website", "--days", "30")
        assert list(made) == ["token"]
        headers = {"Authorization": f"Bearer {made['token']}"}

        def ask(method: str, path: str) -> int:
            return requests.request(method, served.url + path, headers=headers, timeout=30).status_code

        assert ask("GET", "/collections/tasks/items") == 200
        assert ask("GET", f"/v1/photos/{sha256}") == 200
        assert ask("GET", f"/v1/photos/{'0' * 64}") == 404
        refused = [("GET", "status"), ("GET", "pull"), ("POST", "push"), ("POST", "snapshot")]
        refused += [("POST", "uploads"), ("POST", "rows"), ("GET", "replica")]
        refused += [("GET", "admin/devices"), ("POST", "admin/enrol"), ("POST", "delivered")]
        for method, path in refused:
            assert (path, ask(method, f"/v1/{path}")) == (path, 403)
        (client,) = (d for d in told("hub", "devices", central)["devices"] if d["kind"] == "client")
        assert (client["name"], client["role"], client["ended"]) == ("website", "reader", None)
        assert client["token_expires"] > client["enrolled_at"]
        run("hub", "lost", central, client["device_id"])
        assert ask("GET", "/collections/tasks/items") == 401
        assert ask("GET", f"/v1/photos/{sha256}") == 403
    content = b"".join(path.read_bytes() for path in tmp_path.glob("central.sqlite*") if path.is_file())
    assert made["token"].encode() not in content


def test_a_token_that_has_expired_or_was_retired(live_hub: LiveHub) -> None:
    """Dead for both ways of reading."""
    url = f"{live_hub.url}/v1/photos/{'0' * 64}"
    for sql in ("SET token_expires = '2020-01-01T00:00:00Z'", "SET ended = 'retired'"):
        token = told("hub", "token", live_hub.path, "--role", "administrator", "--days", "1")["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(url, headers=headers, timeout=30).status_code == 404
        with Store.open(live_hub.path) as store:
            store.connection.execute(f"UPDATE stadsveld_device {sql} WHERE kind = 'client'")
        assert requests.get(url, headers=headers, timeout=30).status_code == 401
        items = requests.get(f"{live_hub.url}/collections/tasks/items", headers=headers, timeout=30)
        assert items.status_code in (401, 403)


def test_a_client_does_not_hold_up_the_folding_of_history(live_hub: LiveHub) -> None:
    """It fetches nothing, so nothing waits for it."""
    run("hub", "token", live_hub.path, "--role", "reader")
    client = Client(live_hub)
    first = client.change(fields={"title": "oud"})
    later = {"parents": {"title": [first["change_id"]]}, "entity_id": first["entity_id"]}
    client.push(first, client.change(fields={"title": "nieuw"}, **later))
    epoch = client.ask("GET", "/v1/status").json()["epoch"]
    client.ask("GET", f"/v1/status?epoch={epoch}&cursor=2")
    assert told("hub", "fold", live_hub.path, "--before", "2099-01-01T00:00:00Z")["folded"] == 1


def test_wrong_wishes_for_a_token(central: Path) -> None:
    """Said before anything is made."""
    for options in (["--bbox", "1,2,3"], ["--bbox", "5,5,1,1"], ["--days", "0"], ["--name", ""]):
        run("hub", "token", central, "--role", "reader", *options, code=1)
    run("hub", "token", central, "--role", "koning", code=2)
    with Store.open(central) as store:
        assert list_devices(store) == []


def test_a_qr_picture_needs_an_address(central: Path, tmp_path: Path) -> None:
    """Without one there is neither a picture nor a code; told once to `serve`, it is remembered."""
    enrol = ("hub", "enrol", central, "--role", "reader", "--name", "x", "--qr", tmp_path / "a.svg")
    assert "--public-url" in run(*enrol, code=1)
    assert not (tmp_path / "a.svg").exists()
    assert told("hub", "devices", central)["devices"] == []
    assert "no address" in run(*enrol, "--url", "stadsveld", code=1)
    assert "no address" in run("hub", "serve", central, "--public-url", "ftp://x", code=1)
    with Served(central, "--public-url", "https://veld.example.nl/"):
        assert told(*enrol)["code"]
        assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    remembered = (tmp_path / "a.svg").stat().st_size
    assert told(*enrol, "--url", "https://een-veel-langer-adres.example.nl/" + "x" * 200)["code"]
    assert (tmp_path / "a.svg").stat().st_size > remembered
    assert "cannot be written" in run(*enrol[:-1], tmp_path / "nowhere" / "a.svg", code=1)


def test_a_running_request_is_finished_before_it_stops(central: Path, tmp_path: Path) -> None:
    """A push whose body is still on its way when the service is told to stop is answered; code 0."""
    with Served(central) as served:
        code = told("hub", "enrol", central, "--role", "inspector", "--name", "x")["code"]
        token = "t" * 40
        wish = {"code": code, "name": "x", "token": token}
        device = requests.post(f"{served.url}/v1/enrol", json=wish, timeout=30).json()["device_id"]
        change = {
            "change_id": new_id(), "entity": "task", "entity_id": new_id(), "fields": {"title": "t"},
            "parents": {}, "actor": "a", "device": device, "hlc": 1, "schema": 1,
        }  # fmt: skip
        body = json.dumps({"changes": [change]}).encode()
        halfway, answers = threading.Event(), []

        def pieces():
            yield body[:20]
            halfway.set()
            time.sleep(2)
            yield body[20:]

        def push() -> None:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{served.url}/v1/push"
            answers.append(requests.post(url, data=pieces(), headers=headers, timeout=30).json())

        pushing = threading.Thread(target=push)
        pushing.start()
        assert halfway.wait(30)
        time.sleep(0.5)
        served.stop(signal.SIGTERM)
        pushing.join(30)
        assert served.process.returncode == 0
    assert answers[0]["answers"][0]["status"] == "accepted"
    with Store.open(central) as store:
        assert store.count("task") == 1


def test_a_port_that_is_taken(central: Path) -> None:
    """One line that names the port; code 1; so too an address of another computer, and no port at all."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = run("hub", "serve", central, "--port", port, code=1)
        assert str(port) in said
        assert said.count("\n") == 1
    assert "cannot be used" in run("hub", "serve", central, "--port", "99999", code=1)
    assert "cannot be used" in run(
        "hub", "serve", central, "--port", "0", "--host", "192.0.2.1", "--insecure", code=1
    )


def test_plain_http_for_other_computers_has_to_be_meant(central: Path) -> None:
    """Refused, with what to do; with --insecure it serves."""
    said = run("hub", "serve", central, "--port", "0", "--host", "0.0.0.0", code=1)
    assert "--insecure" in said
    with Served(central, "--host", "0.0.0.0", "--insecure") as served:
        url = served.url.replace("0.0.0.0", "127.0.0.1")
        assert requests.get(f"{url}/v1/health", timeout=30).json()["status"] == "ok"


def test_two_services_over_one_store(central: Path) -> None:
    """The store has one writer."""
    with Served(central):
        assert "service runs" in run("hub", "serve", central, "--port", "0", code=1)
    with Served(central) as again:
        assert requests.get(f"{again.url}/v1/health", timeout=30).status_code == 200


def test_joining_again_by_the_command(central: Path, tmp_path: Path) -> None:
    """Restored without the old store; the forgotten working copy says so, joins with a code, goes on."""
    run("hub", "backup", central, tmp_path / "backup.sqlite")
    with Served(central) as served:
        replica = served.replica(tmp_path / "a.sqlite")
        run("replica", "apply", replica, given=PUT)
        run("replica", "sync", replica)
        served.stop()
    central.unlink()
    run("hub", "restore", central, tmp_path / "backup.sqlite")
    with Served(central) as served:
        with Store.open(replica) as store, store.transaction():
            store.set_setting("hub_url", served.url)
        assert "new code" in run("replica", "sync", replica, code=1)
        code = told("hub", "enrol", central, "--role", "inspector", "--name", "a")["code"]
        before = told("replica", "status", replica)["device_id"]
        joined = told("replica", "join", replica, "--hub", served.url, "--code", code)
        assert joined["device_id"] == before
        assert told("replica", "sync", replica)["accepted"] == 1
        assert told("replica", "status", replica)["waiting"] == 0
        assert "already" in run("replica", "join", replica, "--hub", served.url, "--code", code, code=1)
    assert run("dump", central, "--hash") == run("dump", replica, "--hash")


_MEMORY = """
import sys
from pathlib import Path
from stadsveld.hub import back_up, restore
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
before = most()
back_up(Path(sys.argv[1]), Path(sys.argv[2]))
restore(Path(sys.argv[1]), Path(sys.argv[2]))
print(most() - before)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="SKIPPED: memory is not told by this system"
)
def test_backup_and_restore_stream(tmp_path: Path) -> None:
    """A store and a photo of more than 100 MB each cost no such memory."""
    prepare(tmp_path / "central.sqlite")
    with Store.open(tmp_path / "central.sqlite") as store, store.transaction(capture=False):
        for _n in range(120):
            store.put("task", None, {"note": "x" * 1_000_000})
        store.photos.add(b"x" * 120_000_000)
    command = [sys.executable, "-c", _MEMORY, *map(str, (tmp_path / "central.sqlite", tmp_path / "b.sqlite"))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    assert (tmp_path / "b.sqlite").stat().st_size > 100_000_000
    assert int(done.stdout) < 100_000, f"{done.stdout} KiB more than before"
