"""Real touches and keys from a script: what fingers do, sent through the window of a running app.

Used by the scripted inspector of the demo, by the screenshots and by the tests. Nothing here waits
for the clock: it turns the event loop until a condition holds.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.base import EventLoop, runTouchApp, stopTouchApp
from kivy.core.window import Window
from kivy.factory import Factory
from kivy.input.motionevent import MotionEvent
from kivy.input.shape import ShapeRect  # noqa: F401 - registers shapes of touches
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from stadsveld.errors import StadsveldError

#: Seconds after which a condition that does not come true is given up.
PATIENCE = 20.0


class NotSeen(StadsveldError):
    """A script waited for something that did not appear on the screen."""


class Finger(MotionEvent):
    """A finger on the window, in pixels from the left bottom."""

    _numbers = itertools.count(1)

    def __init__(self, x: float, y: float) -> None:
        super().__init__("script", next(self._numbers), (x, y), is_touch=True, type_id="touch")

    def depack(self, args: tuple[float, float]) -> None:
        """Take a place in pixels; the event loop works with shares of the window."""
        width, height = Window.system_size
        self.sx, self.sy = args[0] / width, args[1] / height
        self.profile = ["pos"]
        super().depack(args)

    def down(self) -> None:
        """Put the finger down."""
        EventLoop.post_dispatch_input("begin", self)

    def to(self, x: float, y: float) -> None:
        """Move the finger."""
        self.move((x, y))
        EventLoop.post_dispatch_input("update", self)

    def up(self) -> None:
        """Lift the finger."""
        self.update_time_end()
        EventLoop.post_dispatch_input("end", self)


class Player:
    """Plays on a running app.

    Args:
        app: the app, not yet started.
        size: size of the window in pixels.
    """

    def __init__(self, app: App, size: tuple[int, int]) -> None:
        self.app = app
        Window.size = size
        app._run_prepare()
        runTouchApp(embedded=True)
        self.frames(3)

    def close(self) -> None:
        """End the app as a person would."""
        self.app.stop()
        stopTouchApp()

    # Waiting

    @staticmethod
    def frames(count: int = 1) -> None:
        """Turn the event loop some frames further."""
        for _number in range(count):
            EventLoop.idle()

    def until(self, condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
        """Turn the event loop until a condition holds, and return its value.

        Raises:
            NotSeen: it did not in time.
        """
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            EventLoop.idle()
        raise NotSeen(f"{what}: not seen on the screen {self.app.session.screen}")

    # Looking

    def widgets(self) -> Iterator[Widget]:
        """Yield the widgets that can be seen and used, those on top first."""
        yield from _visible(self.app.root)

    def find(self, **properties: Any) -> Widget | None:
        """Return the widget on top that has these properties, or None.

        `kind` names the class; other words are properties of the widget.
        """
        kind = properties.pop("kind", None)
        for widget in self.widgets():
            if kind is not None and type(widget).__name__ != kind:
                continue
            if all(getattr(widget, name, _Nothing) == value for name, value in properties.items()):
                return widget
        return None

    def see(self, **properties: Any) -> Widget:
        """Wait until a widget is there and return it."""
        described = ", ".join(f"{name}={value!r}" for name, value in properties.items())
        return self.until(lambda: self.find(**properties), described)

    # Doing

    def tap(self, **properties: Any) -> Widget:
        """Scroll to a widget that can be pressed and tap its middle."""
        widget = self.see(**properties)
        self.reveal(widget)
        self.tap_at(*widget.to_window(*widget.center))
        return widget

    def reveal(self, widget: Widget) -> None:
        """Scroll until a widget is in view."""
        scroll = _scroll_around(widget)
        if scroll is not None and not isinstance(scroll, Factory.RecycleView):
            scroll.scroll_to(widget, padding=20, animate=False)
        self.frames(3)

    def tap_at(self, x: float, y: float) -> None:
        """Tap a place of the window."""
        finger = Finger(x, y)
        finger.down()
        self.frames(2)
        finger.up()
        self.frames(3)

    def drag(self, places: list[tuple[float, float]]) -> None:
        """Drag a finger along places of the window."""
        finger = Finger(*places[0])
        finger.down()
        for place in places[1:]:
            finger.to(*place)
            self.frames(1)
        finger.up()
        self.frames(1)

    def pinch(self, middle: tuple[float, float], apart: float, to: float, steps: int = 8) -> None:
        """Move two fingers around a place from one distance to another, in pixels."""
        x, y = middle
        left, right = Finger(x - apart / 2, y), Finger(x + apart / 2, y)
        left.down()
        right.down()
        for step in range(1, steps + 1):
            half = (apart + (to - apart) * step / steps) / 2
            left.to(x - half, y)
            right.to(x + half, y)
            self.frames(1)
        left.up()
        right.up()
        self.frames(1)

    def type(self, text: str, **properties: Any) -> None:
        """Tap a text field and type into it, letter by letter."""
        field = self.tap(**properties)
        target = field.ids.input if "input" in field.ids else field
        self.until(lambda: target.focus, "the keyboard")
        for letter in text:
            Window.dispatch("on_textinput", letter)
            self.frames(1)
        target.focus = False
        self.frames(1)

    def picture(self, path: Path) -> Path:
        """Write what the window shows as a PNG and return its path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.frames(3)
        self.until(self._photos_are_shown, "the photos")
        self.frames(2)
        self.app.root.export_to_png(str(path))
        return path

    def _photos_are_shown(self) -> bool:
        photos = [widget for widget in self.widgets() if isinstance(widget, Factory.Photo)]
        return all(photo.is_ready for photo in photos if photo.source)


class _Nothing:
    """No value of a property equals this."""


def _visible(widget: Widget) -> Iterator[Widget]:
    if widget.opacity == 0 or widget.disabled:
        return
    for child in widget.children:
        yield from _visible(child)
    left, _low = widget.to_window(widget.x, widget.y)
    if widget.width > 0 and widget.height > 0 and left < Window.width:
        yield widget


def _scroll_around(widget: Widget) -> ScrollView | None:
    parent = widget.parent
    while isinstance(parent, Widget) and not isinstance(parent, ScrollView):
        parent = parent.parent
    return parent if isinstance(parent, ScrollView) else None
