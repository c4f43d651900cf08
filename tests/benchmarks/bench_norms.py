"""Data quality tests beside ioos_qc, condition scores of a city's bridges, and a long road profile."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import version
from importlib.util import find_spec

import numpy as np
from harness import Result, absolute, against, race, without_peer

from stadsveld.norms import Defect, StructureNorm, load_tables
from stadsveld.norms.iri import iri
from stadsveld.observe import flat_line, gross_range, rate_of_change, spike

READINGS, COMPONENTS, METRES = 10_000_000, 100_000, 1_000_000
_QC = "four data quality tests of 10 million readings"


def run() -> list[Result]:
    """Measure all three."""
    return [quality(), components(), roughness()]


def quality() -> Result:
    """Sum the four basic tests; the readings are a year of ten-second values with gaps and steps."""
    chance = np.random.default_rng(10)
    values = np.round(np.cumsum(chance.choice([0, 0, 0.1, -0.1], READINGS)), 1)
    values[chance.random(READINGS) < 0.01] = np.nan
    times = np.arange(READINGS, dtype=np.int64) * 10_000
    ours: list[Callable[[], object]] = [
        lambda: gross_range(values, (-500, 500), (-100, 100)),
        lambda: spike(values, 0.15, 0.5),
        lambda: rate_of_change(values, times, 0.015),
        lambda: flat_line(values, times, 120, 600, 0.05),
    ]
    if find_spec("ioos_qc") is None:
        return without_peer(_QC, "s", sum(race(*ours, rounds=2)), "ioos_qc is not installed")
    from ioos_qc import qartod

    stamps = times.astype("datetime64[ms]")
    theirs: list[Callable[[], object]] = [
        lambda: qartod.gross_range_test(values, (-500, 500), (-100, 100)),
        lambda: qartod.spike_test(values, 0.15, 0.5),
        lambda: qartod.rate_of_change_test(values, stamps, 0.015),
        lambda: qartod.flat_line_test(values, stamps, 120, 600, 0.05),
    ]
    best = race(*ours, rounds=2)
    peers = race(*theirs, rounds=1)
    return against(_QC, "s", sum(best), sum(peers), f"ioos_qc {version('ioos_qc')}", ratio_at_most=1.0)


def components() -> Result:
    """Score components with one to three defects each."""
    norm = StructureNorm(load_tables("nen2767"))
    kinds = [
        Defect("ernstig", 2, Fraction("3.85")),
        Defect("serieus", 3, Fraction(40)),
        Defect("gering", 1, Fraction("12.5")),
    ]
    began = time.perf_counter()
    for number in range(COMPONENTS):
        norm.component(kinds[: 1 + number % 3])
    spent = time.perf_counter() - began
    return absolute("100,000 bridge components scored", "s", spent, at_most=2.0)


def roughness() -> Result:
    """The index of 1,000 km of profile at 0.25 m."""
    profile = np.cumsum(np.random.default_rng(1).normal(0, 0.001, METRES * 4))
    [spent] = race(lambda: iri(profile, 0.25), rounds=2)
    return absolute("roughness of 1,000 km of profile", "s", spent, at_most=10.0)
