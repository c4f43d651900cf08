"""Opening a file that this process has open already leaves its locks as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stadsveld.errors import StoreError
from stadsveld.store import Store


def elsewhere(path: Path, do: str) -> str:
    """Do something with a store in a process of its own; what it printed."""
    program = f"import sys\nfrom stadsveld.store import Store\nwith Store.open(sys.argv[1]) as s:\n    {do}"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_second_look_does_not_cost_what_is_stored_afterwards(tmp_path: Path) -> None:
    """Opened twice here and once elsewhere: what the first connection stores then is really in the file.

    Reading the file directly would drop the locks of this process; the other one would take away the
    write-ahead log when it closes, and what is stored afterwards would vanish.
    """
    path = tmp_path / "store.sqlite"
    with Store.create(path, wal=True) as store:
        store.set_setting("x", "first")
        Store.open(path, readonly=True).close()
        elsewhere(path, "s.set_setting('y', '1')")
        store.set_setting("x", "second")
        assert elsewhere(path, "print(s.setting('x'))") == "second"
    assert elsewhere(path, "print(s.setting('x'))") == "second"


def test_foreign_files_are_still_refused(tmp_path: Path) -> None:
    """A folder, a short file, text, and a file that was cut off: each says what it is."""
    with pytest.raises(StoreError, match="cannot be read"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        Store.open(tmp_path / "absent.sqlite")
    for content in (b"", b"SQLite format 3\0", b"x" * 5000):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(StoreError, match="is not a Stadsveld store"):
            Store.open(tmp_path / "x")
    Store.create(tmp_path / "whole.sqlite").close()
    (tmp_path / "half.sqlite").write_bytes((tmp_path / "whole.sqlite").read_bytes()[:50_000])
    with pytest.raises(StoreError, match="shorter than it should be"):
        Store.open(tmp_path / "half.sqlite")
