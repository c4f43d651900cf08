"""ETRS89 to RD and NAP and back, a million points, against PROJ's pipeline on the same grids."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from harness import Result, against, race, without_peer

from stadsveld import geo
from support.proj_grids import proj_pipeline, write_proj_grids

POINTS = 1_000_000
THERE, BACK = "RD/NAP of 1 million points", "ETRS89 of 1 million points"


def run() -> list[Result]:
    """Measure both ways."""
    chance = np.random.default_rng(2018)
    lat, lon = chance.uniform(50.75, 53.7, POINTS), chance.uniform(3.2, 7.22, POINTS)
    h = chance.uniform(0.0, 100.0, POINTS)
    x, y, nap = geo.to_rd(lat, lon, h)
    try:
        import pyproj
    except ImportError:
        there, back = race(lambda: geo.to_rd(lat, lon, h), lambda: geo.to_etrs(x, y, nap))
        why = "pyproj is not installed"
        return [without_peer(THERE, "s", there, why), without_peer(BACK, "s", back, why)]
    with tempfile.TemporaryDirectory() as folder:
        pipeline = proj_pipeline(*write_proj_grids(Path(folder)))
        peer = pyproj.Transformer.from_pipeline(pipeline)
        _require_equal((x, y, nap), peer.transform(lon, lat, h))
        there, peer_there = race(
            lambda: geo.to_rd(lat, lon, h), lambda: peer.transform(lon, lat, h), rounds=3
        )
        back, peer_back = race(
            lambda: geo.to_etrs(x, y, nap),
            lambda: peer.transform(x, y, nap, direction="INVERSE"),
            rounds=3,
        )
    name = f"PROJ {pyproj.proj_version_str}, same grids"
    return [against(THERE, "s", there, peer_there, name), against(BACK, "s", back, peer_back, name)]


def _require_equal(ours, theirs) -> None:
    """Refuse to compare the speed of different results."""
    worst = max(float(np.abs(mine - other).max()) for mine, other in zip(ours, theirs, strict=True))
    if not worst < 0.001:
        raise SystemExit(f"PROJ's results differ by {worst} m; the benchmark would compare different things")
