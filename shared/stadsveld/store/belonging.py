"""Which fields decide where a thing belongs: in whose area it lies, and whose access class it has."""

from __future__ import annotations

from functools import cache

from ..model import ENTITIES

_ID = "_id"


@cache
def deciding_fields(name: str) -> tuple[str, ...]:
    """Return the names of the fields of an entity that place it: geometry and references, sorted."""
    entity = ENTITIES.get(name)
    if entity is None:
        return ()
    found = {field.name for field in entity.fields if field.kind == "ref"}
    found |= {kind_field(field) for field in found if entity.field(field).refers_to == "*"}
    return tuple(sorted(found | ({"geom"} if entity.geometry else set())))


def kind_field(field: str) -> str:
    """Return the name of the field that tells of what kind the target of a reference to anything is."""
    return field.removesuffix(_ID) + "_entity"


@cache
def references() -> tuple[tuple[str, str, str], ...]:
    """Return all references: (entity, field, entity it refers to, or `*` for any)."""
    return tuple(
        (entity.name, field.name, field.refers_to or "*")
        for entity in ENTITIES.values()
        for field in entity.fields
        if field.kind == "ref"
    )
