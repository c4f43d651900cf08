"""The sync screen: one button, and plain words about what happened to each inspection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stadsveld.errors import Cancelled, StadsveldError, Unavailable
from stadsveld.jobs import Progress
from stadsveld.store import Store
from stadsveld.text import _

from ..presenter import Presenter
from ..records import LAST_SYNC, Outcome, Unsent
from ..worker import Deliver, Worker
from ..workspace import Workspace, shown_time
from .inspections_presenter import unsent_inspections


class Syncs(Protocol):
    """What this screen needs of `exchange.Exchange`."""

    def unsent(self, store: Store) -> list[Unsent]:
        """Return what is not yet at the central store."""

    def run(self, path: Path, progress: Progress) -> Outcome:
        """Send and receive everything."""


@dataclass(frozen=True)
class Happening:
    """One line of what happened or waits.

    Attributes:
        kind: `sent`, `received`, `refused`, `waiting`, `conflict`, `error` or `nothing`.
        text: what it is about.
        detail: why, or "".
    """

    kind: str
    text: str
    detail: str = ""


class SyncPresenter(Presenter):
    """Runs a sync beside the screen and says what happened.

    Attributes:
        is_running: whether one is under way.
        fraction: how far it is, 0 to 1.
        doing: what it is doing.
        happenings: what the last one did, line by line.
    """

    def __init__(
        self,
        workspace: Workspace,
        exchange: Syncs,
        worker: Worker,
        deliver: Deliver,
        done: Callable[[], None],
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._exchange = exchange
        self._worker = worker
        self._deliver = deliver
        self._done = done
        self._cancelled = threading.Event()
        self.is_running = False
        self.fraction = 0.0
        self.doing = ""
        self.happenings: list[Happening] = []

    def unsent(self) -> list[Unsent]:
        """Return what is not yet at the central store."""
        return self._exchange.unsent(self._workspace.store)

    def waiting_count(self) -> int:
        """Return how many inspections still have something to send."""
        return len(unsent_inspections(self._workspace, self.unsent()))

    def last_time(self) -> str:
        """Return when the last sync succeeded, in words."""
        last = self._workspace.store.setting(LAST_SYNC)
        return _("Last synced on {time}").format(time=shown_time(last)) if last else _("Not synced yet")

    def summary(self) -> str:
        """Return what waits, in one sentence."""
        count = self.waiting_count()
        if count == 0:
            return _("Everything has been sent.")
        if count == 1:
            return _("1 inspection has not been sent yet.")
        return _("{n} inspections have not been sent yet.").format(n=count)

    def begin(self) -> None:
        """Start a sync; a second tap while it runs does nothing."""
        if self.is_running:
            return
        self._cancelled.clear()
        self.is_running, self.fraction, self.doing, self.happenings = True, 0.0, _("Connecting…"), []
        progress = Progress(self._report, self._cancelled.is_set)
        path = self._workspace.store.path
        self._worker.submit(lambda: self._exchange.run(path, progress), self._finished, self._failed)
        self.changed()

    def cancel(self) -> None:
        """Stop the sync at the next step; what has arrived has arrived."""
        self._cancelled.set()
        self.doing = _("Stopping…")
        self.changed()

    def _report(self, fraction: float, doing: str) -> None:
        self._deliver(lambda: self._show_progress(fraction, doing))

    def _show_progress(self, fraction: float, doing: str) -> None:
        if self.is_running and not self._cancelled.is_set():
            self.fraction, self.doing = fraction, doing or self.doing
            self.changed()

    def _finished(self, outcome: Outcome) -> None:
        self.is_running = False
        self.happenings = self._told(outcome)
        self._done()
        self.changed()

    def _failed(self, error: StadsveldError) -> None:
        self.is_running = False
        kept = _("Your work is safe on this device; nothing is lost.")
        if isinstance(error, Cancelled):
            self.happenings = [Happening("nothing", _("Stopped."), kept)]
        elif isinstance(error, Unavailable):
            self.happenings = [
                Happening(
                    "error",
                    _("No connection with the central store."),
                    " ".join((kept, _("Try again later."))),
                ),
                Happening("nothing", str(error)),
            ]
        else:
            self.happenings = [Happening("error", str(error), kept)]
        self._done()
        self.changed()

    def _told(self, outcome: Outcome) -> list[Happening]:
        told = [self._about(one) for one in self._refused(outcome)]
        for inspection_id in self._inspections(outcome.sent):
            told.append(
                Happening("sent", self._name(inspection_id), _("Sent and received by the central store."))
            )
        if outcome.photos_sent:
            told.append(Happening("sent", _("Photos sent: {n}").format(n=outcome.photos_sent)))
        if outcome.received or outcome.photos_received:
            text = _("Received from others: {n} changes, {photos} photos")
            told.append(
                Happening("received", text.format(n=outcome.received, photos=outcome.photos_received))
            )
        if outcome.conflicts:
            text = _("Values that somebody else changed differently: {n}")
            told.append(
                Happening(
                    "conflict", text.format(n=outcome.conflicts), _("The office decides; both are kept.")
                )
            )
        return told or [Happening("nothing", _("There was nothing new."))]

    def _refused(self, outcome: Outcome) -> list[tuple[str | None, Unsent]]:
        found = unsent_inspections(self._workspace, outcome.refused)
        others = [
            one for one in outcome.refused if self._workspace.inspection_of(one.entity, one.entity_id) is None
        ]
        return [*found.items(), *((None, one) for one in others)]

    def _about(self, refused: tuple[str | None, Unsent]) -> Happening:
        inspection_id, one = refused
        text = self._name(inspection_id) if inspection_id else self._section_name(one)
        return Happening("refused", text, _("Refused: {reason}").format(reason=one.reason))

    def _inspections(self, sent: list[tuple[str, str]]) -> list[str]:
        found = [self._workspace.inspection_of(entity, row_id) for entity, row_id in sent]
        return list(dict.fromkeys(one for one in found if one is not None))

    def _name(self, inspection_id: str) -> str:
        item = self._workspace.inspection(inspection_id)
        return f"{item.title} – {item.summary}" if item else _("an inspection")

    def _section_name(self, one: Unsent) -> str:
        return self._workspace.title_of(one.entity_id) if one.entity == "road_section" else _("a record")
