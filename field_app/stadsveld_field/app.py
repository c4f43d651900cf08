"""The app: starts Kivy, wires presenters to screens, and gives .kv its colours, fonts and texts."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("KIVY_NO_ARGS", "1")

from kivy.app import App
from kivy.clock import Clock
from kivy.config import Config

Config.set("kivy", "exit_on_escape", "0")
Config.set("input", "mouse", "mouse,disable_multitouch")
Config.set("graphics", "multisamples", "4")

from kivy.core.text import Label as CoreLabel  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.lang import Builder  # noqa: E402
from kivy.metrics import dp, sp  # noqa: E402
from kivy.properties import ObjectProperty  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

from stadsveld.errors import StadsveldError  # noqa: E402
from stadsveld.text import _  # noqa: E402

from .device import PositionSource, receiver  # noqa: E402
from .exchange import Exchange  # noqa: E402
from .map.tessellate import tessellate  # noqa: E402
from .session import Exchanges, Session  # noqa: E402
from .theme import PALETTES, colour  # noqa: E402

#: Text sizes in sp before the inspector's factor.
FONTS = {"nav": 12, "small": 13.5, "body": 16, "heading": 18, "title": 22}
#: Width (dp) from which the navigation stands at the side and sheets beside the map.
WIDE = 700
_KV = (
    "widgets/basics.kv",
    "screens/map_screen.kv",
    "screens/form_screen.kv",
    "screens/other_screens.kv",
    "shell.kv",
)


def _fonts(factor: float) -> SimpleNamespace:
    sizes = {name: sp(size) * factor for name, size in FONTS.items()}
    # The navigation has no room to grow as far as the texts.
    return SimpleNamespace(**{**sizes, "nav": sp(FONTS["nav"]) * min(factor, 1.2)})


def _palette(theme: str) -> SimpleNamespace:
    return SimpleNamespace(**{role: colour(role, theme) for role in PALETTES[theme]})


@lru_cache(maxsize=4096)
def _width(text: str, size: float) -> float:
    return float(CoreLabel(text=text, font_size=size, bold=True, font_name="Roboto").get_extents(text)[0])


class FieldApp(App):
    """Stadsveld on a phone, tablet or laptop in the field.

    Attributes:
        session: the presenters.
        palette, fonts, tr: colours, sizes and texts for .kv; replaced as a whole when they change.
    """

    session: Session
    palette = ObjectProperty(rebind=True)
    fonts = ObjectProperty(rebind=True)
    tr = ObjectProperty(rebind=True)
    is_wide = ObjectProperty(False)

    def __init__(
        self,
        *,
        folder: Path | None = None,
        replica: Path | None = None,
        position: PositionSource | None = None,
        exchange: Exchanges | None = None,
    ) -> None:
        super().__init__()
        self.title = "Stadsveld"
        self._replica = replica
        self.session = Session(
            folder or Path(self.user_data_dir),
            exchange or Exchange(),
            tessellate,
            _on_screen_thread,
            position,
        )
        self._follow()

    @staticmethod
    def text_width(text: str, size: float) -> float:
        """Return how wide a bold text is, in pixels."""
        return _width(text, size)

    def build(self) -> Widget:
        """Make the shell with all screens."""
        from .shell import Shell

        for name in _KV:
            path = str(Path(__file__).parent / name)
            if path not in Builder.files:
                Builder.load_file(path)
        Window.softinput_mode = "below_target"
        Window.bind(size=self._resized, on_keyboard=self._key)
        self._resized(Window, Window.size)
        shell = Shell()
        self.session.subscribe(self._follow)
        self.session.subscribe(shell.refresh)
        return shell

    def on_start(self) -> None:
        """Open the working copy and poll the receiver about once a second."""
        self.session.begin(str(self._replica) if self._replica else None)
        if self.session.position.is_available:
            Clock.schedule_interval(lambda _dt: self.session.position.poll(), 1)

    def on_pause(self) -> bool:
        """Remember everything when the app leaves the front; it may be killed there."""
        self.session.remember()
        return True

    def on_stop(self) -> None:
        """Remember everything and close."""
        self.session.close()

    def _follow(self) -> None:
        """Give .kv other colours, sizes or texts when they changed."""
        preferences = self.session.preferences
        wanted = (preferences.theme, preferences.text_size, self.session.language)
        known = getattr(self, "_shown", (None, None, None))
        if wanted[0] != known[0]:
            self.palette = _palette(preferences.theme)
            Window.clearcolor = self.palette.background
        if wanted[1] != known[1]:
            self.fonts = _fonts(preferences.text_size)
        if wanted[2] != known[2]:
            self.tr = SimpleNamespace(_=lambda text: _(text))
        self._shown = wanted

    def _resized(self, _window: object, size: tuple[float, float]) -> None:
        self.is_wide = size[0] >= dp(WIDE)

    def _key(self, _window: object, key: int, *_rest: object) -> bool:
        """Go back at Escape, which is also Android's back button."""
        return key == 27 and self.session.back()


def _on_screen_thread(call: Callable[[], None]) -> None:
    Clock.schedule_once(lambda _dt: call())


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="stadsveld-field", description=_("Stadsveld field app"))
    parser.add_argument("replica", nargs="?", type=Path, help=_("working copy to open"))
    parser.add_argument("--folder", type=Path, help=_("where the app keeps its own files"))
    parser.add_argument("--nmea", help=_("positions from a recorded NMEA file, or from tcp://HOST:PORT"))
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> Any:
    """Start the app; a position file that cannot be read ends it with a sentence."""
    options = arguments(sys.argv[1:] if words is None else words)
    try:
        position = receiver(options.nmea) if options.nmea else None
    except StadsveldError as error:
        sys.exit(str(error))
    FieldApp(folder=options.folder, replica=options.replica, position=position).run()
