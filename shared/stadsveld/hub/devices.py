"""Enrolled devices: one-time codes, tokens, and the two ways a device ends.

Codes and tokens are kept as SHA-256 only; both are long random texts, so a plain hash suffices, and
finding one by its hash tells nothing to who measures times.

A *retired* device delivers what it holds, says so (`delivered`), wipes itself and says that too
(`wiped`); its token is dead from then on. A *lost* one is dead at once: nothing from it is accepted, at
its next contact it is told to wipe itself without sending anything. That destroys what it had not yet
sent, on purpose: whoever found it must not be able to write in its owner's name. What a device that
ended never sent is unknown here, and is listed so.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..errors import BadInput, Refused
from ..model import ENTITIES, is_uuid, new_id
from ..store import Store, statement
from ..store.store import Bbox, now
from ..text import _
from . import tickets
from .audit import record
from .roles import ROLES

#: Letters of a code: no 0/O, 1/I/L, and none that are mistaken when read aloud.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS, _GROUP_LENGTH = 3, 4
_CODE_LIFE = timedelta(hours=48)
_SHORTEST_TOKEN, _LONGEST_TOKEN = 32, 200
_LONGEST_NAME = 200
_FARTHEST = 1e7
_MOST_DAYS = 3650
RETIRED, LOST = "retired", "lost"


@dataclass(frozen=True)
class Device:
    """An enrolled device.

    Attributes:
        device_id: writer of changes.
        name: what people call it.
        role: key of `roles.WRITES`.
        area: area that its role is limited to (EPSG:28992), or None.
        bbox: area that it is subscribed to, within `area`, or None.
        kinds: entities that it is subscribed to, or None for all.
        ended: `retired`, `lost` or None.
        days: days after each contact that its working copy may be used, or None for ever.
        is_client: a program of others that reads; it has no working copy and sends nothing.
        ended_at: when it was ended (UTC), or None.
    """

    device_id: str
    name: str
    role: str
    area: Bbox | None = None
    bbox: Bbox | None = None
    kinds: frozenset[str] | None = None
    ended: str | None = None
    days: int | None = None
    is_client: bool = False
    ended_at: str | None = None

    @property
    def expires_at(self) -> str | None:
        """Until when its working copy may be used if this is its last contact (UTC), or None."""
        return None if self.days is None else _instant(timedelta(days=self.days))


class DeviceLost(Refused):
    """The device was reported lost: its token is dead, and it is to wipe itself."""

    def __init__(self, device: Device) -> None:
        self.device = device
        super().__init__(_("This device was reported lost; nothing from it is accepted."))


def new_code(
    store: Store,
    role: str,
    name: str,
    bbox: Sequence[float] | None = None,
    *,
    days: int | None = None,
    by: Device | None = None,
) -> str:
    """Make and return a one-time code for a device, good for two days.

    Args:
        store: the central store.
        role: key of `roles.WRITES`.
        name: what people call the device.
        bbox: area that it is limited to (EPSG:28992).
        days: days after each contact that its working copy may be used; for ever when None.
        by: the administrator who asks; None for the command on this computer.

    Raises:
        BadInput: unknown role, no name, an area that is none, or days that are no number of days.
    """
    area = _checked_limits(role, bbox, days)
    letters = [secrets.choice(_LETTERS) for _place in range(_GROUPS * _GROUP_LENGTH)]
    code = "-".join("".join(letters[i : i + _GROUP_LENGTH]) for i in range(0, len(letters), _GROUP_LENGTH))
    device_id, expires = new_id(), _instant(_CODE_LIFE)
    values = (device_id, checked_name(name), role, _as_json(area), _code_hash(code), expires)
    with store.transaction():
        store.connection.execute(statement("add_code"), values)
        store.connection.execute(statement("set_device_days"), (days, _code_hash(code)))
        record(store, "make code", **_by(by), device=device_id, to_be=role, bbox=area, days=days)
    return code


def new_client(
    store: Store,
    role: str,
    name: str,
    bbox: Sequence[float] | None = None,
    *,
    days: int | None = None,
) -> str:
    """Make and return a token with which a program of others may read, kept as its hash only.

    Args:
        store: the central store.
        role: key of `roles.READS`: what it may read.
        name: what people call it.
        bbox: area that it is limited to (EPSG:28992).
        days: days that the token is good; until it is ended when None.

    Raises:
        BadInput: as `new_code`.
    """
    area = _checked_limits(role, bbox, days)
    token, client_id = secrets.token_urlsafe(32), new_id()
    expires = None if days is None else _instant(timedelta(days=days))
    values = (client_id, checked_name(name), role, _as_json(area), _hash(token), now(), expires)
    with store.transaction():
        store.connection.execute(statement("add_client"), values)
        record(store, "make token", device=client_id, to_be=role, bbox=area, days=days)
    return token


def enrol(store: Store, wish: dict[str, Any]) -> Device:
    """Exchange a one-time code for the right to use the token that the device made itself.

    Asking again with the same code and the same token gives the same answer, so that an answer
    that got lost does no harm; with another token the code counts as used.

    Raises:
        Refused: the code is wrong, used or expired.
        BadInput: the wish is malformed.
    """
    token, name = wish.get("token"), checked_name(wish.get("name"))
    if (
        not isinstance(token, str)
        or not _SHORTEST_TOKEN <= len(token) <= _LONGEST_TOKEN
        or not token.isascii()
    ):
        raise BadInput(
            _("A token must be a random text of at least {n} characters.").format(n=_SHORTEST_TOKEN)
        )
    code = wish.get("code")
    with store.transaction():
        found = store.connection.execute(statement("device_by_code"), (_code_hash(str(code)),)).fetchone()
        if found is None:
            raise Refused(_("This code is not known here. Check it, or ask for a new one."))
        if found["enrolled_at"] is not None:
            if hmac.compare_digest(found["token_hash"] or "", _hash(token)) and found["ended"] is None:
                return _device(found)
            raise Refused(_("This code was used already. Ask for a new one."))
        if found["code_expires"] < now():
            raise Refused(_("This code has expired. Ask for a new one."))
        if store.connection.execute(statement("device_by_token"), (_hash(token),)).fetchone() is not None:
            raise Refused(_("This token is of another device. Make a new working copy."))
        subscription = _subscription(wish, found["bbox"])
        or_new = wish.get("or_new") is True
        device_id = _device_id(store, wish.get("device_id"), found["device_id"], or_new=or_new)
        values = (device_id, name, _hash(token), subscription, now(), now(), found["code_hash"])
        store.connection.execute(statement("enrol_device"), values)
        record(store, "enrol", who=device_id, role=found["role"])
        return _device(store.connection.execute(statement("device_by_id"), (device_id,)).fetchone())


def device_of(store: Store, token: str) -> Device:
    """Return the device that a token belongs to.

    Raises:
        Refused: the token is not known.
        DeviceLost: its device was reported lost.
    """
    found = store.connection.execute(statement("device_by_token"), (_hash(token),)).fetchone()
    if found is None:
        raise Refused(_("This device is not known here. Enrol it with a new code."))
    if found["ended"] == LOST:
        raise DeviceLost(_device(found))
    if found["token_expires"] is not None and found["token_expires"] < now():
        raise Refused(_("This token has expired. Ask an administrator for a new one."))
    return _device(found)


def device_by_id(store: Store, device_id: str) -> Device | None:
    """Return the device with that id, or None."""
    found = store.connection.execute(statement("device_by_id"), (device_id,)).fetchone()
    return None if found is None else _device(found)


def list_devices(store: Store) -> list[dict[str, Any]]:
    """Return all devices and open codes, for people: name, role, area, when seen, how ended.

    `copied` tells that two copies of its working copy speak, since `copied_at`. Of a device that ended
    it says how many of its changes are `confirmed` here, when it said that all was delivered and wiped
    (retired) or was told to wipe itself (lost), and that what it never sent is `unknown`, unless it
    said that it had delivered everything and was wiped.
    """
    devices, confirmed = [], None
    for row in store.connection.execute(statement("list_devices")):
        device = dict(row)
        for key in ("bbox", "subscription"):
            device[key] = None if device[key] is None else json.loads(device[key])
        device["copied"] = device["copied_at"] is not None
        if device["ended"] is not None:
            confirmed = _confirmed(store) if confirmed is None else confirmed
            device["confirmed"] = confirmed.get(device["device_id"], 0)
            device["unsent"] = "unknown" if device["wiped_at"] is None else 0
        devices.append(device)
    return devices


def _confirmed(store: Store) -> dict[str, int]:
    rows = store.connection.execute(statement("confirmed_by_device"))
    return {row["device"]: row["confirmed"] for row in rows}


def end_device(store: Store, device_id: str, how: str, *, by: Device | None = None) -> None:
    """End a device: `retired` (it delivers what it holds) or `lost` (its token is dead at once).

    A retired device may be reported lost afterwards; a lost one stays lost.

    Raises:
        BadInput: there is no such device.
    """
    with store.transaction():
        found = store.connection.execute(statement("device_by_id"), (device_id,)).fetchone()
        if found is None:
            raise BadInput(_("There is no device {id}.").format(id=device_id[:80]))
        if found["ended"] not in (how, LOST):
            store.connection.execute(statement("end_device"), (how, now(), device_id))
        record(store, "end", **_by(by), device=device_id, how=how, result=found["ended"] or "done")


def seen(store: Store, device: Device, pulled: int = 0) -> None:
    """Note that a device spoke, and up to where in the log it durably holds what it fetched."""
    with store.transaction():
        store.connection.execute(statement("device_seen"), (now(), device.device_id))
        store.connection.execute(statement("device_has_pulled"), (pulled, device.device_id, pulled))


def greet(store: Store, device: Device, ticket: str, visit: str, *, anew: bool) -> tuple[str, bool]:
    """Follow the tickets of a device; return the one to hand out, and whether another copy speaks too."""
    with store.transaction():
        row = store.connection.execute(statement("device_by_id"), (device.device_id,)).fetchone()
        found = tickets.greet(row["tickets"], ticket, visit, anew=anew)
        store.connection.execute(statement("set_device_tickets"), (found.state, device.device_id))
        if found.found != tickets.SAME:
            what = "copied" if found.found == tickets.COPIED else "older or copied file"
            record(store, "greet", who=device.device_id, role=device.role, result=what)
        if found.found == tickets.COPIED:
            store.connection.execute(statement("device_copied"), (now(), device.device_id))
    return found.ticket, found.found == tickets.COPIED


def note_told(store: Store, device: Device) -> None:
    """Note, the first time, that a lost device was told to wipe itself."""
    with store.transaction():
        if store.connection.execute(statement("device_told"), (now(), device.device_id)).rowcount:
            record(store, "tell to wipe", who=device.device_id, role=device.role)


def note_ending(store: Store, device: Device, step: str) -> None:
    """Note that a retired device has `delivered` everything, or has `wiped` itself: then its token dies.

    Raises:
        Refused: the device is not retired.
    """
    if device.ended != RETIRED:
        raise Refused(_("This device was not retired; it keeps what it has."))
    with store.transaction():
        name = "device_wiped" if step == "wiped" else "device_delivered"
        store.connection.execute(statement(name), (now(), device.device_id))
        record(store, step, who=device.device_id, role=device.role)


def _checked_limits(role: str, bbox: object, days: object) -> Bbox | None:
    """Check role and days, and return the area."""
    if role not in ROLES:
        raise BadInput(
            _("“{role}” is no role; choose from {roles}.").format(role=role, roles=", ".join(ROLES))
        )
    if days is not None and (type(days) is not int or not 1 <= days <= _MOST_DAYS):
        raise BadInput(_("Give a whole number of days from 1 to {n}.").format(n=_MOST_DAYS))
    return checked_bbox(bbox)


def checked_name(name: object) -> str:
    """Return a name of a device.

    Raises:
        BadInput: it is empty or too long.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput(_("Give the device a name of at most {n} characters.").format(n=_LONGEST_NAME))
    return name.strip()


def checked_bbox(bbox: object) -> Bbox | None:
    """Return an area as (minx, miny, maxx, maxy), or None for None.

    Raises:
        BadInput: it is no area.
    """
    if bbox is None:
        return None
    if isinstance(bbox, list | tuple) and len(bbox) == 4 and all(map(_is_coordinate, bbox)):
        minx, miny, maxx, maxy = (float(value) for value in bbox)
        if minx < maxx and miny < maxy:
            return minx, miny, maxx, maxy
    raise BadInput(_("An area is four numbers in RD: smallest x and y, largest x and y."))


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _FARTHEST


def _subscription(wish: dict[str, Any], area_json: str | None) -> str | None:
    """Return what the device subscribes to, its wish cut to the area it may see."""
    bbox, kinds = checked_bbox(wish.get("bbox")), wish.get("kinds")
    if kinds is not None and (
        not isinstance(kinds, list) or not all(kind in ENTITIES for kind in map(str, kinds))
    ):
        raise BadInput(_("“kinds” must be a list of kinds of objects."))
    area = None if area_json is None else json.loads(area_json)
    if area is not None and bbox is not None:
        cut = [max(area[0], bbox[0]), max(area[1], bbox[1]), min(area[2], bbox[2]), min(area[3], bbox[3])]
        if cut[0] >= cut[2] or cut[1] >= cut[3]:
            raise Refused(_("The area asked for lies outside the area that this code is for."))
        bbox = (cut[0], cut[1], cut[2], cut[3])
    return _as_json({"bbox": bbox or area, "kinds": kinds}) if bbox or area or kinds else None


def _device_id(store: Store, wanted: object, made: str, *, or_new: bool) -> str:
    """Return the id of a device that enrols: the one it wants where nobody has it, else a new one."""
    if wanted is None:
        return made
    if not is_uuid(wanted):
        raise BadInput(_("“{key}” must be a UUID in lower case.").format(key="device_id"))
    is_taken = store.connection.execute(statement("device_by_id"), (wanted,)).fetchone() is not None
    if not is_taken and wanted != store.device_id:
        return str(wanted)
    if or_new:
        return made
    raise Refused(_("A device with this id is enrolled already. Make a new working copy."))


def _device(row: Any) -> Device:
    subscription = json.loads(row["subscription"]) if row["subscription"] else {}
    area, bbox, kinds = row["bbox"], subscription.get("bbox"), subscription.get("kinds")
    return Device(
        row["device_id"],
        row["name"],
        row["role"],
        None if area is None else tuple(json.loads(area)),
        None if bbox is None else tuple(bbox),
        None if kinds is None else frozenset(kinds),
        row["ended"],
        row["days"],
        row["kind"] == "client",
        row["ended_at"],
    )


def _by(device: Device | None) -> dict[str, Any]:
    return {} if device is None else {"who": device.device_id, "role": device.role}


def _instant(ahead: timedelta) -> str:
    return (datetime.now(timezone.utc) + ahead).isoformat(timespec="seconds").replace("+00:00", "Z")


def _as_json(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _code_hash(code: str) -> str:
    """Hash a code as typed: capitals, hyphens and spaces do not matter."""
    return _hash("code:" + "".join(letter for letter in code.upper() if letter.isalnum()))
