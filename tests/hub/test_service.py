"""The central store as anyone on the network meets it: enrolment, roles, and whatever is thrown at it."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import zlib
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.errors import BadInput, Refused, StoreError
from stadsveld.hub import RunningHub, list_devices, new_code, prepare
from stadsveld.model import id_from_register, new_id
from stadsveld.store import Store, statement
from stadsveld.sync import dump_hash, history
from support.hub_client import Client
from support.live_hub import LiveHub

HERE = geo.point_wkb(203000, 503000).hex()


@pytest.fixture
def inspector(live_hub: LiveHub) -> Client:
    """An enrolled inspector."""
    return Client(live_hub)


def test_enrolment(live_hub: LiveHub) -> None:
    """A code works once, as typed by people; wrong, used and expired codes are refused, and say so."""
    code = live_hub.code()
    wish = {"code": code.lower().replace("-", " "), "name": "tablet", "token": "a" * 40}

    def enrol(**other) -> requests.Response:
        return requests.post(f"{live_hub.url}/v1/enrol", json={**wish, **other}, timeout=30)

    assert enrol(code="WRONG").status_code == 403
    assert enrol(token="short").status_code == 400
    assert enrol(name="").status_code == 400
    assert enrol(bbox=[1, 2, 3]).status_code == 400
    first = enrol()
    assert first.status_code == 200
    assert enrol().json() == first.json()
    used = enrol(token="b" * 40)
    assert (used.status_code, "used" in used.json()["error"]) == (403, True)
    expired = live_hub.code()
    with Store.open(live_hub.path) as store:
        store.connection.execute("UPDATE stadsveld_device SET code_expires = '2020-01-01T00:00:00Z'")
    answer = enrol(code=expired)
    assert (answer.status_code, "expired" in answer.json()["error"]) == (403, True)


def test_secrets_are_stored_as_hashes_only(live_hub: LiveHub, tmp_path: Path) -> None:
    """Neither a code nor a token is to be found in the file."""
    code = live_hub.code()
    client = Client(live_hub)
    live_hub.stop()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("central.sqlite*"))
    live_hub.restart()
    assert code.encode() not in content
    assert code.replace("-", "").encode() not in content
    assert client.token.encode() not in content


def test_without_a_right_token_nothing_is_answered(live_hub: LiveHub, inspector: Client) -> None:
    """Every address but health and enrol asks for the token; wrong and empty ones get 401, lost ones 403."""
    paths = [("GET", p) for p in ("status", "replica", "pull", "admin/devices", f"photos/{'ab' * 32}")]
    paths += [("POST", p) for p in ("push", "rows", "admin/enrol", f"admin/devices/{new_id()}/lost")]
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        for method, path in paths:
            answer = requests.request(method, f"{live_hub.url}/v1/{path}", headers=headers, timeout=30)
            assert (path, answer.status_code) == (path, 401)
            assert answer.json()["error"]
    assert requests.get(f"{live_hub.url}/v1/health", timeout=30).json()["status"] == "ok"
    live_hub.end(inspector.device_id, "lost")
    assert inspector.ask("GET", "/v1/status").json()["wipe"] is True
    assert inspector.ask("POST", "/v1/push", json={"changes": [inspector.change()]}).status_code == 403


@pytest.mark.parametrize(
    ("role", "entity", "taken"),
    [
        ("reader", "task", False),
        ("inspector", "task", True),
        ("inspector", "photo", True),
        ("inspector", "road_section", False),
        ("inspector", "dataset", False),
        ("inspector", "plan", False),
        ("planner", "plan", True),
        ("planner", "road_section", True),
        ("administrator", "dataset", True),
    ],
)
def test_roles(live_hub: LiveHub, role: str, entity: str, taken: bool) -> None:
    """Each role writes what it is for; a refusal names the role and what to do."""
    client = Client(live_hub, role)
    (answer,) = client.push(client.change(entity, {"_exists": True}))
    assert answer["status"] == ("accepted" if taken else "quarantined")
    if not taken:
        assert role in answer["reason"]
        assert "administrator" in answer["reason"]


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"pavement": "asfalt"}, True),
        ({"pavement": "asfalt", "number": "9"}, False),
        ({"_exists": False}, False),
    ],
)
def test_an_inspector_may_say_which_pavement_lies_there(
    live_hub: LiveHub, fields: dict[str, object], taken: bool
) -> None:
    """An answer to "which pavement" is accepted; number and existence are not an inspector's to change."""
    client = Client(live_hub, "inspector")
    (answer,) = client.push(client.change("road_section", fields))
    assert answer["status"] == ("accepted" if taken else "quarantined")


def test_register_rows_are_for_planners(live_hub: LiveHub) -> None:
    """An inspector's import is refused whole."""
    dataset = {"id": id_from_register("x", "1"), "name": "d", "edition_date": "2024-01-01"}
    row = [id_from_register("x", "2"), dataset["id"], "7"]
    table = {"entity": "road_section", "columns": ["id", "dataset_id", "number"], "rows": [row]}
    content = {"datasets": [dataset], "tables": [table]}
    assert Client(live_hub).ask("POST", "/v1/rows", json=content).status_code == 403
    planner = Client(live_hub, "planner")
    assert planner.ask("POST", "/v1/rows", json=content).json() == {"stored": 1}
    assert planner.ask("POST", "/v1/rows", json=content).json() == {"stored": 0}
    surrogate, endless = [[row[0], None, "\ud800"]], [[row[0], None, 1e999]]
    for wrong in ([["no uuid", None, "7"]], [[*row, "more"]], "x", surrogate, endless):
        bad = json.dumps({"datasets": [], "tables": [{**table, "rows": wrong}]}).encode()
        assert planner.ask("POST", "/v1/rows", data=bad).status_code == 400
    for geometry in ("zz", "01", HERE, 7):
        for row_id in (row[0], id_from_register("x", "new")):
            shaped = {"entity": "road_section", "columns": ["id", "geom"], "rows": [[row_id, geometry]]}
            answer = planner.ask("POST", "/v1/rows", json={"datasets": [], "tables": [shaped]})
            assert (geometry, answer.status_code) == (geometry, 400)
            assert row_id in answer.json()["error"]


def test_an_older_edition_does_not_come_over_a_newer_one(live_hub: LiveHub) -> None:
    """Whoever sends first: the row of the newest edition stays."""
    planner, row_id = Client(live_hub, "planner"), id_from_register("x", "2")
    for edition, number in (("2025-01-01", "nieuw"), ("2024-01-01", "oud")):
        dataset = {"id": id_from_register("x", edition), "name": "d", "edition_date": edition}
        table = {"entity": "road_section", "columns": ["id", "dataset_id", "number"]}
        content = {"datasets": [dataset], "tables": [{**table, "rows": [[row_id, dataset["id"], number]]}]}
        assert planner.ask("POST", "/v1/rows", json=content).status_code == 200
    with Store.open(live_hub.path) as central:
        assert central.get("road_section", row_id)["number"] == "nieuw"


def test_nobody_speaks_for_another_device(live_hub: LiveHub, inspector: Client) -> None:
    """A change in the name of a planner's device is refused from an inspector, as is a stranger's."""
    planner = Client(live_hub, "planner")
    forged = inspector.change("road_section", {"number": "1"}, device=planner.device_id)
    stranger = inspector.change(device=new_id())
    assert inspector.statuses(forged, stranger) == ["quarantined", "quarantined"]
    assert planner.statuses(forged) == ["accepted"]


def test_an_area_is_checked(live_hub: LiveHub) -> None:
    """Geometry outside the device's area is refused, as is work on an object outside it."""
    client = Client(live_hub, bbox=[202000, 502000, 204000, 504000])
    far = client.change(fields={"geom": geo.point_wkb(210000, 510000).hex()})
    on_it = {"asset_entity": "road_section", "asset_id": id_from_register("x", "far")}
    ring = [[[(210000, 510000), (210010, 510000), (210010, 510010), (210000, 510000)]]]
    with Store.open(live_hub.path) as central:
        central.put("road_section", on_it["asset_id"], {"geom": geo.multipolygon_wkb(ring)})
    near, nowhere = client.change(fields={"geom": HERE}), client.change()
    elsewhere = client.change("inspection", on_it)
    statuses = client.statuses(near, far, nowhere, elsewhere)
    assert statuses == ["accepted", "quarantined", "accepted", "quarantined"]


def test_a_change_is_never_replaced(live_hub: LiveHub, inspector: Client) -> None:
    """The same id with other content is refused; the first stays."""
    first = inspector.change()
    assert inspector.statuses(first, first) == ["accepted", "duplicate"]
    assert inspector.statuses({**first, "fields": {"title": "forged"}}) == ["quarantined"]
    assert inspector.statuses(first) == ["duplicate"]
    with Store.open(live_hub.path) as central:
        assert central.get("task", first["entity_id"])["title"] == "t"


def test_a_refused_change_keeps_its_place_in_the_line(live_hub: LiveHub, inspector: Client) -> None:
    """A, refused B, C: no false conflict, for this store and for who pulls from it."""
    first = inspector.change()
    thing = {"entity_id": first["entity_id"]}
    middle = inspector.change(fields={"title": 5}, parents={"title": [first["change_id"]]}, **thing)
    last = inspector.change(fields={"title": "C"}, parents={"title": [middle["change_id"]]}, **thing)
    assert inspector.statuses(first, middle, last) == ["accepted", "quarantined", "accepted"]
    page = inspector.ask("GET", f"/v1/pull?epoch={inspector.ask('GET', '/v1/status').json()['epoch']}").json()
    skeleton = next(change for change in page["changes"] if change["change_id"] == middle["change_id"])
    assert skeleton["quarantined"] is True
    assert "fields" not in skeleton
    with Store.open(live_hub.path) as central:
        assert central.connection.execute(statement("count_conflicts")).fetchone()[0] == 0
        assert central.get("task", first["entity_id"])["title"] == "C"


def test_fields_of_a_newer_version_are_carried_along(live_hub: LiveHub, inspector: Client) -> None:
    """A newer app's unknown field is kept and passed on; an unknown field of our own version is refused."""
    newer = inspector.change(fields={"title": "t", "hologram": {"x": 1}}, schema=2)
    wrong = inspector.change(fields={"hologram": 1})
    assert inspector.statuses(newer, wrong) == ["accepted", "quarantined"]
    with Store.open(live_hub.path) as central:
        assert {"title": "t", "hologram": {"x": 1}} in [dict(item.fields) for item in history(central)]


def test_a_clock_that_is_days_ahead_is_taken_and_not_followed(live_hub: LiveHub, inspector: Client) -> None:
    """The change is accepted as stamped; the central store's own clock stays where it is."""
    days_ahead = (2**47) << 15
    assert inspector.statuses(inspector.change(hlc=days_ahead)) == ["accepted"]
    with Store.open(live_hub.path) as central:
        assert int(central.setting("hlc") or 0) < days_ahead
    assert inspector.statuses(inspector.change(hlc=1 << 63), inspector.change(hlc=-1)) == ["quarantined"] * 2


def test_a_circle_of_ancestors_is_refused(inspector: Client) -> None:
    """A change that claims to come before and after another is not taken."""
    one, two = inspector.change(), inspector.change()
    two["entity_id"] = one["entity_id"]
    two["parents"], one["parents"] = {"title": [one["change_id"]]}, {"title": [two["change_id"]]}
    assert inspector.statuses(two, one) == ["accepted", "quarantined"]


POISON = [
    None,
    5,
    "text",
    [],
    {},
    {"change_id": "x"},
    {"change_id": 10**400},
]
BAD_FIELDS = [
    {},
    [],
    {"title": "\ud800"},
    {"title": 2**70},
    {"title": {"\udfff": 1}},
    {"Title": "x"},
    {"t\x00": "x"},
    {"id": new_id()},
    {"fid": 1},
    {"_exists": "yes"},
    {"geom": "zz"},
    {"geom": "0101"},
    {"geom": geo.point_wkb(float("nan"), 1).hex()},
    {"geom": geo.point_wkb(5.1, 52.1).hex()},
    {"geom": geo.linestring_wkb([(203000, 503000), (203001, 503001)]).hex()},
    {"geom": {"type": "Point"}},
    {"title": "x" * (3 << 20)},
    {"condition": "E"},
]
BAD_PARTS = [
    {"entity": "sqlite_master"},
    {"entity": "task; DROP TABLE task"},
    {"entity_id": "1"},
    {"entity_id": None},
    {"parents": None},
    {"parents": {"title": "x"}},
    {"parents": {"title": ["x"]}},
    {"actor": ""},
    {"actor": "x" * 1000},
    {"device": 7},
    {"hlc": 1.5},
    {"hlc": True},
    {"schema": None},
]


def test_poison_between_good_changes(live_hub: LiveHub, inspector: Client) -> None:
    """Whatever is wrong with one change, it alone is refused, with a reason; the others pass."""
    bad: list[object] = [*POISON, *(inspector.change(fields=fields) for fields in BAD_FIELDS)]
    bad += [inspector.change(**part) for part in BAD_PARTS]
    mixed: list[object] = []
    for one in bad:
        mixed += [one, inspector.change()]
    raw = json.dumps({"changes": mixed}).encode()
    answer = inspector.ask("POST", "/v1/push", data=raw)
    assert answer.status_code == 200
    answers = answer.json()["answers"]
    for one, found in zip(bad, answers[::2], strict=True):
        assert found["status"] == "quarantined", one
        assert len(found["reason"]) > 10
    assert {found["status"] for found in answers[1::2]} == {"accepted"}
    with Store.open(live_hub.path) as central:
        assert central.count("task") == len(bad)
        assert central.problems() == []


def test_bodies_that_are_no_bodies(live_hub: LiveHub, inspector: Client) -> None:
    """Each gets a 4xx with an error and never a server error; the service goes on."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    squeezed = b"".join(bomb.compress(b" " * (1 << 20)) for _ in range(100)) + bomb.flush()
    zipped = {"Content-Encoding": "gzip"}
    cases = [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"changes": 5}', {}, 400),
        (b'{"changes": [' + b"0," * 6000 + b"0]}", {}, 400),
        (b'{"changes": []}', zipped, 400),
        (gzip.compress(b'{"changes": []}')[:-9], zipped, 400),
        (squeezed, zipped, 413),
        (b'{"changes": []}', {"Content-Encoding": "br"}, 415),
        (b" " * (33 << 20), {}, 413),
    ]
    for body, headers, status in cases:
        try:
            answer = inspector.ask("POST", "/v1/push", data=body, headers=headers)
        except requests.ConnectionError:
            assert status == 413
            continue
        assert (body[:30], answer.status_code) == (body[:30], status)
        assert answer.json()["error"]
    assert inspector.statuses(inspector.change()) == ["accepted"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_junk_is_answered(live_hub: LiveHub, inspector: Client, data: st.DataObject) -> None:
    """Any JSON in any place of any request: an answer below 500, an error where it is no success."""
    good = inspector.change()
    key = data.draw(st.sampled_from(sorted(good)))
    junk = data.draw(JSON)
    kind = data.draw(
        st.sampled_from(["body", "changes", "change", "part", "fields", "rows", "pull", "photo"])
    )
    body: object = {"changes": [{**good, key: junk}, {**good, "fields": junk}]}
    path, method = "/v1/push", "POST"
    if kind == "body":
        body = junk
    elif kind == "changes":
        body = {"changes": junk}
    elif kind == "rows":
        body, path = (
            {"datasets": junk, "tables": [{"entity": "road_section", "columns": junk, "rows": junk}]},
            "/v1/rows",
        )
    elif kind == "pull":
        text = data.draw(st.text(max_size=20))
        answer = inspector.ask("GET", "/v1/pull", params={"epoch": text, "after": text, "limit": text})
        assert 400 <= answer.status_code < 500
        return
    elif kind == "photo":
        text = data.draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
        answer = inspector.ask("PUT", "/v1/photos/" + requests.utils.quote(text, safe=""), data=b"x")
        assert 400 <= answer.status_code < 500
        return
    raw = json.dumps(body).encode()
    answer = inspector.ask(method, path, data=raw)
    assert answer.status_code < 500
    content = answer.json()
    assert content.get("answers") is not None if answer.status_code == 200 else content["error"]


def test_photos_are_verified(live_hub: LiveHub, inspector: Client) -> None:
    """Only a photo that a row tells of, and only whole; afterwards it is there for all."""
    content = b"\xff\xd8 a photo"
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"/v1/photos/{sha256}"
    assert inspector.upload(sha256, content).status_code == 403
    assert inspector.statuses(inspector.change("photo", {"sha256": sha256, "_exists": True})) == ["accepted"]
    assert inspector.upload(sha256, b"?" * len(content)).status_code == 422
    assert inspector.ask("GET", path).status_code == 404
    assert inspector.upload(sha256, content).status_code == 201
    assert inspector.ask("GET", path).content == content
    for wrong in ("x", "..%2f..%2fcentral.sqlite", "AB" * 32):
        assert inspector.ask("GET", f"/v1/photos/{wrong}").status_code in (400, 404)


def test_administration(live_hub: LiveHub, inspector: Client) -> None:
    """An administrator makes codes with a QR picture, lists and ends devices; others may not."""
    admin = Client(live_hub, "administrator")
    made = admin.ask("POST", "/v1/admin/enrol", json={"role": "reader", "name": "Balie"}).json()
    assert json.loads(made["payload"]) == {"url": live_hub.url, "code": made["code"]}
    assert made["svg"].startswith("<svg")
    assert made["png_base64"].startswith("iVBOR")
    assert admin.ask("POST", "/v1/admin/enrol", json={"role": "king", "name": "x"}).status_code == 400
    listed = admin.ask("GET", "/v1/admin/devices").json()["devices"]
    assert {device["name"] for device in listed} == {"inspector", "administrator", "Balie"}
    assert not any("hash" in key for device in listed for key in device)
    assert admin.ask("POST", f"/v1/admin/devices/{inspector.device_id}/lost").status_code == 200
    assert inspector.ask("GET", "/v1/status").status_code == 403
    assert admin.ask("POST", f"/v1/admin/devices/{new_id()}/lost").status_code == 400
    assert admin.ask("POST", f"/v1/admin/devices/{new_id()}/explode").status_code == 404
    planner = Client(live_hub, "planner")
    assert planner.ask("GET", "/v1/admin/devices").status_code == 403
    assert (
        planner.ask("POST", "/v1/admin/enrol", json={"role": "administrator", "name": "x"}).status_code == 403
    )


def test_a_cursor_of_another_epoch_is_noticed(inspector: Client) -> None:
    """The answer tells the epoch of now."""
    answer = inspector.ask("GET", "/v1/pull?epoch=other&after=3")
    assert answer.status_code == 409
    assert answer.json()["epoch"] == inspector.ask("GET", "/v1/status").json()["epoch"]


def test_pages_are_complete_while_others_write(live_hub: LiveHub, inspector: Client) -> None:
    """Pulling page by page while changes arrive meets each change."""
    epoch = inspector.ask("GET", "/v1/status").json()["epoch"]
    made = [inspector.change() for _ in range(25)]
    inspector.push(*made)
    seen, after, more = set(), 0, True
    while more:
        if len(made) < 40:
            made.append(inspector.change())
            inspector.push(made[-1])
        page = inspector.ask("GET", f"/v1/pull?epoch={epoch}&after={after}&limit=7").json()
        seen |= {change["change_id"] for change in page["changes"]}
        after, more = page["next"], page["more"]
    assert seen == {change["change_id"] for change in made}


def test_edits_made_in_the_central_store_itself_go_out(live_hub: LiveHub, inspector: Client) -> None:
    """A row that the desk writes straight into the store is sealed and pulled."""
    with Store.open(live_hub.path) as central:
        task = central.put("task", None, {"title": "van het bureau"})
    epoch = inspector.ask("GET", "/v1/status").json()["epoch"]
    page = inspector.ask("GET", f"/v1/pull?epoch={epoch}").json()
    assert [change["entity_id"] for change in page["changes"]] == [task]


def test_the_log_tells_who_did_what_without_secrets(
    live_hub: LiveHub, inspector: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """One JSON line per action: device, action, result, counts."""
    with caplog.at_level(logging.INFO, "stadsveld.hub"):
        inspector.push(inspector.change(), None)
        Client(live_hub)
    lines = [json.loads(record.message) for record in caplog.records]
    pushed = next(line for line in lines if line["path"] == "/v1/push")
    assert (pushed["device"], pushed["status"]) == (inspector.device_id, 200)
    assert (pushed["accepted"], pushed["quarantined"]) == (1, 1)
    assert inspector.token not in caplog.text


def test_it_refuses_to_be_reached_without_tls(tmp_path: Path) -> None:
    """Listening for other computers needs a certificate, or a person who says that it is meant."""
    path = tmp_path / "central.sqlite"
    prepare(path)
    with pytest.raises(Refused, match="certificate"):
        RunningHub(path, host="0.0.0.0")
    with RunningHub(path, host="0.0.0.0", insecure=True) as running:
        assert requests.get(running.url.replace("0.0.0.0", "127.0.0.1") + "/v1/health", timeout=30).ok


def test_what_is_no_central_store_is_not_served(tmp_path: Path) -> None:
    """A plain store says how to make it central; a working copy cannot become one; a taken port is told."""
    with Store.create(tmp_path / "own.sqlite") as own:
        own.put("task", None, {"title": "al hier"})
    with pytest.raises(StoreError, match="hub init"):
        RunningHub(tmp_path / "own.sqlite")
    prepare(tmp_path / "own.sqlite")
    with RunningHub(tmp_path / "own.sqlite") as running:
        port = int(running.url.rsplit(":", 1)[1])
        with pytest.raises(StoreError, match=str(port)):
            RunningHub(tmp_path / "own.sqlite", port=port)
    with Store.create(tmp_path / "copy.sqlite") as copy:
        copy.set_setting("hub_url", "http://elsewhere")
    with pytest.raises(StoreError, match="working copy"):
        prepare(tmp_path / "copy.sqlite")


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    """The epoch stays, and what was recorded before becomes fetchable once."""
    path = tmp_path / "store.sqlite"
    with Store.create(path) as own:
        own.put("task", None, {"title": "al hier"})
    prepare(path)
    with Store.open(path) as first:
        before = (first.setting("epoch"), dump_hash(first))
        logged = first.connection.execute(statement("last_logged")).fetchone()[0]
    prepare(path)
    with Store.open(path) as second:
        assert (second.setting("epoch"), dump_hash(second)) == before
        assert second.connection.execute(statement("last_logged")).fetchone()[0] == logged == 1


def test_codes_are_checked_when_made(store: Store) -> None:
    """Unknown roles, no name, an area that is none."""
    for role, name, bbox in (("king", "x", None), ("reader", " ", None), ("reader", "x", [2, 2, 1, 1])):
        with pytest.raises(BadInput):
            new_code(store, role, name, bbox)
    assert list_devices(store) == []
