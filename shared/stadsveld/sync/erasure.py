"""Erasing personal data that slipped in: a change that dominates the value wherever it meets it."""

from __future__ import annotations

from typing import Any

from ..errors import BadInput, Refused
from ..model import ENTITIES
from ..store import Store, statement
from ..text import _
from .capture import seal
from .changes import ERASES, EXISTS
from .making import make_change
from .merge import heads_of

_ADMINISTRATOR = "administrator"


def erase(store: Store, entity: str, entity_id: str, field: str, replacement: Any = None) -> str:
    """Erase every value that a field of a thing ever had; return the id of the change that does it.

    Here at once, elsewhere as the change arrives: in the central store, working copies, bundles and
    restored backups. Erasing the hash of a photo erases its file too. What stays is who changed the
    field when, without the values.

    Args:
        store: the central store, or the working copy of an administrator.
        entity: kind of the thing.
        entity_id: its id.
        field: the field whose values go.
        replacement: the value to have from now on, as a change carries it; nothing when None.

    Raises:
        Refused: this working copy is not an administrator's.
        BadInput: no change of that field holds a value.
    """
    if store.setting("epoch") is None and store.setting("role") != _ADMINISTRATOR:
        raise Refused(_("Only an administrator may erase what was recorded."))
    if entity not in ENTITIES or field not in ENTITIES[entity].captured:
        raise BadInput(_("{entity} has no field {fields}.").format(entity=entity[:80], fields=field[:80]))
    with store.transaction(capture=False):
        seal(store)
        found = store.connection.execute(statement("values_of_field"), (entity, entity_id, field))
        change_ids = [row["change_id"] for row in found]
        if not change_ids:
            raise BadInput(_("Nobody changed “{field}” of this object.").format(field=field))
        heads = heads_of(store, entity, entity_id)
        seen = {name: heads[name] for name in (field, ERASES) if name in heads}
        gone = heads.get(EXISTS, []) and heads[EXISTS][0].value is False
        fields = {ERASES: {field: change_ids}} | ({} if gone else {field: replacement})
        change = make_change(store, entity, entity_id, fields, seen)
        _empty_drafts(store, entity_id, field)
    remove_erased_photos(store)
    return change.change_id


def remove_erased_photos(store: Store) -> int:
    """Remove the files of photos whose hash was erased; return how many went."""
    removed = 0
    for row in store.connection.execute(statement("erased_photos")).fetchall():
        removed += store.photos.remove(row["sha256"])
        with store.transaction():
            store.connection.execute(statement("forget_erased_photo"), (row["sha256"],))
    return removed


def _empty_drafts(store: Store, entity_id: str, field: str) -> None:
    for draft in store.drafts():
        if draft["entity_id"] == entity_id and field in draft["fields"]:
            kept = {name: value for name, value in draft["fields"].items() if name != field}
            store.save_draft(draft["draft_id"], draft["entity"], entity_id, kept)
