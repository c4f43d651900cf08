"""What reading a register yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...text import _
from .mapping import Mapping


@dataclass(frozen=True)
class Record:
    """One good row.

    Attributes:
        place: row number in the file.
        number: the municipality's own number.
        fields: values by field of the entity; only fields the register has.
        geometry: WKB in RD of the entity's type, or None.
        links: BGT local ids.
        level: relative height level, or None.
        parts: `element` and `component` -> values by field.
        asset: (entity, number) of what a sensor measures, or None.
    """

    place: int
    number: str
    fields: dict[str, Any]
    geometry: bytes | None = None
    links: tuple[str, ...] = ()
    level: int | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    asset: tuple[str, str] | None = None

    def part_key(self) -> tuple[str, ...]:
        """Return what tells this row from the others of the same structure."""
        element, component = self.parts.get("element", {}), self.parts.get("component", {})
        return tuple(
            str(part.get("number") or part.get("name") or "") for part in (element, component) if part
        )


@dataclass(frozen=True)
class Problem:
    """Why a row was not taken.

    Attributes:
        place: row number in the file.
        number: the municipality's own number, or "".
        reason: what is wrong.
    """

    place: int
    number: str
    reason: str

    def __str__(self) -> str:
        who = _("row {place} ({number})") if self.number else _("row {place}")
        return f"{who.format(place=self.place, number=self.number)}: {self.reason}"


@dataclass
class Register:
    """A register as read.

    Attributes:
        file: where it came from.
        kind: entity of its objects.
        mapping: how its columns were read; None for a form with fixed columns.
        records: the good rows.
        problems: the others.
        remarks: what a person should know.
        left_out: headings that were not read.
    """

    file: Path
    kind: str
    mapping: Mapping | None
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
