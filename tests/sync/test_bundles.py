"""Bundles, the same batches on a stick: twice, late, out of order is harmless; altered is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.cli import main
from stadsveld.errors import BadInput, Refused, StadsveldError, StoreError
from stadsveld.hub.bundles import give_bundle, take_bundle
from stadsveld.store import Store
from stadsveld.sync import bundle_in, bundle_out, conflicts, dump_hash, outbox, sync, transport_of
from support.live_hub import LiveHub

HERE, FAR = geo.point_wkb(203000, 503000), geo.point_wkb(210000, 510000)
BOX = (202000.0, 502000.0, 204000.0, 504000.0)


@pytest.fixture
def pair(live_hub: LiveHub, tmp_path: Path):
    """Two planners with everything."""
    with (
        live_hub.replica(tmp_path / "a.sqlite", role="planner") as a,
        live_hub.replica(tmp_path / "b.sqlite", role="planner") as b,
    ):
        for store in (a, b):
            sync(store, transport_of(store))
        yield a, b


def with_photo(store: Store, title: str) -> str:
    """A task with a photo; returns the hash."""
    task = store.put("task", None, {"title": title, "geom": HERE})
    sha256 = store.photos.add(b"\xff\xd8\xff" + title.encode() * 100)
    store.put("photo", None, {"owner_entity": "task", "owner_id": task, "sha256": sha256})
    return sha256


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_without_any_network(live_hub: LiveHub, pair, tmp_path: Path, order: str) -> None:
    """Both ways by stick, in both orders and twice: one state, nothing waits, photos included."""
    a, b = pair
    hashes = [with_photo(a, "van a"), with_photo(b, "van b")]
    live_hub.stop()
    named = {"a": a, "b": b}
    for name in order:
        assert bundle_out(named[name], tmp_path / f"{name}.zip").photos == 1
    for name in (*order, *order):
        take_bundle(live_hub.path, tmp_path / f"{name}.zip")
    assert len(outbox(a)) > 0
    for name in (*order, *reversed(order)):
        give_bundle(live_hub.path, named[name].device_id, tmp_path / f"to-{name}.zip")
        bundle_in(named[name], tmp_path / f"to-{name}.zip")
    with Store.open(live_hub.path) as central:
        for store in (a, b, central):
            assert [store.photos.is_whole(sha256) for sha256 in hashes] == [True, True]
            assert dump_hash(store) == dump_hash(central)
            assert store.problems() == []
    assert [outbox(a), outbox(b)] == [[], []]


def test_from_one_device_to_another(live_hub: LiveHub, pair, tmp_path: Path) -> None:
    """What a colleague brings is seen at once and stays the colleague's to deliver."""
    a, b = pair
    sha256 = with_photo(a, "van a")
    assert bundle_out(a, tmp_path / "a.zip").changes == 2
    first, again = (bundle_in(b, tmp_path / "a.zip") for _time in range(2))
    assert (first.changes, first.photos, again.changes, again.photos) == (2, 1, 0, 0)
    assert dump_hash(a) == dump_hash(b)
    assert (len(outbox(a)), outbox(b)) == (2, [])
    assert b.photos.is_whole(sha256)
    for store in (b, a, b):
        sync(store, transport_of(store))
    assert dump_hash(a) == dump_hash(b)
    assert outbox(a) == []


def test_concurrent_work_is_a_conflict_as_over_the_network(pair, tmp_path: Path, live_hub: LiveHub) -> None:
    """A late bundle comes after what others changed meanwhile."""
    a, b = pair
    task = a.put("task", None, {"title": "eerst", "geom": HERE})
    for store in (a, b):
        sync(store, transport_of(store))
    a.put("task", task, {"title": "van a"})
    bundle_out(a, tmp_path / "late.zip")
    b.put("task", task, {"title": "van b"})
    sync(b, transport_of(b))
    take_bundle(live_hub.path, tmp_path / "late.zip")
    for store in (a, b):
        sync(store, transport_of(store))
        assert [found.field for found in conflicts(store)] == ["title"]
    assert dump_hash(a) == dump_hash(b)


def test_role_and_area_hold(live_hub: LiveHub, tmp_path: Path) -> None:
    """Each change is answered as if it was pushed, and the device learns the reason from its bundle."""
    with live_hub.replica(tmp_path / "near.sqlite", role="inspector", bbox=BOX) as near:
        sync(near, transport_of(near))
        good = near.put("task", None, {"title": "goed", "geom": HERE})
        near.put("task", None, {"title": "te ver", "geom": geo.point_wkb(5.2, 52.1)})
        bundle_out(near, tmp_path / "out.zip")
        report = take_bundle(live_hub.path, tmp_path / "out.zip")
        assert report.changes == 1
        assert [len(report.refused or []), bool(report.refused[0]["reason"])] == [1, True]
        with Store.open(live_hub.path) as central:
            assert [row["id"] for row in central.rows("task")] == [good]
            central.put("task", None, {"title": "niet voor deze", "geom": FAR})
        give_bundle(live_hub.path, near.device_id, tmp_path / "in.zip")
        bundle_in(near, tmp_path / "in.zip")
        assert [item.state for item in outbox(near)] == ["refused"]
        assert {row["title"] for row in near.rows("task")} == {"goed"}


def test_who_may_not(live_hub: LiveHub, pair, tmp_path: Path) -> None:
    """A lost device, another store, another device: refused, and nothing is taken."""
    a, b = pair
    a.put("task", None, {"title": "t"})
    bundle_out(a, tmp_path / "a.zip")
    give_bundle(live_hub.path, a.device_id, tmp_path / "to-a.zip")
    with pytest.raises(Refused):
        bundle_in(b, tmp_path / "to-a.zip")
    live_hub.end(a.device_id, "lost")
    with pytest.raises(Refused):
        take_bundle(live_hub.path, tmp_path / "a.zip")
    with pytest.raises(Refused):
        give_bundle(live_hub.path, a.device_id, tmp_path / "no.zip")
    assert not (tmp_path / "no.zip").exists()
    other = LiveHub(tmp_path / "other.sqlite")
    try:
        with other.replica(tmp_path / "c.sqlite") as c:
            with pytest.raises(Refused):
                bundle_in(c, tmp_path / "a.zip")
            with pytest.raises(Refused):
                take_bundle(other.path, tmp_path / "a.zip")
    finally:
        other.stop()
    with (
        Store.open(live_hub.path) as central,
        pytest.raises(StoreError),
    ):
        bundle_out(central, tmp_path / "x.zip")
    assert list(tmp_path.glob("*.part")) == []


def altered(path: Path, name: str, content: bytes) -> Path:
    """A copy of a bundle with another content of a member."""
    made = path.with_name("altered.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for member in {*old.namelist(), name}:
            new.writestr(member, content if member == name else old.read(member))
    return made


def test_bad_bundles(live_hub: LiveHub, pair, tmp_path: Path) -> None:
    """Cut off at any place, altered, sealed by somebody else, with more in it, far too large: refused."""
    a, b = pair
    with_photo(a, "van a")
    whole = tmp_path / "a.zip"
    bundle_out(a, whole)
    content, before = whole.read_bytes(), dump_hash(b)
    bad: list[Path] = []
    for number, length in enumerate(range(0, len(content), max(len(content) // 20, 1))):
        cut = tmp_path / f"cut{number}.zip"
        cut.write_bytes(content[:length])
        bad.append(cut)
    for path in bad:
        for take in (lambda p: bundle_in(b, p), lambda p: take_bundle(live_hub.path, p)):
            with pytest.raises(BadInput, match=path.name):
                take(path)
    with zipfile.ZipFile(whole) as file:
        lines = file.read("changes.jsonl")
        manifest = json.loads(file.read("manifest.json"))
    bomb = b"\x00" * (300 << 20)
    for name, other in (
        ("changes.jsonl", lines.replace(b"van a", b"van x")),
        ("../../evil.txt", b"x"),
        ("photos/" + "0" * 64 + ".jpg", b"x"),
        ("manifest.json", b"[]"),
        ("manifest.json", json.dumps({**manifest, "format": 99}).encode()),
        ("manifest.json", json.dumps({**manifest, "members": [{"name": "../x", "bytes": 1}]}).encode()),
        ("changes.jsonl", bomb),
    ):
        with pytest.raises(BadInput):
            bundle_in(b, altered(whole, name, other))
    forged = altered(whole, "manifest.json", json.dumps({**manifest, "at": "2020"}).encode())
    with pytest.raises(Refused):
        take_bundle(live_hub.path, forged)
    assert dump_hash(b) == before
    with Store.open(live_hub.path) as central:
        assert list(central.rows("task")) == []
    assert not (tmp_path.parent / "evil.txt").exists()


def test_a_bundle_that_cannot_be_written(pair, tmp_path: Path) -> None:
    """A clear error, and nothing half-written."""
    a, _b = pair
    with pytest.raises(StadsveldError, match="nowhere"):
        bundle_out(a, tmp_path / "nowhere" / "a.zip")


def test_the_commands(live_hub: LiveHub, pair, tmp_path: Path, capsys) -> None:
    """Out of one, into the central store by either name, back by the device's id."""
    a, _b = pair
    a.put("task", None, {"title": "t"})
    bundle = str(tmp_path / "a.zip")
    paths = {name: str(tmp_path / f"{name}.sqlite") for name in ("a", "b")}
    assert main(["replica", "bundle-out", paths["a"], bundle]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == 1
    assert main(["replica", "bundle-in", paths["b"], bundle]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == 1
    assert main(["hub", "bundle-in", str(live_hub.path), bundle]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == 1
    assert main(["replica", "bundle-in", str(live_hub.path), bundle]) == 0
    assert json.loads(capsys.readouterr().out)["changes"] == 0
    back = str(tmp_path / "back.zip")
    assert main(["hub", "bundle-out", str(live_hub.path), back, "--device", a.device_id]) == 0
    assert json.loads(capsys.readouterr().out)["receipts"] == 1
    assert main(["replica", "bundle-in", paths["a"], back]) == 0
    assert outbox(a) == []
    assert main(["replica", "bundle-in", paths["b"], str(tmp_path / "missing.zip")]) == 1
    assert "missing.zip" in capsys.readouterr().err
