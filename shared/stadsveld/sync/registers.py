"""Register rows between files: whole rows of dated dataset editions, beside people's changes.

The row of the greatest (edition date, edition, dataset id) wins. A field that changes own is not
overwritten; what the register says of it is kept beneath them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import BadInput
from ..model import ENTITIES, Entity, is_uuid
from ..store import Store, base_values, keep_base_values, statement
from ..store.belonging import deciding_fields
from ..text import _
from .changes import canonical_json
from .merge import Merge, heads_of, owned_fields, register_columns
from .values import is_of_type

Table = dict[str, Any]
Rank = tuple[str, str, str]
_MOST_ROWS = 100_000


def tables_of(store: Store, keys: Iterable[tuple[str, str]]) -> list[Table]:
    """Return register rows for the wire: per entity its columns and rows; missing rows are left out."""
    tables: dict[str, Table] = {}
    for name, row_id in keys:
        entity = ENTITIES[name]
        values = base_values(store.connection, name, row_id)
        row = store.get(name, row_id)
        if row is None and not values:
            continue
        columns = entity.captured
        if name not in tables:
            tables[name] = {"entity": name, "columns": ["id", *columns], "rows": []}
        current = [
            values.get(column) if column in values else _plain((row or {}).get(column)) for column in columns
        ]
        tables[name]["rows"].append([row_id, *current])
    return list(tables.values())


def datasets_of(store: Store) -> list[dict[str, Any]]:
    """Return all dataset records as they came, beneath people's changes; not those born of changes."""
    records = list(store.rows("dataset"))
    if store.connection.execute(statement("has_heads"), ("dataset",)).fetchone() is not None:
        records = [record for record in records if _is_beneath(store, record)]
    return sorted(records, key=lambda record: str(record["id"]))


def _is_beneath(store: Store, record: dict[str, Any]) -> bool:
    """Leave of a record what changes own, and tell whether anything stays."""
    base = base_values(store.connection, "dataset", record["id"])
    for name in owned_fields(store, "dataset", record["id"]):
        if name in record:
            record[name] = base.get(name)
    return any(value is not None for name, value in record.items() if name != "id")


def digest_of(datasets: Sequence[Mapping[str, Any]]) -> str:
    """Return a short hash by which the other side sees whether it holds the same dataset records."""
    return hashlib.sha256(canonical_json(list(datasets)).encode()).hexdigest()[:24]


def check_tables(datasets: object, tables: object) -> None:
    """Check what arrived.

    Raises:
        BadInput: it is no list of register rows; nothing was written.
    """
    if not isinstance(datasets, list) or not isinstance(tables, list):
        raise BadInput(_("“datasets” and “tables” must be lists."))
    for record in datasets:
        _check_dataset(record)
    for table in tables:
        _check_table(table)


def apply_datasets(store: Store, datasets: Iterable[Mapping[str, Any]]) -> int:
    """Write dataset records that are new or updated later; use inside a transaction without capture."""
    written = 0
    for record in datasets:
        row_id = record["id"]
        row, base = store.get("dataset", row_id), base_values(store.connection, "dataset", row_id)
        known = {**(row or {}), **base}
        fields = {name: value for name, value in record.items() if name != "id"}
        newer = (record.get("updated") or "") >= (known.get("updated") or "")
        if newer and (not known or any(known.get(name) != value for name, value in fields.items())):
            _put_dataset(store, row_id, fields, is_here=row is not None)
            written += 1
    return written


def _put_dataset(store: Store, row_id: str, fields: dict[str, Any], *, is_here: bool) -> None:
    """Write a dataset record, beneath what changes own of it."""
    owned = owned_fields(store, "dataset", row_id)
    if owned and not is_here:
        keep_base_values(store.connection, "dataset", row_id, fields)
        Merge(store).materialise("dataset", row_id, owned)
        return
    beneath = {name: value for name, value in fields.items() if name in owned}
    if beneath:
        keep_base_values(store.connection, "dataset", row_id, beneath)
    store.put("dataset", row_id, {name: value for name, value in fields.items() if name not in owned})


class RegisterRows:
    """Writes register rows that arrived; use inside a transaction without capture.

    Args:
        store: the file.
        log: write to the log that others fetch from (the central store).
    """

    def __init__(self, store: Store, *, log: bool) -> None:
        self._store = store
        self._log = log
        self._datasets = {row["id"]: row for row in store.rows("dataset")}
        self._execute = store.connection.execute

    def apply(self, tables: Iterable[Table]) -> int:
        """Write tables of rows; return how many rows were written."""
        return sum(self._apply_table(table) for table in tables)

    def _apply_table(self, table: Table) -> int:
        entity = ENTITIES.get(table["entity"])
        if entity is None:
            return 0
        positions = [
            (place, name)
            for place, name in enumerate(table["columns"])
            if name == "id" or name in entity.captured
        ]
        names = tuple(name for _place, name in positions)
        has_changes = self._execute(statement("has_heads"), (entity.name,)).fetchone() is not None
        is_empty = self._store.count(entity.name) == 0
        fresh: list[tuple[Any, ...]] = []
        written = 0
        for row in table["rows"]:
            values = {name: row[place] for place, name in positions}
            if has_changes or not is_empty:
                current = self._store.get(entity.name, values["id"])
                heads = heads_of(self._store, entity.name, values["id"]) if has_changes else {}
                if current is not None or heads:
                    written += self._over(entity, values, current, set(heads))
                    continue
            fresh.append(tuple(_columns(entity, values).values()))
        self._store.connection.executemany(statement("insert_row", entity.name, columns=names), fresh)
        if self._log:
            logged = ((entity.name, row[names.index("id")]) for row in fresh)
            self._store.connection.executemany(statement("log_row"), logged)
        return written + len(fresh)

    def _over(
        self, entity: Entity, values: dict[str, Any], current: dict[str, Any] | None, owned: set[str]
    ) -> int:
        """Write a row over one that is here, or beneath changes; 0 if it is older or the same."""
        columns = _columns(entity, values)
        row_id = values.pop("id")
        base = base_values(self._store.connection, entity.name, row_id)
        before = {name: _plain(value) for name, value in (current or {}).items()} | base
        known = before.get("dataset_id")
        if known is not None and self._rank(values.get("dataset_id")) < self._rank(known):
            return 0
        if all(before.get(name) == value for name, value in values.items()) and (current or base):
            return 0
        if current is None:
            keep_base_values(self._store.connection, entity.name, row_id, values)
            Merge(self._store).materialise(entity.name, row_id, owned)
        else:
            beneath = {name: value for name, value in values.items() if name in owned}
            if beneath:
                keep_base_values(self._store.connection, entity.name, row_id, beneath)
            free = {name: columns[name] for name in values if name not in owned}
            if free:
                sql = statement("update_row", entity.name, columns=tuple(free))
                self._execute(sql, (*free.values(), row_id))
        if self._log:
            self._execute(statement("forget_logged_row"), (entity.name, row_id))
            self._execute(statement("log_row"), (entity.name, row_id))
            if any(before.get(name) != values.get(name) for name in deciding_fields(entity.name)):
                self._execute(statement("log_moved"), (entity.name, row_id))
        return 1

    def _rank(self, dataset_id: Any) -> Rank:
        dataset = self._datasets.get(dataset_id) or {}
        return (dataset.get("edition_date") or "", dataset.get("edition") or "", dataset_id or "")


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _check_table(table: object) -> None:
    if not isinstance(table, dict) or not isinstance(table.get("entity"), str):
        raise BadInput(_("A table of register rows must name its kind."))
    entity = ENTITIES.get(table["entity"])
    columns, rows = table.get("columns"), table.get("rows")
    if entity is None or not entity.register:
        raise BadInput(_("“{entity}” holds no register rows.").format(entity=table["entity"][:80]))
    if not isinstance(columns, list) or not isinstance(rows, list) or len(rows) > _MOST_ROWS:
        raise BadInput(
            _("A table of register rows must have columns and at most {n} rows.").format(n=_MOST_ROWS)
        )
    if (
        not all(isinstance(name, str) for name in columns)
        or "id" not in columns
        or len(set(columns)) != len(columns)
    ):
        raise BadInput(_("The columns of register rows must be names, with “id” among them."))
    unknown = next((name for name in columns if name != "id" and name not in entity.captured), None)
    if unknown is not None:
        raise BadInput(_("{entity} has no field {fields}.").format(entity=entity.name, fields=unknown[:80]))
    place = columns.index("id")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(columns) or not is_uuid(row[place]):
            raise BadInput(_("A register row must have a UUID as its id and a value for every column."))
        if not all(map(_is_plain, row)):
            raise BadInput(_("A value of this row cannot be stored."), place=f"{entity.name} {row[place]}")


def _check_dataset(record: object) -> None:
    entity = ENTITIES["dataset"]
    if not isinstance(record, dict) or not is_uuid(record.get("id")):
        raise BadInput(_("A register row must have a UUID as its id and a value for every column."))
    for name, value in record.items():
        if name != "id" and name not in entity.captured:
            reason = _("{entity} has no field {fields}.").format(entity="dataset", fields=str(name)[:80])
            raise BadInput(reason)
        if not _is_plain(value):
            raise BadInput(_("A value of this row cannot be stored."), place=f"{entity.name} {record['id']}")


def _columns(entity: Entity, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a row that arrived as the columns store them.

    Raises:
        BadInput: a geometry is damaged or of another type, or a binary value is not hexadecimal.
    """
    geometry = values.get("geom")
    try:
        if geometry is not None and not is_of_type(entity, bytes.fromhex(geometry)):
            raise BadInput(_("The geometry must be of the type {type}.").format(type=entity.geometry))
        return register_columns(entity, values)
    except (BadInput, ValueError, TypeError) as error:
        raise BadInput(
            _("A geometry or binary value cannot be read: {error}").format(error=error),
            place=f"{entity.name} {values['id']}",
        ) from error


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return False
        return True
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    return value is None or (isinstance(value, float) and value - value == 0)
