"""Metrics and health: what those who run the service need, and nothing about people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from starlette.testclient import TestClient

from stadsveld.hub import prepare
from stadsveld.hub.app import make_app
from stadsveld.hub.central import Central
from stadsveld.hub.metrics import Metrics
from stadsveld.store import Store
from stadsveld.store.store import now
from support.hub_client import Client
from support.live_hub import LiveHub

SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(?:\{(?P<labels>(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (?P<value>\S+)'
)


def parsed(text: str) -> dict[str, dict[str, float]]:
    """Read the text format 0.0.4: by name the value by labels; every sample under the family announced."""
    found: dict[str, dict[str, float]] = {}
    kind = family = ""
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family = line.split()[2]
            assert family not in found
            assert len(line.split()) > 3
            continue
        if line.startswith("# TYPE "):
            assert line.split()[2] == family
            kind = line.split()[3]
            assert kind in ("counter", "gauge", "histogram")
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name = match["name"]
        endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        assert name in {family + ending for ending in endings}
        values = found.setdefault(name, {})
        assert (match["labels"] or "") not in values
        values[match["labels"] or ""] = float(match["value"])
    return found


def asked(hub: LiveHub) -> dict[str, dict[str, float]]:
    answer = requests.get(f"{hub.url}/metrics", timeout=30)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.text)


def test_it_counts_what_happens(live_hub: LiveHub) -> None:
    """Requests by route and status, changes by outcome, pushes, pulls, bytes of photos, and what is now."""
    client = Client(live_hub)
    change = client.change()
    client.push(change, client.change("photo", {"sha256": "ab" * 32, "_exists": True}), None)
    client.push(change)
    epoch = client.ask("GET", "/v1/status").json()["epoch"]
    client.ask("GET", f"/v1/pull?epoch={epoch}")
    client.ask("GET", "/v1/pull?epoch=other")
    assert client.upload("ab" * 32, b"x" * 123).status_code == 422
    other = Client(live_hub)
    live_hub.end(other.device_id, "retired")
    live_hub.code()
    requests.get(f"{live_hub.url}/nowhere/{client.device_id}", timeout=30)
    found = asked(live_hub)
    answers = found["stadsveld_requests_total"]
    assert answers['method="POST",route="/v1/push",status="200"'] == 2
    assert answers['method="GET",route="/v1/pull",status="409"'] == 1
    assert answers['method="POST",route="/v1/uploads",status="422"'] == 1
    assert answers['method="GET",route="other",status="404"'] == 1
    changes = found["stadsveld_changes_total"]
    assert changes == {'outcome="accepted"': 2, 'outcome="duplicate"': 1, 'outcome="quarantined"': 1}
    assert (found["stadsveld_pushes_total"], found["stadsveld_pulls_total"]) == ({"": 2}, {"": 1})
    assert found["stadsveld_photo_bytes_total"] == {"": 123}
    assert found["stadsveld_conflicts"] == {"": 0}
    assert found["stadsveld_log_sequence"][""] >= 2
    assert found["stadsveld_devices"] == {'state="active"': 1, 'state="open code"': 1, 'state="retired"': 1}
    assert found["stadsveld_devices_copied"] == {"": 0}
    assert found["stadsveld_store_bytes"][""] > 100_000
    assert found["stadsveld_oldest_last_seen_timestamp_seconds"][""] > 1.7e9
    assert "stadsveld_last_backup_timestamp_seconds" not in found


def test_conflicts_and_the_age_of_the_backup(live_hub: LiveHub) -> None:
    """Both as they are now."""
    one, other = Client(live_hub), Client(live_hub)
    first = one.change()
    one.push(first)
    other.push(other.change(fields={"title": "other"}, entity_id=first["entity_id"]))
    with Store.open(live_hub.path) as central, central.transaction():
        central.set_setting("backed_up_at", now())
    found = asked(live_hub)
    assert found["stadsveld_conflicts"] == {"": 1}
    assert found["stadsveld_last_backup_timestamp_seconds"][""] > 1.7e9


def test_the_histogram_adds_up(live_hub: LiveHub) -> None:
    """Classes are cumulative and end at the count; the sum is there."""
    client = Client(live_hub)
    for _time in range(7):
        client.ask("GET", "/v1/status")
    found = asked(live_hub)
    of_status = {
        key: value
        for key, value in found["stadsveld_request_seconds_bucket"].items()
        if 'route="/v1/status"' in key
    }
    assert list(of_status.values()) == sorted(of_status.values())
    assert of_status['le="+Inf",route="/v1/status"'] == 7
    assert found["stadsveld_request_seconds_count"]['route="/v1/status"'] == 7
    assert found["stadsveld_request_seconds_sum"]['route="/v1/status"'] > 0


def test_nothing_about_people(live_hub: LiveHub) -> None:
    """No names, ids, addresses, tokens; also not those that somebody puts in an address."""
    code = live_hub.code(name="Tablet van Jan")
    client = Client(live_hub)
    client.ask("GET", f"/v1/photos/{client.token}")
    client.ask("GET", f"/{client.token}")
    client.ask("JAN", "/v1/status")
    text = requests.get(f"{live_hub.url}/metrics", timeout=30).text
    for secret in (code, "Jan", "JAN", client.device_id, client.token, "127.0.0.1"):
        assert secret not in text


def test_any_label_is_written_right() -> None:
    """Quotes, backslashes and line ends in a label do not break the format."""
    metrics = Metrics()
    metrics.count("changes", outcome='a"b\\c\nd')
    found = parsed(metrics.text([("x", "An x.", (("of", '"\n'),), 1.5)]))
    assert found["stadsveld_changes_total"] == {r'outcome="a\"b\\c\nd"': 1}
    assert found["stadsveld_x"] == {r'of="\"\n"': 1.5}


def test_metrics_are_not_for_strangers(live_hub: LiveHub) -> None:
    """From elsewhere, also through a proxy on this computer, a token is needed."""
    client = Client(live_hub, "reader")
    url = f"{live_hub.url}/metrics"
    assert requests.get(url, timeout=30).status_code == 200
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=1.2.3.4"}, {"Via": "1.1 x"}):
        assert requests.get(url, headers=headers, timeout=30).status_code == 401
        assert client.ask("GET", "/metrics", headers=headers).status_code == 200
    with TestClient(make_app(live_hub.running._central)) as stranger:
        assert stranger.get("/metrics").status_code == 401
        assert stranger.get("/v1/health").status_code == 200


def test_health_and_readiness(tmp_path: Path) -> None:
    """Health says that the process answers; readiness reads the store and says 503 where it cannot."""
    path = tmp_path / "c.sqlite"
    prepare(path)
    central = Central(path)
    client = TestClient(make_app(central))
    deep = ("/v1/ready", "/v1/health?deep=1")
    assert client.get("/v1/health").json()["status"] == "ok"
    for address in deep:
        assert client.get(address).json()["store"] == "ok"
    path.rename(tmp_path / "elsewhere.sqlite")
    assert client.get("/v1/health").status_code == 200
    for address in deep:
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "store" in answer.json()["error"]
    path.write_bytes(b"x" * 5000)
    assert client.get("/v1/ready").status_code == 503
    (tmp_path / "elsewhere.sqlite").replace(path)
    assert client.get("/v1/ready").status_code == 200
    central.close()


@pytest.mark.parametrize("deep", ["", "0"])
def test_health_is_cheap_unless_asked(live_hub: LiveHub, deep: str) -> None:
    """Without the wish for more it says no more."""
    assert "store" not in requests.get(f"{live_hub.url}/v1/health?deep={deep}", timeout=30).json()
