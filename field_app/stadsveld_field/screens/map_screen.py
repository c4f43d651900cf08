"""The map screen: the map, its buttons, the sheet of the selected section, and placing by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.metrics import Metrics, dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from stadsveld.model import CODES
from stadsveld.text import _

from ..map.scene import LETTERS
from ..widgets.basics import Pair
from .map_presenter import MapPresenter


class ScaleBar(Widget):
    """A bar of a round length; `length` in pixels, `text` says how much that is."""

    length = NumericProperty(0)
    text = StringProperty("")


class LegendRow(BoxLayout):
    """One condition: its colour, its letter and its name."""

    role = StringProperty("section_not_inspected")
    letter = StringProperty("")
    text = StringProperty("")


class MapScreen(FloatLayout):
    """Shows a `MapPresenter`.

    Attributes:
        has_legend: whether the legend is open.
        is_placing: whether a position is being placed.
        has_selection: whether a section is selected.
        has_draft: whether the selected section has a draft.
        error: why the map cannot be drawn, or "".
    """

    presenter: MapPresenter | None = ObjectProperty(None, allownone=True)
    has_legend = BooleanProperty(False)
    is_placing = BooleanProperty(False)
    has_selection = BooleanProperty(False)
    has_draft = BooleanProperty(False)
    is_left_handed = BooleanProperty(False)
    error = StringProperty("")
    title = StringProperty("")
    number = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._unsubscribe: Callable[[], None] | None = None
        self._legend_key: tuple[str, ...] = ()
        self._roomy = ""
        self._room_trigger = Clock.create_trigger(self._make_room, 0.05)

    def on_kv_post(self, _base_widget: Widget) -> None:
        """Make room again when the sheet grows."""
        self.ids.sheet.bind(height=lambda *_sheet: self._room_trigger())

    def refresh(self) -> None:
        """Show what the presenter has now."""
        session = App.get_running_app().session
        if session.map is not self.presenter:
            self._follow(session.map)
        self.is_left_handed = session.preferences.left_handed
        if self.presenter is None:
            return
        self.is_placing = self.presenter.place_done is not None
        self.error = self.presenter.error
        self._show_selection()
        self._fill_legend()
        self.show_scale()
        self.ids.map.refresh()

    def _follow(self, presenter: MapPresenter | None) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.presenter = presenter
        self._unsubscribe = presenter.subscribe(self.refresh) if presenter is not None else None

    def _show_selection(self) -> None:
        found = self.presenter.selection
        if found is None:
            self._roomy = ""
        self.has_selection = found is not None and not self.is_placing
        if found is None:
            return
        if found.id != self._roomy:
            self._roomy = found.id
            self._room_trigger()
        self.title = found.street or _("Road section")
        self.number = found.number
        self.has_draft = found.draft is not None
        self.ids.lines.clear_widgets()
        for label, value in self.presenter.sheet_lines():
            self.ids.lines.add_widget(Pair(label=label, value=value))

    def _make_room(self, _dt: float) -> None:
        """Keep the selected section in sight, above the sheet."""
        if self.presenter is not None and self.has_selection and not App.get_running_app().is_wide:
            self.presenter.make_room((self.ids.sheet.top - self.y) / Metrics.density)
            self.ids.map.refresh()

    def _fill_legend(self) -> None:
        labels = CODES["condition"].labels
        key = tuple(CODES["condition"].label(code) for code in labels)
        if key == self._legend_key:
            return
        self._legend_key = key
        self.ids.legend.clear_widgets()
        for code, text in zip(labels, key, strict=True):
            role = "section_" + code.lower()
            self.ids.legend.add_widget(LegendRow(role=role, letter=LETTERS.get(role, ""), text=text))

    def show_scale(self) -> None:
        """Let the scale bar follow the map."""
        if self.presenter is None:
            return
        metres, length = self.presenter.camera.scale_bar()
        self.ids.scale.length = dp(length)
        self.ids.scale.text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"

    def locate(self) -> None:
        """Look at the own position, or say that there is none."""
        if self.presenter is not None and not self.presenter.go_to_own_place():
            App.get_running_app().session.say(_("This device gives no position."))

    @property
    def is_at_rest(self) -> bool:
        """Whether the map is drawn and nothing moves."""
        return bool(self.ids.map.is_at_rest)
