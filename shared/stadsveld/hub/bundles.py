"""Bundles at the central store: what a device brought on a stick, and what it may take along.

What a device made is taken as if it had pushed it: with its role and area, an answer per change, nothing of
a device that was lost. Who hands it over needs no network, only the seal of that device.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import Refused
from ..jobs import Progress
from ..store import Store, statement
from ..store.store import now
from ..sync.bundle import CENTRAL, DEVICE, BundleReport
from ..sync.bundle_file import Bundle, BundleWriter
from ..text import _
from .central import Central
from .devices import LOST, Device, device_by_id
from .pages import MOST_ENTRIES
from .photo_access import has_row, may_see_photo, may_send_photo, may_take_photos

_TOGETHER = 1000


def take_bundle(path: Path, bundle_path: Path, progress: Progress | None = None) -> BundleReport:
    """Take what a device made; what is refused is listed with the reason, and the device is told later.

    Args:
        path: the central store; it may be served meanwhile.
        bundle_path: the bundle.
        progress: told how far it is.

    Raises:
        BadInput: it is no whole bundle.
        Refused: it is of another store, of a device that is not known or was lost, or was altered.
    """
    progress = progress or Progress()
    with Bundle(bundle_path, progress.part(0.0, 0.3)) as bundle, closing(Central(path)) as central:
        if bundle.facts.get("maker") != DEVICE or bundle.facts.get("store") != central.store_id:
            raise Refused(_("The bundle belongs to another central store."))
        with Store.open(path) as store:
            device = _device(store, bundle)
        report = BundleReport(refused=[])
        _take_changes(central, device, bundle, report, progress)
        for part in bundle.lines("rows"):
            report.rows += central.take_rows(device, part)
        with Store.open(path) as store:
            _take_photos(store, device, bundle, report)
        return report


def give_bundle(
    path: Path, device_id: str, bundle_path: Path, progress: Progress | None = None
) -> BundleReport:
    """Write what a device may see, and the answers on what it delivered.

    Raises:
        Refused: the device is not known, or has ended.
        StoreError: the file cannot be written.
    """
    progress = progress or Progress()
    report = BundleReport()
    with closing(Central(path)) as central, Store.open(path) as store:
        device, key = _known(store, device_id)
        if device.ended is not None:
            raise Refused(_("This device was ended; it fetches nothing."))
        facts = {"maker": CENTRAL, "store": central.store_id, "device": device_id, "at": now()}
        with BundleWriter(bundle_path, facts, key) as bundle:
            bundle.lines("pages", _pages(central, device, report, progress))
            receipts = store.connection.execute(statement("receipts_for_device"), {"device": device_id})
            report.receipts = bundle.lines("receipts", (dict(row) for row in receipts))
            for row in store.connection.execute(statement("photo_hashes")).fetchall():
                sha256 = row["sha256"]
                if store.photos.is_whole(sha256) and may_see_photo(store, device, sha256):
                    bundle.photo(sha256, store.photos.path(sha256))
                    report.photos += 1
    return report


def _pages(
    central: Central, device: Device, report: BundleReport, progress: Progress
) -> Iterator[dict[str, Any]]:
    after, more = 0, True
    while more:
        progress.report(0.2, _("writing edits"))
        page = central.pull(device, central.epoch, after, MOST_ENTRIES, "")
        yield {**page, "after": after}
        report.changes += len(page["changes"])
        report.rows += sum(len(table["rows"]) for table in page["tables"])
        after, more = page["next"], page["more"]


def _device(store: Store, bundle: Bundle) -> Device:
    device, key = _known(store, str(bundle.facts.get("device")))
    if device.ended == LOST:
        raise Refused(_("It was made on a device that was reported lost."))
    if not bundle.is_sealed_by(key):
        raise Refused(_("The bundle was altered, or was not made by the device that it names."))
    return device


def _known(store: Store, device_id: str) -> tuple[Device, str]:
    device = device_by_id(store, device_id)
    row = store.connection.execute(statement("token_of_device"), (device_id,)).fetchone()
    if device is None or row is None or row["token_hash"] is None:
        raise Refused(_("This device is not known here. Enrol it with a new code."))
    return device, row["token_hash"]


def _take_changes(
    central: Central, device: Device, bundle: Bundle, report: BundleReport, progress: Progress
) -> None:
    lines = bundle.lines("changes")
    while some := list(islice(lines, _TOGETHER)):
        progress.report(0.5, _("taking edits"))
        for wire, answer in zip(some, central.push(device, some), strict=True):
            report.changes += answer["status"] == "accepted"
            if answer["status"] == "quarantined" and report.refused is not None:
                report.refused.append({**_named(wire), **answer})


def _named(wire: object) -> dict[str, Any]:
    return {name: wire.get(name) for name in ("entity", "entity_id")} if isinstance(wire, dict) else {}


def _take_photos(store: Store, device: Device, bundle: Bundle, report: BundleReport) -> None:
    for sha256 in bundle.photos:
        may = may_take_photos(device.role) and has_row(store, sha256)
        may = may and may_send_photo(store, device, sha256)
        if may and not store.photos.is_whole(sha256):
            part = store.photos.part(sha256)
            bundle.copy_photo(sha256, part)
            store.photos.move_in(part, sha256)
            report.photos += 1
        elif not may and report.refused is not None:
            reason = _("The central store has no record that tells of this photo.")
            report.refused.append({"photo": sha256, "reason": reason})


__all__ = ["give_bundle", "take_bundle"]
