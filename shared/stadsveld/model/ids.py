"""Identities: UUIDs that are never remapped.

What has a registration id gets UUIDv5(register, id), so that two desks that import the same
register make the same objects. What is born here gets a UUIDv7, which sorts by time of birth
(RFC 9562, sections 5.5 and 5.7).
"""

from __future__ import annotations

import os
import re
import time
import uuid

#: Namespace of all register ids: UUIDv5 of the DNS name "stadsveld.nl". Never changes.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "stadsveld.nl")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def id_from_register(register: str, registration_id: str) -> str:
    """Return the identity of the object that `register` knows as `registration_id`.

    Args:
        register: short name of the register, e.g. `bgt`, or `zwolle/wegen` for a city's own.
        registration_id: the id in that register, exactly as registered.
    """
    return str(uuid.uuid5(NAMESPACE, f"{register}:{registration_id}"))


def new_id() -> str:
    """Return a new UUIDv7: 48 bits of Unix time in milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def is_uuid(text: object) -> bool:
    """Tell whether `text` is an RFC 9562 UUID in canonical (lower-case) form."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
