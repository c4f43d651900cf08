"""Every text on every screen is marked, translated into Dutch, and uses the words of the glossary."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
I18N = ROOT / "i18n"
GLOSSARY = json.loads((I18N / "glossary.json").read_text(encoding="utf-8"))
#: Names of commands are typed, not read.
COMMANDS = re.compile(r"stadsveld hub\b|stadsveld\[hub\]|stadsveld replica\b")


def tool_of(root: Path) -> ModuleType:
    """Return `build/translations.py` of a checkout as a module."""
    spec = importlib.util.spec_from_file_location("translations_tool", root / "build" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = tool_of(ROOT)

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


def all_pairs() -> list[tuple[str, str]]:
    return [*tool.gettext_pairs().items(), *tool.qt_pairs().items()]


def test_no_text_lacks_its_dutch() -> None:
    """Both catalogues are complete."""
    assert [english for english, dutch in all_pairs() if not dutch.strip()] == []


def test_the_catalogues_hold_exactly_the_texts_of_the_code() -> None:
    """The code has no text that the catalogues lack, and they none that the code lacks."""
    assert tool.gettext_pairs().keys() == tool.gettext_texts()
    assert tool.qt_pairs().keys() == tool.plugin_texts()


def test_collecting_twice_changes_nothing_and_loses_no_dutch(tmp_path: Path) -> None:
    """The catalogues are stable, so that they can be compared and reviewed."""
    for name in ("shared", "field_app", "qgis_plugin", "i18n", "build"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    copied = tool_of(tmp_path)
    copied.collect()
    once = [file.read_bytes() for file in (copied.PO, copied.TS, copied.TEMPLATE)]
    copied.collect()
    assert [file.read_bytes() for file in (copied.PO, copied.TS, copied.TEMPLATE)] == once
    for ours, theirs in (
        (tool.gettext_pairs(), copied.gettext_pairs()),
        (tool.qt_pairs(), copied.qt_pairs()),
    ):
        assert {english: ours[english] for english in ours.keys() & theirs.keys()} == {
            english: theirs[english] for english in ours.keys() & theirs.keys()
        }


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('    text: app.tr._("One")', ["One"]),
        ('    text: app.tr._("One") if root.on else app.tr._("Two")', ["One", "Two"]),
        ('    text: app.tr._("{n} of it").format(n=root.n) + ": " + root.text', ["{n} of it"]),
        ('    on_press: root.say(app.tr._("Said: it’s \\"so\\""))', ['Said: it’s "so"']),
        ('    # text: app.tr._("commented out")', []),
    ],
)
def test_every_mark_in_a_rules_file_is_found(tmp_path: Path, line: str, found: list[str]) -> None:
    """Texts in .kv files are collected wherever they stand on their line."""
    rules = tmp_path / "one.kv"
    rules.write_text(f"<Thing>:\n{line}\n", encoding="utf-8")
    assert list(tool.rules_texts(rules)) == found


@pytest.mark.parametrize("line", ["    text: app.tr._(", '    text: app.tr._("a" + root.b)'])
def test_a_mark_that_cannot_be_read_stops_the_collection(tmp_path: Path, line: str) -> None:
    """No text is missed in silence."""
    rules = tmp_path / "one.kv"
    rules.write_text(f"<Thing>:\n{line}\n", encoding="utf-8")
    with pytest.raises(tool.TranslationError, match=r"one\.kv:2"):
        list(tool.rules_texts(rules))


def test_marks_inside_f_strings_are_found() -> None:
    """The usual collectors miss these; ours reads the syntax tree."""
    assert list(tool.texts("""f"<b>{_('One')}: {n}</b>" """, {"_"}, "here")) == ["One"]
    with pytest.raises(tool.TranslationError, match="literal"):
        list(tool.texts('_(f"{n} of them")', {"_"}, "here"))


def test_the_compiled_catalogue_speaks_dutch(tmp_path: Path) -> None:
    """What the apps load holds the Dutch of every text of the core and the field app."""
    for name in ("build", "i18n"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    tool_of(tmp_path).compile_all()
    loaded = gettext.translation("stadsveld", tmp_path / "i18n", languages=["nl"])
    wrong = {english for english, dutch in tool.gettext_pairs().items() if loaded.gettext(english) != dutch}
    assert wrong == set()
    assert (tmp_path / "i18n" / "stadsveld_nl.qm").stat().st_size > 1000


def titles_of(value: object, place: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield every {language: text} in a JSON document, with its place."""
    if isinstance(value, dict):
        if "nl" in value or "en" in value:
            yield place, value
        for key, inner in value.items():
            yield from titles_of(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from titles_of(inner, f"{place}/{number}")


def resource_titles() -> list[tuple[str, dict[str, str]]]:
    files = sorted((ROOT / "resources").rglob("*.json"))
    return [
        pair
        for file in files
        if "demo" not in file.parts
        for pair in titles_of(json.loads(file.read_text(encoding="utf-8")), file.name)
    ]


def test_norm_packs_and_forms_carry_both_languages() -> None:
    """Every title, label, note and assumption that stands in data is there in Dutch and in English."""
    titles = resource_titles()
    assert len(titles) > 50
    incomplete = [
        place
        for place, title in titles
        if set(title) != {"nl", "en"} or not all(isinstance(t, str) and t.strip() for t in title.values())
    ]
    assert incomplete == []


def test_texts_in_data_keep_off_the_machinery_too() -> None:
    """Titles in norm packs and forms use no word that screens avoid."""
    never = re.compile(rf"\b({'|'.join(GLOSSARY['never_on_screen'])})s?\b", re.IGNORECASE)
    assert [place for place, title in resource_titles() if never.search(" ".join(title.values()))] == []


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
    spoken = [pair for pair in all_pairs() if never.search(COMMANDS.sub("", " ".join(pair)))]
    assert spoken == []


def test_dutch_addresses_nobody_formally() -> None:
    """Instructions are in the imperative; the tone is that of one colleague to another."""
    formal = [dutch for _, dutch in all_pairs() if re.search(r"\b[Uu]w?\b", dutch)]
    assert formal == []


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
                and not argument.value.startswith("https://")
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
