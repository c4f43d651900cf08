"""What stays of photos on a device, and for how long; time is told, never waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stadsveld.errors import BadInput, StoreError
from stadsveld.hub import back_up
from stadsveld.model import new_id
from stadsveld.store import Store, statement
from stadsveld.sync import (
    erase,
    keep_original,
    original_of,
    original_policy,
    purge_originals,
    purge_photos,
    set_original_policy,
    sync,
    transport_of,
)
from stadsveld.sync.originals import BACKED_UP_SETTING, NEVER_LEAVES, PURGE_AFTER_RECEIPT
from support.live_hub import LiveHub

SECRET = b"as the camera made it"
DELIVERED = "2026-05-10T12:00:00.000Z"
LONG_AFTER = "2099-01-01T00:00:00.000Z"


@pytest.fixture
def device(live_hub: LiveHub, tmp_path: Path) -> Iterator[Store]:
    """A working copy."""
    with live_hub.replica(tmp_path / "a.sqlite") as store:
        yield store


def take(store: Store, content: bytes = b"\xff\xd8 released") -> tuple[str, str]:
    """Take a photo with its original; the id of its row and its hash."""
    sha256 = store.photos.add(content)
    photo = store.put("photo", None, {"sha256": sha256})
    keep_original(store, photo, SECRET)
    return photo, sha256


def receive(store: Store, sha256: str, at: str = DELIVERED) -> None:
    """Note that the central store has a photo."""
    with store.transaction():
        store.connection.execute(statement("put_photo_receipt"), (sha256, at))


@pytest.mark.parametrize(
    ("policy", "now", "stays"),
    [
        (PURGE_AFTER_RECEIPT, DELIVERED, False),
        ("keep-days:0", DELIVERED, False),
        ("keep-days:30", "2026-06-09T11:59:59.999Z", True),
        ("keep-days:30", "2026-06-09T12:00:00.000Z", False),
        (NEVER_LEAVES, LONG_AFTER, True),
    ],
)
def test_policies(device: Store, policy: str, now: str, stays: bool) -> None:
    """Counted from the moment at which the central store had the released file, which itself stays."""
    photo, sha256 = take(device)
    set_original_policy(device, policy)
    receive(device, sha256)
    assert purge_originals(device, now) == (not stays)
    assert (original_of(device, photo) is not None) == stays
    assert purge_originals(device, now) == 0
    assert device.photos.is_whole(sha256)


@pytest.mark.parametrize("policy", [PURGE_AFTER_RECEIPT, "keep-days:0", "keep-days:30", NEVER_LEAVES])
def test_without_a_receipt_it_stays(device: Store, policy: str) -> None:
    """However long ago it was taken."""
    photo, _sha256 = take(device)
    set_original_policy(device, policy)
    assert purge_originals(device, LONG_AFTER) == 0
    assert original_of(device, photo).read_bytes() == SECRET


def test_an_unfinished_form_keeps_it(device: Store) -> None:
    """Also when no row tells of it yet; a day after the form is given up it goes."""
    photo = new_id()
    keep_original(device, photo, SECRET)
    device.save_draft("form", "inspection", new_id(), {"photos": [photo]})
    assert purge_originals(device, LONG_AFTER) == 0
    device.delete_draft("form")
    assert purge_originals(device, "2000-01-01T00:00:00.000Z") == 0
    assert purge_originals(device, LONG_AFTER) == 1


@pytest.mark.parametrize("policy", [PURGE_AFTER_RECEIPT, "keep-days:30", NEVER_LEAVES])
def test_erased_it_goes_whatever_the_policy(live_hub: LiveHub, device: Store, policy: str) -> None:
    """What an administrator erased is not kept in another form; the original of another photo is."""
    photo, sha256 = take(device)
    other, _other_hash = take(device, b"another")
    set_original_policy(device, NEVER_LEAVES)
    sync(device, transport_of(device))
    set_original_policy(device, policy)
    with Store.open(live_hub.path) as central:
        erase(central, "photo", photo, "sha256")
    sync(device, transport_of(device))
    assert original_of(device, photo) is None
    assert (original_of(device, other) is None) == (policy == PURGE_AFTER_RECEIPT)
    assert not device.photos.has(sha256)


def test_it_is_its_owners_only(device: Store) -> None:
    """Nobody else on the device reads it; a newer one comes in its place."""
    photo, _sha256 = take(device)
    path = keep_original(device, photo, b"newer")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [file.read_bytes() for file in path.parent.iterdir()] == [b"newer"]


@pytest.mark.parametrize(
    "wrong", ["", "keep-days:", "keep-days:-1", "keep-days:999999", "keep-days:٣", "never"]
)
def test_policies_that_are_none(device: Store, wrong: str) -> None:
    """Told, and the one that was there stays."""
    set_original_policy(device, "keep-days:7")
    with pytest.raises(BadInput, match="keep-days:30"):
        set_original_policy(device, wrong)
    assert original_policy(device) == "keep-days:7"


@pytest.mark.parametrize(
    "wrong", ["", "..", "../../x", "x", "A" * 36, "01900000-0000-7000-8000-00000000000/"]
)
def test_ids_that_are_none(device: Store, wrong: str) -> None:
    """No file is made or looked for elsewhere."""
    with pytest.raises(BadInput):
        keep_original(device, wrong, SECRET)
    with pytest.raises(BadInput):
        original_of(device, wrong)


# Copies of what was delivered


def test_delivered_photos_go_once_a_backup_holds_them(
    live_hub: LiveHub, device: Store, tmp_path: Path
) -> None:
    """Not before a backup, not what came after it, not what is to stay; and they are not fetched again."""
    _photo, first = take(device, b"first")
    _photo, kept = take(device, b"kept")
    sync(device, transport_of(device))
    with device.transaction():
        device.connection.execute("UPDATE stadsveld_photo_receipt SET at = ?", (DELIVERED,))
    assert purge_photos(device) == 0
    back_up(live_hub.path, tmp_path / "backup.sqlite")
    _photo, later = take(device, b"later")
    sync(device, transport_of(device))
    receive(device, later, LONG_AFTER)
    assert purge_photos(device, keep={kept}) == 1
    assert [device.photos.has(sha256) for sha256 in (first, kept, later)] == [False, True, True]
    assert sync(device, transport_of(device)).photos_received == 0
    assert not device.photos.has(first)


@pytest.mark.parametrize(
    ("backed_up_at", "goes"),
    [
        (None, False),
        ("2026-05-10T11:59:59Z", False),
        # Written in whole seconds, so it may have been before the photo came.
        ("2026-05-10T12:00:00Z", False),
        ("2026-05-10T12:00:01Z", True),
    ],
)
def test_in_the_second_of_the_backup_it_stays(device: Store, backed_up_at: str | None, goes: bool) -> None:
    """A photo that came when the backup had just begun is not in it."""
    _photo, sha256 = take(device)
    receive(device, sha256, "2026-05-10T12:00:00.500Z")
    with device.transaction():
        device.set_setting(BACKED_UP_SETTING, backed_up_at)
    assert purge_photos(device) == goes
    assert device.photos.has(sha256) != goes


def test_a_central_store_keeps_its_photos(live_hub: LiveHub) -> None:
    """There it is the only copy."""
    with Store.open(live_hub.path) as central, pytest.raises(StoreError):
        purge_photos(central)


def test_an_empty_photo_keeps_no_queue(live_hub: LiveHub, device: Store) -> None:
    """A camera that wrote nothing: it is delivered as it is, and what comes after it too."""
    hashes = [take(device, content)[1] for content in (b"", b"whole")]
    report = sync(device, transport_of(device))
    assert (report.photos_sent, report.photos_unsent, report.quarantined) == (2, 0, [])
    with Store.open(live_hub.path) as central:
        assert all(central.photos.is_whole(sha256) for sha256 in hashes)
