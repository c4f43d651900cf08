"""From a table to the records of a register: checked, converted, with what is wrong per row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...model import entity
from ...text import _
from . import amsterdam, values
from .geometry import GeometryReader
from .mapping import Mapping, guess_mapping, personal_columns, plain
from .records import Problem, Record, Register
from .tables import SourceRow, Table, VectorReader, read_table

#: Prefix of a field -> the entity it belongs to.
_PARTS = {"element": "structure_element", "component": "component"}
_TOGETHER = ("wkt", "x", "y", "latitude", "longitude", "bgt_local_id", "level", "asset_kind", "asset_number")


def read_register(
    file: Path,
    kind: str,
    *,
    mapping: Mapping | None = None,
    sheet: str | None = None,
    vector_reader: VectorReader | None = None,
) -> Register:
    """Read a register.

    Args:
        file: CSV, XLSX, GeoPackage or Shapefile.
        kind: `road_section`, `structure` or `sensor`.
        mapping: how to read its columns; guessed from the headings without.
        sheet: sheet or layer.
        vector_reader: reads Shapefiles in the place of our own reader.

    Raises:
        BadInput: if the file cannot be read or is refused as a whole: no column with numbers, a
            number twice, both decimal signs in a column, numbers that became dates.
        MissingComponent: if a library for this kind of file is not installed.
    """
    table = read_table(file, sheet, vector_reader)
    if kind == "sensor" and mapping is None and amsterdam.recognises(table.headings):
        return amsterdam.read(table)
    return _Reader(table, mapping or guess_mapping(table.headings, kind), kind).read()


@dataclass
class _Column:
    """A column that is read: where it is, and how its cells become values."""

    place: int
    heading: str
    convert: Callable[[Any], Any]


class _Reader:
    """Reads one table with one mapping."""

    def __init__(self, table: Table, mapping: Mapping, kind: str) -> None:
        if mapping.kind != kind:
            reason = _("This mapping is for “{theirs}”, not for “{ours}”.")
            raise BadInput(reason.format(theirs=mapping.kind, ours=kind), file=table.file)
        self._table = table
        self._mapping = mapping
        self._kind = kind
        self._columns = self._find_columns()
        self._geometry = GeometryReader(table.file, table.epsg, entity(kind).geometry or "POINT")

    def read(self) -> Register:
        """Return all records, and what is wrong with the rows that are not among them."""
        register = Register(self._table.file, self._kind, self._mapping, remarks=list(self._table.remarks))
        used = {column.heading for column in self._columns.values()}
        register.left_out = [name for name in self._table.headings if name and name not in used]
        personal = [name for name in personal_columns(self._table.headings) if name in register.left_out]
        if personal:
            text = _("Columns with data about persons were not imported: {names}.")
            register.remarks.append(text.format(names=", ".join(personal)))
        for row in self._table.rows:
            record = self._record(row, register.problems)
            if record is not None:
                register.records.append(record)
        check_numbers(register)
        return register

    def _find_columns(self) -> dict[str, _Column]:
        headings = self._table.headings
        columns: dict[str, _Column] = {}
        for heading, name in self._mapping.columns.items():
            matches = [place for place, found in enumerate(headings) if plain(found) == plain(heading)]
            if matches:
                convert = self._converter(name, matches[0], headings[matches[0]])
                columns[name] = _Column(matches[0], headings[matches[0]], convert)
        if "number" not in columns:
            reason = _(
                "No column holds the number of the object. Columns: {headings}. "
                "Say in a mapping which one it is."
            )
            raise BadInput(reason.format(headings=", ".join(filter(None, headings))), file=self._table.file)
        return columns

    def _converter(self, name: str, place: int, heading: str) -> Callable[[Any], Any]:
        """Return how the cells of a column become values of the field."""
        cells = [(row.place, row.cells[place]) for row in self._table.rows]
        kind = _kind_of(self._kind, name)
        if name == "number" or name.endswith(".number"):
            values.check_identifiers(cells, heading, self._table.file)
            return values.identifier
        if kind in ("real", "int"):
            sign = values.decimal_sign(cells, heading, self._table.file)
            convert = values.number if kind == "real" else values.whole
            return lambda cell: convert(cell, sign)
        if kind == "code":
            return lambda cell: self._code(name, cell)
        return {"date": values.day, "bool": values.yes_or_no}.get(kind, values.text)

    def _code(self, name: str, cell: Any) -> str | None:
        text = values.text(cell)
        if text is None:
            return None
        code = self._mapping.code(name, text)
        if code is None:
            reason = _("nobody knows what “{value}” means; add it to the mapping")
            raise values.WrongCell(reason.format(value=text))
        return code

    def _record(self, row: SourceRow, problems: list[Problem]) -> Record | None:
        """Return the record of a row, or None after reporting what is wrong with it."""
        number = values.identifier(row.cells[self._columns["number"].place])
        wrong = list(self._wrong_shape(row, number))
        found: dict[str, Any] = {}
        for name, column in self._columns.items():
            try:
                found[name] = column.convert(row.cells[column.place])
            except values.WrongCell as reason:
                wrong.append(_("column “{heading}”: {why}").format(heading=column.heading, why=reason))
        geometry = None
        try:
            geometry = self._geometry.read(row.geometry, found)
        except values.WrongCell as reason:
            wrong.append(str(reason))
        if wrong:
            problems.append(Problem(row.place, number, "; ".join(wrong)))
            return None
        return self._made(row, number, found, geometry)

    def _wrong_shape(self, row: SourceRow, number: str) -> Iterator[str]:
        if not number:
            yield _("the row has no number")
        if row.surplus:
            yield _("the row has more cells than there are headings")

    def _made(self, row: SourceRow, number: str, found: dict[str, Any], geometry: bytes | None) -> Record:
        fields = {
            name: value
            for name, value in found.items()
            if name not in _TOGETHER and "." not in name and name != "number"
        }
        parts = {
            prefix: {
                name.partition(".")[2]: value
                for name, value in found.items()
                if name.startswith(prefix + ".")
            }
            for prefix in _PARTS
        }
        links = split_ids(found.get("bgt_local_id"))
        asset = None
        if found.get("asset_kind") and found.get("asset_number"):
            asset = (str(found["asset_kind"]), str(found["asset_number"]))
        return Record(row.place, number, fields, geometry, links, found.get("level"), parts, asset)


def _kind_of(kind: str, name: str) -> str:
    """Return the kind of a field, by the model."""
    if name in ("x", "y", "latitude", "longitude"):
        return "real"
    if name == "level":
        return "int"
    if name == "asset_kind":
        return "code"
    if name in ("wkt", "bgt_local_id", "asset_number"):
        return "text"
    prefix, _dot, rest = name.rpartition(".")
    return entity(_PARTS.get(prefix, kind)).field(rest).kind


def split_ids(cell: str | None) -> tuple[str, ...]:
    """Return the BGT local ids in a cell, separated by spaces, commas, semicolons or bars."""
    for sign in ",;|\n":
        cell = (cell or "").replace(sign, " ")
    return tuple(dict.fromkeys((cell or "").split()))


def check_numbers(register: Register) -> None:
    """Refuse a register in which a number occurs twice; a structure may have a row per component.

    Raises:
        BadInput: naming both rows; or if two rows disagree about one structure.
    """
    seen: dict[tuple[str, ...], int] = {}
    objects: dict[str, Record] = {}
    rows: list[Record] = sorted(register.records + _wrong_rows(register), key=lambda row: row.place)
    for record in rows:
        key = (record.number, *record.part_key())
        if key in seen:
            reason = _(
                "Number {number} occurs twice, in row {first} and row {second}. "
                "Give every object a number of its own; nothing was imported."
            )
            shown = " / ".join(filter(None, key))
            raise BadInput(
                reason.format(number=shown, first=seen[key], second=record.place), file=register.file
            )
        seen[key] = record.place
        first = objects.setdefault(record.number, record)
        if not record.fields or not first.fields:
            continue
        if (first.fields, first.links) != (record.fields, record.links):
            reason = _(
                "Rows {first} and {second} disagree about {number}. Make them equal; nothing was imported."
            )
            raise BadInput(
                reason.format(first=first.place, second=record.place, number=record.number),
                file=register.file,
            )


def _wrong_rows(register: Register) -> list[Record]:
    """Return the rows with mistakes as far as their number goes, which may occur once as well."""
    if any(any(record.parts.values()) for record in register.records):
        return []
    return [Record(wrong.place, wrong.number, {}) for wrong in register.problems if wrong.number]
