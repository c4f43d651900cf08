"""Many devices edit one layer at the same time, each synchronising every two seconds over HTTP."""

from __future__ import annotations

from pathlib import Path

from stadsveld.hub.simulation import LiveSettings, run_live

#: Here a short version; the long one is `stadsveld simulate --replicas 30 --seconds 60 --http`.
DEVICES, SECONDS = 5, 5


def test_only_true_conflicts_and_nothing_lost(tmp_path: Path) -> None:
    """The conflicts are those made on purpose, every edit of every device's own log is there."""
    result = run_live(LiveSettings(DEVICES, SECONDS), tmp_path)
    assert result.problems == []
    assert result.conflicts == result.true_conflicts == DEVICES // 2
    assert result.edits > DEVICES
    assert result.syncs >= DEVICES
