"""The frame around the screens: navigation, the screen that is shown, and short messages."""

from __future__ import annotations

from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from .screens.form_screen import FormScreen, PhotoScreen
from .screens.map_screen import MapScreen
from .screens.other_screens import (
    InspectionScreen,
    InspectionsScreen,
    SettingsScreen,
    StartScreen,
    SyncScreen,
)
from .session import MAIN_SCREENS

#: Seconds that a message stays.
MESSAGE_TIME = 4.0


class Frame(BoxLayout):
    """The screen with its navigation: a bar below it, or a rail beside it where there is room."""

    bar = ObjectProperty()
    rail = ObjectProperty()
    middle = ObjectProperty()
    is_wide = BooleanProperty(False)
    _has_nav = True

    def on_is_wide(self, _frame: Frame, _is_wide: bool) -> None:
        """Move the navigation to where there is room."""
        self.show_nav(self._has_nav)

    def show_nav(self, wanted: bool) -> None:
        """Show the navigation, or leave the whole width and height to the screen."""
        self._has_nav = wanted
        _put(self, self.rail, wanted and self.is_wide, index=len(self.children))
        _put(self.middle, self.bar, wanted and not self.is_wide, index=0)


def _put(parent: BoxLayout, child: Widget, wanted: bool, index: int) -> None:
    if wanted and child.parent is None:
        parent.add_widget(child, index)
    elif not wanted and child.parent is not None:
        parent.remove_widget(child)


class Shell(FloatLayout):
    """Shows the session's screen.

    Attributes:
        shown: the screen widget that is shown.
        message: the message that is shown, or "".
    """

    shown = ObjectProperty(None, allownone=True)
    message = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._makers = {
            "start": StartScreen,
            "map": MapScreen,
            "form": FormScreen,
            "photos": PhotoScreen,
            "inspections": InspectionsScreen,
            "inspection": InspectionScreen,
            "sync": SyncScreen,
            "settings": SettingsScreen,
        }
        self._made: dict[str, Widget] = {}
        self._shown_key: tuple[object, ...] = ()
        self._clear_message = Clock.create_trigger(
            lambda _dt: App.get_running_app().session.say(""), MESSAGE_TIME
        )
        self.refresh()

    def screen(self, name: str) -> Widget:
        """Return the widget of a screen, made at first need."""
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def refresh(self) -> None:
        """Show what the session says."""
        session = App.get_running_app().session
        has_opened = session.inspections is not None and session.inspections.opened is not None
        is_one = session.screen == "inspections" and has_opened
        wanted = self.screen("inspection" if is_one else session.screen)
        if wanted is not self.shown:
            self.ids.place.clear_widgets()
            self.ids.place.add_widget(wanted)
            self.shown = wanted
        wanted.refresh()
        has_nav = session.workspace is not None and session.screen in MAIN_SCREENS
        is_placing = session.map is not None and session.map.place_done is not None
        self.ids.frame.show_nav(has_nav and not is_placing)
        unsent = session.unsent_count() if has_nav else 0
        for nav in (self.ids.bar, self.ids.rail):
            nav.screen, nav.unsent = session.screen, unsent
        if session.message != self.message:
            self.message = session.message
            self._clear_message.cancel()
            if self.message:
                self._clear_message()
