"""The entities of the store and their fields, as data.

Three kinds of rows live side by side:

- **register** rows come from a base register or the city's own register, in dated editions of a
  dataset. An import writes them; what people change on them afterwards is kept as changes.
- **people's** rows are born here: inspections, damages, tasks, photos, plans.
- **derived** fields (the condition of a section) are computed from the others, never synced.

All coordinates are EPSG:28992 (RD New) in metres, rounded to 1 mm; heights are metres NAP.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..text import N_

#: SQL type of each kind of field. Dates are ISO 8601 text, instants UTC with a trailing Z.
SQL_TYPES = {
    "text": "TEXT",
    "code": "TEXT",
    "ref": "TEXT",
    "date": "TEXT",
    "instant": "TEXT",
    "json": "TEXT",
    "int": "INTEGER",
    "bool": "INTEGER",
    "real": "REAL",
    "blob": "BLOB",
}


@dataclass(frozen=True)
class Field:
    """One field of an entity.

    Attributes:
        name: column name, English snake_case.
        kind: key of `SQL_TYPES`.
        label: what the screen calls it (English, marked for translation).
        codes: name of the code list of a `code` field.
        refers_to: name of the entity that a `ref` field points at by id; `*` where the field
            beside it with the same stem and `_entity` names the entity.
        required: whether its absence is a finding (never a refusal).
        derived: computed here, never captured as a change.
        personal: holds data about a person; left out of what is given to others.
        unit: unit of a number.
    """

    name: str
    kind: str
    label: str
    codes: str | None = None
    refers_to: str | None = None
    required: bool = False
    derived: bool = False
    personal: bool = False
    unit: str | None = None


@dataclass(frozen=True)
class Entity:
    """One kind of thing, stored in the table of the same name.

    Attributes:
        name: table name, English snake_case, singular.
        label: what the screen calls it, plural (English, marked for translation).
        fields: its fields, without `id` and `geom`, which every table has as far as it applies.
        geometry: SpatiaLite type of `geom` in EPSG:28992, or None.
        register: rows come from register imports (editions).
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    geometry: str | None = None
    register: bool = False

    def field(self, name: str) -> Field:
        """Return the field called `name`; raises KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name}")

    @property
    def has_base(self) -> bool:
        """Whether rows may hold values that no change brought: those of a register's edition."""
        return self.register or self.name == "dataset"

    @cached_property
    def captured(self) -> tuple[str, ...]:
        """Names of what travels in changes: all fields that are not derived, and `geom`."""
        names = tuple(field.name for field in self.fields if not field.derived)
        return (*names, "geom") if self.geometry else names


def _text(name: str, label: str, *, required: bool = False, personal: bool = False) -> Field:
    return Field(name, "text", label, required=required, personal=personal)


def _code(name: str, label: str, codes: str, *, required: bool = False, derived: bool = False) -> Field:
    return Field(name, "code", label, codes=codes, required=required, derived=derived)


def _ref(name: str, label: str, to: str, *, required: bool = False) -> Field:
    return Field(name, "ref", label, refers_to=to, required=required)


#: What every register row carries.
_FROM_REGISTER = (
    _ref("dataset_id", N_("dataset"), "dataset"),
    Field("ended", "date", N_("ended on")),
)

#: What every object of the BGT carries; attribute names follow IMGeo 2.1.1 in English.
_BGT = (
    _text("bgt_class", N_("BGT class"), required=True),
    _text("local_id", N_("BGT local id"), required=True),
    _code("status", N_("status"), "object_status"),
    Field("level", "int", N_("relative height level")),
    _text("type", N_("type")),
    _text("function", N_("function")),
    _text("appearance", N_("physical appearance")),
    _text("plus_function", N_("detailed function")),
    _text("plus_appearance", N_("detailed physical appearance")),
    _text("plus_type", N_("detailed type")),
    _text("name", N_("name")),
    _text("bag_id", N_("BAG id")),
    _text("source_holder", N_("source holder")),
    Field("in_investigation", "bool", N_("under investigation")),
    Field("registered", "instant", N_("registered at")),
    Field("object_begin", "date", N_("object begins")),
    Field("attributes", "json", N_("other attributes")),
    *_FROM_REGISTER,
)


def _bgt(name: str, label: str, geometry: str) -> Entity:
    return Entity(name, label, _BGT, geometry, register=True)


#: Whom or what an inspection, a task, a photo or a series belongs to.
_ASSET = (
    _text("asset_entity", N_("kind of object")),
    _ref("asset_id", N_("object"), "*"),
)

#: A GNSS fix as received: ETRS89 (EPSG:4937), next to the RD/NAP that was computed from it.
_FIX = (
    _code("position_source", N_("position from"), "position_source"),
    Field("fix_lat", "real", N_("latitude ETRS89"), unit="°"),
    Field("fix_lon", "real", N_("longitude ETRS89"), unit="°"),
    Field("fix_height", "real", N_("ellipsoidal height"), unit="m"),
    Field("fix_accuracy", "real", N_("horizontal accuracy"), unit="m"),
    Field("fix_time", "instant", N_("time of the fix")),
    Field("fix_source", "text", N_("receiver")),
    Field("nap", "real", N_("height NAP"), unit="m"),
)

_ALL = (
    Entity(
        "dataset",
        N_("datasets"),
        (
            _text("name", N_("name"), required=True),
            _text("register", N_("register"), required=True),
            _text("edition", N_("edition")),
            Field("edition_date", "date", N_("edition date")),
            Field("updated", "instant", N_("updated at")),
            _text("source", N_("source")),
            _text("owner", N_("owner")),
            _text("licence", N_("licence")),
            _code("access_class", N_("access class"), "access_class"),
            _text("purpose", N_("purpose")),
            _text("legal_ground", N_("legal ground")),
            Field("personal_data", "bool", N_("contains personal data")),
            _text("retention", N_("retention")),
        ),
    ),
    _bgt("road_part", N_("road surfaces (BGT)"), "MULTIPOLYGON"),
    _bgt("terrain_part", N_("terrain (BGT)"), "MULTIPOLYGON"),
    _bgt("water_part", N_("water (BGT)"), "MULTIPOLYGON"),
    _bgt("building", N_("buildings (BGT)"), "MULTIPOLYGON"),
    _bgt("structure_part", N_("bridge and structure parts (BGT)"), "MULTIPOLYGON"),
    _bgt("structure_line", N_("structures, lines (BGT)"), "MULTILINESTRING"),
    _bgt("structure_point", N_("structures, points (BGT)"), "MULTIPOINT"),
    _bgt("barrier_part", N_("barriers, surfaces (BGT)"), "MULTIPOLYGON"),
    _bgt("barrier_line", N_("barriers, lines (BGT)"), "MULTILINESTRING"),
    _bgt("street_object", N_("street furniture and trees (BGT)"), "MULTIPOINT"),
    _bgt("street_object_line", N_("street furniture, lines (BGT)"), "MULTILINESTRING"),
    _bgt("street_object_part", N_("street furniture, surfaces (BGT)"), "MULTIPOLYGON"),
    _bgt("label", N_("street names and house numbers (BGT)"), "MULTIPOINT"),
    _bgt("district", N_("administrative areas (BGT)"), "MULTIPOLYGON"),
    Entity(
        "road_section",
        N_("road sections"),
        (
            _text("number", N_("number"), required=True),
            _text("road", N_("road")),
            _text("segment", N_("road segment")),
            _text("street", N_("street")),
            _code("road_type", N_("road type"), "road_type"),
            _code("pavement", N_("pavement"), "pavement", required=True),
            _text("function", N_("function")),
            Field("area", "real", N_("area"), unit="m²"),
            _text("derived_from", N_("follows from")),
            *_FROM_REGISTER,
            _code("condition", N_("condition"), "condition", derived=True),
            Field("inspected_on", "date", N_("last inspected on"), derived=True),
        ),
        "MULTIPOLYGON",
        register=True,
    ),
    Entity(
        "structure",
        N_("structures"),
        (
            _text("number", N_("number"), required=True),
            _text("name", N_("name")),
            _text("kind", N_("kind")),
            _text("material", N_("main material")),
            Field("built", "int", N_("year built")),
            Field("replacement_value", "real", N_("replacement value"), unit="€"),
            *_FROM_REGISTER,
            _code("condition", N_("condition"), "condition", derived=True),
            Field("condition_score", "int", N_("condition score"), derived=True),
            Field("worst_score", "int", N_("worst element"), derived=True),
            Field("inspected_on", "date", N_("last inspected on"), derived=True),
        ),
        "MULTIPOLYGON",
        register=True,
    ),
    Entity(
        "structure_element",
        N_("elements"),
        (
            _ref("structure_id", N_("structure"), "structure", required=True),
            _text("number", N_("number")),
            _text("name", N_("name"), required=True),
            *_FROM_REGISTER,
            Field("condition_score", "int", N_("condition score"), derived=True),
        ),
        register=True,
    ),
    Entity(
        "component",
        N_("components"),
        (
            _ref("element_id", N_("element"), "structure_element", required=True),
            _text("number", N_("number")),
            _text("name", N_("name"), required=True),
            _text("material", N_("material")),
            Field("quantity", "real", N_("quantity")),
            _text("quantity_unit", N_("unit of quantity")),
            Field("replacement_value", "real", N_("replacement value"), unit="€"),
            *_FROM_REGISTER,
            Field("condition_score", "int", N_("condition score"), derived=True),
        ),
        register=True,
    ),
    Entity(
        "sensor",
        N_("sensors"),
        (
            _text("number", N_("number"), required=True),
            _text("name", N_("name")),
            _text("kind", N_("kind")),
            _text("owner", N_("owner")),
            _text("purpose", N_("purpose")),
            _text("theme", N_("theme")),
            Field("personal_data", "bool", N_("processes personal data")),
            _text("legal_ground", N_("legal ground")),
            _text("privacy_statement", N_("privacy statement")),
            Field("active_until", "date", N_("active until")),
            Field("mounting_height", "real", N_("mounting height"), unit="m"),
            _text("asset_entity", N_("kind of object it measures")),
            _ref("asset_id", N_("object it measures"), "*"),
            _text("bgt_local_id", N_("BGT local id")),
            *_FROM_REGISTER,
        ),
        "POINT",
        register=True,
    ),
    Entity(
        "asset_link",
        N_("links with the BGT"),
        (
            *_ASSET,
            _text("bgt_local_id", N_("BGT local id"), required=True),
            Field("overlap", "real", N_("overlap"), unit="m²"),
            Field("share", "real", N_("share of the object")),
            _code("status", N_("status"), "link_status"),
            *_FROM_REGISTER,
        ),
        register=True,
    ),
    Entity(
        "datastream",
        N_("measurement series"),
        (
            *_ASSET,
            _ref("sensor_id", N_("sensor"), "sensor"),
            _text("name", N_("name"), required=True),
            _text("observed_property", N_("quantity measured"), required=True),
            _text("unit", N_("unit"), required=True),
            Field("interval", "real", N_("interval"), unit="s"),
            Field("quality_tests", "json", N_("data quality tests")),
            *_FROM_REGISTER,
        ),
        register=True,
    ),
    Entity(
        "calibration",
        N_("calibrations"),
        (
            _ref("datastream_id", N_("measurement series"), "datastream", required=True),
            Field("begins", "instant", N_("holds from"), required=True),
            Field("gain", "real", N_("gain"), required=True),
            Field("offset", "real", N_("offset"), required=True),
            _text("certificate", N_("certificate")),
            _text("note", N_("note")),
        ),
    ),
    Entity(
        "reading_block",
        N_("readings"),
        (
            _ref("datastream_id", N_("measurement series"), "datastream", required=True),
            Field("begin", "instant", N_("first time")),
            Field("end", "instant", N_("last time")),
            Field("count", "int", N_("number of readings")),
            Field("payload", "blob", N_("packed readings")),
            *_FROM_REGISTER,
        ),
        register=True,
    ),
    Entity(
        "task",
        N_("tasks"),
        (
            _text("title", N_("title"), required=True),
            _text("note", N_("note")),
            _code("status", N_("status"), "task_status", required=True),
            Field("due", "date", N_("due on")),
            _text("assignee", N_("assigned to"), personal=True),
            *_ASSET,
        ),
        "POINT",
    ),
    Entity(
        "inspection",
        N_("inspections"),
        (
            *_ASSET,
            _ref("task_id", N_("task"), "task"),
            _text("kind", N_("kind of inspection"), required=True),
            _code("status", N_("status"), "inspection_status", required=True),
            _code("result", N_("result"), "inspection_result"),
            Field("inspected_at", "instant", N_("inspected at")),
            _text("inspector", N_("inspector"), personal=True),
            _text("note", N_("note")),
            _text("norm_pack", N_("norm pack")),
            _text("norm_edition", N_("norm edition")),
            _text("norm_signature", N_("signature of the norm pack")),
            Field("inspected", "json", N_("parts inspected")),
            Field("care_score", "int", N_("care score")),
            Field("risks", "json", N_("risk aspects")),
            *_FIX,
        ),
        "POINT",
    ),
    Entity(
        "damage",
        N_("damages"),
        (
            _ref("inspection_id", N_("inspection"), "inspection", required=True),
            *_ASSET,
            _text("type", N_("damage"), required=True),
            _code("severity", N_("severity"), "severity", required=True),
            _code("extent", N_("extent"), "extent", required=True),
            Field("measured", "real", N_("measured value")),
            _text("measured_unit", N_("unit of the measured value")),
            Field("minor_maintenance", "bool", N_("minor maintenance")),
            _text("drawing", N_("drawing (WKT in RD)")),
            _text("note", N_("note")),
            *_FIX,
        ),
        "POINT",
    ),
    Entity(
        "defect",
        N_("defects"),
        (
            _ref("inspection_id", N_("inspection"), "inspection", required=True),
            _ref("component_id", N_("component"), "component"),
            _text("type", N_("defect"), required=True),
            _code("importance", N_("importance"), "importance", required=True),
            Field("intensity", "int", N_("intensity"), required=True),
            Field("extent_percent", "real", N_("extent"), unit="%", required=True),
            _text("note", N_("note")),
            *_FIX,
        ),
        "POINT",
    ),
    Entity(
        "sensor_check",
        N_("sensor checks"),
        (
            _ref("inspection_id", N_("inspection"), "inspection", required=True),
            _ref("sensor_id", N_("sensor"), "sensor", required=True),
            Field("answers", "json", N_("check list")),
            Field("hand_reading", "real", N_("hand reading")),
            _text("hand_reading_unit", N_("unit of the hand reading")),
            _text("note", N_("note")),
            *_FIX,
        ),
        "POINT",
    ),
    Entity(
        "photo",
        N_("photos"),
        (
            _text("owner_entity", N_("belongs to kind")),
            _ref("owner_id", N_("belongs to"), "*", required=True),
            _text("sha256", N_("SHA-256 of the file"), required=True),
            _text("media_type", N_("media type")),
            Field("size", "int", N_("size"), unit="B"),
            Field("taken_at", "instant", N_("taken at")),
            Field("direction", "real", N_("direction"), unit="°"),
            _text("caption", N_("caption")),
        ),
        "POINT",
    ),
    Entity(
        "norm_pack",
        N_("norm packs"),
        (
            _text("pack", N_("norm pack"), required=True),
            _text("edition", N_("norm edition"), required=True),
            _text("signature", N_("signature of the norm pack"), required=True),
            Field("content", "json", N_("rows of the pack"), required=True),
        ),
    ),
    Entity(
        "plan",
        N_("plans"),
        (
            _text("name", N_("name"), required=True),
            _text("note", N_("note")),
        ),
        "MULTIPOLYGON",
    ),
    Entity(
        "variant",
        N_("variants"),
        (
            _ref("plan_id", N_("plan"), "plan", required=True),
            _text("name", N_("name"), required=True),
            _text("note", N_("note")),
        ),
    ),
    Entity(
        "plan_feature",
        N_("plan features"),
        (
            _ref("variant_id", N_("variant"), "variant", required=True),
            _text("kind", N_("kind"), required=True),
            Field("floors", "real", N_("floors")),
            Field("attributes", "json", N_("other attributes")),
        ),
        "MULTIPOLYGON",
    ),
)

#: All entities by name, in an order in which every reference points backwards.
ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _ALL}

#: Entities that hold BGT objects.
BGT_ENTITIES: tuple[str, ...] = tuple(name for name, found in ENTITIES.items() if found.fields is _BGT)


def entity(name: str) -> Entity:
    """Return the entity called `name`; raises KeyError where there is none."""
    return ENTITIES[name]
