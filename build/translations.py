"""Collect and compile the translations of both apps.

    translations.py collect   texts in the code -> i18n/stadsveld.pot, nl catalogues (.po, .ts) updated
    translations.py compile   .po -> .mo and .ts -> .qm, where the compiled form is older

The core and the field app use gettext (`_`, `N_`), the QGIS plugin Qt's `tr`. English is the source.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
I18N = ROOT / "i18n"
PO = I18N / "nl" / "LC_MESSAGES" / "stadsveld.po"
TEMPLATE = I18N / "stadsveld.pot"
TS = I18N / "stadsveld_nl.ts"
PLUGIN = ROOT / "qgis_plugin" / "stadsveld_qgis"


class TranslationError(Exception):
    """A tool is missing or failed."""


def _run(command: list[str]) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise TranslationError(f"{' '.join(command)}\n{result.stdout}{result.stderr}")


def _tool(*names: str) -> str:
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise TranslationError(
        f"none of {', '.join(names)} is installed (Debian: pyqt5-dev-tools, qttools5-dev-tools)"
    )


def _babel(*arguments: str) -> None:
    _run([sys.executable, "-m", "babel.messages.frontend", *arguments])


def collect() -> None:
    """Bring the catalogues up to date with the texts in the code; nothing translated is lost."""
    mapping = I18N / "babel.cfg"
    _babel(
        "extract",
        "--mapping-file",
        str(mapping),
        "--keywords",
        "N_",
        "--no-location",
        "--sort-output",
        "--omit-header",
        "--output-file",
        str(TEMPLATE),
        "shared/stadsveld",
        "field_app",
    )
    if PO.exists():
        _babel(
            "update",
            "--input-file",
            str(TEMPLATE),
            "--output-file",
            str(PO),
            "--locale",
            "nl",
            "--no-fuzzy-matching",
            "--ignore-obsolete",
            "--omit-header",
        )
    else:
        PO.parent.mkdir(parents=True, exist_ok=True)
        _babel("init", "--input-file", str(TEMPLATE), "--output-file", str(PO), "--locale", "nl")
    sources = [str(path.relative_to(ROOT)) for path in sorted(PLUGIN.rglob("*.py"))]
    _run([_tool("pylupdate5"), "-noobsolete", *sources, "-ts", str(TS)])


def compile_all() -> None:
    """Compile what is newer than its compiled form."""
    for source in sorted(I18N.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if _is_older(target, source):
            _babel(
                "compile",
                "--input-file",
                str(source),
                "--output-file",
                str(target),
                "--locale",
                source.parts[-3],
            )
    for source in sorted(I18N.glob("*.ts")):
        target = source.with_suffix(".qm")
        if _is_older(target, source):
            _run([_tool("lrelease", "/usr/lib/qt5/bin/lrelease"), "-silent", str(source), "-qm", str(target)])


def _is_older(target: Path, source: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


def fill(dictionary: dict[str, str]) -> None:
    """Fill empty Dutch texts of both catalogues from {English: Dutch}."""
    from babel.messages.pofile import read_po, write_po

    with PO.open("rb") as file:
        catalogue = read_po(file, locale="nl")
    for message in catalogue:
        if message.id and not message.string and message.id in dictionary:
            message.string = dictionary[message.id]
    with PO.open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, sort_output=True)
    TS.write_text(_filled_ts(TS.read_text(encoding="utf-8"), dictionary), encoding="utf-8")


def _filled_ts(text: str, dictionary: dict[str, str]) -> str:
    by_source = {
        escape(english, {'"': "&quot;", "'": "&apos;"}): dutch for english, dutch in dictionary.items()
    }

    def replace(match: re.Match[str]) -> str:
        dutch = by_source.get(match.group(1))
        if dutch is None:
            return match.group(0)
        filled = escape(dutch, {'"': "&quot;", "'": "&apos;"})
        return f"<source>{match.group(1)}</source>\n        <translation>{filled}</translation>"

    pattern = r'<source>([^<]*)</source>\s*<translation type="unfinished"></translation>'
    return re.sub(pattern, replace, text)


def main(arguments: list[str]) -> int:
    """Run the command named on the command line."""
    try:
        if arguments == ["collect"]:
            collect()
        elif arguments == ["compile"]:
            compile_all()
        elif len(arguments) == 2 and arguments[0] == "fill":
            lines = Path(arguments[1]).read_text(encoding="utf-8").splitlines()
            fill(dict(line.split("\t", 1) for line in lines if "\t" in line))
        else:
            sys.stderr.write(__doc__ or "")
            return 2
    except TranslationError as error:
        sys.stderr.write(f"translations: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
