"""What a central store takes in: 30 devices push at once, then push while 30 others fetch everything.

The peer is one process that writes the same rows of changes into a plain SQLite table, as many in one
transaction and as durably. Ours checks each change, merges it, writes the row, the log and the audit line,
and answers over HTTP; its memory is the most that the service had at any moment.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from bench_start import section
from harness import Result, absolute, against

from stadsveld.hub import new_code, prepare
from stadsveld.model import new_id
from stadsveld.store import Store

DEVICES, PUSHES, BATCH = 30, 10, 100
SECTIONS = 30_000
TENTH, USUAL, SECOND, MEMORY = 10.0, 200.0, 1.0, 300.0
_NAMES = ("id", "number", "street", "pavement", "geom")
_TABLE = """
    CREATE TABLE change (seq INTEGER PRIMARY KEY, change_id TEXT NOT NULL UNIQUE, entity TEXT NOT NULL,
        entity_id TEXT NOT NULL, actor TEXT NOT NULL, device TEXT NOT NULL, hlc INTEGER NOT NULL,
        schema INTEGER NOT NULL, fields TEXT NOT NULL, parents TEXT NOT NULL)
"""
_INSERT = """
    INSERT INTO change (change_id, entity, entity_id, actor, device, hlc, schema, fields, parents)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class Device:
    """An enrolled device that pushes changes which are ready to go."""

    def __init__(self, url: str, code: str) -> None:
        self.url = url
        token = "t" * 10 + new_id()
        wish = {"code": code, "name": "bench", "token": token}
        self.id = requests.post(f"{url}/v1/enrol", json=wish, timeout=60).json()["device_id"]
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.times: list[float] = []

    def push(self, batches: list[bytes]) -> None:
        """Push batches one after another, and note how long each took."""
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        for batch in batches:
            began = time.perf_counter()
            answer = self.session.post(f"{self.url}/v1/push", data=batch, headers=headers, timeout=60)
            self.times.append(time.perf_counter() - began)
            statuses = {each["status"] for each in answer.json()["answers"]}
            if statuses != {"accepted"}:
                raise RuntimeError(f"not all changes were taken: {statuses}")

    def pull(self) -> int:
        """Fetch everything; return how many changes came."""
        epoch = self.session.get(f"{self.url}/v1/status", timeout=60).json()["epoch"]
        after, more, count = 0, True, 0
        while more:
            asked = {"epoch": epoch, "after": after, "limit": 4000}
            page = self.session.get(f"{self.url}/v1/pull", params=asked, timeout=60).json()
            after, more, count = page["next"], page["more"], count + len(page["changes"])
        return count


def run() -> list[Result]:
    """Measure rate, answer times under load, and memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "central.sqlite"
        rows = [section(number) for number in range(SECTIONS)]
        codes = _central(path, rows)
        command = [sys.executable, "-m", "stadsveld.cli", "hub", "serve", str(path), "--port", "0"]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            url = json.loads((service.stdout or sys.stdin.buffer).readline())["url"]
            devices = [Device(url, code) for code in codes]
            writers, readers = devices[:DEVICES], devices[DEVICES:]
            first = [_changes(device, rows, number, "beton") for number, device in enumerate(writers)]
            ours = _time(lambda: _all(writers, first))
            theirs = _plain(folder / "plain.sqlite", first)
            for device in writers:
                device.times.clear()
            second = [_changes(device, rows, number, "asfalt") for number, device in enumerate(writers)]
            _all(writers, second, readers)
            times = sorted(spent for device in writers for spent in device.times)
            memory = _peak_memory(service.pid)
        finally:
            service.terminate()
            service.wait(60)
    count = DEVICES * PUSHES * BATCH
    name = f"{count:,} changes from {DEVICES} devices at once, per change"
    peer = f"SQLite {sqlite3.sqlite_version}, one process"
    p99 = times[int(len(times) * 0.99)]
    return [
        against(name, "us", ours / count * 1e6, theirs / count * 1e6, peer, ratio_at_most=TENTH),
        absolute("the same: 5,000 changes a second", "us", ours / count * 1e6, at_most=USUAL),
        absolute(f"p99 of a push of {BATCH} while {DEVICES} fetch all", "s", p99, at_most=SECOND),
        absolute(f"memory of the service after {2 * count:,} changes", "MB", memory, at_most=MEMORY),
    ]


def _central(path: Path, rows: list[Any]) -> list[str]:
    prepare(path)
    with Store.open(path) as store:
        with store.transaction(capture=False):
            dataset = store.put("dataset", None, {"name": "sections", "register": "bench"})
            loader = store.table_loader("road_section", dataset)
            loader.insert(_NAMES, rows)
            loader.close()
        return [new_code(store, "planner", f"device {number}") for number in range(2 * DEVICES)]


def _changes(device: Device, rows: list[Any], number: int, value: str) -> list[list[dict[str, Any]]]:
    """Return batches of single-field edits of sections that no other device edits."""
    own = rows[number::DEVICES][: PUSHES * BATCH]
    made = [
        {
            "change_id": new_id(), "entity": "road_section", "entity_id": row[0],
            "fields": {"pavement": value}, "parents": {}, "actor": "inspecteur", "device": device.id,
            "hlc": (int(time.time() * 1000) << 16) + place, "schema": 1,
        }
        for place, row in enumerate(own)
    ]  # fmt: skip
    return [made[start : start + BATCH] for start in range(0, len(made), BATCH)]


def _all(
    writers: list[Device], batches: list[list[list[dict[str, Any]]]], readers: list[Device] | None = None
) -> None:
    bodies = [[gzip.compress(json.dumps({"changes": one}).encode(), 6) for one in each] for each in batches]
    with ThreadPoolExecutor(2 * DEVICES) as pool:
        waiting = [pool.submit(device.push, own) for device, own in zip(writers, bodies, strict=True)]
        waiting += [pool.submit(device.pull) for device in readers or ()]
        for one in waiting:
            one.result()


def _plain(path: Path, batches: list[list[list[dict[str, Any]]]]) -> float:
    """Return the seconds in which one process writes the same rows into plain SQLite."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    ready = [[_row(change) for change in batch] for each in batches for batch in each]

    def write() -> None:
        for rows in ready:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows)
            connection.execute("COMMIT")

    spent = _time(write)
    connection.close()
    return spent


def _row(change: dict[str, Any]) -> tuple[Any, ...]:
    names = ("change_id", "entity", "entity_id", "actor", "device", "hlc", "schema")
    return (*(change[name] for name in names), json.dumps(change["fields"]), json.dumps(change["parents"]))


def _time(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _peak_memory(pid: int) -> float:
    """Return the most memory that a process had at any moment, in MB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000
