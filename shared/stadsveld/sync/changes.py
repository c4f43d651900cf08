"""A change: what one person changed on one thing, once, for ever.

Read from the wire it is checked; its canonical JSON is the one spelling by which two copies of the
same change are compared.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import BadInput
from ..model import is_uuid
from ..text import _

#: Name under which existence is a field.
EXISTS = "_exists"
#: Name under which an administrator's erasure lists what loses its value: {field: [change ids]}.
ERASES = "_erases"
#: Version of the schema that this program writes into its changes.
SCHEMA = 1
#: Most bytes of one change on the wire; a note may be 1 MB, a geometry more.
LARGEST_CHANGE = 8 << 20
_MOST_FIELDS = 500
_MOST_PARENTS = 1000
_LONGEST_ACTOR = 200
_DEEPEST_VALUE = 20
_HLC_LIMIT = 1 << 63
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Change:
    """An immutable change.

    Attributes:
        change_id: UUIDv7 made on the replica.
        entity: kind of the thing, a table name.
        entity_id: its UUID.
        fields: new value by field; geometry as canonical WKB in hexadecimal, existence as `_exists`.
        parents: per field the changes that the author saw as its heads. A deletion names those of
            every field it saw.
        actor: pseudonymous id of who made it.
        device: id of the replica that made it.
        hlc: hybrid logical clock stamp: milliseconds of Unix time << 16 | counter.
        schema: version of the schema that wrote it.
        names: names of all its fields; one that is missing in `fields` lost its value, because history
            was folded or personal data erased.
        quarantined: refused by the central store; only the skeleton (no values) is known elsewhere.
    """

    change_id: str
    entity: str
    entity_id: str
    fields: Mapping[str, Any]
    parents: Mapping[str, tuple[str, ...]]
    actor: str
    device: str
    hlc: int
    schema: int = SCHEMA
    names: tuple[str, ...] = field(default=())
    quarantined: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(sorted({*self.fields, *self.names})))

    def as_wire(self) -> dict[str, Any]:
        """Return what travels: all of it, or the skeleton of a quarantined change."""
        wire: dict[str, Any] = {
            "change_id": self.change_id,
            "entity": self.entity,
            "entity_id": self.entity_id,
            "parents": {name: sorted(ids) for name, ids in self.parents.items() if ids},
            "actor": self.actor,
            "device": self.device,
            "hlc": self.hlc,
            "schema": self.schema,
        }
        if self.quarantined:
            return {**wire, "names": list(self.names), "quarantined": True}
        missing = {} if len(self.names) == len(self.fields) else {"names": list(self.names)}
        return {**wire, "fields": dict(self.fields), **missing}

    def without(self, names: Container[str]) -> Change:
        """Return this change without the values of some fields; their names stay."""
        kept = {name: value for name, value in self.fields.items() if name not in names}
        return replace(self, fields=kept, names=self.names)

    def skeleton(self) -> Change:
        """Return this change without its values, as a quarantined one."""
        return Change(
            self.change_id, self.entity, self.entity_id, {}, self.parents, self.actor, self.device,
            self.hlc, self.schema, self.names, quarantined=True,
        )  # fmt: skip

    def is_same_as(self, other: Change) -> bool:
        """Tell whether both are one change: equal in skeleton, and in every value that both hold."""
        if canonical_json(self.skeleton().as_wire()) != canonical_json(other.skeleton().as_wire()):
            return False
        common = self.fields.keys() & other.fields.keys()
        mine, theirs = ({name: fields[name] for name in common} for fields in (self.fields, other.fields))
        return canonical_json(mine) == canonical_json(theirs)


def canonical_json(value: object) -> str:
    """Return the one JSON spelling of a value: sorted keys, no spaces, no NaN."""
    return _CANONICAL.encode(value)


def change_from_wire(wire: object) -> Change:
    """Read a change that arrived.

    Raises:
        BadInput: it is no change; the text says what is wrong with it.
    """
    if not isinstance(wire, dict):
        raise BadInput(_("A change must be an object."))
    change_id = _uuid(wire, "change_id")
    quarantined = wire.get("quarantined") is True
    named = quarantined or "names" in wire
    fields = {} if quarantined else _fields(wire.get("fields"), may_be_empty=named)
    change = Change(
        change_id=change_id,
        entity=_name(wire.get("entity")),
        entity_id=_uuid(wire, "entity_id"),
        fields=fields,
        parents=_parents(wire.get("parents"), change_id),
        actor=_actor(wire.get("actor")),
        device=_uuid(wire, "device"),
        hlc=_number(wire, "hlc", _HLC_LIMIT),
        schema=_number(wire, "schema", 1 << 31),
        names=tuple(_names(wire.get("names"))) if named else (),
        quarantined=quarantined,
    )
    if not change.names:
        raise BadInput(_("A change must change at least one field."))
    return change


def skeleton_from_wire(wire: object) -> Change | None:
    """Return the skeleton of something refused, or None where it has no readable skeleton."""
    if not isinstance(wire, dict) or not isinstance(wire.get("fields"), dict):
        return None
    kept = {key: value for key, value in wire.items() if key != "fields"}
    names = [name for name in wire["fields"] if isinstance(name, str)]
    try:
        return change_from_wire({**kept, "names": names, "quarantined": True})
    except BadInput:
        return None


def _uuid(wire: Mapping[str, Any], key: str) -> str:
    value = wire.get(key)
    if not isinstance(value, str) or not is_uuid(value):
        raise BadInput(_("“{key}” must be a UUID in lower case.").format(key=key))
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        raise BadInput(_("Names of kinds and fields are lower-case letters, digits and underscores."))
    return value


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST_FIELDS:
        raise BadInput(_("“{key}” must be a list of names.").format(key="names"))
    return sorted({_name(name) for name in value})


def _actor(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > _LONGEST_ACTOR or not _is_text(value):
        raise BadInput(
            _("“{key}” must be a text of at most {n} characters.").format(key="actor", n=_LONGEST_ACTOR)
        )
    return value


def _number(wire: Mapping[str, Any], key: str, limit: int) -> int:
    value = wire.get(key)
    if type(value) is not int or not 0 <= value < limit:
        raise BadInput(_("“{key}” must be a whole number from 0.").format(key=key))
    return value


def _fields(value: object, *, may_be_empty: bool) -> dict[str, Any]:
    if not isinstance(value, dict) or not (value or may_be_empty) or len(value) > _MOST_FIELDS:
        raise BadInput(_("“{key}” must be an object of field values.").format(key="fields"))
    for name, content in value.items():
        _name(name)
        if not _is_value(content, _DEEPEST_VALUE):
            raise BadInput(_("The value of “{field}” cannot be stored.").format(field=name))
    if EXISTS in value and type(value[EXISTS]) is not bool:
        raise BadInput(_("“{key}” must be true or false.").format(key=EXISTS))
    if ERASES in value:
        _check_erasure(value[ERASES])
    return value


def _check_erasure(value: object) -> None:
    """Check that an erasure lists ids of changes by field."""
    names = list(value) if isinstance(value, dict) else []
    right = bool(names) and all(_NAME.fullmatch(name) and name not in (EXISTS, ERASES) for name in names)
    lists = list(value.values()) if isinstance(value, dict) else []
    if not right or not all(isinstance(ids, list) and ids and all(map(is_uuid, ids)) for ids in lists):
        raise BadInput(_("“{key}” must be an object of lists of change ids.").format(key=ERASES))


def _parents(value: object, change_id: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict) or len(value) > _MOST_FIELDS:
        raise BadInput(_("“{key}” must be an object of lists of change ids.").format(key="parents"))
    for name, ids in value.items():
        _name(name)
        right = isinstance(ids, list) and len(ids) <= _MOST_PARENTS and all(map(is_uuid, ids))
        if not right or change_id in ids:
            raise BadInput(_("“{key}” must be an object of lists of change ids.").format(key="parents"))
    return {name: tuple(sorted(set(ids))) for name, ids in value.items() if ids}


def _is_value(value: object, depth: int) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return -_HLC_LIMIT <= value < _HLC_LIMIT
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return _is_text(value)
    if depth <= 0:
        return False
    if isinstance(value, list):
        return all(_is_value(item, depth - 1) for item in value)
    if isinstance(value, dict):
        return all(_is_text(key) and _is_value(item, depth - 1) for key, item in value.items())
    return False


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
