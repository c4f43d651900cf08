"""One synchronisation: push, pull, photos. Killed at any point, the next one goes on from there."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from ..errors import Unavailable
from ..jobs import Progress
from ..store import Store, statement
from ..text import _
from .capture import seal
from .clock import learn_offset, now_ms
from .ending import EXPIRES_SETTING, LOST, RETIRED, is_instant, retire, wipe_store
from .erasure import remove_erased_photos
from .folding import follow_folding
from .leaving import give_up, note_offered, offer_left_again, purge_left, remove_left_photos
from .originals import BACKED_UP_SETTING, purge_originals
from .photos import Photos, central_time
from .pull import Pull
from .push import DATASETS_SETTING, Push
from .replica import COPIED_SETTING, token_of
from .report import SyncReport
from .starting import Start
from .transport import Forgotten, Link, Lost, Transport


def sync(store: Store, transport: Transport, progress: Progress | None = None) -> SyncReport:
    """Send what this working copy has, fetch what others changed, and return what happened.

    Where the device was ended, the working copy may be wiped and closed afterwards (`SyncReport.wiped`).

    Raises:
        Unavailable: the central store cannot be reached; what was done stays done.
        Refused: the token of this device is not known.
        StoreError: the working copy cannot be written.
        Cancelled: the user stopped; what was done stays done.
    """
    progress = progress or Progress()
    session = _Session(store, Link(transport, token_of(store)))
    progress.report(0.0, _("collecting edits"))
    seal(store)
    try:
        try:
            session.run(progress)
        except Forgotten:
            session.run(progress)
    except Lost:
        wipe_store(store, LOST)
        session.report.ended, session.report.wiped = LOST, True
        return session.report
    session.report.conflicts = store.connection.execute(statement("count_conflicts")).fetchone()[0]
    session.report.waiting = store.connection.execute(statement("count_waiting")).fetchone()[0]
    if session.report.ended == RETIRED:
        retire(store, session.link, session.report)
    progress.report(1.0)
    return session.report


class _Session:
    """The steps of one synchronisation."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store = store
        self.link = link
        self._execute = store.connection.execute
        self._role = ""
        self._folded_before: object = None
        self._last_logged: object = None
        self.report = SyncReport()

    def run(self, progress: Progress) -> None:
        """Go through all steps."""
        parts = (self._store, self.link, self.report)
        push, pull, photos = Push(*parts), Pull(*parts), Photos(*parts)
        self._greet()
        if self.report.ended is None:
            Start(*parts).run(progress.part(0.0, 0.1), self._last_logged)
        push.rows(progress.part(0.1, 0.2), self._role)
        push.changes(progress.part(0.2, 0.4))
        if self.report.ended is None:
            pull.changes(progress.part(0.4, 0.6))
            note_offered(self._store, int(self._store.setting("cursor") or 0))
        remove_erased_photos(self._store)
        # Changes wait for no photos: these take long, and their network may be bad.
        photos.send(progress.part(0.6, 0.8))
        if self.report.ended is None:
            self._give_up_rest(photos)
            photos.fetch(progress.part(0.8, 1.0))
        remove_left_photos(self._store)
        purge_originals(self._store, central_time(self._store))
        follow_folding(self._store, self._folded_before)

    def _give_up_rest(self, photos: Photos) -> None:
        """Take out what left and waited for its photo to be delivered."""
        with self._store.transaction(capture=False):
            seal(self._store)
            place = int(self._store.setting("cursor") or 0)
            self.report.left += give_up(self._store, until=place, undeliverable=photos.refused)

    def _greet(self) -> None:
        known = {"epoch": self._store.setting("hub_epoch"), "cursor": self._store.setting("cursor")}
        visit = {"ticket": self._store.setting("ticket"), "visit": self._visit()}
        asked = urlencode({name: value for name, value in (known | visit).items() if value is not None})
        before = now_ms()
        status = self.link.ask("GET", f"/v1/status?{asked}")
        after = now_ms()
        epoch, self._role, theirs = status.get("epoch"), str(status.get("role")), status.get("now_ms")
        if not isinstance(epoch, str) or not isinstance(theirs, int):
            raise Unavailable(_("The answer did not arrive whole, or is not from a central store."))
        self.report.ended, self.report.copied = status.get("ended"), status.get("copied") is True
        ticket, expires_at = status.get("ticket"), status.get("expires_at")
        backed_up_at = status.get("backed_up_at")
        with self._store.transaction():
            learn_offset(self._store, before, theirs, after)
            self._store.set_setting("role", self._role)
            self._store.set_setting("ticket", ticket if isinstance(ticket, str) else None)
            self._store.set_setting("visit", None)
            self._store.set_setting(BACKED_UP_SETTING, backed_up_at if is_instant(backed_up_at) else None)
            if self.report.copied:
                self._store.set_setting(COPIED_SETTING, "1")
            self._store.set_setting(EXPIRES_SETTING, expires_at if is_instant(expires_at) else None)
            if known["epoch"] != epoch:
                self._begin_epoch(epoch, is_restored=known["epoch"] is not None)
            else:
                purge_left(self._store, int(status.get("backed_up") or 0))
        self._folded_before, self._last_logged = status.get("folded_before"), status.get("last_logged")

    def _visit(self) -> str:
        """Return the mark of this visit, kept until it is answered: see `hub/tickets.py`."""
        visit = self._store.setting("visit")
        if visit is None:
            visit = secrets.token_urlsafe(16)
            with self._store.transaction():
                self._store.set_setting("visit", visit)
        return visit

    def _begin_epoch(self, epoch: str, *, is_restored: bool) -> None:
        """Offer everything again to a central store that was restored from a backup."""
        self._store.set_setting("hub_epoch", epoch)
        self._store.set_setting("cursor", "0")
        self._store.set_setting("rows_pushed", "0")
        self._store.set_setting(DATASETS_SETTING, None)
        if is_restored:
            self._store.set_setting("offer_all_until", str(self._last_change()))
            self._execute(statement("forget_receipts"))
            self._execute(statement("forget_photo_receipts"))
            offer_left_again(self._store)

    def _last_change(self) -> int:
        return int(self._execute(statement("last_change")).fetchone()[0])
