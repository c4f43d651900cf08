"""Fixtures of the plugin's tests; they are skipped, saying so, where QGIS is missing or too old."""

from __future__ import annotations

import importlib.util
import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

OLDEST = 33400


def _reason() -> str | None:
    if importlib.util.find_spec("qgis") is None:
        return "QGIS is not installed in this Python"
    from qgis.core import Qgis

    if Qgis.versionInt() < OLDEST:
        return f"QGIS {Qgis.version()} is older than 3.34"
    return None


REASON = _reason()
collect_ignore_glob = ["test_*.py"] if REASON else []


def pytest_report_header() -> str | None:
    return f"tests/qgis_plugin are skipped: {REASON}" if REASON else None


@pytest.fixture(scope="session")
def district(tmp_path_factory):
    """The generated district: a BGT delivery and registers."""
    from stadsveld.work.district import generate_district

    return generate_district(tmp_path_factory.mktemp("district"))


@pytest.fixture
def small_bgt(district):
    """A BGT delivery that closes."""
    return district.bgt


if REASON is None:

    @pytest.fixture
    def window(qgis_app, qgis_new_project):
        """A QGIS window, and an empty project before and after."""
        from qgis.core import QgsProject
        from qgis.gui import QgsGui

        from support.qgis_window import Window

        if not QgsGui.editorWidgetRegistry().factories():
            QgsGui.editorWidgetRegistry().initEditors()
        made = Window()
        yield made
        QgsProject.instance().clear()
        made.close()

    @pytest.fixture
    def plugin(window):
        """The plugin, loaded into the window with nothing remembered, and unloaded afterwards."""
        from qgis.core import QgsSettings

        from stadsveld_qgis import classFactory

        QgsSettings().remove("stadsveld")
        loaded = classFactory(window)
        loaded.initGui()
        yield loaded
        loaded.unload()

    @pytest.fixture
    def store_path(plugin, tmp_path):
        """An open store in a folder with a space in its name."""
        folder = tmp_path / "mijn gemeente"
        folder.mkdir()
        path = folder / "wegen en water.sqlite"
        assert plugin.context.session.create(path)
        return path

    @pytest.fixture
    def settle(qtbot):
        """A function that lets QGIS work until something holds."""

        def wait(condition, timeout=30_000):
            qtbot.waitUntil(condition, timeout=timeout)

        return wait
