"""Who may see the file of a photo, and who may deliver it: decided by the rows that tell of it."""

from __future__ import annotations

import sqlite3

from ..store import Store, statement
from .devices import Device
from .roles import may_write
from .visibility import Visibility, in_area

_PHOTO = "photo"


def may_see_photo(store: Store, device: Device, sha256: str) -> bool:
    """Tell whether a device may see a row that tells of a photo: by its role, its area, its access class."""
    visible = Visibility(store, in_area(device))
    return any(visible.has(_PHOTO, row["id"]) for row in _rows(store, device, sha256))


def may_send_photo(store: Store, device: Device, sha256: str) -> bool:
    """Tell whether a device may deliver a photo: it may see it, or wrote of it before it moved away."""
    rows = _rows(store, device, sha256)
    return any(row["is_own"] for row in rows) or may_see_photo(store, device, sha256)


def has_row(store: Store, sha256: str) -> bool:
    """Tell whether a row tells of a photo."""
    return store.connection.execute(statement("photo_known"), (sha256,)).fetchone() is not None


def may_take_photos(role: str) -> bool:
    """Tell whether a role may write rows that tell of photos."""
    return may_write(role, _PHOTO, ("sha256",))


def _rows(store: Store, device: Device, sha256: str) -> list[sqlite3.Row]:
    named = {"device": device.device_id, "sha256": sha256}
    return store.connection.execute(statement("rows_of_photo"), named).fetchall()
