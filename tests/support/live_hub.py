"""A real central store over HTTP on loopback, for tests that synchronise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stadsveld.hub import RunningHub, end_device, new_code, prepare
from stadsveld.store import Store
from stadsveld.sync import RequestsTransport, create_replica


class LiveHub:
    """A running central store; `restart` stops and starts it on the same port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            prepare(path)
        self.running = RunningHub(path)
        self.url = self.running.start()

    def code(self, role: str = "inspector", name: str = "device", bbox: list[float] | None = None) -> str:
        """A one-time code, made by another connection as the command does."""
        with Store.open(self.path) as store:
            return new_code(store, role, name, bbox)

    def end(self, device_id: str, how: str) -> None:
        """End a device."""
        with Store.open(self.path) as store:
            end_device(store, device_id, how)

    def transport(self, token: str | None = None) -> RequestsTransport:
        """The way to this central store."""
        return RequestsTransport(self.url, token, timeout=30)

    def replica(self, path: Path, role: str = "inspector", **wishes: object) -> Store:
        """A new working copy, enrolled and still empty."""
        return create_replica(path, self.transport(), self.code(role, path.stem), path.stem, **wishes)

    def stop(self) -> None:
        """Stop the service."""
        self.running.stop()

    def restart(self) -> None:
        """Stop the service and start it again on the same port."""
        port = int(self.url.rsplit(":", 1)[1])
        self.stop()
        self.running = RunningHub(self.path, port=port)
        self.url = self.running.start()


@pytest.fixture
def live_hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A central store over HTTP on loopback, stopped afterwards; import it into a conftest."""
    hub = LiveHub(tmp_path / "central.sqlite")
    yield hub
    hub.stop()
