"""Long work in QGIS: a function of the core as a cancellable task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication, QgsTask

from .core import jobs

Work = Callable[[Any], Any]


def start(
    title: str, work: Work, done: Callable[[Any], None], failed: Callable[[BaseException | None], None]
) -> QgsTask:
    """Run `work(progress)` beside QGIS and return its task, which the task manager owns.

    `work` runs on another thread: it may not touch layers, widgets or the project. Every report to
    its progress is a point where a cancelled task stops.

    Args:
        title: what the task manager shows.
        work: takes a `Progress` of the core.
        done: called on the main thread with what `work` returned.
        failed: called on the main thread with what `work` raised, or None if it never began.
    """
    task = QgsTask.fromFunction(title, lambda task: work(progress_of(task)), flags=QgsTask.Flag.CanCancel)
    task.taskCompleted.connect(lambda: done(task.returned_values))
    task.taskTerminated.connect(lambda: failed(task.exception))
    QgsApplication.taskManager().addTask(task)
    return task


def progress_of(task: Any, say: Callable[[str], None] | None = None) -> Any:
    """Return the progress of the core that feeds a task, or the feedback of a Processing algorithm."""

    def show(fraction: float, doing: str) -> None:
        task.setProgress(100.0 * fraction)
        if doing and say is not None:
            say(doing)

    return jobs.Progress(show=show, is_cancelled=task.isCanceled)
