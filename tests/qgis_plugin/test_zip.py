"""The zip installs in a QGIS that has nothing of ours, and passes the plugin site's checks."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.dom import minidom

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GUEST = Path(__file__).with_name("zip_guest.py")
SYSTEM_PYTHON = Path("/usr/bin/python3")
#: The codes that the plugin site's flake8 treats as errors or warnings, and the house's line length.
FLAKE8 = ["--isolated", "--max-line-length=110", "--extend-ignore=E203,W503"]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The zip, built anew."""
    folder = tmp_path_factory.mktemp("repository")
    command = [sys.executable, str(ROOT / "build" / "plugin_zip.py"), "--to", str(folder)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    (found,) = folder.glob("*.zip")
    return found


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory) -> Path:
    """The folder of plugins with the zip unpacked, as QGIS's plugin manager does."""
    folder = tmp_path_factory.mktemp("profile") / "python" / "plugins"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


def test_the_zip_has_the_shape_the_site_demands(built: Path) -> None:
    """One folder that is an identifier, a LICENSE without ending, no caches, no tests, small enough."""
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"stadsveld_qgis"}
    for needed in ("LICENSE", "metadata.txt", "__init__.py", "icon.svg", "stadsveld/__init__.py"):
        assert f"stadsveld_qgis/{needed}" in names
    wrong = re.compile(
        r"\.pyc$|__pycache__|__MACOSX|\.git|\\|\.\.|:|/tests?/|/(hub|cli|district)/|\.(so|dll|exe)$"
    )
    assert [name for name in names if wrong.search(name)] == []
    assert built.stat().st_size < 25 << 20


def test_the_metadata_is_complete(installed: Path) -> None:
    """All required keys, QGIS 3.34 to 4, a version of numbers only, an icon that is there."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(installed / "stadsveld_qgis" / "metadata.txt", encoding="utf-8")
    told = parser["general"]
    required = ("name", "description", "version", "qgisMinimumVersion", "author", "email", "about", "tracker",
                "repository")  # fmt: skip
    assert all(told[key].strip() for key in required)
    assert (told["qgisMinimumVersion"], told["qgisMaximumVersion"]) == ("3.34", "4.99")
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])
    assert "/" not in told["author"]
    assert (installed / "stadsveld_qgis" / told["icon"]).is_file()


def test_the_repository_offers_the_zip(built: Path) -> None:
    """plugins.xml names the file and an address where it is."""
    told = minidom.parse(str(built.with_name("plugins.xml")))
    text = {key: told.getElementsByTagName(key)[0].firstChild.data for key in ("file_name", "download_url")}
    assert text["file_name"] == built.name
    assert text["download_url"] == built.as_uri()


def test_two_builds_are_equal(built: Path, tmp_path: Path) -> None:
    """The same sources give the same bytes."""
    command = [sys.executable, str(ROOT / "build" / "plugin_zip.py"), "--to", str(tmp_path)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    assert (tmp_path / built.name).read_bytes() == built.read_bytes()


def test_bandit_finds_nothing_with_all_its_rules(installed: Path) -> None:
    """No finding of any severity, and nothing in the sources that silences it."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", "-f", "json", "--ignore-nosec", str(installed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    report = json.loads(done.stdout)
    assert [(item["test_id"], item["filename"], item["line_number"]) for item in report["results"]] == []
    assert report["errors"] == []
    assert not list(installed.rglob(".bandit"))


def test_flake8_finds_nothing(installed: Path) -> None:
    """No finding, also where the sources would like to silence it."""
    command = [sys.executable, "-m", "flake8", *FLAKE8, "--disable-noqa", str(installed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout == ""


def test_no_word_of_the_old_qt(installed: Path) -> None:
    """Qt only through QGIS, no exec_(), no compiled resources, no unscoped flags of tasks."""
    old = re.compile(
        r"^\s*(import|from) PyQt\d|\.exec_\(|resources_rc|QgsTask\.CanCancel|QVariant\.", re.MULTILINE
    )
    for file in (installed / "stadsveld_qgis").rglob("*.py"):
        assert old.search(file.read_text(encoding="utf-8")) is None, file.name


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="no /usr/bin/python3 here")
def test_it_works_in_a_clean_profile_without_the_core(
    installed: Path, small_bgt: Path, tmp_path: Path
) -> None:
    """The distribution's bare Python loads it twice, makes a store and imports a BGT delivery that closes."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
        "QGIS_CUSTOM_CONFIG_PATH": str(tmp_path / "config"),
    }  # fmt: skip
    probe = "import importlib.util as u, sys; sys.exit(0 if u.find_spec('qgis') else 3)"
    if subprocess.run([SYSTEM_PYTHON, "-c", probe], env=environment, check=False, timeout=60).returncode:
        pytest.skip("the distribution's Python has no QGIS")
    store = tmp_path / "nieuwe opslag.sqlite"
    command = [SYSTEM_PYTHON, GUEST, installed, tmp_path / "profile", small_bgt, store]
    done = subprocess.run(
        list(map(str, command)),
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    assert found["made"] is True
    assert found["core"] == "stadsveld_qgis.stadsveld"
    assert Path(found["file"]).is_relative_to(installed)
    assert found["foreign"] == [], "the core was found elsewhere"
    assert found["left"] == []
    assert found["buildings"] > 0, found["messages"]
    assert "Buildings (BGT)" in found["layers"]
    succeeded, mutations, overlap, gap = found["again"]
    assert succeeded
    assert mutations == {"new": 0, "changed": 0, "ended": 0}
    assert overlap < 1
    assert gap < 1
