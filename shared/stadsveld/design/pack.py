"""The indicator pack that says which surfaces of the base map count as paved, and for how much."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..resources import resource
from ..text import _, language

_ANY = "*"


@dataclass(frozen=True)
class PavedRow:
    """What one kind of surface counts for.

    Attributes:
        bgt_class: class of the BGT.
        value: physical appearance or type it is about; `*` for all that no other row names.
        surface: key of `PavedPack.surfaces`.
        percent: how much of it counts as paved.
        span: lowest and highest percentage that may be true; both `percent` where that is certain.
        verified: whether somebody checked the row against its source.
        source: language -> where the row comes from.
        assumption: language -> what is taken for granted; empty where nothing is.
    """

    bgt_class: str
    value: str
    surface: str
    percent: float
    span: tuple[float, float]
    verified: bool
    source: Mapping[str, str]
    assumption: Mapping[str, str]

    @property
    def in_words(self) -> str:
        """What is taken for granted, in the language in use."""
        return in_language(self.assumption)

    @property
    def source_in_words(self) -> str:
        """Where the row comes from, in the language in use."""
        return in_language(self.source)


@dataclass(frozen=True)
class Look:
    """What something is called and the colour of its bar.

    Attributes:
        titles: language -> name.
        colour: `#rrggbb`.
    """

    titles: Mapping[str, str]
    colour: str

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return in_language(self.titles)


@dataclass(frozen=True)
class PavedPack:
    """One edition of the classification.

    Attributes:
        name: file name without extension.
        edition: which edition it is.
        titles: language -> name.
        classes: the classes of the BGT that fill the plane, in the order to show.
        surfaces: kinds of surface, from roof to water.
        rows: what each surface counts for.
    """

    name: str
    edition: str
    titles: Mapping[str, str]
    classes: Mapping[str, Look]
    surfaces: Mapping[str, Look]
    rows: tuple[PavedRow, ...]

    @property
    def title(self) -> str:
        """Its name and edition in the language in use."""
        return f"{in_language(self.titles)}, {self.edition}"

    def row_of(self, bgt_class: str, value: str | None) -> PavedRow | None:
        """Return the first row that fits a surface, or None for a class outside the pack."""
        return next(
            (row for row in self.rows if row.bgt_class == bgt_class and row.value in (value, _ANY)), None
        )


def in_language(texts: Mapping[str, str]) -> str:
    """Return the text in the language in use; empty where there is none."""
    return texts.get(language()) or texts.get("en", "")


def load_pack(name: str | Path = "paved") -> PavedPack:
    """Return a pack: a shipped one by its name, or the municipality's own by its path.

    Raises:
        FileNotFoundError: no pack of that name is shipped.
        BadInput: the file is no such pack; names the row and the reason.
    """
    return _read(name) if isinstance(name, Path) else _shipped(name)


@lru_cache(maxsize=4)
def _shipped(name: str) -> PavedPack:
    return _read(resource("indicator_packs", f"{name}.json"))


def _read(path: Path) -> PavedPack:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(_("This is no indicator pack: {error}").format(error=error), file=path) from error
    try:
        classes, surfaces = _looks(data["classes"]), _looks(data["surfaces"])
        rows = tuple(
            _row(path, place, row, surfaces, data["sources"]) for place, row in enumerate(data["rows"], 1)
        )
        pack = PavedPack(path.stem, str(data["edition"]), data["title"], classes, surfaces, rows)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(_("The indicator pack lacks {what}.").format(what=error), file=path) from error
    without = [name for name in classes if pack.row_of(name, None) is None]
    if without:
        reason = _("The indicator pack has no row with * for {classes}.").format(classes=", ".join(without))
        raise BadInput(reason, file=path)
    return pack


def _looks(data: Mapping[str, Any]) -> dict[str, Look]:
    return {key: Look(dict(look["title"]), str(look["colour"])) for key, look in data.items()}


def _row(
    path: Path, place: int, row: Mapping[str, Any], surfaces: Mapping[str, Look], sources: Mapping[str, Any]
) -> PavedRow:
    where = _("row {number}").format(number=place)
    try:
        percent = float(row["percent"])
        low, high = (float(bound) for bound in row.get("span", (percent, percent)))
        found = PavedRow(
            row["class"], row["value"], row["surface"], percent, (low, high),
            row["verified"] is True, sources[row["source"]], row.get("assumption", {}),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        reason = _("The row is incomplete: {what}.").format(what=error)
        raise BadInput(reason, file=path, place=where) from error
    if found.surface not in surfaces or not 0 <= low <= percent <= high <= 100:
        reason = _("The surface is unknown or its percentages are not between 0 and 100 in ascending order.")
        raise BadInput(reason, file=path, place=where)
    return found
