"""Set-up: where QGIS's backports come from, and what a person without root is told."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def environment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", ROOT / "build" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def apt_folder(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    (tmp_path / "sources.list.d").mkdir(exist_ok=True)
    return tmp_path


def test_backports_come_from_the_machines_own_deb822_source(environment: ModuleType, tmp_path: Path) -> None:
    """A mirror named in a .sources file is the mirror that backports are taken from, with its key."""
    text = (
        "Types: deb\nURIs: https://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /usr/share/keyrings/k.gpg\n\n"
        "Types: deb\nURIs: https://other.example/x\nSuites: bookworm-security\nComponents: main\n"
    )
    source = environment.backports_source(
        "bookworm", apt_folder(tmp_path, "sources.list.d/debian.sources", text)
    )
    assert "URIs: https://mirror.example/debian\n" in source
    assert "Suites: bookworm-backports\n" in source
    assert "Signed-By: /usr/share/keyrings/k.gpg\n" in source


def test_backports_come_from_the_machines_own_one_line_source(
    environment: ModuleType, tmp_path: Path
) -> None:
    """The old format works too, options included."""
    text = "# comment\ndeb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian bookworm main contrib\n"
    source = environment.backports_source("bookworm", apt_folder(tmp_path, "sources.list", text))
    assert "URIs: http://mirror.example/debian\n" in source
    assert "Signed-By: /k.gpg\n" in source


def test_a_machine_without_a_debian_archive_has_no_backports(environment: ModuleType, tmp_path: Path) -> None:
    """Third-party sources of the same release name no archive of Debian itself."""
    text = "deb http://vendor.example/deb stable main\n"
    assert environment.backports_source("bookworm", apt_folder(tmp_path, "sources.list", text)) is None


def test_without_root_a_person_gets_the_command_to_hand_over(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked for a password and nothing is tried: the exact commands are printed."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(environment, "BACKPORTS_FILE", Path("/nonexistent/backports.sources"))
    monkeypatch.setattr(environment, "installed", lambda _packages: {})
    monkeypatch.setattr(environment.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(environment.SetupError) as told:
        environment.install_system_packages()
    assert "sudo apt-get install -y --no-install-recommends" in str(told.value)
    assert "libsqlite3-mod-spatialite" in str(told.value)
    assert "qgis" in str(told.value)


def test_a_system_without_apt_says_what_to_install(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Fedora or macOS the list of what is needed is printed, unless it is all there."""
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    monkeypatch.setattr(environment.sys, "executable", "/bin/false")
    with pytest.raises(environment.SetupError) as told:
        environment.install_system_packages()
    assert "QGIS 3.34 or newer" in str(told.value)
    assert "SpatiaLite" in str(told.value)


def test_the_virtual_environment_follows_what_is_asked(environment: ModuleType) -> None:
    """The fingerprint of the environment is stable, so that a second set-up does nothing."""
    assert environment.wanted_stamp() == environment.wanted_stamp()


def test_one_constraints_file_pins_every_install() -> None:
    """What is installed in the virtual environment is what the constraints say."""
    import importlib.metadata

    wrong = []
    for line in (ROOT / "build" / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if "==" not in line or line.startswith("#"):
            continue
        name, version = line.split("==")
        if importlib.metadata.version(name) != version.strip():
            wrong.append(line)
    assert wrong == []
