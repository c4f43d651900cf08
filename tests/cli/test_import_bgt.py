"""`stadsveld import bgt` as people type it."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from stadsveld.cli import main
from stadsveld.store import Store
from support import bgt_gml as x


@pytest.fixture
def delivery(tmp_path):
    green = x.bgt_object("begroeidterreindeel", "G.green", x.box(181000, 457000, 181500, 457500))
    poles = (x.bgt_object("paal", "G.p", x.point(181001, 457001)), x.bgt_object("paal", "G.bad"))
    return x.write_zip(tmp_path / "bgt.zip", begroeidterreindeel=(green,), paal=poles)


def test_json_is_one_object(delivery, tmp_path, capsys):
    """The store is made where there is none; a second time nothing changes."""
    command = ["import", "bgt", str(delivery), "--store", str(tmp_path / "s.sqlite"), "--json"]
    for new in (2, 0):
        assert main(command) == 0
        out, err = capsys.readouterr()
        found = json.loads(out)
        assert err == ""
        assert found["mutations"] == {"new": new, "changed": 0, "ended": 0}
        assert found["classes"]["paal"]["invalid"] == 1
        assert found["closure"]["gap_m2"] == 0.0
        assert found["closure"]["per_class_m2"] == {"begroeidterreindeel": 250_000.0}


def test_people_read_counts_closure_and_refusals(delivery, tmp_path, capsys):
    assert main(["import", "bgt", str(delivery), "--store", str(tmp_path / "s.sqlite")]) == 0
    out = capsys.readouterr().out
    assert "begroeidterreindeel" in out
    assert "0.00 m²" in out
    assert "bgt_paal.gml: G.bad" in out


def test_an_area_and_a_date(delivery, tmp_path, capsys):
    path = str(tmp_path / "s.sqlite")
    area = "181100,457100,181200,457200"
    assert main(["import", "bgt", str(delivery), "--store", path, "--bbox", area, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["closure"]["square_m2"] == 10_000.0
    assert found["classes"]["paal"]["stored"] == 0
    old = str(tmp_path / "old.sqlite")
    assert main(["import", "bgt", str(delivery), "--store", old, "--at", "2015-01-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["mutations"]["new"] == 0


@pytest.mark.parametrize("area", ["1,2,3", "a,b,c,d"])
def test_a_wrong_area_is_wrong_usage(delivery, tmp_path, area):
    with pytest.raises(SystemExit) as stopped:
        main(["import", "bgt", str(delivery), "--store", str(tmp_path / "s.sqlite"), "--bbox", area])
    assert stopped.value.code == 2


def test_trouble_says_what_and_leaves_no_store(tmp_path, capsys):
    path = tmp_path / "bgt.zip"
    path.write_bytes(b"hello")
    assert main(["import", "bgt", str(path), "--store", str(tmp_path / "s.sqlite")]) == 1
    assert "bgt.zip: it is no zip" in capsys.readouterr().err
    assert not (tmp_path / "s.sqlite").exists()


def terminal() -> tuple[int, int]:
    """Both ends of a terminal; skips where the machine has none to give."""
    try:
        return pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal to be had: {error}")


def test_a_bar_on_a_terminal_and_ctrl_c_stops_cleanly(tmp_path):
    """On a real terminal: the bar moves, Ctrl-C ends it, and the store that was there is as it was."""
    poles = tuple(x.bgt_object("paal", f"G.{n}", x.point(181000 + n % 500, 457000)) for n in range(60_000))
    path = x.write_zip(tmp_path / "bgt.zip", paal=poles)
    store = tmp_path / "s.sqlite"
    Store.create(store).close()
    before = store.read_bytes()
    ours, theirs = terminal()
    command = [sys.executable, "-m", "stadsveld.cli", "import", "bgt", str(path), "--store", str(store)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, close_fds=True)
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 60
    while b"2%" not in seen and time.monotonic() < deadline:
        if select.select([ours], [], [], 1.0)[0]:
            seen += os.read(ours, 4096)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=60) == 1
    while select.select([ours], [], [], 0.2)[0]:
        try:
            more = os.read(ours, 4096)
        except OSError:
            break
        if not more:
            break
        seen += more
    os.close(ours)
    assert b"[#" in seen or b"[ " in seen
    assert b"Cancelled; nothing was changed." in seen
    assert store.read_bytes() == before
