"""The central store: what the service does, without the web. One writer, one question at a time."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadInput, Refused, StadsveldError, StoreError
from ..faults import fault_point
from ..model import new_id
from ..store import Store, statement
from ..sync.capture import seal
from ..sync.clock import now_ms
from ..sync.erasure import remove_erased_photos
from ..sync.folding import FOLDED_SETTING
from ..sync.registers import RegisterRows, apply_datasets, check_tables, datasets_of, digest_of
from ..text import _
from . import devices
from .audit import Tally, record, record_push
from .devices import Device
from .limits import Limits
from .metrics import Labels, Metrics, resident_bytes, size_of, unix_time
from .moving import follow, is_behind
from .pages import MOST_ENTRIES, Page
from .photo_access import may_see_photo
from .readers import Readers
from .roles import ADMINISTRATOR, WRITE_REGISTERS
from .snapshots import Snapshots
from .taking import Taking
from .thumbnails import Thumbnails
from .uploads import Uploads

#: Seconds for which a page that is being made gives way to deliveries at a time, and between two looks.
_MOST_WAY, _WAY = 0.1, 0.002
#: Most changes of one push.
MOST_CHANGES = 5000


class WrongEpoch(StadsveldError):
    """The asker knows another epoch of this store: it was restored since."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        super().__init__(_("The central store was restored from a backup; synchronise again."))


def prepare(path: Path) -> None:
    """Make a store at `path`, or make an existing one central: from now on it logs what others fetch.

    Raises:
        StoreError: it cannot be made or opened, or it is a working copy.
    """
    with Store.open(path) if path.exists() else Store.create(path) as store:
        if store.setting("hub_url") is not None:
            raise StoreError(_("{file} is a working copy; it cannot be the central store.").format(file=path))
        store.use_wal()
        with store.transaction():
            seal(store)
            store.connection.execute(statement("log_unlogged_changes"))
            if store.setting("epoch") is None:
                store.set_setting("epoch", new_id())
            follow(store)


class Central:
    """The service over one store; every call is safe from any thread.

    Args:
        path: a store that `prepare` made central.

    Raises:
        StoreError: the file cannot be opened or is no central store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = Store.open(path)
        if self._store.setting("epoch") is None:
            self._store.close()
            message = _("{file} is not a central store yet. Make it one with: {command}")
            raise StoreError(message.format(file=path, command=f"stadsveld hub init {path}"))
        self._store.use_wal()
        self._lock = threading.Lock()
        self._readers = Readers(path)
        self._empty: bytes | None = None
        self.photos = self._store.photos
        self.metrics, self.limits, self.tally = Metrics(), Limits(), Tally()
        self._counting, self._deliveries = threading.Lock(), 0
        self.page_turn = asyncio.Semaphore(1)
        self._snapshots = Snapshots(path, self.empty_replica)
        self.uploads = Uploads(self.photos, self._readers, self.metrics)
        self.thumbnails = Thumbnails(self.photos)

    def close(self) -> None:
        """Close the store when the running call is done, after what is still to be written of the log."""
        with self._lock:
            try:
                self.tally.write(self._store)
            finally:
                self._readers.close()
                self._store.close()

    def write_tally(self) -> None:
        """Write the lines of the audit log that are due."""
        with self._alone() as store:
            self.tally.write(store)

    def is_ready(self) -> bool:
        """Tell whether the store can be read, as a new reader would."""
        try:
            with Store.open(self.path, readonly=True, spatialite=False) as store:
                return store.setting("epoch") is not None
        except StadsveldError:
            return False

    def gauges(self) -> Iterator[tuple[str, str, Labels, float]]:
        """Yield what is measured now: (name, purpose, labels, value)."""
        with self._alone() as store:
            ask = store.connection.execute
            yield "conflicts", "Fields in conflict.", (), ask(statement("count_conflicts")).fetchone()[0]
            yield "log_sequence", "Last place in the log.", (), ask(statement("last_logged")).fetchone()[0]
            found = ask(statement("devices_by_state")).fetchall()
            backup = store.setting("backed_up_at")
        for row in found:
            yield "devices", "Devices by state.", (("state", row["state"]),), row["number"]
        yield "devices_copied", "Devices of which two copies speak.", (), sum(row["copied"] for row in found)
        for row in found:
            if row["state"] == "active" and row["oldest"] is not None:
                purpose = "When the active device that was silent longest spoke last."
                yield "oldest_last_seen_timestamp_seconds", purpose, (), unix_time(row["oldest"])
        if backup is not None:
            purpose = "When the last backup was made."
            yield "last_backup_timestamp_seconds", purpose, (), unix_time(backup)
        yield "store_bytes", "Size of the store with its write-ahead log.", (), size_of(self.path)
        memory = resident_bytes()
        if memory is not None:
            yield "resident_memory_bytes", "Memory of this process.", (), memory

    @contextmanager
    def _alone(self) -> Iterator[Store]:
        with self._lock:
            yield self._store

    @contextmanager
    def _delivery(self) -> Iterator[None]:
        """Count those who deliver or wait to."""
        with self._counting:
            self._deliveries += 1
        try:
            yield
        finally:
            with self._counting:
                self._deliveries -= 1

    def _give_way(self) -> None:
        """Let those who deliver go first, for a moment: they stand outside, who fetches can wait."""
        until = time.monotonic() + _MOST_WAY
        while self._deliveries and time.monotonic() < until:
            time.sleep(_WAY)

    @property
    def epoch(self) -> str:
        """The epoch of the store; a restored backup begins a new one."""
        return self._store.setting("epoch") or ""

    @property
    def store_id(self) -> str:
        """The id of the store, which stays when it is restored; a device may notice another store by it."""
        return self._store.device_id

    @property
    def public_url(self) -> str | None:
        """The address by which devices reach the service, where whoever runs it told."""
        return self._store.setting("public_url")

    # Devices

    def device(self, token: str) -> Device:
        """Return the device of a token; raises Refused where there is none, DeviceLost where it is lost."""
        with self._readers.one() as store:
            try:
                return devices.device_of(store, token)
            except devices.DeviceLost as found:
                lost = found
        with self._alone() as store:
            devices.note_told(store, lost.device)
        raise lost

    def enrol(self, wish: dict[str, Any]) -> Device:
        """See `devices.enrol`."""
        with self._alone() as store:
            return devices.enrol(store, wish)

    def new_code(self, admin: Device, wish: dict[str, Any]) -> str:
        """Make a one-time code for an administrator."""
        with self._alone() as store:
            _only_administrator(admin)
            role, name = str(wish.get("role")), str(wish.get("name") or "")
            return devices.new_code(store, role, name, wish.get("bbox"), days=wish.get("days"), by=admin)

    def list_devices(self, admin: Device) -> list[dict[str, Any]]:
        """List the devices for an administrator."""
        with self._alone() as store:
            _only_administrator(admin)
            return devices.list_devices(store)

    def end_device(self, admin: Device, device_id: str, how: str) -> None:
        """End a device for an administrator."""
        with self._alone() as store:
            _only_administrator(admin)
            devices.end_device(store, device_id, how, by=admin)

    def note_ending(self, device: Device, step: str) -> None:
        """See `devices.note_ending`."""
        with self._alone() as store:
            devices.note_ending(store, device, step)

    # Sync

    def status(
        self, device: Device, epoch: str = "", cursor: int = 0, ticket: str = "", visit: str = ""
    ) -> dict[str, Any]:
        """Say who the asker is, what time it is and which epoch; note how far it has fetched."""
        with self._alone() as store:
            with store.transaction(capture=False):
                devices.seen(store, device, cursor if epoch == self.epoch else 0)
                following, is_copied = devices.greet(store, device, ticket, visit, anew=epoch != self.epoch)
            return {
                "epoch": self.epoch,
                "now_ms": now_ms(),
                "role": device.role,
                "ended": device.ended,
                "device_id": device.device_id,
                "expires_at": device.expires_at,
                "ticket": following,
                "copied": is_copied,
                "folded_before": int(store.setting(FOLDED_SETTING) or 0),
                "last_logged": int(store.connection.execute(statement("last_logged")).fetchone()[0]),
                "backed_up": int(store.setting("backed_up_seq") or 0),
                "backed_up_at": store.setting("backed_up_at"),
            }

    def push(self, device: Device, changes: object) -> list[dict[str, Any]]:
        """Take changes durably; return per change, in order, its status and the reason of a refusal."""
        if not isinstance(changes, list) or len(changes) > MOST_CHANGES:
            raise BadInput(_("“changes” must be a list of at most {n} changes.").format(n=MOST_CHANGES))
        with self._delivery(), self._alone() as store:
            with store.transaction(capture=False):
                seal(store)
                taking = Taking(store, device)
                answers = taking.take(changes)
                taking.finish()
                record_push(store, device.device_id, device.role, answers)
                fault_point("take.before-commit")
            fault_point("take.after-commit")
            remove_erased_photos(store)
        self.metrics.count("pushes")
        for outcome, number in Counter(answer["status"] for answer in answers).items():
            self.metrics.count("changes", number, outcome=outcome)
        return answers

    def take_rows(self, device: Device, content: dict[str, Any]) -> int:
        """Take register rows and dataset records; return how many rows were new or other."""
        if device.role not in WRITE_REGISTERS:
            raise Refused(_("The role “{role}” may not send register rows.").format(role=device.role))
        datasets, tables = content.get("datasets", []), content.get("tables", [])
        check_tables(datasets, tables)
        with self._alone() as store, store.transaction(capture=False):
            seal(store)
            apply_datasets(store, datasets)
            stored = RegisterRows(store, log=True).apply(tables)
            follow(store)
            record(store, "rows", who=device.device_id, role=device.role, stored=stored)
        self.metrics.count("rows", stored)
        return stored

    def pull(
        self, device: Device, epoch: str, after: int, limit: int, known_datasets: str, *, brief: bool = False
    ) -> dict[str, Any]:
        """Return the page of changes and rows after a place in the log; see `Page`.

        Raises:
            WrongEpoch: the place is of another epoch.
            Refused: the device was retired.
        """
        if device.ended is not None:
            raise Refused(_("This device was retired; it delivers what it has and fetches nothing."))
        self._catch_up()
        with self._readers.one() as store:
            here = store.setting("epoch") or ""
            if epoch != here:
                raise WrongEpoch(here)
            page = Page(store, device, after, min(max(limit, 1), MOST_ENTRIES), brief=brief)
            page.fill(between=self._give_way)
            hidden = page.hidden_datasets
            datasets = [found for found in datasets_of(store) if found["id"] not in hidden]
        self.metrics.count("pulls")
        same = digest_of(datasets) == known_datasets
        return {**page.as_json(), "epoch": epoch, "datasets": [] if same else datasets}

    def empty_replica(self) -> bytes:
        """Return an empty working copy, so that a device without SpatiaLite can start."""
        with self._alone():
            if self._empty is None:
                with tempfile.TemporaryDirectory(prefix="stadsveld-") as folder:
                    path = Path(folder) / "empty.sqlite"
                    Store.create(path).close()
                    self._empty = path.read_bytes()
            return self._empty

    def snapshot(self, device: Device) -> dict[str, Any]:
        """See `Snapshots.offer`."""
        self._catch_up()
        return self._snapshots.offer(device)

    def _catch_up(self) -> None:
        """Take up what others wrote into the file: edits to seal, and what moves by them."""
        with self._readers.one() as store:
            is_edited = store.connection.execute(statement("any_captured")).fetchone() is not None
            if not is_edited and not is_behind(store):
                return
        with self._alone() as store, store.transaction(capture=False):
            seal(store)
            follow(store)

    def snapshot_file(self, device: Device, name: str) -> Path:
        """See `Snapshots.path`."""
        return self._snapshots.path(device, name)

    def photo(self, device: Device, sha256: str) -> Path | None:
        """Return the file of a photo that a device may see, or None.

        Raises:
            BadInput: the text is no hash.
        """
        path = self.photos.path(sha256)
        with self._readers.one() as store:
            is_visible = may_see_photo(store, device, sha256)
        return path if is_visible and path.is_file() else None


def _only_administrator(device: Device) -> None:
    if device.role != ADMINISTRATOR or device.ended is not None:
        raise Refused(_("Only an administrator may do this."))
