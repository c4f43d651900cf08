"""The figures of the area that is being drawn, from surroundings that are kept in memory."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsTask
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .. import tasks
from ..core import design, errors, geo, store
from ..messages import Messages
from ..session import Session
from ..text import tr

#: Metres of base map that are kept around what is drawn.
MARGIN = 100.0
#: Up to this many m² the surroundings are read at once, beyond it beside QGIS.
AT_ONCE = 1_000_000.0
#: Beyond this many m² of plan the figures wait until the pointer rests (ms).
LARGE = 500_000.0
REST = 120

Bbox = tuple[float, float, float, float]


class LivePlan(QObject):
    """Measures one polygon at a time.

    Signals:
        measured: new figures (Indicators).
        waiting: what is shown is out of date and being recomputed.

    Attributes:
        indicators: the last figures, or None.
    """

    measured = pyqtSignal(object)
    waiting = pyqtSignal()

    def __init__(self, session: Session, messages: Messages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._messages = messages
        self._around: Any = None
        self._polygon: bytes | None = None
        self._task: QgsTask | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._measure)
        self.indicators: Any = None
        session.changed.connect(self._forget_surroundings)
        session.closed.connect(self.forget)

    def prepare(self, bbox: Bbox) -> None:
        """Read the surroundings of what is in sight, so that the first stroke need not wait."""
        wanted = _grown(bbox, MARGIN)
        if _size(wanted) <= AT_ONCE and (self._around is None or not self._around.covers(wanted)):
            self._read_now(wanted)

    def show(self, polygon: bytes, *, at_once: bool = False) -> None:
        """Measure a polygon (WKB in RD); a large one when the pointer rests, unless told `at_once`."""
        self._polygon = polygon
        if not at_once and geo.area(polygon) > LARGE:
            self.waiting.emit()
            self._timer.start()
        else:
            self._measure()

    def clear(self) -> None:
        """Measure nothing any more."""
        self._timer.stop()
        self._polygon = None
        self.indicators = None

    def forget(self) -> None:
        """Let go of the store."""
        self.clear()
        self._forget_surroundings()

    def _forget_surroundings(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._around = None

    def _measure(self) -> None:
        self._timer.stop()
        if self._polygon is None or self._session.store is None:
            return
        bbox = geo.wkb_bbox(self._polygon)
        if self._around is None or not self._around.covers(bbox):
            wanted = _grown(bbox, max(MARGIN, bbox[2] - bbox[0], bbox[3] - bbox[1]))
            narrow = _grown(bbox, MARGIN)
            if _size(narrow) > AT_ONCE:
                self._read_beside(narrow)
                return
            if not self._read_now(wanted if _size(wanted) <= AT_ONCE else narrow):
                return
        try:
            self.indicators = design.measure(self._polygon, self._around)
        except errors.StadsveldError as error:
            self._messages.failure(error)
            return
        self.measured.emit(self.indicators)

    def _read_now(self, bbox: Bbox) -> bool:
        try:
            self._around = design.Surroundings.read(self._session.store, bbox)
        except errors.StadsveldError as error:
            self.clear()
            self._messages.failure(error)
            return False
        return True

    def _read_beside(self, bbox: Bbox) -> None:
        """Read a large area on another thread; the last figures stay meanwhile."""
        self.waiting.emit()
        if self._task is not None:
            return
        path = self._session.path

        def read(progress: Any) -> Any:
            with store.Store.open(path, readonly=True) as own:
                return design.Surroundings.read(own, bbox, progress=progress)

        def done(around: Any) -> None:
            if self._task is task:
                self._task = None
                self._around = around
                self._measure()

        def failed(error: BaseException | None) -> None:
            if self._task is task:
                self._task = None
                if error is not None:
                    self._messages.failure(error)

        task = self._task = tasks.start(tr("Reading the surroundings"), read, done, failed)


def _grown(bbox: Bbox, by: float) -> Bbox:
    return (bbox[0] - by, bbox[1] - by, bbox[2] + by, bbox[3] + by)


def _size(bbox: Bbox) -> float:
    return (bbox[2] - bbox[0]) * (bbox[3] - bbox[1])
