"""Norm packs as tables: id, edition, source and licence, and per row whether it was verified.

A pack is a JSON object with `id`, `kind`, `title`, `edition`, `publisher`, `source`, `licence`,
`note`, `example` and `tables`: lists of rows, each with `verified` and `source`. Which tables and
columns a kind needs is data in `SCHEMAS`. A pack is signed by the SHA-256 of its canonical JSON, and
that signature is recorded with what was scored under it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..resources import resource
from ..text import _, language

Row = Mapping[str, Any]
#: What a column of a table holds.
TEXT, WHOLE, NUMBER, TRUTH, WORDS = "text", "whole", "number", "truth", "words"
OPTIONAL_NUMBER, OPTIONAL_TEXT, TEXT_OR_WORDS = "number or null", "text or null", "text or words"
_HEAD = ("id", "kind", "edition", "publisher", "source", "licence")
_WORDS = ("title", "note")

#: Kind of pack -> table -> column -> what it holds. Every row has `verified` and `source` besides.
SCHEMAS: dict[str, dict[str, dict[str, str]]] = {
    "road": {
        "groups": {"group": TEXT, "title": WORDS},
        "damage_types": {"code": TEXT, "pavement": TEXT, "group": TEXT, "role": TEXT, "title": WORDS},
        "thresholds": {
            "damage": TEXT,
            "pavement": TEXT,
            "severity": TEXT,
            "above": NUMBER,
            "up_to": OPTIONAL_NUMBER,
            "closed": TEXT,
            "unit": TEXT,
        },
        "states": {
            "damage": TEXT,
            "pavement": TEXT,
            "road_type": TEXT,
            "severity": TEXT,
            "extent": WHOLE,
            "state": TEXT,
        },
        "planning": {
            "state": TEXT,
            "planning_year": OPTIONAL_TEXT,
            "technical": WORDS,
            "quality_level": TEXT,
            "meaning": WORDS,
        },
        "road_types": {"road_type": TEXT, "title": WORDS},
    },
    "limits": {
        "limits": {
            "quantity": TEXT,
            "unit": TEXT,
            "period": TEXT,
            "limit": NUMBER,
            "allowed": WHOLE,
            "coverage": NUMBER,
            "title": WORDS,
        },
    },
    "index": {"constants": {"name": TEXT, "value": NUMBER, "unit": TEXT}},
    "structure": {
        "matrix": {"importance": TEXT, "intensity": WHOLE, "extent": WHOLE, "score": WHOLE},
        "extent_classes": {"extent": WHOLE, "from": NUMBER, "below": OPTIONAL_NUMBER, "title": WORDS},
        "factors": {"score": WHOLE, "factor": NUMBER},
        "bounds": {"score": WHOLE, "at_most": OPTIONAL_NUMBER},
        "scale": {"score": WHOLE, "title": WORDS, "meaning": WORDS},
        "rules": {"rule": TEXT, "value": TRUTH, "title": WORDS},
        "defect_list": {
            "component": TEXT,
            "material": TEXT,
            "code": TEXT,
            "importance": TEXT,
            "title": WORDS,
        },
    },
}


@dataclass(frozen=True)
class TablePack:
    """One edition of a norm, as tables.

    Attributes:
        id: how commands and inspections name it.
        kind: key of `SCHEMAS`.
        titles: language -> name on the screen.
        edition: which edition the rows follow.
        publisher: who publishes the norm.
        source: where the rows come from as a whole.
        licence: under which terms the rows may be passed on.
        note: language -> what a reader has to know before trusting it.
        is_example: made up for demonstration; every result that rests on it says so.
        tables: table -> its rows.
        signature: SHA-256 of the canonical JSON.
    """

    id: str
    kind: str
    titles: Mapping[str, str]
    edition: str
    publisher: str
    source: str
    licence: str
    note: Mapping[str, str]
    is_example: bool
    tables: Mapping[str, tuple[Row, ...]]
    signature: str

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return in_language(self.titles)

    @property
    def notice(self) -> str:
        """What a reader has to know before trusting it, in the language in use."""
        return in_language(self.note)

    @property
    def label(self) -> str:
        """Its name and edition as explanations cite it, with the word “example” where it is one."""
        text = f"{self.title} ({self.edition})"
        return _("{pack} – EXAMPLE with made-up limits").format(pack=text) if self.is_example else text


def in_language(words: Mapping[str, str]) -> str:
    """Return the words in the language in use, English where it has none."""
    return words.get(language()) or words["en"]


def source_of(row: Row) -> str:
    """Return where a row comes from, in the language in use where it is given in both."""
    source = row["source"]
    return source if isinstance(source, str) else in_language(source)


def number(value: Any) -> Fraction:
    """Return a number of a pack exactly; packs write decimals as text, so that 1.15 is 1.15."""
    return Fraction(str(value))


def load_tables(name: str | Path) -> TablePack:
    """Return a pack: a shipped one by its id, or one of the city's own by its path.

    Raises:
        FileNotFoundError: no pack of that id is shipped.
        BadInput: the file is no pack; names the table, the row and the reason.
    """
    return read_pack(name) if isinstance(name, Path) else _shipped(name)


@lru_cache(maxsize=16)
def _shipped(name: str) -> TablePack:
    return read_pack(resource("norm_packs", f"{name}.json"))


def read_pack(path: Path) -> TablePack:
    """Read and validate the pack in a file; see `load_tables`."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(_("This is no norm pack: {error}").format(error=error), file=path) from error
    return make_pack(data, path)


def make_pack(data: object, path: Path | None = None) -> TablePack:
    """Return the pack that a JSON object describes.

    Raises:
        BadInput: it is no pack; names the table, the row and the reason.
    """
    if not isinstance(data, dict):
        raise BadInput(_("This is no norm pack: {error}").format(error=_("no JSON object")), file=path)
    for problem in _problems(data):
        raise BadInput(problem.reason, file=path, place=problem.place)
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return TablePack(
        data["id"],
        data["kind"],
        data["title"],
        data["edition"],
        data["publisher"],
        data["source"],
        data["licence"],
        data["note"],
        data.get("example") is True,
        {name: tuple(rows) for name, rows in data["tables"].items()},
        hashlib.sha256(canonical.encode()).hexdigest(),
    )


def pack_as_json(pack: TablePack) -> dict[str, Any]:
    """Return the JSON object that a pack was made of."""
    return {
        "id": pack.id,
        "kind": pack.kind,
        "title": dict(pack.titles),
        "edition": pack.edition,
        "publisher": pack.publisher,
        "source": pack.source,
        "licence": pack.licence,
        "note": dict(pack.note),
        "example": pack.is_example,
        "tables": {name: [dict(row) for row in rows] for name, rows in pack.tables.items()},
    }


@dataclass(frozen=True)
class Problem:
    """What is wrong with a pack, and where: a table and row, or nothing for the pack as a whole."""

    place: str | None
    reason: str


def _problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield all that is wrong with the form of a pack."""
    for key in _HEAD:
        if not isinstance(data.get(key), str) or not data[key]:
            yield Problem(None, _("The norm pack lacks {what}.").format(what=key))
    for key in _WORDS:
        if not _is_words(data.get(key)):
            yield Problem(None, _("The norm pack lacks {what}.").format(what=f"{key} (nl, en)"))
    yield from _table_problems(SCHEMAS.get(str(data.get("kind"))), data.get("tables"))


def _table_problems(schema: Mapping[str, Mapping[str, str]] | None, tables: object) -> Iterator[Problem]:
    if schema is None:
        kinds = ", ".join(SCHEMAS)
        yield Problem(
            None, _("The kind of the norm pack is unknown; choose from {kinds}.").format(kinds=kinds)
        )
        return
    if not isinstance(tables, dict):
        yield Problem(None, _("The norm pack lacks {what}.").format(what="tables"))
        return
    for name in schema.keys() - tables.keys():
        yield Problem(name, _("This table is missing."))
    for name, rows in tables.items():
        if name not in schema or not isinstance(rows, list):
            yield Problem(str(name), _("A norm pack of this kind has no such table."))
            continue
        for count, row in enumerate(rows, 1):
            yield from _row_problems(f"{name}, {count}", row, schema[name])


def _row_problems(place: str, row: object, columns: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(row, dict):
        yield Problem(place, _("This is no row."))
        return
    for column, holds in {**columns, "verified": TRUTH, "source": TEXT_OR_WORDS}.items():
        if not _is_right(row.get(column), holds):
            text = _("“{column}” is missing or wrong: it must be {what}.")
            yield Problem(place, text.format(column=column, what=_in_words(holds)))


def _is_right(value: object, holds: str) -> bool:
    if holds == TEXT:
        return isinstance(value, str) and bool(value)
    if holds == TEXT_OR_WORDS:
        return _is_right(value, TEXT) or _is_words(value)
    if holds == WHOLE:
        return type(value) is int
    if holds == TRUTH:
        return isinstance(value, bool)
    if holds == WORDS:
        return _is_words(value)
    if value is None:
        return holds in (OPTIONAL_NUMBER, OPTIONAL_TEXT)
    return isinstance(value, str) if holds == OPTIONAL_TEXT else _is_number(value)


def _is_words(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) and value[key] for key in ("nl", "en")
    )


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    try:
        Fraction(value)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def _in_words(holds: str) -> str:
    return {
        TEXT: _("a text"),
        OPTIONAL_TEXT: _("a text or null"),
        TEXT_OR_WORDS: _("a text, or one in Dutch (nl) and English (en)"),
        WHOLE: _("a whole number"),
        NUMBER: _('a number, decimals as text such as "1.15"'),
        OPTIONAL_NUMBER: _('a number, decimals as text such as "1.15", or null'),
        TRUTH: _("true or false"),
        WORDS: _("a text in Dutch (nl) and English (en)"),
    }[holds]
