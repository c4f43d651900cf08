"""One synchronisation: push, photos, pull. Killed at any point, the next one goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from ..errors import BadInput, Refused, StadsveldError, Unavailable
from ..jobs import Progress
from ..store import Store, statement
from ..store.store import now
from ..text import _
from .capture import seal
from .changes import change_from_wire
from .clock import Clock, learn_offset, now_ms
from .merge import NEW, OTHER, Merge, change_from_row
from .registers import RegisterRows, apply_datasets, check_tables, datasets_of, digest_of, tables_of
from .replica import token_of
from .transport import Forgotten, Link, TooLarge, Transport

#: Changes of one push, and log entries of one pull page.
_BATCH = 500
_PAGE = 4000
_ROWS_BATCH = 2000
#: Bytes of JSON after which a batch is full.
_BATCH_BYTES = 4 << 20
_WRITES_REGISTERS = ("planner", "administrator")


@dataclass
class SyncReport:
    """What a synchronisation did.

    Attributes:
        pushed: changes sent.
        accepted: of those, taken by the central store.
        duplicate: of those, known to it already.
        quarantined: refused ones: change_id, entity, entity_id, reason.
        pulled: changes and register rows that were new here.
        conflicts: fields in conflict in this working copy now.
        rows_sent: register rows sent.
        photos_sent: photos delivered and verified.
        photos_received: photos fetched and verified.
        photos_waiting: photos whose file is not to be had yet.
        ended: `retired` where an administrator ended this device: it has now delivered all it had.
    """

    pushed: int = 0
    accepted: int = 0
    duplicate: int = 0
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    pulled: int = 0
    conflicts: int = 0
    rows_sent: int = 0
    photos_sent: int = 0
    photos_received: int = 0
    photos_waiting: int = 0
    ended: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)


def sync(store: Store, transport: Transport, progress: Progress | None = None) -> SyncReport:
    """Send what this working copy has, fetch what others changed, and return what happened.

    Raises:
        Unavailable: the central store cannot be reached; what was done stays done.
        Refused: this device was ended as lost, or its token is not known.
        StoreError: the working copy cannot be written.
        Cancelled: the user stopped; what was done stays done.
    """
    progress = progress or Progress()
    session = _Session(store, Link(transport, token_of(store)))
    progress.report(0.0, _("collecting edits"))
    seal(store)
    try:
        session.run(progress)
    except Forgotten:
        session.run(progress)
    session.report.conflicts = store.connection.execute(statement("count_conflicts")).fetchone()[0]
    progress.report(1.0)
    return session.report


class _Session:
    """The steps of one synchronisation."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store = store
        self._link = link
        self._execute = store.connection.execute
        self._role = ""
        self.report = SyncReport()

    def run(self, progress: Progress) -> None:
        """Go through all steps."""
        self._greet()
        self._push_rows(progress.part(0.0, 0.2))
        self._push_changes(progress.part(0.2, 0.4))
        self._send_photos(progress.part(0.4, 0.6))
        if self.report.ended is None:
            self._pull(progress.part(0.6, 0.8))
            self._fetch_photos(progress.part(0.8, 1.0))

    def _greet(self) -> None:
        before = now_ms()
        status = self._link.ask("GET", "/v1/status")
        after = now_ms()
        epoch, self._role, theirs = status.get("epoch"), str(status.get("role")), status.get("now_ms")
        if not isinstance(epoch, str) or not isinstance(theirs, int):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        self.report.ended = status.get("ended")
        with self._store.transaction():
            learn_offset(self._store, before, theirs, after)
            self._store.set_setting("role", self._role)
            known = self._store.setting("hub_epoch")
            if known != epoch:
                self._begin_epoch(epoch, is_restored=known is not None)

    def _begin_epoch(self, epoch: str, *, is_restored: bool) -> None:
        """Offer everything again to a central store that was restored from a backup."""
        self._store.set_setting("hub_epoch", epoch)
        self._store.set_setting("cursor", "0")
        self._store.set_setting("rows_pushed", "0")
        if is_restored:
            self._store.set_setting("offer_all_until", str(self._last_change()))
            self._execute(statement("forget_receipts"))
            self._execute(statement("forget_photo_receipts"))

    def _last_change(self) -> int:
        return int(self._execute(statement("last_change")).fetchone()[0])

    # Push

    def _push_changes(self, progress: Progress) -> None:
        after = 0
        while True:
            progress.report(0.5, _("sending edits"))
            offer_all = int(self._store.setting("offer_all_until") or 0)
            parameters = (after, self._store.device_id, offer_all, _BATCH)
            rows = self._execute(statement("unsent_changes"), parameters).fetchall()
            if not rows:
                break
            changes = [change_from_row(self._store, row).as_wire() for row in rows]
            for batch in _batches(changes):
                self._push_batch(batch)
            after = rows[-1]["seq"]
        if self._store.setting("offer_all_until") is not None:
            with self._store.transaction():
                self._store.set_setting("offer_all_until", None)

    def _push_batch(self, batch: list[dict[str, Any]]) -> None:
        """Send a batch; where it cannot pass as a whole, halve it until only the culprit stays."""
        try:
            answers = self._link.ask("POST", "/v1/push", {"changes": batch}).get("answers")
        except (TooLarge, Refused) as error:
            if len(batch) == 1 and isinstance(error, TooLarge):
                self._keep_answers(batch, [{"status": "quarantined", "reason": str(error)}])
            elif len(batch) == 1:
                raise
            else:
                self._push_batch(batch[: len(batch) // 2])
                self._push_batch(batch[len(batch) // 2 :])
            return
        if not isinstance(answers, list) or len(answers) != len(batch):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        self._keep_answers(batch, answers)

    def _keep_answers(self, batch: list[dict[str, Any]], answers: list[Any]) -> None:
        with self._store.transaction(capture=False):
            seal(self._store)
            merge = Merge(self._store)
            for change, answer in zip(batch, answers, strict=True):
                self._keep_answer(merge, change, answer if isinstance(answer, dict) else {})
            merge.finish()

    def _keep_answer(self, merge: Merge, change: dict[str, Any], answer: dict[str, Any]) -> None:
        status, reason = answer.get("status"), answer.get("reason")
        if status not in ("accepted", "duplicate", "quarantined"):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        self.report.pushed += 1
        change_id = change["change_id"]
        self._execute(statement("put_receipt"), (change_id, status, reason, now()))
        if status == "quarantined":
            merge.quarantine(change_id)
            kept = {key: change[key] for key in ("change_id", "entity", "entity_id")}
            self.report.quarantined.append({**kept, "reason": reason})
        elif status == "accepted":
            self.report.accepted += 1
        else:
            self.report.duplicate += 1

    def _push_rows(self, progress: Progress) -> None:
        """Send register rows that were imported here, if the role may."""
        after = int(self._store.setting("rows_pushed") or 0)
        while True:
            entries = self._execute(statement("row_log_page"), (after, _ROWS_BATCH)).fetchall()
            if not entries:
                return
            if self._role not in _WRITES_REGISTERS:
                reason = _("Register rows imported here are not sent: only a planner or administrator may.")
                self.report.quarantined.append({"entity": entries[0]["entity"], "reason": reason})
                return
            progress.report(0.5, _("sending register rows"))
            keys = [(entry["entity"], entry["entity_id"]) for entry in entries]
            self._send_rows(keys, datasets_of(self._store))
            after = entries[-1]["seq"]
            with self._store.transaction():
                self._store.set_setting("rows_pushed", str(after))

    def _send_rows(self, keys: list[tuple[str, str]], datasets: list[dict[str, Any]]) -> None:
        try:
            tables = tables_of(self._store, keys)
            answer = self._link.ask("POST", "/v1/rows", {"datasets": datasets, "tables": tables})
        except TooLarge:
            if len(keys) == 1:
                raise
            self._send_rows(keys[: len(keys) // 2], datasets)
            self._send_rows(keys[len(keys) // 2 :], datasets)
        else:
            self.report.rows_sent += int(answer.get("stored", 0))

    # Pull

    def _pull(self, progress: Progress) -> None:
        more = True
        while more:
            progress.report(0.5, _("fetching what others changed"))
            asked = {
                "epoch": self._store.setting("hub_epoch"),
                "after": self._store.setting("cursor") or "0",
                "limit": _PAGE,
                "datasets": digest_of(datasets_of(self._store)),
            }
            page = self._link.ask("GET", f"/v1/pull?{urlencode(asked)}")
            more = self._apply_page(page)

    def _apply_page(self, page: dict[str, Any]) -> bool:
        """Store a page and the cursor behind it, in one transaction."""
        changes, following = page.get("changes"), page.get("next")
        datasets, tables = page.get("datasets", []), page.get("tables", [])
        if not isinstance(changes, list) or type(following) is not int:
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        check_tables(datasets, tables)
        with self._store.transaction(capture=False):
            seal(self._store)
            apply_datasets(self._store, datasets)
            self.report.pulled += RegisterRows(self._store, log=False).apply(tables)
            merge, clock = Merge(self._store), Clock(self._store)
            for wire in changes:
                self._apply_change(merge, clock, wire)
            merge.finish()
            clock.save()
            self._store.set_setting("cursor", str(following))
        return page.get("more") is True

    def _apply_change(self, merge: Merge, clock: Clock, wire: object) -> None:
        try:
            change = change_from_wire(wire)
        except BadInput as error:
            self.report.quarantined.append({"change_id": None, "reason": str(error)})
            return
        outcome = merge.add(change)
        clock.see(change.hlc)
        if outcome == NEW:
            self.report.pulled += 1
        elif outcome == OTHER:
            reason = _("A change with the same id but other content arrived; the one that was here is kept.")
            self.report.quarantined.append({"change_id": change.change_id, "reason": reason})

    # Photos

    def _waiting_photos(self) -> Iterator[str]:
        for row in self._execute(statement("photo_hashes_without_receipt")).fetchall():
            try:
                self._store.photos.path(row["sha256"])
            except BadInput:
                continue
            yield row["sha256"]

    def _send_photos(self, progress: Progress) -> None:
        for sha256 in self._waiting_photos():
            if not self._store.photos.has(sha256):
                continue
            progress.report(0.5, _("sending photos"))
            try:
                content = self._store.photos.read(sha256)
                answer = self._link.send(f"/v1/photos/{sha256}", content, "image/jpeg")
            except (Refused, TooLarge, BadInput) as error:
                self.report.quarantined.append({"photo": sha256, "reason": str(error)})
                continue
            if answer.get("sha256") == sha256:
                self._has_both_sides(sha256)
                self.report.photos_sent += 1

    def _fetch_photos(self, progress: Progress) -> None:
        for sha256 in self._waiting_photos():
            if self._store.photos.has(sha256):
                continue
            progress.report(0.5, _("fetching photos"))
            try:
                content = self._link.fetch(f"/v1/photos/{sha256}")
            except StadsveldError as error:
                if not isinstance(error, Refused):
                    raise
                content = None
            if content is None or not self._store.photos.keep(sha256, content):
                self.report.photos_waiting += 1
                continue
            self._has_both_sides(sha256)
            self.report.photos_received += 1

    def _has_both_sides(self, sha256: str) -> None:
        with self._store.transaction():
            self._execute(statement("put_photo_receipt"), (sha256, now()))


def _batches(changes: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut a list into pieces that stay below the size of a batch."""
    batch: list[dict[str, Any]] = []
    size = 0
    for change in changes:
        length = len(json.dumps(change))
        if batch and size + length > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += length
    if batch:
        yield batch
