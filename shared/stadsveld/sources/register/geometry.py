"""The geometry of a register's row: from the file's geometry, a WKT column or coordinates, in RD."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import geo
from ...errors import BadInput
from ...text import _
from .values import WrongCell

#: RD New as far as it is defined for the Netherlands, m: x from, x to, y from, y to.
_RD_X = (-7_000.0, 300_000.0)
_RD_Y = (289_000.0, 629_000.0)
_RD = (28992, 7415)
#: Systems in degrees, taken as ETRS89; what WGS 84 means in registers is within a metre of it.
_DEGREES = (4258, 4326, 4937, 4979)
_POINT, _POLYGON, _MULTIPOINT, _MULTIPOLYGON = 1, 3, 4, 6


class GeometryReader:
    """Makes geometries of one type in RD.

    Args:
        file: the register, for messages.
        epsg: CRS of the geometries in it, or None where it does not say: then they must be RD.
        wanted: `POINT` or `MULTIPOLYGON`.

    Raises:
        BadInput: if the CRS is one that cannot be read.
    """

    def __init__(self, file: Path, epsg: int | None, wanted: str) -> None:
        if epsg is not None and epsg not in (*_RD, *_DEGREES):
            reason = _("The geometries are in EPSG:{epsg}; save the register in EPSG:28992 (RD New).")
            raise BadInput(reason.format(epsg=epsg), file=file)
        self._degrees = epsg in _DEGREES
        self._wanted = wanted

    def read(self, wkb: bytes | None, cells: Mapping[str, Any]) -> bytes | None:
        """Return the geometry of a row as canonical WKB, or None where it has none.

        Args:
            wkb: geometry of the row in the file's CRS.
            cells: values by field; `wkt`, or `x` and `y` (RD), or `latitude` and `longitude`.

        Raises:
            WrongCell: if it is damaged, of another type or outside the Netherlands.
        """
        try:
            if wkb is not None:
                return self._fitting(wkb, self._degrees)
            if cells.get("wkt"):
                return self._fitting(geo.wkb_from_wkt(cells["wkt"]), degrees=False)
            return self._from_coordinates(cells)
        except BadInput as wrong:
            raise WrongCell(wrong.reason) from wrong

    def _from_coordinates(self, cells: Mapping[str, Any]) -> bytes | None:
        for names, degrees in ((("x", "y"), False), (("longitude", "latitude"), True)):
            x, y = (cells.get(name) for name in names)
            if x is None and y is None:
                continue
            if x is None or y is None:
                raise WrongCell(_("one of its two coordinates is missing"))
            return self._fitting(geo.point_wkb(x, y), degrees)
        return None

    def _fitting(self, wkb: bytes, degrees: bool) -> bytes | None:
        """Return a geometry in RD, in two dimensions and of the wanted type."""
        shape = geo.parse(wkb)
        if not shape.parts:
            return None
        parts = [[_in_rd(run[:, :2], degrees) for run in part] for part in shape.parts]
        if self._wanted == "POINT":
            if shape.kind not in (_POINT, _MULTIPOINT) or len(parts) != 1:
                raise WrongCell(_("its geometry is no point"))
            return geo.canonical_wkb(geo.point_wkb(*map(float, parts[0][0][0])))
        if shape.kind not in (_POLYGON, _MULTIPOLYGON):
            raise WrongCell(_("its geometry is no area"))
        return geo.canonical_wkb(geo.multipolygon_wkb(parts))


def _in_rd(vertices: NDArray[np.float64], degrees: bool) -> NDArray[np.float64]:
    if degrees:
        x, y, _nap = geo.to_rd(vertices[:, 1], vertices[:, 0])
        vertices = np.column_stack([x, y])
    x, y = vertices[:, 0], vertices[:, 1]
    inside = (x > _RD_X[0]) & (x < _RD_X[1]) & (y > _RD_Y[0]) & (y < _RD_Y[1])
    if not bool(np.all(inside)):
        raise WrongCell(_("its coordinates are outside the Netherlands (RD New is expected)"))
    return vertices
