"""Schedules: random edits, synchronisations and faults, then rest, then judgement. Repeatable by seed."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import StadsveldError, Unavailable
from ...store import Store, statement
from ...sync import fold, sync
from .chance import Chance, repeatable
from .edits import Known, edit
from .judging import Ledger, judge_area, judge_central, judge_device, judge_limited, judge_photos
from .network import NETWORK_FAULTS, Network
from .world import FRESH, Device, Template, World, add_edition

#: All faults: those of the network, of processes, clocks and disks, restores, and moves over borders.
FAULTS = (*NETWORK_FAULTS, "kill", "skew", "full", "restore", "move")
#: Probabilities per step.
_SYNC, _RARE, _OFTEN, _REOPEN, _CENTRAL = 0.5, 0.02, 0.08, 0.03, 0.03
#: What no schedule may end in; the seed is told with it.
_CRASHES = (
    StadsveldError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError,
    ValueError, sqlite3.Error,
)  # fmt: skip
#: Rounds of synchronising after which a world has to be at rest.
_MOST_ROUNDS = 8


@dataclass(frozen=True)
class Settings:
    """What to simulate.

    Attributes:
        least: fewest devices.
        most: most devices.
        edits: edits of one schedule.
        seed: seed of the first schedule; each next one has the next seed.
        faults: names of `FAULTS`.
        schedules: how many schedules.
    """

    least: int = 2
    most: int = 8
    edits: int = 24
    seed: int = 1
    faults: tuple[str, ...] = FAULTS
    schedules: int = 1


@dataclass
class Result:
    """What was simulated.

    Attributes:
        seed: seed of the first schedule.
        schedules: how many were run.
        edits: edits made in all.
        syncs: synchronisations in all.
        changes: changes in the central stores at the end.
        conflicts: conflicts in them at the end.
        faults: how often each fault happened.
        seconds: time it took.
        failed: seed of the schedule that failed, or None.
        problems: what was wrong with it.
    """

    seed: int
    schedules: int = 0
    edits: int = 0
    syncs: int = 0
    changes: int = 0
    conflicts: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    failed: int | None = None
    problems: list[str] = field(default_factory=list)


def simulate(
    settings: Settings, folder: Path | None = None, show: Callable[[Result], None] | None = None
) -> Result:
    """Run schedules until all are done or one fails.

    Args:
        settings: what to simulate.
        folder: where to put the files; a folder for temporary files when None, in memory where it can be.
        show: called after each schedule.
    """
    result = Result(settings.seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stadsveld-simulation-", dir=folder or _in_memory()) as made:
        base = Path(made)
        (base / "template").mkdir()
        with repeatable(0):
            template = Template(base / "template", max(settings.most, 2))
        for number in range(settings.schedules):
            seed = settings.seed + number
            work = base / "schedule"
            work.mkdir()
            result.problems = _Schedule(settings, seed, template, work, result).run()
            result.schedules += 1
            result.seconds = round(time.monotonic() - begun, 1)
            if show is not None:
                show(result)
            if result.problems:
                result.failed = seed
                break
            shutil.rmtree(work)
    return result


def _in_memory() -> Path | None:
    """Return the folder of files in memory, where the system has one."""
    folder = Path("/", "dev", "shm")
    return folder if folder.is_dir() else None


class _Schedule:
    """One schedule."""

    def __init__(
        self, settings: Settings, seed: int, template: Template, folder: Path, result: Result
    ) -> None:
        self._settings = settings
        self._seed = seed
        self._template = template
        self._folder = folder
        self._result = result
        self._chance = Chance(seed)
        self._known = Known(may_move="move" in settings.faults)
        self._ledger = Ledger()

    def run(self) -> list[str]:
        """Run it and return what is wrong at the end."""
        names = self._chosen()
        limited = [f"{name}{FRESH}" for name in names if self._template.kinds[name].is_limited]
        self._template.copy(self._folder, [*names, *limited])
        network = Network(self._chance, self._settings.faults)
        with repeatable(self._seed) as clock, closing(asyncio.new_event_loop()) as loop:
            self._world = World(self._folder, self._chance, clock, network, loop)
            with closing(self._world):
                for name in names:
                    self._world.add(name, self._template.kinds[name])
                problems = self._guarded()
        for fault, times in network.met.items():
            self._result.faults[fault] = self._result.faults.get(fault, 0) + times
        return problems

    def _guarded(self) -> list[str]:
        """Live and judge; an error that nobody expected is a problem too."""
        try:
            self._live()
            return self._settle() or list(self._judge())
        except _CRASHES:
            return traceback.format_exc().splitlines()

    def _chosen(self) -> list[str]:
        number = self._chance.randint(self._settings.least, self._settings.most)
        names = list(self._template.kinds)
        first = next(name for name in names if not self._template.kinds[name].is_limited)
        rest = [name for name in names if name != first]
        return sorted([first, *self._chance.sample(rest, number - 1)])

    def _live(self) -> None:
        for _step in range(self._settings.edits):
            self._misfortune()
            device = self._chance.choice(self._world.devices)
            if self._meets("kill", _OFTEN):
                self._world.arm()
            with self._world.acting(device):
                edit(device, self._chance, self._known)
            self._result.edits += 1
            self._ledger.note(device.store)
            if self._chance.happens(_SYNC):
                self._sync(self._chance.choice(self._world.devices))

    def _meets(self, fault: str, probability: float) -> bool:
        return fault in self._settings.faults and self._chance.happens(probability)

    def _misfortune(self) -> None:
        """Let happen what happens besides edits."""
        world, device = self._world, self._chance.choice(self._world.devices)
        if self._meets("skew", _OFTEN):
            world.skew(device)
        if self._meets("full", _RARE):
            world.fill(self._chance.choice([device, None]))
        elif self._chance.happens(_OFTEN):
            self._make_room()
        if self._meets("restore", _OFTEN):
            self._back_up_or_restore()
        if self._chance.happens(_REOPEN):
            world.reopen(device, spatialite=self._chance.happens(0.5))
        if self._chance.happens(_CENTRAL):
            self._edit_central()

    def _back_up_or_restore(self) -> None:
        if self._meets("kill", 0.2):
            self._world.arm()
        if self._chance.happens(0.6):
            self._world.back_up()
        elif self._world.restore():
            # What was imported in the central store itself is imported again: only it had that.
            with Store.open(self._world.central_path) as store:
                add_edition(store, self._known.editions)

    def _edit_central(self) -> None:
        """Something happens in the central store itself: a desk that works on it, an edition, folding."""
        with suppress(StadsveldError), Store.open(self._world.central_path) as store:
            what = self._chance.choice(("task", "edition", "fold"))
            if what == "task":
                self._known.born("task", store.put("task", None, {"title": "central"}))
            elif what == "edition":
                self._known.editions += 1
                add_edition(store, self._known.editions)
            else:
                fold(store, self._world.clock.now())

    def _sync(self, device: Device) -> None:
        if self._meets("kill", _OFTEN):
            self._world.arm()
        with self._world.acting(device), suppress(Unavailable):
            sync(device.store, self._world.link(device))
        self._result.syncs += 1
        self._ledger.note(device.store)

    def _make_room(self) -> None:
        self._world.make_room(None)
        for device in self._world.devices:
            self._world.make_room(device)

    def _settle(self) -> list[str]:
        """Let everyone synchronise over a good network until nothing moves; return who does not rest."""
        world = self._world
        self._make_room()
        world.network.heal()
        for _round in range(_MOST_ROUNDS):
            moved = []
            for device in world.devices:
                with world.acting(device):
                    report = sync(device.store, world.link(device))
                self._ledger.note(device.store)
                if report.pushed or report.pulled or report.rows_sent:
                    moved.append(f"{device.name} does not come to rest: {report.as_json()}")
            if not moved:
                return []
        return moved

    def _judge(self) -> Iterator[str]:
        world = self._world
        with Store.open(world.central_path) as central:
            yield from judge_central(central, self._ledger)
            yield from judge_photos(central, self._known.photos)
            self._count(central)
            for device in world.devices:
                if not device.store.connection.has_spatialite:
                    world.reopen(device, spatialite=True)
                if device.kind.is_limited:
                    yield from self._judge_limited(device, central)
                else:
                    yield from judge_device(device.store, central, device.name)

    def _judge_limited(self, device: Device, central: Store) -> Iterator[str]:
        """Compare with a device that has the same limits and begins only now."""
        with Store.open(self._folder / f"{device.name}{FRESH}.sqlite") as fresh:
            sync(fresh, self._world.link())
            yield from judge_limited(device.store, fresh, central, device.name)
        area = device.kind.area or device.kind.bbox
        if area is not None:
            yield from judge_area(device.store, central, area)

    def _count(self, central: Store) -> None:
        count = central.connection.execute
        self._result.changes += count(statement("count_rows", "stadsveld_change")).fetchone()[0]
        self._result.conflicts += count(statement("count_conflicts")).fetchone()[0]
