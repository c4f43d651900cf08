"""Norm tables that a city has a licence for: from its CSV or XLSX file into a pack of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from ..errors import BadInput, MissingComponent
from ..norms import checked_pack
from ..norms.tables import (
    NUMBER,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    SCHEMAS,
    TEXT,
    TRUTH,
    WHOLE,
    WORDS,
    TablePack,
    make_pack,
    pack_as_json,
    source_of,
)
from ..sources.register.tables import SourceRow, read_table
from ..text import _

_LANGUAGES = ("nl", "en")
_TRUTHS = {"ja": True, "nee": False, "true": True, "false": False, "1": True, "0": False}
#: What a template explains in Dutch, by what a column holds.
_UITLEG = {
    TEXT: "tekst, verplicht",
    WHOLE: "heel getal, verplicht",
    NUMBER: "getal, met punt of komma, verplicht",
    OPTIONAL_NUMBER: "getal, met punt of komma; leeg = geen grens",
    OPTIONAL_TEXT: "tekst; leeg = geen",
    TRUTH: "ja of nee, verplicht",
    WORDS: "tekst, verplicht",
}
_INLEIDING = (
    "Vul één regel per rij van de tabel in; laat de kopregel staan.",
    "Neem de waarden over uit uw eigen gelicentieerde uitgave; dit bestand blijft van u.",
    "De kolom “verified” is ja als iemand de rij met de uitgave heeft vergeleken.",
    "De kolom “source” noemt de bladzijde of tabel van de uitgave.",
)


def columns_of(pack: TablePack, table: str) -> dict[str, str]:
    """Return the columns of the file for a table of a pack, and what each holds.

    Raises:
        BadInput: packs of this kind have no such table.
    """
    schema = SCHEMAS[pack.kind].get(table)
    if schema is None:
        tables = ", ".join(SCHEMAS[pack.kind])
        raise BadInput(
            _("The norm pack has no table “{table}”; it has {tables}.").format(table=table, tables=tables)
        )
    columns: dict[str, str] = {}
    for name, holds in {**schema, "verified": TRUTH, "source": TEXT}.items():
        if holds == WORDS:
            columns.update({f"{name}_{language}": WORDS for language in _LANGUAGES})
        else:
            columns[name] = holds
    return columns


def write_template(pack: TablePack, table: str, path: Path) -> list[Path]:
    """Write an empty table to fill in, with instructions in Dutch; return the files written.

    Args:
        pack: the pack that the table is of; its own rows serve as the example.
        table: name of the table.
        path: `.csv` (the instructions come beside it) or `.xlsx` (on a sheet of their own).

    Raises:
        BadInput: no such table, or the file exists or is of another kind.
        MissingComponent: XLSX needs openpyxl.
    """
    columns = columns_of(pack, table)
    if path.exists():
        raise BadInput(_("The file exists already; choose another name."), file=path)
    lines = [*_INLEIDING, "", *(f"{name}: {_UITLEG[holds]}" for name, holds in columns.items())]
    rows = [list(columns), *([_cell(row, name) for name in columns] for row in pack.tables[table])]
    if path.suffix.lower() == ".xlsx":
        _write_xlsx(path, rows, lines)
        return [path]
    if path.suffix.lower() != ".csv":
        raise BadInput(_("Choose a file that ends in .csv or .xlsx."), file=path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    beside = path.with_suffix(".uitleg.txt")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [path, beside]


def import_table(
    pack: TablePack, table: str, file: Path, *, pack_id: str, edition: str, source: str, licence: str
) -> dict[str, Any]:
    """Return a pack as JSON: `pack` with one table from a file, checked as a whole.

    Args:
        pack: the pack to build on.
        table: name of the table to replace.
        file: CSV or XLSX with the columns of `columns_of`.
        pack_id: id of the new pack.
        edition: which edition the rows follow.
        source: where the rows come from.
        licence: under which terms the city may use them.

    Raises:
        BadInput: a row cannot be read, or the rows leave a gap or contradict each other.
    """
    columns = columns_of(pack, table)
    read = read_table(file)
    missing = [name for name in columns if name not in read.headings]
    if missing:
        text = _("The file lacks the columns {columns}. Make a template with: {command}")
        command = f"stadsveld norm template {pack.id} {table} {file.stem}.csv"
        raise BadInput(text.format(columns=", ".join(missing), command=command), file=file)
    rows = [_row(row, read.headings, columns, file) for row in read.rows if not row.is_empty()]
    data = deepcopy(pack_as_json(pack))
    data.update(id=pack_id, edition=edition, source=source, licence=licence, example=False)
    data["tables"][table] = rows
    checked_pack(make_pack(data, file))
    return data


def write_pack(data: Mapping[str, Any], path: Path) -> None:
    """Write a pack to a file of its own, whole or not at all.

    Raises:
        BadInput: the file exists already.
    """
    if path.exists():
        raise BadInput(_("The file exists already; choose another name."), file=path)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def _row(row: SourceRow, headings: list[str], columns: Mapping[str, str], file: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    cells = dict(zip(headings, row.cells, strict=False))
    for name, holds in columns.items():
        try:
            value = _value(cells.get(name), holds)
        except ValueError as error:
            text = _("“{column}” cannot be “{value}”: it must be {what}.")
            reason = text.format(column=name, value=cells.get(name), what=_UITLEG[holds])
            raise BadInput(reason, file=file, place=_("row {number}").format(number=row.place)) from error
        stem, _low, language = name.rpartition("_")
        if holds == WORDS:
            found.setdefault(stem, {})[language] = value
        else:
            found[name] = value
    return found


def _value(cell: Any, holds: str) -> Any:
    """Return a cell as a pack writes it; raises ValueError where it cannot be."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        if holds in (OPTIONAL_NUMBER, OPTIONAL_TEXT):
            return None
        raise ValueError(holds)
    if holds == WHOLE:
        number = float(text.replace(",", "."))
        if not number.is_integer():
            raise ValueError(text)
        return int(number)
    if holds in (NUMBER, OPTIONAL_NUMBER):
        text = text.replace(",", ".")
        float(text)
        return text
    if holds == TRUTH:
        if text.lower() not in _TRUTHS:
            raise ValueError(text)
        return _TRUTHS[text.lower()]
    return text


def _cell(row: Mapping[str, Any], name: str) -> Any:
    if name == "source":
        return source_of(row)
    if name in row:
        value = row[name]
        return ("ja" if value else "nee") if isinstance(value, bool) else value
    stem, _low, language = name.rpartition("_")
    return row[stem][language]


def _write_xlsx(path: Path, rows: list[list[Any]], lines: list[str]) -> None:
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise MissingComponent(
            _("Writing Excel files needs openpyxl: install it with “pip install openpyxl”, or use CSV.")
        ) from error
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "tabel"
    for row in rows:
        sheet.append(row)
    explained = book.create_sheet("uitleg")
    for line in lines:
        explained.append([line])
    book.save(path)
