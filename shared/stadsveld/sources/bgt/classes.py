"""Which class of the BGT goes to which entity, and which property to which field."""

from __future__ import annotations

POINT, LINE, SURFACE = "point", "line", "surface"

_FURNITURE = {POINT: "street_object", LINE: "street_object_line", SURFACE: "street_object_part"}
_ROAD = {SURFACE: "road_part"}
_TERRAIN = {SURFACE: "terrain_part"}
_WATER = {SURFACE: "water_part"}
_BUILDING = {SURFACE: "building"}
_STRUCTURE = {POINT: "structure_point", LINE: "structure_line", SURFACE: "structure_part"}
_BARRIER = {LINE: "barrier_line", SURFACE: "barrier_part"}
_DISTRICT = {SURFACE: "district"}

#: Class -> kind of geometry -> entity; what is not named here is street furniture.
_ENTITIES = {
    "wegdeel": _ROAD,
    "ondersteunendwegdeel": _ROAD,
    "begroeidterreindeel": _TERRAIN,
    "onbegroeidterreindeel": _TERRAIN,
    "waterdeel": _WATER,
    "ondersteunendwaterdeel": _WATER,
    "pand": _BUILDING,
    "overigbouwwerk": _BUILDING,
    "gebouwinstallatie": _BUILDING,
    "overbruggingsdeel": _STRUCTURE,
    "kunstwerkdeel": _STRUCTURE,
    "tunneldeel": _STRUCTURE,
    "scheiding": _BARRIER,
    "overigescheiding": _BARRIER,
    "openbareruimtelabel": {POINT: "label"},
    "functioneelgebied": _DISTRICT,
    "buurt": _DISTRICT,
    "wijk": _DISTRICT,
    "stadsdeel": _DISTRICT,
    "openbareruimte": _DISTRICT,
    "waterschap": _DISTRICT,
}

#: Classes that are no objects but notes on how they were surveyed: counted, and not stored.
SURVEY_CLASSES = frozenset({"plaatsbepalingspunt"})

#: Classes whose surfaces on the ground fill the plane exactly once, entity by entity.
CLOSING_CLASSES = {
    "building": ("pand", "overigbouwwerk"),
    "road_part": ("wegdeel", "ondersteunendwegdeel"),
    "terrain_part": ("begroeidterreindeel", "onbegroeidterreindeel"),
    "water_part": ("waterdeel", "ondersteunendwaterdeel"),
    "structure_part": ("overbruggingsdeel", "kunstwerkdeel"),
    "barrier_part": ("scheiding",),
}


def entity_of(bgt_class: str, kind: str) -> str:
    """Return the entity of an object by its class and the kind of its geometry."""
    return _ENTITIES.get(bgt_class, _FURNITURE).get(kind) or _FURNITURE[kind]


#: Property of IMGeo and CityGML (without prefix) -> field of the model.
FIELDS = {
    "relatieveHoogteligging": "level",
    "inOnderzoek": "in_investigation",
    "bronhouder": "source_holder",
    "creationDate": "object_begin",
    "function": "function",
    "bgt-functie": "function",
    "bgt-type": "type",
    "openbareRuimteType": "type",
    "surfaceMaterial": "appearance",
    "bgt-fysiekVoorkomen": "appearance",
    "plus-fysiekVoorkomen": "plus_appearance",
    "plus-fysiekVoorkomenWegdeel": "plus_appearance",
    "plus-fysiekVoorkomenOndersteunendWegdeel": "plus_appearance",
    "plus-functie": "plus_function",
    "plus-functieWegdeel": "plus_function",
    "plus-functieOndersteunendWegdeel": "plus_function",
    "plus-functieSpoor": "plus_function",
    "plus-type": "plus_type",
    "plus-typeGebouwInstallatie": "plus_type",
    "naam": "name",
    "identificatieBAGPND": "bag_id",
    "identificatieBAGOPR": "bag_id",
}

#: Classes in which CityGML's `class` is the physical appearance; elsewhere it is the type.
_CLASS_IS_APPEARANCE = frozenset({"begroeidterreindeel", "onbegroeidterreindeel"})


def fields_of(bgt_class: str) -> dict[str, str]:
    """Return property -> field for the objects of a class."""
    return {**FIELDS, "class": "appearance" if bgt_class in _CLASS_IS_APPEARANCE else "type"}
