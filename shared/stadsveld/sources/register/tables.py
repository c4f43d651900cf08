"""Reads CSV, XLSX, GeoPackage and Shapefile into one form: headings and rows of cells."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import BadInput, MissingComponent
from ...text import _
from .gpkg import read_geopackage
from .shapefile import read_shapefile

#: No register is larger than this once unpacked; what is, is no register.
_LARGEST = 512 * 1024 * 1024
_LONGEST_CELL = 4 * 1024 * 1024
_DELIMITERS = ";\t,|"


@dataclass(frozen=True)
class SourceRow:
    """One row of a table.

    Attributes:
        place: its number as the person sees it (a line of a CSV, a row of a sheet, a fid).
        cells: texts, numbers, dates or None, one per heading.
        geometry: WKB in the CRS of the table, or None.
        surplus: cells beyond the last heading that hold something.
    """

    place: int
    cells: tuple[Any, ...]
    geometry: bytes | None = None
    surplus: tuple[Any, ...] = ()

    def is_empty(self) -> bool:
        """Tell whether nothing is in it."""
        return self.geometry is None and not any(cell not in (None, "") for cell in self.cells)


@dataclass
class Table:
    """A table of a file.

    Attributes:
        file: where it came from.
        headings: as written; repeated ones stay repeated.
        rows: all rows.
        epsg: CRS of the geometries, or None where the file does not say.
        remarks: what a person should know about how it was read.
    """

    file: Path
    headings: list[str]
    rows: list[SourceRow]
    epsg: int | None = None
    remarks: list[str] = field(default_factory=list)


#: Reads a Shapefile by other means: (file, layer) -> headings, (values, WKB) rows, EPSG.
VectorReader = Callable[
    [Path, "str | None"], tuple[Sequence[str], Iterable[tuple[Sequence[Any], "bytes | None"]], "int | None"]
]


def read_table(file: Path, sheet: str | None = None, vector_reader: VectorReader | None = None) -> Table:
    """Read a table by the ending of its file name.

    Args:
        file: .csv, .txt, .xlsx, .gpkg or .shp.
        sheet: sheet or layer; by default the only one, or the first that looks like a register.
        vector_reader: reads Shapefiles in the place of our own reader (OGR, in QGIS).

    Raises:
        BadInput: if it cannot be read, is empty, or is of another kind.
        MissingComponent: if a library for it is not installed.
    """
    readers = {".csv": _read_csv, ".txt": _read_csv, ".xlsx": _read_xlsx, ".gpkg": _read_gpkg}
    ending = file.suffix.lower()
    try:
        if file.stat().st_size == 0:
            raise BadInput(_("The file is empty."), file=file)
        if ending == ".shp":
            table = _read_shapefile(file, sheet, vector_reader)
        elif ending in readers:
            table = readers[ending](file, sheet)
        else:
            reason = _("A register is a CSV, XLSX, GeoPackage or Shapefile, not a file “{ending}”.")
            raise BadInput(reason.format(ending=ending), file=file)
    except FileNotFoundError as absent:
        raise BadInput(_("There is no such file."), file=file) from absent
    except PermissionError as denied:
        raise BadInput(_("You may not read this file; ask for access to it."), file=file) from denied
    except OSError as failed:
        raise BadInput(
            _("The file cannot be read: {why}.").format(why=failed.strerror), file=file
        ) from failed
    table.rows = [row for row in table.rows if not row.is_empty()]
    if not table.headings or not table.rows:
        raise BadInput(_("There are no rows below the headings."), file=file)
    return table


def _read_csv(file: Path, sheet: str | None) -> Table:
    """Read a CSV; the encoding and the separator are found from the file."""
    text, remarks = _decoded(file)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    limit = csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    place = 1
    try:
        for cells in reader:
            rows.append((place, [cell.strip() for cell in cells]))
            place = reader.line_num + 1
    except csv.Error as wrong:
        raise BadInput(str(wrong), file=file, place=_row_place(place)) from wrong
    finally:
        csv.field_size_limit(limit)
    return _with_headings(file, rows, remarks)


def _decoded(file: Path) -> tuple[str, list[str]]:
    data = file.read_bytes()
    if len(data) > _LARGEST:
        raise BadInput(_("The file is too large for a register."), file=file)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), []
    if b"\0" in data[:4096] or data.startswith(b"PK\x03\x04"):
        raise BadInput(
            _("This is no text; save the register as CSV, or give the file its own ending."), file=file
        )
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        remark = _("The file is not in UTF-8; it was read as Windows-1252. Check names with accents.")
        return data.decode("cp1252", "replace"), [remark]


def _with_headings(file: Path, rows: Sequence[tuple[int, Sequence[Any]]], remarks: list[str]) -> Table:
    """Take the first row with something in it as headings."""
    filled = (
        place for place, (_row, cells) in enumerate(rows) if any(cell not in (None, "") for cell in cells)
    )
    start = next(filled, None)
    if start is None:
        return Table(file, [], [], None, remarks)
    headings = ["" if cell is None else str(cell).strip() for cell in rows[start][1]]
    while headings and not headings[-1]:
        headings.pop()
    width = len(headings)
    found = []
    below = start + 1
    for place, cells in rows[below:]:
        kept = (*cells[:width], *[None] * (width - len(cells)))
        surplus = tuple(cell for cell in cells[width:] if cell not in (None, ""))
        found.append(SourceRow(place, kept, None, surplus))
    return Table(file, headings, found, None, remarks)


def _read_xlsx(file: Path, sheet: str | None) -> Table:
    try:
        import openpyxl
    except ImportError as missing:
        reason = _(
            "Reading Excel files needs openpyxl: install it with “pip install openpyxl”, or save as CSV."
        )
        raise MissingComponent(reason) from missing
    _check_zip(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (
        KeyError,
        ValueError,
        zipfile.BadZipFile,
        openpyxl.utils.exceptions.InvalidFileException,
    ) as wrong:
        raise BadInput(_("This is no Excel workbook, or it is damaged."), file=file) from wrong
    try:
        name = _choose(file, sheet, book.sheetnames, "Sensorregistratie")
        rows = []
        for place, cells in enumerate(book[name].iter_rows(values_only=True), 1):
            texts = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
            if any(cell not in (None, "") for cell in texts):
                rows.append((place, texts))
        return _with_headings(file, rows, [])
    finally:
        book.close()


def _check_zip(file: Path) -> None:
    """Refuse what unpacks to more than any register holds, before unpacking it."""
    try:
        with zipfile.ZipFile(file) as book:
            size = sum(entry.file_size for entry in book.infolist())
    except zipfile.BadZipFile as wrong:
        raise BadInput(_("This is no Excel workbook, or it is damaged."), file=file) from wrong
    if size > _LARGEST:
        raise BadInput(_("The file is too large for a register."), file=file)


def _choose(file: Path, wanted: str | None, names: Sequence[str], preferred: str = "") -> str:
    """Return the sheet or layer to read."""
    if wanted is not None:
        if wanted not in names:
            reason = _("There is no sheet or layer “{name}”; there are: {names}.")
            raise BadInput(reason.format(name=wanted, names=", ".join(names)), file=file)
        return wanted
    if not names:
        raise BadInput(_("There is no sheet or layer in it."), file=file)
    return preferred if preferred in names else names[0]


def _read_gpkg(file: Path, sheet: str | None) -> Table:
    layer = read_geopackage(file, lambda names: _choose(file, sheet, names))
    rows = [SourceRow(place, tuple(cells), geometry) for place, cells, geometry in layer.rows]
    return Table(file, layer.headings, rows, layer.epsg)


def _read_shapefile(file: Path, sheet: str | None, vector_reader: VectorReader | None) -> Table:
    headings, rows, epsg = vector_reader(file, sheet) if vector_reader else read_shapefile(file)
    found = [SourceRow(place, tuple(values), geometry) for place, (values, geometry) in enumerate(rows, 1)]
    return Table(file, list(headings), found, epsg)


def _row_place(place: int) -> str:
    return _("row {number}").format(number=place)
