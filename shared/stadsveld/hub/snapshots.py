"""Snapshots: the state that a device may see as one file, so that it starts fast and then pulls.

A snapshot is made once for all devices with the same limits and kept for some minutes, compressed,
in `<store>.snapshots`. It is fetched in pieces by its name, so that a broken download goes on.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import BadInput, Refused
from ..model import new_id
from ..store import Store, statement
from ..store.snapshot import copy_state
from ..sync.folding import FOLDED_SETTING
from ..text import _
from .devices import Device
from .visibility import Visibility

#: Seconds that a snapshot serves, and stays to be fetched to its end.
_FRESH, _KEPT = 600.0, 7200.0
#: Log entries that a device may have to pull after a snapshot that is not quite new.
_MOST_BEHIND = 20_000
_COMPRESSION = 1
_PIECE = 1 << 20


class Snapshots:
    """The snapshots of one central store; every call is safe from any thread.

    Args:
        path: the central store.
        empty: returns an empty working copy as bytes.
    """

    def __init__(self, path: Path, empty: Callable[[], bytes]) -> None:
        self._path = path
        self._empty = empty
        self._folder = path.with_name(path.name + ".snapshots")
        self._lock = threading.Lock()

    def offer(self, device: Device) -> dict[str, Any]:
        """Return {name, size, sha256, seq} of a snapshot for a device, made now where none is fresh.

        Raises:
            Refused: the device was retired.
        """
        if device.ended is not None:
            raise Refused(_("This device was retired; it delivers what it has and fetches nothing."))
        with self._lock:
            self._clean()
            with Store.open(self._path, readonly=True, spatialite=False) as store:
                key = _key(store, device)
                last = int(store.connection.execute(statement("last_logged")).fetchone()[0])
            for kept in self._folder.glob(f"{key}-*.json"):
                facts: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
                fresh = time.time() - kept.stat().st_mtime < _FRESH
                if fresh and facts["seq"] >= last - _MOST_BEHIND and kept.with_suffix(".gz").is_file():
                    return facts
            return self._make(key, device)

    def path(self, device: Device, name: str) -> Path:
        """Return the file of a snapshot that was offered to devices with these limits.

        Raises:
            BadInput: there is none of that name for this device.
        """
        with Store.open(self._path, readonly=True, spatialite=False) as store:
            key = _key(store, device)
        found = {kept.stem: kept for kept in self._folder.glob(f"{key}-*.gz")}.get(name)
        if found is None:
            raise BadInput(_("This snapshot is no longer here; ask for another one."))
        return found

    def discard(self) -> None:
        """Remove all snapshots, because something in them was erased."""
        with self._lock:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _clean(self) -> None:
        for kept in self._folder.glob("*"):
            if time.time() - kept.stat().st_mtime > _KEPT:
                kept.unlink(missing_ok=True)

    def _make(self, key: str, device: Device) -> dict[str, Any]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="making-", dir=self._folder) as folder:
            made = Path(folder) / "replica.sqlite"
            made.write_bytes(self._empty())
            seq = self._fill(made, device)
            packed = Path(folder) / "replica.gz"
            sha256 = _compress(made, packed)
            name = f"{key}-{new_id()}"
            facts = {"name": name, "size": packed.stat().st_size, "sha256": sha256, "seq": seq}
            packed.replace(self._folder / f"{name}.gz")
        (self._folder / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")
        return facts

    def _fill(self, made: Path, device: Device) -> int:
        """Copy what the device may see; return the place in the log from which it has to pull."""
        with Store.open(self._path, readonly=True) as central, Store.open(made) as copy:
            # What is logged between these two lines comes twice, by the snapshot and by the pull: harmless.
            seq = int(central.connection.execute(statement("last_logged")).fetchone()[0])
            folded = {FOLDED_SETTING: central.setting(FOLDED_SETTING)}
            copy_state(copy, self._path, _visible(central, device), folded)
        return seq


def _key(store: Store, device: Device) -> str:
    """Return a text that differs for devices with other limits, and after a restore or an erasure."""
    erased = store.connection.execute(statement("count_rows", "stadsveld_erased")).fetchone()[0]
    kinds = None if device.kinds is None else sorted(device.kinds)
    hidden = sorted(Visibility(store, device).hidden)
    limits = [store.setting("epoch"), erased, hidden, device.bbox, kinds]
    return hashlib.sha256(json.dumps(limits).encode()).hexdigest()[:24]


def _visible(store: Store, device: Device) -> Iterator[tuple[str, str]] | None:
    """Return what a limited device may see, or None for everything."""
    visible = Visibility(store, device)
    return _visible_things(store, visible) if visible.is_limited else None


def _visible_things(store: Store, visible: Visibility) -> Iterator[tuple[str, str]]:
    for row in store.rows("dataset"):
        if visible.has("dataset", row["id"]):
            yield "dataset", row["id"]
    for name, row_id in store.connection.execute(statement("entities_known")):
        if visible.has(name, row_id):
            yield name, row_id


def _compress(source: Path, target: Path) -> str:
    """Compress a file and return the SHA-256 of what it became."""
    with source.open("rb") as plain, gzip.open(target, "wb", compresslevel=_COMPRESSION) as packed:
        shutil.copyfileobj(plain, packed, _PIECE)
    digest = hashlib.sha256()
    with target.open("rb") as packed_file:
        while piece := packed_file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
