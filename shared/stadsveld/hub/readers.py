"""Connections that only read, a few kept open: who reads waits for no writer, and no writer for who reads."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..store import Store
from ..store.connection import explain

#: Connections at most: more readers than processors only wait for each other.
_MOST = 4
_CACHE_KIB = 4096


class Readers:
    """The reading connections to one central store; every call is safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = threading.BoundedSemaphore(_MOST)
        self._free: deque[Store] = deque()
        self._is_closed = False

    @contextmanager
    def one(self) -> Iterator[Store]:
        """Lend a store that only reads, as of one moment.

        Raises:
            StoreError: the file cannot be read now.
        """
        with self._places:
            store = self._free.pop() if self._free else self._open()
            try:
                store.connection.execute("BEGIN")
                try:
                    yield store
                finally:
                    store.connection.rollback()
            except sqlite3.Error as error:
                store.close()
                raise explain(error, self._path) from error
            finally:
                self._free.append(store)
                if self._is_closed:
                    self.close()

    def close(self) -> None:
        """Close the connections, those that are lent when they come back."""
        self._is_closed = True
        while self._free:
            self._free.pop().close()

    def _open(self) -> Store:
        store = Store.open(self._path, readonly=True, spatialite=False)
        store.connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
        return store
