"""Sending: changes until their receipt is here, and register rows where the role may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from ..errors import Refused, Unavailable
from ..faults import fault_point
from ..jobs import Progress
from ..store import Store, statement
from ..store.store import now
from ..text import _
from .capture import seal
from .merge import Merge, changes_from_rows
from .registers import datasets_of, digest_of, tables_of
from .report import SyncReport
from .transport import Link, TooLarge

#: Changes and register rows of one push.
_BATCH = 1000
_ROWS_BATCH = 2000
#: Characters of values after which a batch is full.
_BATCH_CHARACTERS = 4 << 20
#: Receipt of what others made and the central store will take from its author only.
_WAITING = "waiting"
#: Setting of a working copy: digest of the dataset records that it sent last.
DATASETS_SETTING = "datasets_sent"
#: Change, status, reason, instant.
_Receipt = tuple[str, str, str | None, str]
WRITES_REGISTERS = ("planner", "administrator")


class Push:
    """Sends what this working copy holds and the central store has not."""

    def __init__(self, store: Store, link: Link, report: SyncReport) -> None:
        self._store = store
        self._link = link
        self._execute = store.connection.execute
        self.report = report

    def changes(self, progress: Progress) -> None:
        """Send the changes that the central store has not confirmed, in batches."""
        self._offer_waiting()
        rows = unsent(self._store)
        while some := list(islice(rows, _BATCH)):
            progress.report(0.5, _("sending edits"))
            self._push_rows(some)
        if self._store.setting("offer_all_until") is not None:
            with self._store.transaction():
                self._store.set_setting("offer_all_until", None)

    def _offer_waiting(self) -> None:
        """Offer others' changes again that wait for their authors: one of each, the rest where it passes."""
        for probe in self._execute(statement("waiting_probes")).fetchall():
            rows = [probe]
            while rows:
                self._push_rows(rows)
                answer = self._execute(statement("receipt_of"), (probe["change_id"],)).fetchone()
                if answer["status"] == _WAITING:
                    break
                after = (probe["device"], probe["entity"], rows[-1]["seq"], _BATCH)
                rows = self._execute(statement("waiting_of"), after).fetchall()

    def _push_rows(self, rows: list[Any]) -> None:
        for batch in _batches(rows):
            changes = changes_from_rows(self._store, batch)
            self._push_batch([replace(change, quarantined=False).as_wire() for change in changes])

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
        fault_point("push.before-receipts")
        with self._store.transaction(capture=False):
            seal(self._store)
            merge = Merge(self._store)
            receipts = [
                self._keep_answer(merge, change, answer if isinstance(answer, dict) else {})
                for change, answer in zip(batch, answers, strict=True)
            ]
            self._store.connection.executemany(statement("put_receipt"), receipts)
            merge.finish()
        fault_point("push.after-receipts")

    def _keep_answer(self, merge: Merge, change: dict[str, Any], answer: dict[str, Any]) -> _Receipt:
        status, reason = answer.get("status"), answer.get("reason")
        if status not in ("accepted", "duplicate", "quarantined"):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        change_id = change["change_id"]
        if status == "quarantined" and answer.get("waits") is True and self._is_of_others(change):
            return change_id, _WAITING, reason, now()
        self.report.pushed += 1
        if status == "quarantined":
            merge.quarantine(change_id)
            kept = {key: change[key] for key in ("change_id", "entity", "entity_id")}
            self.report.quarantined.append({**kept, "reason": reason})
        elif status == "accepted":
            self.report.accepted += 1
        else:
            self.report.duplicate += 1
        return change_id, status, reason, now()

    def _is_of_others(self, change: dict[str, Any]) -> bool:
        return bool(change["device"] != self._store.device_id)

    def rows(self, progress: Progress, role: str) -> None:
        """Send register rows that were imported here, if the role may."""
        after = int(self._store.setting("rows_pushed") or 0)
        while True:
            entries = self._execute(statement("row_log_page"), (after, _ROWS_BATCH)).fetchall()
            if not entries:
                self._send_datasets(role)
                return
            if role not in WRITES_REGISTERS:
                reason = _("Register rows imported here are not sent: only a planner or administrator may.")
                self.report.quarantined.append({"entity": entries[0]["entity"], "reason": reason})
                return
            progress.report(0.5, _("sending register rows"))
            keys = [(entry["entity"], entry["entity_id"]) for entry in entries]
            self._send_rows(keys, datasets_of(self._store))
            after = entries[-1]["seq"]
            with self._store.transaction():
                self._store.set_setting("rows_pushed", str(after))

    def _send_datasets(self, role: str) -> None:
        """Send dataset records that changed: a new edition may bring no other rows."""
        datasets = datasets_of(self._store)
        digest = digest_of(datasets)
        if not datasets or role not in WRITES_REGISTERS or digest == self._store.setting(DATASETS_SETTING):
            return
        self._send_rows([], datasets)
        with self._store.transaction():
            self._store.set_setting(DATASETS_SETTING, digest)

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


def unsent(store: Store) -> Iterator[Any]:
    """Yield the rows of changes that the central store has not confirmed, as of each batch."""
    after = 0
    while True:
        offer_all = int(store.setting("offer_all_until") or 0)
        asked = {"after": after, "device": store.device_id, "offer_all": offer_all, "most": _BATCH}
        rows = store.connection.execute(statement("unsent_changes"), asked).fetchall()
        if not rows:
            return
        yield from rows
        after = rows[-1]["seq"]


def _batches(rows: list[Any]) -> Iterator[list[Any]]:
    """Cut rows of changes into pieces whose values stay below the size of a batch."""
    batch: list[Any] = []
    size = 0
    for row in rows:
        length = len(row["fields"] or "")
        if batch and size + length > _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
