"""The list of inspections, with what became of each, and one inspection in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from stadsveld.model import CODES
from stadsveld.store import Store
from stadsveld.text import N_, _

from ..presenter import Presenter
from ..records import Unsent
from ..workspace import InspectionItem, Workspace

#: State -> (word on the screen, kind of badge).
STATES = {
    "draft": (N_("Draft"), "warning"),
    "waiting": (N_("Waiting to be sent"), "neutral"),
    "refused": (N_("Refused"), "danger"),
    "sent": (N_("Sent"), "success"),
    "withdrawn": (N_("Withdrawn"), "neutral"),
}
#: Filters: name -> states that it shows.
FILTERS = {
    "all": tuple(STATES),
    "draft": ("draft",),
    "unsent": ("waiting", "refused"),
    "sent": ("sent", "withdrawn"),
}
FILTER_LABELS = {"all": N_("All"), "draft": N_("Drafts"), "unsent": N_("Not sent"), "sent": N_("Sent")}


class KnowsUnsent(Protocol):
    """What this screen needs of `exchange.Exchange`."""

    def unsent(self, store: Store) -> list[Unsent]:
        """Return what is not yet at the central store."""


@dataclass(frozen=True)
class Line:
    """One inspection in the list.

    Attributes:
        item: the inspection.
        state: key of `STATES`.
        reason: why it was refused, or "".
    """

    item: InspectionItem
    state: str
    reason: str

    @property
    def state_text(self) -> str:
        """The state as the screen says it."""
        return _(STATES[self.state][0])

    @property
    def badge(self) -> str:
        """The kind of badge."""
        return STATES[self.state][1]


def unsent_inspections(workspace: Workspace, unsent: Iterable[Unsent]) -> dict[str, Unsent]:
    """Return what is unsent by the inspection that it belongs to; a refusal counts over waiting."""
    found: dict[str, Unsent] = {}
    for one in unsent:
        inspection_id = workspace.inspection_of(one.entity, one.entity_id)
        if inspection_id is not None and (inspection_id not in found or one.is_refused):
            found[inspection_id] = one
    return found


class InspectionsPresenter(Presenter):
    """Lists inspections and does what can be done with one.

    Attributes:
        filter: key of `FILTERS`.
        opened: the line that is shown in full, or None.
        asks_withdrawal: whether the inspector is asked if the opened one may be withdrawn.
    """

    def __init__(self, workspace: Workspace, exchange: KnowsUnsent) -> None:
        super().__init__()
        self._workspace = workspace
        self._exchange = exchange
        self._lines: list[Line] = []
        self.filter = "all"
        self.opened: Line | None = None
        self.asks_withdrawal = False

    def refresh(self) -> None:
        """Read the list again."""
        unsent = unsent_inspections(self._workspace, self._exchange.unsent(self._workspace.store))
        self._lines = [self._line(item, unsent.get(item.id)) for item in self._workspace.inspections()]
        if self.opened is not None:
            self.opened = self._find(self.opened.item.id)
        self.changed()

    def _line(self, item: InspectionItem, unsent: Unsent | None) -> Line:
        if item.is_draft:
            return Line(item, "draft", "")
        if unsent is not None:
            return Line(item, "refused" if unsent.is_refused else "waiting", unsent.reason)
        return Line(item, "withdrawn" if item.status == "withdrawn" else "sent", "")

    def _find(self, inspection_id: str) -> Line | None:
        return next((line for line in self._lines if line.item.id == inspection_id), None)

    @property
    def lines(self) -> list[Line]:
        """The inspections that the filter lets through."""
        return [line for line in self._lines if line.state in FILTERS[self.filter]]

    def count(self, name: str) -> int:
        """Return how many inspections a filter lets through."""
        return sum(line.state in FILTERS[name] for line in self._lines)

    def show(self, name: str) -> None:
        """Use another filter."""
        self.filter = name
        self.changed()

    def open(self, inspection_id: str | None) -> None:
        """Show an inspection in full, or the list again."""
        self.opened = self._find(inspection_id) if inspection_id else None
        self.asks_withdrawal = False
        self.changed()

    def details(self) -> list[tuple[str, str]]:
        """Return (label, value) of the opened inspection."""
        if self.opened is None:
            return []
        found = [(_("Inspected at"), self.opened.item.when), (_("State"), self.opened.state_text)]
        if self.opened.item.status == "withdrawn" and self.opened.state != "withdrawn":
            found.append((_("Inspection"), CODES["inspection_status"].label("withdrawn")))
        if self.opened.reason:
            found.append((_("Why refused"), self.opened.reason))
        damages = self._workspace.damages(self.opened.item.id)
        if not damages:
            found.append((_("Result"), self.opened.item.summary))
        for number, damage in enumerate(damages, 1):
            found.append((_("Damage {n}").format(n=number), self._damage_text(damage)))
        return found

    def _damage_text(self, damage: dict[str, object]) -> str:
        kind = self._workspace.pack.title_of(str(damage["type"])) if damage["type"] else "?"
        severity = CODES["severity"].label(_text(damage["severity"])) or "?"
        extent = CODES["extent"].label(_text(damage["extent"])) or "?"
        code = f"{damage['severity'] or '?'}{damage['extent'] or '?'}"
        text = f"{kind} – {code} ({severity}, {extent})"
        return f"{text}\n{damage['note']}" if damage["note"] else text

    def photos(self) -> list[str]:
        """Return the files of the opened inspection's photos that are on this device."""
        if self.opened is None:
            return []
        store = self._workspace.store
        rows = [
            photo
            for damage in self._workspace.damages(self.opened.item.id)
            for photo in self._workspace.photos_of(damage["id"])
        ]
        return [str(store.photos.path(row["sha256"])) for row in rows if store.photos.has(row["sha256"])]

    @property
    def can_correct(self) -> bool:
        """Whether the opened inspection has damages that can be corrected."""
        return (
            self.opened is not None
            and not self.opened.item.is_draft
            and self.opened.item.status == "finished"
        )

    def ask_withdrawal(self, wanted: bool) -> None:
        """Ask whether the opened inspection may be withdrawn, or leave it."""
        self.asks_withdrawal = wanted
        self.changed()

    def withdraw(self) -> None:
        """Withdraw the opened inspection.

        Raises:
            StoreError: the working copy cannot be written; nothing changed.
        """
        if self.opened is not None:
            self._workspace.withdraw(self.opened.item.id)
            self.asks_withdrawal = False
            self.refresh()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
