"""`stadsveld simulate`: prove the sync by working copies, edits and faults made by chance."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..faults import FAULT_POINTS
from ..hub.simulation import FAULTS, LiveSettings, Result, Settings, run_live, simulate
from ..text import _

#: Lines of what was wrong that are printed, and schedules between two signs of life.
_MOST_LINES, _SIGN = 60, 100


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `simulate`."""
    parser = subparsers.add_parser(
        "simulate",
        description=_(
            "Let working copies of one central store edit and synchronise by chance, let things go wrong, "
            "and check that all come to one state and nothing is lost."
        ),
    )
    parser.add_argument("--replicas", default="2-8", help=_("working copies: N, or from A to B as A-B"))
    parser.add_argument("--edits", type=int, default=24, help=_("edits of one schedule"))
    parser.add_argument("--seed", type=int, default=1, help=_("seed of the first schedule"))
    parser.add_argument(
        "--schedules", type=int, default=1, help=_("how many schedules, each with the next seed")
    )
    parser.add_argument(
        "--faults",
        default="",
        help=_("what goes wrong, with commas between: {names}").format(names=", ".join(FAULTS)),
    )
    parser.add_argument("--folder", type=Path, help=_("where to put temporary files"))
    parser.add_argument("--seconds", type=float, help=_("work for that long in processes of their own"))
    parser.add_argument("--http", action="store_true", help=_("in processes of their own, over HTTP"))
    parser.add_argument("--kills", type=int, default=0, help=_("kill so many processes at random moments"))
    parser.add_argument("--list-faults", action="store_true", help=_("name the points of STADSVELD_CRASH_AT"))
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.list_faults:
        _write(FAULT_POINTS)
        return 0
    least, most = _numbers(arguments.replicas)
    if arguments.http or arguments.kills or arguments.seconds is not None:
        return _run_live(arguments, most)
    faults = tuple(name for name in arguments.faults.split(",") if name)
    unknown = [name for name in faults if name not in FAULTS]
    if unknown:
        raise BadInput(
            _("“{name}” is no fault; known are: {names}").format(name=unknown[0], names=", ".join(FAULTS))
        )
    settings = Settings(least, most, arguments.edits, arguments.seed, faults, arguments.schedules)
    result = simulate(settings, arguments.folder, _show)
    content = asdict(result)
    if result.failed is not None:
        content["replay"] = (
            f"stadsveld simulate --replicas {arguments.replicas} --edits {arguments.edits} "
            f"--seed {result.failed}" + (f" --faults {arguments.faults}" if arguments.faults else "")
        )
    return _told(content)


def _run_live(arguments: argparse.Namespace, devices: int) -> int:
    settings = LiveSettings(devices, arguments.seconds or 0.0, arguments.kills, arguments.seed)
    return _told({"seed": arguments.seed, **asdict(run_live(settings, arguments.folder))})


def _told(content: dict[str, Any]) -> int:
    """Print what was found; what was wrong also on standard error. Return the exit code."""
    problems = content["problems"]
    _write({**content, "problems": problems[:_MOST_LINES]})
    for problem in problems[:_MOST_LINES]:
        sys.stderr.write(f"stadsveld: {problem}\n")
    if "replay" in content:
        sys.stderr.write(f"stadsveld: {content['replay']}\n")
    return 1 if problems else 0


def _numbers(text: str) -> tuple[int, int]:
    least, _dash, most = text.partition("-")
    if not least.isdecimal() or not (most or least).isdecimal() or not 2 <= int(least) <= int(most or least):
        raise BadInput(_("Give the number of working copies as N or as A-B, from 2."))
    return int(least), int(most or least)


def _show(result: Result) -> None:
    if result.schedules % _SIGN == 0 and sys.stderr.isatty():
        sys.stderr.write(f"{result.schedules} {result.seconds} s\n")


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    sys.stdout.flush()
