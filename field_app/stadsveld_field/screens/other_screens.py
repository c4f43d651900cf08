"""The first start, the list of inspections, the sync and the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout

from stadsveld import __version__
from stadsveld.text import _

from ..preferences import TEXT_SIZES
from ..presenter import Presenter
from ..widgets.basics import Chip, Pair, Photo, Press
from .inspections_presenter import FILTER_LABELS, FILTERS, InspectionsPresenter
from .sync_presenter import Happening

#: Languages by code, each called by its own name.
LANGUAGE_NAMES = {"nl": "Nederlands", "en": "English"}


class _Follower(BoxLayout):
    """A screen that follows one presenter at a time.

    Attributes:
        followed: the presenter, or None.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.followed: Presenter | None = None
        self._unsubscribe: Callable[[], None] | None = None
        super().__init__(**kwargs)

    def follow(self, presenter: Presenter | None) -> None:
        """Follow `presenter` from now on."""
        if presenter is self.followed:
            return
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.followed = presenter
        self._unsubscribe = presenter.subscribe(self.show) if presenter is not None else None

    def show(self) -> None:
        """Show what the presenter has now."""


class StartScreen(AnchorLayout):
    """Asks for address, code and name at the first start."""

    error = StringProperty("")
    is_busy = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._is_followed = False

    def refresh(self) -> None:
        """Show what the presenter has now."""
        presenter = App.get_running_app().session.start
        if not self._is_followed:
            self._is_followed = True
            presenter.subscribe(self.refresh)
        self.error, self.is_busy = presenter.error, presenter.is_busy
        for name in ("address", "code", "name"):
            self.ids[name].text = getattr(presenter, name)

    def typed(self, name: str, text: str) -> None:
        """Keep what is typed."""
        setattr(App.get_running_app().session.start, name, text)


class InspectionRow(Press):
    """One line of the list of inspections."""

    inspection_id = StringProperty("")
    title = StringProperty("")
    summary = StringProperty("")
    when = StringProperty("")
    state_text = StringProperty("")
    badge = StringProperty("neutral")


class InspectionsScreen(_Follower):
    """Shows the list of an `InspectionsPresenter`."""

    empty_text = StringProperty("")
    _chips: tuple[object, ...] = ()

    def refresh(self) -> None:
        """Follow the session's presenter and show it."""
        self.follow(App.get_running_app().session.inspections)
        self.show()

    def show(self) -> None:
        """Show what the presenter has now."""
        presenter = self.followed
        if not isinstance(presenter, InspectionsPresenter):
            return
        self._show_filters(presenter)
        self.ids.rows.data = [
            {
                "inspection_id": line.item.id,
                "title": line.item.title,
                "summary": line.reason or line.item.summary or _("nothing filled in yet"),
                "when": line.item.when,
                "state_text": line.state_text,
                "badge": line.badge,
            }
            for line in presenter.lines
        ]
        self.empty_text = "" if presenter.lines else self._empty_text(presenter)

    def _empty_text(self, presenter: InspectionsPresenter) -> str:
        if presenter.filter == "all":
            return _("There are no inspections here yet. Tap a road section on the map to begin one.")
        return _("There are no inspections of this kind.")

    def _show_filters(self, presenter: InspectionsPresenter) -> None:
        chips = tuple((name, f"{_(FILTER_LABELS[name])} {presenter.count(name)}") for name in FILTERS)
        if chips != self._chips:
            self._chips = chips
            self.ids.filters.clear_widgets()
            for name, text in chips:
                chip = Chip(text=text, value=name)
                chip.bind(on_release=lambda found: self.followed.show(found.value))
                self.ids.filters.add_widget(chip)
        for chip in self.ids.filters.children:
            chip.is_chosen = chip.value == presenter.filter


class InspectionScreen(_Follower):
    """Shows the opened inspection of an `InspectionsPresenter` in full."""

    can_correct = BooleanProperty(False)
    asks_withdrawal = BooleanProperty(False)
    title = StringProperty("")
    subtitle = StringProperty("")

    def refresh(self) -> None:
        """Follow the session's presenter and show it."""
        self.follow(App.get_running_app().session.inspections)
        self.show()

    def show(self) -> None:
        """Show what the presenter has now."""
        presenter = self.followed
        if not isinstance(presenter, InspectionsPresenter) or presenter.opened is None:
            return
        self.can_correct = presenter.can_correct
        self.asks_withdrawal = presenter.asks_withdrawal
        self.title, self.subtitle = presenter.opened.item.title, presenter.opened.state_text
        self.ids.details.clear_widgets()
        for label, value in presenter.details():
            self.ids.details.add_widget(Pair(label=label, value=value))
        row = self.ids.pictures
        row.clear_widgets()
        for path in presenter.photos():
            row.add_widget(Photo(source=path, size_hint=(None, None), size=row.picture_size))


class HappeningRow(BoxLayout):
    """One line of what happened in a sync."""

    kind = StringProperty("nothing")
    text = StringProperty("")
    detail = StringProperty("")


#: Kind of happening -> role of its icon's colour.
INKS = {
    "sent": "on_success_soft",
    "received": "primary",
    "refused": "danger",
    "waiting": "muted",
    "conflict": "danger",
    "error": "danger",
    "nothing": "muted",
}


class SyncScreen(_Follower):
    """Shows a `SyncPresenter`."""

    is_running = BooleanProperty(False)
    fraction = NumericProperty(0)
    doing = StringProperty("")
    summary = StringProperty("")
    last_time = StringProperty("")
    has_happenings = BooleanProperty(False)
    _told: Sequence[Happening] = ()

    def refresh(self) -> None:
        """Follow the session's presenter and show it."""
        self.follow(App.get_running_app().session.sync)
        self.show()

    def show(self) -> None:
        """Show what the presenter has now."""
        presenter = App.get_running_app().session.sync
        if presenter is None:
            return
        self.is_running, self.fraction, self.doing = presenter.is_running, presenter.fraction, presenter.doing
        self.summary, self.last_time = presenter.summary(), presenter.last_time()
        self.has_happenings = bool(presenter.happenings)
        if tuple(presenter.happenings) != self._told:
            self._told = tuple(presenter.happenings)
            self.ids.happenings.clear_widgets()
            for one in self._told:
                row = HappeningRow(kind=one.kind, text=one.text, detail=one.detail)
                self.ids.happenings.add_widget(row)


class SettingsScreen(BoxLayout):
    """Language, looks and what this device holds."""

    facts = ListProperty()

    def refresh(self) -> None:
        """Show the preferences."""
        session = App.get_running_app().session
        preferences = session.preferences
        sizes = zip(TEXT_SIZES, (_("Normal"), _("Large"), _("Very large")), strict=True)
        self._chips("languages", tuple(LANGUAGE_NAMES.items()), session.language, session.set_language)
        self._chips(
            "themes", (("day", _("Day")), ("night", _("Night"))), preferences.theme, session.set_theme
        )
        self._chips("sizes", tuple(sizes), preferences.text_size, session.set_text_size)
        hands = ((False, _("Right")), (True, _("Left")))
        self._chips("hands", hands, preferences.left_handed, session.set_left_handed)
        self._show_facts(session)

    def _chips(
        self, name: str, choices: tuple[tuple[Any, str], ...], chosen: object, choose: Callable[[Any], None]
    ) -> None:
        row = self.ids[name]
        if [chip.text for chip in reversed(row.children)] != [text for _value, text in choices]:
            row.clear_widgets()
            for value, text in choices:
                chip = Chip(text=text, value=value)
                chip.bind(on_release=lambda found: choose(found.value))
                row.add_widget(chip)
        for chip in row.children:
            chip.is_chosen = chip.value == chosen

    def _show_facts(self, session: Any) -> None:
        self.ids.facts.clear_widgets()
        workspace = session.workspace
        if workspace is None:
            return
        sections = str(workspace.store.count("road_section"))
        facts = (
            (_("Road sections on this device"), sections),
            (_("Working copy"), str(workspace.store.path)),
            (_("Judged by"), f"{workspace.pack.title} – {workspace.pack.edition}\n{workspace.pack.notice}"),
            (_("Version"), __version__),
        )
        for label, value in facts:
            self.ids.facts.add_widget(Pair(label=label, value=value))
