"""One object of a delivery: its values by field of the model, its geometry, its labels, its validity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...errors import BadInput
from ...model import id_from_register
from ...text import _
from .classes import POINT, SURVEY_CLASSES, entity_of, fields_of
from .gml import Geometry, Node, check_coordinates, geometry_of
from .times import utc_instant

PLANNED = "plan"
#: Values that say that there is no value.
_VOID = frozenset({"waardeOnbekend", "geenWaarde", ""})
#: Properties that say who the object is and when it held, and those that hold labels.
_IDENTITY, _REGISTERED, _ENDED = "identificatie", "tijdstipRegistratie", "eindRegistratie"
_NUMBERS, _STREET = "nummeraanduidingreeks", "openbareRuimteNaam"
_OWN_GEOMETRY = "geometrie2d"
_LEFT_OUT = frozenset({"boundedBy"})


@dataclass(frozen=True, slots=True)
class Label:
    """A text on the map that belongs to an object: a street's name or a row of house numbers.

    Attributes:
        id: its identity, the same in every delivery.
        text: the text.
        places: (x, y, rotation in degrees) of every place where it is written, RD.
        attributes: what else is known of it, e.g. the BAG ids of its addresses.
    """

    id: str
    text: str
    places: tuple[tuple[float, float, float], ...]
    attributes: dict[str, str]

    @property
    def geometry(self) -> Geometry:
        """Its places as points."""
        return Geometry(POINT, [[[x, y]] for x, y, _rotation in self.places])

    def described(self) -> dict[str, Any]:
        """Return the attributes and the rotation at every place."""
        return {**self.attributes, "rotation": [rotation for _x, _y, rotation in self.places]}


@dataclass(slots=True)
class BgtObject:
    """One version of one object.

    Attributes:
        bgt_class: its class, e.g. `wegdeel`.
        local_id: its `lokaalID`, which is the same in all versions.
        registered: instant (UTC) since which the version is in the register, or "" where the class
            has no such thing.
        ended: instant (UTC) until which it was, or None.
        values: values by field of the model, without `geom`, `dataset_id` and `ended`; `attributes` as
            a dict.
        geometry: its own geometry; None for a class that is not stored and a version not asked for.
        labels: its labels.
        published: date (ISO) of publication, or "".
    """

    bgt_class: str
    local_id: str
    registered: str
    ended: str | None
    values: dict[str, Any]
    geometry: Geometry | None
    labels: list[Label] = field(default_factory=list)
    published: str = ""

    @property
    def id(self) -> str:
        """The identity that every store gives this object."""
        return id_from_register("bgt", self.local_id)

    @property
    def entity(self) -> str:
        """The entity of the model that it goes to."""
        return entity_of(self.bgt_class, self.geometry.kind if self.geometry else POINT)

    @property
    def point(self) -> tuple[float, float]:
        """The first vertex of its geometry: where a point object is."""
        if self.geometry is None:
            raise ValueError(f"{self.local_id} has no geometry")
        x, y = self.geometry.parts[0][0][:2]
        return x, y

    @property
    def is_planned(self) -> bool:
        """Whether it is a plan and not yet there."""
        return bool(self.values.get("status") == PLANNED)

    def is_valid_at(self, instant: str) -> bool:
        """Tell whether this version held at an instant (UTC, as `utc_instant` spells it)."""
        return self.registered <= instant and (self.ended is None or self.ended > instant)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An object element that cannot be used.

    Attributes:
        file: name of its file.
        bgt_class: its class.
        place: its `lokaalID`, else its gml:id, else its number in the file.
        reason: what is wrong.
        local_id: its `lokaalID` where it is known.
    """

    file: str
    bgt_class: str
    place: str
    reason: str
    local_id: str | None = None

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.reason}"


class ObjectParser:
    """Makes objects of one class from their XML elements.

    Args:
        bgt_class: the class.
        at: an instant (UTC): versions that do not hold then are checked, and come without values,
            labels and geometry, which nobody will ask for.
    """

    def __init__(self, bgt_class: str, at: str | None = None) -> None:
        self._class = bgt_class
        self._at = at
        self._fields = fields_of(bgt_class)

    def parse(self, node: Node) -> BgtObject:
        """Return the object in an element.

        Raises:
            BadInput: it has no identity, no time of registration or no usable geometry; says why.
        """
        values: dict[str, Any] = {}
        other: dict[str, Any] = {}
        nodes: dict[str, list[Node]] = {}
        fields = self._fields
        for child in node[2]:
            if child.__class__ is str:
                raise BadInput(_("it is no object: it holds only text"))
            name, _attributes, content = child
            if not content:
                continue
            if content[0].__class__ is str:
                if name in fields:
                    values[fields[name]] = content[0]
                else:
                    other[name] = content[0]
            elif name in nodes:
                nodes[name].append(child)
            else:
                nodes[name] = [child]
        if self._class in SURVEY_CLASSES:
            return BgtObject(self._class, local_id_of(node) or "", "", None, {}, None)
        return self._assembled(node, values, other, nodes)

    def _assembled(
        self, node: Node, values: dict[str, Any], other: dict[str, Any], nodes: dict[str, list[Node]]
    ) -> BgtObject:
        local_id = local_id_of(node)
        if not local_id:
            raise BadInput(_("it has no lokaalID"))
        registered = other.pop(_REGISTERED, None)
        if registered is None:
            raise BadInput(_("it has no time of registration (tijdstipRegistratie)"))
        ended = utc_instant(other[_ENDED]) if _ENDED in other else None
        version = BgtObject(self._class, local_id, utc_instant(registered), ended, {}, None)
        version.published = other.get("LV-publicatiedatum", "")[:10]
        if self._at is not None and not version.is_valid_at(self._at):
            _check_coordinates(nodes)
            return version
        labels = self._labels(local_id, nodes) if _STREET in nodes or _NUMBERS in nodes else []
        geometry = self._own_geometry(nodes, labels)
        self._keep_others(other, nodes)
        gml_id = node[1].get("gml:id")
        if gml_id:
            other["gml_id"] = gml_id
        values["bgt_class"], values["local_id"] = self._class, local_id
        values["status"] = _status(other)
        values["level"] = _level(values.get("level"))
        if "in_investigation" in values:
            values["in_investigation"] = int(values["in_investigation"] in ("true", "1"))
        values["registered"] = version.registered
        if _STREET in nodes:
            values["name"] = labels[0].text
            other.update(labels.pop(0).described())
        values["attributes"] = other
        version.values, version.geometry, version.labels = values, geometry, labels
        return version

    def _own_geometry(self, nodes: dict[str, list[Node]], labels: list[Label]) -> Geometry:
        """Return the geometry of the object itself, which for a street's name are its places."""
        for name, found in nodes.items():
            if name.startswith(_OWN_GEOMETRY):
                inside = [inner for inner in found[0][2] if isinstance(inner, tuple)]
                if len(inside) == 1 and len(found) == 1:
                    return geometry_of(inside[0])
                raise BadInput(_("it has more than one geometry of its own"))
        if _STREET in nodes:
            return labels[0].geometry
        raise BadInput(_("it has no geometry of its own (geometrie2d…)"))

    def _labels(self, local_id: str, nodes: dict[str, list[Node]]) -> list[Label]:
        if _STREET in nodes and not _all_named(nodes[_STREET][0], "Label"):
            raise BadInput(_("a label of it has no place"))
        labels: list[Label] = []
        keys: dict[str, int] = {}
        for property_node in (*nodes.get(_STREET, ()), *nodes.get(_NUMBERS, ())):
            texts: dict[str, str] = {}
            for node in _all_named(property_node, "Label"):
                texts = _texts(property_node)
                key = texts.get("identificatieBAGVBOLaagsteHuisnummer", "")
                keys[key] = keys.get(key, 0) + 1
                label_id = id_from_register("bgt", f"{local_id}/label/{key}/{keys[key]}")
                labels.append(_label(label_id, node, texts))
        return labels

    def _keep_others(self, other: dict[str, str], nodes: dict[str, list[Node]]) -> None:
        """Add the remaining properties to the attributes; geometries as their coordinates."""
        for name, found in nodes.items():
            if name.startswith(_OWN_GEOMETRY) or name in (_IDENTITY, _NUMBERS, _STREET) or name in _LEFT_OUT:
                continue
            texts = [text for node in found for text in _texts(node).values()]
            if texts:
                other[name] = " ".join(texts)


def _check_coordinates(nodes: dict[str, list[Node]]) -> None:
    """Refuse an object that has no geometry of its own, or one with coordinates that cannot be."""
    own = [node for name, found in nodes.items() if name.startswith(_OWN_GEOMETRY) for node in found]
    for node in own:
        check_coordinates(node)
    if not own and _STREET not in nodes:
        raise BadInput(_("it has no geometry of its own (geometrie2d…)"))


def local_id_of(node: Node) -> str | None:
    """Return the `lokaalID` of an object element, or None."""
    for child in node[2]:
        if child[0] == _IDENTITY:
            found = _all_named(child, "lokaalID")
            return found[0][2][0] if found and found[0][2] and isinstance(found[0][2][0], str) else None
    return None


def _status(other: dict[str, str]) -> str | None:
    """Return the status: that of the BGT, else that of IMGeo, which knows plans."""
    bgt, plus = other.get("bgt-status", ""), other.get("plus-status", "")
    for name in ("bgt-status", "plus-status"):
        other.pop(name, None)
    return bgt if bgt not in _VOID else plus if plus not in _VOID else bgt or plus or None


def _level(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise BadInput(_("its relatieveHoogteligging is no whole number")) from error


def _label(label_id: str, node: Node, texts: dict[str, str]) -> Label:
    places: list[tuple[float, float, float]] = []
    for place in _all_named(node, "Labelpositie"):
        points = list(_all_named(place, "Point"))
        if len(points) != 1:
            raise BadInput(_("a label of it has no place"))
        x, y = geometry_of(points[0]).parts[0][0]
        try:
            places.append((x, y, float(_texts(place).get("hoek", "0"))))
        except ValueError as error:
            raise BadInput(_("the rotation of a label is no number")) from error
    if not places:
        raise BadInput(_("a label of it has no place"))
    bag = {name: text for name, text in texts.items() if name.startswith("identificatieBAG")}
    return Label(label_id, texts.get("tekst", ""), tuple(places), bag)


def _all_named(node: Node, name: str) -> list[Node]:
    """Return the elements of a name anywhere inside `node`, in order."""
    found: list[Node] = []
    for child in node[2]:
        if isinstance(child, tuple):
            if child[0] == name:
                found.append(child)
            else:
                found += _all_named(child, name)
    return found


def _texts(node: Node) -> dict[str, str]:
    """Return the texts inside an element by the name of the innermost element; the first one counts."""
    found: dict[str, str] = {}
    for child in node[2]:
        if isinstance(child, tuple):
            for name, text in _texts(child).items():
                found.setdefault(name, text)
        else:
            found[node[0]] = child
    return found
