"""Fixtures of the field app's tests: a small neighbourhood, and no network."""

from __future__ import annotations

import os

os.environ.setdefault("KIVY_NO_ARGS", "1")
os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
os.environ.setdefault("KIVY_NO_FILELOG", "1")

import pytest

from stadsveld.text import language, use_language
from stadsveld_field.workspace import Workspace
from support.field_workspace import make_store, section_id


@pytest.fixture(autouse=True)
def _english():
    """Every test begins in English and leaves the language as it was."""
    before = language()
    use_language("en")
    yield
    use_language(before)


@pytest.fixture
def replica(tmp_path):
    """The file of a working copy of the neighbourhood."""
    return make_store(tmp_path / "replica.sqlite")


@pytest.fixture
def workspace(replica):
    """The open working copy, opened as a phone does."""
    opened = Workspace.open(replica)
    yield opened
    opened.close()


@pytest.fixture
def linden():
    """Id of an asphalt section."""
    return section_id("W-001")
