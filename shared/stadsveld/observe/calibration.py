"""Calibrations of a sensor: what each says of the true value, applied to its readings by date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput
from ..text import _


@dataclass(frozen=True)
class Calibration:
    """A calibration: true value = gain · reading + offset, from a moment on.

    Attributes:
        begins: ms UTC from which it holds, until the next one.
        gain: factor.
        offset: in units of the series.
        certificate: what it rests on.
    """

    begins: int
    gain: float
    offset: float
    certificate: str = ""


def calibrated(
    times: ArrayLike, values: ArrayLike, calibrations: Sequence[Calibration]
) -> NDArray[np.float64]:
    """Return corrected readings; those before the first calibration stay as they were measured.

    The stored readings are never changed: this is a view of them.

    Args:
        times: ms UTC, ascending.
        values: readings, NaN where missing.
        calibrations: in any order.

    Raises:
        BadInput: two calibrations begin at one moment, or a gain is 0.
    """
    instants, readings = np.asarray(times, np.int64), np.asarray(values, np.float64)
    ordered = sorted(calibrations, key=lambda found: found.begins)
    begins = np.array([found.begins for found in ordered], np.int64)
    if np.any(np.diff(begins) == 0) or any(found.gain == 0 for found in ordered):
        raise BadInput(_("Calibrations must begin at different moments and have a gain other than 0."))
    gains = np.array([1.0, *(found.gain for found in ordered)])
    offsets = np.array([0.0, *(found.offset for found in ordered)])
    place = np.searchsorted(begins, instants, side="right")
    return np.asarray(readings * gains[place] + offsets[place])
