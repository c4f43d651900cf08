"""`stadsveld hub audit`: list the audit log of a central store, or verify it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timezone

from ..hub import audit
from ..store import Store
from ..text import _
from .replica_views import instant

Command = Callable[[str, str], argparse.ArgumentParser]


def add_command(command: Command) -> None:
    """Add the command to `hub`; it works while `serve` runs."""
    parser = command("audit", _("list who did what, or verify that nobody altered the list"))
    parser.add_argument("--verify", action="store_true", help=_("verify it, and print its head"))
    parser.add_argument("--since", help=_("from this moment on, e.g. 2026-05-01T12:00:00Z"))
    parser.add_argument("--head", help=_("a head that was kept elsewhere, NUMBER:HASH; it must be in there"))
    parser.set_defaults(run=_audit)


def _audit(arguments: argparse.Namespace) -> int:
    with Store.open(arguments.store, readonly=True) as store:
        if arguments.verify or arguments.head is not None:
            return _verify(store, arguments.head)
        since = "" if arguments.since is None else _as_written(arguments.since)
        for line in audit.lines(store, since):
            _write(line)
        _write({"head": audit.head_of(store)})
    return 0


def _verify(store: Store, head: str | None) -> int:
    found = audit.verify(store, head)
    _write({"whole": found.broken is None, **asdict(found)})
    if found.broken is None:
        return 0
    sys.stderr.write(f"stadsveld: {_('Line {n} of the audit log:').format(n=found.broken)} {found.reason}\n")
    return 1


def _as_written(text: str) -> str:
    """Return an instant as the log writes it."""
    found = instant(text).astimezone(timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
