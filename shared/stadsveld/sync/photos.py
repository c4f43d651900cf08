"""Photos between files: delivered and fetched by their hash, verified at both ends."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import BadInput, Refused, StadsveldError
from ..jobs import Progress
from ..store import Store, statement
from ..store.store import now
from ..text import _
from .report import SyncReport
from .transport import Link, TooLarge


def photos_without_receipt(store: Store) -> Iterator[str]:
    """Yield the hashes of photos that are not confirmed to be at both sides; foreign texts are left out."""
    for row in store.connection.execute(statement("photo_hashes_without_receipt")).fetchall():
        try:
            store.photos.path(row["sha256"])
        except BadInput:
            continue
        yield row["sha256"]


class Photos:
    """Delivers and fetches photo files."""

    def __init__(self, store: Store, link: Link, report: SyncReport) -> None:
        self._store = store
        self._link = link
        self._execute = store.connection.execute
        self.report = report

    def send(self, progress: Progress) -> None:
        """Deliver the photos that the central store has not confirmed."""
        for sha256 in photos_without_receipt(self._store):
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

    def fetch(self, progress: Progress) -> None:
        """Fetch the photos that rows here tell of and whose files are elsewhere."""
        for sha256 in photos_without_receipt(self._store):
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
