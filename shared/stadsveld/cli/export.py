"""`stadsveld export`: results of a store to files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..sources.register import KINDS
from ..store import Store
from ..sync import refuse_expired
from ..text import _
from ..work.export_results import export_results


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `export results`."""
    topic = subparsers.add_parser("export", description=_("Writes results of a store to files."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))
    results = commands.add_parser(
        "results", help=_("last inspection, damages and defects under the municipality's own numbers")
    )
    results.add_argument("--store", type=Path, required=True)
    results.add_argument("--kind", choices=KINDS, required=True)
    results.add_argument("--to", type=Path, required=True, help=_("file .csv, .xlsx or .gpkg"))
    results.add_argument("--json", action="store_true", help=_("print one JSON object"))
    results.set_defaults(run=_export_results)


def _export_results(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store, readonly=True) as store:
        refuse_expired(store)
        rows = export_results(store, arguments.kind, arguments.to)
    if arguments.json:
        sys.stdout.write(json.dumps({"rows": rows, "file": str(arguments.to)}) + "\n")
    else:
        sys.stdout.write(_("{rows} rows written to {file}.").format(rows=rows, file=arguments.to) + "\n")
    return 0
