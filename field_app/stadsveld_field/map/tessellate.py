"""Polygons into triangles, by the tessellator that comes with Kivy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from kivy.graphics.tesselator import TYPE_POLYGONS, WINDING_ODD, Tesselator
from numpy.typing import NDArray


def tessellate(rings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the triangles (3n by 2) of a polygon; holes are taken out, a broken one gives none."""
    made = Tesselator()
    for ring in rings:
        made.add_contour(np.ascontiguousarray(ring[:-1]).ravel())
    if not made.tesselate(WINDING_ODD, TYPE_POLYGONS, 3) or not made.element_count:
        return np.empty((0, 2), np.float32)
    return np.frombuffer(b"".join(made.vertices), np.float32).reshape(-1, 2)
