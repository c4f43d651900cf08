"""Build the QGIS plugin as a zip, with the core inside, and `plugins.xml` for an internal repository.

    plugin_zip.py [--to FOLDER] [--url ADDRESS]

The zip holds one folder, `stadsveld_qgis`: the plugin, the core as the sub-package `stadsveld`
(without the central store's service and the commands), its data and its translations. `--url` is the
address under which people will find the folder; without it QGIS can read it from this disk.
"""

from __future__ import annotations

import argparse
import configparser
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from translations import TranslationError, compile_all

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "qgis_plugin" / "stadsveld_qgis"
CORE = ROOT / "shared" / "stadsveld"
NAME = "stadsveld_qgis"
#: The plugin site's limit.
LARGEST = 25 << 20
#: What of the core stays out: services and commands of the desktop, the generator of the demo.
LEFT_OUT = {"hub", "cli", "work/district"}
LEFT_OUT_RESOURCES = {"demo"}
#: Everything in the zip has this date, so that the same sources give the same zip.
_DATE = (2026, 1, 1, 0, 0, 0)
_KINDS = {".py", ".sql", ".json", ".svg", ".png", ".jpg", ".html", ".css", ".npz", ".md", ".qm", ".mo",
          ".xsd", ".csv"}  # fmt: skip


def members() -> Iterator[tuple[str, Path]]:
    """Yield (name below the top folder, file) of everything that goes in."""
    yield "LICENSE", ROOT / "LICENSE"
    yield "icon.svg", ROOT / "resources" / "icons" / "stadsveld.svg"
    yield "metadata.txt", PLUGIN / "metadata.txt"
    yield from _tree(PLUGIN, "", set())
    yield from _tree(CORE, "stadsveld/", LEFT_OUT)
    yield from _tree(ROOT / "resources", "stadsveld/_resources/", LEFT_OUT_RESOURCES)
    for file in sorted((ROOT / "i18n").rglob("*")):
        if file.suffix in {".mo", ".qm"}:
            yield f"stadsveld/_i18n/{file.relative_to(ROOT / 'i18n').as_posix()}", file


def _tree(folder: Path, prefix: str, left_out: set[str]) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).as_posix()
        is_out = any(inside == name or inside.startswith(f"{name}/") for name in left_out)
        if file.is_file() and file.suffix in _KINDS and "__pycache__" not in file.parts and not is_out:
            yield prefix + inside, file


def metadata() -> configparser.SectionProxy:
    """Return the plugin's own description."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(PLUGIN / "metadata.txt", encoding="utf-8")
    return parser["general"]


def build(folder: Path, url: str | None = None) -> Path:
    """Write zip and `plugins.xml` into `folder` and return the zip."""
    folder.mkdir(parents=True, exist_ok=True)
    described = metadata()
    target = folder / f"{NAME}-{described['version']}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in members():
            info = zipfile.ZipInfo(f"{NAME}/{name}", _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o100644 << 16
            archive.writestr(info, file.read_bytes())
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target} is larger than the plugin site takes: {target.stat().st_size} bytes")
    address = url.rstrip("/") if url else folder.resolve().as_uri()
    (folder / "plugins.xml").write_text(_repository(described, target.name, address), encoding="utf-8")
    return target


def _repository(described: configparser.SectionProxy, file: str, address: str) -> str:
    shown = {
        "description": described["description"],
        "about": described["about"],
        "version": described["version"],
        "qgis_minimum_version": described["qgisMinimumVersion"],
        "qgis_maximum_version": described["qgisMaximumVersion"],
        "homepage": described["homepage"],
        "tracker": described["tracker"],
        "repository": described["repository"],
        "file_name": file,
        "download_url": f"{address}/{file}",
        "author_name": described["author"],
        "tags": described["tags"],
        "experimental": described["experimental"],
        "deprecated": described["deprecated"],
        "server": described["server"],
    }
    lines = "".join(f"    <{key}>{escape(value)}</{key}>\n" for key, value in shown.items())
    head = (
        f"  <pyqgis_plugin name={quoteattr(described['name'])} version={quoteattr(described['version'])}>\n"
    )
    return f"<?xml version='1.0' encoding='utf-8'?>\n<plugins>\n{head}{lines}  </pyqgis_plugin>\n</plugins>\n"


def main() -> int:
    """Build and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=ROOT / "out" / "plugin")
    parser.add_argument("--url", help="address under which the folder will be found")
    asked = parser.parse_args()
    try:
        compile_all()
    except TranslationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    target = build(asked.to, asked.url)
    sys.stdout.write(f"{target} ({target.stat().st_size / 1e6:.1f} MB)\n{asked.to / 'plugins.xml'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
