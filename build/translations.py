r"""Collect, fill and compile the translations of both apps.

    translations.py collect     texts in the code -> i18n/stadsveld.pot, Dutch catalogues (.po, .ts) updated
    translations.py fill FILE   empty Dutch texts <- lines `English<TAB>Dutch` (a line break inside is \n)
    translations.py mend FILE   the same, also where there is a Dutch text already
    translations.py compile     .po -> .mo and .ts -> .qm, where the compiled form is older

The core, the field app and the demo use gettext (`_`, `N_`), the QGIS plugin Qt's `tr`. English is the
source. The texts are read from the syntax tree, since the usual collectors miss those inside f-strings;
a mark that cannot be read stops the collection, so that none is missed in silence.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
I18N = ROOT / "i18n"
PO = I18N / "nl" / "LC_MESSAGES" / "stadsveld.po"
TEMPLATE = I18N / "stadsveld.pot"
TS = I18N / "stadsveld_nl.ts"
PLUGIN = ROOT / "qgis_plugin" / "stadsveld_qgis"
#: Where gettext texts stand: whole folders, and tools with texts of their own.
FOLDERS = ("shared/stadsveld", "field_app")
TOOLS = ("build/demo.py",)
#: Without dates, so that a collection that finds nothing new changes nothing.
HEADER = r"""msgid ""
msgstr ""
"Project-Id-Version: Stadsveld\n"
"Language: nl\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""
#: The context in which the plugin looks its texts up.
CONTEXT = "@default"


class TranslationError(Exception):
    """A tool is missing or failed, or a file cannot be understood."""


def texts(source: str, marks: Collection[str], place: str) -> Iterator[str]:
    """Yield the literal texts that calls named in `marks` are given in a piece of Python.

    A mark around a name is skipped: that text was marked where it was written.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise TranslationError(f"{place}: cannot be read: {error}") from error
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = node.args[0]
        if name not in marks or isinstance(text, (ast.Name, ast.Attribute, ast.Subscript)):
            continue
        choices = [text.body, text.orelse] if isinstance(text, ast.IfExp) else [text]
        for choice in choices:
            if not isinstance(choice, ast.Constant) or not isinstance(choice.value, str):
                raise TranslationError(f"{place}: {ast.unparse(node)}: only a literal text can be marked")
            yield choice.value


def rules_texts(path: Path) -> Iterator[str]:
    """Yield the marked texts of a Kivy rules file: each line is Python after its property name."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(r"\b_\(", line) and not line.lstrip().startswith("#"):
            value = re.sub(r"^\s*(?:[\w.]+\s*:(?!=))?\s*", "", line)
            yield from texts(value, {"_"}, f"{path}:{number}")


def gettext_texts() -> set[str]:
    """Return every text that is marked with `_` or `N_`."""
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    files += [ROOT / tool for tool in TOOLS]
    found: set[str] = set()
    for path in files:
        found.update(texts(path.read_text(encoding="utf-8"), {"_", "N_"}, str(path)))
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.kv"):
            found.update(rules_texts(path))
    return found - {""}


def plugin_texts() -> set[str]:
    """Return every text that the plugin marks with `tr`."""
    found: set[str] = set()
    for path in PLUGIN.rglob("*.py"):
        found.update(texts(path.read_text(encoding="utf-8"), {"tr"}, str(path)))
    return found - {""}


def collect() -> None:
    """Bring the catalogues up to date with the texts in the code; no translation of a living text is lost."""
    marked, known = gettext_texts(), gettext_pairs()
    _write_po(TEMPLATE, dict.fromkeys(marked, ""), "")
    _write_po(PO, {english: known.get(english, "") for english in marked}, HEADER)
    known = qt_pairs()
    _write_ts({english: known.get(english, "") for english in plugin_texts()})


def fill(given: Mapping[str, str], replace: bool = False) -> None:
    """Fill Dutch texts of both catalogues from {English: Dutch}: the empty ones, or all with `replace`."""

    def chosen(english: str, known: str) -> str:
        first, second = (given.get(english, ""), known) if replace else (known, given.get(english, ""))
        return first or second

    _write_po(PO, {english: chosen(english, known) for english, known in gettext_pairs().items()}, HEADER)
    _write_ts({english: chosen(english, known) for english, known in qt_pairs().items()})


def gettext_pairs() -> dict[str, str]:
    """Return the catalogue of core, field app and demo as {English: Dutch}; "" where there is no Dutch."""
    if not PO.exists():
        return {}
    with PO.open("rb") as file:
        return {str(message.id): str(message.string or "") for message in read_po(file, "nl") if message.id}


def qt_pairs() -> dict[str, str]:
    """Return the plugin's catalogue as {English: Dutch}; "" where there is no Dutch."""
    if not TS.exists():
        return {}
    messages = ElementTree.parse(TS).iter("message")
    return {item.findtext("source", ""): item.findtext("translation", "") for item in messages}


def _write_po(path: Path, pairs: Mapping[str, str], header: str) -> None:
    catalogue = Catalog(locale="nl")
    for english, dutch in pairs.items():
        catalogue.add(english, dutch)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(header.encode())
        write_po(file, catalogue, width=110, omit_header=True, sort_output=True)


def _write_ts(pairs: Mapping[str, str]) -> None:
    root = ElementTree.Element("TS", {"version": "2.1", "language": "nl_NL", "sourcelanguage": "en"})
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for english, dutch in sorted(pairs.items()):
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "source").text = english
        translation = ElementTree.SubElement(message, "translation", {} if dutch else {"type": "unfinished"})
        translation.text = dutch
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    TS.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")


def read_pairs(path: Path) -> dict[str, str]:
    r"""Read lines `English<TAB>Dutch`, with line breaks inside texts written as \n."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.replace("\\n", "\n").split("\t", 1) for line in lines if "\t" in line)
    return {english: text.strip(" ") for english, text in pairs}


def compile_all() -> None:
    """Compile what is newer than its compiled form."""
    for source in sorted(I18N.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if _is_older(target, source):
            with source.open("rb") as file:
                catalogue = read_po(file, source.parts[-3])
            with target.open("wb") as compiled:
                write_mo(compiled, catalogue)
    for source in sorted(I18N.glob("*.ts")):
        target = source.with_suffix(".qm")
        if _is_older(target, source):
            _run([_tool("lrelease", "/usr/lib/qt5/bin/lrelease"), "-silent", str(source), "-qm", str(target)])


def _is_older(target: Path, source: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def _run(command: list[str]) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise TranslationError(f"{' '.join(command)}\n{result.stdout}{result.stderr}")


def _tool(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise TranslationError(f"none of {', '.join(names)} is installed (Debian: qttools5-dev-tools)")


def main(arguments: list[str]) -> int:
    """Run the command named on the command line."""
    try:
        if arguments == ["collect"]:
            collect()
        elif arguments == ["compile"]:
            compile_all()
        elif len(arguments) == 2 and arguments[0] in ("fill", "mend"):
            fill(read_pairs(Path(arguments[1])), replace=arguments[0] == "mend")
        else:
            sys.stderr.write(__doc__ or "")
            return 2
    except TranslationError as error:
        sys.stderr.write(f"translations: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
