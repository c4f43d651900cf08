"""Texts, buttons, chips, fields: thin classes whose looks are in `basics.kv`."""

from __future__ import annotations

from kivy.app import App
from kivy.graphics import Color, InstructionGroup, Line
from kivy.input.motionevent import MotionEvent
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.image import AsyncImage
from kivy.uix.label import Label
from kivy.uix.stacklayout import StackLayout
from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget

from .icons import ICONS


class Text(Label):
    """A text that wraps at its width and is as high as it needs to be."""

    role = StringProperty("text")
    size_name = StringProperty("body")


class Icon(Widget):
    """A drawn icon."""

    icon = StringProperty("")
    color = ColorProperty((1, 1, 1, 1))
    side = NumericProperty(dp(24))

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._drawing = InstructionGroup()
        self.canvas.add(self._drawing)
        self.bind(icon=self._draw, color=self._draw, side=self._draw, pos=self._draw, size=self._draw)
        self._draw()

    def _draw(self, *_args: object) -> None:
        self._drawing.clear()
        unit = self.side / 24
        left, low = self.center_x - self.side / 2, self.center_y - self.side / 2
        self._drawing.add(Color(*self.color))
        for stroke in ICONS.get(self.icon, ()):
            points = [
                low + value * unit if at % 2 else left + value * unit for at, value in enumerate(stroke)
            ]
            self._drawing.add(Line(points=points, width=self.side / 17, cap="round", joint="round"))


class Press(ButtonBehavior, BoxLayout):
    """Something that can be pressed; it does nothing while it is disabled."""

    background_role = StringProperty("surface")
    radius = NumericProperty(dp(12))
    border_role = StringProperty("")


class AppButton(Press):
    """A button with a text and perhaps an icon.

    `kind`: `primary`, `secondary`, `danger` or `ghost`. While `is_shown` is False it takes no room.
    """

    is_shown = BooleanProperty(True)
    text = StringProperty("")
    icon = StringProperty("")
    kind = StringProperty("primary")
    ink_role = StringProperty("on_primary")


class IconButton(Press):
    """A square button with an icon; `text` says what it does (read by the tests and by people's tools)."""

    icon = StringProperty("")
    text = StringProperty("")
    ink_role = StringProperty("text")


class Chip(Press):
    """One of several choices; `value` is what is chosen with it."""

    text = StringProperty("")
    value = ObjectProperty(None, allownone=True)
    is_chosen = BooleanProperty(False)


class Step(Press):
    """A large choice: a sign, a word below it, and a band of the map's colour and pattern."""

    sign = StringProperty("")
    text = StringProperty("")
    value = ObjectProperty(None, allownone=True)
    is_chosen = BooleanProperty(False)
    band_role = StringProperty("")


class ChipRow(StackLayout):
    """Chips one after another, wrapping at the edge."""


class Field(BoxLayout):
    """A text field with its label above and what is wrong below."""

    label = StringProperty("")
    text = StringProperty("")
    hint = StringProperty("")
    error = StringProperty("")
    lines = NumericProperty(1)
    input_type = StringProperty("text")

    def on_kv_post(self, _base_widget: Widget) -> None:
        """Keep `text` and what is typed the same."""
        self.ids.input.text = self.text
        self.bind(text=self._show)
        self.ids.input.bind(text=self._typed)

    def _show(self, _field: Field, text: str) -> None:
        if self.ids.input.text != text:
            self.ids.input.text = text

    def _typed(self, _input: TextInput, text: str) -> None:
        self.text = text


class Card(BoxLayout):
    """A raised surface."""

    background_role = StringProperty("surface")
    radius = NumericProperty(dp(14))


class Sheet(Card):
    """A card that lies on the map and keeps taps to itself."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Take every touch on the sheet, also between its buttons."""
        return super().on_touch_down(touch) or self.collide_point(*touch.pos)


class Photo(AsyncImage):
    """A photo that is read beside the screen."""

    is_broken = BooleanProperty(False)

    @property
    def is_ready(self) -> bool:
        """Whether it is shown, or cannot be."""
        return self.is_broken or bool(getattr(self._coreimage, "loaded", False))

    def on_error(self, _error: object) -> None:
        """It cannot be shown."""
        self.is_broken = True


class Banner(BoxLayout):
    """A coloured strip with an icon and a text. `kind`: `danger`, `warning`, `success` or `neutral`."""

    text = StringProperty("")
    kind = StringProperty("warning")
    icon = StringProperty("warning")


class Badge(BoxLayout):
    """A small coloured word."""

    text = StringProperty("")
    kind = StringProperty("neutral")


class TopBar(BoxLayout):
    """The bar above a screen: back, a title with a line below it, and room for buttons."""

    title = StringProperty("")
    subtitle = StringProperty("")
    has_back = BooleanProperty(True)

    def go_back(self) -> None:
        """Go one step back."""
        App.get_running_app().session.back()


class Pair(BoxLayout):
    """A label with its value below it."""

    label = StringProperty("")
    value = StringProperty("")


class NavItem(Press):
    """One entry of the navigation."""

    icon = StringProperty("")
    text = StringProperty("")
    screen = StringProperty("")
    is_chosen = BooleanProperty(False)
    count = NumericProperty(0)


class Nav(BoxLayout):
    """The navigation: a bar below on a phone, a rail at the side on a tablet."""

    screen = StringProperty("map")
    unsent = NumericProperty(0)
    is_rail = BooleanProperty(False)


class Progress(Widget):
    """A bar that fills up; `fraction` from 0 to 1."""

    fraction = NumericProperty(0)


#: Badge and banner kinds -> (background role, text role).
KINDS = {
    "danger": ("danger_soft", "on_danger_soft"),
    "warning": ("warning_soft", "on_warning_soft"),
    "success": ("success_soft", "on_success_soft"),
    "neutral": ("primary_soft", "on_primary_soft"),
}
#: Button kinds -> (background role, text role, border role).
BUTTONS = {
    "primary": ("primary", "on_primary", ""),
    "secondary": ("primary_soft", "on_primary_soft", ""),
    "danger": ("danger_soft", "on_danger_soft", ""),
    "ghost": ("surface", "primary", "line"),
}
