"""Fixtures for all tests."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

# QGIS and Kivy draw without a screen, unless the person who runs the tests wants to watch.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from stadsveld.store import Store

if importlib.util.find_spec("qgis") is not None:
    pytest_plugins = ["pytest_qgis.plugin"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data_folder() -> Path:
    """The folder of real data; the test is skipped, saying so, where it is absent."""
    folder = Path(os.environ.get("STADSVELD_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent (set STADSVELD_TEST_DATA)")
    return folder


@pytest.fixture
def real_data(real_data_folder: Path, tmp_path: Path):
    """A function that copies a real data file (with its siblings of the same stem) and returns the copy."""

    def copy(relative: str) -> Path:
        source = real_data_folder / relative
        target = tmp_path / "data" / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            return Path(shutil.copytree(source, target, copy_function=shutil.copyfile))
        for sibling in source.parent.glob(f"{source.stem}.*"):
            shutil.copyfile(sibling, target.parent / sibling.name)
        return target

    return copy


@pytest.fixture
def store(tmp_path: Path):
    """An empty store."""
    with Store.create(tmp_path / "store.sqlite") as made:
        yield made
