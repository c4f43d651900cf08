"""Forms generated from packs: one definition that Kivy and QGIS both show.

A template in `resources/forms/` names the fields in our own words; what may be chosen, and the limits,
come from the norm pack. Drawings are strokes on a field of 100 by 100, y downwards, drawn by each app.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from ..errors import BadInput
from ..resources import resource
from ..text import _
from .pack import EXTENTS, SEVERITIES, NormPack
from .structures import StructureNorm, exact
from .tables import in_language

Words = Mapping[str, str]
Strokes = tuple[tuple[float, ...], ...]
KINDS = ("choice", "number", "text", "truth", "date", "photos", "position")
#: Stands for any value in `visible_when`.
_ANY = "*"


def _no_words() -> Words:
    return {"nl": "", "en": ""}


@dataclass(frozen=True)
class Choice:
    """One answer to choose.

    Attributes:
        code: what is stored.
        labels: language -> name.
        guidance: language -> what it means, in our own words.
        drawing: name of its drawing, or "".
    """

    code: str
    labels: Words
    guidance: Words = field(default_factory=_no_words)
    drawing: str = ""

    @property
    def label(self) -> str:
        """Its name in the language in use."""
        return in_language(self.labels)


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    Attributes:
        name: its name in the record.
        kind: one of `KINDS`.
        labels: language -> what the screen calls it.
        column: column of the entity, or "" where it goes into the record's `answers`.
        required: whether its absence is a finding.
        unit: unit of a number.
        low: smallest number, or None.
        high: largest number, or None.
        above_low: whether a number must exceed `low`.
        choices: what may be chosen.
        visible_when: field -> values with which this one shows; `*` is any.
        guidance: language -> how to judge it, in our own words.
        missing: language -> the sentence when it is empty though required.
    """

    name: str
    kind: str
    labels: Words
    column: str = ""
    required: bool = False
    unit: str = ""
    low: Fraction | None = None
    high: Fraction | None = None
    above_low: bool = False
    choices: tuple[Choice, ...] = ()
    visible_when: Mapping[str, tuple[str, ...]] | None = None
    guidance: Words = field(default_factory=_no_words)
    missing: Words = field(default_factory=_no_words)

    @property
    def label(self) -> str:
        """Its name in the language in use."""
        return in_language(self.labels)

    @property
    def missing_text(self) -> str:
        """What to do when it is empty, in the language in use."""
        given = in_language(self.missing)
        return given or _("“{field}” is not filled in.").format(field=self.label)

    def is_visible(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the field shows beside these values."""
        for name, wanted in (self.visible_when or {}).items():
            value = values.get(name)
            if value in (None, "") or (_ANY not in wanted and str(value) not in wanted):
                return False
        return True

    def problem(self, value: Any) -> str:
        """Return what is wrong with a value that is not empty, or ""."""
        if self.kind == "choice" and str(value) not in {choice.code for choice in self.choices}:
            return _("“{field}”: choose one of the answers.").format(field=self.label)
        if self.kind == "number":
            return self._number_problem(value)
        if self.kind == "truth" and not isinstance(value, bool):
            return _("“{field}”: answer yes or no.").format(field=self.label)
        return ""

    def _number_problem(self, value: Any) -> str:
        try:
            number = exact(value, self.label)
        except BadInput as error:
            return str(error)
        too_low = self.low is not None and (number < self.low or (self.above_low and number == self.low))
        if not too_low and (self.high is None or number <= self.high):
            return ""
        low, high = ("–" if bound is None else f"{float(bound):g}" for bound in (self.low, self.high))
        text = _("“{field}” must lie between {low} and {high} {unit}.")
        return text.format(field=self.label, low=low, high=high, unit=self.unit).strip()


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes:
        name: also the kind of the inspections that it makes.
        entity: kind of the record that it fills in.
        titles: language -> title.
        pack: id of the norm pack, or "".
        signature: signature of the norm pack, or "".
        fields: its fields in order.
    """

    name: str
    entity: str
    titles: Words
    pack: str
    signature: str
    fields: tuple[FormField, ...]

    @property
    def title(self) -> str:
        """Its title in the language in use."""
        return in_language(self.titles)

    def field(self, name: str) -> FormField:
        """Return the field called `name`; raises KeyError where there is none."""
        for found in self.fields:
            if found.name == name:
                return found
        raise KeyError(f"the form {self.name} has no field {name}")

    def visible(self, values: Mapping[str, Any]) -> list[FormField]:
        """Return the fields that show beside these values, in order."""
        return [found for found in self.fields if found.is_visible(values)]

    def problems(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (field, what to do) for what is missing or wrong; fields that do not show are not asked."""
        for found in self.visible(values):
            value = values.get(found.name)
            if value in (None, "", [], ()):
                if found.required:
                    yield found.name, found.missing_text
            elif problem := found.problem(value):
                yield found.name, problem

    def record(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as the fields of the entity; those without a column of their own in `answers`."""
        columns: dict[str, Any] = {}
        answers: dict[str, Any] = {}
        for found in self.visible(values):
            if found.kind not in ("photos", "position") and found.name in values:
                (columns if found.column else answers)[found.column or found.name] = values[found.name]
        return {**columns, "answers": answers} if answers else columns


def road_form(pack: NormPack, pavement: str | None) -> Form:
    """Return the form of a damage on a pavement; without choices of damage while it is unknown.

    Raises:
        BadInput: the pack does not judge the pavement.
    """
    types = pack.of_pavement(pavement)
    if pavement is not None and not types:
        text = _("This norm does not judge the pavement “{pavement}”; it knows {known}.")
        raise BadInput(text.format(pavement=pavement, known=", ".join(pack.pavements)))
    choices = {
        "type": tuple(
            Choice(found.code, found.titles, _limits(pack, found.code, found.pavement)) for found in types
        ),
        "severity": _codes("severity", SEVERITIES),
        "extent": _codes("extent", EXTENTS),
    }
    return _form("road_global", pack.name, pack.tables.signature, choices, entity="damage")


def structure_form(norm: StructureNorm, component: str | None = None, material: str | None = None) -> Form:
    """Return the form of a defect of a component.

    Where the imported defect list knows the component, the defect is chosen from it, and its importance
    is not asked, for the list fixes it.
    """
    cells = norm.pack.tables["matrix"]
    listed = norm.listed(component, material)
    choices = {
        "type": tuple(Choice(row["code"], row["title"]) for row in listed),
        "importance": _codes("importance", norm.importances),
        "intensity": _codes("intensity", sorted({row["intensity"] for row in cells})),
    }
    form = _form("structure_defect", norm.pack.id, norm.pack.signature, choices)
    if not listed:
        return form
    fields = (
        replace(found, kind="choice") if found.name == "type" else found
        for found in form.fields
        if found.name != "importance"
    )
    return replace(form, fields=tuple(fields))


def sensor_form() -> Form:
    """Return the check list of a sensor."""
    return _form("sensor_check", "", "", {})


@lru_cache(maxsize=1)
def _drawings() -> dict[str, Strokes]:
    data = json.loads(resource("forms", "drawings.json").read_text(encoding="utf-8"))
    return {name: tuple(tuple(stroke) for stroke in strokes) for name, strokes in data.items()}


def drawing(name: str) -> Strokes:
    """Return the strokes of a drawing, each x1, y1, x2, y2, …; empty where there is none of that name."""
    return _drawings().get(name, ())


def drawing_svg(name: str, colour: str = "#1c2b33") -> bytes:
    """Return a drawing as SVG."""
    points = (" ".join(f"{value:g}" for value in stroke) for stroke in drawing(name))
    lines = "".join(f'<polyline points="{stroke}"/>' for stroke in points)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><g fill="none" stroke="{colour}"'
    return f'{head} stroke-width="3" stroke-linecap="round">{lines}</g></svg>'.encode()


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, dict[str, Words]]]:
    """Return names and our own words for the codes that packs share."""
    words: dict[str, dict[str, dict[str, Words]]] = json.loads(
        resource("forms", "words.json").read_text(encoding="utf-8")
    )
    return words


def _codes(name: str, codes: Iterable[object]) -> tuple[Choice, ...]:
    return tuple(_choice(name, str(code)) for code in codes)


def _choice(name: str, code: str) -> Choice:
    known = _words()[name].get(code)
    if known is None:
        return Choice(code, {"nl": code, "en": code})
    return Choice(code, known["label"], known["guidance"], f"{name}.{code}")


def _limits(pack: NormPack, damage: str, pavement: str) -> Words:
    """Return the published limits of a damage in words; empty where none are public."""
    parts = []
    for row in pack.thresholds(damage, pavement):
        sign = "≥" if row["closed"] == "lower" else ">"
        upper = "<" if row["closed"] == "lower" else "≤"
        end = "" if row["up_to"] is None else f" … {upper} {row['up_to']}"
        parts.append(f"{row['severity']}: {sign} {row['above']}{end} {row['unit']}")
    text = "; ".join(parts)
    return {"nl": text, "en": text}


def _form(
    name: str, pack: str, signature: str, choices: Mapping[str, tuple[Choice, ...]], entity: str = ""
) -> Form:
    data = json.loads(resource("forms", f"{name}.json").read_text(encoding="utf-8"))
    fields = tuple(_field(row, choices, data.get("entity") or entity) for row in data["fields"])
    return Form(data["name"], data.get("entity") or entity, data["title"], pack, signature, fields)


def _field(row: Mapping[str, Any], choices: Mapping[str, tuple[Choice, ...]], entity: str) -> FormField:
    given = choices.get(row["name"]) or tuple(
        Choice(one["code"], one["label"]) for one in row.get("choices", ())
    )
    conditions = (row.get("visible_when") or {}).items()
    visible = {name: (wanted,) if wanted == _ANY else tuple(wanted) for name, wanted in conditions}
    kind = "choice" if row["kind"] in ("damage_type", "code") else row["kind"]
    column = row.get("column", row["name"] if entity == "damage" else "")
    return FormField(
        name=row["name"],
        kind=kind,
        labels=row["label"],
        column=column,
        required=row.get("required", False),
        unit=row.get("unit", ""),
        low=None if "low" not in row else Fraction(row["low"]),
        high=None if "high" not in row else Fraction(row["high"]),
        above_low=row.get("above_low", False),
        choices=given,
        visible_when=visible or None,
        guidance=row.get("guidance", _no_words()),
        missing=row.get("missing", _no_words()),
    )
