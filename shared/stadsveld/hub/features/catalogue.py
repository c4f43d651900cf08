"""What is published: the collections, made from the model, and the properties of their features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...model import BGT_ENTITIES, CODES, ENTITIES, Entity, Field

#: A function that returns a text in the language of the asker.
Say: TypeAlias = Callable[[str], str]

#: Whole numbers that a store can hold.
LARGEST_INT = (1 << 63) - 1
_PUBLISHED = (
    "inspection", "damage", "defect", "sensor_check", "task", "photo",
    "sensor", "datastream", "road_section", "structure", "structure_element", "component",
    *BGT_ENTITIES,
)  # fmt: skip
#: Entity -> the field that `datetime` is compared with.
_TIMES = {
    "inspection": "inspected_at",
    "damage": "fix_time",
    "defect": "fix_time",
    "sensor_check": "fix_time",
    "task": "due",
    "photo": "taken_at",
    "sensor": "active_until",
    "road_section": "inspected_on",
    "structure": "inspected_on",
    **dict.fromkeys(BGT_ENTITIES, "registered"),
}
#: Kind of field -> its schema. Derived from the kinds of `model.entities.SQL_TYPES`.
_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "ref": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "int": {"type": "integer", "format": "int64", "minimum": -LARGEST_INT - 1, "maximum": LARGEST_INT},
    "real": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
}


@dataclass(frozen=True)
class Collection:
    """A collection: the rows of one entity as features.

    Attributes:
        id: how addresses call it: plural, lower case, with hyphens; it never changes.
        entity: what the model knows of it.
        properties: the fields that are published: all but personal ones and packed content.
        queryables: those of them that can be asked for by value.
        time: the one that `datetime` is compared with, or None.
    """

    id: str
    entity: Entity
    properties: tuple[Field, ...]
    queryables: tuple[Field, ...]
    time: Field | None

    @property
    def has_dataset(self) -> bool:
        """Whether rows belong to a dataset, whose access class then counts."""
        return any(field.name == "dataset_id" for field in self.properties)

    def title(self, say: Say) -> str:
        """Return its title."""
        text = say(self.entity.label)
        return text[:1].upper() + text[1:]


def _collection(name: str) -> Collection:
    entity = ENTITIES[name]
    properties = tuple(field for field in entity.fields if not field.personal and field.kind != "blob")
    queryables = tuple(field for field in properties if field.kind in _SCHEMAS)
    time = entity.field(_TIMES[name]) if name in _TIMES else None
    return Collection(collection_id(name), entity, properties, queryables, time)


def collection_id(name: str) -> str:
    """Return how addresses call the collection of an entity."""
    return name.replace("_", "-") + "s"


#: The collections by id, in the order in which they are listed.
COLLECTIONS: dict[str, Collection] = {made.id: made for made in map(_collection, _PUBLISHED)}


def is_published(entity: str | None) -> bool:
    """Tell whether the rows of an entity are a collection."""
    return entity in _PUBLISHED


def schema_of(field: Field) -> dict[str, Any]:
    """Return the JSON schema of a value to ask for (a field's own values may also be null)."""
    return dict(_SCHEMAS[field.kind])


def describe(field: Field, say: Say) -> dict[str, str]:
    """Return title and description of a field for people."""
    told = {"title": say(field.label) + (f" ({field.unit})" if field.unit else "")}
    if field.codes:
        codes = CODES[field.codes]
        told["description"] = "; ".join(f"{code}: {say(label)}" for code, label in codes.labels.items())
    return told
