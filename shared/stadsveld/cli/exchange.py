"""`stadsveld exchange give|take`: a GeoPackage for a contractor, and what comes back in it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..hub.exchange import give, take
from ..hub.roles import ROLES
from ..store import Store
from ..sync import refuse_expired
from ..text import _
from ..work.derive import derive
from .hub import bbox_of


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    topic = subparsers.add_parser("exchange", description=_("Data for a contractor, and back."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))
    out = commands.add_parser("give", help=_("write what a contractor may have as a GeoPackage"))
    out.add_argument("--kinds", required=True, help=_("these kinds, with commas between them"))
    out.add_argument("--role", choices=ROLES, default="reader", help=_("what this role may read goes along"))
    out.add_argument("--bbox", help=_("only objects in this area in RD: x1,y1,x2,y2"))
    out.set_defaults(run=_give)
    back = commands.add_parser("take", help=_("take what differs in a GeoPackage that comes back"))
    back.add_argument("--actor", help=_("a name, not of a person, that the changes get"))
    back.add_argument("--dry-run", action="store_true", help=_("only say what would be taken"))
    back.set_defaults(run=_take)
    for parser in (out, back):
        parser.add_argument("file", type=Path, help=_("the store"))
        parser.add_argument("gpkg", type=Path, help=_("the GeoPackage"))
        parser.add_argument("--json", action="store_true", help=_("print JSON"))


def _give(arguments: argparse.Namespace) -> int:
    kinds = [kind.strip() for kind in arguments.kinds.split(",") if kind.strip()]
    with Store.open(arguments.file) as store:
        refuse_expired(store)
        given = give(store, arguments.gpkg, kinds, role=arguments.role, bbox=bbox_of(arguments.bbox))
    _write({"given": given, "file": str(arguments.gpkg)})
    return 0


def _take(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        refuse_expired(store)
        taken = take(store, arguments.gpkg, actor=arguments.actor, dry_run=arguments.dry_run)
        if not arguments.dry_run:
            derive(store)
    _write(taken.as_json())
    return 0


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
