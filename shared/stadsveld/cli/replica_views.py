"""`stadsveld replica conflicts|resolve|findings|history`: what differs, what to repair, who did what."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from .. import geo, sync
from ..errors import BadInput
from ..store import Store
from ..text import _
from ..work.derive import derive

Command = Callable[[str, str], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """Add the commands to `replica`; all work on a central store too."""
    command("conflicts", _("list fields with differing values, and every value")).set_defaults(run=_conflicts)
    resolve = command("resolve", _("decide a conflict, or decide again"))
    resolve.add_argument("entity", help=_("kind of object"))
    resolve.add_argument("id", help=_("id of the object"))
    resolve.add_argument("field", help=_("the field; _exists where one deleted what another edited"))
    chosen = resolve.add_mutually_exclusive_group(required=True)
    chosen.add_argument("--choose", metavar="CHANGE", help=_("take the value that this change gave"))
    chosen.add_argument("--value", help=_("take this value, as JSON; a geometry as WKT in RD"))
    resolve.set_defaults(run=_resolve)
    command("findings", _("list what is to be repaired")).set_defaults(run=_findings)
    history = command("history", _("say who changed what, when, from which device"))
    history.add_argument("entity", nargs="?", help=_("kind of object"))
    history.add_argument("id", nargs="?", help=_("id of the object"))
    history.add_argument("--at", help=_("the state at this moment, e.g. 2026-05-01T12:00:00Z"))
    history.set_defaults(run=_history)


def _conflicts(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        sync.refuse_expired(store)
        sync.seal(store)
        _write_list("conflicts", (asdict(found) for found in sync.conflicts(store)))
    return 0


def _resolve(arguments: argparse.Namespace) -> int:
    place = (arguments.entity, arguments.id, arguments.field)
    with Store.open(arguments.file) as store:
        sync.refuse_expired(store)
        if arguments.choose is not None:
            change_id = sync.choose(store, *place, arguments.choose)
        else:
            change_id = sync.resolve(store, *place, _value(arguments.field, arguments.value))
        derive(store)
    sys.stdout.write(json.dumps({"change_id": change_id}) + "\n")
    return 0


def _findings(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        sync.refuse_expired(store)
        _write_list("findings", (asdict(found) for found in sync.findings(store)))
    return 0


def _history(arguments: argparse.Namespace) -> int:
    if (arguments.entity is None) != (arguments.id is None):
        raise BadInput(_("Give both the kind of the object and its id, or neither."))
    with Store.open(arguments.file) as store:
        sync.refuse_expired(store)
        if arguments.at is None:
            items = sync.history(store, arguments.entity, arguments.id)
            _write_list("history", ({**asdict(item), "at": item.at.isoformat()} for item in items))
            return 0
        if arguments.entity is None:
            raise BadInput(_("Give both the kind of the object and its id, or neither."))
        state = sync.state_at(store, arguments.entity, arguments.id, instant(arguments.at))
        sys.stdout.write(json.dumps({"at": arguments.at, "fields": state}, ensure_ascii=False) + "\n")
    return 0


def instant(text: str) -> datetime:
    """Return the instant that was typed.

    Raises:
        BadInput: it is no instant with a time zone.
    """
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise BadInput(_("A moment is written like 2026-05-01T12:00:00Z.")) from error
    if found.tzinfo is None:
        raise BadInput(_("A moment is written like 2026-05-01T12:00:00Z."))
    return found


def _value(field: str, text: str) -> Any:
    if field == "geom" and text != "null":
        return geo.canonical_wkb(geo.wkb_from_wkt(text)).hex()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(_("The value is no JSON; a text stands between double quotes.")) from error


def _write_list(name: str, items: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object that holds a list, item by item: it may be long."""
    sys.stdout.write(json.dumps(name).join(("{", ": [")))
    for number, item in enumerate(items):
        sys.stdout.write((",\n" if number else "\n") + json.dumps(item, ensure_ascii=False, default=str))
    sys.stdout.write("]}\n")
