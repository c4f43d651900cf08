"""The first start of a working copy with 100,000 assets over loopback, and opening it afterwards."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Result, absolute

from stadsveld import geo
from stadsveld.hub import RunningHub, new_code, prepare
from stadsveld.model import id_from_register
from stadsveld.store import Store
from stadsveld.sync import RequestsTransport, create_replica, sync, transport_of

ASSETS = 100_000
START_S, OPEN_S = 10.0, 1.0
_OPEN = "import sys; from stadsveld.store import Store; Store.open(sys.argv[1]).count('road_section')"


def run() -> list[Result]:
    """Measure both; the start includes enrolment, making the snapshot, and every durable write."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "central.sqlite"
        prepare(path)
        fill(path)
        copy = Path(folder) / "device.sqlite"
        with RunningHub(path) as hub, Store.open(path) as central:
            code = new_code(central, "inspector", "device")
            began = time.perf_counter()
            with create_replica(copy, RequestsTransport(hub.url), code, "device") as store:
                sync(store, transport_of(store))
                spent = time.perf_counter() - began
                if store.count("road_section") != ASSETS:
                    raise RuntimeError("the working copy is not whole")
        return [
            absolute(f"first start of a working copy with {ASSETS:,} assets", "s", spent, at_most=START_S),
            absolute("opening it afterwards, in a new process", "s", opening(copy), at_most=OPEN_S),
        ]


def fill(path: Path) -> None:
    """Make the assets: road sections of 8 by 8 m, 400 to a street."""
    with Store.open(path) as store, store.transaction(capture=False):
        dataset = store.put("dataset", None, {"name": "sections", "register": "bench"})
        loader = store.table_loader("road_section", dataset)
        loader.insert(("id", "number", "street", "pavement", "geom"), [section(n) for n in range(ASSETS)])
        loader.close()


def section(number: int) -> tuple[str, str, str, str, bytes]:
    """One asset."""
    x, y = 200_000 + number % 400 * 10, 500_000 + number // 400 * 10
    wkt = f"MULTIPOLYGON ((({x} {y}, {x + 8} {y}, {x + 8} {y + 8}, {x} {y + 8}, {x} {y})))"
    blob = geo.blob_from_wkb(geo.canonical_wkb(geo.wkb_from_wkt(wkt)))
    return id_from_register("bench", str(number)), str(number), f"street {number // 400}", "asfalt", blob


def opening(path: Path) -> float:
    """Return the seconds that a new process needs to open the file and count its assets."""
    command = [sys.executable, "-c", _OPEN, str(path)]
    best = float("inf")
    for _round in range(3):
        began = time.perf_counter()
        subprocess.run(command, check=True, timeout=60)
        best = min(best, time.perf_counter() - began)
    return best
