"""`stadsveld import register`, `import readings` and `import sections`: the municipality's own data."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..jobs import Progress
from ..sources.register import KINDS
from ..sources.register import Mapping as ColumnMapping
from ..store import Store
from ..text import _
from ..work.import_readings import import_readings
from ..work.import_register import import_register
from ..work.sections import sections_from_bgt


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `import register`, `import readings` and `import sections`."""
    register = subparsers.add_parser(
        "register", help=_("the municipality's own road sections, structures or sensors")
    )
    register.add_argument("file", type=Path, help=_("CSV, XLSX, GeoPackage or Shapefile"))
    register.add_argument("--kind", choices=KINDS, required=True)
    register.add_argument("--mapping", type=Path, help=_("JSON with columns and values"))
    register.add_argument("--sheet", help=_("sheet or layer"))
    _add_common(register)
    register.add_argument("--name", help=_("name of the municipality's registers; it is remembered"))
    register.set_defaults(run=_import_register)

    readings = subparsers.add_parser("readings", help=_("readings of sensors from CSV"))
    readings.add_argument("file", type=Path, help=_("CSV with the readings"))
    readings.add_argument("--series", type=Path, help=_("CSV with a row per series"))
    _add_common(readings)
    readings.add_argument("--name", help=_("name of the municipality's registers; it is remembered"))
    readings.set_defaults(run=_import_readings)

    sections = subparsers.add_parser("sections", help=_("road sections and bridges that follow from the BGT"))
    _add_common(sections)
    sections.set_defaults(run=_derive_sections)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=Path, required=True, help=_("the store; made if it is not there"))
    parser.add_argument("--json", action="store_true", help=_("print one JSON object"))


def _import_register(arguments: argparse.Namespace) -> int:
    mapping = _mapping(arguments.mapping)

    def work(store: Store, progress: Progress) -> Mapping[str, Any]:
        return import_register(
            store, arguments.file, arguments.kind, name=arguments.name, mapping=mapping,
            sheet=arguments.sheet, progress=progress,
        ).as_dict()  # fmt: skip

    return _run(arguments, work)


def _import_readings(arguments: argparse.Namespace) -> int:
    def work(store: Store, progress: Progress) -> Mapping[str, Any]:
        return import_readings(
            store, arguments.file, series_file=arguments.series, name=arguments.name, progress=progress
        ).as_dict()

    return _run(arguments, work)


def _derive_sections(arguments: argparse.Namespace) -> int:
    return _run(arguments, lambda store, progress: sections_from_bgt(store, progress).as_dict())


def _mapping(file: Path | None) -> ColumnMapping | None:
    if file is None:
        return None
    try:
        return ColumnMapping.from_json(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput(_("The mapping cannot be read: {why}.").format(why=wrong), file=file) from wrong
    except BadInput as wrong:
        raise BadInput(wrong.reason, file=file) from wrong


def _run(arguments: argparse.Namespace, work: Callable[[Store, Progress], Mapping[str, Any]]) -> int:
    """Open or make the store, do the work and print the report."""
    is_new = not arguments.store.exists()
    store = Store.create(arguments.store) if is_new else Store.open(arguments.store)
    is_done = False
    try:
        report = work(store, Progress())
        is_done = True
    finally:
        store.close()
        if is_new and not is_done:
            arguments.store.unlink(missing_ok=True)
    if arguments.json:
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(report)) + "\n")
    return 0


def _lines(report: Mapping[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines += [f"{indent}{name}: {len(value)}", *(f"{indent}  {_line(item)}" for item in value)]
        else:
            lines.append(f"{indent}{name}: {value}")
    return lines


def _line(item: Any) -> str:
    if isinstance(item, Mapping):
        return ", ".join(f"{name} {value}" for name, value in item.items())
    return str(item)
