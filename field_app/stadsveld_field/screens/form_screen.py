"""The damage form and the choice of a photo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from stadsveld.model import CODES
from stadsveld.text import _

from ..forms.damage import DamageForm
from ..widgets.basics import Banner, Chip, Step


class PhotoThumb(BoxLayout):
    """A photo of the form with a button that takes it off."""

    source = StringProperty("")
    photo_id = StringProperty("")


class FormScreen(BoxLayout):
    """Shows a `DamageForm`.

    Attributes:
        form: the form that is shown.
        shows_all_types: whether all kinds of damage are offered, not only the chosen one.
        asks_discard: whether the inspector is asked if the draft may go.
        missing: number of things that the last attempt to finish found missing.
    """

    form: DamageForm | None = ObjectProperty(None, allownone=True)
    shows_all_types = BooleanProperty(True)
    asks_discard = BooleanProperty(False)
    asks_pavement = BooleanProperty(False)
    is_judged = BooleanProperty(True)
    can_undo = BooleanProperty(False)
    has_fix = BooleanProperty(False)
    missing = NumericProperty(0)
    title = StringProperty("")
    subtitle = StringProperty("")
    position = StringProperty("")
    problem = StringProperty("")
    damages = NumericProperty(1)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._unsubscribe: Callable[[], None] | None = None
        self._keys: dict[str, object] = {}
        self._is_showing = False

    def refresh(self) -> None:
        """Show what the form has now; only what changed is built again."""
        session = App.get_running_app().session
        if session.form is not self.form:
            self._follow(session.form)
        if self.form is None or self._is_showing:
            return
        self._is_showing = True
        form = self.form
        self.title = form.section.street or _("Road section")
        self.subtitle = self._subtitle(form)
        self.can_undo, self.asks_pavement, self.is_judged = form.can_undo, form.asks_pavement, form.is_judged
        self.damages = len(form.damages)
        self.position = form.position_text()
        self.has_fix = session.position.is_available
        self.problem = form.problem
        self._show_choices(form, session.language)
        self._show_findings(form)
        self._show_photos(form)
        self.ids.note.text = form.damage["note"]
        self._is_showing = False

    def _follow(self, form: DamageForm | None) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        self.form = form
        self._keys.clear()
        self.asks_discard = False
        self.shows_all_types = True
        self.ids.scroll.scroll_y = 1
        self._unsubscribe = form.subscribe(self.refresh) if form is not None else None

    def _subtitle(self, form: DamageForm) -> str:
        state = _("Correction") if form.is_correction else _("Draft, kept on this device")
        return " · ".join(part for part in (form.section.number, state) if part)

    def _changed(self, name: str, key: object) -> bool:
        """Tell whether a part of the form has to be built again."""
        if self._keys.get(name) == key:
            return False
        self._keys[name] = key
        return True

    def _show_choices(self, form: DamageForm, language: str) -> None:
        damage = form.damage
        tabs = [(number, _("Damage {n}").format(n=number + 1)) for number in range(len(form.damages))]
        self._chips("tabs", tabs, form.current, form.show_damage, language)
        self._chips("pavements", form.pavement_choices, form.pavement, form.set_pavement, language)
        types = [(found.code, found.title) for found in form.type_choices]
        if damage["type"] and not self.shows_all_types:
            types = [found for found in types if found[0] == damage["type"]]
        self._chips("types", types, damage["type"], self.choose_type, language)
        self._steps("severities", "severity", damage["severity"], language)
        self._steps("extents", "extent", damage["extent"], language)

    def _chips(
        self,
        name: str,
        choices: Iterable[tuple[Any, str]],
        chosen: object,
        choose: Callable[[Any], None],
        language: str,
    ) -> None:
        choices = list(choices)
        row = self.ids[name]
        if self._changed(name, (choices, language)):
            row.clear_widgets()
            for value, text in choices:
                chip = Chip(text=text, value=value)
                chip.bind(on_release=lambda found: choose(found.value))
                row.add_widget(chip)
        for chip in row.children:
            chip.is_chosen = chip.value == chosen

    def _steps(self, name: str, field: str, chosen: object, language: str) -> None:
        row = self.ids[name]
        if self._changed(name, (self.form, language)):
            row.clear_widgets()
            for code in CODES[field].labels:
                band = f"section_{code.lower()}" if field == "severity" else ""
                step = Step(sign=code, text=CODES[field].label(code), value=code, band_role=band)
                step.bind(on_release=lambda found: self.form.set(field, found.value))
                row.add_widget(step)
        for step in row.children:
            step.is_chosen = step.value == chosen

    def choose_type(self, code: str) -> None:
        """Choose a kind of damage, or show all kinds again when the chosen one is tapped."""
        if self.form.damage["type"] == code:
            self.shows_all_types = not self.shows_all_types
            self.refresh()
        else:
            self.shows_all_types = False
            self.form.set("type", code)

    def show_types(self) -> None:
        """Offer all kinds of damage again."""
        self.shows_all_types = True
        self.refresh()

    def _show_findings(self, form: DamageForm) -> None:
        for name in ("pavement", "type", "severity", "extent"):
            self.ids[f"missing_{name}"].text = form.finding(name)
        found = form.shown_findings
        self.missing = len(found)
        text = self._findings_text(form)
        if self._changed("findings", text):
            self.ids.findings.clear_widgets()
            if text:
                self.ids.findings.add_widget(Banner(text=text, kind="warning", icon="warning"))
                Clock.schedule_once(lambda _dt: self._scroll_to(found[0].field), 0)

    def _findings_text(self, form: DamageForm) -> str:
        """Return the first thing that is missing and how many there are; the fields say the rest."""
        found = form.shown_findings
        if not found:
            return ""
        place = _("Damage {n}").format(n=found[0].damage + 1) + ": " if self.damages > 1 else ""
        count = _("Still to fill in: {n}.").format(n=len(found))
        return f"{place}{found[0].text}" if len(found) == 1 else f"{count} {place}{found[0].text}"

    def _scroll_to(self, field: str) -> None:
        target: Widget = self.ids[f"missing_{field}"]
        self.ids.scroll.scroll_to(target, padding=self.height / 5, animate=False)

    def _show_photos(self, form: DamageForm) -> None:
        photos = [(photo["id"], form.photo_path(photo)) for photo in form.damage["photos"]]
        if self._changed("photos", photos):
            self.ids.photos.clear_widgets()
            for photo_id, path in photos:
                self.ids.photos.add_widget(PhotoThumb(source=path, photo_id=photo_id))

    def note_typed(self, text: str) -> None:
        """Keep the note at every keystroke."""
        if self.form is not None and not self._is_showing:
            self.form.set("note", text)

    def finish(self, *, anyway: bool) -> None:
        """Finish the form."""
        App.get_running_app().session.finish_form(anyway=anyway)

    def scroll_home(self) -> None:
        """Show the form from its beginning."""
        self.ids.scroll.scroll_y = 1


class PhotoTile(ButtonBehavior, BoxLayout):
    """A photo file, or a folder, in the choice of photos."""

    path = StringProperty("")
    source = StringProperty("")
    text = StringProperty("")
    is_folder = BooleanProperty(False)


class PhotoScreen(BoxLayout):
    """Shows the photos of a folder of this device."""

    folder = StringProperty("")
    is_empty = BooleanProperty(False)

    def refresh(self) -> None:
        """Show the folder that the session looks at."""
        photos = App.get_running_app().session.photos
        self.folder = str(photos.folder)
        up = [photos.folder.parent] if photos.folder.parent != photos.folder else []
        tiles = [
            {"path": str(path), "source": "", "text": _("Folder above"), "is_folder": True} for path in up
        ]
        tiles += [
            {"path": str(path), "source": "", "text": path.name, "is_folder": True}
            for path in photos.folders()
        ]
        images = photos.images()
        tiles += [
            {"path": str(path), "source": str(path), "text": path.name, "is_folder": False} for path in images
        ]
        self.is_empty = not images
        self.ids.tiles.data = tiles
