"""`stadsveld hub backup|restore|check`: what keeps a central store, and what proves that it is whole."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from .. import hub
from ..text import _

Command = Callable[[str, str], argparse.ArgumentParser]


def add_commands(command: Command) -> None:
    """Add the commands to `hub`; `backup` and `check` work while `serve` runs."""
    backup = command("backup", _("make a backup, also while the store is served"))
    backup.add_argument("file", type=Path, help=_("the backup; its photos go to FILE.photos beside it"))
    backup.set_defaults(run=_backup)
    restore = command("restore", _("put a backup in the place of the store, which is kept"))
    restore.add_argument("file", type=Path, help=_("the backup"))
    restore.set_defaults(run=_restore)
    check = command("check", _("check the store: file, changes, log, devices, photos"))
    check.add_argument("--full", action="store_true", help=_("every object, not a sample of them"))
    check.set_defaults(run=_check)


def _backup(arguments: argparse.Namespace) -> int:
    made = hub.back_up(arguments.store, arguments.file)
    content = asdict(made) | {"backup": str(made.file)}
    keys = ("backup", "epoch", "seq", "photos", "bytes", "sha256")
    _write({key: content[key] for key in keys})
    return _told_damaged(made.damaged)


def _restore(arguments: argparse.Namespace) -> int:
    done = hub.restore(arguments.store, arguments.file)
    kept = None if done.kept is None else str(done.kept)
    content = {key: value for key, value in asdict(done).items() if key != "damaged"}
    _write({**content, "store": str(done.store), "kept": kept})
    if done.kept is not None and done.devices is None:
        text = _(
            "The replaced store could not be read: report again which devices were lost, and enrol again "
            "which were enrolled, since the backup was made."
        )
        sys.stderr.write(f"stadsveld: {text}\n")
    return _told_damaged(done.damaged)


def _told_damaged(photos: tuple[str, ...]) -> int:
    """Say which photos were left out because they are damaged where they came from; return the exit code."""
    for sha256 in photos:
        text = _("Photo {sha256} was altered or damaged.").format(sha256=sha256)
        sys.stderr.write(f"stadsveld: {text}\n")
    return 1 if photos else 0


def _check(arguments: argparse.Namespace) -> int:
    found = hub.check_up(arguments.store, full=arguments.full)
    _write({"store": str(arguments.store), "whole": not found.problems, **asdict(found)})
    return 1 if found.problems else 0


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    sys.stdout.flush()
