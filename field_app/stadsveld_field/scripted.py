"""An inspector's story by real touches, with a picture of every step.

    python -m stadsveld_field.scripted --replica FILE [--section auto|NUMBER] [--screenshots DIR]
                                       [--sync|--only-sync]

Used by the demo and for the pictures of README and manual. Without a display it needs
`SDL_VIDEODRIVER=offscreen`, which it sets itself. Prints one JSON object: the inspection's id, the
section, and the pictures.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stadsveld.errors import StadsveldError
from stadsveld.text import _

from .preferences import TEXT_SIZES, PreferenceFile

if TYPE_CHECKING:
    from .touches import Player

#: What the scripted inspector finds, by pavement: type of damage.
_FINDS = {"asfalt": "scheurvorming", "elementen": "elementen", "beton": "scheurvorming"}
_NOTES = {
    "nl": "Scheuren over de volle breedte, hoogteverschil bij de inrit",
    "en": "Cracks over the full width, step at the driveway",
}


@dataclass
class Story:
    """What was played.

    Attributes:
        section: number of the section.
        inspection: id of the finished inspection.
        happenings: what the sync screen said: (kind, text, detail).
        pictures: the files that were written.
    """

    section: str = ""
    inspection: str = ""
    happenings: list[tuple[str, str, str]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


@dataclass
class Options:
    """How to play.

    Attributes:
        replica: working copy.
        section: number of the section, or `auto` for one with asphalt near the middle.
        screenshots: folder for the pictures, or None.
        sync: whether to sync at the end.
        only_sync: record nothing, only sync what was recorded before.
        language: `nl` or `en`.
        theme: `day` or `night`.
        size: window in pixels.
        photo: image file to add, or None for a drawn one.
        text_size: factor of the text size.
    """

    replica: Path
    section: str = "auto"
    screenshots: Path | None = None
    sync: bool = False
    only_sync: bool = False
    language: str = "nl"
    theme: str = "day"
    size: tuple[int, int] = (540, 960)
    photo: Path | None = None
    text_size: float = 1.0


class _Inspector:
    """Plays the story."""

    def __init__(self, player: Player, options: Options) -> None:
        self._player = player
        self._options = options
        self._session = player.app.session
        self.story = Story()

    def play(self) -> Story:
        """Play all steps, or with `only_sync` the last ones of an earlier play."""
        if self._options.only_sync:
            self._map_is_drawn()
            self._sync()
            return self.story
        self._open_map()
        self._select_section()
        self._record_damage()
        self._finish()
        self._list()
        if self._options.sync:
            self._sync()
        self._settings()
        return self.story

    def _picture(self, name: str) -> None:
        folder = self._options.screenshots
        if folder is not None:
            path = folder / f"{len(self.story.pictures) + 1:02d}-{name}.png"
            self.story.pictures.append(str(self._player.picture(path)))

    def _map_is_drawn(self) -> Any:
        return self._player.until(
            lambda: self._session.screen == "map" and self._screen().is_at_rest, "the map"
        )

    def _screen(self) -> Any:
        return self._player.app.root.shown

    def _open_map(self) -> None:
        self._map_is_drawn()
        self._picture("map")
        self._player.tap(kind="RoundButton", icon="layers")
        self._player.frames(3)
        self._picture("legend")
        self._player.tap(kind="RoundButton", icon="layers")

    def _select_section(self) -> None:
        workspace, presenter = self._session.workspace, self._session.map
        section = workspace.section(_choose(workspace, self._options.section))
        view = self._screen().ids.map
        presenter.camera.show(section.bbox, 3.0)
        presenter.camera.mpp = min(max(presenter.camera.mpp, 0.22), 0.4)
        presenter.redraw()
        self._player.frames(2)
        self._map_is_drawn()
        x, y = presenter.camera.to_screen(*section.point)
        density = view.width / presenter.camera.width
        self._player.tap_at(*view.to_window(view.x + x * density, view.y + y * density))
        self._player.until(
            lambda: presenter.selection and presenter.selection.id == section.id, "the section"
        )
        self.story.section = section.number
        self._player.frames(3)
        self._picture("section")

    def _record_damage(self) -> None:
        player = self._player
        player.tap(kind="AppButton", icon="pencil")
        form = player.until(lambda: self._session.form, "the form")
        player.frames(3)
        self._picture("form-empty")
        if form.asks_pavement:
            player.tap(kind="Chip", value="asfalt")
        player.tap(kind="Chip", value=_FINDS.get(form.pavement or "", form.type_choices[0].code))
        player.tap(kind="Step", value="E")
        self._picture("form-choices")
        player.tap(kind="AppButton", icon="check")
        player.until(lambda: form.shown_findings, "what is missing")
        self._picture("form-missing")
        player.tap(kind="Step", value="2")
        player.type(_NOTES[self._options.language], kind="Field")
        self._add_photo()
        player.reveal(player.see(kind="AppButton", icon="camera"))
        self._picture("form-filled")

    def _add_photo(self) -> None:
        player = self._player
        player.tap(kind="AppButton", icon="camera")
        tile = player.see(kind="PhotoTile", is_folder=False)
        player.frames(3)
        self._picture("photos")
        player.tap(kind="PhotoTile", path=tile.path)
        player.until(
            lambda: self._session.screen == "form" and self._session.form.damage["photos"], "the photo"
        )
        player.until(lambda: player.find(kind="PhotoThumb"), "the photo's picture")

    def _finish(self) -> None:
        self.story.inspection = self._session.form.inspection_id
        self._player.tap(kind="AppButton", icon="check")
        self._map_is_drawn()
        self._session.say("")
        self._player.frames(2)
        self._picture("map-after")

    def _list(self) -> None:
        self._player.tap(kind="NavItem", screen="inspections")
        row = self._player.see(kind="InspectionRow", inspection_id=self.story.inspection)
        self._player.frames(3)
        self._picture("inspections")
        self._player.tap(kind="InspectionRow", inspection_id=row.inspection_id)
        self._player.until(lambda: self._session.inspections.opened, "the inspection")
        self._player.frames(3)
        self._picture("inspection")

    def _sync(self) -> None:
        self._player.tap(kind="NavItem", screen="sync")
        self._player.frames(3)
        self._picture("sync")
        self._player.tap(kind="AppButton", icon="sync")
        presenter = self._session.sync
        self._player.until(lambda: presenter.happenings and not presenter.is_running, "the sync", 120)
        self._player.frames(3)
        self._picture("sync-result")
        self.story.happenings = [(one.kind, one.text, one.detail) for one in presenter.happenings]

    def _settings(self) -> None:
        self._player.tap(kind="NavItem", screen="settings")
        self._player.frames(3)
        self._picture("settings")


def _choose(workspace: Any, wanted: str) -> str:
    """Return the id of the section called `wanted`, or of one with asphalt near the middle."""
    rows = [
        row for row in workspace.store.rows("road_section") if row["geom"] is not None and not row["ended"]
    ]
    if wanted != "auto":
        named = [row["id"] for row in rows if row["number"] == wanted]
        if not named:
            raise StadsveldError(_("There is no road section {number} here.").format(number=wanted))
        return named[0]
    if not rows:
        raise StadsveldError(_("There are no road sections here."))
    minx, miny, maxx, maxy = workspace.extent()
    middle = ((minx + maxx) / 2, (miny + maxy) / 2)

    def rank(row: dict[str, Any]) -> tuple[bool, float]:
        x, y = workspace.section(row["id"]).point
        return row["pavement"] != "asfalt", (x - middle[0]) ** 2 + (y - middle[1]) ** 2

    return min(rows, key=rank)["id"]


def _draw_photo(folder: Path) -> Path:
    """Draw a stand-in for a photo of a cracked road: grey asphalt with dark, broken lines."""
    import numpy as np
    from kivy.core.image import Image
    from kivy.graphics.texture import Texture

    height, width = 480, 640
    source = np.random.default_rng(7)
    grey = source.normal(118, 14, (height, width))
    for start in (140, 320, 470):
        x = float(start)
        for y in range(height):
            x += source.normal(0, 1.6)
            left = int(min(max(x, 2), width - 6))
            grey[y, left : left + 4] = 38
    picture = np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    texture = Texture.create(size=(width, height), colorfmt="rgb")
    texture.blit_buffer(picture.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    path = folder / "20260512-0914.png"
    Image(texture).save(str(path))
    return path


def play(options: Options) -> Story:
    """Play the story in this process; Kivy's window is made here and only once.

    Raises:
        NotSeen: a step did not lead where it should.
        StadsveldError: the working copy cannot be opened, or has no such section.
    """
    with tempfile.TemporaryDirectory(prefix="stadsveld-field-") as name:
        folder = Path(name)
        os.environ.setdefault("KIVY_HOME", str(folder / "kivy"))
        (folder / "kivy").mkdir(exist_ok=True)
        from .app import FieldApp
        from .touches import Player

        photos = folder / "photos"
        photos.mkdir()
        preferences = PreferenceFile(folder / "app" / "preferences.json")
        preferences.value.language, preferences.value.theme = options.language, options.theme
        preferences.value.text_size = options.text_size
        preferences.value.photo_folder = str(options.photo.parent if options.photo else photos)
        preferences.save()
        player = Player(FieldApp(folder=folder / "app", replica=options.replica), options.size)
        if options.photo is None:
            _draw_photo(photos)
        try:
            return _Inspector(player, options).play()
        finally:
            player.close()


def main(words: Sequence[str] | None = None) -> int:
    """Play as the command line says and print what was done as JSON."""
    parser = argparse.ArgumentParser(prog="stadsveld_field.scripted", description=__doc__)
    parser.add_argument("--replica", type=Path, required=True, help="working copy")
    parser.add_argument("--section", default="auto", help="number of the section, or auto")
    parser.add_argument("--screenshots", type=Path, help="folder for the pictures")
    parser.add_argument("--sync", action="store_true", help="sync at the end")
    parser.add_argument("--only-sync", action="store_true", help="only sync what was recorded before")
    parser.add_argument("--language", choices=("nl", "en"), default="nl")
    parser.add_argument("--theme", choices=("day", "night"), default="day")
    parser.add_argument("--size", default="540x960", help="window, pixels")
    parser.add_argument("--photo", type=Path, help="photo to add")
    parser.add_argument(
        "--text-size", type=float, choices=TEXT_SIZES, default=1.0, help="factor of the text size"
    )
    given = vars(parser.parse_args(words))
    width, _by, height = given.pop("size").partition("x")
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    logging.disable(logging.CRITICAL)
    try:
        story = play(Options(size=(int(width), int(height)), **given))
    except StadsveldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(story.__dict__, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
