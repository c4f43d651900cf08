"""The world of a simulation: one central store and its devices, as files in one folder, in one process.

A kill is what it is in life: the files are kept as they are at that instant, journal included, and
whatever the process does on its way out is thrown away.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ... import geo
from ...errors import StadsveldError, StoreError, Unavailable
from ...faults import watched
from ...model import id_from_register
from ...store import Store
from ...store.store import Bbox
from ...sync import Response, Transport, create_replica, sync
from ...work.datasets import Edition, put_dataset, write_edition
from ..app import make_app
from ..backup import back_up
from ..central import Central, prepare
from ..devices import new_code
from ..restore import restore
from .chance import Chance, Clock
from .network import InProcess, Network

#: What a device may be limited to: the west half of the simulated area (EPSG:28992).
WEST: Bbox = (203_000.0, 503_000.0, 203_500.0, 504_000.0)
AREA: Bbox = (203_000.0, 503_000.0, 204_000.0, 504_000.0)
#: After the name of a limited device: another one with the same limits, which has never synchronised.
FRESH = "-fresh"
_JOURNALS = ("-wal", "-shm", "-journal")
_NO_HEADERS: Mapping[str, str] = {}
_NO_LIMIT = 1_073_741_823
#: Fault points that a process passes before a kill takes it, at most; pages left on a full disk.
_MOST_POINTS, _PAGES_LEFT = 5, 3
_DAY = 86_400 * 1_000_000_000
_SKEWS = (-9 * _DAY, -_DAY, -2_000_000, 3_000_000, 600_000_000_000, 7 * _DAY)


@dataclass(frozen=True)
class Kind:
    """A kind of device: its role, the area it is limited to, and what it wishes to have."""

    role: str
    area: Bbox | None = None
    bbox: Bbox | None = None
    kinds: tuple[str, ...] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it does not hold everything."""
        return (self.area, self.bbox, self.kinds) != (None, None, None)


#: The kinds of devices of a simulation; more devices than these begin again at the first.
KINDS = (
    Kind("inspector"),
    Kind("planner"),
    Kind("inspector"),
    Kind("administrator"),
    Kind("inspector", area=WEST),
    Kind("planner"),
    Kind("inspector", bbox=WEST),
    Kind("inspector", kinds=("task", "inspection", "damage")),
)


class Killed(BaseException):
    """The process was killed at a fault point."""


@dataclass
class Device:
    """A working copy in use.

    Attributes:
        name: what it is called.
        kind: what it is.
        path: its file.
        store: its open file.
        skew: nanoseconds that its clock is wrong.
        is_full: its disk is full.
    """

    name: str
    kind: Kind
    path: Path
    store: Store
    skew: int = 0
    is_full: bool = False


class Template:
    """A central store with enrolled devices, made once and copied for every schedule.

    Args:
        folder: where to make it.
        number: how many devices.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.kinds = {f"device{n}": KINDS[n % len(KINDS)] for n in range(number)}
        prepare(folder / "central.sqlite")
        with closing(asyncio.new_event_loop()) as loop, Store.open(folder / "central.sqlite") as store:
            add_edition(store, 1)
            with closing(Central(folder / "central.sqlite")) as central:
                transport = InProcess(make_app(central), loop)
                for name, kind in self.kinds.items():
                    code = new_code(store, kind.role, name, kind.area)
                    _enrol(folder / f"{name}.sqlite", transport, code, kind, is_used=True)
                    if kind.is_limited:
                        code = new_code(store, kind.role, name, kind.area)
                        _enrol(folder / f"{name}{FRESH}.sqlite", transport, code, kind, is_used=False)

    def copy(self, folder: Path, names: Collection[str]) -> None:
        """Copy the central store and some devices."""
        for name in ("central", *names):
            for file in self.folder.glob(f"{name}.sqlite*"):
                if file.is_file():
                    shutil.copyfile(file, folder / file.name)


def _enrol(path: Path, transport: Transport, code: str, kind: Kind, *, is_used: bool) -> None:
    with create_replica(path, transport, code, path.stem, bbox=kind.bbox, kinds=kind.kinds) as made:
        if is_used:
            sync(made, transport)


def add_edition(store: Store, number: int) -> None:
    """Import an edition of a register with three road sections, whose pavement differs by edition."""
    name, date = "simulation/roads", f"{2000 + number}-01-01"
    dataset = id_from_register("dataset", name)
    pavement = ("asfalt", "beton", "elementen")[number % 3]
    edition = Edition("road_section", is_whole=False)
    for section in range(3):
        x, y = WEST[0] + 10 + 400 * section, WEST[1] + 10
        square = geo.multipolygon_wkb([[[(x, y), (x + 9, y), (x + 9, y + 9), (x, y)]]])
        row = {"number": str(section), "pavement": pavement, "geom": square}
        edition.rows[id_from_register(name, str(section))] = row
    with store.transaction(capture=False):
        fields = {"name": "Roads", "register": name, "edition": str(number), "edition_date": date}
        put_dataset(store, dataset, fields)
        write_edition(store, dataset, edition, date)


@dataclass
class World:
    """One central store with devices, and what may go wrong with them.

    Attributes:
        folder: where the files are.
        chance: what decides.
        clock: the clock of everybody.
        network: what lies between them.
        devices: the working copies.
        met: how often each fault happened.
    """

    folder: Path
    chance: Chance
    clock: Clock
    network: Network
    loop: asyncio.AbstractEventLoop
    devices: list[Device] = field(default_factory=list)
    _points_left: int | None = None
    _frozen: dict[str, bytes] | None = None
    _victim: Path | None = None

    def __post_init__(self) -> None:
        self._open_central()

    @property
    def central_path(self) -> Path:
        """The file of the central store."""
        return self.folder / "central.sqlite"

    @property
    def met(self) -> dict[str, int]:
        """How often each fault happened."""
        return self.network.met

    def add(self, name: str, kind: Kind) -> None:
        """Take a copied working copy into use."""
        path = self.folder / f"{name}.sqlite"
        self.devices.append(Device(name, kind, path, Store.open(path)))

    def close(self) -> None:
        """Close all files; the central store is closed already where it could not be opened again."""
        with suppress(sqlite3.ProgrammingError):
            self.central.close()
        for device in self.devices:
            device.store.close()

    def link(self, device: Device | None = None) -> Transport:
        """Return the way to the central store: over the network for a device, else directly."""
        direct = _Direct(self)
        return direct if device is None else self.network.link(direct)

    # Acting, and dying

    @contextmanager
    def acting(self, device: Device) -> Iterator[None]:
        """Let a device do something, on its own clock; it may be killed, and its disk may be full."""
        self.clock.skew, self._victim = device.skew, device.path
        try:
            with watched(self._pass):
                yield
        except Killed:
            device.store.close()
            self._thaw(device.path)
            device.store, device.is_full = Store.open(device.path), False
        except StoreError:
            if not device.is_full:
                raise
        finally:
            self.clock.skew, self._victim, self._points_left = 0, None, None

    def serve(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Let the central store answer a request, on its own clock; it may be killed.

        Raises:
            Unavailable: it was.
        """
        kept, self.clock.skew = (self.clock.skew, self._victim), 0
        self._victim = self.central_path
        try:
            return InProcess(self._app, self.loop).request(method, path, body=body, headers=headers)
        except Killed as killed:
            with suppress(StadsveldError):
                self.central.close()
            self._thaw(self.central_path)
            self._open_central()
            raise Unavailable("the central store died") from killed
        finally:
            self.clock.skew, self._victim = kept

    def arm(self) -> None:
        """Let the next one that acts be killed at one of the next fault points."""
        self._points_left = self.chance.randrange(1, _MOST_POINTS)

    def _pass(self, point: str) -> None:
        if self._points_left is None:
            return
        self._points_left -= 1
        if self._points_left > 0:
            return
        self._points_left = None
        self._count("kill")
        if self._victim is not None:
            self._frozen = {
                ending: file.read_bytes()
                for ending in ("", *_JOURNALS)
                if ending != "-shm" and (file := _beside(self._victim, ending)).exists()
            }
        raise Killed(point)

    def _thaw(self, path: Path) -> None:
        """Put the files back as they were at the instant of the kill."""
        frozen, self._frozen = self._frozen or {}, None
        for ending in _JOURNALS:
            _beside(path, ending).unlink(missing_ok=True)
        for ending, content in frozen.items():
            _beside(path, ending).write_bytes(content)

    # What goes wrong with files and clocks

    def reopen(self, device: Device, *, spatialite: bool) -> None:
        """Close and open a working copy, as an app that restarts, on a desk or on a phone."""
        device.store.close()
        device.store = Store.open(device.path, spatialite=spatialite)
        device.is_full = False

    def skew(self, device: Device) -> None:
        """Put the clock of a device wrong, by milliseconds or by days."""
        device.skew = self.chance.choice(_SKEWS)
        self._count("skew")

    def fill(self, device: Device | None) -> None:
        """Let the disk of a device, or of the central store when None, be full but for some pages."""
        store = self.central._store if device is None else device.store
        pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
        left = self.chance.randrange(_PAGES_LEFT)
        store.connection.execute(f"PRAGMA max_page_count = {pages + left:d}")
        if device is not None:
            device.is_full = True
        self._count("full")

    def make_room(self, device: Device | None) -> None:
        """Let there be room on a disk again."""
        store = self.central._store if device is None else device.store
        store.connection.execute(f"PRAGMA max_page_count = {_NO_LIMIT:d}")
        if device is not None:
            device.is_full = False

    def back_up(self) -> None:
        """Make a backup of the central store, which goes on; it may be killed."""
        with suppress(Killed), watched(self._pass):
            back_up(self.central_path, self._backup)
        self._points_left = None

    def restore(self) -> bool:
        """Put the last backup back, if there is one; tell whether there is. It may be killed."""
        if not self._backup.exists():
            return False
        with suppress(StadsveldError):  # On a full disk the last counts of the log are lost, and it says so.
            self.central.close()
        try:
            with suppress(Killed), watched(self._pass):
                restore(self.central_path, self._backup)
        finally:
            self._points_left = None
            self._open_central()
        self._count("restore")
        return True

    @property
    def _backup(self) -> Path:
        return self.folder / "backup.sqlite"

    def _open_central(self) -> None:
        self.central = Central(self.central_path)
        self._app = make_app(self.central)

    def _count(self, fault: str) -> None:
        self.met[fault] = self.met.get(fault, 0) + 1


class _Direct:
    """The way to the central store of a world, whichever serves at the time."""

    url = "http://127.0.0.1"

    def __init__(self, world: World) -> None:
        self._world = world

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] = _NO_HEADERS
    ) -> Response:
        """See `Transport`."""
        return self._world.serve(method, path, body, headers)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
