"""A running central store for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.live_hub import LiveHub


@pytest.fixture
def live_hub(tmp_path: Path) -> Iterator[LiveHub]:
    """A central store over HTTP on loopback, stopped afterwards."""
    hub = LiveHub(tmp_path / "central.sqlite")
    yield hub
    hub.stop()
