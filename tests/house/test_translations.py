"""Every text on every screen is marked, translated into Dutch, and uses the words of the glossary."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
I18N = ROOT / "i18n"
PO = I18N / "nl" / "LC_MESSAGES" / "stadsveld.po"
TS = I18N / "stadsveld_nl.ts"
GLOSSARY = json.loads((I18N / "glossary.json").read_text(encoding="utf-8"))

#: Calls whose first text argument a person reads.
SHOWING = {
    "setText",
    "setTitle",
    "setWindowTitle",
    "setToolTip",
    "setStatusTip",
    "setPlaceholderText",
    "setLabelText",
    "setAccessibleName",
    "setWhatsThis",
    "setHeaderLabels",
    "addAction",
    "addRow",
    "addTab",
    "QAction",
    "QLabel",
    "QPushButton",
    "QGroupBox",
    "QCheckBox",
    "QRadioButton",
    "QDockWidget",
    "pushMessage",
    "pushInfo",
    "pushWarning",
    "pushSuccess",
    "pushCritical",
}
WORD = re.compile(r"[A-Za-z]{3,}")


def gettext_pairs() -> list[tuple[str, str]]:
    with PO.open("rb") as file:
        return [(str(m.id), str(m.string or "")) for m in read_po(file, locale="nl") if m.id]


def qt_pairs() -> list[tuple[str, str]]:
    found = re.findall(
        r"<source>(.*?)</source>.*?<translation([^>]*)>(.*?)</translation>|<source>(.*?)</source>\s*<translation/>",
        TS.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    return [(source or other, "" if "unfinished" in kind else text) for source, kind, text, other in found]


def all_pairs() -> list[tuple[str, str]]:
    return gettext_pairs() + qt_pairs()


def test_no_text_lacks_its_dutch() -> None:
    """Both catalogues are complete."""
    missing = [english for english, dutch in all_pairs() if not dutch.strip()]
    assert missing == []


@pytest.mark.skipif(shutil.which("pylupdate5") is None, reason="pylupdate5 is not installed")
def test_the_catalogues_hold_exactly_the_texts_of_the_code(tmp_path: Path) -> None:
    """Collecting anew finds no text that the catalogues lack, and none that is gone."""
    for name in ("shared", "field_app", "qgis_plugin", "i18n", "build"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "build/translations.py", "collect"], cwd=tmp_path, check=True, timeout=300
    )
    with PO.open("rb") as ours, (tmp_path / PO.relative_to(ROOT)).open("rb") as fresh:
        assert {m.id for m in read_po(ours)} == {m.id for m in read_po(fresh)}
    sources = [
        sorted(re.findall(r"<source>(.*?)</source>", file.read_text(encoding="utf-8"), flags=re.DOTALL))
        for file in (TS, tmp_path / TS.relative_to(ROOT))
    ]
    assert sources[0] == sources[1]


def test_placeholders_survive_translation() -> None:
    """A translated text has the same {placeholders} and Qt's %1 marks as its source."""
    for english, dutch in all_pairs():
        pattern = r"\{[a-z_0-9]*[^}]*\}|%\d"
        assert sorted(re.findall(pattern, english)) == sorted(re.findall(pattern, dutch)), english


def test_domain_words_follow_the_glossary() -> None:
    """Where the English has a word of the glossary, the Dutch has its fixed translation."""
    wrong = []
    for english, dutch in all_pairs():
        for word, forms in GLOSSARY["words"].items():
            if re.search(rf"\b{word}s?\b", english.lower()) and not any(
                form in dutch.lower() for form in forms
            ):
                wrong.append((word, english, dutch))
    assert wrong == []


def test_screens_never_speak_of_the_machinery() -> None:
    """No text in either language says hub, replica, quarantine or QARTOD."""
    never = re.compile(rf"\b({'|'.join(GLOSSARY['never_on_screen'])})s?\b", re.IGNORECASE)
    spoken = [pair for pair in all_pairs() if never.search(pair[0]) or never.search(pair[1])]
    assert spoken == []


def literals_shown(path: Path) -> list[str]:
    """Return the places where a screen is given a literal text that is not marked for translation."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in SHOWING:
            continue
        for argument in node.args:
            if (
                isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
                and WORD.search(argument.value)
            ):
                found.append(f"{path.relative_to(ROOT)}:{argument.lineno}: {argument.value!r}")
    return found


def test_the_plugin_shows_no_unmarked_text() -> None:
    """Widgets of the plugin get their texts through tr()."""
    files = (ROOT / "qgis_plugin").rglob("*.py")
    assert [place for path in files for place in literals_shown(path)] == []


def test_the_field_app_shows_no_unmarked_text() -> None:
    """Rules files set texts through the app's translation, never as literals."""
    found = []
    for path in (ROOT / "field_app").rglob("*.kv"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r"\s*(?:text|hint_text|title|label)\s*:\s*(['\"])(.*)\1\s*$", line)
            if match and WORD.search(match.group(2)):
                found.append(f"{path.name}:{number}: {line.strip()}")
    assert found == []
