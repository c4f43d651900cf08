"""The map screen: where it looks, what is selected, which scene is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stadsveld.errors import StadsveldError
from stadsveld.model import CODES
from stadsveld.store import Store
from stadsveld.text import _

from ..device import Fix
from ..map.camera import Camera
from ..map.scene import Scene, Shapes, Tessellate, build
from ..preferences import Preferences
from ..presenter import Presenter
from ..worker import Worker
from ..workspace import SectionCard, Workspace, position_from_fix, shown_date

#: How near a tap must be to a section that it does not hit, in dp.
REACH = 16.0
#: Metres per dp that the map zooms to at a position or a section.
NEAR = 0.15
#: Metres per dp beyond which a working copy is not shown as a whole.
FAR = 1.5


class MapPresenter(Presenter):
    """Decides what the map shows.

    Attributes:
        camera: where it looks.
        scene: what is drawn, or None before the first one is made.
        selection: the selected road section, or None.
        place_done: set while a position is being placed by hand; called with RD coordinates.
        fix: the last position of the device, or None.
        error: why the map cannot be drawn, or "".
    """

    def __init__(
        self, workspace: Workspace, preferences: Preferences, worker: Worker, tessellate: Tessellate
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._preferences = preferences
        self._worker = worker
        self._maker = _SceneMaker(workspace.store.path, tessellate)
        self._is_making = False
        self._is_stale = False
        self._is_closed = False
        self.camera = Camera()
        self.scene: Scene | None = None
        self.selection: SectionCard | None = None
        self.place_done: Callable[[float, float], None] | None = None
        self.fix: Fix | None = None
        self.error = ""
        self._look_where_left()

    def _look_where_left(self) -> None:
        left = self._preferences.map
        self._is_first_look = not {"x", "y", "mpp"} <= left.keys()
        if not self._is_first_look:
            self.camera.x, self.camera.y, self.camera.mpp = left["x"], left["y"], left["mpp"]
        if self._preferences.selection:
            self.selection = self._workspace.section(self._preferences.selection)

    def resize(self, width: float, height: float) -> None:
        """Give the map its size in dp; a new working copy is looked at as a whole."""
        self.camera.resize(width, height)
        if self._is_first_look:
            self._is_first_look = False
            self.show_all()

    def show_all(self) -> None:
        """Look at all road sections, or at the middle of them where they are too many."""
        extent = self._workspace.extent()
        if extent is not None:
            self.camera.show(extent)
            self.camera.mpp = min(self.camera.mpp, FAR)

    def remember(self) -> None:
        """Put where the map looks and what is selected into the preferences."""
        self._preferences.map = {"x": self.camera.x, "y": self.camera.y, "mpp": self.camera.mpp}
        self._preferences.selection = self.selection.id if self.selection else None

    # Scenes

    def settle(self) -> None:
        """Make a new scene if the drawn one does not serve what is in view; never waits."""
        if not self._is_making and not self.is_current:
            self.redraw()

    def redraw(self) -> None:
        """Make a new scene of what is in view; while one is being made, the next waits for it."""
        if self._is_making:
            self._is_stale = True
            return
        self._is_making, self._is_stale = True, False
        view, mpp = self.camera.bbox, self.camera.mpp
        self._worker.submit(
            lambda: self._maker.make(view, mpp, lambda: not self._is_closed), self._show, self._fail
        )

    def _show(self, scene: Scene | None) -> None:
        self._is_making = False
        if scene is None or self._is_closed:
            return
        self.scene, self.error = scene, ""
        self.changed()
        if self._is_stale or not self.is_current:
            self.redraw()

    def _fail(self, error: StadsveldError) -> None:
        self._is_making = False
        self.error = str(error)
        self.changed()

    @property
    def is_current(self) -> bool:
        """Whether what is drawn serves what is in view."""
        return self.scene is not None and self.scene.serves(self.camera.bbox, self.camera.mpp)

    def close(self) -> None:
        """Let go of the file."""
        self._is_closed = True
        self._worker.submit(self._maker.close, lambda _none: None, self._fail)

    # Taps

    def tap(self, sx: float, sy: float) -> None:
        """Select the road section under a finger, or nothing."""
        if self.scene is None or self.place_done is not None:
            return
        x, y = self.camera.to_world(sx, sy)
        found = self.scene.section_at(x, y, REACH * self.camera.mpp)
        self.select(found.id if found else None)

    def select(self, section_id: str | None) -> None:
        """Select a road section, or none."""
        self.selection = self._workspace.section(section_id) if section_id else None
        self.remember()
        self.changed()

    def make_room(self, below: float) -> None:
        """Move the map so far that the selection is not covered by a sheet of `below` dp."""
        if self.selection is None:
            return
        sx, sy = self.camera.to_screen(*self.selection.point)
        free = self.camera.height - below
        if sy < below + free * 0.15 and 0 <= sx <= self.camera.width:
            self.camera.pan(0, below + free * 0.5 - sy)
            self.settle()

    def refresh(self) -> None:
        """Read the selection again and draw again, after something was written or received."""
        if self.selection is not None:
            self.selection = self._workspace.section(self.selection.id)
        self.redraw()
        self.changed()

    def show_section(self, section_id: str) -> None:
        """Select a road section and look at it."""
        self.select(section_id)
        if self.selection is not None:
            self.camera.show(self.selection.bbox, 2.2)
            self.camera.mpp = max(self.camera.mpp, NEAR)
            self.settle()

    # The sheet

    def sheet_lines(self) -> list[tuple[str, str]]:
        """Return (label, value) of what the sheet says about the selection."""
        found = self.selection
        if found is None:
            return []
        pavement = CODES["pavement"].label(found.pavement or "onbekend")
        area = _("{area} m²").format(area=f"{found.area:.0f}") if found.area else ""
        lines = [(_("Pavement"), " · ".join(part for part in (pavement, area) if part))]
        last = CODES["condition"].label(found.condition)
        if found.inspected_on:
            last = f"{shown_date(found.inspected_on)} · {last}"
        lines.append((_("Last inspection"), last))
        if found.findings:
            lines.append((_("Found then"), ", ".join(found.findings)))
        return lines

    # Positions

    def take_fix(self, fix: Fix) -> None:
        """Take the device's position."""
        self.fix = fix
        self.changed()

    def own_place(self) -> tuple[float, float, float] | None:
        """Return (x, y, accuracy in m) of the device in RD, or None."""
        if self.fix is None:
            return None
        position = position_from_fix(self.fix)
        return position["x"], position["y"], self.fix.accuracy or 0.0

    def go_to_own_place(self) -> bool:
        """Look at the device's position; return whether there is one."""
        place = self.own_place()
        if place is None:
            return False
        self.camera.halt()
        self.camera.x, self.camera.y = place[0], place[1]
        self.camera.mpp = min(self.camera.mpp, NEAR)
        self.settle()
        self.changed()
        return True

    def begin_placing(self, x: float, y: float, done: Callable[[float, float], None]) -> None:
        """Let the user move the map until the cross is where the damage is."""
        self.camera.halt()
        self.camera.x, self.camera.y = x, y
        self.camera.mpp = min(self.camera.mpp, NEAR)
        self.place_done = done
        self.settle()
        self.changed()

    def end_placing(self, *, take: bool) -> None:
        """Take the place under the cross, or leave it as it was."""
        done, self.place_done = self.place_done, None
        if done is not None and take:
            done(self.camera.x, self.camera.y)
        self.changed()


class _SceneMaker:
    """Makes scenes on the worker's thread, with a connection of its own."""

    def __init__(self, path: Path, tessellate: Tessellate) -> None:
        self._path = path
        self._shapes = Shapes(tessellate)
        self._store: Store | None = None

    def make(
        self, view: tuple[float, float, float, float], mpp: float, keep_going: Callable[[], bool]
    ) -> Scene | None:
        if not keep_going():
            return None
        if self._store is None:
            self._store = Store.open(self._path, readonly=True, spatialite=False)
        return build(self._store, view, mpp, self._shapes, keep_going)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
