"""`bundle-out` and `bundle-in` of `stadsveld replica` and `stadsveld hub`: transfer without a network."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from .. import sync
from ..hub.bundles import give_bundle, take_bundle
from ..store import Store
from ..text import _
from ..work.derive import derive

Command = Callable[[str, str], argparse.ArgumentParser]


def add_replica_commands(command: Command) -> None:
    """Add the commands to `replica`."""
    out = command("bundle-out", _("write what the central store has not confirmed, for a stick or mail"))
    out.set_defaults(run=_out)
    into = command("bundle-in", _("take a bundle of the central store or of another working copy"))
    into.set_defaults(run=_in)
    for parser in (out, into):
        parser.add_argument("bundle", type=Path, help=_("the bundle"))


def add_hub_commands(command: Command) -> None:
    """Add the commands to `hub`; they work while `serve` runs."""
    out = command("bundle-out", _("write what a device may see, for a stick or mail"))
    out.add_argument("--device", required=True, help=_("id of the device"))
    out.set_defaults(run=_hub_out)
    into = command("bundle-in", _("take a bundle that a device made"))
    into.set_defaults(run=_hub_in)
    for parser in (out, into):
        parser.add_argument("bundle", type=Path, help=_("the bundle"))


def _out(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        return _told(sync.bundle_out(store, arguments.bundle))


def _in(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        is_central = store.setting("epoch") is not None
        if not is_central:
            report = sync.bundle_in(store, arguments.bundle)
            derive(store)
    return _told(take_bundle(arguments.file, arguments.bundle) if is_central else report)


def _hub_out(arguments: argparse.Namespace) -> int:
    return _told(give_bundle(arguments.store, arguments.device, arguments.bundle))


def _hub_in(arguments: argparse.Namespace) -> int:
    return _told(take_bundle(arguments.store, arguments.bundle))


def _told(report: sync.BundleReport) -> int:
    sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
    return 0
