"""One run of the app: which screen, which working copy, which form; and what is remembered of it."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from stadsveld.errors import StadsveldError
from stadsveld.jobs import Progress
from stadsveld.resources import resource
from stadsveld.store import Store
from stadsveld.text import LANGUAGES, _, use_language

from .device import Fix, FolderPhotos, NoPosition, PositionSource
from .forms.damage import DamageForm
from .map.scene import Tessellate
from .preferences import TEXT_SIZES, PreferenceFile
from .presenter import Presenter
from .records import Outcome, Unsent
from .screens.inspections_presenter import InspectionsPresenter
from .screens.map_presenter import MapPresenter
from .screens.start_presenter import StartPresenter
from .screens.sync_presenter import SyncPresenter
from .theme import PALETTES
from .worker import Deliver, Worker
from .workspace import Workspace

#: Screens that the navigation bar leads to.
MAIN_SCREENS = ("map", "inspections", "sync", "settings")


class Exchanges(Protocol):
    """What the app needs of the way to the central store."""

    def enrol(self, path: Path, address: str, code: str, name: str) -> None:
        """Fetch a working copy with a one-time code."""

    def seal(self, store: Store) -> None:
        """Make what was just written ready to be sent."""

    def unsent(self, store: Store) -> list[Unsent]:
        """Return what is not yet at the central store."""

    def run(self, path: Path, progress: Progress) -> Outcome:
        """Send and receive everything."""


class Session(Presenter):
    """Holds the presenters of all screens and goes from one to another.

    Attributes:
        preferences: what is remembered.
        workspace: the open working copy, or None.
        screen: name of the screen that is shown.
        message: a short text for the inspector, or "".
        start, map, inspections, sync: presenters; all but `start` exist while a working copy is open.
        form: the form that is open, or None.
        photos: the photos of this device.
        language_changes: counts changes of the language, so that views notice.
    """

    workspace: Workspace | None = None
    map: MapPresenter | None = None
    inspections: InspectionsPresenter | None = None
    sync: SyncPresenter | None = None
    form: DamageForm | None = None

    def __init__(
        self,
        folder: Path,
        exchange: Exchanges,
        tessellate: Tessellate,
        deliver: Deliver,
        position: PositionSource | None = None,
    ) -> None:
        super().__init__()
        self._file = PreferenceFile(folder / "preferences.json")
        self.preferences = self._file.value
        self._exchange = exchange
        self._tessellate = tessellate
        self._deliver = deliver
        self._map_worker = Worker("map", deliver)
        self._sync_worker = Worker("sync", deliver)
        self.position: PositionSource = position or NoPosition()
        self.photos = FolderPhotos(
            Path(self.preferences.photo_folder) if self.preferences.photo_folder else None
        )
        self.start = StartPresenter(folder, exchange, self._sync_worker, self._enrolled)
        self.start.address = self.preferences.server or ""
        self.screen = "start"
        self.message = ""
        self.language_changes = 0
        self.language = use_language(self.preferences.language)

    # Beginning and end

    def begin(self, replica: str | None = None) -> None:
        """Open the working copy and go where the inspector left.

        Args:
            replica: path of the working copy; default: the one of last time.
        """
        self.position.start(self._take_fix)
        path = replica or self.preferences.replica
        if path is None:
            self.changed()
            return
        try:
            self.open(Path(path))
        except StadsveldError as error:
            self.start.error = str(error)
            self.changed()

    def open(self, path: Path) -> None:
        """Open a working copy and go where the inspector left.

        Raises:
            StoreError: it cannot be opened.
        """
        workspace = Workspace.open(path)
        self._close_workspace()
        self.workspace = workspace
        if self.preferences.replica not in (None, str(path)):
            self.preferences.map, self.preferences.selection = {}, None
        self.preferences.replica = str(path)
        self.map = MapPresenter(workspace, self.preferences, self._map_worker, self._tessellate)
        self.inspections = InspectionsPresenter(workspace, self._exchange)
        self.sync = SyncPresenter(workspace, self._exchange, self._sync_worker, self._deliver, self._synced)
        self._go_where_left()

    def _go_where_left(self) -> None:
        left, inspection = self.preferences.screen, self.preferences.inspection
        self.screen = left if left in MAIN_SCREENS else "map"
        if (
            left in ("form", "photos")
            and inspection
            and self.workspace
            and self.workspace.store.draft(inspection)
        ):
            self.form = DamageForm.resume(self.workspace, inspection)
            self.screen = "form"
        self._arrive()

    def _enrolled(self, path: Path) -> None:
        self.preferences.server = self.start.full_address()
        self.preferences.screen = "map"
        self.open(path)

    def close(self) -> None:
        """Remember where the work was left and close everything."""
        self.position.stop()
        self.remember()
        self._close_workspace()
        self._map_worker.close()
        self._sync_worker.close()

    def _close_workspace(self) -> None:
        if self.map is not None:
            self.map.close()
        if self.workspace is not None:
            self.workspace.close()
        self.workspace = self.map = self.inspections = self.sync = self.form = None

    def remember(self) -> None:
        """Write down where the work is."""
        if self.map is not None:
            self.map.remember()
        self.preferences.photo_folder = str(self.photos.folder)
        try:
            self._file.save()
        except OSError as error:
            self.message = _("The settings could not be kept: {reason}").format(reason=error.strerror)

    # Going from screen to screen

    def go(self, screen: str) -> None:
        """Show a screen of the navigation bar; an open form is kept as a draft."""
        if self.workspace is None or screen not in MAIN_SCREENS:
            return
        self.form = None
        self.screen = screen
        if self.inspections is not None:
            self.inspections.opened = None
        self._arrive()

    def back(self) -> bool:
        """Go one step back; return False where there is none, so that the app may close."""
        if self.map is not None and self.map.place_done is not None:
            self.map.end_placing(take=False)
            self._show("form")
        elif self.screen == "photos":
            self._show("form")
        elif self.screen == "form":
            self.go("map")
        elif self.screen == "inspections" and self.inspections is not None and self.inspections.opened:
            self.inspections.open(None)
            self.changed()
        elif self.screen in MAIN_SCREENS and self.screen != "map":
            self.go("map")
        else:
            return False
        return True

    def _show(self, screen: str) -> None:
        self.screen = screen
        self._arrive()

    def _arrive(self) -> None:
        self.preferences.screen = self.screen
        self.preferences.inspection = self.form.inspection_id if self.form else None
        self.remember()
        if self.screen == "map" and self.map is not None:
            self.map.refresh()
        if self.screen == "inspections" and self.inspections is not None:
            self.inspections.refresh()
        if self.screen == "sync" and self.sync is not None:
            self.sync.changed()
        self.changed()

    def say(self, message: str) -> None:
        """Show a short text; "" takes it away."""
        self.message = message
        self.changed()

    def unsent_count(self) -> int:
        """Return how many inspections still have something to send."""
        return self.sync.waiting_count() if self.sync is not None else 0

    # Inspecting

    def record_damage(self) -> None:
        """Open the form of the selected section: its draft, or a new inspection."""
        if self.workspace is not None and self.map is not None and self.map.selection is not None:
            self.form = DamageForm.open(self.workspace, self.map.selection.id)
            self._show("form")

    def no_damage(self) -> None:
        """Record that the selected section has no damage."""
        if self.workspace is None or self.map is None or self.map.selection is None:
            return
        self._try(lambda: self._record_no_damage(), _("Recorded: no damage."))

    def _record_no_damage(self) -> None:
        if self.workspace is not None and self.map is not None and self.map.selection is not None:
            self.workspace.record_no_damage(self.map.selection.id)
            self._exchange.seal(self.workspace.store)
            self.map.refresh()

    def open_inspection(self, inspection_id: str) -> None:
        """Open an inspection of the list: a draft in its form, another one in full."""
        if self.workspace is None or self.inspections is None:
            return
        if self.workspace.store.draft(inspection_id) is not None:
            self._open_form(lambda workspace: DamageForm.resume(workspace, inspection_id))
        else:
            self.inspections.open(inspection_id)
            self.changed()

    def show_inspected_section(self) -> None:
        """Show the section of the opened inspection on the map."""
        if self.inspections is not None and self.inspections.opened is not None and self.map is not None:
            self.map.show_section(self.inspections.opened.item.section_id)
            self.go("map")

    def correct(self) -> None:
        """Open the form of the opened inspection to correct it."""
        if self.inspections is not None and self.inspections.opened is not None:
            inspection_id = self.inspections.opened.item.id
            self._open_form(lambda workspace: DamageForm.correct(workspace, inspection_id))

    def _open_form(self, make: Callable[[Workspace], DamageForm]) -> None:
        if self.workspace is None:
            return
        try:
            self.form = make(self.workspace)
        except StadsveldError as error:
            self.say(str(error))
            return
        self._show("form")

    def withdraw(self) -> None:
        """Withdraw the opened inspection."""
        if self.inspections is not None:
            self._try(self._withdraw, _("The inspection has been withdrawn."))

    def _withdraw(self) -> None:
        if self.inspections is not None and self.workspace is not None:
            self.inspections.withdraw()
            self._exchange.seal(self.workspace.store)
            self.inspections.refresh()

    def finish_form(self, *, anyway: bool = False) -> None:
        """Finish the open form; what is missing is shown in it."""
        form = self.form
        if form is None or self.workspace is None:
            return
        try:
            form.finish(anyway=anyway)
            if form.is_finished:
                self._exchange.seal(self.workspace.store)
        except StadsveldError as error:
            self.say(str(error))
            return
        if form.is_finished:
            self.message = _("Saved. It is sent at the next sync.")
            self.go("map")

    def discard_form(self) -> None:
        """Throw the open draft away and go back to the map."""
        if self.form is not None:
            try:
                self.form.discard()
            except StadsveldError as error:
                self.say(str(error))
                return
            self.message = _("The draft has been thrown away.")
            self.go("map")

    def place_on_map(self) -> None:
        """Let the inspector say on the map where the damage is."""
        if self.form is not None and self.map is not None:
            position = self.form.damage["position"]
            self.map.begin_placing(position["x"], position["y"], self.form.place)
            self.screen = "map"
            self.changed()

    def end_placing(self, *, take: bool) -> None:
        """Take the place under the cross, or leave it, and go back to the form."""
        if self.map is not None:
            self.map.end_placing(take=take)
            self._show("form")

    def place_by_fix(self) -> None:
        """Take the device's position for the damage."""
        if self.form is None or self.map is None:
            return
        if self.map.fix is None:
            self.say(_("There is no position of this device yet. Place the damage on the map."))
        else:
            self.form.place_by_fix(self.map.fix)

    def choose_photo(self) -> None:
        """Show the photos of this device."""
        if self.form is not None:
            self._show("photos")

    def enter_folder(self, path: Path) -> None:
        """Show the photos of another folder."""
        self.photos.folder = path
        self._show("photos")

    def take_photo(self, path: Path) -> None:
        """Bind a photo file to the damage and go back to the form."""
        if self.form is None:
            return
        try:
            self.form.add_photo(self.photos.pick(path))
        except StadsveldError as error:
            self.say(str(error))
            return
        except OSError as error:
            self.say(_("The photo could not be kept: {reason}").format(reason=error.strerror))
            return
        self._show("form")

    def _try(self, action: Callable[[], None], success: str) -> None:
        try:
            action()
        except StadsveldError as error:
            self.say(str(error))
        else:
            self.say(success)

    def _synced(self) -> None:
        if self.map is not None:
            self.map.refresh()
        self.changed()

    def _take_fix(self, fix: Fix) -> None:
        if self.map is not None:
            self.map.take_fix(fix)

    # Settings

    def set_language(self, language: str) -> None:
        """Speak another language from now on."""
        if language in LANGUAGES and language != self.language:
            self.preferences.language = self.language = use_language(language)
            self.language_changes += 1
            self._set()

    def set_theme(self, theme: str) -> None:
        """Use the colours of day or night."""
        if theme in PALETTES:
            self.preferences.theme = theme
            self._set()

    def set_text_size(self, size: float) -> None:
        """Use another text size."""
        if size in TEXT_SIZES:
            self.preferences.text_size = size
            self._set()

    def set_left_handed(self, wanted: bool) -> None:
        """Put the buttons where the left or the right thumb is."""
        self.preferences.left_handed = wanted
        self._set()

    def open_manual(self, show: Callable[[str], bool] = webbrowser.open) -> None:
        """Open the manual in the browser, in the language in use."""
        page = resource("help", self.language, "index.html")
        if not show(page.as_uri()):
            self.say(_("The manual could not be opened. It is in {file}.").format(file=page))

    def _set(self) -> None:
        self.message = ""
        self.remember()
        self.changed()
