"""The store that is open in this QGIS, and the work that is done on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QObject, pyqtSignal

from . import files, tasks
from .core import errors, part, store, sync
from .messages import Messages
from .settings.preferences import Preferences
from .text import tr

#: Work on an open store: takes (store, progress), runs on another thread with a connection of its own.
Job = Callable[[Any, Any], Any]


class Session(QObject):
    """At most one open store.

    Signals:
        opened: a store is open.
        closed: it is open no more.
        changed: something in it may differ from what is shown.
        busy: whether work is going on beside QGIS.

    Attributes:
        store: the open store of the core, for the main thread, or None.
    """

    opened = pyqtSignal()
    closed = pyqtSignal()
    changed = pyqtSignal()
    busy = pyqtSignal(bool)

    def __init__(self, messages: Messages, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._preferences = preferences
        self._waiting: deque[Callable[[], QgsTask]] = deque()
        self._running: QgsTask | None = None
        self._edits_wait = False
        self.store: Any = None

    @property
    def path(self) -> Path | None:
        """The file of the open store."""
        return None if self.store is None else self.store.path

    @property
    def is_busy(self) -> bool:
        """Whether work on the store goes on beside QGIS; writing to it now would have to wait."""
        return self._running is not None

    @property
    def is_working_copy(self) -> bool:
        """Whether the open store is a working copy of a central store."""
        return self.store is not None and self.store.setting("hub_url") is not None

    def create(self, path: str | Path) -> bool:
        """Make a new store and open it; tell whether it worked."""
        return self._open(path, create=True)

    def open(self, path: str | Path) -> bool:
        """Open an existing store; tell whether it worked."""
        return self._open(path, create=False)

    def _open(self, path: str | Path, *, create: bool) -> bool:
        path = Path(path).absolute()
        if create:
            path = path if path.suffix else path.with_suffix(".sqlite")
        is_shared = files.is_on_network(path)
        try:
            found = store.Store.create(path, wal=not is_shared) if create else store.Store.open(path)
        except errors.StadsveldError as error:
            self._messages.failure(error)
            return False
        self.close()
        if not is_shared and not create:
            _let_readers_go_on(found)
        self.store = found
        self._preferences.remember_store(str(path))
        if is_shared:
            self._messages.warning(
                tr(
                    "{file} is on a network share. A store can be damaged when several people write to it "
                    "there; keep it on a local disk and share it through a central store."
                ).format(file=path.name)
            )
        self.opened.emit()
        return True

    def close(self) -> None:
        """Close the store that is open, if one is."""
        if self.store is None:
            return
        if self._running is not None:
            self._waiting.clear()
            self._running.cancel()
        self.store.close()
        self.store = None
        self.closed.emit()

    def run(self, title: str, job: Job, done: Callable[[Any], None] | None = None) -> None:
        """Do work on the open store beside QGIS, one after the other, and show what goes wrong.

        Args:
            title: what the task manager shows.
            job: takes (store, progress); both belong to the thread of the work.
            done: called on the main thread with what `job` returned.
        """
        if self.path is None:
            self._messages.warning(tr("Open a store first."))
            return
        path = self.path

        def whole(progress: Any) -> Any:
            with store.Store.open(path) as own:
                return job(own, progress)

        self.run_apart(title, whole, done)

    def run_apart(self, title: str, job: tasks.Work, done: Callable[[Any], None] | None = None) -> None:
        """Do work that needs no open store, in the same queue; `job` takes (progress)."""

        def succeed(result: Any) -> None:
            self._next()
            self.changed.emit()
            if done is not None:
                done(result)

        def fail(error: BaseException | None) -> None:
            self._next()
            self.changed.emit()
            self._messages.failure(error or errors.Cancelled(tr("Cancelled; nothing was changed.")))

        self._waiting.append(lambda: tasks.start(title, job, succeed, fail))
        if self._running is None:
            self._next()

    def _next(self) -> None:
        self._running = self._waiting.popleft()() if self._waiting else None
        self.busy.emit(self.is_busy)
        if not self.is_busy and self._edits_wait:
            self.keep_edits()

    def keep_edits(self) -> int:
        """Seal what was edited into changes, derive what follows from it, and return their number.

        While other work writes to the store this waits for its end, without making anybody wait.
        """
        self._edits_wait = self.is_busy
        if self.store is None or self.is_busy:
            return 0
        try:
            touched = _sections_touched(self.store)
            count = sync.seal(self.store, self._preferences.inspector or None)
            if count:
                part("work.condition").recompute(self.store, touched)
        except errors.StadsveldError as error:
            self._messages.failure(error)
            return 0
        if count:
            self.changed.emit()
        return int(count)


def _let_readers_go_on(opened: Any) -> None:
    """Let layers be drawn while something is written, where the file allows it."""
    with suppress(errors.StoreError):
        opened.use_wal()


def _sections_touched(opened: Any) -> list[str] | None:
    """Return the road sections whose condition the captured edits may change; None for all."""
    found: set[str] = set()
    captured = opened.connection.execute(store.statement("captured")).fetchall()
    for name, row_id in {(row["entity"], row["entity_id"]) for row in captured}:
        if name == "road_section":
            found.add(row_id)
        elif name in {"inspection", "damage"}:
            row = opened.get(name, row_id)
            if row is None or any(item["field"] in {"asset_id", "inspection_id"} for item in captured):
                return None
            inspection = row if name == "inspection" else opened.get("inspection", row["inspection_id"] or "")
            if inspection is not None and inspection["asset_id"]:
                found.add(inspection["asset_id"])
    return sorted(found)
