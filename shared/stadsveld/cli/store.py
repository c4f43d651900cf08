"""`stadsveld store`: make, check and describe a store."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..errors import StoreError
from ..model import ENTITIES
from ..store import Store
from ..text import _


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `store new`, `check` and `info`."""
    topic = subparsers.add_parser("store", description=_("Stores and working copies as files."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))
    for name, purpose, run in (
        ("new", _("make an empty store"), _new),
        ("check", _("check that a store is whole"), _check),
        ("info", _("say what a store holds"), _info),
    ):
        parser = commands.add_parser(name, help=purpose)
        parser.add_argument("store", type=Path, help=_("the store file"))
        parser.add_argument("--json", action="store_true", help=_("print JSON"))
        parser.set_defaults(run=run)


def _new(arguments: argparse.Namespace) -> int:
    Store.create(arguments.store).close()
    sys.stdout.write(json.dumps({"store": str(arguments.store)}) + "\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store) as store:
        problems = store.problems()
    sys.stdout.write(json.dumps({"ok": not problems, "problems": problems}, ensure_ascii=False) + "\n")
    if problems:
        raise StoreError(
            _("{file} is damaged ({error}). Restore a backup.").format(
                file=arguments.store, error=problems[0]
            )
        )
    return 0


def _info(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store, readonly=True) as store:
        counts = {name: store.count(name) for name in ENTITIES}
        role = (
            "central" if store.setting("epoch") else "working copy" if store.setting("hub_url") else "store"
        )
        described = {
            "kind": role,
            "device_id": store.device_id,
            "hub": store.setting("hub_url"),
            "rows": {name: count for name, count in counts.items() if count},
        }
    sys.stdout.write(json.dumps(described, ensure_ascii=False) + "\n")
    return 0
