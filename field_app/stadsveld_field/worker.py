"""Work beside the screen: one thread, results handed back to the screen's own thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from stadsveld.errors import StadsveldError

Result = TypeVar("Result")
#: Runs a function later on the screen's thread.
Deliver = Callable[[Callable[[], None]], None]


class Worker:
    """Runs jobs one after another on a thread of its own.

    Args:
        name: name of the thread.
        deliver: runs a function on the screen's thread; default: at once, where the job ran.
    """

    def __init__(self, name: str, deliver: Deliver | None = None) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._deliver: Deliver = deliver or (lambda call: call())

    def submit(
        self,
        job: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[StadsveldError], None],
    ) -> None:
        """Run `job`; then `done` with its result, or `failed` with the error a person can act on.

        Any other error is a mistake in the program and is raised on the screen's thread.
        """

        def finished(future: Future[Any]) -> None:
            self._deliver(lambda: _hand_over(future, done, failed))

        self._executor.submit(job).add_done_callback(finished)

    def close(self) -> None:
        """Take no more work; what waits is dropped, what runs is waited for."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _hand_over(
    future: Future[Any], done: Callable[[Any], None], failed: Callable[[StadsveldError], None]
) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if isinstance(error, StadsveldError):
        failed(error)
    else:
        done(future.result())
