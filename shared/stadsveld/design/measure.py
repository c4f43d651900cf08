"""What an area consists of: areas per class, paved share and ground space index, each explained.

GSI = B / A with B the footprints of existing buildings and A the plan area (Spacematrix, NEN 9300).
Paved share = sum(area · percentage) / A with the percentages of an indicator pack.
Neither exceeds the whole: what surfaces overlap is told as a warning, not counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import geo
from ..model.explanation import Explanation, shown
from ..text import _
from . import plane
from .surroundings import Surroundings

_RATIO_DECIMALS = 3
_PERCENT_DECIMALS = 1
#: m² that overlap or gap may be before it is worth a word.
_TELL = 1.0
#: Percentage points that the band of the paved share may be wide before it is worth a word.
_TELL_PERCENT = 0.5
_BUILDING = "pand"


@dataclass(frozen=True)
class ClassArea:
    """How much of the plan one class of the BGT takes.

    Attributes:
        name: class of the BGT.
        title: what the screen calls it.
        colour: of its bar, `#rrggbb`.
        area: m².
        share: fraction of the plan area.
        explanation: the same, with what it is made of.
    """

    name: str
    title: str
    colour: str
    area: float
    share: float
    explanation: Explanation


@dataclass(frozen=True)
class Indicators:
    """What a plan consists of now.

    Attributes:
        area: plan area A, m².
        gsi: ground space index B / A.
        paved: paved share of the plan area, %.
        classes: the classes that occur, in the order of the pack.
        reason: why nothing could be measured; empty where it was.
    """

    area: Explanation
    gsi: Explanation
    paved: Explanation
    classes: tuple[ClassArea, ...] = ()
    reason: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before using any of it."""
        found = (text for value in (self.area, self.gsi, self.paved) for text in value.warnings)
        return tuple(dict.fromkeys(found))


def measure(polygon: bytes, surroundings: Surroundings) -> Indicators:
    """Measure a polygon.

    Args:
        polygon: WKB of a polygon or multipolygon in RD, metres. One that is not finished, that
            crosses itself or has no area gives no values and the reason.
        surroundings: the base map around it.

    Raises:
        BadInput: the WKB cannot be read.
    """
    shape = geo.parse(polygon)
    rings = [ring[:, :2] for part in shape.parts for ring in part]
    if shape.kind not in (3, 6) or not rings or any(len(ring) < 4 for ring in rings):
        return _nothing(_("An area needs at least three corners."))
    engine = surroundings.engine
    plan = engine.from_wkb(polygon)
    if not engine.is_valid(plan):
        return _nothing(_("The boundary crosses or touches itself."))
    area = engine.area(plan)
    if area <= 0.0:
        return _nothing(_("The area is empty."))
    return _Measured(surroundings, area, *_areas(rings, plan, surroundings)).indicators()


def _nothing(reason: str) -> Indicators:
    return Indicators(
        Explanation(_("Area"), None, "m²", reason=reason),
        Explanation(_("Ground space index (GSI)"), None, reason=reason),
        Explanation(_("Paved share"), None, "%", reason=reason),
        reason=reason,
    )


def _areas(
    rings: Sequence[plane.Floats], plan: Any, around: Surroundings
) -> tuple[NDArray[np.float64], int, bool]:
    """Return m² per kind, the number of planned buildings, and whether all of the plan was known."""
    sides = plane.sides(rings, around.boxes)
    found = np.where(sides == plane.INSIDE, around.areas, 0.0)
    cut = np.flatnonzero(sides == plane.CUT)
    if cut.size:
        found[cut] = around.engine.areas(
            around.engine.intersections([around.geometries[place] for place in cut], plan)
        )
    per_kind: NDArray[np.float64] = np.bincount(around.kind_of, found, len(around.kinds)).astype(np.float64)
    planned = int(np.count_nonzero(plane.sides(rings, around.planned)))
    low, high = plane.bounds(rings)
    return per_kind, planned, around.covers((low[0], low[1], high[0], high[1]))


@dataclass(frozen=True)
class _Measured:
    """The numbers of one plan, before they are told."""

    around: Surroundings
    area: float
    per_kind: NDArray[np.float64]
    planned: int
    is_complete: bool

    def indicators(self) -> Indicators:
        """Return them, told."""
        return Indicators(self.tell_area(), self.tell_gsi(), self.tell_paved(), tuple(self.classes()))

    @property
    def source(self) -> str:
        return "; ".join(self.around.editions)

    def share(self, area: float) -> str:
        return shown(100.0 * area / self.area, "%", _PERCENT_DECIMALS)

    def tell_area(self) -> Explanation:
        formula = _("A = area inside the drawn boundary, in RD")
        return Explanation(_("Area"), self.area, "m²", formula=formula, warnings=self._holes())

    def _holes(self) -> tuple[str, ...]:
        """Return what is wrong with the base map inside the plan."""
        rest = self.area - float(self.per_kind.sum())
        warnings = []
        if not self.is_complete:
            warnings.append(_("Part of the area lies outside of what was read of the base map."))
        if rest > _TELL:
            text = _("{area} is not covered by the base map.")
            warnings.append(text.format(area=shown(rest, "m²")))
        elif rest < -_TELL:
            text = _("Surfaces of the base map overlap by {area}.")
            warnings.append(text.format(area=shown(-rest, "m²")))
        return tuple(warnings)

    def tell_gsi(self) -> Explanation:
        built = self._area_of(_BUILDING)
        footprints = Explanation(
            _("B, footprints of existing buildings"), built, "m²", source=self.source,
            assumptions=(_("Underground buildings and other constructions do not count."),),
        )  # fmt: skip
        warnings: tuple[str, ...] = ()
        if self.planned:
            warnings = (_("Planned buildings left out: {n}.").format(n=self.planned),)
        return Explanation(
            _("Ground space index (GSI)"),
            min(built / self.area, 1.0), decimals=_RATIO_DECIMALS, formula="GSI = B / A",
            inputs=(footprints, self._plan_area()), warnings=(*warnings, *self._holes()),
        )  # fmt: skip

    def tell_paved(self) -> Explanation:
        kinds = self.around.kinds
        paved, low, high = (
            min(float(self.per_kind @ np.array(percents)) / self.area, 100.0) if kinds else 0.0
            for percents in (
                [kind.row.percent for kind in kinds],
                [kind.row.span[0] for kind in kinds],
                [kind.row.span[1] for kind in kinds],
            )
        )
        warnings: tuple[str, ...] = ()
        if high - low >= _TELL_PERCENT:
            text = _("Uncertain: between {low} and {high}, by what yards and unknown surfaces hold.")
            bounds = (shown(value, "%", _PERCENT_DECIMALS) for value in (low, high))
            warnings = (text.format(**dict(zip(("low", "high"), bounds, strict=True))),)
        return Explanation(
            _("Paved share"), paved, "%", _PERCENT_DECIMALS,
            formula=_("paved share = sum of (area × percentage) / A"),
            inputs=(*self._surfaces(), self._plan_area()), basis=self.around.pack.title, source=self.source,
            assumptions=self._assumptions(), warnings=(*warnings, *self._holes()),
        )  # fmt: skip

    def _assumptions(self) -> tuple[str, ...]:
        used = (
            kind.row.in_words for kind, area in zip(self.around.kinds, self.per_kind, strict=True) if area > 0
        )
        return tuple(dict.fromkeys(filter(None, used)))

    def _surfaces(self) -> list[Explanation]:
        """Return the area of each kind of surface that occurs, with what it counts for."""
        found = []
        for key, look in self.around.pack.surfaces.items():
            rows = [
                (kind.row.percent, area)
                for kind, area in zip(self.around.kinds, self.per_kind, strict=True)
                if kind.row.surface == key
            ]
            total = float(sum(area for _percent, area in rows))
            if total > 0:
                percents = "–".join(
                    f"{percent:g}" for percent in sorted({percent for percent, _area in rows})
                )
                formula = _("{share} of A; counts for {percent} %")
                text = formula.format(share=self.share(total), percent=percents)
                found.append(Explanation(look.title, total, "m²", formula=text))
        return found

    def _plan_area(self) -> Explanation:
        return Explanation(_("A, plan area"), self.area, "m²")

    def _area_of(self, name: str) -> float:
        pairs = zip(self.around.kinds, self.per_kind, strict=True)
        return float(sum(area for kind, area in pairs if kind.bgt_class == name))

    def classes(self) -> list[ClassArea]:
        found = []
        for name, look in self.around.pack.classes.items():
            area = self._area_of(name)
            if area > 0:
                told = self._tell_class(name, look.title, area)
                found.append(ClassArea(name, look.title, look.colour, area, area / self.area, told))
        return found

    def _tell_class(self, name: str, title: str, area: float) -> Explanation:
        inputs = []
        for kind, part in zip(self.around.kinds, self.per_kind, strict=True):
            if kind.bgt_class == name and part > 0:
                look = self.around.pack.surfaces[kind.row.surface]
                basis = _("{surface}, paved for {percent} % – {source}").format(
                    surface=look.title, percent=f"{kind.row.percent:g}", source=kind.row.source_in_words
                )
                inputs.append(
                    Explanation(
                        kind.detail or title,
                        float(part),
                        "m²",
                        formula=_("{share} of A").format(share=self.share(part)),
                        basis=basis,
                        verified=kind.row.verified,
                        assumptions=tuple(filter(None, (kind.row.in_words,))),
                    )
                )
        inputs.sort(key=lambda found: -(found.value or 0.0))
        formula = _("{share} of A").format(share=self.share(area))
        return Explanation(title, area, "m²", formula=formula, inputs=tuple(inputs), source=self.source)
