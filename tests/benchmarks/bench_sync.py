"""A thousand single-field edits among many rows, beside pygeodiff: from the edit to the other copy.

Ours: capture, sealing, push over HTTP to a service in another process with durable commits, and the
pull into a second working copy. Theirs: the changeset of the edited file, the rebase of the other copy
on it, and applying it to the base. Making the files is in neither clock; both edit the same rows.
"""

from __future__ import annotations

import gc
import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench_start import section
from harness import Result, absolute, against, without_peer

from stadsveld.hub import new_code, prepare
from stadsveld.store import Store
from stadsveld.sync import RequestsTransport, create_replica, sync, transport_of
from stadsveld.sync.transport import Response, Transport

SIZES = (10_000, 100_000, 500_000)
EDITS = 1000
FIFTH, GROWTH, BYTES = 0.2, 2.5, 56.0
_NAMES = ("id", "number", "street", "pavement", "geom")


class Weighed:
    """A transport that counts compressed bytes: what is pushed, the receipts, what is pulled."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.sent = self.answered = self.pulled = 0

    def request(self, method: str, path: str, **more: Any) -> Response:
        """See `Transport`."""
        answer = self._inner.request(method, path, **more)
        if path.startswith("/v1/push"):
            self.sent += len(more.get("body", b""))
            self.answered += len(gzip.compress(answer.body, 6))
        elif path.startswith("/v1/pull"):
            self.pulled += len(gzip.compress(answer.body, 6))
        return answer


def run() -> list[Result]:
    """Measure every size."""
    results, ours = [], {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            rows = [section(number) for number in range(size)]
            ours[size], weighed = measure_ours(folder, rows)
            results.append(beside_peer(folder, rows, ours[size]))
            name = _bytes(weighed, folder)
    results.append(absolute(name, "byte", weighed.sent / EDITS, at_most=BYTES))
    growth = ours[SIZES[-1]] / ours[SIZES[0]]
    results.append(absolute("our time at 500,000 rows over that at 10,000", "x", growth, at_most=GROWTH))
    return results


def _bytes(weighed: Weighed, folder: Path) -> str:
    """Return the name of the line of bytes, with what else travels and what the peer would send."""
    receipts, pulled = weighed.answered / EDITS, weighed.pulled / EDITS
    diff = folder / "mine.diff"
    theirs = "missing"
    if diff.exists():
        raw = diff.read_bytes()
        theirs = f"{len(raw) / EDITS:.0f} raw, {len(gzip.compress(raw, 6)) / EDITS:.0f} compressed"
    beside = f"receipts {receipts:.0f}, pull {pulled:.0f}; pygeodiff {theirs}"
    return f"compressed push body per changed field ({beside})"


def measure_ours(folder: Path, rows: list[Any]) -> tuple[float, Weighed]:
    """Return the seconds from the first edit until the other copy has all, and what was sent."""
    path = folder / "central.sqlite"
    prepare(path)
    with Store.open(path) as store:
        with store.transaction(capture=False):
            dataset = store.put("dataset", None, {"name": "sections", "register": "bench"})
            loader = store.table_loader("road_section", dataset)
            loader.insert(_NAMES, rows)
            loader.close()
        codes = [new_code(store, "planner", name) for name in ("one", "two")]
    command = [sys.executable, "-m", "stadsveld.cli", "hub", "serve", str(path), "--port", "0"]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        url = json.loads((service.stdout or sys.stdin.buffer).readline())["url"]
        one, two = (
            create_replica(folder / f"{code}.sqlite", RequestsTransport(url), code, code) for code in codes
        )
        for store in (one, two):
            sync(store, transport_of(store))
        weighed, other = Weighed(transport_of(one)), Weighed(transport_of(two))
        # The rows in memory are the benchmark's own: neither side is to spend time on them.
        gc.collect()
        gc.freeze()
        began = time.perf_counter()
        with one.transaction():
            sql = "UPDATE road_section SET pavement = ? WHERE id = ?"
            one.connection.executemany(sql, edits(rows))
        sync(one, weighed)
        sync(two, other)
        spent = time.perf_counter() - began
        weighed.pulled = other.pulled
        if two.connection.execute("SELECT count(*) FROM stadsveld_change").fetchone()[0] != EDITS:
            raise RuntimeError("the other copy does not have all edits")
        for store in (one, two):
            store.close()
    finally:
        service.terminate()
        service.wait(60)
    return spent, weighed


def edits(rows: list[Any]) -> list[tuple[str, str]]:
    """Return (value, id) of the edits, spread over the rows."""
    step = len(rows) // EDITS
    return [("beton", rows[number * step][0]) for number in range(EDITS)]


def beside_peer(folder: Path, rows: list[Any], ours: float) -> Result:
    """Measure pygeodiff on the same rows and edits."""
    name = f"1,000 edits among {len(rows):,} rows, to the other copy"
    if find_spec("pygeodiff") is None:
        return without_peer(name, "s", ours, "pygeodiff is not installed")
    import pygeodiff

    base, mine, other = (folder / f"{part}.gpkg" for part in ("base", "mine", "other"))
    connection = sqlite3.connect(base)
    columns = "fid INTEGER PRIMARY KEY, id TEXT, number TEXT, street TEXT, pavement TEXT, geom BLOB"
    connection.execute(f"CREATE TABLE road_section ({columns})")
    connection.executemany(
        "INSERT INTO road_section (id, number, street, pavement, geom) VALUES (?, ?, ?, ?, ?)", rows
    )
    connection.commit()
    connection.close()
    for copy in (mine, other):
        shutil.copyfile(base, copy)
    change(mine, "beton", rows)
    change(other, "asfalt", rows[1:])
    tool = pygeodiff.GeoDiff()
    began = time.perf_counter()
    tool.create_changeset(str(base), str(mine), str(folder / "mine.diff"))
    tool.rebase(str(base), str(mine), str(other), str(folder / "conflicts.json"))
    tool.apply_changeset(str(base), str(folder / "mine.diff"))
    theirs = time.perf_counter() - began
    most = FIFTH if len(rows) == SIZES[-1] else 1000.0
    return against(name, "s", ours, theirs, f"pygeodiff {version('pygeodiff')}", ratio_at_most=most)


def change(path: Path, value: str, rows: list[Any]) -> None:
    """Edit a copy by hand."""
    step = len(rows) // EDITS
    connection = sqlite3.connect(path)
    sql = "UPDATE road_section SET pavement = ? WHERE id = ?"
    connection.executemany(sql, [(value, rows[number * step][0]) for number in range(EDITS)])
    connection.commit()
    connection.close()
