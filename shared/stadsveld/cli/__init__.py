"""The command `stadsveld`: one module per topic, and only this package writes to the terminal.

A topic is a module with `add_parser(subparsers)` that adds the parser of its name and sets `run` to
a function of the parsed arguments that returns the exit code. Only the module of the topic asked
for is imported.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import MissingComponent, StadsveldError
from ..text import N_, _

#: Topic -> its module here, and what it is for.
TOPICS = {
    "import": ("import_", N_("read the base register (BGT) or the own register into a store")),
    "export": ("export", N_("write results of a store to files")),
    "store": ("store", N_("make, check and describe a store")),
    "hub": ("hub", N_("run the central store that devices synchronise with")),
    "replica": ("replica", N_("make and synchronise a working copy")),
    "exchange": ("exchange", N_("give data to a contractor and take it back edited")),
    "norm": ("norm", N_("list, check and import norm packs, and score under them")),
    "qc": ("qc", N_("test the quality of readings")),
    "dump": ("dump", N_("print the state of a store, or its hash, to compare stores")),
    "crs": ("crs", N_("convert coordinates between ETRS89 and RD with NAP, exactly")),
    "simulate": ("simulate", N_("prove the synchronising by chance and faults")),
    "demo": ("demo", N_("make a demonstration district")),
}
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 not done and said why, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except StadsveldError as error:
        sys.stderr.write(f"stadsveld: {error}\n")
        return 1
    except BrokenPipeError:
        # Whoever read the output has enough; what is still buffered must not complain at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _run(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="stadsveld", description=_("Inspections, sensors and area design."))
    parser.add_argument("--version", action="version", version=f"stadsveld {__version__}")
    topics = parser.add_subparsers(title=_("topics"), metavar=_("TOPIC"), required=True)
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for topic, (module, purpose) in TOPICS.items():
        if topic == asked:
            _add_topic(topics, topic, module)
        else:
            topics.add_parser(topic, help=_(purpose))
    parsed = parser.parse_args(arguments)
    code: int = parsed.run(parsed)
    return code


def _add_topic(topics: argparse._SubParsersAction[argparse.ArgumentParser], topic: str, module: str) -> None:
    name = f"{__name__}.{module}"
    if importlib.util.find_spec(name) is None:
        raise MissingComponent(_("This installation has no command “{topic}”.").format(topic=topic))
    importlib.import_module(name).add_parser(topics)


__all__ = ["TOPICS", "main"]
