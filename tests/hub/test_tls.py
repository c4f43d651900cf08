"""TLS with a certificate of one's own, for real; and certificates that no client would take."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests

from stadsveld.errors import BadInput
from stadsveld.hub import RunningHub, prepare
from support.hub_commands import Served, run, told

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None,
    reason="SKIPPED: TLS is not tested, there is no openssl to make a certificate",
)


def certificate(folder: Path, name: str, *options: str) -> tuple[Path, Path]:
    """Make a certificate for this computer; its file and that of its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", made, "-keyout", key]
    subprocess.run([*command, *(options or ("-nodes", "-days", "30"))], check=True, capture_output=True)
    return made, key


def signed(folder: Path, name: str, *options: str) -> tuple[Path, Path]:
    """Make a certificate whose dates or purpose a simple one cannot have, signed by itself."""
    made, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    command = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", request], check=True, capture_output=True)
    (folder / "ca").mkdir(exist_ok=True)
    (folder / "ca" / "index.txt").write_text("", encoding="ascii")
    (folder / "ca" / "serial").write_text("01", encoding="ascii")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndir={folder}/ca\ndatabase=$dir/index.txt\nserial=$dir/serial\n"
        "new_certs_dir=$dir\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
        "[client]\nextendedKeyUsage=clientAuth\n",
        encoding="ascii",
    )
    command = ["openssl", "ca", "-batch", "-config", folder / "ca.cnf", "-selfsign", "-keyfile", key]
    subprocess.run([*command, "-in", request, "-out", made, *options], check=True, capture_output=True)
    return made, key


def day(offset: int) -> str:
    """A day from now as openssl writes it."""
    return (datetime.now(timezone.utc) + timedelta(days=offset)).strftime("%y%m%d%H%M%SZ")


@pytest.fixture
def central(tmp_path: Path) -> Path:
    """A central store."""
    prepare(tmp_path / "central.sqlite")
    return tmp_path / "central.sqlite"


def test_a_working_copy_synchronises_over_https(central: Path, tmp_path: Path) -> None:
    """With the certificate trusted, all works; without, nothing is sent."""
    made, key = certificate(tmp_path, "good")
    trusting = {"REQUESTS_CA_BUNDLE": str(made)}
    with Served(central, "--certificate", made, "--key", key) as served:
        assert served.url.startswith("https://127.0.0.1:")
        replica = served.replica(tmp_path / "a.sqlite", **trusting)
        run("replica", "apply", replica, given='{"op": "put", "entity": "task", "fields": {"title": "t"}}')
        refused = run("replica", "sync", replica, code=1)
        assert "certificate" in refused
        assert told("replica", "status", replica)["outbox"] == 1
        assert told("replica", "sync", replica, **trusting)["accepted"] == 1
        with pytest.raises(requests.ConnectionError):
            requests.get(served.url.replace("https", "http") + "/v1/health", timeout=30)
        log = served.stop()
        assert served.process.returncode == 0
    assert "two weeks" not in log
    assert run("dump", central, "--hash") == run("dump", replica, "--hash")


def test_a_certificate_that_expires_soon_is_told(central: Path, tmp_path: Path) -> None:
    """It serves, and the log says so."""
    made, key = certificate(tmp_path, "soon", "-nodes", "-days", "3")
    with Served(central, "--certificate", made, "--key", key) as served:
        assert "two weeks" in served.stop()


def test_certificate_and_key_in_one_file(central: Path, tmp_path: Path) -> None:
    """As some issuers deliver it."""
    made, key = certificate(tmp_path, "good")
    (tmp_path / "both.pem").write_bytes(key.read_bytes() + made.read_bytes())
    with RunningHub(central, certificate=tmp_path / "both.pem") as running:
        answer = requests.get(running.url + "/v1/health", timeout=30, verify=str(made))
        assert answer.json()["status"] == "ok"


def test_certificates_that_no_client_would_take(central: Path, tmp_path: Path) -> None:
    """Each says what is wrong, in which file; and nothing is served."""
    good, key = certificate(tmp_path, "good")
    other = certificate(tmp_path, "other")[1]
    locked, locked_key = certificate(tmp_path, "locked", "-passout", "pass:geheim", "-days", "30")
    expired, expired_key = signed(tmp_path, "expired", "-startdate", day(-9), "-enddate", day(-1))
    early, early_key = signed(tmp_path, "early", "-startdate", day(2), "-enddate", day(9))
    client, client_key = signed(
        tmp_path, "client", "-startdate", day(-1), "-enddate", day(9), "-extensions", "client"
    )
    (tmp_path / "text.pem").write_text("geen certificaat", encoding="utf-8")
    for name, found, its_key, text in (
        ("other.key", good, other, "does not belong"),
        ("locked.key", locked, locked_key, "password"),
        ("expired.pem", expired, expired_key, "has expired"),
        ("early.pem", early, early_key, "not valid yet"),
        ("client.pem", client, client_key, "No client would take"),
        ("text.pem", tmp_path / "text.pem", None, "PEM"),
        ("good.pem", good, None, "PEM"),
        ("absent.pem", tmp_path / "absent.pem", key, "cannot be read"),
        ("absent.key", good, tmp_path / "absent.key", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=text) as told_so:
            RunningHub(central, certificate=found, key=its_key)
        assert str(told_so.value).startswith(name)
    with pytest.raises(BadInput, match="Give the certificate"):
        RunningHub(central, key=key)


def test_the_command_says_so_and_exits(central: Path, tmp_path: Path) -> None:
    """Exit code 1, one line on standard error, nothing on standard output."""
    good, _key = certificate(tmp_path, "good")
    other = certificate(tmp_path, "other")[1]
    said = run("hub", "serve", central, "--port", "0", "--certificate", good, "--key", other, code=1)
    assert said.count("\n") == 1
    assert "does not belong" in said
