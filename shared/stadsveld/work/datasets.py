"""Editions of the municipality's own registers in a store: their name, their dataset, their rows.

The rows of a register get ids from the register's name and their own number, so the name must stay
the same from import to import: the store remembers it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import geo
from ..errors import BadInput
from ..model import id_from_register
from ..store import Store, statement
from ..store.store import now
from ..text import _

#: The setting that holds the name of the municipality's own registers.
_NAME = "register_name"
#: Name where nobody gave one.
DEFAULT_NAME = "gemeente"

Row = dict[str, Any]


@dataclass
class Mutations:
    """How an import changed the rows of one entity."""

    new: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    #: Values of the register that stand back for what people entered.
    kept: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts for a report."""
        return {name: getattr(self, name) for name in ("new", "changed", "ended", "unchanged", "kept")}


@dataclass
class Edition:
    """All rows of one entity in a new edition of a dataset.

    Attributes:
        entity: their entity.
        rows: id -> values by field; `geom` as canonical WKB.
        is_whole: whether rows that are not in it have ended; else it only adds and updates.
        keep: ids that are not in the edition and must not end (their row in the file is wrong).
    """

    entity: str
    rows: dict[str, Row] = field(default_factory=dict)
    is_whole: bool = True
    keep: set[str] = field(default_factory=set)


def register_name(store: Store, given: str | None = None) -> str:
    """Return the name of the municipality's own registers in this store, and remember it.

    Raises:
        BadInput: if another name is `given` than the store remembers: all ids would change.
    """
    known = store.setting(_NAME)
    if given is not None and known is not None and given != known:
        reason = _(
            "The registers in this store are called “{known}”; under the name “{given}” every object would "
            "become another one. Leave the name out, or use another store."
        )
        raise BadInput(reason.format(known=known, given=given))
    used = known or given or DEFAULT_NAME
    if known is None:
        with store.transaction():
            store.set_setting(_NAME, used)
    return used


def own_id(name: str, entity: str, number: str) -> str:
    """Return the id of the object with this number in the municipality's own register."""
    return id_from_register(f"{name}/{entity}", number)


def bgt_id(local_id: str) -> str:
    """Return the id of a BGT object."""
    return id_from_register("bgt", local_id)


def put_dataset(store: Store, dataset_id: str, fields: Row) -> None:
    """Create or update a dataset row as part of an import; without changes it stays as it is."""
    known = store.get("dataset", dataset_id)
    if known is not None and all(known.get(name) == value for name, value in fields.items()):
        return
    with store.transaction(capture=False):
        store.put("dataset", dataset_id, {**fields, "updated": now()})


def write_edition(store: Store, dataset_id: str, edition: Edition, on: str) -> Mutations:
    """Bring the rows of a dataset to a new edition: insert, update, end; ids never change.

    What people changed on a row stays. Use inside `transaction(capture=False)`.

    Args:
        store: the store.
        dataset_id: the dataset.
        edition: the rows as they are now.
        on: date (ISO) on which rows that are gone end.
    """
    done = Mutations()
    if edition.is_whole:
        known = {row["id"]: row for row in store.rows(edition.entity, dataset_id=dataset_id)}
    else:
        found = (store.get(edition.entity, row_id) for row_id in edition.rows)
        known = {row["id"]: row for row in found if row is not None}
    owned = _owned(store, edition.entity)
    writer = store.register_writer(edition.entity, dataset_id)
    fresh: list[tuple[str, Row]] = []
    for row_id, fields in edition.rows.items():
        before = known.pop(row_id, None)
        if before is None and row_id in owned:
            done.kept += len(fields)  # People deleted it, and that stands.
            continue
        if before is None:
            fresh.append((row_id, fields))
            continue
        differs = {
            name: value
            for name, value in {**fields, "ended": None}.items()
            if not _same(before.get(name), value)
        }
        kept = set(differs) & owned.get(row_id, set())
        done.kept += len(kept)
        free = {name: value for name, value in differs.items() if name not in kept}
        if free:
            writer.update(row_id, free)
            done.changed += 1
        else:
            done.unchanged += 1
    _insert(writer, fresh)
    done.new = len(fresh)
    for row_id, row in known.items():
        if row["ended"] is None and row_id not in edition.keep:
            writer.end(row_id, on)
            done.ended += 1
    return done


def _owned(store: Store, entity: str) -> dict[str, set[str]]:
    """Return id -> fields that people changed, sealed into changes or still to be."""
    owned: dict[str, set[str]] = {}
    for row in store.connection.execute(statement("owned_fields"), (entity,)):
        owned.setdefault(row["entity_id"], set()).add(row["field"])
    for row in store.connection.execute(statement("captured")):
        if row["entity"] == entity:
            owned.setdefault(row["entity_id"], set()).add(row["field"])
    return owned


def _insert(writer: Any, fresh: list[tuple[str, Row]]) -> None:
    """Insert rows in bulk, those with the same fields together."""
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row_id, fields in fresh:
        values = [
            geo.blob_from_wkb(value) if name == "geom" and value is not None else _stored(value)
            for name, value in fields.items()
        ]
        groups.setdefault(("id", *fields), []).append((row_id, *values))
    for columns, rows in groups.items():
        writer.insert(columns, rows)


def _stored(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, float) or isinstance(after, float):
        return before is not None and after is not None and abs(float(before) - float(after)) < 1e-9
    return bool(before == after)
