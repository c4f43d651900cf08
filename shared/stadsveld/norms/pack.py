"""The norm pack and the damage types in it."""

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

#: What a damage may be in the planning: decisive, counted, or only noted where a city wants it.
ROLES = ("main", "other", "optional")
_ROW_KEYS = ("code", "pavement", "group", "role", "title", "verified", "source")


@dataclass(frozen=True)
class DamageType:
    """One kind of damage on one kind of pavement.

    Attributes:
        code: how damage rows name it; the same code on every pavement that knows it.
        pavement: code of the pavement (code list `pavement`).
        group: code of the damage group.
        role: one of `ROLES`.
        titles: language -> name on the screen.
        verified: whether somebody checked the row against the norm itself.
        source: where the row comes from.
    """

    code: str
    pavement: str
    group: str
    role: str
    titles: Mapping[str, str]
    verified: bool
    source: str

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return self.titles.get(language()) or self.titles["en"]


@dataclass(frozen=True)
class NormPack:
    """One edition of a norm, as data.

    Attributes:
        name: file name without extension.
        edition: which edition the rows follow.
        titles: language -> name on the screen.
        licence: under which terms the rows may be passed on.
        note: what a reader has to know before trusting it, by language.
        groups: group code -> language -> name.
        damage_types: all damage types, in the order to show.
    """

    name: str
    edition: str
    titles: Mapping[str, str]
    licence: str
    note: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    damage_types: tuple[DamageType, ...]

    @property
    def title(self) -> str:
        """Its name in the language in use."""
        return self.titles.get(language()) or self.titles["en"]

    @property
    def notice(self) -> str:
        """What a reader has to know before trusting it, in the language in use."""
        return self.note.get(language()) or self.note["en"]

    @property
    def pavements(self) -> tuple[str, ...]:
        """The pavements that this norm judges, in the order of the pack."""
        return tuple(dict.fromkeys(found.pavement for found in self.damage_types))

    def of_pavement(self, pavement: str | None) -> tuple[DamageType, ...]:
        """Return the damage types of a pavement; empty where the norm does not judge it."""
        return tuple(found for found in self.damage_types if found.pavement == pavement)

    def damage_type(self, code: str, pavement: str | None = None) -> DamageType | None:
        """Return the damage type `code`, preferably of `pavement`, or None where the pack has none."""
        same = [found for found in self.damage_types if found.code == code]
        return next((found for found in same if found.pavement == pavement), same[0] if same else None)

    def title_of(self, code: str, pavement: str | None = None) -> str:
        """Return what the screen calls a damage; a code of another pack stands for itself."""
        found = self.damage_type(code, pavement)
        return found.title if found else code

    def group_title(self, group: str) -> str:
        """Return what the screen calls a damage group."""
        titles = self.groups[group]
        return titles.get(language()) or titles["en"]


def load_pack(name: str | Path) -> NormPack:
    """Return a norm pack: a shipped one by its name, or one of the city's own by its path.

    Raises:
        FileNotFoundError: no pack of that name is shipped.
        BadInput: the file is no norm pack; names the row and the reason.
    """
    if isinstance(name, Path):
        return _read(name)
    return _shipped(name)


@lru_cache(maxsize=8)
def _shipped(name: str) -> NormPack:
    return _read(resource("norm_packs", f"{name}.json"))


def _read(path: Path) -> NormPack:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(_("This is no norm pack: {error}").format(error=error), file=path) from error
    if not isinstance(data, dict) or not isinstance(data.get("damage_types"), list):
        raise BadInput(_("This is no norm pack: it has no list of damage types."), file=path)
    try:
        groups = {code: _titles(titles) for code, titles in data["groups"].items()}
        return NormPack(
            name=path.stem,
            edition=str(data["edition"]),
            titles=_titles(data["title"]),
            licence=str(data["licence"]),
            note=_titles(data["note"]),
            groups=groups,
            damage_types=tuple(
                _damage_type(path, number, row, groups) for number, row in enumerate(data["damage_types"], 1)
            ),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(_("The norm pack lacks {what}.").format(what=error), file=path) from error


def _titles(value: Mapping[str, str]) -> Mapping[str, str]:
    return {"nl": value["nl"], "en": value["en"]}


def _damage_type(path: Path, number: int, row: Mapping[str, Any], groups: Mapping[str, object]) -> DamageType:
    place = _("row {number}").format(number=number)
    missing = [
        key for key in ("code", "pavement", "group", "role", "title", "verified", "source") if key not in row
    ]
    if missing:
        reason = _("The damage type lacks {what}.").format(what=", ".join(missing))
        raise BadInput(reason, file=path, place=place)
    if row["group"] not in groups or row["role"] not in ROLES:
        reason = _("The group or the role of the damage type is unknown.")
        raise BadInput(reason, file=path, place=place)
    return DamageType(
        row["code"],
        row["pavement"],
        row["group"],
        row["role"],
        _titles(row["title"]),
        row["verified"] is True,
        row["source"],
    )
