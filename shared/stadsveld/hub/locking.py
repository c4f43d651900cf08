"""A lock that says that a service runs over a store: held by the system, so that no kill leaves it behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from ..errors import StoreError, StoreLocked
from ..text import _


class ServiceLock:
    """Held on `STORE.lock` by the one service (or the restore) over a store.

    The store itself is never locked by it, so that commands work beside the service. The small file
    stays; what counts is whether a living process holds it.

    Args:
        path: the store.

    Raises:
        StoreLocked: a living process holds it.
        StoreError: the file beside the store cannot be made.
    """

    def __init__(self, path: Path) -> None:
        lock = path.resolve().with_name(path.resolve().name + ".lock")
        try:
            # Read-only, so that it works for the user of the service also where root made the file.
            self._descriptor = os.open(lock, os.O_RDONLY | os.O_CREAT, 0o644)
        except OSError as error:
            message = _("{file} cannot be written: {error}")
            raise StoreError(message.format(file=lock, error=error.strerror)) from error
        if not _taken(self._descriptor):
            os.close(self._descriptor)
            raise StoreLocked(
                _("A service runs over {file}, or it is being restored. Stop that first.").format(file=path)
            )

    def release(self) -> None:
        """Give it back; doing so twice is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> ServiceLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _taken(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


__all__ = ["ServiceLock"]
