"""Geometry as well-known text (WKT), for people, logs and requests."""

from __future__ import annotations

import math
import re

import numpy as np

from ..errors import BadInput
from ..text import _
from .wkb import (
    LINESTRING,
    MULTILINESTRING,
    MULTIPOINT,
    MULTIPOLYGON,
    POINT,
    POLYGON,
    Shape,
    Vertices,
    dump,
    parse,
)

_NAMES = {
    POINT: "POINT",
    LINESTRING: "LINESTRING",
    POLYGON: "POLYGON",
    MULTIPOINT: "MULTIPOINT",
    MULTILINESTRING: "MULTILINESTRING",
    MULTIPOLYGON: "MULTIPOLYGON",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_FLAVOURS = ("", "Z", "M", "ZM")
_WORD = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")


def wkt_from_wkb(wkb: bytes) -> str:
    """Return a geometry as WKT with every digit that its coordinates have.

    Raises:
        BadInput: if the WKB is damaged.
    """
    shape = parse(wkb)
    name = f"{_NAMES[shape.kind]} {_FLAVOURS[shape.flavour]}".rstrip()
    if not shape.parts:
        return f"{name} EMPTY"
    parts = [_part_text(shape.kind, part) for part in shape.parts]
    return f"{name} {parts[0]}" if shape.kind < MULTIPOINT else f"{name} ({', '.join(parts)})"


def _part_text(kind: int, part: tuple[Vertices, ...]) -> str:
    runs = [f"({', '.join(' '.join(map(_number, row)) for row in run.tolist())})" for run in part]
    return f"({', '.join(runs)})" if kind in (POLYGON, MULTIPOLYGON) else runs[0]


def _number(value: float) -> str:
    return repr(value).removesuffix(".0")


def wkb_from_wkt(text: str) -> bytes:
    """Return the WKB of a WKT.

    Raises:
        BadInput: if the text is not the WKT of a point, line, polygon or multi form of these.
    """
    return dump(_Reader(text).geometry())


class _Reader:
    """Reads a WKT from its first word to its last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._values = 0

    def geometry(self) -> Shape:
        kind = _KINDS.get(self._take().upper())
        if kind is None:
            raise self._wrong(_("a kind of geometry is expected first"))
        flavour = 0
        if self._peek().upper() in _FLAVOURS[1:]:
            flavour = _FLAVOURS.index(self._take().upper())
            self._values = 2 + len(_FLAVOURS[flavour])
        parts = self._empty_or_parts(kind)
        end = self._position
        if self._text[end:].strip():
            raise self._wrong(_("there is text after its end"))
        if not flavour and self._values > 2:
            flavour = 1 if self._values == 3 else 3
        return Shape(kind, parts, flavour)

    def _empty_or_parts(self, kind: int) -> tuple[tuple[Vertices, ...], ...]:
        if self._peek().upper() == "EMPTY":
            self._take()
            return ()
        if kind < MULTIPOINT:
            return (self._part(kind),)
        self._expect("(")
        parts = [self._part(kind - 3)]
        while self._more():
            parts.append(self._part(kind - 3))
        return tuple(parts)

    def _part(self, kind: int) -> tuple[Vertices, ...]:
        if kind == POINT:
            bare = self._peek() != "("  # MULTIPOINT (1 2, 3 4) is customary too
            run = np.array([self._vertex()]) if bare else self._run()
            if len(run) != 1:
                raise self._wrong(_("a point has one vertex"))
            return (run,)
        if kind == LINESTRING:
            return (self._run(),)
        self._expect("(")
        runs = [self._run()]
        while self._more():
            runs.append(self._run())
        return tuple(runs)

    def _run(self) -> Vertices:
        self._expect("(")
        vertices = [self._vertex()]
        while self._more():
            vertices.append(self._vertex())
        return np.array(vertices)

    def _vertex(self) -> list[float]:
        values: list[float] = []
        while self._peek() not in {",", ")"}:
            word = self._take()
            try:
                values.append(float(word))
            except ValueError as error:
                raise self._wrong(_("a number is expected")) from error
        self._values = self._values or len(values)
        if len(values) != self._values or not 2 <= len(values) <= 4 or not all(map(math.isfinite, values)):
            raise self._wrong(_("a vertex has a wrong number of coordinates"))
        return values

    def _more(self) -> bool:
        """Return whether a comma follows; a closing bracket ends the list."""
        word = self._take()
        if word not in {",", ")"}:
            raise self._wrong(_("a comma or a bracket is expected"))
        return word == ","

    def _expect(self, word: str) -> None:
        if self._take() != word:
            raise self._wrong(_("a bracket is expected"))

    def _peek(self) -> str:
        match = _WORD.match(self._text, self._position)
        if match is None:
            raise self._wrong(_("the text stops too early or has a strange sign"))
        return match.group(1)

    def _take(self) -> str:
        word = self._peek()
        self._position = self._text.index(word, self._position) + len(word)
        return word

    def _wrong(self, reason: str) -> BadInput:
        return BadInput(
            _("The text is not a geometry in WKT: {reason} (at sign {position}).").format(
                reason=reason, position=self._position + 1
            )
        )
