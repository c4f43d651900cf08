"""A number that can be asked why: value, unit, and the tree of what it was made of."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..text import _, language

_NARROW_SPACE = "\u202f"
_NOTHING = "–"


@dataclass(frozen=True)
class Explanation:
    """A value with its reasons, in the language in which it was made.

    Attributes:
        title: what it is.
        value: the value in `unit`, or None where there is none; then `reason` says why.
        unit: m², % or another unit; empty for a ratio.
        decimals: how many decimals are worth showing.
        text: the value in words where it is no number, such as a quality level.
        reason: why there is no value.
        formula: how it follows from `inputs`.
        inputs: the values that it follows from.
        source: dataset it was read from, with its edition.
        basis: row of a pack that decided, with the source of that row.
        verified: whether somebody checked that row against its source; None where no row decided.
        assumptions: what was taken for granted.
        warnings: what a reader must know before using the value.
    """

    title: str
    value: float | None
    unit: str = ""
    decimals: int = 0
    text: str = ""
    reason: str = ""
    formula: str = ""
    inputs: tuple[Explanation, ...] = ()
    source: str = ""
    basis: str = ""
    verified: bool | None = None
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The value as people here write it, with its unit; a dash where there is none."""
        return self.text or shown(self.value, self.unit, self.decimals)

    @property
    def grade(self) -> str:
        """How far the whole tree is proven: `verified`, or `unverified` where any row in it is not."""
        weak = self.verified is False or any(found.grade == "unverified" for found in self.inputs)
        return "unverified" if weak else "verified"

    def as_json(self) -> dict[str, Any]:
        """Return the whole tree as JSON objects, without loss."""
        return {**asdict(self), "grade": self.grade}

    def as_text(self, indent: int = 0) -> str:
        """Return the whole tree as lines of plain text."""
        inner = " " * (indent + 2)
        lines = [" " * indent + " · ".join((f"{self.title}: {self.shown}", *self._why()))]
        lines += [inner + text for text in self._marked_warnings()]
        lines += [found.as_text(indent + 2) for found in self.inputs]
        lines += [inner + text for text in self._notes()]
        return "\n".join(lines)

    def as_html(self) -> str:
        """Return the whole tree as HTML of the plain kind that Qt and browsers both show."""
        why = "".join(f" · <i>{html.escape(text)}</i>" for text in self._why())
        parts = [f"<b>{html.escape(self.title)}:</b> {html.escape(self.shown)}{why}"]
        parts += [_coloured(text, "#9a4f00") for text in self._marked_warnings()]
        listed = "".join(f"<li>{found.as_html()}</li>" for found in self.inputs)
        notes = "<br>".join(_coloured(text, "#5f6b72") for text in self._notes())
        if listed:
            return "<br>".join(parts) + f"<ul>{listed}</ul>{notes}"
        return "<br>".join(filter(None, (*parts, notes)))

    def _why(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.reason, self.formula)))

    def _marked_warnings(self) -> list[str]:
        return [f"⚠ {text}" for text in self.warnings]

    def _notes(self) -> Iterator[str]:
        for assumption in self.assumptions:
            yield _("Assumption: {text}").format(text=assumption)
        if self.source:
            yield _("Source: {text}").format(text=self.source)
        if self.basis:
            follows = _("Follows: {text}").format(text=self.basis)
            if self.verified is None:
                yield follows
            else:
                yield f"{follows} ({_('verified') if self.verified else _('not verified')})"


def shown(value: float | None, unit: str = "", decimals: int = 0) -> str:
    """Return a number in the language in use with its unit; a dash for None."""
    if value is None:
        return _NOTHING
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    if language() == "nl":
        text = text.translate({ord(","): ".", ord("."): ","})
    return f"{text}{_NARROW_SPACE}{unit}" if unit else text


def _coloured(text: str, colour: str) -> str:
    return f'<span style="color:{colour}">{html.escape(text)}</span>'
