"""Stories on the real screens, by real touches; `test_screens.py` runs each in a process of its own."""

from __future__ import annotations

import os
import signal

from kivy.core.window import Window
from kivy.metrics import Metrics, dp

from stadsveld.text import _
from support.field_workspace import CORNER, section_id
from support.kivy_runner import tell


def _map(player):
    player.until(
        lambda: player.app.session.screen == "map" and player.app.root.shown.is_at_rest, "the map at rest"
    )
    return player.app.root.shown.ids.map


def _window_place(view, x, y):
    """Where RD coordinates are in the window."""
    sx, sy = view.presenter.camera.to_screen(CORNER[0] + x, CORNER[1] + y)
    return view.to_window(view.x + sx * Metrics.density, view.y + sy * Metrics.density)


def _select(player, view, number="W-001", x=40, y=104):
    player.tap_at(*_window_place(view, x, y))
    presenter = player.app.session.map
    player.until(
        lambda: presenter.selection and presenter.selection.id == section_id(number), "the selection"
    )
    player.frames(5)


def fingers(player, given):
    """Pan, fling, pinch, wheel, double tap, tap beside and on a section."""
    view = _map(player)
    camera = view.presenter.camera
    told = {}
    middle = view.to_window(*view.center)
    start = (camera.x, camera.y, camera.mpp)
    steps = [(middle[0] + 12 * n, middle[1]) for n in range(6)]
    player.drag([*steps, *[steps[-1]] * 30])
    player.until(lambda: view.is_at_rest, "the end of the pan")
    told["panned"] = [(start[0] - camera.x) / camera.mpp * Metrics.density, start[1] - camera.y]
    before = camera.x
    player.drag([(middle[0] + 25 * n, middle[1]) for n in range(6)])
    dragged = 125 / Metrics.density * camera.mpp
    player.until(lambda: view.is_at_rest, "the end of the fling")
    told["flung"] = (before - camera.x) / dragged
    mpp = camera.mpp
    under = camera.to_world(view.width / 2 / Metrics.density, view.height / 2 / Metrics.density)
    player.pinch(middle, 100, 200)
    told["pinched"] = mpp / camera.mpp
    told["stayed"] = [camera.x - under[0], camera.y - under[1]]
    player.pinch(middle, 200, 100)
    mpp = camera.mpp
    from stadsveld_field.touches import Finger

    wheel = Finger(*middle)
    wheel.profile.append("button")
    wheel.button = "scrolldown"
    wheel.down()
    wheel.up()
    player.frames(2)
    told["wheel"] = mpp / camera.mpp
    camera.x, camera.y, camera.mpp = start
    view.presenter.settle()
    _map(player)
    player.tap_at(*_window_place(view, 40, 104))
    told["tapped"] = view.presenter.selection.number if view.presenter.selection else None
    player.tap_at(*_window_place(view, 40, 160))
    player.frames(3)
    told["beside"] = view.presenter.selection is not None
    return told


def at_rest(player, given):
    """Nothing is drawn while nothing moves."""
    view = _map(player)
    player.frames(10)
    drawn = []
    Window.bind(on_draw=lambda *_window: drawn.append(1))
    player.frames(40)
    quiet = len(drawn)
    view.zoom_by(1.1)
    player.frames(3)
    return {"at_rest": quiet, "moving": len(drawn) - quiet}


def inspect(player, given):
    """An inspection from the map to the list, with a look at what is on the map before and after."""
    session = player.app.session
    view = _map(player)
    before = _pixels(view, 40, 102)
    _select(player, view)
    told = {"sheet_above_section": player.app.root.shown.ids.sheet.top < _window_place(view, 40, 104)[1]}
    player.tap(kind="AppButton", text="Record damage")
    player.tap(kind="Chip", text="Cracking")
    player.tap(kind="Step", value="E")
    told["drafts_after_two_taps"] = len(session.workspace.store.drafts())
    player.tap(kind="AppButton", text="Finish")
    told["missing"] = [one.field for one in session.form.shown_findings]
    player.see(kind="AppButton", text="Finish anyway")
    player.tap(kind="Step", value="3")
    player.type("step at the driveway", kind="Field")
    player.tap(kind="AppButton", icon="undo") if player.find(kind="AppButton", icon="undo") else player.tap(
        kind="IconButton", text="Undo"
    )
    told["after_undo"] = session.form.damage["note"]
    player.tap(kind="AppButton", text="On the map")
    view = _map(player)
    middle = view.to_window(*view.center)
    player.drag(
        [
            middle,
            (middle[0] + 20, middle[1]),
            (middle[0] + 40, middle[1]),
            *[(middle[0] + 40, middle[1])] * 30,
        ]
    )
    player.tap(kind="AppButton", text="Place here")
    told["position"] = session.form.damage["position"]["source"]
    player.tap(kind="AppButton", text="Finish")
    view = _map(player)
    told["screen"] = session.screen
    told["condition"] = session.map.selection.condition
    told["pixels_changed"] = player.until(lambda: before != _pixels(view, 40, 102), "the new condition")
    player.tap(kind="NavItem", screen="inspections")
    row = player.see(kind="InspectionRow", title="Lindelaan · W-001")
    told["row"] = [row.summary, row.state_text]
    return told


def _pixels(view, x, y):
    """The colour of the map at a place, read from the picture that is drawn."""
    from kivy.graphics import Fbo  # noqa: F401 - export needs it

    image = view.export_as_image()
    sx, sy = view.presenter.camera.to_screen(CORNER[0] + x, CORNER[1] + y)
    found = image.texture.get_region(
        int(sx * Metrics.density) - 2, int(sy * Metrics.density) - 2, 4, 4
    ).pixels
    return list(found)


def type_and_die(player, given):
    """Types into the form and is killed in the middle of a word."""
    view = _map(player)
    _select(player, view)
    player.tap(kind="AppButton", text="Record damage")
    player.tap(kind="Chip", text="Potholes")
    player.tap(kind="Step", value="M")
    field = player.see(kind="Field")
    player.tap(kind="Field")
    player.until(lambda: field.ids.input.focus, "the keyboard")
    for letter in "deep hole near the cur":
        Window.dispatch("on_textinput", letter)
    player.frames(1)
    tell({"draft": player.app.session.form.inspection_id})
    os.kill(os.getpid(), signal.SIGKILL)


def resume(player, given):
    """Starts after a kill: the form is there as it was, and can be finished."""
    session = player.app.session
    form = player.until(lambda: session.form, "the form")
    told = {
        "draft": form.inspection_id,
        "damage": {key: form.damage[key] for key in ("type", "severity", "note")},
    }
    chosen = player.until(
        lambda: player.find(kind="Chip", is_chosen=True, text="Potholes"), "the chosen damage"
    )
    told["shown"] = [chosen.text, player.find(kind="Field").ids.input.text]
    player.type("b", kind="Field")
    told["note"] = form.damage["note"]
    player.tap(kind="Step", value="1")
    player.tap(kind="AppButton", text="Finish")
    told["finished"] = form.is_finished
    return told


def enrol_and_sync(player, given):
    """Fetches a working copy with a code, inspects and syncs, all by touch."""
    session = player.app.session
    fields = {field.label: field for field in player.widgets() if type(field).__name__ == "Field"}
    player.tap(kind="AppButton", text="Fetch the working copy")
    told = {"first_error": session.start.error}
    for label, text in zip(fields, (given["device"], given["code"], given["url"]), strict=True):
        player.type(text, kind="Field", label=label)
    told["typed"] = [session.start.address, session.start.code == given["code"], session.start.name]
    player.tap(kind="AppButton", text="Fetch the working copy")
    view = _map(player)
    told["sections"] = len(view.presenter.scene.sections)
    _select(player, view)
    player.tap(kind="AppButton", text="No damage found")
    player.until(lambda: session.map.selection.condition == "no_damage", "the record")
    player.tap(kind="NavItem", screen="sync")
    player.tap(kind="AppButton", text="Sync now")
    player.until(lambda: session.sync.happenings and not session.sync.is_running, "the sync")
    rows = player.until(
        lambda: [w for w in player.widgets() if type(w).__name__ == "HappeningRow"], "what happened"
    )
    told["happened"] = sorted((row.kind, row.text) for row in rows)
    return told


def turn(player, given):
    """Language, theme and text size change while the app runs; targets stay large enough."""
    session = player.app.session
    _map(player)
    player.tap(kind="NavItem", screen="settings")
    told = {"before": player.find(kind="NavItem", screen="map").text}
    player.tap(kind="Chip", text="Nederlands")
    facts = player.app.root.shown.ids.facts
    player.until(
        lambda: any("Globale visuele" in pair.value for pair in facts.children), "the other language"
    )
    told["catalogue"] = _("Map")
    player.frames(3)
    told["after"] = player.find(kind="NavItem", screen="map").text
    player.tap(kind="Chip", value="night")
    told["background"] = list(player.app.palette.background)
    player.tap(kind="Chip", value=1.4)
    player.frames(5)
    label = next(w for w in player.find(kind="NavItem", screen="map").walk() if type(w).__name__ == "Label")
    told["label"] = [list(label.color), label.font_size]
    told["wanted"] = [list(player.app.palette.muted), player.app.fonts.nav]
    told["preferences"] = [
        session.preferences.language,
        session.preferences.theme,
        session.preferences.text_size,
    ]
    return told


def targets(player, given):
    """Every button on every screen is at least 48 dp in both directions and inside the window."""
    session = player.app.session
    player.app.session.set_text_size(given["text_size"])
    small, outside = [], []

    def measure():
        player.frames(6)
        for widget in player.widgets():
            if not hasattr(widget, "background_role") or not hasattr(widget, "last_touch"):
                continue
            if widget.width < dp(48) - 0.5 or widget.height < dp(48) - 0.5:
                small.append(
                    [
                        session.screen,
                        type(widget).__name__,
                        widget.text if hasattr(widget, "text") else "",
                        widget.size,
                    ]
                )
            left, right = widget.to_window(widget.x, 0)[0], widget.to_window(widget.right, 0)[0]
            if left < -0.5 or right > Window.width + 0.5:
                outside.append([session.screen, type(widget).__name__, left, right])

    view = _map(player)
    measure()
    _select(player, view)
    measure()
    player.tap(kind="RoundButton", text="Legend")
    measure()
    player.tap(kind="AppButton", icon="pencil")
    measure()
    player.tap(kind="Chip", text="Cracking")
    player.tap(kind="AppButton", text="Finish")
    measure()
    player.tap(kind="AppButton", icon="camera")
    measure()
    session.back()
    session.back()
    for screen in ("inspections", "sync", "settings"):
        player.tap(kind="NavItem", screen=screen)
        measure()
    return {"small": small, "outside": outside}


def observers(player, given):
    """Screens that come and go many times leave no listeners behind."""
    session = player.app.session
    _map(player)
    session.map.select(section_id("W-001"))

    def round_trip():
        session.record_damage()
        player.frames(1)
        session.go("inspections")
        player.frames(1)
        session.go("sync")
        session.go("settings")
        session.go("map")
        player.frames(1)

    round_trip()
    counts = []
    for _time in range(2):
        for _round in range(5):
            round_trip()
        counts.append(
            [len(one._listeners) for one in (session, session.map, session.inspections, session.sync)]
        )
    return {"counts": counts}


def receiver(player, given):
    """A receiver gives the own place on the map and the position of a damage."""
    session = player.app.session
    view = _map(player)
    session.position.poll()
    player.until(lambda: session.map.fix, "a fix")
    player.tap(kind="RoundButton", text="Where am I")
    _map(player)
    told = {"centre": [view.presenter.camera.x, view.presenter.camera.y]}
    session.map.select(section_id("W-001"))
    player.frames(3)
    player.tap(kind="AppButton", text="Record damage")
    player.tap(kind="AppButton", text="Where I am")
    told["position"] = session.form.damage["position"]
    told["shown"] = player.app.root.shown.position
    return told
