"""A GeoPackage for a contractor, and what comes back in it.

`give` writes what a role may read of some kinds, without personal fields, and keeps a copy of it beside the
store, with the changes that each field came from. `take` compares what comes back with that copy. What
differs becomes changes whose parents are those of then, so that work of others since merges like any other.
What GIS tools alter on their way is no difference: order and case of columns, other row numbers, the spelling
of numbers and dates, empty texts, texts cut off at 254 characters, heights, single parts as multiple ones,
rings begun elsewhere or reversed.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import BadInput, StoreError
from ..jobs import Progress
from ..model import ENTITIES, Entity, id_from_register, is_uuid, new_id
from ..sources.register.gpkg import Layer, read_geopackage
from ..sources.register.gpkg_writer import NewLayer, write_geopackage
from ..store import Store
from ..store.store import Bbox, now
from ..sync import EXISTS, Change, Merge, seal
from ..sync.changes import canonical_json
from ..sync.clock import Clock
from ..sync.merge import heads_of
from ..text import _
from .devices import Device
from .exchange_values import as_column, same, value_of
from .moving import follow
from .visibility import Visibility

_GIVEN = "stadsveld_given"
_SQL_TYPES = {"int": "INTEGER", "bool": "BOOLEAN", "real": "DOUBLE"}
_LEFT_OUT = frozenset({"blob"})
#: Characters to which a Shapefile cuts names, and most mistakes that are told of at once.
_SHORT_NAME, _MOST_TOLD = 10, 20

Row = dict[str, Any]
Heads = dict[str, dict[str, dict[str, list[str]]]]


@dataclass
class Taken:
    """What came back.

    Attributes:
        new, changed, deleted: objects by kind.
        again: differences that were taken before.
        added_columns, missing_columns: by kind; added ones are not taken, missing ones are no change.
        missing_layers: kinds that are not in the file; they are no deletion.
        changes: changes that were made.
    """

    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    again: int = 0
    added_columns: dict[str, list[str]] = field(default_factory=dict)
    missing_columns: dict[str, list[str]] = field(default_factory=dict)
    missing_layers: list[str] = field(default_factory=list)
    changes: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it for a command."""
        return asdict(self)


def give(
    store: Store,
    path: Path,
    kinds: Sequence[str],
    *,
    role: str = "reader",
    bbox: Bbox | None = None,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Write what a role may read as a GeoPackage, and return the number of rows by kind.

    Args:
        store: the store, central or not.
        path: the file to make.
        kinds: entities.
        role: what it may read goes along (`hub/roles.py`).
        bbox: only what lies there, or belongs to what does (EPSG:28992).
        progress: told how far it is.

    Raises:
        BadInput: a kind is not known.
        StoreError: a file cannot be written.
    """
    progress = progress or Progress()
    unknown = sorted(set(kinds) - ENTITIES.keys())
    if unknown or not kinds:
        raise BadInput(_("“{kind}” is not a kind of object.").format(kind=", ".join(unknown)))
    seal(store)
    given, heads, layers = new_id(), {}, []
    visible = Visibility(store, Device("", "", role, bbox, bbox))
    for number, kind in enumerate(kinds):
        progress.report(number / len(kinds), _("writing {kind}").format(kind=kind))
        rows = [row for row in store.rows(kind) if visible.has(kind, row["id"])]
        layers.append(_layer(ENTITIES[kind], rows))
        heads[kind] = {row["id"]: _heads(store, kind, row["id"]) for row in rows}
    layers.append(NewLayer(_GIVEN, None, [("given", "TEXT"), ("at", "TEXT")], [(None, [given, now()])]))
    _write(store, path, given, layers, {"kinds": list(kinds), "heads": heads})
    return {kind: len(found) for kind, found in heads.items()}


def take(
    store: Store,
    path: Path,
    *,
    actor: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Taken:
    """Take what differs from what was given; all of it or nothing, and a second time nothing.

    Args:
        store: the store that gave it.
        path: the GeoPackage that came back.
        actor: pseudonymous name of whom the changes are of; the store's own when None.
        dry_run: only say what would be taken.
        progress: told how far it is.

    Raises:
        BadInput: it is no GeoPackage, was not given by this store, or rows are wrong: all are named.
    """
    progress = progress or Progress()
    seal(store)
    given, facts = _given_for(store, path)
    taken, made = Taken(), []
    mistakes: list[str] = []
    for number, kind in enumerate(facts["kinds"]):
        progress.report(number / len(facts["kinds"]), _("comparing {kind}").format(kind=kind))
        comparison = _Comparison(given, ENTITIES[kind], _folder(store) / f"{given}.gpkg", path, taken)
        made += comparison.differences(facts["heads"][kind])
        mistakes += comparison.mistakes
    if mistakes:
        more = _("and {n} more").format(n=len(mistakes) - _MOST_TOLD) if len(mistakes) > _MOST_TOLD else ""
        raise BadInput("\n".join([*mistakes[:_MOST_TOLD], *filter(None, [more])]), file=path)
    if not dry_run:
        _merge(store, made, actor or store.setting("actor") or store.device_id, taken)
    return taken


def _layer(entity: Entity, rows: list[Row]) -> NewLayer:
    columns = [("id", "TEXT"), *((name, _SQL_TYPES.get(kind, "TEXT")) for name, kind in _fields(entity))]
    values = [
        (row.get("geom"), [row["id"], *(as_column(row.get(name)) for name, _kind in _fields(entity))])
        for row in rows
    ]
    return NewLayer(entity.name, entity.geometry, columns, values)


def _fields(entity: Entity) -> list[tuple[str, str]]:
    """Return name and kind of what is given of an entity."""
    return [
        (each.name, each.kind)
        for each in entity.fields
        if not each.derived and not each.personal and each.kind not in _LEFT_OUT
    ]


def _heads(store: Store, kind: str, row_id: str) -> dict[str, list[str]]:
    return {name: [head.change_id for head in found] for name, found in heads_of(store, kind, row_id).items()}


def _folder(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".given")


def _write(store: Store, path: Path, given: str, layers: list[NewLayer], facts: dict[str, Any]) -> None:
    """Write the file and, first, the copy that stays here."""
    folder = _folder(store)
    part = path.with_name(f"{path.name}.{given}.part")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_geopackage(part, layers)
        shutil.copyfile(part, folder / f"{given}.gpkg")
        (folder / f"{given}.json").write_text(json.dumps(facts), encoding="utf-8")
        part.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(_("{file} cannot be written: {error}").format(file=path, error=error)) from error
    finally:
        part.unlink(missing_ok=True)


def _given_for(store: Store, path: Path) -> tuple[str, dict[str, Any]]:
    """Return the copy that a file came from: by its own mark, else by the ids in it, the latest first."""
    layers = _layers(path)
    marked = layers.get(_GIVEN)
    known = sorted((file.stem for file in _folder(store).glob("*.json")), reverse=True)
    mark = (
        None
        if marked is None or not marked.rows
        else dict(zip(marked.headings, marked.rows[0][1], strict=True))
    )
    wanted = [str(mark.get("given"))] if mark else known
    ids = {str(cell) for layer in layers.values() for _fid, cells, _geom in layer.rows for cell in cells}
    for given in wanted:
        facts_file = _folder(store) / f"{given}.json"
        if given not in known:
            continue
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
        if mark or any(not ids.isdisjoint(rows) for rows in facts["heads"].values()):
            return given, facts
    raise BadInput(_("This store did not give out that file, or its ids are gone from it."), file=path)


def _layers(path: Path) -> dict[str, Layer]:
    names: list[str] = []

    def all_names(found: Sequence[str]) -> str:
        names.extend(found)
        if not found:
            raise BadInput(_("There is no layer in it."), file=path)
        return found[0]

    read_geopackage(path, all_names)
    return {name: read_geopackage(path, lambda _found, name=name: name) for name in names}  # type: ignore[misc]


class _Comparison:
    """Compares one kind as it was given with what came back."""

    def __init__(self, given: str, entity: Entity, copy: Path, path: Path, taken: Taken) -> None:
        self._given, self._entity, self._taken = given, entity, taken
        self._fields = dict(_fields(entity))
        self._before = self._rows_before(copy)
        self._layer = self._returned(path)
        self.mistakes: list[str] = []

    def differences(self, heads: dict[str, dict[str, list[str]]]) -> list[Change]:
        """Return the changes that the differences amount to; stamps and author come later."""
        name = self._entity.name
        if self._layer is None:
            self._taken.missing_layers.append(name)
            return []
        made, seen = [], set()
        for row_id, values in self._rows_now():
            seen.add(row_id)
            before = self._before.get(row_id)
            if before is None:
                made.append(self._change(row_id, {**_filled(values), EXISTS: True}, {}))
                self._taken.new[name] = self._taken.new.get(name, 0) + 1
                continue
            fields = {key: value for key, value in values.items() if not same(value, before[key])}
            if fields:
                made.append(self._change(row_id, fields, heads.get(row_id, {})))
                self._taken.changed[name] = self._taken.changed.get(name, 0) + 1
        for row_id in sorted(self._before.keys() - seen):
            made.append(self._change(row_id, {EXISTS: False}, heads.get(row_id, {})))
            self._taken.deleted[name] = self._taken.deleted.get(name, 0) + 1
        return made

    def _change(self, row_id: str, fields: Row, heads: dict[str, list[str]]) -> Change:
        """A deletion names the heads of all it saw; the id follows from what it says, so twice is once."""
        named = (
            heads if fields.get(EXISTS) is False else {name: heads[name] for name in fields if name in heads}
        )
        parents = {name: tuple(ids) for name, ids in named.items() if ids}
        said = f"{self._given}/{self._entity.name}/{row_id}/{canonical_json(fields)}"
        change_id = id_from_register("exchange", said)
        return Change(change_id, self._entity.name, row_id, fields, parents, "", "", 0)

    def _rows_before(self, copy: Path) -> dict[str, Row]:
        layer = read_geopackage(copy, lambda _names: self._entity.name)
        found = {}
        for fid, cells, geometry in layer.rows:
            row = dict(zip(layer.headings, cells, strict=True))
            found[row["id"]] = self._values(row, geometry, f"{fid}")
        return found

    def _returned(self, path: Path) -> Layer | None:
        """Return the layer of this kind: by its name, or the only one that holds its ids."""
        layers = {name.lower(): layer for name, layer in _layers(path).items() if name != _GIVEN}
        if self._entity.name in layers:
            return layers[self._entity.name]
        mine = self._before.keys()
        holding = [
            layer
            for layer in layers.values()
            if any(not mine.isdisjoint(cells) for _f, cells, _g in layer.rows)
        ]
        return holding[0] if len(holding) == 1 else None

    def _rows_now(self) -> Iterator[tuple[str, Row]]:
        """Yield (id, values of the columns that are there) of every row; note what is wrong."""
        layer = self._layer
        if layer is None:
            return
        names = self._names(layer.headings)
        if "id" not in names.values():
            self.mistakes.append(_("{kind}: the column “id” is gone.").format(kind=self._entity.name))
            return
        if self._entity.geometry and layer.epsg not in (None, 28992) and layer.rows:
            text = _("{kind}: it is in EPSG:{epsg}; save it in RD New (EPSG:28992).")
            self.mistakes.append(text.format(kind=self._entity.name, epsg=layer.epsg))
            return
        seen: set[str] = set()
        for fid, cells, geometry in layer.rows:
            named = {
                names[head]: cell for head, cell in zip(layer.headings, cells, strict=True) if head in names
            }
            row_id = str(named.pop("id") or "").strip("{} ").lower()
            if not is_uuid(row_id) or row_id in seen:
                # New here, or a copy of a row that kept its id.
                row_id = id_from_register("exchange", f"{self._given}/{self._entity.name}/row {fid}")
            seen.add(row_id)
            try:
                yield row_id, self._values(named, geometry, str(fid))
            except BadInput as error:
                self.mistakes.append(str(error))
                seen.add(row_id)

    def _names(self, headings: Sequence[str]) -> dict[str, str]:
        """Return heading -> field, and note columns that were added or are gone."""
        wanted = ["id", *self._fields]
        short = {name[:_SHORT_NAME]: name for name in wanted}
        found: dict[str, str] = {}
        for heading in headings:
            name = heading.lower()
            name = name if name in wanted else short.get(name, name)
            if name in wanted and name not in found.values():
                found[heading] = name
        added = [heading for heading in headings if heading not in found]
        missing = [name for name in self._fields if name not in found.values()]
        for columns, told in ((added, self._taken.added_columns), (missing, self._taken.missing_columns)):
            if columns:
                told[self._entity.name] = columns
        return found

    def _values(self, row: Row, geometry: bytes | None, place: str) -> Row:
        where = _("{kind}, row {number}").format(kind=self._entity.name, number=place)
        values = {}
        for name, cell in row.items():
            if name in self._fields:
                values[name] = value_of(self._fields[name], name, cell, where)
        if self._entity.geometry:
            values["geom"] = value_of("geom", self._entity.name, geometry, where)
        return values


def _filled(values: Row) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _merge(store: Store, made: list[Change], actor: str, taken: Taken) -> None:
    with store.transaction(capture=False):
        clock, merge = Clock(store), Merge(store)
        merge.expect(made)
        for change in made:
            if merge.known(change.change_id) is not None:
                taken.again += 1
                continue
            merge.add(replace(change, actor=actor, device=store.device_id, hlc=clock.next()))
            taken.changes += 1
        merge.finish()
        clock.save()
        if store.setting("epoch") is not None:
            follow(store)


__all__ = ["Taken", "give", "take"]
