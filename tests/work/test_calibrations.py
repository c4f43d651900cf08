"""Calibrations are kept with the series and correct what is shown, never what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stadsveld.errors import BadInput
from stadsveld.model import new_id
from stadsveld.observe import Series
from stadsveld.store import Store
from stadsveld.work.calibrations import calibrations_of, corrected

STREAM = new_id()
READINGS = Series(np.array([0, 1000, 2000], np.int64), np.array([10.0, 10, 10]), np.ones(3, np.uint8))


@pytest.mark.parametrize("later_first", [False, True])
def test_readings_are_corrected_from_their_moment_on(tmp_path: Path, later_first: bool) -> None:
    """Whatever the order in which calibrations were written down."""
    rows = [
        {"begins": "1970-01-01T00:00:01Z", "gain": 2.0, "offset": 0.0, "certificate": "A1"},
        {"begins": "1970-01-01T00:00:02Z", "gain": 1.0, "offset": -3.0},
    ]
    with Store.create(tmp_path / "s.sqlite") as store:
        for row in rows[::-1] if later_first else rows:
            store.put("calibration", None, {"datastream_id": STREAM, **row})
        store.put("calibration", None, {"datastream_id": new_id(), **rows[0], "gain": 99.0})
        assert corrected(store, STREAM, READINGS).values.tolist() == [10, 20, 7]
        assert READINGS.values.tolist() == [10, 10, 10]
        assert {found.certificate for found in calibrations_of(store, STREAM)} == {"A1", ""}


def test_a_half_filled_calibration_is_named(tmp_path: Path) -> None:
    """Partial records are allowed in the store; a correction needs all of it."""
    with Store.create(tmp_path / "s.sqlite") as store:
        row = store.put("calibration", None, {"datastream_id": STREAM, "gain": 2.0})
        with pytest.raises(BadInput, match=row):
            corrected(store, STREAM, READINGS)
