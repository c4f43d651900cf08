"""Stadsveld's own grids as the files that PROJ reads, so that PROJ is a peer on the same data."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from stadsveld.resources import resource

ROWS, COLUMNS = 481, 301
_ARC_SECONDS = 3600.0


def write_proj_grids(folder: Path) -> tuple[Path, Path]:
    """Write the correction grid as NTv2 and the quasi-geoid as GTX; return both paths."""
    with np.load(resource("crs", "rdnaptrans2018.npz")) as arrays:
        grids = {name: np.cumsum(arrays[name], axis=1) for name in arrays.files}
    correction, geoid = folder / "rdtrans.gsb", folder / "nlgeo.gtx"
    correction.write_bytes(_ntv2(grids["latitude"] / 1e9, grids["longitude"] / 1e9))
    head = struct.pack(">4d2i", 50.0, 2.0, 0.0125, 0.02, ROWS, COLUMNS)
    geoid.write_bytes(head + (grids["quasi_geoid"] / 1e4).astype(">f4").tobytes())
    return correction, geoid


def proj_pipeline(correction: Path, geoid: Path) -> str:
    """Return PROJ's pipeline from ETRS89 longitude, latitude (degrees), h to RD and NAP."""
    return (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +inv +proj=vgridshift +grids={geoid} +multiplier=1 "
        f"+step +inv +proj=hgridshift +grids={correction} "
        "+step +proj=sterea +lat_0=52.1561605555556 +lon_0=5.38763888888889 +k=0.9999079 "
        "+x_0=155000 +y_0=463000 +ellps=bessel"
    )


def _ntv2(latitude: np.ndarray, longitude: np.ndarray) -> bytes:
    """Return an NTv2 file; its longitudes and their shifts are positive west, its rows begin in the east."""
    head = _records(
        ("NUM_OREC", 11), ("NUM_SREC", 11), ("NUM_FILE", 1), ("GS_TYPE", "SECONDS"), ("VERSION", "NTv2.0"),
        ("SYSTEM_F", "Bessel"), ("SYSTEM_T", "ETRS89"), ("MAJOR_F", 6377397.155), ("MINOR_F", 6356078.963),
        ("MAJOR_T", 6378137.0), ("MINOR_T", 6356752.314),
    )  # fmt: skip
    grid = _records(
        ("SUB_NAME", "NL"), ("PARENT", "NONE"), ("CREATED", "2018"), ("UPDATED", "2018"),
        ("S_LAT", 50 * _ARC_SECONDS), ("N_LAT", 56 * _ARC_SECONDS), ("E_LONG", -8 * _ARC_SECONDS),
        ("W_LONG", -2 * _ARC_SECONDS), ("LAT_INC", 45.0), ("LONG_INC", 72.0), ("GS_COUNT", ROWS * COLUMNS),
    )  # fmt: skip
    nodes = np.zeros((ROWS, COLUMNS, 4), "<f4")
    nodes[:, :, 0] = latitude[:, ::-1] * _ARC_SECONDS
    nodes[:, :, 1] = -longitude[:, ::-1] * _ARC_SECONDS
    return head + grid + nodes.tobytes() + b"END     " + bytes(8)


def _records(*fields: tuple[str, int | float | str]) -> bytes:
    packed = b""
    for name, value in fields:
        packed += name.ljust(8).encode("ascii")
        if isinstance(value, str):
            packed += value.ljust(8).encode("ascii")
        else:
            packed += struct.pack("<i4x", value) if isinstance(value, int) else struct.pack("<d", value)
    return packed
