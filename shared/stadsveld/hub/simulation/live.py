"""Devices and a central store in processes of their own, over HTTP, editing and synchronising in real time.

Any of them may be killed at any moment. What each device did is written in a log of its own, next to
its file: that log, and not the changes, is what the end is judged by. Not repeatable by seed, as the
timing is the machine's.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ... import geo
from ...errors import StadsveldError, StoreError, Unavailable
from ...model import new_id
from ...store import Store
from ...sync import RequestsTransport, conflicts, create_replica, sync, transport_of
from ..central import prepare
from ..devices import new_code
from ..server import RunningHub
from .chance import Chance
from .judging import Ledger, judge_central, judge_device
from .world import AREA

#: Seconds between the synchronisations of a device, and between its edits at most.
_EVERY, _PAUSE = 2.0, 0.15
#: Probabilities that an edit is of a row that another device edits too, or a photo; bytes of a photo.
_SHARED, _PHOTO, _PHOTO_BYTES = 0.1, 0.04, 4000
#: Seconds between kills, and the share of them that hits the central store.
_KILL_AFTER, _HIT_CENTRAL = (0.05, 0.8), 0.3
_STARTING = 120.0
_GO, _STOP = "go", "stop"


@dataclass(frozen=True)
class LiveSettings:
    """What to run.

    Attributes:
        devices: how many devices.
        seconds: for how long they work, at least.
        kills: how many of them, or of the central store, are killed meanwhile.
        seed: what chance begins with.
    """

    devices: int = 30
    seconds: float = 60.0
    kills: int = 0
    seed: int = 1


@dataclass
class LiveResult:
    """What was run, and what was found.

    Attributes:
        devices: how many devices.
        seconds: how long they worked.
        edits: edits that were stored.
        photos: photos that were taken.
        syncs: synchronisations that came to their end.
        broken: synchronisations that did not, because something was killed.
        kills: processes killed, by what they were.
        changes: changes in the central store at the end.
        conflicts: conflicts in it at the end.
        true_conflicts: conflicts that there have to be.
        problems: what was wrong.
    """

    devices: int
    seconds: float = 0.0
    edits: int = 0
    photos: int = 0
    syncs: int = 0
    broken: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    conflicts: int = 0
    true_conflicts: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """What the process of one device needs to know.

    Attributes:
        path: its file.
        shared: the row that it and its neighbour both edit.
        own_field: the field of that row that only this one edits.
        seed: what its chance begins with.
    """

    path: Path
    shared: str
    own_field: str
    seed: int


def run_live(settings: LiveSettings, folder: Path | None = None) -> LiveResult:
    """Let devices work and be killed, let everything come to rest, and judge.

    Args:
        settings: what to run.
        folder: where to put the files: on the disk that is meant, as durability is at stake.
    """
    with tempfile.TemporaryDirectory(prefix="stadsveld-live-", dir=folder) as made:
        return _Live(settings, Path(made)).run()


class _Live:
    def __init__(self, settings: LiveSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._chance = Chance(settings.seed)
        self._spawn = multiprocessing.get_context("spawn")
        self._central_path = folder / "central.sqlite"
        self._jobs: list[Job] = []
        self._processes: list[BaseProcess] = []
        self._result = LiveResult(settings.devices)

    def run(self) -> LiveResult:
        prepare(self._central_path)
        url = self._serve(0)
        self._port = int(url.rsplit(":", 1)[1])
        try:
            self._enrol(url)
            self._processes = [self._start(job, number) for number, job in enumerate(self._jobs)]
            self._wait_for_all()
            self._let_work()
            self._result.problems += self._settle()
        finally:
            for process in (*self._processes, self._central):
                process.kill()
                process.join()
        if not self._result.problems:
            self._result.problems += self._judge()
        return self._result

    # Beginning

    def _serve(self, port: int) -> str:
        """Start the central store in a process of its own; return its address once it answers."""
        mine, theirs = self._spawn.Pipe()
        self._central = self._spawn.Process(target=_serve, args=(self._central_path, port, theirs))
        self._central.start()
        theirs.close()
        if not mine.poll(_STARTING):
            raise Unavailable("the central store did not start")
        return str(mine.recv())

    def _enrol(self, url: str) -> None:
        """Make the devices, the rows that two of them share, and one true conflict on each of these."""
        paths = [self._folder / f"device{number}.sqlite" for number in range(self._settings.devices)]
        shared = [new_id() for _pair in paths[::2]]
        with ExitStack() as opened, Store.open(self._central_path) as central:
            codes = [new_code(central, "inspector", path.stem) for path in paths]
            stores = [
                opened.enter_context(create_replica(path, RequestsTransport(url), code, path.stem))
                for path, code in zip(paths, codes, strict=True)
            ]
            with stores[0].transaction():
                for number, row_id in enumerate(shared):
                    stores[0].put("task", row_id, {"title": f"shared {number}", "status": "open"})
            for store in stores:
                sync(store, transport_of(store))
            for number, store in enumerate(stores):
                store.put("task", shared[number // 2], {"note": f"device {number}"})
        self._result.true_conflicts = len(paths) // 2
        for number, path in enumerate(paths):
            name = "status" if number % 2 else "title"
            self._jobs.append(Job(path, shared[number // 2], name, self._settings.seed * 1000 + number))

    def _start(self, job: Job, number: int) -> BaseProcess:
        started = self._spawn.Process(target=_work, args=(job,), name=f"device{number}")
        started.start()
        return started

    def _wait_for_all(self) -> None:
        """Let the work begin when every process is ready for it."""
        until = time.monotonic() + _STARTING
        while not all(_ready(job.path).exists() for job in self._jobs):
            if time.monotonic() > until:
                raise Unavailable("the devices did not start")
            time.sleep(0.05)
        (self._folder / _GO).touch()

    # Working

    def _let_work(self) -> None:
        begun = time.monotonic()
        for _number in range(self._settings.kills):
            time.sleep(self._chance.uniform(*_KILL_AFTER))
            if self._chance.happens(_HIT_CENTRAL):
                self._kill(self._central, "central store")
                self._serve(self._port)
            else:
                number = self._chance.randrange(len(self._jobs))
                self._kill(self._processes[number], "device")
                self._processes[number] = self._start(self._jobs[number], number)
        time.sleep(max(0.0, self._settings.seconds - (time.monotonic() - begun)))
        (self._folder / _STOP).touch()
        for process in self._processes:
            process.join(_STARTING)
            if process.exitcode != 0:
                self._result.problems.append(f"{process.name} ended with {process.exitcode}")
        self._result.seconds = round(time.monotonic() - begun, 1)

    def _kill(self, process: BaseProcess, what: str) -> None:
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            self._result.problems.append(f"the {what} had ended by itself with {process.exitcode}")
        self._result.kills[what] = self._result.kills.get(what, 0) + 1

    # Ending

    def _settle(self) -> list[str]:
        """Let every device synchronise twice; return who could not."""
        problems = []
        for _round in range(2):
            for job in self._jobs:
                try:
                    with Store.open(job.path) as store:
                        sync(store, transport_of(store))
                except StadsveldError as error:
                    problems.append(f"{job.path.stem} cannot synchronise: {error}")
        return problems

    def _judge(self) -> Iterator[str]:
        ledger = Ledger()
        with Store.open(self._central_path) as central:
            for job in self._jobs:
                with Store.open(job.path) as store:
                    ledger.note(store)
                    yield from judge_device(store, central, job.path.stem)
                yield from self._judge_log(job, central)
            yield from judge_central(central, ledger)
            yield from self._judge_conflicts(central)
            self._result.changes = len(ledger.sealed)

    def _judge_conflicts(self, central: Store) -> Iterator[str]:
        """There are the conflicts made before the work, one for each pair of devices, and no others."""
        found = sorted((each.entity_id, each.field) for each in conflicts(central))
        pairs = sorted((job.shared, "note") for job in self._jobs[1::2])
        self._result.conflicts = len(found)
        if found != pairs:
            yield f"{len(found)} conflicts, and {len(pairs)} are true: {found}"

    def _judge_log(self, job: Job, central: Store) -> Iterator[str]:
        """Every edit of the log is in the central store, unless a later one of the log replaced it."""
        shown: dict[tuple[str, str, str], list[Any]] = {}
        for line in _read_log(job.path):
            what = line["what"]
            self._result.syncs += what == "synced"
            self._result.broken += what == "broken"
            self._result.photos += what == "photo"
            self._result.edits += what == "stored"
            if what in ("stored", "begun"):
                place = (line["entity"], line["id"], line["field"])
                kept = [] if what == "stored" else shown.setdefault(place, [None])
                shown[place] = [*kept, line["value"]]
            elif what == "photo":
                yield from _judge_photo(central, line["sha256"])
        for (entity, row_id, name), values in shown.items():
            row = central.get(entity, row_id) or {}
            value = row.get(name)
            if (value.hex() if isinstance(value, bytes) else value) not in values:
                yield f"{name} of {entity} {row_id} is {value!r} and {job.path.stem} wrote {values!r}"


def _judge_photo(central: Store, sha256: str) -> Iterator[str]:
    try:
        central.photos.read(sha256)
    except StadsveldError as error:
        yield f"photo {sha256}: {error}"


# In the other processes


def _serve(path: Path, port: int, told: Connection) -> None:
    """Serve a central store until killed."""
    RunningHub(path, port=port).run(told.send)


def _work(job: Job) -> None:
    """Edit and synchronise until told to stop."""
    chance = Chance(f"{job.seed}:{time.time_ns()}")
    folder = job.path.parent
    with Store.open(job.path) as store, _log_path(job.path).open("ab", buffering=0) as log:

        def note(what: str, **facts: Any) -> None:
            log.write(json.dumps({"what": what, **facts}).encode() + b"\n")

        transport = transport_of(store, timeout=30)
        _ready(job.path).touch()
        while not (folder / _GO).exists():
            time.sleep(0.02)
        own = [line["id"] for line in _read_log(job.path) if line.get("own")]
        following = time.monotonic() + chance.uniform(0.0, _EVERY)
        while not (folder / _STOP).exists():
            with suppress(StoreError):  # A disk that is busy for long: nothing was stored, nor noted so.
                _edit(store, job, chance, own, note)
            if time.monotonic() >= following:
                following = time.monotonic() + _EVERY
                try:
                    sync(store, transport)
                    note("synced")
                except Unavailable:
                    note("broken")
            time.sleep(chance.uniform(0.0, _PAUSE))


def _edit(store: Store, job: Job, chance: Chance, own: list[str], note: Callable[..., None]) -> None:
    """Make one edit; it is noted before and after, so that a kill in between leaves both possible."""
    if chance.happens(_PHOTO):
        sha256 = store.photos.add(b"\xff\xd8\xff" + chance.randbytes(_PHOTO_BYTES))
        store.put("photo", None, {"owner_entity": "task", "owner_id": job.shared, "sha256": sha256})
        note("photo", sha256=sha256)
        return
    row_id, name, value = job.shared, job.own_field, f"{chance.random()}"
    is_new = not own or chance.happens(0.2)
    if not chance.happens(_SHARED):
        row_id = new_id() if is_new else chance.choice(own)
        name = chance.choice(("title", "note", "geom"))
    point = geo.point_wkb(chance.randrange(int(AREA[0]), int(AREA[2])), AREA[1])
    facts = {"entity": "task", "id": row_id, "field": name, "own": row_id != job.shared}
    shown = point.hex() if name == "geom" else value
    note("begun", value=shown, **facts)
    store.put("task", row_id, {name: point if name == "geom" else value})
    note("stored", value=shown, **facts)
    if row_id not in (*own, job.shared):
        own.append(row_id)


def _log_path(path: Path) -> Path:
    return path.with_suffix(".log")


def _ready(path: Path) -> Path:
    return path.with_suffix(".ready")


def _read_log(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log; a last one that was cut off by a kill is left out."""
    file = _log_path(path)
    content = file.read_bytes() if file.exists() else b""
    return [json.loads(line) for line in content.split(b"\n")[:-1]]
