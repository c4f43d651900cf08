"""Limits: who asks too much is told to wait and loses nothing; a busy day never meets them."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from stadsveld.errors import Refused, Unavailable
from stadsveld.hub import limits
from stadsveld.hub.limits import DEVICE, OPEN, REFUSED, WRONG_CODE, Limits, Rate
from stadsveld.store import Store
from stadsveld.sync import Response, create_replica, outbox, sync, transport_of
from stadsveld.sync.transport import TryLater, checked
from support.hub_client import Client
from support.live_hub import LiveHub


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stopped(hub: LiveHub, clock: Clock) -> Limits:
    """Limits of a running central store for which time stands still."""
    hub.running._central.limits = Limits(clock)
    return hub.running._central.limits


def emptied(found: Limits, rate: Rate, key: str) -> None:
    while not found.spend(rate, key):
        continue


def test_a_bucket(clock: Clock) -> None:
    """So many at once; then one for each moment that passed; never more than at once."""
    found, rate = Limits(clock), Rate(3, 0.5)
    assert [found.spend(rate, "a") for _ in range(5)] == [0, 0, 0, 2, 2]
    assert (found.wait(rate, "a"), found.wait(rate, "b")) == (2, 0)
    clock.now = 1.5
    assert (found.wait(rate, "a"), found.spend(rate, "b")) == (1, 0)
    clock.now = 2.0
    assert [found.spend(rate, "a") for _ in range(2)] == [0, 2]
    clock.now = 1000.0
    assert [found.spend(rate, "a") for _ in range(4)] == [0, 0, 0, 2]


@given(st.lists(st.floats(0, 5), max_size=80), st.integers(1, 10), st.floats(0.1, 10))
def test_never_more_than_promised(waits: list[float], burst: int, per_second: float) -> None:
    """Whenever one asks: at most the burst and what time gave; who waits as told gets through."""
    clock = Clock()
    found, rate, got = Limits(clock), Rate(burst, per_second), 0
    for wait in waits:
        clock.now += wait
        told = found.spend(rate, "x")
        got += not told
        assert got <= burst + clock.now * per_second + 1e-6
        if told:
            clock.now += told
            assert found.wait(rate, "x") == 0


def test_it_does_not_fill_the_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets that are full again are forgotten; under an attack from everywhere the oldest go."""
    monkeypatch.setattr(limits, "_MOST_BUCKETS", 100)
    found = Limits(clock)
    for number in range(1000):
        assert found.spend(Rate(2, 1), str(number)) == 0
        assert len(found._buckets) <= 102
    emptied(found, Rate(2, 1), "me")
    clock.now = 100.0
    for number in range(200):
        found.spend(Rate(2, 1), f"new {number}")
    assert (Rate(2, 1), "999") not in found._buckets


def test_a_busy_day_never_meets_a_limit(clock: Clock) -> None:
    """30 devices behind one address that synchronise every two seconds, ten requests each, all day."""
    found = Limits(clock)
    for _round in range(600):
        clock.now += 2.0
        for device in range(30):
            for _request in range(10):
                assert found.spend(DEVICE, str(device)) == 0
            assert found.spend(OPEN, "office") == 0


def test_a_device_that_asks_too_much_is_told_to_wait(live_hub: LiveHub, clock: Clock) -> None:
    """429 with the seconds, in header and body, and a text; another device goes on; later it goes on too."""
    one, other = Client(live_hub), Client(live_hub)
    emptied(stopped(live_hub, clock), DEVICE, one.device_id)
    answer = one.ask("POST", "/v1/push", json={"changes": [one.change()]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json()["retry_after"] == 1
    assert "1 seconds" in answer.json()["error"]
    assert other.statuses(other.change()) == ["accepted"]
    clock.now += 1
    assert one.statuses(one.change()) == ["accepted"]
    text = requests.get(f"{live_hub.url}/metrics", timeout=30).text
    assert 'stadsveld_limited_total{limit="device"} 1\n' in text


def test_a_sync_that_meets_a_limit_is_no_refusal(live_hub: LiveHub, clock: Clock, tmp_path: Path) -> None:
    """It ends as unavailable with the seconds to wait; nothing is refused or lost; the next one completes."""
    with live_hub.replica(tmp_path / "a.sqlite") as device:
        device.put("task", None, {"title": "t"})
        device.put("photo", None, {"sha256": device.photos.add(b"photo")})
        found = stopped(live_hub, clock)
        emptied(found, DEVICE, device.device_id)
        for let_through in range(3):
            found._buckets[DEVICE, device.device_id] = (let_through, clock.now)
            with pytest.raises(TryLater) as caught:
                sync(device, transport_of(device, 30))
            assert (caught.value.is_retryable, caught.value.retry_after) == (True, 1)
        clock.now += 60
        report = sync(device, transport_of(device, 30))
        assert report.quarantined == []
        assert outbox(device) == []
    with Store.open(live_hub.path) as central:
        assert (central.count("task"), central.count("photo")) == (1, 1)
        assert central.photos.has(next(central.rows("photo"))["sha256"])


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error": "wait", "retry_after": 7}', 7),
        (b'{"error": "wait", "retry_after": "7"}', 30),
        (b'{"error": "wait", "retry_after": -1}', 30),
        (b'{"error": "wait", "retry_after": 1e9}', 30),
        (b"<html>Too many requests</html>", 30),
        (b"", 30),
    ],
)
def test_any_429_means_later(body: bytes, seconds: int) -> None:
    """Also that of a proxy in between."""
    with pytest.raises(Unavailable) as caught:
        checked(Response(429, {}, body))
    assert caught.value.retry_after == seconds
    assert str(caught.value)


def test_codes_cannot_be_guessed(live_hub: LiveHub, clock: Clock, tmp_path: Path) -> None:
    """After some wrong codes the address has to wait, also with a right one; right ones are not counted."""
    found = stopped(live_hub, clock)
    for number in range(40):
        wish = {"code": live_hub.code(), "name": "x", "token": f"{number:040d}"}
        assert requests.post(f"{live_hub.url}/v1/enrol", json=wish, timeout=30).status_code == 200
    code = live_hub.code()
    statuses = []
    for number in range(25):
        wish = {"code": f"AAAA-BBBB-{number:04d}", "name": "x", "token": "a" * 40}
        answer = requests.post(f"{live_hub.url}/v1/enrol", json=wish, timeout=30)
        statuses.append(answer.status_code)
    assert statuses == [403] * 20 + [429] * 5
    assert 0 < int(answer.headers["Retry-After"]) <= 30
    with pytest.raises(TryLater):
        create_replica(tmp_path / "a.sqlite", live_hub.transport(), code, "a")
    assert not (tmp_path / "a.sqlite").exists()
    clock.now += 30
    create_replica(tmp_path / "a.sqlite", live_hub.transport(), code, "a").close()
    assert found.wait(WRONG_CODE, "127.0.0.1") == 0


def test_in_all_the_life_of_a_code_guessing_finds_nothing() -> None:
    """The guesses of a thousand addresses in two days, against a thousand open codes: one in ten million."""
    guesses = 1000 * (WRONG_CODE.burst + WRONG_CODE.per_second * 48 * 3600)
    assert guesses * 1000 / 31**12 < 1e-7


def test_refused_tokens_are_limited_by_address(live_hub: LiveHub, clock: Clock) -> None:
    """Whoever tries tokens is slowed down; devices behind the same address go on."""
    client = Client(live_hub)
    found = stopped(live_hub, clock)
    wrong = {"Authorization": "Bearer wrong"}
    assert requests.get(f"{live_hub.url}/v1/status", headers=wrong, timeout=30).status_code == 401
    emptied(found, REFUSED, "127.0.0.1")
    assert requests.get(f"{live_hub.url}/v1/status", headers=wrong, timeout=30).status_code == 429
    assert client.ask("GET", "/v1/status").status_code == 200


def test_a_lost_device_hears_it_also_when_many_are_refused(live_hub: LiveHub, clock: Clock) -> None:
    """429 first, and then that it is to wipe itself."""
    client = Client(live_hub)
    live_hub.end(client.device_id, "lost")
    emptied(stopped(live_hub, clock), REFUSED, "127.0.0.1")
    assert client.ask("GET", "/v1/status").status_code == 429
    clock.now += 1
    assert client.ask("GET", "/v1/status").json()["wipe"] is True


def test_open_addresses_are_limited(live_hub: LiveHub, clock: Clock) -> None:
    """Health too."""
    emptied(stopped(live_hub, clock), OPEN, "127.0.0.1")
    assert requests.get(f"{live_hub.url}/v1/health", timeout=30).status_code == 429
    with pytest.raises((Refused, Unavailable)):
        live_hub.transport().request("GET", "/v1/health") and checked(
            live_hub.transport().request("GET", "/v1/health")
        )
