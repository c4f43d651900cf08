"""`stadsveld hub fold|erase`: keep the history no longer than needed, and erase what slipped in."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .. import sync
from ..errors import StadsveldError
from ..hub.audit import record
from ..store import Store
from ..text import _
from .replica_views import instant

Command = Callable[[str, str], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """Add the commands to `hub`; they work while `serve` runs."""
    fold = command("fold", _("drop the values of old history that nobody shows"))
    fold.add_argument("--before", help=_("fold what is older than this moment"))
    fold.add_argument("--keep-days", type=int, help=_("from now on keep history whole for so many days"))
    fold.set_defaults(run=_fold)
    erase = command("erase", _("erase every value that a field of an object ever had, everywhere"))
    erase.add_argument("entity", help=_("kind of object"))
    erase.add_argument("id", help=_("id of the object"))
    erase.add_argument("field", help=_("the field whose values go"))
    erase.set_defaults(run=_erase)


def _fold(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store) as store:
        if arguments.keep_days is not None:
            sync.set_retention(store, arguments.keep_days)
        with _told(store, "fold"):
            folded = sync.fold(store, None if arguments.before is None else instant(arguments.before))
    sys.stdout.write(json.dumps({"folded": folded}) + "\n")
    return 0


@contextmanager
def _told(store: Store, what: str, **on: str) -> Iterator[None]:
    """Write a line in the audit log before and after: nothing is dropped without one."""
    record(store, what, result="begun", **on)
    try:
        yield
    except StadsveldError:
        record(store, what, result="failed", **on)
        raise
    record(store, what, **on)


def _erase(arguments: argparse.Namespace) -> int:
    on = {"entity": arguments.entity, "id": arguments.id, "field": arguments.field}
    with Store.open(arguments.store) as store, _told(store, "erase", **on):
        change_id = sync.erase(store, arguments.entity, arguments.id, arguments.field)
    sys.stdout.write(json.dumps({"change_id": change_id}) + "\n")
    return 0
