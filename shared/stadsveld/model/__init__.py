"""What exists: the entities of the store, their fields, code lists and identities.

The entities are data (`entities.ENTITIES`). The store makes its tables from them, sync its changes,
the apps their forms and layers; a new field is added here and nowhere else.
"""

from .codes import CODES, CodeList
from .entities import BGT_ENTITIES, ENTITIES, Entity, Field, entity
from .ids import id_from_register, is_uuid, new_id
from .times import dutch_time, instant_of_dutch

__all__ = [
    "BGT_ENTITIES",
    "CODES",
    "ENTITIES",
    "CodeList",
    "Entity",
    "Field",
    "dutch_time",
    "entity",
    "id_from_register",
    "instant_of_dutch",
    "is_uuid",
    "new_id",
]
