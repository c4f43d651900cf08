"""Condition of structures after NEN 2767: defect → component → element → object, exactly and explained.

Arithmetic is exact (fractions): 1.15 is on its bound, not beside it. What is not known of the norm is
a rule of the pack with `verified` false, and the explanation says so.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from ..errors import BadInput
from ..model import CODES
from ..model.explanation import Explanation
from ..text import _
from .tables import Row, TablePack, in_language, number, source_of

_HUNDRED = Fraction(100)
_BEST = 1


@dataclass(frozen=True)
class Defect:
    """A defect of a component.

    Attributes:
        importance: `gering`, `serieus` or `ernstig`: how it touches the function.
        intensity: 1 beginning, 2 advanced, 3 final.
        extent: how much of the component it covers, percent (0 < extent ≤ 100).
        title: what it is, for the explanation.
        is_listed: whether an imported defect list fixes the importance.
    """

    importance: str
    intensity: int
    extent: Fraction
    title: str = ""
    is_listed: bool = False


@dataclass(frozen=True)
class Part:
    """A part of something larger: a component of an element, an element of an object.

    Attributes:
        score: its condition score, 1 to 6.
        value: its weight, such as its replacement value in euros (> 0).
        title: what it is, for the explanation.
    """

    score: int
    value: Fraction
    title: str = ""


@dataclass(frozen=True)
class Scored:
    """A condition score.

    Attributes:
        score: 1 (as new) to 6 (end of life).
        ratio: the weighted mean of the factors, exactly.
        worst: score of the worst defect or part by itself; kept apart from `score`.
        explain: makes the explanation.
    """

    score: int
    ratio: Fraction
    worst: int
    explain: Callable[[], Explanation] = field(repr=False, compare=False)

    @cached_property
    def explanation(self) -> Explanation:
        """Why, in the language in use; made when it is asked for."""
        return self.explain()

    @property
    def ratio_text(self) -> str:
        """The ratio as a decimal text; six decimals where it does not end sooner."""
        return decimal_text(self.ratio)


class StructureNorm:
    """Scores under one pack of the kind `structure`.

    Args:
        pack: the pack.

    Raises:
        BadInput: its classes have gaps or overlaps, or a cell is missing or twice; names table and row.
    """

    def __init__(self, pack: TablePack) -> None:
        self.pack = pack
        self._rules = {row["rule"]: row for row in pack.tables["rules"]}
        self._extents = _classes(pack, "extent_classes", "extent", "from", "below")
        self._bounds = sorted(pack.tables["bounds"], key=lambda row: row["score"])
        self._factors = {row["score"]: row for row in pack.tables["factors"]}
        self._factor_of = {score: number(row["factor"]) for score, row in self._factors.items()}
        self._begins = [number(row["from"]) for row in self._extents]
        limits = ((row["score"], row["at_most"]) for row in self._bounds)
        self._limits = [(int(score), None if most is None else number(most)) for score, most in limits]
        self._check_bounds()
        self._cells: dict[tuple[str, int, int], Row] = {}
        for count, row in enumerate(pack.tables["matrix"], 1):
            key = (row["importance"], row["intensity"], row["extent"])
            if key in self._cells:
                raise BadInput(_("This cell stands twice."), place=f"matrix, {count}")
            self._cells[key] = row
        self._check_cells()
        for count, row in enumerate(pack.tables["defect_list"], 1):
            if row["importance"] not in self.importances:
                text = _("The importance must be one of {values}.").format(values=", ".join(self.importances))
                raise BadInput(text, place=f"defect_list, {count}")

    @cached_property
    def importances(self) -> tuple[str, ...]:
        """The grades of importance in the order of the pack."""
        return tuple(dict.fromkeys(row["importance"] for row in self.pack.tables["matrix"]))

    def listed(self, component: str | None, material: str | None) -> list[Row]:
        """Return the defects that the imported list knows for a component of a material; `*` is any."""
        return [
            row
            for row in self.pack.tables["defect_list"]
            if row["component"] in ("*", component) and row["material"] in ("*", material)
        ]

    def importance_of(self, code: str, component: str | None, material: str | None) -> str | None:
        """Return the importance that the imported list fixes for a defect, or None where it has none."""
        rows = [row for row in self.listed(component, material) if row["code"] == code]
        # The most particular row counts: named component and material before any.
        rows.sort(key=lambda row: (row["component"] == "*", row["material"] == "*"))
        return None if not rows else str(rows[0]["importance"])

    # Scores

    def component(self, defects: Sequence[Defect]) -> Scored:
        """Score a component from its defects; one without defects is as new.

        Raises:
            BadInput: an importance, intensity or extent that cannot be.
        """
        cells = [self._cell(defect) for defect in defects]
        shares = self._shares(defects, cells)
        covered = sum(shares, Fraction(0))
        total = sum(
            (share * self._factor_of[cell["score"]] for share, cell in zip(shares, cells, strict=True)),
            Fraction(0),
        )
        ratio = (total + (_HUNDRED - covered) * self._factor_of[_BEST]) / _HUNDRED
        by_ratio = self.of_ratio(ratio)
        worst = max((cell["score"] for cell in cells), default=_BEST)
        score = max(by_ratio, worst) if self._rule("worst_defect_counts") else by_ratio
        parts = (defects, cells, shares, ratio, by_ratio, worst, score)
        return Scored(score, ratio, worst, lambda: self._explain_component(*parts))

    def whole(self, parts: Sequence[Part], warnings: Sequence[str] = ()) -> Scored:
        """Score an element from its components, or an object from its elements, by their value.

        Args:
            parts: its parts.
            warnings: what a reader of the explanation must know besides.

        Raises:
            BadInput: no parts, a score outside 1 to 6, or a value that is not positive.
        """
        if not parts:
            raise BadInput(_("There is no part to score."))
        for part in parts:
            if part.score not in self._factors:
                raise BadInput(_("A score must be one of {scores}.").format(scores=_listed(self._factors)))
            if part.value <= 0:
                raise BadInput(_("A value must be more than 0."))
        total = sum((part.value for part in parts), Fraction(0))
        ratio = sum((part.value * self._factor_of[part.score] for part in parts), Fraction(0)) / total
        score, worst = self.of_ratio(ratio), max(part.score for part in parts)
        return Scored(score, ratio, worst, lambda: self._explain_whole(parts, ratio, score, worst, warnings))

    def of_ratio(self, ratio: Fraction) -> int:
        """Return the score of a ratio by the bounds of the pack."""
        inclusive = self._rule("bounds_inclusive")
        fits = (
            score
            for score, bound in self._limits
            if bound is None or ratio < bound or (inclusive and ratio == bound)
        )
        return next(fits)

    def extent_class(self, extent: Fraction) -> Row:
        """Return the row of the class that a percentage falls in; the lower bound belongs to the class.

        Raises:
            BadInput: it is not above 0, or above 100.
        """
        if not 0 < extent <= _HUNDRED:
            raise BadInput(_("An extent must be more than 0 % and at most 100 %."))
        return self._extents[bisect_right(self._begins, extent) - 1]

    # Parts of it

    def _rule(self, name: str) -> bool:
        row = self._rules.get(name)
        return row is not None and row["value"] is True

    def _cell(self, defect: Defect) -> Row:
        if defect.importance not in self.importances:
            text = _("The importance must be one of {values}.")
            raise BadInput(text.format(values=", ".join(self.importances)))
        extent = self.extent_class(defect.extent)
        cell = self._cells.get((defect.importance, defect.intensity, extent["extent"]))
        if cell is None:
            intensities = sorted({key[1] for key in self._cells})
            raise BadInput(_("The intensity must be one of {values}.").format(values=_listed(intensities)))
        return cell

    def _shares(self, defects: Sequence[Defect], cells: Sequence[Row]) -> list[Fraction]:
        """Return the percentage that each defect takes; together at most 100, the worst first."""
        shares = [Fraction(0)] * len(defects)
        left = _HUNDRED
        for place in sorted(range(len(defects)), key=lambda place: -cells[place]["score"]):
            shares[place] = min(defects[place].extent, left)
            left -= shares[place]
        return shares

    def _check_bounds(self) -> None:
        previous: Fraction | None = None
        for count, row in enumerate(self._bounds, 1):
            bound = None if row["at_most"] is None else number(row["at_most"])
            is_last = count == len(self._bounds)
            if (bound is None) != is_last or (
                previous is not None and bound is not None and bound <= previous
            ):
                raise BadInput(
                    _("Bounds must rise from score to score, and only the last has none."),
                    place=f"bounds, {count}",
                )
            if row["score"] not in self._factors:
                raise BadInput(_("There is no factor for this score."), place=f"bounds, {count}")
            previous = bound

    def _check_cells(self) -> None:
        intensities = sorted({key[1] for key in self._cells})
        for importance in dict.fromkeys(key[0] for key in self._cells):
            for intensity in intensities:
                for row in self._extents:
                    if (importance, intensity, row["extent"]) not in self._cells:
                        place = f"matrix, {importance}, {intensity}, {row['extent']}"
                        raise BadInput(_("This cell is missing."), place=place)

    # Explanations

    def _explain_component(
        self,
        defects: Sequence[Defect],
        cells: Sequence[Row],
        shares: Sequence[Fraction],
        ratio: Fraction,
        by_ratio: int,
        worst: int,
        score: int,
    ) -> Explanation:
        inputs = [self._explain_defect(*found) for found in zip(defects, cells, shares, strict=True)]
        if defects:
            inputs.append(self._explain_ratio(ratio, by_ratio, _("Σ share × factor of the defects / 100")))
        warnings = []
        if sum((defect.extent for defect in defects), Fraction(0)) > _HUNDRED:
            warnings.append(_("The defects cover more than 100 % together: the worst takes its share first."))
        if any(not defect.is_listed for defect in defects):
            warnings.append(_("The inspector chose the importance: no defect list has been imported."))
        formula = _("the worse of the weighted mean and the worst single defect")
        followed = self._followed(["worst_defect_counts", "bounds_inclusive"])
        return self._scored(_("Condition of the component"), score, inputs, warnings, followed, formula)

    def _explain_defect(self, defect: Defect, cell: Row, share: Fraction) -> Explanation:
        extent = self.extent_class(defect.extent)
        formula = _("importance {importance}, intensity {intensity}, extent {percent} % = class {extent}")
        shown = formula.format(
            importance=CODES["importance"].label(defect.importance),
            intensity=defect.intensity,
            percent=decimal_text(defect.extent),
            extent=f"{extent['extent']} ({in_language(extent['title'])})",
        )
        notes = () if share == defect.extent else (
            _("only {percent} % of the component is left for it").format(percent=decimal_text(share)),
        )  # fmt: skip
        return Explanation(
            defect.title or _("Defect"), cell["score"], formula=shown, basis=self._cited(cell),
            verified=cell["verified"], warnings=notes,
        )  # fmt: skip

    def _explain_ratio(self, ratio: Fraction, score: int, formula: str) -> Explanation:
        row = next(found for found in self._bounds if found["score"] == score)
        bound = _("no upper bound") if row["at_most"] is None else f"≤ {row['at_most']}"
        return Explanation(
            _("Weighted mean of the factors"), float(ratio), decimals=4,
            formula=f"{formula} = {decimal_text(ratio)} → {score} ({bound})",
            basis=self._cited(row), verified=row["verified"],
        )  # fmt: skip

    def _explain_whole(
        self, parts: Sequence[Part], ratio: Fraction, score: int, worst: int, warnings: Sequence[str]
    ) -> Explanation:
        inputs = [
            Explanation(
                part.title or _("Part"), part.score,
                formula=_("weight {value}, factor {factor}").format(
                    value=decimal_text(part.value), factor=self._factors[part.score]["factor"]
                ),
            )
            for part in parts
        ]  # fmt: skip
        inputs.append(self._explain_ratio(ratio, score, _("Σ value × factor / Σ value")))
        inputs.append(Explanation(_("Worst part by itself"), worst))
        followed = self._followed(["weigh_by_value", "bounds_inclusive"])
        return self._scored(_("Condition of the whole"), score, inputs, warnings, followed, "")

    def _scored(
        self,
        title: str,
        score: int,
        inputs: Iterable[Explanation],
        warnings: Sequence[str],
        followed: Sequence[Row],
        formula: str,
    ) -> Explanation:
        scale = next((row for row in self.pack.tables["scale"] if row["score"] == score), None)
        meaning = "" if scale is None else f"{in_language(scale['title'])}: {in_language(scale['meaning'])}"
        unverified = tuple(in_language(row["title"]) for row in followed if not row["verified"])
        return Explanation(
            title, score, formula=formula, reason=meaning, inputs=tuple(inputs), basis=self.pack.label,
            verified=not unverified, assumptions=unverified, warnings=(*warnings, self.pack.notice),
        )  # fmt: skip

    def _followed(self, names: Sequence[str]) -> list[Row]:
        return [self._rules[name] for name in names if name in self._rules]

    def _cited(self, row: Row) -> str:
        return f"{self.pack.label}: {source_of(row)}"


def exact(value: Any, what: str) -> Fraction:
    """Return a number of a record exactly as it was written.

    Raises:
        BadInput: it is no finite number.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError
        return Fraction(Decimal(str(value)))
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise BadInput(_("“{field}” must be a number.").format(field=what)) from error


def defect_from(record: Mapping[str, Any]) -> Defect:
    """Read a defect from a record with `importance`, `intensity` and `extent` (percent)."""
    intensity = record.get("intensity")
    if type(intensity) is not int:
        raise BadInput(_("“{field}” must be a whole number.").format(field="intensity"))
    extent = exact(record.get("extent"), "extent")
    return Defect(str(record.get("importance")), intensity, extent, str(record.get("title") or ""))


def part_from(record: Mapping[str, Any]) -> Part:
    """Read a part from a record with `value` and `score`."""
    score = record.get("score")
    if type(score) is not int:
        raise BadInput(_("“{field}” must be a whole number.").format(field="score"))
    return Part(score, exact(record.get("value"), "value"), str(record.get("title") or ""))


def decimal_text(value: Fraction) -> str:
    """Return a fraction as a decimal text; rounded to six decimals where it does not end sooner."""
    text = f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    if Fraction(text) != value or len(text.partition(".")[2]) > 6:
        text = f"{float(value):.6f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _classes(pack: TablePack, table: str, key: str, lower: str, upper: str) -> list[Row]:
    """Return classes from low to high, each up to where the next begins.

    Raises:
        BadInput: there is a gap or an overlap between two classes; names the row.
    """
    rows = sorted(pack.tables[table], key=lambda row: row[key])
    for count, (row, following) in enumerate(pairwise(rows), 1):
        ends = row[upper]
        if ends is None or number(ends) != number(following[lower]) or number(row[lower]) >= number(ends):
            raise BadInput(
                _("The class must end where the next begins: no gap and no overlap."),
                place=f"{table}, {count}",
            )
    if not rows or number(rows[0][lower]) != 0 or rows[-1][upper] is not None:
        raise BadInput(_("The classes must begin at 0 and the last must have no end."), place=table)
    return rows


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
