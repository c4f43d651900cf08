"""`stadsveld dump`: the canonical state of a store or working copy, or its hash."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..store import Store
from ..sync import dump, dump_hash, refuse_expired
from ..text import _


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `dump`."""
    parser = subparsers.add_parser(
        "dump", description=_("Two files that hold the same changes give the same dump and the same hash.")
    )
    parser.add_argument("store", type=Path, help=_("the store file"))
    parser.add_argument("--hash", action="store_true", help=_("print its SHA-256 and nothing else"))
    parser.set_defaults(run=_dump)


def _dump(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store, readonly=True) as store:
        refuse_expired(store)
        if arguments.hash:
            sys.stdout.write(dump_hash(store) + "\n")
        else:
            sys.stdout.writelines(dump(store))
    return 0
