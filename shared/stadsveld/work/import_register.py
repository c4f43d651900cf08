"""Imports the municipality's own register of road sections, structures or sensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from .. import geo
from ..errors import BadInput, MissingComponent
from ..jobs import Progress
from ..model import id_from_register
from ..sources.register import Mapping, Record, Register, VectorReader, read_register
from ..store import Store
from ..text import _
from . import links as linking
from .datasets import Edition, Mutations, Row, own_id, put_dataset, register_name, write_edition

#: Setting that keeps the column mapping of a kind.
_MAPPING = "register_mapping/"
_NEVER_INSPECTED = {
    "road_section": {"condition": "not_inspected"},
    "structure": {"condition": "not_inspected"},
}
#: What follows from the BGT where there is no register; its first entity is the object's.
_DERIVED = {
    "road_section": ("road_section", "asset_link"),
    "structure": ("structure", "structure_element", "component", "asset_link"),
}
_TITLES = {"road_section": "wegvakonderdelen", "structure": "kunstwerken", "sensor": "sensoren"}


@dataclass
class RegisterReport:
    """What an import did.

    Attributes:
        kind: entity of the objects.
        name: name of the register.
        rows: rows in the file that hold something.
        imported: objects in this edition.
        refused: rows that were not taken, each with its reason.
        remarks: what a person should know.
        left_out: columns that were not read.
        mutations: per entity what changed.
        links: links with the BGT: confirmed, proposed, absent (given, but not in the store).
        mapping: column -> field as used.
    """

    kind: str
    name: str
    rows: int = 0
    imported: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    mutations: dict[str, Mutations] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=lambda: {"confirmed": 0, "proposed": 0, "absent": 0})
    mapping: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data; `mutations` are those of the objects themselves."""
        own = self.mutations.get(self.kind, Mutations()).as_dict()
        return {
            "kind": self.kind, "register": self.name, "rows": self.rows, "imported": self.imported,
            "refused": self.refused, "remarks": self.remarks, "left_out": self.left_out, "mutations": own,
            "mutations_per_entity": {name: found.as_dict() for name, found in self.mutations.items()},
            "links": self.links, "mapping": self.mapping,
        }  # fmt: skip


def import_register(
    store: Store,
    file: Path,
    kind: str,
    *,
    name: str | None = None,
    mapping: Mapping | None = None,
    sheet: str | None = None,
    vector_reader: VectorReader | None = None,
    progress: Progress | None = None,
) -> RegisterReport:
    """Import a register into a store.

    Objects keep their id as long as they keep their number: a repeated import updates and ends.
    Rows with a mistake are reported and leave what the store has as it is.

    Args:
        store: the store.
        file: CSV, XLSX, GeoPackage or Shapefile.
        kind: `road_section`, `structure` or `sensor`.
        name: name of the municipality's registers; remembered, and by default the remembered one.
        mapping: how to read the columns; remembered, and by default the remembered or a guessed one.
        sheet: sheet or layer.
        vector_reader: reads Shapefiles in the place of our own reader.
        progress: told how far it is.

    Raises:
        BadInput: if the file is refused as a whole; the store is as it was.
        MissingComponent: if a library for this file or for joining areas is not installed.
        StoreError: if the store cannot be written; it is as it was.
        Cancelled: if the user stopped; the store is as it was.
    """
    progress = progress or Progress()
    progress.report(0.0, _("Reading the register"))
    register = _read(store, file, kind, mapping, sheet, vector_reader)
    if not register.records:
        first = str(register.problems[0]) if register.problems else ""
        raise BadInput(_("Not one row can be imported. {first}").format(first=first), file=file)
    with store.transaction(capture=False):
        used = register_name(store, name)
        report = _Import(store, register, used, progress.part(0.1, 1.0)).run()
        if register.mapping is not None:
            store.set_setting(_MAPPING + kind, register.mapping.to_json())
    progress.report(1.0, "")
    return report


def saved_mapping(store: Store, kind: str) -> Mapping | None:
    """Return the column mapping that the last import of this kind used, or None."""
    text = store.setting(_MAPPING + kind)
    return None if text is None else Mapping.from_json(text)


def _read(
    store: Store,
    file: Path,
    kind: str,
    mapping: Mapping | None,
    sheet: str | None,
    vector_reader: VectorReader | None,
) -> Register:
    """Read with the given mapping, else the remembered one where it fits, else a guess."""
    saved = mapping or saved_mapping(store, kind)
    if mapping is None and saved is not None:
        try:
            return read_register(file, kind, mapping=saved, sheet=sheet, vector_reader=vector_reader)
        except BadInput:
            # Other headings than last time: a guess may fit, and if it does not, its reason is shown.
            saved = None
    return read_register(file, kind, mapping=saved, sheet=sheet, vector_reader=vector_reader)


class _Import:
    """One import, inside a transaction."""

    def __init__(self, store: Store, register: Register, name: str, progress: Progress) -> None:
        self._store = store
        self._register = register
        self._kind = register.kind
        self._name = name
        self._progress = progress
        self._dataset_id = id_from_register("dataset", f"{name}/{register.kind}")
        self._today = date.today().isoformat()
        columns = dict(register.mapping.columns) if register.mapping else {}
        self._report = RegisterReport(register.kind, name, mapping=columns)

    def run(self) -> RegisterReport:
        """Write everything and return the report."""
        register, report = self._register, self._report
        report.rows = len(register.records) + len(register.problems)
        report.refused = [
            {"row": wrong.place, "number": wrong.number, "reason": wrong.reason}
            for wrong in register.problems
        ]
        report.remarks, report.left_out = list(register.remarks), list(register.left_out)
        objects, links = self._objects()
        editions = [objects, *self._parts(), links]
        report.imported = len(objects.rows)
        self._put_dataset()
        for edition in editions:
            if edition.rows or edition.entity == self._kind or edition.entity == "asset_link":
                self._add(edition)
        if self._kind in _DERIVED:
            self._end_derived()
        return report

    def _add(self, edition: Edition) -> None:
        done = write_edition(self._store, self._dataset_id, edition, self._today)
        self._report.mutations[edition.entity] = done

    def _put_dataset(self) -> None:
        modified = datetime.fromtimestamp(self._register.file.stat().st_mtime, timezone.utc)
        put_dataset(self._store, self._dataset_id, {
            "name": f"{self._name}: {_TITLES[self._kind]}", "register": self._name,
            "edition": self._register.file.name, "edition_date": modified.date().isoformat(),
            "source": self._register.file.name, "owner": self._name, "access_class": "restricted",
            "personal_data": 0,
        })  # fmt: skip

    def _objects(self) -> tuple[Edition, Edition]:
        """Return the objects with their geometry, and their links with the BGT."""
        objects, links = Edition(self._kind), Edition("asset_link")
        first = {record.number: record for record in reversed(self._register.records)}
        for place, (number, record) in enumerate(sorted(first.items())):
            if place % 50 == 0:
                self._progress.report(place / len(first), number)
            object_id = own_id(self._name, self._kind, number)
            fields, found = self._object(record)
            objects.rows[object_id] = fields
            links.rows.update(linking.link_rows(self._name, self._kind, object_id, found))
        objects.keep = {
            own_id(self._name, self._kind, wrong.number) for wrong in self._register.problems if wrong.number
        }
        links.keep = {
            row["id"]
            for row in self._store.rows("asset_link", dataset_id=self._dataset_id)
            if row["asset_id"] in objects.keep
        }
        return objects, links

    def _object(self, record: Record) -> tuple[Row, list[linking.Link]]:
        fields = {"number": record.number, **record.fields, **_NEVER_INSPECTED.get(self._kind, {})}
        geom, links = self._place(record)
        fields["geom"] = geom
        if self._kind == "road_section" and fields.get("area") is None and geom is not None:
            fields["area"] = round(geo.area(geom), 2)
        if self._kind == "sensor":
            fields.update(self._measured(record))
        if self._kind == "structure":
            fields["replacement_value"] = self._value_of(record.number)
        known = self._store.get(self._kind, own_id(self._name, self._kind, record.number))
        if known is not None:
            fields.pop("condition", None)
        return fields, links

    def _place(self, record: Record) -> tuple[bytes | None, list[linking.Link]]:
        """Return the geometry (its own, else that of the linked BGT surfaces) and the links."""
        report = self._report
        if self._kind == "sensor":
            return record.geometry, []
        parts, absent = linking.find_parts(self._store, self._kind, record.links)
        if absent:
            report.links["absent"] += len(absent)
            text = _("{number}: the store has no BGT object {ids}.")
            report.remarks.append(text.format(number=record.number, ids=", ".join(absent)))
        geom = record.geometry if record.geometry is not None else linking.united(parts)
        links = self._links(record, parts, absent, geom)
        for link in links:
            report.links[link.status] += 1
        return geom, links

    def _links(
        self, record: Record, parts: list[linking.Part], absent: list[str], geom: bytes | None
    ) -> list[linking.Link]:
        """Return the given links, else the proposed ones; without an engine only what needs none."""
        try:
            given = linking.given_links(parts, absent, geom)
            if given or geom is None:
                return given
            return linking.proposed_links(self._store, self._kind, geom, record.level)
        except MissingComponent as missing:
            if str(missing) not in self._report.remarks:
                self._report.remarks.append(str(missing))
            return linking.given_links(parts, absent, None)

    def _measured(self, record: Record) -> Row:
        """Return which object a sensor measures, and the BGT object it stands on."""
        found: Row = {"bgt_local_id": record.links[0] if record.links else None}
        if record.asset is not None:
            entity, number = record.asset
            found.update(asset_entity=entity, asset_id=own_id(self._name, entity, number))
        return found

    def _value_of(self, number: str) -> float | None:
        values = [
            record.parts["component"].get("replacement_value")
            for record in self._register.records
            if record.number == number and record.parts.get("component")
        ]
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    def _parts(self) -> list[Edition]:
        """Return the elements and components of structures."""
        elements, components = Edition("structure_element"), Edition("component")
        for record in self._register.records:
            element, component = record.parts.get("element", {}), record.parts.get("component", {})
            if not any(element.values()):
                continue
            key = f"{record.number}/{element.get('number') or element.get('name')}"
            element_id = own_id(self._name, "structure_element", key)
            elements.rows[element_id] = {
                "structure_id": own_id(self._name, "structure", record.number),
                "number": element.get("number"),
                "name": element.get("name") or element.get("number"),
            }
            if any(component.values()):
                part = f"{key}/{component.get('number') or component.get('name')}"
                components.rows[own_id(self._name, "component", part)] = {
                    "element_id": element_id,
                    **component,
                    "name": component.get("name") or component.get("number"),
                }
        wrong = {wrong.number for wrong in self._register.problems if wrong.number}
        for number in wrong:
            for row in self._store.rows(
                "structure_element", structure_id=own_id(self._name, "structure", number)
            ):
                elements.keep.add(row["id"])
                kept = self._store.rows("component", element_id=row["id"])
                components.keep.update(component["id"] for component in kept)
        return [elements, components]

    def _end_derived(self) -> None:
        """End what follows from the BGT: the municipality's own objects take its place."""
        derived = id_from_register("dataset", f"bgt/{self._kind}")
        counts = [
            write_edition(self._store, derived, Edition(entity), self._today).ended
            for entity in _DERIVED[self._kind]
        ]
        if counts[0]:
            text = _("{count} objects that followed from the BGT were ended.")
            self._report.remarks.append(text.format(count=counts[0]))
