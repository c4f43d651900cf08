"""Photos over a network that fails again and again: all arrive, whole, and little is sent twice."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from stadsveld.errors import StadsveldError, Unavailable
from stadsveld.store import Store
from stadsveld.sync import (
    RequestsTransport,
    Response,
    keep_original,
    original_of,
    set_original_policy,
    sync,
    transport_of,
)
from stadsveld.sync import photos as sync_photos
from stadsveld.sync.originals import NEVER_LEAVES
from support.faulty import FaultyTransport
from support.live_hub import LiveHub

PHOTOS, FAILS, SEED = 200, 0.3, 20
_HOW = ("before", "after", "cut")


class Counting:
    """A transport that counts the bytes that uploads bring, and fails from a number of them on."""

    def __init__(self, real: RequestsTransport, breaks_after: int | None = None) -> None:
        self.url = real.url
        self.sent = 0
        self._real = real
        self._breaks_after = breaks_after

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> Response:
        """See `Transport`."""
        if path.startswith("/v1/uploads"):
            if self._breaks_after is not None and self.sent >= self._breaks_after:
                raise Unavailable("the cable was pulled")
            self.sent += len(body)
        return self._real.request(method, path, body=body, headers=headers)


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it waits between tries is not what is shown here."""
    monkeypatch.setattr(sync_photos, "_FIRST_WAIT", 0.0)


def take(store: Store, number: int, size: int) -> str:
    """Take a photo of a task."""
    content = b"\xff\xd8\xff" + random.Random(number).randbytes(size)
    sha256 = store.photos.add(content)
    store.put("photo", None, {"owner_entity": "task", "owner_id": store.device_id, "sha256": sha256})
    return sha256


def until_done(store: Store, link: object, most: int = 60) -> int:
    """Synchronise again and again, as the app does; return how often."""
    for number in range(1, most + 1):
        try:
            report = sync(store, link)
        except StadsveldError:
            continue
        if report.photos_unsent == 0 and report.photos_waiting == 0:
            return number
    raise AssertionError(f"not done after {most} synchronisations")


def test_two_hundred_photos_over_a_link_that_fails_three_in_ten(live_hub: LiveHub, tmp_path: Path) -> None:
    """Requests lost, answers lost, answers cut: every hash is equal on the other device."""
    chance = random.Random(SEED)
    failed = 0

    def fails(_number: int, _method: str, _path: str) -> str | None:
        nonlocal failed
        if chance.random() >= FAILS:
            return None
        failed += 1
        return chance.choice(_HOW)

    with live_hub.replica(tmp_path / "a.sqlite") as a, live_hub.replica(tmp_path / "b.sqlite") as b:
        hashes = {take(a, number, 20_000 + 700 * number) for number in range(PHOTOS)}
        one, two = (FaultyTransport(transport_of(store), fails) for store in (a, b))
        rounds = until_done(a, one), until_done(b, two)
        with Store.open(live_hub.path) as central:
            for sha256 in hashes:
                for store in (central, b):
                    assert hashlib.sha256(store.photos.path(sha256).read_bytes()).hexdigest() == sha256
        assert len(hashes) == PHOTOS
        assert failed > (one.count + two.count) * FAILS * 0.8
        assert not list((tmp_path / "central.sqlite.uploads").glob("*"))
        assert max(rounds) < 20, f"seed {SEED}"


def test_it_goes_on_where_it_was(live_hub: LiveHub, tmp_path: Path) -> None:
    """Cut off in the middle of a large photo, what was confirmed is not sent again."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = take(a, 1, 6_000_000)
        broken = Counting(transport_of(a), breaks_after=3_000_000)
        with pytest.raises(Unavailable):
            sync(a, broken)
        live_hub.restart()
        whole = Counting(transport_of(a))
        assert sync(a, whole).photos_sent == 1
        assert broken.sent >= 3_000_000
        assert whole.sent < 6_000_000 - 2_000_000
        with Store.open(live_hub.path) as central:
            assert central.photos.is_whole(sha256)


def test_nothing_goes_before_the_other_side_has_it(live_hub: LiveHub, tmp_path: Path) -> None:
    """The original stays until the receipt, is never sent, and goes with it; by another policy it stays."""
    secret = b"where I stood: " + os.urandom(200)
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        sha256 = take(a, 1, 1000)
        photo_id = next(row["id"] for row in a.rows("photo"))
        keep_original(a, photo_id, secret)
        lost = FaultyTransport(transport_of(a), lambda _n, _m, path: "after" if "uploads" in path else None)
        with pytest.raises(Unavailable):
            sync(a, lost)
        assert original_of(a, photo_id) is not None
        assert a.photos.is_whole(sha256)
        sync(a, transport_of(a))
        assert original_of(a, photo_id) is None
        assert a.photos.is_whole(sha256)
        take(a, 2, 1000)
        kept_id = next(row["id"] for row in a.rows("photo") if row["id"] != photo_id)
        keep_original(a, kept_id, secret)
        set_original_policy(a, NEVER_LEAVES)
        sync(a, transport_of(a))
        assert original_of(a, kept_id) is not None
    for file in tmp_path.rglob("*"):
        if file.is_file() and "a.sqlite" not in file.as_posix():
            assert secret not in file.read_bytes()


def test_a_photo_that_does_not_pass_keeps_no_other(live_hub: LiveHub, tmp_path: Path) -> None:
    """One that was damaged on the device is told of; the others and all changes arrive."""
    with live_hub.replica(tmp_path / "a.sqlite") as a:
        hashes = [take(a, number, 5000) for number in range(3)]
        a.photos.path(hashes[1]).write_bytes(b"damaged")
        report = sync(a, transport_of(a))
        assert report.photos_sent == 2
        assert [each["photo"] for each in report.quarantined] == [hashes[1]]
        with Store.open(live_hub.path) as central:
            assert [central.photos.has(sha256) for sha256 in hashes] == [True, False, True]
