"""Scenes into drawing instructions: meshes, patterns and turned labels."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Mesh
from kivy.graphics.texture import Texture
from kivy.metrics import Metrics
from numpy.typing import NDArray

from ..theme import colour
from . import geometry
from .scene import Label, Scene, Section

#: Vertices of one mesh: indices have 16 bits, and triangles stay whole.
_LARGEST_MESH = 65_532
#: Side of a pattern's tile, in pixels of its picture and in dp on the map.
_TILE = 16
_KEPT_TEXTS = 600


def meshes(
    triangles: NDArray[np.float32], texture: Texture | None = None, scale: float = 1.0
) -> Iterable[Mesh]:
    """Yield meshes of triangles (3n by 2); `scale` turns metres into tiles of the texture."""
    for start in range(0, len(triangles), _LARGEST_MESH):
        corners = triangles[start : start + _LARGEST_MESH]
        vertices = np.zeros((len(corners), 4), np.float32)
        vertices[:, :2] = corners
        vertices[:, 2:] = corners * scale if texture is not None else 0
        indices = np.arange(len(corners), dtype=np.uint16)
        yield Mesh(vertices=vertices.ravel(), indices=indices, mode="triangles", texture=texture)


class Painter:
    """Draws scenes in the colours of a theme; keeps the pictures of texts and patterns.

    Attributes:
        theme: `day` or `night`.
    """

    def __init__(self) -> None:
        self.theme = "day"
        self._texts: OrderedDict[tuple[object, ...], Texture] = OrderedDict()
        self._patterns: dict[str, Texture] = {}

    def colour(self, role: str) -> Color:
        """Return the instruction that sets the colour of a role."""
        return Color(*colour(role, self.theme))

    def surfaces(self, scene: Scene) -> InstructionGroup:
        """Return all surfaces and lines of a scene, in metres from its origin."""
        group = InstructionGroup()
        for kind, role, triangles in scene.batches:
            if kind == "pattern":
                group.add(self.colour("pattern"))
                made = meshes(triangles, self._pattern(role), 1 / (_TILE * scene.mpp))
            else:
                group.add(self.colour(role))
                made = meshes(triangles)
            for mesh in made:
                group.add(mesh)
        return group

    def labels(self, scene: Scene) -> InstructionGroup:
        """Return the street names and the letters of a scene, in metres from its origin."""
        group = InstructionGroup()
        for label in scene.labels:
            self._add_label(group, label, scene.mpp)
        return group

    def selection(self, section: Section | None, mpp: float) -> InstructionGroup:
        """Return the thick outline of the selected section."""
        group = InstructionGroup()
        if section is not None:
            rings = [ring for part in section.parts for ring in part]
            for role, width in (("map_halo", 6.0), ("selection", 3.2)):
                group.add(self.colour(role))
                for mesh in meshes(geometry.outline(rings, width * mpp)):
                    group.add(mesh)
        return group

    def place(self, x: float, y: float, accuracy: float, mpp: float) -> InstructionGroup:
        """Return the device's position with its circle of accuracy, at local coordinates."""
        group = InstructionGroup()
        red, green, blue, _alpha = colour("own_position", self.theme)
        group.add(Color(red, green, blue, 0.18))
        group.add(Ellipse(pos=(x - accuracy, y - accuracy), size=(2 * accuracy, 2 * accuracy)))
        for role, radius in (("map_halo", 10.0), ("own_position", 7.5)):
            group.add(self.colour(role))
            group.add(
                Ellipse(pos=(x - radius * mpp, y - radius * mpp), size=(2 * radius * mpp, 2 * radius * mpp))
            )
        return group

    def _add_label(self, group: InstructionGroup, label: Label, mpp: float) -> None:
        if label.kind == "street":
            texture = self._text(
                label.text, 13.0, colour("map_label", self.theme), colour("map_halo", self.theme)
            )
        else:
            radius = 10.5 * mpp
            group.add(self.colour("surface"))
            group.add(Ellipse(pos=(label.x - radius, label.y - radius), size=(2 * radius, 2 * radius)))
            group.add(self.colour("text"))
            group.add(Line(circle=(label.x, label.y, radius), width=0.7 * mpp))
            texture = self._text(label.text, 13.0, colour("text", self.theme), None)
        group.add(Color(1, 1, 1, 1))
        group.add(_turned(texture, label, mpp / Metrics.density))

    def _text(
        self, text: str, size: float, ink: tuple[float, ...], halo: tuple[float, ...] | None
    ) -> Texture:
        key = (text, size, ink, halo, Metrics.density)
        if key not in self._texts:
            outline = {"outline_width": round(2 * Metrics.density), "outline_color": halo[:3]} if halo else {}
            made = CoreLabel(
                text=text,
                font_size=size * Metrics.density,
                color=ink,
                bold=True,
                font_name="Roboto",
                **outline,
            )
            made.refresh()
            self._texts[key] = made.texture
            if len(self._texts) > _KEPT_TEXTS:
                self._texts.popitem(last=False)
        self._texts.move_to_end(key)
        return self._texts[key]

    def _pattern(self, name: str) -> Texture:
        if name not in self._patterns:
            self._patterns[name] = _tile(name)
        return self._patterns[name]


def _turned(texture: Texture, label: Label, metres_per_pixel: float) -> Mesh:
    """Return a text's picture as a turned rectangle around the label's place."""
    half_width = texture.width * metres_per_pixel / 2
    half_height = texture.height * metres_per_pixel / 2
    cosine, sine = math.cos(label.angle), math.sin(label.angle)
    corners = (
        (-half_width, -half_height),
        (half_width, -half_height),
        (half_width, half_height),
        (-half_width, half_height),
    )
    vertices: list[float] = []
    for number, (dx, dy) in enumerate(corners):
        vertices += (label.x + dx * cosine - dy * sine, label.y + dx * sine + dy * cosine)
        vertices += texture.tex_coords[2 * number : 2 * number + 2]
    return Mesh(vertices=vertices, indices=[0, 1, 2, 0, 2, 3], mode="triangles", texture=texture)


def _tile(name: str) -> Texture:
    """Return a tile of a pattern: white, with the pattern in its alpha."""
    y, x = np.mgrid[0:_TILE, 0:_TILE]
    if name == "dots":
        mask = (x % 8 - 3.5) ** 2 + (y % 8 - 3.5) ** 2 < 3
    elif name == "stripes":
        mask = (x + y) % 8 < 2
    else:
        mask = ((x + y) % 8 < 2) | ((x - y) % 8 < 2)
    picture = np.full((_TILE, _TILE, 4), 255, np.uint8)
    picture[:, :, 3] = np.where(mask, 255, 0)
    texture = Texture.create(size=(_TILE, _TILE), colorfmt="rgba")
    texture.wrap = "repeat"
    texture.blit_buffer(picture.tobytes(), colorfmt="rgba", bufferfmt="ubyte")
    return texture
