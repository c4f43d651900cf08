"""Shapely and SpatiaLite in one process, each with a GEOS of its own."""

import subprocess
import sys

import pytest

from stadsveld import geo

pytest.importorskip("shapely")

STORY = """
import sys
from stadsveld import geo
from stadsveld.store import Store
with Store.create(sys.argv[1]) as store:
    engine = geo.shapely_engine()
    squares = [engine.from_wkb(geo.polygon_wkb([[(x, 0), (x + 2, 0), (x + 2, 2), (x, 2)]])) for x in (0, 1)]
    union = engine.to_wkb(engine.union(squares))
    print(geo.area(union))
"""


def test_an_engine_that_comes_after_spatialite_keeps_to_its_own_geos(tmp_path):
    core = geo.__file__.rpartition("stadsveld")[0]
    done = subprocess.run(
        [sys.executable, "-c", STORY, str(tmp_path / "store.sqlite")],
        capture_output=True, text=True, timeout=60, env={"PYTHONPATH": core}, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("6.0", 0), done.stderr
