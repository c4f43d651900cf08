"""Long work that any front can follow and cancel.

A job is a function that takes a `Progress` as its last argument and reports to it. In QGIS the
progress feeds a `QgsTask`, in Kivy a worker, in the command line a bar; the job knows none of them.
Every report is also the place where a cancelled job stops, by raising `Cancelled`.
"""

from __future__ import annotations

from collections.abc import Callable

from .errors import Cancelled
from .text import _


class Progress:
    """Receives how far a job is. This one listens to nobody and is never cancelled.

    Args:
        show: called with (fraction 0..1, what is being done).
        is_cancelled: asked at every report.
    """

    def __init__(
        self,
        show: Callable[[float, str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._show = show
        self._is_cancelled = is_cancelled

    def report(self, fraction: float, doing: str = "") -> None:
        """Report that `fraction` (0..1) is done and what is `doing` now.

        Raises:
            Cancelled: if the user asked to stop.
        """
        if self._is_cancelled is not None and self._is_cancelled():
            raise Cancelled(_("Cancelled; nothing was changed."))
        if self._show is not None:
            self._show(min(max(fraction, 0.0), 1.0), doing)

    def part(self, start: float, end: float) -> Progress:
        """Return the progress of a step that runs from `start` to `end` of this one."""
        return Progress(
            lambda fraction, doing: self.report(start + fraction * (end - start), doing),
            self._is_cancelled,
        )
