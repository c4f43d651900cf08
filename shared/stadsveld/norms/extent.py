"""The extent of a damage from its drawings: the union within the section, over the section.

`extent % = area(union(drawings) ∩ section) / area(section) · 100`; overlapping drawings of one damage
count once. Drawn lines give a length in metres, the union's within the section.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import geo
from ..errors import BadInput
from ..model.explanation import Explanation
from ..text import _

_SURFACES, _LINES = (3, 6), (2, 5)


def drawn_extent(section: bytes, drawings: Sequence[bytes]) -> Explanation:
    """Return the share of a section that drawn surfaces cover, in %.

    Args:
        section: WKB of the section's surface, EPSG:28992.
        drawings: WKB of the surfaces drawn, EPSG:28992; they may overlap and stick out.

    Raises:
        BadInput: a drawing is no surface, or the section has no area.
        MissingComponent: there is no engine for geometry.
    """
    whole, covered = _measured(section, drawings, _SURFACES)
    engine = geo.default_engine()
    total, part = engine.area(whole), engine.area(covered)
    if total <= 0:
        raise BadInput(_("The section has no area."))
    inputs = (
        Explanation(_("Drawn within the section"), part, "m²", 1),
        Explanation(_("Area of the section"), total, "m²", 1),
    )
    formula = _("union of the drawings within the section / section × 100")
    return Explanation(_("Extent"), part / total * 100, "%", 1, formula=formula, inputs=inputs)


def drawn_length(section: bytes, drawings: Sequence[bytes]) -> Explanation:
    """Return the length of drawn lines within a section, in metres; see `drawn_extent`."""
    _whole, covered = _measured(section, drawings, _LINES)
    length = geo.default_engine().length(covered)
    formula = _("union of the drawn lines within the section")
    return Explanation(_("Length"), length, "m", 1, formula=formula)


def _measured(section: bytes, drawings: Sequence[bytes], kinds: tuple[int, int]) -> tuple[Any, Any]:
    """Return the section, and the union of the drawings within it."""
    engine = geo.default_engine()
    for drawing in drawings:
        if geo.parse(drawing).kind not in kinds:
            raise BadInput(_("Draw this damage as surfaces, or all of it as lines."))
    whole = engine.from_wkb(section)
    whole = whole if engine.is_valid(whole) else engine.make_valid(whole)
    shapes = list(engine.from_wkbs(list(drawings)))
    shapes = [shape if engine.is_valid(shape) else engine.make_valid(shape) for shape in shapes]
    return whole, engine.intersection(engine.union(shapes), whole)
