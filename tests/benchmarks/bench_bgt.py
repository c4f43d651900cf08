"""The BGT import against ogr2ogr of the same files to SpatiaLite, and its memory on a large delivery.

Both are run as people run them, from the command line. The peer gets its attribute templates (.gfs)
beforehand, loads all versions, takes labels for geometry where it finds them, and skips what it
cannot parse; ours stores the versions that hold, with their own geometry, and proves that the
surfaces close.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from harness import Result, absolute, against, race, without_peer

ROOT = Path(__file__).resolve().parent.parent.parent
#: The large delivery is this many times the other one.
TIMES = 8
SPEED, MEMORY = "BGT import of {name}", "BGT import of {n} MB of GML: memory"


def run() -> list[Result]:
    """Measure speed and memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        delivery = _delivery(folder)
        return [_speed(delivery, folder), _memory(delivery, folder)]


def _delivery(folder: Path) -> Path:
    """The real delivery where it is there, else the invented district."""
    data = Path(os.environ.get("STADSVELD_TEST_DATA", ROOT.parent / "shared" / "data"))
    real = data / "bgt" / "otterlo.zip"
    if real.exists():
        return Path(shutil.copyfile(real, folder / real.name))
    from stadsveld.work.district import generate_district

    return generate_district(folder / "district").bgt


def _import(delivery: Path, store: Path) -> list[str]:
    store.unlink(missing_ok=True)
    return [
        sys.executable,
        "-m",
        "stadsveld.cli",
        "import",
        "bgt",
        str(delivery),
        "--store",
        str(store),
        "--json",
    ]


def _speed(delivery: Path, folder: Path) -> Result:
    name = SPEED.format(name=delivery.name)

    def ours() -> None:
        subprocess.run(_import(delivery, folder / "ours.sqlite"), check=True, stdout=subprocess.DEVNULL)

    ogr2ogr = shutil.which("ogr2ogr")
    if ogr2ogr is None:
        return without_peer(name, "s", race(ours, rounds=3)[0], "ogr2ogr is not installed")
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(delivery) as archive:
        archive.extractall(unpacked)
    files = [file for file in sorted(unpacked.rglob("*.gml")) if b"<cityObjectMember" in file.read_bytes()]
    target = folder / "peer.sqlite"
    environment = {**os.environ, "GML_SKIP_CORRUPTED_FEATURES": "YES"}

    def peer() -> None:
        target.unlink(missing_ok=True)
        for number, file in enumerate(files):
            how = ["-update", "-append"] if number else ["-dsco", "SPATIALITE=YES"]
            command = [ogr2ogr, "-f", "SQLite", *how, "-gt", "65536", "-nlt", "CONVERT_TO_LINEAR"]
            command += ["-a_srs", "EPSG:28992", str(target), str(file)]
            subprocess.run(command, check=False, capture_output=True, env=environment)

    peer()  # writes the templates
    mine, other = race(ours, peer, rounds=3)
    version = subprocess.run([ogr2ogr, "--version"], check=True, capture_output=True, text=True).stdout
    return against(name, "s", mine, other, f"ogr2ogr, {version.split(',')[0]}")


def _memory(delivery: Path, folder: Path) -> Result:
    """The largest resident size while importing a delivery that is `TIMES` as large."""
    large = folder / "large.zip"
    size = multiply(delivery, large, TIMES)
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", script, *_import(large, folder / "large.sqlite")]
    kilobytes = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return absolute(MEMORY.format(n=round(size / 1e6)), "MB", kilobytes / 1024, at_most=300.0)


def multiply(delivery: Path, target: Path, times: int) -> int:
    """Write a delivery with every object `times` times, on as many levels; return its unpacked size."""
    size = 0
    with (
        zipfile.ZipFile(delivery) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
    ):
        for name in source.namelist():
            text = source.read(name)
            first, last = text.find(b"<cityObjectMember"), text.rfind(b"</CityModel>")
            with out.open(name, "w", force_zip64=True) as file:
                file.write(text[: first if first >= 0 else last])
                for copy in range(times if first >= 0 else 0):
                    objects = text[first:last].replace(b"lokaalID>", b"lokaalID>%d." % copy)
                    objects = objects.replace(b"</imgeo:lokaalID>%d." % copy, b"</imgeo:lokaalID>")
                    level = b"relatieveHoogteligging>%d<" % copy
                    size += file.write(objects.replace(b"relatieveHoogteligging>0<", level))
                file.write(text[last:])
    return size
