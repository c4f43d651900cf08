"""Findings: what is incomplete or contradicts itself after a merge, for a person to repair.

They never block synchronising and never refuse a partial edit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ..model import CODES, ENTITIES, Entity, Field
from ..store import Store, statement
from ..text import _
from .capture import seal

MISSING, UNKNOWN_CODE, WAITS, PARENT_GONE = "missing", "unknown_code", "waits", "parent_gone"


@dataclass(frozen=True)
class Finding:
    """Something to repair.

    Attributes:
        kind: `missing` (a required field is empty), `unknown_code` (not in its code list), `waits` (what
            it belongs to has not arrived), or `parent_gone` (what it belongs to was deleted).
        entity: kind of the thing.
        entity_id: its id.
        field: the field it is about.
        text: what to tell a person.
    """

    kind: str
    entity: str
    entity_id: str
    field: str
    text: str


def findings(store: Store) -> Iterator[Finding]:
    """Yield what is to be repaired among what people recorded, by kind of thing and field.

    Rows of registers are checked only where a change of a person touched them: an edition is repaired
    at its source.
    """
    seal(store)
    for entity in ENTITIES.values():
        if store.connection.execute(statement("has_heads"), (entity.name,)).fetchone() is None:
            continue
        for field in entity.fields:
            if field.required:
                yield from _missing(store, entity, field)
            if field.kind == "code" and not field.derived:
                yield from _unknown_codes(store, entity, field)
            if field.kind == "ref" and field.refers_to != "dataset":
                yield from _lost_references(store, entity, field)


def _missing(store: Store, entity: Entity, field: Field) -> Iterator[Finding]:
    text = _("“{field}” is not filled in.").format(field=_(field.label))
    for row in store.connection.execute(statement("empty_field", entity.name, field.name)):
        yield Finding(MISSING, entity.name, row["id"], field.name, text)


def _unknown_codes(store: Store, entity: Entity, field: Field) -> Iterator[Finding]:
    codes = json.dumps(list(CODES[field.codes or ""].labels))
    for row in store.connection.execute(statement("unknown_code", entity.name, field.name), (codes,)):
        text = _("“{value}” is no known value of “{field}”.")
        shown = text.format(value=str(row["value"])[:80], field=_(field.label))
        yield Finding(UNKNOWN_CODE, entity.name, row["id"], field.name, shown)


def _lost_references(store: Store, entity: Entity, field: Field) -> Iterator[Finding]:
    of_any_kind = field.refers_to == "*"
    kind = field.name.removesuffix("_id") + "_entity"
    columns = (field.name, kind) if of_any_kind else (field.name,)
    for row in store.connection.execute(statement("references", entity.name, field.name, columns=columns)):
        target = row[kind] if of_any_kind else field.refers_to
        if target not in ENTITIES:
            continue
        if store.connection.execute(statement("row_exists", target), (row[field.name],)).fetchone() is None:
            yield _lost(store, entity, field, row["id"], (target, row[field.name]))


def _lost(store: Store, entity: Entity, field: Field, row_id: str, target: tuple[str, str]) -> Finding:
    label = _(field.label)
    if store.connection.execute(statement("owned_of_row"), target).fetchone() is None:
        text = _("What “{field}” refers to has not arrived here; it may come with a later synchronisation.")
        return Finding(WAITS, entity.name, row_id, field.name, text.format(field=label))
    text = _("What “{field}” refers to was deleted: choose another, or delete this too.")
    return Finding(PARENT_GONE, entity.name, row_id, field.name, text.format(field=label))
