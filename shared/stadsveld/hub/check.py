"""What the central store asks of a change before it takes it; a refusal says what a person can do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .. import geo
from ..model import ENTITIES, Entity
from ..store import Store, statement
from ..store.store import Bbox
from ..sync.changes import ERASES, EXISTS, SCHEMA, Change
from ..sync.clock import instant_of
from ..sync.values import right_geometry
from ..text import _
from .devices import LOST, Device, device_by_id
from .roles import ADMINISTRATOR, WRITE_REGISTERS, may_write
from .visibility import Things, Visibility, boxes_meet

#: Where RD holds: (minx, miny, maxx, maxy) of the Netherlands with its part of the North Sea.
_NETHERLANDS = (-7000.0, 289000.0, 300000.0, 629000.0)
_LARGEST_TEXT = 2 << 20


class Limits:
    """Where a device may write: in its area, and in what its role may read.

    A thing that was in the area counts as inside, so that what somebody recorded there is taken also
    where another moved the thing away meanwhile. A mere wish for a smaller area is no limit.
    """

    def __init__(self, store: Store, device: Device) -> None:
        self._area = device.area
        self._execute = store.connection.execute
        self._hidden = Visibility(store, device).hidden
        self._things = Things(store, ever=True)

    @property
    def reads(self) -> bool:
        """Whether the limits depend on what the store says of things."""
        return self._area is not None or bool(self._hidden)

    def refusal(self, change: Change) -> str | None:
        """Return why a change lies outside, or None where it does not."""
        if not self.reads:
            return None
        self._things.forget()
        key = (change.entity, change.entity_id)
        targets = self._things.references(key, change.fields)
        if self._hidden and (
            change.fields.get("dataset_id") in self._hidden
            or self._things.are_of([key, *targets], self._hidden)
        ):
            return _("It belongs to data that this role may not read. Ask an administrator for another role.")
        if self._area is not None and not self._is_inside(self._area, change, targets):
            return _("It lies outside the area of this device. Ask an administrator for a wider area.")
        return None

    def _is_placeless(self, change: Change) -> bool:
        """Tell whether a thing begins without a place by this change, or once did: then all may write it.

        So it does not matter who comes first, of two devices that begin the same thing.
        """
        if ENTITIES[change.entity].has_base:
            return False
        if change.fields.get(EXISTS) is True and not change.parents and "geom" not in change.names:
            return True
        named = {"entity": change.entity, "entity_id": change.entity_id}
        return self._execute(statement("began_without_place"), named).fetchone() is not None

    def _is_inside(self, area: Bbox, change: Change, targets: list[tuple[str, str]]) -> bool:
        key = (change.entity, change.entity_id)
        if self._things.is_inside(key, area) is False and not self._is_placeless(change):
            return False
        geometry = change.fields.get("geom")
        if geometry is not None:
            return boxes_meet(geo.wkb_bbox(bytes.fromhex(geometry)), area)
        return self._things.are_inside(targets, area) is not False


def refusal(store: Store, device: Device, change: Change, limits: Limits | None = None) -> str | None:
    """Return why a change from a device cannot be taken, or None where it can.

    Args:
        store: the central store.
        device: who sends it.
        change: what it sends.
        limits: where the device may write; kept by who asks for many changes.
    """
    return (
        _author_refusal(store, device, change)
        or _role_refusal(device, change)
        or _field_refusal(change)
        or (limits or Limits(store, device)).refusal(change)
    )


def _author_refusal(store: Store, device: Device, change: Change) -> str | None:
    """A device speaks for itself; what others made it may bring back only as far as both may write."""
    if change.device == device.device_id:
        return None
    author = device_by_id(store, change.device)
    if author is None and device.role not in WRITE_REGISTERS and change.device != store.device_id:
        return _("It was made on a device that is not known here. Synchronise from that device.")
    if author is not None and _is_of_after_loss(author, change):
        return _("It was made on a device that was reported lost.")
    return None if author is None else _role_refusal(author, change)


def may_come_from_author(store: Store, device: Device, change: Change) -> bool:
    """Tell whether a refused change may yet be taken from its author, or from who may write it.

    So it is with what others made and a restored store has forgotten: the one who carries it keeps it.
    """
    author = device_by_id(store, change.device)
    return change.device != device.device_id and (author is None or not _is_of_after_loss(author, change))


def _is_of_after_loss(author: Device, change: Change) -> bool:
    """What a device made before it was lost was its owner's, and may be brought back after a restore."""
    if author.ended != LOST or author.ended_at is None:
        return author.ended == LOST
    ended_at = datetime.fromisoformat(author.ended_at.replace("Z", "+00:00"))
    return instant_of(change.hlc) > ended_at.timestamp() * 1000


def _role_refusal(device: Device, change: Change) -> str | None:
    if change.entity not in ENTITIES:
        return _("The central store does not know the kind “{entity}”. Ask for an update of it.").format(
            entity=change.entity
        )
    if ERASES in change.names and device.role != ADMINISTRATOR:
        return _("Only an administrator may erase what was recorded.")
    if not may_write(device.role, change.entity, change.names):
        return _(
            "The role “{role}” may not change {kind}. Ask a planner to make this change, or an "
            "administrator for another role."
        ).format(role=device.role, kind=_(ENTITIES[change.entity].label))
    return None


def _field_refusal(change: Change) -> str | None:
    entity = ENTITIES[change.entity]
    for name, value in change.fields.items():
        if name in (EXISTS, ERASES):
            continue
        if name not in entity.captured:
            if change.schema > SCHEMA:
                continue
            return _("{entity} has no field {fields}.").format(entity=entity.name, fields=name)
        reason = _geometry_refusal(entity, value) if name == "geom" else _value_refusal(entity, name, value)
        if reason is not None:
            return reason
    return None


def _geometry_refusal(entity: Entity, value: Any) -> str | None:
    if value is None:
        return None
    wkb = right_geometry(entity, value)
    if wkb is None:
        return _("The geometry is damaged, empty, or not of the type {type}. Draw it again.").format(
            type=entity.geometry
        )
    if not boxes_meet(geo.wkb_bbox(wkb), _NETHERLANDS):
        return _("The geometry lies outside the Netherlands. Check the coordinate system and draw it again.")
    return None


def _value_refusal(entity: Entity, name: str, value: Any) -> str | None:
    if value is None:
        return None
    field = entity.field(name)
    numbers = {"int": int, "bool": int, "real": int | float}
    if field.kind in numbers:
        right = isinstance(value, numbers[field.kind])
        return None if right else _("“{field}” must be a number.").format(field=_(field.label))
    if field.kind == "json":
        return None
    if not isinstance(value, str):
        return _("“{field}” must be a text.").format(field=_(field.label))
    if field.kind == "blob":
        return _hexadecimal_refusal(field.label, value)
    if len(value) > _LARGEST_TEXT:
        return _("The text of “{field}” is too long.").format(field=_(field.label))
    return None


def _hexadecimal_refusal(label: str, value: str) -> str | None:
    try:
        bytes.fromhex(value)
    except ValueError:
        return _("“{field}” must be binary values in hexadecimal.").format(field=_(label))
    return None


def cycle_refusal(store: Store, change: Change) -> str | None:
    """Return why a change that others claim as ancestor cannot be: it comes after what came after it."""
    children = store.connection.execute(statement("fields_with_children"), (change.change_id,)).fetchall()
    for (name,) in children:
        for parent in change.parents.get(name, ()):
            key = {"change": parent, "field": name, "head": change.change_id}
            if store.connection.execute(statement("is_seen"), key).fetchone() is not None:
                return _("It claims to come both before and after another change.")
    return None


__all__ = ["Limits", "cycle_refusal", "may_come_from_author", "refusal"]
