"""`stadsveld replica`: make, synchronise, fill and describe a working copy."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import sync
from ..errors import Refused
from ..store import Store
from ..store.wiping import why_gone
from ..sync.apply import apply_lines
from ..text import _
from ..work.derive import derive
from . import bundles, replica_views
from .hub import bbox_of


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands on working copies."""
    topic = subparsers.add_parser("replica", description=_("Working copies of a central store."))
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        parser = commands.add_parser(name, help=purpose)
        parser.add_argument("file", type=Path, help=_("the working copy"))
        parser.add_argument("--json", action="store_true", help=_("print JSON"))
        return parser

    init = command("init", _("make a working copy with a one-time code"))
    join = command("join", _("make a store of one's own a working copy of a central store"))
    for parser in (init, join):
        parser.add_argument("--hub", required=True, help=_("address of the central store"))
        parser.add_argument("--code", required=True, help=_("one-time code"))
        parser.add_argument("--name", help=_("what people call this device"))
    join.add_argument(
        "--move", action="store_true", help=_("leave its central store for this one, with all it holds")
    )
    init.add_argument("--bbox", help=_("only objects in this area in RD: x1,y1,x2,y2"))
    init.add_argument("--kinds", help=_("only these kinds, with commas between them"))
    init.set_defaults(run=_init)
    join.set_defaults(run=_join)
    command("sync", _("send and fetch changes")).set_defaults(run=_sync)
    command("status", _("say what waits to be sent")).set_defaults(run=_status)
    command("apply", _("make edits from JSON lines on standard input")).set_defaults(run=_apply)
    replica_views.add_commands(command)
    bundles.add_replica_commands(command)


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _init(arguments: argparse.Namespace) -> int:
    transport = sync.RequestsTransport(arguments.hub)
    kinds = arguments.kinds.split(",") if arguments.kinds else None
    name = arguments.name or arguments.file.stem
    bbox = bbox_of(arguments.bbox)
    with sync.create_replica(
        arguments.file, transport, arguments.code, name, bbox=bbox, kinds=kinds
    ) as store:
        _write({"replica": str(arguments.file), "device_id": store.device_id, "role": store.setting("role")})
    return 0


def _join(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        transport = sync.RequestsTransport(arguments.hub)
        name = arguments.name or arguments.file.stem
        sync.join(store, transport, arguments.code, name, may_move=arguments.move)
        _write({"replica": str(arguments.file), "device_id": store.device_id, "role": store.setting("role")})
    return 0


def _sync(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        report = sync.sync(store, sync.transport_of(store))
        if not report.wiped:
            derive(store)
    _write({**report.as_json(), "quarantined": len(report.quarantined), "refused": report.quarantined})
    for reason in report.kept:
        sys.stderr.write(f"stadsveld: {_('This device was retired; its working copy stays.')} {reason}\n")
    if report.copied:
        sys.stderr.write(f"stadsveld: {_('A copy of this file synchronises too: let one join anew.')}\n")
    if report.ended == "lost":
        raise Refused(why_gone(arguments.file) or "")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        items = sync.outbox(store)
        refused = [asdict(item) for item in items if item.state == "refused"]
        status: dict[str, Any] = {
            "hub": store.setting("hub_url"),
            "role": store.setting("role"),
            "device_id": store.device_id,
            "outbox": len(items) - len(refused),
            "refused": refused,
            "waiting": sync.waiting(store),
            "ahead": sync.ahead(store),
            "conflicts": len(sync.conflicts(store)),
            "expires_at": store.setting("expires_at"),
            "expired": sync.is_expired(store),
        }
    _write(status)
    return 0


def _apply(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.file) as store:
        sync.refuse_expired(store)
        ids = apply_lines(store, sys.stdin.buffer)
        derive(store)
    for row_id in ids:
        _write({"id": row_id})
    return 0
