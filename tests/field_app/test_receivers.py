"""Receivers: official points to the millimetre, and a connection that breaks, stutters or lies."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from stadsveld.errors import BadInput
from stadsveld_field.device import NmeaReplay, NmeaTcp, receiver
from stadsveld_field.workspace import position_from_fix

#: Latitude, longitude, h, x, y, NAP of official validation points of RDNAPTRANS2018.
OFFICIAL = [
    (51.728601274, 4.712120126, 301.7981, 108360.8790, 415757.2745, 258.0057),
    (53.184783369, 5.816489592, 203.4425, 183697.1899, 577653.4349, 162.1973),
    (51.665048744, 6.975755518, 95.5102, 264897.3013, 409670.0085, 50.7614),
]
LIMIT = 20.0


def sentence(body: str) -> str:
    """With its checksum."""
    return f"${body}*{reduce(lambda total, sign: total ^ sign, body.encode(), 0):02X}"


def gga(lat: float, lon: float, height: float, quality: int = 4) -> str:
    """A position as a receiver sends it, with as many digits as the official points have."""
    places = [f"{int(value):0{width}d}{value % 1 * 60:010.7f}" for value, width in ((lat, 2), (lon, 3))]
    height_text = f"{height - 40:.4f},M,40.0000,M"
    return sentence(f"GNGGA,120000.00,{places[0]},N,{places[1]},E,{quality},17,0.6,{height_text},1.0,0001")


def require_official(tmp_path: Path, points: np.ndarray) -> None:
    """Replay them, and compare what the app records."""
    path = tmp_path / "points.nmea"
    path.write_text("\n".join(gga(*point[:3]) for point in points))
    found = []
    replay = NmeaReplay(path)
    replay.start(found.append)
    for _point in points:
        replay.poll()
    kept = [position_from_fix(fix) for fix in found]
    recorded = np.array([(each["x"], each["y"], each["nap"]) for each in kept])
    assert recorded.shape == (len(points), 3)
    assert np.abs(recorded - points[:, 3:]).max() < 0.001
    assert {fix.satellites for fix in found} == {17}


def test_some_official_points_through_the_app(tmp_path: Path) -> None:
    """Within a millimetre in plane and height."""
    require_official(tmp_path, np.array(OFFICIAL))


@pytest.mark.realdata
def test_all_official_points_through_the_app(tmp_path: Path, real_data) -> None:
    """Every point that lies within the grids."""
    lines = real_data("crs/Z001_ETRS89andRDNAP.txt").read_text("ascii").splitlines()
    rows = [line.split()[1:] for line in lines if "*" not in line]
    points = np.array(rows, dtype=float)
    assert len(points) == 7959
    require_official(tmp_path, points)


class Pole:
    """A receiver on a pole: it says to each who connects what it is told to say, then hangs up."""

    def __init__(self, *sayings: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._sayings = list(sayings)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for said in self._sayings:
            connection, _place = self._socket.accept()
            with connection:
                connection.sendall(said)

    def close(self) -> None:
        self._socket.close()
        self._thread.join(LIMIT)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it waits between two attempts is not what is shown here."""
    monkeypatch.setattr("stadsveld_field.device.receivers._PAUSE", 0.05)


def until(receiving: NmeaTcp, found: list, number: int) -> None:
    """Poll as the app does until so many fixes came."""
    end = time.monotonic() + LIMIT
    while len(found) < number and time.monotonic() < end:
        receiving.poll()
        time.sleep(0.01)
    assert len(found) >= number


@pytest.fixture
def poles() -> Iterator[list[Pole]]:
    """Poles, closed afterwards."""
    made: list[Pole] = []
    yield made
    for pole in made:
        pole.close()


def test_a_receiver_over_tcp_that_hangs_up(poles, quick) -> None:
    """Rubbish, half a sentence and a wrong checksum are passed over; it connects again by itself."""
    lines = [gga(*OFFICIAL[0][:3]), gga(*OFFICIAL[1][:3])]
    rubbish = b"\xff\x00" * 3000 + b"\n$GNGGA,12\n" + lines[0][:-2].encode() + b"00\n"
    end = sentence("GNRMC,120002.00,V,,,,,,,010126,,,N")
    pole = Pole(
        rubbish + f"{lines[0]}\n{lines[0]}\n{end}\n".encode(), b"", f"{lines[1]}\n{lines[1]}\n".encode()
    )
    poles.append(pole)
    receiving = receiver(f"tcp://127.0.0.1:{pole.port}")
    found: list = []
    receiving.start(found.append)
    try:
        until(receiving, found, 2)
    finally:
        receiving.stop()
    assert found[0].lat == pytest.approx(OFFICIAL[0][0], abs=1e-9)
    assert found[-1].lat == pytest.approx(OFFICIAL[1][0], abs=1e-9)
    assert found[0].source == "NMEA RTK fixed"


def test_a_receiver_that_is_not_there_says_so(quick) -> None:
    """No fix, a sentence that names the place, and stopping is at once."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    receiving = NmeaTcp("127.0.0.1", port)
    found: list = []
    receiving.start(found.append)
    end = time.monotonic() + LIMIT
    while receiving.trouble is None and time.monotonic() < end:
        time.sleep(0.01)
    receiving.stop()
    receiving.poll()
    assert str(port) in (receiving.trouble or "")
    assert found == []


@pytest.mark.parametrize("text", ["tcp://", "tcp://host", "tcp://host:x", "tcp://host:99999", "tcp://:5"])
def test_addresses_that_are_none(text: str) -> None:
    """Refused before anything is tried."""
    with pytest.raises(BadInput, match="HOST:PORT"):
        receiver(text)
