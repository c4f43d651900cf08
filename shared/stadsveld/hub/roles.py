"""What each role may write and read, as data."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import ENTITIES

READER, INSPECTOR, PLANNER, ADMINISTRATOR = "reader", "inspector", "planner", "administrator"
#: Stands for all fields of a kind, and for its rows coming and going.
WHOLE: frozenset[str] | None = None
_WORK: dict[str, frozenset[str] | None] = dict.fromkeys(
    ("inspection", "damage", "defect", "sensor_check", "calibration", "task", "photo"), WHOLE
)
_ALL: dict[str, frozenset[str] | None] = dict.fromkeys(ENTITIES, WHOLE)

#: Role -> the kinds it may write: wholly, or only some fields of rows that are there. What an
#: inspector sees of a road's pavement is better than what the register does not know.
WRITES: dict[str, dict[str, frozenset[str] | None]] = {
    READER: {},
    INSPECTOR: {**_WORK, "road_section": frozenset({"pavement"})},
    PLANNER: _ALL,
    ADMINISTRATOR: _ALL,
}
OPEN, RESTRICTED, CLOSED = "open", "restricted", "closed"
#: Role -> the access classes of datasets whose rows it may read.
READS: dict[str, frozenset[str]] = {
    READER: frozenset({OPEN}),
    INSPECTOR: frozenset({OPEN, RESTRICTED}),
    PLANNER: frozenset({OPEN, RESTRICTED}),
    ADMINISTRATOR: frozenset({OPEN, RESTRICTED, CLOSED}),
}
#: Roles that may send register rows and dataset records.
WRITE_REGISTERS = frozenset({PLANNER, ADMINISTRATOR})
ROLES = tuple(WRITES)


def may_write(role: str, entity: str, fields: Iterable[str]) -> bool:
    """Return whether the role may make a change of these fields (`_exists` among them) of a kind."""
    kinds = WRITES.get(role, {})
    if entity not in kinds:
        return False
    allowed = kinds[entity]  # None is WHOLE
    return allowed is None or allowed.issuperset(fields)


def may_read(role: str, access_class: str | None) -> bool:
    """Return whether the role may read a dataset: no class counts as open, an unknown one as closed."""
    known = access_class if access_class in {None, OPEN, RESTRICTED} else CLOSED
    return (known or OPEN) in READS.get(role, frozenset())
