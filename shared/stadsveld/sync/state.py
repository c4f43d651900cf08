"""The canonical dump of a file's state: two files that hold the same changes give the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ..model import ENTITIES
from ..store import Store, statement
from .changes import canonical_json
from .merge import heads_of


def dump(store: Store) -> Iterator[str]:
    """Yield one line of canonical JSON per row, sorted by entity and id, and one per conflict.

    Without derived values, local ids, drafts, and changes that were refused.
    """
    for name in sorted(ENTITIES):
        columns = ("id", *ENTITIES[name].captured)
        for row in store.connection.execute(statement("rows_sorted", name, columns=columns)):
            fields = {key: _plain(row[key]) for key in columns if key != "id" and row[key] is not None}
            yield canonical_json({"entity": name, "id": row["id"], "fields": fields}) + "\n"
    for row in store.connection.execute(statement("list_conflicts")).fetchall():
        yield _conflict(store, row["entity"], row["entity_id"], row["field"]) + "\n"


def dump_hash(store: Store) -> str:
    """Return the SHA-256 of the canonical dump."""
    digest = hashlib.sha256()
    for line in dump(store):
        digest.update(line.encode())
    return digest.hexdigest()


def _conflict(store: Store, entity: str, entity_id: str, field: str) -> str:
    heads = heads_of(store, entity, entity_id).get(field, [])
    values = [[head.change_id, head.value] for head in heads]
    return canonical_json({"conflict": field, "entity": entity, "id": entity_id, "heads": values})


def _plain(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value


__all__ = ["dump", "dump_hash"]
