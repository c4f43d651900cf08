"""Values as GIS tools leave them, read back as changes carry them, and compared without their accidents."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, timezone
from typing import Any

from .. import geo
from ..errors import BadInput
from ..geo.wkb import Shape
from ..geo.wkb import dump as write_wkb
from ..model import ENTITIES
from ..sync.values import fitting_geometry
from ..text import _

#: Characters at which a Shapefile cuts off a text.
_CUT = 254
_TRUE, _FALSE = ("1", "true", "t", "yes", "waar", "ja"), ("0", "false", "f", "no", "onwaar", "nee")
#: Relative difference below which two numbers are one number, spelled with fewer digits.
_SPELLING = 1e-9


def as_column(value: Any) -> Any:
    """Return a value as a column of a GeoPackage holds it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else value


def value_of(kind: str, name: str, cell: Any, where: str) -> Any:
    """Return a cell as a change carries it; empty is null.

    Args:
        kind: kind of the field, or `geom`.
        name: the field, for `geom` the entity.
        cell: what the file holds; for `geom` WKB.
        where: layer and row, for errors.

    Raises:
        BadInput: it cannot be read as that kind.
    """
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        if kind == "geom":
            return _geometry(name, cell)
        return _READERS[kind](cell) if kind in _READERS else str(cell)
    except (ValueError, TypeError, OverflowError) as error:
        shown = str(cell)[:60] if kind != "geom" else _("the geometry")
        text = _("{where}: “{value}” cannot be read as the value of {field}.")
        raise BadInput(text.format(where=where, value=shown, field=name)) from error


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are one, but for how tools write them."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=_SPELLING, abs_tol=1e-12)
    if isinstance(one, str) and isinstance(other, str) and one != other:
        is_cut = len(one.encode()) in range(_CUT - 3, _CUT + 1) and other.startswith(one)
        return is_cut or one.strip().replace("\r\n", "\n") == other.strip().replace("\r\n", "\n")
    return bool(one == other)


def _geometry(entity_name: str, wkb: bytes) -> str:
    """Return the canonical geometry of the entity's type, heights left out.

    Raises:
        ValueError: it is none.
    """
    try:
        shape = geo.parse(wkb)
        flat = Shape(shape.kind, tuple(tuple(run[:, :2] for run in part) for part in shape.parts))
        fitting = fitting_geometry(ENTITIES[entity_name], geo.canonical_wkb(write_wkb(flat)))
    except BadInput as error:
        raise ValueError(str(error)) from error
    if fitting is None:
        raise ValueError(entity_name)
    return fitting.hex()


def _whole(cell: Any) -> int:
    number = float(cell)
    if not number.is_integer():
        raise ValueError(cell)
    return int(number)


def _real(cell: Any) -> float:
    number = float(str(cell).replace(",", ".")) if isinstance(cell, str) else float(cell)
    if not math.isfinite(number):
        raise ValueError(cell)
    return number


def _truth(cell: Any) -> int:
    text = str(int(cell)) if isinstance(cell, int | float) else str(cell).strip().lower()
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(cell)
    return int(text in _TRUE)


def _day(cell: Any) -> str:
    return date.fromisoformat(str(cell).strip()[:10].replace("/", "-")).isoformat()


def _instant(cell: Any) -> str:
    text = str(cell).strip().replace("/", "-")
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    found = found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(cell: Any) -> str:
    found = json.loads(cell) if isinstance(cell, str) else cell
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


_READERS = {
    "int": _whole, "real": _real, "bool": _truth, "date": _day, "instant": _instant, "json": _json,
}  # fmt: skip

__all__ = ["as_column", "same", "value_of"]
