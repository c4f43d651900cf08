"""Uploads by tus 1.0.0 as any client of that protocol meets them: core, creation, checksum, expiration."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from stadsveld import geo
from stadsveld.hub import uploads
from stadsveld.hub.uploads import LARGEST_PHOTO, LIFE
from stadsveld.store import Store
from support.hub_client import Client
from support.live_hub import LiveHub

VERSION = {"Tus-Resumable": "1.0.0"}
MEDIA_TYPE = "application/offset+octet-stream"
BOX = [0.0, 300000.0, 100.0, 300100.0]
FAR = geo.point_wkb(500, 300500).hex()
PHOTO = b"\xff\xd8\xff" + random.Random(1).randbytes(50_000)


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def checksum(content: bytes, algorithm: str = "sha256") -> dict[str, str]:
    """The header that says what a piece is."""
    return {"Upload-Checksum": f"{algorithm} {in_base64(hashlib.new(algorithm, content).digest())}"}


class Device(Client):
    """A device that speaks tus, right or wrong."""

    def tell(self, content: bytes = PHOTO, **fields: object) -> str:
        """Make the row that tells of a photo; its hash."""
        sha256 = hash_of(content)
        made = {"sha256": sha256, "_exists": True, **fields}
        assert self.statuses(self.change("photo", made)) == ["accepted"]
        return sha256

    def begin(self, sha256: str, size: object = len(PHOTO), **headers: str) -> requests.Response:
        """Ask for an upload; `headers` come over the usual ones."""
        metadata = f"sha256 {in_base64(sha256.encode())}"
        usual = {**VERSION, "Upload-Length": str(size), "Upload-Metadata": metadata}
        return self.ask("POST", "/v1/uploads", headers={**usual, **headers})

    def begun(self, content: bytes = PHOTO) -> str:
        """Tell of a photo and begin; the address of the upload."""
        answer = self.begin(self.tell(content), len(content))
        assert answer.status_code == 201, answer.text
        return "/v1/" + answer.headers["Location"]

    def send(self, address: str, offset: object, piece: bytes, **headers: str) -> requests.Response:
        """Send a piece."""
        usual = {**VERSION, "Content-Type": MEDIA_TYPE, "Upload-Offset": str(offset)}
        return self.ask("PATCH", address, data=piece, headers={**usual, **headers})

    def offset(self, address: str) -> int:
        """How far an upload is."""
        answer = self.ask("HEAD", address, headers=VERSION)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])


@pytest.fixture
def device(live_hub: LiveHub) -> Device:
    """An enrolled inspector."""
    return Device(live_hub)


def has_photo(hub: LiveHub, content: bytes = PHOTO) -> bool:
    with Store.open(hub.path) as store:
        return store.photos.is_whole(hash_of(content))


def files_of(hub: LiveHub) -> list[Path]:
    """What is kept of uploads on their way."""
    return sorted(hub.path.with_name(hub.path.name + ".uploads").glob("*"))


def make_old(hub: LiveHub) -> None:
    """Let all uploads be as old as those that have expired."""
    then = time.time() - LIFE - 60
    for file in files_of(hub):
        os.utime(file, (then, then))


# What it can do, and in which version


@pytest.mark.parametrize("path", ["/v1/uploads", "/v1/uploads/any"])
def test_it_tells_what_it_can(live_hub: LiveHub, path: str) -> None:
    """To anybody, without a token and without a version, as the protocol wants it."""
    answer = requests.options(live_hub.url + path, timeout=30)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Tus-Resumable"] == answer.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "checksum", "expiration"} <= set(answer.headers["Tus-Extension"].split(","))
    assert answer.headers["Tus-Max-Size"] == str(LARGEST_PHOTO)
    assert set(answer.headers["Tus-Checksum-Algorithm"].split(",")) == {"sha1", "sha256"}


@pytest.mark.parametrize("version", ["0.2.2", "1.0", "2.0.0", "", None])
def test_another_version(live_hub: LiveHub, device: Device, version: str | None) -> None:
    """412 with the version that is spoken here, and nothing is done; for every method."""
    address = device.begun()
    said = {} if version is None else {"Tus-Resumable": version}
    piece = {"Content-Type": MEDIA_TYPE, "Upload-Offset": "0"}
    for method, path, headers in (
        ("POST", "/v1/uploads", {"Upload-Length": "1"}),
        ("HEAD", address, {}),
        ("PATCH", address, piece),
        ("DELETE", address, {}),
    ):
        data = PHOTO if method == "PATCH" else b""
        answer = device.ask(method, path, headers={**headers, **said}, data=data)
        assert (method, answer.status_code) == (method, 412)
        assert answer.headers["Tus-Version"] == "1.0.0"
    assert device.offset(address) == 0
    assert not has_photo(live_hub)


# The way of a photo


def test_piece_by_piece(live_hub: LiveHub, device: Device) -> None:
    """Each answer says how far it is; the last one which hash was computed; nothing else is left."""
    address = device.begun()
    half = len(PHOTO) // 2
    answer = device.send(address, 0, PHOTO[:half], **checksum(PHOTO[:half]))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(half))
    assert "Upload-Expires" in answer.headers
    assert "Repr-Digest" not in answer.headers
    told = device.ask("HEAD", address, headers=VERSION).headers
    assert (told["Upload-Offset"], told["Upload-Length"]) == (str(half), str(len(PHOTO)))
    assert told["Upload-Metadata"] == f"sha256 {in_base64(hash_of(PHOTO).encode())}"
    assert not has_photo(live_hub)
    last = device.send(address, half, PHOTO[half:], **checksum(PHOTO[half:], "sha1"))
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(PHOTO)))
    assert last.headers["Repr-Digest"] == f"sha-256=:{in_base64(hashlib.sha256(PHOTO).digest())}:"
    assert "Upload-Expires" not in last.headers
    assert has_photo(live_hub)
    assert files_of(live_hub) == []


def test_all_at_once(live_hub: LiveHub, device: Device) -> None:
    """Beginning may bring the content."""
    answer = device.upload(device.tell(), PHOTO)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert has_photo(live_hub)


def test_networks_without_patch(live_hub: LiveHub, device: Device) -> None:
    """A POST that says it is a PATCH is one; a POST that says nothing, or nonsense, is not."""
    address = device.begun()
    headers = {**VERSION, "Content-Type": MEDIA_TYPE, "Upload-Offset": "0"}
    for other in ({}, {"X-HTTP-Method-Override": "PUT"}):
        answer = device.ask("POST", address, data=PHOTO, headers={**headers, **other})
        assert answer.status_code == 405
    assert device.offset(address) == 0
    patch = {**headers, "X-HTTP-Method-Override": "PATCH"}
    assert device.ask("POST", address, data=PHOTO, headers=patch).status_code == 204
    assert has_photo(live_hub)


def test_beginning_again_finds_what_was_begun(live_hub: LiveHub, device: Device) -> None:
    """One upload for a device and a photo, also after the service began anew."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    live_hub.restart()
    answer = device.begin(hash_of(PHOTO))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "1000")
    assert "/v1/" + answer.headers["Location"] == address
    assert device.send(address, 1000, PHOTO[1000:]).status_code == 204
    assert has_photo(live_hub)


def test_another_length_begins_anew(device: Device) -> None:
    """What came of a file of another length is not gone on with."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    assert device.begin(hash_of(PHOTO), len(PHOTO) + 1).headers["Upload-Offset"] == "0"
    assert device.offset(address) == 0


def test_a_sender_that_falls_silent(live_hub: LiveHub, device: Device) -> None:
    """Without a checksum, what came is kept while the rest is awaited, and gone on from when that fails."""
    photo = PHOTO * 40
    address = device.begun(photo)
    host, port = urlsplit(live_hub.url).netloc.split(":")
    head = (
        f"PATCH {address} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {device.token}\r\n"
        f"Tus-Resumable: 1.0.0\r\nContent-Type: {MEDIA_TYPE}\r\nUpload-Offset: 0\r\n"
        f"Content-Length: {len(photo)}\r\n\r\n"
    )
    deadline = time.monotonic() + 30
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + photo[:1_500_000])
        while device.offset(address) == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
    live_hub.restart()
    offset = device.offset(address)
    assert 1 << 20 <= offset <= 1_500_000
    assert device.send(address, offset, photo[offset:]).status_code == 204
    assert has_photo(live_hub, photo)


def test_an_empty_file(live_hub: LiveHub, device: Device) -> None:
    """It is complete when it begins."""
    answer = device.begin(device.tell(b""), 0)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "0")
    assert "Repr-Digest" in answer.headers
    assert has_photo(live_hub, b"")


def test_giving_up(live_hub: LiveHub, device: Device) -> None:
    """What was begun is gone; a photo that is complete stays."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    assert device.ask("DELETE", address, headers=VERSION).status_code == 204
    assert files_of(live_hub) == []
    assert device.ask("HEAD", address, headers=VERSION).status_code == 404
    assert device.upload(hash_of(PHOTO), PHOTO).status_code == 201
    assert device.ask("DELETE", address, headers=VERSION).status_code == 204
    assert has_photo(live_hub)


# What is wrong


@pytest.mark.parametrize("offset", [0, 999, 1001, len(PHOTO), 10**17])
def test_at_another_place(live_hub: LiveHub, device: Device, offset: int) -> None:
    """409, with and without a checksum, and nothing is written."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    for headers in ({}, checksum(PHOTO[1000:1010])):
        answer = device.send(address, offset, PHOTO[1000:1010], **headers)
        assert (answer.status_code, "1000" in answer.json()["error"]) == (409, True)
    assert device.offset(address) == 1000
    assert device.send(address, 1000, PHOTO[1000:]).status_code == 204
    assert has_photo(live_hub)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_that_arrived_wrong(live_hub: LiveHub, device: Device, algorithm: str) -> None:
    """460, nothing of it is kept, and the right one is taken."""
    address = device.begun()
    answer = device.send(address, 0, b"?" + PHOTO[1:], **checksum(PHOTO, algorithm))
    assert answer.status_code == 460
    assert device.offset(address) == 0
    assert not has_photo(live_hub)
    assert device.send(address, 0, PHOTO, **checksum(PHOTO, algorithm)).status_code == 204


@pytest.mark.parametrize("text", ["md5 AAAA", "sha256", "sha256 ???", "", "SHA256 AAAA"])
def test_a_checksum_that_is_none(device: Device, text: str) -> None:
    """It is not passed over: 400 or 460, and nothing is kept."""
    address = device.begun()
    answer = device.send(address, 0, PHOTO, **{"Upload-Checksum": text})
    assert answer.status_code in (400, 460)
    assert device.offset(address) == 0


def test_the_whole_is_not_what_was_announced(live_hub: LiveHub, device: Device) -> None:
    """422; nothing is kept, and it may be sent again from the beginning."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    wrong = b"?" * (len(PHOTO) - 1000)
    answer = device.send(address, 1000, wrong, **checksum(wrong))
    assert answer.status_code == 422
    assert "Repr-Digest" not in answer.headers
    assert (files_of(live_hub), has_photo(live_hub)) == ([], False)
    assert device.ask("HEAD", address, headers=VERSION).status_code == 404
    assert device.upload(hash_of(PHOTO), PHOTO).status_code == 201
    assert has_photo(live_hub)


def test_what_nobody_goes_on_with_expires(live_hub: LiveHub, device: Device) -> None:
    """410 the first time, 404 from then on; its bytes are gone, and it can be begun again."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    make_old(live_hub)
    answer = device.send(address, 1000, PHOTO[1000:])
    assert (answer.status_code, answer.json()["advice"] != "") == (410, True)
    assert files_of(live_hub) == []
    assert device.send(address, 1000, PHOTO[1000:]).status_code == 404
    assert device.begin(hash_of(PHOTO)).headers["Upload-Offset"] == "0"


def test_expired_uploads_are_swept_when_others_begin(
    live_hub: LiveHub, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that nobody asks for any more; fresh ones stay."""
    monkeypatch.setattr(uploads, "_SWEEP", 0.0)
    device.send(device.begun(), 0, PHOTO[:1000])
    make_old(live_hub)
    fresh = device.begun(b"a fresh one")
    device.begun(b"another one")
    assert not [file for file in files_of(live_hub) if hash_of(PHOTO) in file.name]
    assert device.offset(fresh) == 0
    assert len(files_of(live_hub)) == 2


@pytest.mark.parametrize("size", [LARGEST_PHOTO + 1, 10**17])
def test_too_large(live_hub: LiveHub, device: Device, size: int) -> None:
    """413 when it begins, before a byte is sent."""
    assert device.begin(device.tell(), size).status_code == 413
    assert files_of(live_hub) == []


def test_more_than_was_announced(live_hub: LiveHub, device: Device) -> None:
    """413, with a checksum and without, also when it comes little by little."""
    address = device.begun()
    more = PHOTO + b"?"
    assert device.send(address, 0, more, **checksum(more)).status_code == 413
    assert device.offset(address) == 0
    assert device.send(address, 0, more).status_code == 413
    assert not has_photo(live_hub)
    large = bytes((4 << 20) + 1)
    assert device.send(address, 0, large, **checksum(large)).status_code == 413
    assert device.offset(address) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": "-1"},
        {"Upload-Length": "1.5"},
        {"Upload-Length": "9" * 30},
        {"Upload-Length": ""},
        {"Upload-Defer-Length": "1"},
        {"Upload-Metadata": ""},
        {"Upload-Metadata": "sha256"},
        {"Upload-Metadata": "sha256 ???"},
        {"Upload-Metadata": "name AAAA"},
        {"Upload-Metadata": f"sha256 {in_base64(b'../../../etc/passwd')}"},
        {"Upload-Metadata": f"sha256 {in_base64(b'AB' * 32)}"},
        {"Upload-Metadata": f"sha256 {in_base64(bytes([255]) * 32)}"},
        {"Upload-Metadata": f"sha256 {in_base64(b'ab' * 32)},sha256 {in_base64(b'cd' * 32)}"},
        {"Upload-Metadata": "sha256 " + "A" * 4000},
    ],
)
def test_announced_wrongly(live_hub: LiveHub, device: Device, headers: dict[str, str]) -> None:
    """400, with a text, and nothing is begun."""
    answer = device.begin(device.tell(), **headers)
    assert (answer.status_code, answer.json()["error"] != "") == (400, True)
    assert files_of(live_hub) == []


def test_pieces_sent_wrongly(device: Device) -> None:
    """Another media type, a place that is no number, or none."""
    address = device.begun()
    assert device.send(address, 0, PHOTO, **{"Content-Type": "image/jpeg"}).status_code == 415
    for offset in ("", "-1", "x", "0x0", "٣", "9" * 30):
        data = {"Upload-Offset": offset.encode()}
        headers = {**VERSION, "Content-Type": MEDIA_TYPE, **data}
        assert device.ask("PATCH", address, data=PHOTO, headers=headers).status_code == 400, offset
    assert device.offset(address) == 0


@pytest.mark.parametrize(
    "name",
    ["..", "..%2f..%2fcentral.sqlite", "%2e%2e", "x" * 5000, "%00", "0" * 16 + "-" + "g" * 64, "a.json"],
)
def test_ids_that_are_none(live_hub: LiveHub, device: Device, name: str) -> None:
    """No file outside the uploads is reached, made or removed, whatever an address says."""
    device.begun()
    before = {file: file.stat().st_size for file in live_hub.path.parent.rglob("*.json")}
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {**VERSION, "Content-Type": MEDIA_TYPE, "Upload-Offset": "0"}
        made = requests.Request(method, live_hub.url, headers=headers, data=b"x").prepare()
        made.headers["Authorization"] = f"Bearer {device.token}"
        made.url = f"{live_hub.url}/v1/uploads/{name}"
        with requests.Session() as session:
            assert session.send(made, timeout=30).status_code in (404, 405)
    assert {file: file.stat().st_size for file in live_hub.path.parent.rglob("*.json")} == before
    assert live_hub.path.is_file()


# Who may


def test_a_photo_of_which_no_row_tells(live_hub: LiveHub, device: Device) -> None:
    """403, and no disk is filled with it."""
    assert device.begin("ab" * 32).status_code == 403
    assert files_of(live_hub) == []


def test_a_photo_of_which_no_row_tells_any_more(live_hub: LiveHub, device: Device) -> None:
    """The row was deleted in between: the next piece is refused, and the photo never gets a place."""
    address = device.begun()
    device.send(address, 0, PHOTO[:1000])
    with Store.open(live_hub.path) as store:
        store.delete("photo", next(store.rows("photo"))["id"])
    assert device.send(address, 1000, PHOTO[1000:]).status_code == 403
    assert not has_photo(live_hub)


def test_a_reader(live_hub: LiveHub, device: Device) -> None:
    """It sees the photo, and does not deliver it."""
    sha256 = device.tell()
    reader = Device(live_hub, "reader")
    assert reader.begin(sha256).status_code == 403
    assert files_of(live_hub) == []


def test_a_photo_outside_an_area(live_hub: LiveHub, device: Device) -> None:
    """A device that is bound to an area delivers nothing for what lies elsewhere."""
    task = device.change("task", {"title": "t", "geom": FAR, "_exists": True})
    assert device.statuses(task) == ["accepted"]
    sha256 = device.tell(PHOTO, owner_entity="task", owner_id=task["entity_id"])
    assert Device(live_hub, bbox=BOX).begin(sha256).status_code == 403
    assert device.begin(sha256).status_code == 201


def test_the_upload_of_another_device(live_hub: LiveHub, device: Device) -> None:
    """Nobody sees, continues or removes what another one sends."""
    address = device.begun()
    other = Device(live_hub, "administrator")
    assert other.ask("HEAD", address, headers=VERSION).status_code == 404
    assert other.send(address, 0, PHOTO).status_code == 404
    assert other.ask("DELETE", address, headers=VERSION).status_code == 404
    assert device.offset(address) == 0


@pytest.mark.parametrize("token", [None, "wrong"])
def test_without_a_token(live_hub: LiveHub, device: Device, token: str | None) -> None:
    """401 for whoever is not enrolled."""
    address = device.begun()
    headers = {**VERSION, **({"Authorization": f"Bearer {token}"} if token else {})}
    for method, path in (("POST", "/v1/uploads"), ("HEAD", address), ("PATCH", address), ("DELETE", address)):
        answer = requests.request(method, live_hub.url + path, headers=headers, timeout=30)
        assert answer.status_code == 401, method
    assert device.offset(address) == 0


# Once is enough


def test_a_photo_that_is_here_already(live_hub: LiveHub, device: Device) -> None:
    """Whoever begins it hears that it is complete, with its hash, and sends nothing."""
    assert device.upload(device.tell(), PHOTO).status_code == 201
    other = Device(live_hub)
    answer = other.begin(hash_of(PHOTO))
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PHOTO)))
    assert "Repr-Digest" in answer.headers
    assert other.offset("/v1/" + answer.headers["Location"]) == len(PHOTO)
    assert files_of(live_hub) == []


def test_a_photo_that_was_damaged_here_comes_again(live_hub: LiveHub, device: Device) -> None:
    """A file that is not what its name says does not count as being here."""
    sha256 = device.tell()
    device.upload(sha256, PHOTO)
    with Store.open(live_hub.path) as store:
        store.photos.path(sha256).write_bytes(b"damaged")
    assert device.begin(sha256).headers["Upload-Offset"] == "0"
    assert device.upload(sha256, PHOTO).status_code == 201
    assert has_photo(live_hub)


def test_two_devices_send_one_photo_at_once(live_hub: LiveHub, device: Device) -> None:
    """Both come to their end, the photo is there once, and nothing else is left."""
    other = Device(live_hub)
    addresses = [(each, each.begun()) for each in (device, other)]
    assert addresses[0][1] != addresses[1][1]

    def carry(one: tuple[Device, str]) -> int:
        sender, address = one
        while (offset := sender.offset(address)) < len(PHOTO):
            piece = PHOTO[offset : offset + 5000]
            assert sender.send(address, offset, piece, **checksum(piece)).status_code in (204, 409)
        return offset

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(carry, addresses)) == [len(PHOTO)] * 2
    assert has_photo(live_hub)
    assert files_of(live_hub) == []


def test_one_piece_twice_at_once(live_hub: LiveHub, device: Device) -> None:
    """A repeated request that overtakes the first: one is taken, the others are elsewhere; no byte twice."""
    address = device.begun()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(
            pool.map(
                lambda _n: device.send(address, 0, PHOTO[:9000], **checksum(PHOTO[:9000])).status_code,
                range(6),
            )
        )
    assert sorted(statuses) == [204, 409, 409, 409, 409, 409]
    assert device.offset(address) == 9000
    assert device.send(address, 9000, PHOTO[9000:]).status_code == 204
    assert has_photo(live_hub)


# Limits


def test_a_full_disk(live_hub: LiveHub, device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """507 in words; nothing half is left, and it goes on when there is room."""
    sha256 = device.tell()
    with monkeypatch.context() as full:
        full.setattr(uploads, "_SPARE", 1 << 62)
        answer = device.begin(sha256)
        assert (answer.status_code, "full" in answer.json()["error"]) == (507, True)
        assert files_of(live_hub) == []
    assert device.upload(sha256, PHOTO).status_code == 201


def test_the_oldest_of_too_many_goes(
    live_hub: LiveHub, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that begins more than it may have open loses its oldest one, and no one else's."""
    monkeypatch.setattr(uploads, "MOST_OPEN", 2)
    other = Device(live_hub)
    kept = other.begun(b"of another device")
    contents = [b"photo %d" % number for number in range(3)]
    addresses = []
    for number, content in enumerate(contents):
        addresses.append(device.begun(content))
        for file in files_of(live_hub):
            if hash_of(content) in file.name:
                os.utime(file, (time.time() - 100 + number,) * 2)
    statuses = [device.ask("HEAD", each, headers=VERSION).status_code for each in addresses]
    assert statuses == [404, 200, 200]
    assert other.offset(kept) == 0
