"""What each role may write, as data."""

from __future__ import annotations

from ..model import ENTITIES

READER, INSPECTOR, PLANNER, ADMINISTRATOR = "reader", "inspector", "planner", "administrator"
_WORK = frozenset({"inspection", "damage", "defect", "sensor_check", "task", "photo"})
_ALL = frozenset(ENTITIES)

#: Role -> the kinds whose rows it may create, change and delete.
WRITES: dict[str, frozenset[str]] = {
    READER: frozenset(),
    INSPECTOR: _WORK,
    PLANNER: _ALL,
    ADMINISTRATOR: _ALL,
}
#: Roles that may send register rows and dataset records.
WRITE_REGISTERS = frozenset({PLANNER, ADMINISTRATOR})
ROLES = tuple(WRITES)
