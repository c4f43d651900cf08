"""Calibrations of a measurement series, as the store keeps them, applied to its readings."""

from __future__ import annotations

from datetime import datetime

from ..errors import BadInput
from ..observe import Calibration, Series, calibrated
from ..store import Store
from ..store.store import Row
from ..text import _


def calibrations_of(store: Store, datastream_id: str) -> list[Calibration]:
    """Return the calibrations of a series.

    Raises:
        BadInput: one of them lacks its moment, its gain or its offset; names it.
    """
    return [_calibration(row) for row in store.rows("calibration", datastream_id=datastream_id)]


def corrected(store: Store, datastream_id: str, series: Series) -> Series:
    """Return a series as its calibrations correct it; the stored readings stay as they were measured.

    Raises:
        BadInput: a calibration is incomplete, or two begin at one moment.
    """
    values = calibrated(series.times, series.values, calibrations_of(store, datastream_id))
    return Series(series.times, values, series.flags)


def _calibration(row: Row) -> Calibration:
    try:
        begins = datetime.fromisoformat(row["begins"].replace("Z", "+00:00"))
        return Calibration(
            round(begins.timestamp() * 1000),
            float(row["gain"]),
            float(row["offset"]),
            row["certificate"] or "",
        )
    except (AttributeError, TypeError, ValueError) as error:
        text = _("The calibration {id} lacks its moment, its gain or its offset.")
        raise BadInput(text.format(id=row["id"])) from error
