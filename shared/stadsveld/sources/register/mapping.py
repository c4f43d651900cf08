"""Which column means which field: guessed from the headings, saved, and used again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ...errors import BadInput
from ...resources import resource
from ...text import _

#: Kinds of registers that can be read.
KINDS = ("road_section", "structure", "sensor")


@dataclass(frozen=True)
class Mapping:
    """How the columns of a register are read.

    Attributes:
        kind: `road_section`, `structure` or `sensor`.
        columns: heading -> field.
        values: field -> {value in the register, lower case: code}; goes before what is known.
    """

    kind: str
    columns: AnyMapping[str, str]
    values: AnyMapping[str, AnyMapping[str, str]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return it as JSON, to keep or to edit."""
        content = {"kind": self.kind, "columns": dict(self.columns), "values": dict(self.values)}
        return json.dumps(content, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Mapping:
        """Read what `to_json` wrote, or a person edited.

        Raises:
            BadInput: if it is no mapping, or names an unknown kind or field.
        """
        try:
            content = json.loads(text)
            kind, columns, values = content["kind"], dict(content["columns"]), dict(content.get("values", {}))
        except (ValueError, KeyError, TypeError) as wrong:
            raise BadInput(_("This is no column mapping: it needs “kind” and “columns” in JSON.")) from wrong
        if kind not in KINDS:
            reason = _("“{kind}” is no kind of register; there are: {kinds}.")
            raise BadInput(reason.format(kind=kind, kinds=", ".join(KINDS)))
        known = known_fields(kind)
        unknown = sorted(set(columns.values()) - known)
        if unknown:
            reason = _("The mapping names fields that do not exist: {fields}. There are: {known}.")
            raise BadInput(reason.format(fields=", ".join(unknown), known=", ".join(sorted(known))))
        lowered = {name: {plain(key): code for key, code in codes.items()} for name, codes in values.items()}
        return cls(kind, columns, lowered)

    def code(self, name: str, value: str) -> str | None:
        """Return the code that a value of a coded field means, or None if nobody knows."""
        wanted = plain(value)
        own = self.values.get(name, {}).get(wanted)
        found: str | None = own or _known()["values"].get(name, {}).get(wanted)
        return found


def known_fields(kind: str) -> set[str]:
    """Return the fields that a register of this kind can fill."""
    headings = _known()["headings"]
    return {*headings[kind], *headings["*"]}


def guess_mapping(headings: Sequence[str], kind: str) -> Mapping:
    """Guess the mapping from the headings; every field and every column is used once.

    Raises:
        BadInput: if the kind is unknown.
    """
    if kind not in KINDS:
        reason = _("“{kind}” is no kind of register; there are: {kinds}.")
        raise BadInput(reason.format(kind=kind, kinds=", ".join(KINDS)))
    names = {**_known()["headings"][kind], **_known()["headings"]["*"]}
    by_plain = {plain(heading): heading for heading in reversed(headings)}
    columns: dict[str, str] = {}
    for name, synonyms in names.items():
        for synonym in synonyms:
            heading = by_plain.get(synonym)
            if heading is not None and heading not in columns:
                columns[heading] = name
                break
    return Mapping(kind, columns)


def personal_columns(headings: Sequence[str]) -> list[str]:
    """Return the headings that promise data about persons, which are never imported."""
    personal = set(_known()["personal"])
    return [heading for heading in headings if plain(heading) in personal]


def plain(heading: str) -> str:
    """Return a heading or value in lower case, without signs and brackets."""
    words = re.sub(r"\([^)]*\)", " ", str(heading).lower())
    return " ".join(re.sub(r"[^\w]+|_", " ", words.replace("²", "2")).split())


@lru_cache(maxsize=1)
def _known() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resource("registers", "headings.json").read_text(encoding="utf-8"))
    return found
