"""What every benchmark uses: a result, fair timing against a peer, and the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes:
        name: what was measured.
        unit: of `ours` and `peer`; less is better.
        ours: what Stadsveld needs.
        peer: what the peer needs in the same run, or None where it is missing or does not exist.
        peer_name: the peer with its version, or why there is none.
        ratio: `ours` divided by `peer`; below 1 Stadsveld is better.
        target: the promise in words.
        met: whether it is kept; None where that could not be measured.
    """

    name: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float | None
    target: str
    met: bool | None


def against(
    name: str, unit: str, ours: float, peer: float, peer_name: str, *, ratio_at_most: float = 1.0
) -> Result:
    """Return a result whose promise is a ratio to a peer."""
    ratio = ours / peer
    target = f"at most {ratio_at_most:g} x peer"
    return Result(name, unit, ours, peer, peer_name, ratio, target, ratio <= ratio_at_most)


def without_peer(name: str, unit: str, ours: float, why: str) -> Result:
    """Return a result whose peer is missing here; the promise stays unproven."""
    return Result(name, unit, ours, None, f"missing: {why}", None, "needs the peer", None)


def absolute(name: str, unit: str, ours: float, *, at_most: float) -> Result:
    """Return a result whose promise is an absolute number."""
    return Result(name, unit, ours, None, "none", None, f"at most {at_most:g} {unit}", ours <= at_most)


def race(*runners: Callable[[], Any], rounds: int = 5) -> list[float]:
    """Return the best time of each in seconds; they take turns, so that all meet the same machine."""
    best = [float("inf")] * len(runners)
    for _round in range(rounds):
        for number, run in enumerate(runners):
            start = time.perf_counter()
            run()
            best[number] = min(best[number], time.perf_counter() - start)
    return best


def table(results: Sequence[Result]) -> str:
    """Return the results as a table for people."""
    heads = ("benchmark", "unit", "ours", "peer", "ratio", "target", "met", "peer is")
    rows = [heads]
    for result in results:
        rows.append(
            (
                result.name,
                result.unit,
                f"{result.ours:.4g}",
                "-" if result.peer is None else f"{result.peer:.4g}",
                "-" if result.ratio is None else f"{result.ratio:.2f}",
                result.target,
                {True: "yes", False: "NO", None: "?"}[result.met],
                result.peer_name,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
