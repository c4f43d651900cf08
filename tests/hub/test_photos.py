"""Photos as they are fetched: in ranges, once, by whom they concern, and small."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from PIL import Image

from stadsveld import geo
from stadsveld.hub.thumbnails import LARGEST, SMALLEST
from stadsveld.store import Store
from stadsveld.sync import erase
from support.hub_client import Client
from support.live_hub import LiveHub

BOX = [0.0, 300000.0, 100.0, 300100.0]
INSIDE, OUTSIDE = geo.point_wkb(50, 300050).hex(), geo.point_wkb(500, 300500).hex()
PHOTO = b"\xff\xd8\xff" + random.Random(1).randbytes(5000)
ORIENTATION, DESCRIPTION = 0x0112, 0x010E


@pytest.fixture
def device(live_hub: LiveHub) -> Client:
    """An enrolled inspector."""
    return Client(live_hub)


def deliver(device: Client, content: bytes = PHOTO, **fields: object) -> str:
    """Tell of a photo and deliver it; its address."""
    sha256 = hashlib.sha256(content).hexdigest()
    made = {"sha256": sha256, "_exists": True, **fields}
    assert device.statuses(device.change("photo", made)) == ["accepted"]
    assert device.upload(sha256, content).status_code == 201
    return f"/v1/photos/{sha256}"


def about(device: Client, entity: str, **fields: object) -> dict[str, str]:
    """Make a thing; what a photo of it says."""
    change = device.change(entity, {"_exists": True, **fields})
    assert device.statuses(change) == ["accepted"]
    return {"owner_entity": entity, "owner_id": change["entity_id"]}


def drawn(
    width: int = 400, height: int = 200, kind: str = "JPEG", mode: str = "RGB", **options: object
) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    file = io.BytesIO()
    picture.convert(mode).save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG by its parts, whatever it says of its size."""

    def part(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", pixels) + part(b"IEND", b"")


def opened(answer: requests.Response) -> Image.Image:
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return Image.open(io.BytesIO(answer.content))


# Whole and in ranges


def test_a_whole_photo(device: Client) -> None:
    """With its type, its length, a name of its content, and a word against guessing types."""
    path = deliver(device)
    answer = device.ask("GET", path)
    assert (answer.status_code, answer.content) == (200, PHOTO)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["ETag"] == f'"{path.rsplit("/", 1)[1]}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")
    head = device.ask("HEAD", path)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(PHOTO)), b"")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (drawn(kind="PNG"), "image/png"),
        (drawn(kind="WEBP"), "image/webp"),
        (b"<script>alert(1)</script>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_types(device: Client, content: bytes, media_type: str) -> None:
    """By the first bytes; what is no picture is never shown as a page."""
    answer = device.ask("GET", deliver(device, content))
    assert (answer.content, answer.headers["Content-Type"]) == (content, media_type)


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, len(PHOTO)),
        ("bytes=-10", len(PHOTO) - 10, len(PHOTO)),
        ("bytes=0-999999999", 0, len(PHOTO)),
        (f"bytes={len(PHOTO) - 1}-", len(PHOTO) - 1, len(PHOTO)),
    ],
)
def test_ranges(device: Client, asked: str, begin: int, end: int) -> None:
    """206 with the bytes that were asked for, and where they lie in the whole."""
    answer = device.ask("GET", deliver(device), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, PHOTO[begin:end])
    assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(PHOTO)}"


@pytest.mark.parametrize("asked", [f"bytes={len(PHOTO)}-", "bytes=999999-1000000"])
def test_ranges_beyond_the_end(device: Client, asked: str) -> None:
    """416 with the length of the whole, by which a device sees that it has all."""
    answer = device.ask("GET", deliver(device), headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].endswith(f"*/{len(PHOTO)}")


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=x-y", "bytes=5-1", "lines=1-2", "bytes", "bytes=-", "=", "bytes=--1"]
)
def test_ranges_that_are_none(device: Client, asked: str) -> None:
    """Passed over or refused, never an error of the service."""
    answer = device.ask("GET", deliver(device), headers={"Range": asked})
    assert answer.status_code in (200, 400, 416)
    if answer.status_code == 200:
        assert answer.content == PHOTO


def test_pieces_make_the_whole(device: Client) -> None:
    """As a device fetches them, each only of this version of the photo."""
    path = deliver(device)
    etag = device.ask("HEAD", path).headers["ETag"]
    found = b""
    while len(found) < len(PHOTO):
        asked = {"Range": f"bytes={len(found)}-{len(found) + 700}", "If-Range": etag}
        answer = device.ask("GET", path, headers=asked)
        assert answer.status_code == 206
        found += answer.content
    assert found == PHOTO
    other = device.ask("GET", path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, PHOTO)


def test_what_one_has_does_not_come_again(device: Client) -> None:
    """304 for its name, in a list, weak, or any; the whole for another one."""
    path = deliver(device)
    etag = device.ask("HEAD", path).headers["ETag"]
    for named in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        answer = device.ask("GET", path, headers={"If-None-Match": named})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert device.ask("GET", path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_photo_that_is_not_here_yet(device: Client) -> None:
    """404 where only its row is here, and 400 where there can be no such photo."""
    device.push(device.change("photo", {"sha256": "ab" * 32, "_exists": True}))
    assert device.ask("GET", f"/v1/photos/{'ab' * 32}").status_code == 404
    for wrong in ("x", "AB" * 32, "ab" * 31, "..%2f..%2fcentral.sqlite", "%00"):
        assert device.ask("GET", f"/v1/photos/{wrong}").status_code in (400, 404)


# Whom it concerns


def nothing_of(asker: Client, path: str) -> bool:
    """Whether a photo is to an asker as one that does not exist: whole, in part, small, and by its name."""
    unknown = asker.ask("GET", f"/v1/photos/{'0' * 64}")
    name = path.rsplit("/", 1)[1]
    answers = [
        asker.ask("GET", path),
        asker.ask("GET", path, headers={"Range": "bytes=0-9"}),
        asker.ask("GET", path, headers={"If-None-Match": f'"{name}"'}),
        asker.ask("GET", f"{path}?size=64"),
        asker.ask("GET", f"{path}?size=64", headers={"If-None-Match": f'"{name}-64"'}),
    ]
    assert unknown.status_code == 404
    return all((each.status_code, each.content) == (404, unknown.content) for each in answers)


def test_the_area_decides(live_hub: LiveHub, device: Client) -> None:
    """A device that is bound to an area fetches what lies there, and of the rest not even that it exists."""
    near = deliver(device, drawn(100), **about(device, "task", title="t", geom=INSIDE))
    far = deliver(device, drawn(200), **about(device, "task", title="t", geom=OUTSIDE))
    assert device.ask("GET", f"{far}?size=64").status_code == 200
    bound = Client(live_hub, bbox=BOX)
    assert bound.ask("GET", near).status_code == 200
    assert bound.ask("GET", f"{near}?size=64").status_code == 200
    assert nothing_of(bound, far)
    assert device.ask("GET", far).status_code == 200


@pytest.mark.parametrize(
    ("access", "sees"),
    [
        ("open", {"reader", "inspector", "planner", "administrator"}),
        ("restricted", {"inspector", "planner", "administrator"}),
        ("closed", {"administrator"}),
        ("geheim", {"administrator"}),
    ],
)
def test_role_and_access_class_decide(live_hub: LiveHub, access: str, sees: set[str]) -> None:
    """A photo of an inspection of something in a dataset is of the class of that dataset."""
    administrator = Client(live_hub, "administrator")
    dataset = about(administrator, "dataset", name="d", access_class=access)["owner_id"]
    section = about(administrator, "road_section", number="1", dataset_id=dataset)["owner_id"]
    inspection = about(administrator, "inspection", asset_entity="road_section", asset_id=section)
    path = deliver(administrator, drawn(), **inspection)
    assert administrator.ask("GET", f"{path}?size=64").status_code == 200
    for role in ("reader", "inspector", "planner", "administrator"):
        asker = Client(live_hub, role)
        if role in sees:
            assert asker.ask("GET", path).status_code == 200, role
        else:
            assert nothing_of(asker, path), role


def test_one_row_that_may_be_seen_is_enough(live_hub: LiveHub, device: Client) -> None:
    """The same photo of two places is shown to whom one of them concerns."""
    deliver(device, PHOTO, **about(device, "task", title="t", geom=OUTSIDE))
    bound = Client(live_hub, bbox=BOX)
    path = f"/v1/photos/{hashlib.sha256(PHOTO).hexdigest()}"
    assert nothing_of(bound, path)
    deliver(device, PHOTO, **about(device, "task", title="t", geom=INSIDE))
    assert bound.ask("GET", path).status_code == 200


def test_a_photo_whose_row_is_deleted(live_hub: LiveHub, device: Client) -> None:
    """It is shown to nobody any more."""
    path = deliver(device, drawn())
    assert device.ask("GET", f"{path}?size=64").status_code == 200
    with Store.open(live_hub.path) as store:
        store.delete("photo", next(store.rows("photo"))["id"])
    assert nothing_of(device, path)


# Small


@pytest.mark.parametrize(
    "content",
    [drawn(), drawn(kind="PNG"), drawn(kind="PNG", mode="P"), drawn(kind="WEBP"), drawn(mode="CMYK")],
)
def test_small_pictures(device: Client, content: bytes) -> None:
    """A JPEG of at most that size, in the same shape and colours; the photo itself stays as it is."""
    path = deliver(device, content)
    answer = device.ask("GET", f"{path}?size=100")
    small = opened(answer)
    assert (small.format, small.size, small.mode) == ("JPEG", (100, 50), "RGB")
    left, right = small.getpixel((10, 25)), small.getpixel((90, 25))
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]
    assert answer.headers["ETag"] != device.ask("HEAD", path).headers["ETag"]
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert device.ask("GET", f"{path}?size=100", headers=etag).status_code == 304
    assert device.ask("GET", f"{path}?size=101", headers=etag).status_code == 200
    assert device.ask("GET", f"{path}?size=100").content == answer.content
    assert device.ask("GET", path).content == content


def test_a_small_photo_is_not_made_larger(device: Client) -> None:
    """At most as large as it is."""
    assert opened(device.ask("GET", f"{deliver(device, drawn(80, 70))}?size={LARGEST}")).size == (80, 70)


def test_it_stands_upright_and_tells_nothing_else(device: Client) -> None:
    """As the camera was held; what else a camera notes is not in it."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, "where I live"
    content = drawn(exif=exif)
    assert b"where I live" in content
    answer = device.ask("GET", f"{deliver(device, content)}?size=100")
    small = opened(answer)
    assert small.size == (50, 100)
    assert small.getpixel((25, 10))[0] > 150
    assert b"where I live" not in answer.content
    assert small.getexif().get(ORIENTATION, 1) == 1


def test_what_shows_through_is_white(device: Client) -> None:
    """A JPEG cannot show through."""
    file = io.BytesIO()
    Image.new("RGBA", (100, 100), (255, 0, 0, 0)).save(file, "PNG")
    small = opened(device.ask("GET", f"{deliver(device, file.getvalue())}?size=64"))
    assert min(small.getpixel((32, 32))) > 250


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", drawn(kind="GIF"), drawn(kind="BMP")],
)
def test_what_is_no_picture(device: Client, content: bytes) -> None:
    """415 in words; also other formats, whose readers are not let near anything from outside."""
    answer = device.ask("GET", f"{deliver(device, content)}?size=64")
    assert (answer.status_code, answer.json()["error"] != "") == (415, True)


BOMBS: dict[str, Callable[[], bytes]] = {
    "says it is enormous": lambda: png(2**31 - 1, 2**31 - 1),
    "81 million pixels in ten thousand bytes": lambda: png(9000, 9000, zlib.compress(bytes(1126 * 9000), 9)),
    "too many pixels for a PNG": lambda: png(6000, 6000, zlib.compress(bytes(751 * 6000), 9)),
    "cut off": lambda: drawn(800, 800)[:2000],
    "no pixels": lambda: png(100, 100),
    "damaged": lambda: drawn(kind="PNG")[:60] + b"?" * 200,
}


@pytest.mark.parametrize("what", BOMBS)
def test_bombs_and_damage(live_hub: LiveHub, device: Client, what: str) -> None:
    """422 in words, nothing is kept of it, and the next picture is made."""
    content = BOMBS[what]()
    assert len(content) < 50_000
    answer = device.ask("GET", f"{deliver(device, content)}?size=64")
    assert (answer.status_code, answer.json()["error"] != "") == (422, True)
    assert list(live_hub.path.with_name(live_hub.path.name + ".thumbnails").glob("*")) == []
    assert opened(device.ask("GET", f"{deliver(device, drawn())}?size=64")).size == (64, 32)


@pytest.mark.parametrize(
    "size", ["", "0", "-1", str(SMALLEST - 1), str(LARGEST + 1), "x", "1e2", "٦٤", "9" * 30, "64.0"]
)
def test_sizes_that_are_none(device: Client, size: str) -> None:
    """400 in words."""
    answer = device.ask("GET", f"{deliver(device, drawn())}?size={size}")
    assert (answer.status_code, answer.json()["error"] != "") == (400, True)


def test_an_erased_photo_leaves_no_small_ones(live_hub: LiveHub, device: Client) -> None:
    """Neither the photo nor what was made of it is to be found anywhere beside the store."""
    path = deliver(device, drawn())
    sha256 = path.rsplit("/", 1)[1]
    assert device.ask("GET", f"{path}?size=64").status_code == 200
    assert files_named(live_hub, sha256) != []
    with Store.open(live_hub.path) as central:
        erase(central, "photo", next(central.rows("photo"))["id"], "sha256")
    assert files_named(live_hub, sha256) == []
    assert device.ask("GET", f"{path}?size=64").status_code == 404


def files_named(hub: LiveHub, sha256: str) -> list[Path]:
    """The files beside the store whose names tell of a photo."""
    return [file for file in hub.path.parent.rglob("*") if sha256 in file.name]
