"""`stadsveld crs`: coordinates from standard input to standard output, a line for every line."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np

from .. import geo
from ..errors import BadInput
from ..text import _

_CHUNK = 1 << 18
_LONGEST_LINE = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Convert = Callable[[Any, Any, Any], tuple[Any, Any, Any]]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `crs to-rd` and `crs to-etrs`."""
    topic = subparsers.add_parser(
        "crs",
        description=_(
            "Converts every line of standard input with RDNAPTRANS2018. A point outside the grids gives "
            "“outside”, a line that cannot be read gives “error”."
        ),
    )
    commands = topic.add_subparsers(required=True, metavar=_("COMMAND"))
    to_rd = commands.add_parser(
        "to-rd", help=_("lat,lon,h in degrees and metres (ETRS89) to x,y,nap in metres")
    )
    to_rd.set_defaults(run=lambda _arguments: _convert_input(geo.to_rd, (4, 4, 4)))
    to_etrs = commands.add_parser("to-etrs", help=_("x,y,nap in metres to lat,lon,h in degrees and metres"))
    to_etrs.set_defaults(run=lambda _arguments: _convert_input(geo.to_etrs, (9, 9, 4)))


def _convert_input(convert: _Convert, decimals: tuple[int, int, int]) -> int:
    """Convert standard input as it comes in; return 1 if a line could not be read."""
    template = ",".join(f"%.{places}f" for places in decimals)
    read = failed = 0
    for lines in _batches(sys.stdin.buffer):
        points, problems = _points(lines)
        for index, problem in problems.items():
            number = _("line {number}").format(number=read + index + 1)
            sys.stderr.write(f"stadsveld: {BadInput(problem, place=number)}\n")
        columns = convert(*np.array(points, dtype=np.float64).T)
        # Adding zero turns -0.0 into 0.0.
        rounded = [np.round(column, places) + 0.0 for column, places in zip(columns, decimals, strict=True)]
        sys.stdout.write("\n".join(_texts(template, np.column_stack(rounded).tolist(), problems)) + "\n")
        sys.stdout.flush()
        read += len(lines)
        failed += len(problems)
    return 1 if failed else 0


def _batches(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines that are there, so that whoever writes one and waits gets its answer."""
    read1: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    rest = b""
    chunk = read1(_CHUNK).removeprefix(_BYTE_ORDER_MARK)
    while chunk:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LONGEST_LINE:
            raise BadInput(_("The input has a line of more than 64 kB; it is no list of coordinates."))
        if lines:
            yield lines
        chunk = read1(_CHUNK)
    if rest:
        yield [rest]


def _points(lines: list[bytes]) -> tuple[list[tuple[float, ...]], dict[int, str]]:
    """Return a point per line, and what is wrong with those that cannot be read."""
    points: list[tuple[float, ...]] = []
    problems: dict[int, str] = {}
    for index, line in enumerate(lines):
        try:
            point = tuple(map(float, line.split(b",")))
        except ValueError:
            point = ()
        if len(point) != 3 or not all(map(math.isfinite, point)) or b"_" in line:
            point = (math.nan, math.nan, math.nan)
            shown = line[:40].decode("utf-8", "replace").strip()
            problems[index] = _(
                "“{line}” is not three numbers with commas between them and points for decimals"
            ).format(line=shown)
        points.append(point)
    return points, problems


def _texts(template: str, rows: Iterable[list[float]], problems: dict[int, str]) -> Iterator[str]:
    for index, row in enumerate(rows):
        if index in problems:
            yield "error"
        elif math.isnan(row[0]):
            yield "outside"
        else:
            yield template % tuple(row)
