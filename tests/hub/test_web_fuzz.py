"""Whatever is thrown at any address: a clear answer below 500, and the service goes on."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from stadsveld import geo
from stadsveld.hub import new_code, patience, prepare, web
from stadsveld.hub.app import make_app
from stadsveld.hub.central import Central
from stadsveld.hub.limits import Limits
from stadsveld.model import new_id
from stadsveld.store import Store
from support.hub_client import Client
from support.live_hub import LiveHub

TOKENS = {role: f"{role}-" + "t" * 40 for role in ("reader", "inspector", "planner", "administrator")}
SHA256 = base64.b64encode(b"ab" * 32).decode()
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """A central store with something in it and a device of every role."""
    path = tmp_path_factory.mktemp("fuzz") / "central.sqlite"
    prepare(path)
    codes = {}
    with Store.open(path) as store:
        store.put("task", None, {"title": "t", "geom": geo.point_wkb(203000, 503000)})
        for role in TOKENS:
            codes[role] = new_code(store, role, role)
    found = Central(path)
    for role, token in TOKENS.items():
        found.enrol({"code": codes[role], "name": role, "token": token})
    yield found
    found.close()


@pytest.fixture(scope="module")
def app(central: Central) -> TestClient:
    """The real application; an error that it did not answer is raised here."""
    return TestClient(make_app(central), follow_redirects=False)


def templates(app: TestClient) -> list[str]:
    found = sorted({route.path for route in app.app.routes if isinstance(route, Route)})
    assert len(found) > 14
    return found


TEXT = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "\udfff",
        "..",
        "/",
        "%2e%2e",
        "-1",
        "9" * 30,
        "NaN",
        "1e999",
        "task",
        "true",
        "\u202e",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
#: Names that some address looks at.
KEYS = st.sampled_from(
    [
        "changes",
        "datasets",
        "tables",
        "entity",
        "columns",
        "rows",
        "code",
        "token",
        "name",
        "bbox",
        "kinds",
        "device_id",
        "role",
        "days",
        "url",
        "change_id",
        "entity_id",
        "fields",
        "parents",
        "hlc",
        "schema",
    ]
)
BODIES = JSON | st.dictionaries(KEYS | TEXT, JSON, max_size=6)
QUERY = st.dictionaries(
    st.sampled_from(
        [
            "epoch",
            "after",
            "limit",
            "cursor",
            "ticket",
            "visit",
            "datasets",
            "deep",
            "bbox",
            "bbox-crs",
            "crs",
            "datetime",
            "f",
            "offset",
            "filter",
            "title",
            "lang",
        ]
    )
    | st.text(st.characters(codec="utf-8"), max_size=6),
    st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(["0", "-1", "9" * 40, "1,2,3,4", "a/b"]),
    max_size=4,
)


def in_path(template: str, words: list[str]) -> str:
    """Fill a template with words."""
    parts = []
    for part in template.split("/"):
        named = part.startswith("{")
        parts.append(
            quote((words.pop() if words else "x").encode("utf-8", "surrogatepass")) if named else part
        )
    return "/".join(parts)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_request_to_any_address(central: Central, app: TestClient, data: st.DataObject) -> None:
    """Every route, every method, any JSON, query and path, by every role and by strangers."""
    central.limits = Limits()
    template = data.draw(st.sampled_from(templates(app)))
    path = in_path(template, data.draw(st.lists(TEXT.filter(bool), max_size=4)))
    token = data.draw(st.sampled_from([*TOKENS.values(), "", "wrong", "\xff\xfe"]))
    headers = {"Authorization": f"Bearer {token}".encode("latin-1"), "Content-Type": "application/json"}
    body = json.dumps(data.draw(BODIES)).encode()
    coding = data.draw(st.sampled_from(["plain", "gzip", "cut", "claimed", "raw"]))
    if coding in ("gzip", "cut"):
        body = gzip.compress(body)
    if coding == "cut":
        body = body[: len(body) // 2]
    if coding == "raw":
        body = data.draw(st.binary(max_size=200))
    if coding not in ("plain", "raw"):
        headers["Content-Encoding"] = "gzip"
    method = data.draw(st.sampled_from(METHODS))
    answer = app.request(method, path, params=data.draw(QUERY), content=body, headers=headers)
    assert answer.status_code < 500, (method, path, answer.text)
    if answer.status_code >= 400 and method != "HEAD" and answer.content:
        assert isinstance(answer.json(), dict)
    assert app.get("/v1/ready").status_code == 200


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_almost_right_bodies(central: Central, app: TestClient, data: st.DataObject) -> None:
    """A right body of every address that takes one, with any part of it replaced by junk."""
    central.limits = Limits()
    change = {
        "change_id": new_id(), "entity": "task", "entity_id": new_id(), "fields": {"title": "t"},
        "parents": {"title": [new_id()]}, "actor": "a", "device": new_id(), "hlc": 1, "schema": 1,
    }  # fmt: skip
    row = [new_id(), new_id(), "7"]
    dataset = {"id": row[1], "name": "d", "edition_date": "2024-01-01"}
    table = {"entity": "road_section", "columns": ["id", "dataset_id", "number"], "rows": [row]}
    rights: list[tuple[str, dict]] = [
        ("/v1/push", {"changes": [change]}),
        ("/v1/rows", {"datasets": [dataset], "tables": [table]}),
        ("/v1/enrol", {"code": "AAAA-BBBB-CCCC", "name": "n", "token": "t" * 40, "kinds": ["task"]}),
        ("/v1/admin/enrol", {"role": "reader", "name": "n", "bbox": [1, 2, 3, 4], "days": 3, "url": "x"}),
    ]
    path, right = data.draw(st.sampled_from(rights))
    body = altered(right, data)
    headers = {"Authorization": f"Bearer {TOKENS['administrator']}"}
    answer = app.post(path, content=json.dumps(body).encode(), headers=headers)
    assert answer.status_code < 500, answer.text
    content = answer.json()
    if path == "/v1/push" and answer.status_code == 200:
        for found in content["answers"]:
            assert found["status"] in ("accepted", "duplicate", "quarantined")
            assert found["status"] != "quarantined" or len(found["reason"]) > 10
    elif answer.status_code != 200:
        assert content["error"]


def altered(value: object, data: st.DataObject) -> object:
    """Return a value with one part of it, at any depth, replaced by junk, doubled or left out."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 5)) == 0:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: altered(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], altered(value[at], data), *value[at:]]
    return data.draw(JSON)


DEEP = b"[" * 200_000
POISON: list[tuple[bytes, dict[str, str], int]] = [
    (b"", {}, 400),
    (b'{"changes": ' + DEEP, {}, 400),
    (b'{"a":' * 100_000, {}, 400),
    (b'{"changes": [' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"]}", {}, 200),
    (b'{"changes": [], "changes": 7}', {}, 400),
    (b'{"changes": [NaN, Infinity, -Infinity]}', {}, 200),
    (b'{"changes": [' + b"9" * 4000 + b"]}", {}, 200),
    (b'{"changes": [' + b"9" * 10_000 + b"]}", {}, 400),
    ('{"changes": []}'.encode("utf-16"), {}, 200),
    (b'\xef\xbb\xbf{"changes": []}', {}, 200),
    (b'{"changes": ["\xc3\x28"]}', {}, 400),
    (b'{"changes": ["\\ud800", "\\u0000", {"\\ud800": 1}]}', {}, 200),
    (b'{"changes": ["\x00"]}', {}, 400),
    (b"\x00" * 100, {}, 400),
    (json.dumps({str(number): number for number in range(200_000)}).encode(), {}, 400),
    (b'{"changes": []}', {"Content-Encoding": "gzip"}, 400),
    (b'{"changes": []}', {"Content-Encoding": "gzip, gzip"}, 415),
    (b'{"changes": []}', {"Content-Encoding": "br"}, 415),
    (b'{"changes": []}', {"Content-Encoding": "identity"}, 200),
    (b'{"changes": []}', {"Content-Type": "text/html; charset=nonsense"}, 200),
    (zlib.compress(b'{"changes": []}'), {"Content-Encoding": "gzip"}, 400),
    (gzip.compress(gzip.compress(b'{"changes": []}')), {"Content-Encoding": "gzip"}, 400),
    (gzip.compress(b'{"changes": []}') + b"more", {"Content-Encoding": "gzip"}, 400),
]


@pytest.mark.parametrize("number", range(len(POISON)))
def test_bodies_of_all_kinds(live_hub: LiveHub, number: int) -> None:
    """Each gets the status it deserves and, where it is refused, a text; the next request is served."""
    client = Client(live_hub)
    body, headers, status = POISON[number]
    answer = client.ask("POST", "/v1/push", data=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.json()["error"]
    assert client.statuses(client.change()) == ["accepted"]


def test_a_bomb_is_not_unpacked(live_hub: LiveHub) -> None:
    """A gigabyte of blanks in a megabyte: refused as too large before it is all there."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(squeezer.compress(b" " * (1 << 20)) for _ in range(1024)) + squeezer.flush()
    assert len(bomb) < 2 << 20
    client = Client(live_hub)
    answer = client.ask("POST", "/v1/push", data=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert answer.json()["advice"]


def test_too_many_of_anything(live_hub: LiveHub) -> None:
    """Too many changes: the push is refused; fields or parents, or too long a value: that change is."""
    client = Client(live_hub)
    assert client.ask("POST", "/v1/push", json={"changes": [0] * 5001}).status_code == 400
    many = {f"f{number}": 1 for number in range(501)}
    deep: object = 1
    for _level in range(25):
        deep = [deep]
    bad = [
        client.change(fields=many, schema=9),
        client.change(parents={"title": [new_id() for _ in range(1001)]}),
        client.change(parents={name: [] for name in many}),
        client.change(fields={"title": deep}, schema=9),
        client.change(fields={"title": "x" * (9 << 20)}),
        client.change(fields={"title": "nul \x00 inside"}),
    ]
    statuses = client.statuses(*bad, client.change())
    assert statuses[:5] == ["quarantined"] * 5
    assert statuses[-1] == "accepted"


class Raw:
    """Bytes over a socket."""

    def __init__(self, hub: LiveHub, token: str) -> None:
        self.place = ("127.0.0.1", int(hub.url.rsplit(":", 1)[1]))
        self.head = f"Host: x\r\nAuthorization: Bearer {token}\r\n".encode()

    def say(self, sent: bytes, *, is_cut: bool = False) -> bytes:
        """Send bytes and return all that comes back; `is_cut` stops sending after them."""
        with socket.create_connection(self.place, timeout=30) as connection:
            with suppress(OSError):  # The other side may have had enough before the end.
                connection.sendall(sent)
                if is_cut:
                    connection.shutdown(socket.SHUT_WR)
            got = b""
            while piece := self._piece(connection):
                got += piece
                if b"\r\n\r\n" in got and not is_cut:
                    break
            return got

    @staticmethod
    def _piece(connection: socket.socket) -> bytes:
        try:
            return connection.recv(65536)
        except ConnectionResetError:
            return b""


BODY = b'{"changes": []}'
LENGTH = b"Content-Length: 15\r\n"
ODD: list[tuple[bytes, tuple[int, ...]]] = [
    (b"POST /v1/push HTTP/1.1\r\nHEAD" + LENGTH + b"\r\n" + BODY, (200,)),
    (b"POST /v1/push HTTP/1.0\r\nHEAD" + LENGTH + b"\r\n" + BODY, (200,)),
    (
        b"POST /v1/push HTTP/1.1\r\nHEADTransfer-Encoding: chunked\r\n\r\nf\r\n" + BODY + b"\r\n0\r\n\r\n",
        (200,),
    ),
    (b"POST /v1/push HTTP/1.1\r\nHEAD" + LENGTH + b"Expect: 100-continue\r\n\r\n" + BODY, (100, 200)),
    (b"POST http://elsewhere/v1/push HTTP/1.1\r\nHEAD" + LENGTH + b"\r\n" + BODY, (200, 404)),
    (b"POST /v1/push HTTP/1.1\r\nHEADContent-Length: 15\r\nContent-Length: 16\r\n\r\n" + BODY, (400,)),
    (b"POST /v1/push HTTP/1.1\r\nHEAD" + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (200, 400)),
    (b"POST /v1/push HTTP/1.1\r\nHEADTransfer-Encoding: chunked\r\n\r\nzz\r\n", (400,)),
    (b"POST /v1/push HTTP/1.1\r\nHEADTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", (400, 501)),
    (b"POST /v1/push HTTP/1.1\r\nHEADContent-Length: -1\r\n\r\n", (400,)),
    (b"POST /v1/push HTTP/1.1\r\nHEADContent-Length: 1e3\r\n\r\n", (400,)),
    (b"POST /v1/push HTTP/1.1\r\nHEADContent-Length: " + b"9" * 30 + b"\r\n\r\n", (400, 413)),
    (b"POST /v1/push HTTP/1.1\r\nHEAD\r\n", (400,)),
    (b"GET /v1/health HTTP/1.1\r\n\r\n", (200, 400)),
    (b"GET /v1/health HTTP/9.9\r\nHost: x\r\n\r\n", (200, 400, 505)),
    (b"GET /v1/health\r\n\r\n", (400,)),
    (b"GET  /v1/health  HTTP/1.1\r\nHost: x\r\n\r\n", (400,)),
    (b"GET /v1/health HTTP/1.1\r\nHost: x\r\nBad header\r\n\r\n", (400,)),
    (b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", (400,)),
    (b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", (400, 431)),
    (b"GET /" + b"y" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404, 414)),
    (b"GET /v1/%00%ff%fe/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", (404,)),
    (b"GET /v1/photos/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHEAD\r\n", (400, 404)),
    (b"GET /v1/snapshot/..%2f..%2fcentral.sqlite HTTP/1.1\r\nHEAD\r\n", (400, 403, 404)),
    (b"GET /v1/pull?after=%ff%00 HTTP/1.1\r\nHEAD\r\n", (400,)),
    (b"GET /v1/status?epoch=%ff%00&cursor=1 HTTP/1.1\r\nHEAD\r\n", (200,)),
    (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", (400, 404)),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", (400,)),
    (b"\r\n\r\n\r\n", (400,)),
    (b"\x00" * 1000, (400,)),
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_oddities_of_http(live_hub: LiveHub, number: int) -> None:
    """Smuggling, wrong lengths, wrong versions, huge headers, TLS on a plain port: no server error."""
    client = Client(live_hub)
    raw = Raw(live_hub, client.token)
    sent, statuses = ODD[number]
    got = raw.say(sent.replace(b"HEAD", raw.head), is_cut=200 not in statuses)
    if got:
        assert int(got.split(b" ", 2)[1]) in statuses, got[:300]
    else:
        assert 400 in statuses
    assert client.statuses(client.change()) == ["accepted"]


@pytest.mark.parametrize("path", ["/v1/push", "/v1/rows", "/v1/enrol", "/v1/admin/enrol"])
def test_a_body_that_stops_half_way(live_hub: LiveHub, path: str) -> None:
    """The sender goes away in the middle: nothing is stored, and the service goes on."""
    client = Client(live_hub)
    raw = Raw(live_hub, client.token)
    for framing in (b"Content-Length: 1000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"):
        raw.say(f"POST {path} HTTP/1.1\r\n".encode() + raw.head + framing, is_cut=True)
    raw.say(
        b"POST /v1/uploads HTTP/1.1\r\n" + raw.head + b"Content-Length: 9\r\n\r\nx",
        is_cut=True,
    )
    assert client.statuses(client.change()) == ["accepted"]


def test_a_sender_that_falls_silent(live_hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of which nothing more comes is given up with 408; others are served meanwhile."""
    monkeypatch.setattr(web, "PATIENCE", 0.2)
    client = Client(live_hub)
    raw = Raw(live_hub, client.token)
    got = raw.say(b"POST /v1/push HTTP/1.1\r\n" + raw.head + b'Content-Length: 100\r\n\r\n{"changes"')
    assert int(got.split(b" ", 2)[1]) == 408
    assert client.statuses(client.change()) == ["accepted"]


def test_a_sender_that_drips(live_hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then, never silent for long, is no way to keep a connection: 408 too."""
    monkeypatch.setattr(web, "SLOWEST", 1e9)
    monkeypatch.setattr(web, "PATIENCE", 0.3)
    client = Client(live_hub)
    raw = Raw(live_hub, client.token)
    with socket.create_connection(raw.place, timeout=30) as connection:
        connection.sendall(b"POST /v1/push HTTP/1.1\r\n" + raw.head + b"Content-Length: 100000\r\n\r\n{")
        connection.settimeout(0.05)
        got = b""
        while not got:
            with suppress(TimeoutError):
                got = connection.recv(65536)
            with suppress(OSError):
                connection.sendall(b" ")
    assert got.startswith(b"HTTP/1.1 408")
    assert client.statuses(client.change()) == ["accepted"]


@pytest.mark.parametrize("begun", [b"", b"GET /v1/hea", b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\nGET /"])
def test_connections_without_a_request_are_closed(
    live_hub: LiveHub, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    """One that says nothing, one that stops in its first request, one that stops in its second."""
    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    place = ("127.0.0.1", int(live_hub.url.rsplit(":", 1)[1]))
    with socket.create_connection(place, timeout=30) as connection:
        connection.sendall(begun)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    assert got.count(b"HTTP/1.1 200") == begun.count(b"\r\n\r\n")


def test_a_long_answer_is_not_cut_by_impatience(live_hub: LiveHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes longer than the patience for a head still comes whole, again and again on one connection."""
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    client = Client(live_hub)
    session = requests.Session()
    headers = {"Authorization": f"Bearer {client.token}"}
    for _time in range(3):
        answer = session.get(f"{live_hub.url}/v1/replica", headers=headers, timeout=30)
        assert answer.content.startswith(b"SQLite format 3")


def test_who_is_not_known_sends_little(live_hub: LiveHub) -> None:
    """Enrolment takes a few lines, not megabytes."""
    wish = {"code": "x", "name": "x" * (1 << 20), "token": "a" * 40}
    assert requests.post(f"{live_hub.url}/v1/enrol", json=wish, timeout=30).status_code == 413


def test_silent_senders_do_not_block_others(live_hub: LiveHub) -> None:
    """A hundred connections that say nothing, or half a request: the next device is served."""
    client = Client(live_hub)
    place = ("127.0.0.1", int(live_hub.url.rsplit(":", 1)[1]))
    raw = Raw(live_hub, client.token)
    silent = [socket.create_connection(place, timeout=30) for _ in range(100)]
    try:
        for number, connection in enumerate(silent):
            if number % 2:
                connection.sendall(b"POST /v1/push HTTP/1.1\r\n" + raw.head + b"Content-Length: 100\r\n\r\n{")
        assert client.statuses(client.change()) == ["accepted"]
    finally:
        for connection in silent:
            connection.close()


def test_too_large_a_body_is_refused_before_it_is_read(live_hub: LiveHub) -> None:
    """By the length that it announces, and without one as soon as it is too much."""
    client = Client(live_hub)
    raw = Raw(live_hub, client.token)
    tus = f"Tus-Resumable: 1.0.0\r\nUpload-Length: 99999999999\r\nUpload-Metadata: sha256 {SHA256}\r\n"
    client.push(client.change("photo", {"sha256": "ab" * 32, "_exists": True}))
    for path, more in (("POST /v1/push", ""), ("POST /v1/enrol", ""), ("POST /v1/uploads", tus)):
        head = f"{path} HTTP/1.1\r\n{more}".encode() + raw.head
        got = raw.say(head + b"Content-Length: 99999999999\r\n\r\n{")
        assert int(got.split(b" ", 2)[1]) == 413, path

    def pieces() -> Iterator[bytes]:
        for _number in range(40):
            yield b" " * (1 << 20)

    try:
        assert client.ask("POST", "/v1/push", data=pieces()).status_code == 413
    except requests.ConnectionError:  # The answer came, and the connection went, before all was sent.
        assert client.ask("GET", "/v1/status").status_code == 200
    assert client.statuses(client.change()) == ["accepted"]


def test_the_store_is_whole_after_all_this(central: Central, app: TestClient, tmp_path: Path) -> None:
    """The fuzzed store has no problem, and its audit log verifies."""
    from stadsveld.hub import audit

    assert app.get("/v1/ready").status_code == 200
    with Store.open(central.path) as store:
        assert store.problems() == []
        assert audit.verify(store).broken is None
