"""Without a network: what a working copy has to send, and what it may fetch, as a file on a stick.

`bundle_out` writes what the central store has not confirmed. `bundle_in` takes what the central store made
for this device (pages as it fetches them, with receipts), or what another working copy of the same store
made: its changes are merged here and stay its own to deliver. Twice, late or out of order is harmless,
because every part is merged as if it had come over the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import BadInput, Refused, StoreError
from ..jobs import Progress
from ..store import Store, statement
from ..store.store import now
from ..text import _
from .bundle_file import Bundle, BundleWriter
from .capture import seal
from .ending import refuse_expired
from .merge import Merge, changes_from_rows
from .photos import photos_without_receipt
from .pull import Pages
from .push import WRITES_REGISTERS, unsent
from .registers import datasets_of, tables_of
from .replica import STORE_SETTING, token_of
from .report import SyncReport

#: Who made a bundle.
DEVICE, CENTRAL = "device", "central"
_TOGETHER, _ROWS = 1000, 2000


@dataclass
class BundleReport:
    """What a bundle holds, or what was taken from one.

    Attributes:
        changes: changes in it, or new here.
        rows: register rows.
        photos: photo files.
        receipts: answers of the central store on what was delivered.
        refused: what was not taken, with the reason.
    """

    changes: int = 0
    rows: int = 0
    photos: int = 0
    receipts: int = 0
    refused: list[dict[str, Any]] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a command."""
        return {**asdict(self), "refused": self.refused or []}


def key_of(token: str) -> str:
    """Return the key with which a device and its central store seal bundles."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def bundle_out(store: Store, path: Path, progress: Progress | None = None) -> BundleReport:
    """Write what the central store has not confirmed; nothing counts as delivered by that.

    Args:
        store: the working copy.
        path: the bundle to make; replaced where it exists.
        progress: told how far it is.

    Raises:
        StoreError: it is no working copy, or the file cannot be written.
        Refused: its time is over.
    """
    progress = progress or Progress()
    facts = _facts(store)
    refuse_expired(store)
    seal(store)
    token = token_of(store)
    report = BundleReport()
    with BundleWriter(path, facts, None if token is None else key_of(token)) as bundle:
        progress.report(0.0, _("writing edits"))
        report.changes = bundle.lines("changes", _changes(store))
        if store.setting("role") in WRITES_REGISTERS:
            pages = list(_row_pages(store))
            report.rows = sum(len(table["rows"]) for page in pages for table in page["tables"])
            bundle.lines("rows", pages)
        waiting = [each for each in photos_without_receipt(store) if store.photos.is_whole(each)]
        for number, sha256 in enumerate(waiting):
            progress.report(0.3 + 0.7 * number / len(waiting), _("writing photos"))
            bundle.photo(sha256, store.photos.path(sha256))
        report.photos = len(waiting)
    return report


def bundle_in(store: Store, path: Path, progress: Progress | None = None) -> BundleReport:
    """Take a bundle of the central store for this device, or of another working copy of that store.

    Raises:
        BadInput: it is no whole bundle, or was altered.
        Refused: it is of another central store, or for another device.
        StoreError: the file is no working copy.
    """
    progress = progress or Progress()
    ours = _facts(store)
    refuse_expired(store)
    with Bundle(path, progress.part(0.0, 0.3)) as bundle:
        facts = bundle.facts
        if facts.get("store") != ours["store"]:
            raise Refused(_("The bundle belongs to another central store."))
        taking = _Taking(store, bundle, progress)
        if facts.get("maker") == CENTRAL:
            token = token_of(store)
            if facts.get("device") != store.device_id:
                raise Refused(_("The bundle was made for another device."))
            if token is None or not bundle.is_sealed_by(key_of(token)):
                raise Refused(_("The bundle was altered, or made by something else than the central store."))
            taking.pages()
            taking.receipts()
        else:
            taking.changes()
        taking.photos()
        return taking.report


class _Taking:
    """Takes the parts of a bundle into a working copy."""

    def __init__(self, store: Store, bundle: Bundle, progress: Progress) -> None:
        self._store = store
        self._bundle = bundle
        self._progress = progress
        self._synced = SyncReport()
        self._pages = Pages(store, self._synced)
        self.report = BundleReport()

    def pages(self) -> None:
        """Take pages as they are fetched; the place in the log moves on where they join what is here."""
        epoch = self._store.setting("hub_epoch")
        for page in self._bundle.lines("pages"):
            self._progress.report(0.5, _("taking what others changed"))
            place = int(self._store.setting("cursor") or 0)
            is_next = page.get("epoch") == epoch and page["after"] <= place < page["next"]
            self._pages.apply(page, moves=is_next)
        self._take_over()

    def receipts(self) -> None:
        """Keep what the central store answered on what this device delivered."""
        rows = [self._receipt(line) for line in self._bundle.lines("receipts")]
        with self._store.transaction(capture=False):
            self._store.connection.executemany(statement("put_receipt_of_known"), rows)
            merge = Merge(self._store)
            for row in rows:
                if row["status"] == "quarantined":
                    merge.quarantine(str(row["change_id"]))
            merge.finish()
        self.report.receipts = len(rows)

    def changes(self) -> None:
        """Take another device's changes and register rows; all of them or none."""
        self._progress.report(0.5, _("taking what others changed"))
        rows = list(self._bundle.lines("rows"))
        page = {
            "changes": list(self._bundle.lines("changes")),
            "tables": [table for part in rows for table in part.get("tables", [])],
            "datasets": rows[-1].get("datasets", []) if rows else [],
            "next": 0,
        }
        self._pages.apply(page, moves=False)
        self._take_over()

    def photos(self) -> None:
        """Keep the photos that a row tells of and that are not here."""
        store = self._store
        for sha256 in self._bundle.photos:
            self._progress.report(0.9, _("taking photos"))
            is_wanted = store.connection.execute(statement("photo_known"), (sha256,)).fetchone() is not None
            if is_wanted and not store.photos.has(sha256):
                part = store.photos.part(sha256)
                self._bundle.copy_photo(sha256, part)
                store.photos.move_in(part, sha256)
                self.report.photos += 1

    def _take_over(self) -> None:
        self.report.changes = self._synced.pulled
        self.report.refused = self._synced.quarantined

    def _receipt(self, line: object) -> dict[str, str | None]:
        found = line if isinstance(line, dict) else {}
        change_id, status, reason = (found.get(name) for name in ("change_id", "status", "reason"))
        if not isinstance(change_id, str) or status not in ("accepted", "quarantined"):
            raise BadInput(_("This is no whole bundle: copy it again, or have it made again."))
        told = reason if isinstance(reason, str) else None
        return {"change_id": change_id, "status": status, "reason": told, "at": now()}


def _facts(store: Store) -> dict[str, Any]:
    if store.setting("hub_url") is None:
        raise StoreError(_("{file} is no working copy of a central store.").format(file=store.path))
    return {"maker": DEVICE, "store": store.setting(STORE_SETTING), "device": store.device_id, "at": now()}


def _changes(store: Store) -> Iterator[dict[str, Any]]:
    rows = unsent(store)
    while some := list(islice(rows, _TOGETHER)):
        for change in changes_from_rows(store, some):
            yield replace(change, quarantined=False).as_wire()


def _row_pages(store: Store) -> Iterator[dict[str, Any]]:
    after, datasets = int(store.setting("rows_pushed") or 0), datasets_of(store)
    while True:
        entries = store.connection.execute(statement("row_log_page"), (after, _ROWS)).fetchall()
        if not entries:
            return
        after = entries[-1]["seq"]
        tables = tables_of(store, [(entry["entity"], entry["entity_id"]) for entry in entries])
        yield {"datasets": datasets, "tables": json.loads(json.dumps(tables))}


__all__ = ["CENTRAL", "DEVICE", "BundleReport", "bundle_in", "bundle_out", "key_of"]
