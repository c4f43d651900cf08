"""The map widget: fingers move a camera, the presenter makes scenes, this draws them."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, PopMatrix, PushMatrix, Rectangle, Scale, Translate
from kivy.input.motionevent import MotionEvent
from kivy.metrics import Metrics
from kivy.properties import ObjectProperty
from kivy.uix.stencilview import StencilView

from ..screens.map_presenter import MapPresenter
from ..theme import colour
from .paint import Painter
from .scene import Scene

#: How far a finger may stray in a tap (dp), how far back a fling's speed is measured (s).
STRAY, FLING_MEMORY = 12.0, 0.12
#: How much a wheel step and a double tap enlarge.
WHEEL, DOUBLE_TAP = 1.25, 2.0
#: Seconds without movement after which the scene of a new place is made.
SETTLED = 0.08
#: Width that Kivy gives a widget before its first layout.
_UNLAID = 100


class MapView(StencilView):
    """Draws the map of a presenter and moves it under fingers.

    Attributes:
        presenter: what decides; None while no working copy is open.
    """

    presenter: MapPresenter | None = ObjectProperty(None, allownone=True)
    __events__ = ("on_moved",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._painter = Painter()
        self._drawn: Scene | None = None
        self._fingers: dict[object, MotionEvent] = {}
        self._trail: deque[tuple[float, float, float]] = deque(maxlen=12)
        self._is_tap = False
        self._animation = Clock.create_trigger(self._animate, 0, interval=True)
        self._settle = Clock.create_trigger(self._settled, SETTLED)
        with self.canvas:
            self._ground = Color(1, 1, 1, 1)
            self._sheet = Rectangle()
            PushMatrix()
            self._to_middle = Translate(0, 0)
            self._scale = Scale(1, 1, 1)
            self._from_camera = Translate(0, 0)
        self._surfaces, self._marked, self._labels = (InstructionGroup() for _group in range(3))
        for instruction in (self._surfaces, self._marked, self._labels, PopMatrix()):
            self.canvas.add(instruction)
        self.bind(pos=self._resized, size=self._resized, presenter=self._changed)

    def _changed(self, _view: MapView, presenter: MapPresenter | None) -> None:
        self._drawn = None
        for group in (self._surfaces, self._marked, self._labels):
            group.clear()
        if presenter is not None:
            self._resized()

    def _resized(self, *_args: object) -> None:
        self._sheet.pos, self._sheet.size = self.pos, self.size
        is_laid_out = self.width > _UNLAID
        if self.presenter is not None and is_laid_out:
            self.presenter.resize(self.width / Metrics.density, self.height / Metrics.density)
            self._move()

    def refresh(self) -> None:
        """Draw what the presenter has now."""
        if self.presenter is None:
            return
        theme = App.get_running_app().session.preferences.theme
        if theme != self._painter.theme:
            self._painter.theme, self._drawn = theme, None
        self._ground.rgba = colour("map_land", theme)
        scene = self.presenter.scene
        if scene is not None and scene is not self._drawn:
            self._surfaces.clear()
            self._surfaces.add(self._painter.surfaces(scene))
            self._labels.clear()
            self._labels.add(self._painter.labels(scene))
            self._drawn = scene
        self._mark()
        self._move()

    def _mark(self) -> None:
        self._marked.clear()
        scene, presenter = self._drawn, self.presenter
        if scene is None or presenter is None:
            return
        selected = scene.section(presenter.selection.id if presenter.selection else None)
        self._marked.add(self._painter.selection(selected, scene.mpp))
        place = presenter.own_place()
        if place is not None:
            x, y = place[0] - scene.origin[0], place[1] - scene.origin[1]
            self._marked.add(self._painter.place(x, y, place[2], scene.mpp))

    def _move(self) -> None:
        """Let the matrix follow the camera; nothing is drawn anew for it."""
        if self.presenter is None:
            return
        camera, scene = self.presenter.camera, self._drawn
        origin = scene.origin if scene is not None else (camera.x, camera.y)
        zoom = Metrics.density / camera.mpp
        self._to_middle.xy = self.center
        self._scale.xyz = (zoom, zoom, 1)
        self._from_camera.xy = (origin[0] - camera.x, origin[1] - camera.y)
        self.dispatch("on_moved")
        self._settle()

    def on_moved(self) -> None:
        """The camera moved; who shows the scale listens."""

    def _settled(self, _dt: float) -> None:
        if self.presenter is not None:
            self.presenter.settle()

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing moves and what is drawn serves what is in view."""
        presenter = self.presenter
        quiet = not self._fingers and not self._animation.is_triggered
        return presenter is None or (quiet and presenter.is_current and presenter.scene is self._drawn)

    def zoom_by(self, factor: float) -> None:
        """Enlarge around the middle."""
        self._zoom(factor, self.center_x, self.center_y)

    # Fingers

    def _place(self, touch: MotionEvent) -> tuple[float, float]:
        return (touch.x - self.x) / Metrics.density, (touch.y - self.y) / Metrics.density

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Begin to pan, pinch or tap; turn the wheel; zoom at a double tap."""
        if self.presenter is None or not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling:
            self._zoom(WHEEL if touch.button == "scrolldown" else 1 / WHEEL, touch.x, touch.y)
            return True
        touch.grab(self)
        self._fingers[touch.uid] = touch
        touch.ud["map"] = self._place(touch)
        self._is_tap = len(self._fingers) == 1
        self._trail.clear()
        self.presenter.camera.halt()
        if touch.is_double_tap and self._is_tap:
            self._is_tap = False
            self._zoom(DOUBLE_TAP, touch.x, touch.y)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        """Pan with one finger, pinch with two."""
        if touch.grab_current is not self or self.presenter is None:
            return False
        old, new = touch.ud["map"], self._place(touch)
        if self._is_tap and math.hypot(new[0] - old[0], new[1] - old[1]) < STRAY:
            return True
        self._is_tap = False
        if len(self._fingers) == 1:
            self.presenter.camera.pan(new[0] - old[0], new[1] - old[1])
            self._trail.append((touch.time_update, *new))
        else:
            self._pinch(touch, old, new)
        touch.ud["map"] = new
        self._move()
        return True

    def _pinch(self, touch: MotionEvent, old: tuple[float, float], new: tuple[float, float]) -> None:
        others = [finger.ud["map"] for uid, finger in self._fingers.items() if uid != touch.uid]
        camera, other = self.presenter.camera, others[0]
        before = math.hypot(old[0] - other[0], old[1] - other[1])
        after = math.hypot(new[0] - other[0], new[1] - other[1])
        camera.pan((new[0] - old[0]) / 2, (new[1] - old[1]) / 2)
        if min(before, after) > 1:
            camera.zoom(after / before, (new[0] + other[0]) / 2, (new[1] + other[1]) / 2)

    def on_touch_up(self, touch: MotionEvent) -> bool:
        """End a pan with a fling, or select what was tapped."""
        if touch.grab_current is not self or self.presenter is None:
            return False
        touch.ungrab(self)
        self._fingers.pop(touch.uid, None)
        if self._is_tap:
            self.presenter.tap(*self._place(touch))
        elif not self._fingers:
            self._fling(touch)
        self._is_tap = False
        return True

    def _fling(self, touch: MotionEvent) -> None:
        recent = [found for found in self._trail if touch.time_end - found[0] < FLING_MEMORY]
        if len(recent) > 1 and recent[-1][0] > recent[0][0]:
            seconds = recent[-1][0] - recent[0][0]
            vx, vy = (recent[-1][1] - recent[0][1]) / seconds, (recent[-1][2] - recent[0][2]) / seconds
            self.presenter.camera.fling(vx, vy)
            self._animation()

    def _animate(self, seconds: float) -> None:
        if self.presenter is None or not self.presenter.camera.step(seconds):
            self._animation.cancel()
        if self.presenter is not None:
            self._move()

    def _zoom(self, factor: float, x: float, y: float) -> None:
        if self.presenter is not None:
            place = (x - self.x) / Metrics.density, (y - self.y) / Metrics.density
            self.presenter.camera.zoom(factor, *place)
            self._move()
