"""Measurement series: the arrays, how a block of them is packed, and their aggregates."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..text import _
from . import civil
from .civil import PERIODS
from .quality import Flag

_MAGIC = b"SVRB"
_VERSION = 1
#: Magic, version, coding of the values, number of readings, CRC-32 of all else.
_HEADER = struct.Struct("<4sBBII")
#: Coding of values that are no decimal numbers of at most `_MOST_DECIMALS` places.
_RAW = 255
_MOST_DECIMALS = 6
#: More readings in one block than this cannot be meant (a year at one per second is 31.5 million).
_MOST_READINGS = 50_000_000
#: Directions whose unit vectors cancel out to less than this have no mean.
_NO_DIRECTION = 1e-9


@dataclass(frozen=True, eq=False)
class Series:
    """Readings in order of time.

    Attributes:
        times: int64 ms UTC, strictly ascending.
        values: float64 in the unit of the series, NaN where missing.
        flags: uint8, data quality per reading (`quality.Flag`).
    """

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    flags: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if not (self.times.shape == self.values.shape == self.flags.shape and self.times.ndim == 1):
            raise BadInput(_("Times, values and flags of a series must be equally long."))
        if self.times.size > 1 and not bool(np.all(np.diff(self.times) > 0)):
            raise BadInput(_("The times of a series must ascend without repeats."))

    @classmethod
    def of(cls, times: object, values: object, flags: object = None) -> Series:
        """Make a series of anything array-like; without `flags` they are UNKNOWN or MISSING."""
        readings = np.asarray(values, np.float64)
        if flags is None:
            flags = np.where(np.isnan(readings), Flag.MISSING, Flag.UNKNOWN)
        return cls(np.asarray(times, np.int64), readings, np.asarray(flags, np.uint8))

    def __len__(self) -> int:
        return int(self.times.size)

    def between(self, begin: int, end: int) -> Series:
        """Return the readings with begin <= time < end (ms UTC)."""
        first, last = np.searchsorted(self.times, [begin, end])
        return Series(self.times[first:last], self.values[first:last], self.flags[first:last])


def pack(series: Series) -> bytes:
    """Return `series` as the payload of a reading block; `unpack` gives back exactly the same.

    Layout: header (magic, version, coding, count, checksum), then one zlib stream of the time steps (first
    time, then second differences), the values (differences of integers where the values are
    decimal numbers of at most six places, else their bits), the missing mask and the flags.
    """
    missing = np.isnan(series.values)
    coding, numbers = _code_values(np.where(missing, 0.0, series.values))
    parts = (_steps(_steps(series.times)), numbers, np.packbits(missing), series.flags)
    body = zlib.compress(b"".join(_shuffled(part) for part in parts), 6)
    check = _checksum(coding, len(series), body)
    return _HEADER.pack(_MAGIC, _VERSION, coding, len(series), check) + body


def _body(payload: bytes) -> bytes:
    size = _HEADER.size
    return payload[size:]


def _checksum(coding: int, count: int, body: bytes) -> int:
    return zlib.crc32(_HEADER.pack(_MAGIC, _VERSION, coding, count, 0) + body)


def unpack(payload: bytes) -> Series:
    """Return the series in the payload of a reading block.

    Raises:
        BadInput: if the payload is damaged, of another kind or made by a newer version.
    """
    coding, count = _read_header(payload)
    width = (count + 7) // 8
    raw = _decompress(_body(payload), 16 * count + width + count)
    times = _unshuffled(raw[: 8 * count])
    middle = 8 * count
    numbers = _unshuffled(raw[middle:][:middle])
    mask = np.unpackbits(np.frombuffer(raw, np.uint8, width, 16 * count), count=count).astype(bool)
    flags = np.frombuffer(raw, np.uint8, count, 16 * count + width).copy()
    values = numbers.view(np.float64).copy() if coding == _RAW else np.cumsum(numbers) / 10.0**coding
    values[mask] = np.nan
    try:
        return Series(np.cumsum(np.cumsum(times)), values, flags)
    except BadInput as wrong:
        raise _damaged() from wrong


def _read_header(payload: bytes) -> tuple[int, int]:
    if len(payload) < _HEADER.size:
        raise _damaged()
    magic, version, coding, count, check = _HEADER.unpack_from(payload)
    if magic == _MAGIC and version > _VERSION:
        raise BadInput(_("This block of readings was written by a newer version of Stadsveld; update first."))
    known = magic == _MAGIC and version == _VERSION and (coding == _RAW or coding <= _MOST_DECIMALS)
    if not known or count > _MOST_READINGS or check != _checksum(coding, count, _body(payload)):
        raise _damaged()
    return coding, count


def _decompress(body: bytes, size: int) -> bytes:
    machine = zlib.decompressobj()
    try:
        raw = machine.decompress(body, size + 1)
    except zlib.error as wrong:
        raise _damaged() from wrong
    if len(raw) != size or not machine.eof:
        raise _damaged()
    return raw


def _damaged() -> BadInput:
    return BadInput(_("This block of readings is damaged; import the readings again."))


def _code_values(values: NDArray[np.float64]) -> tuple[int, NDArray[np.int64]]:
    """Return (coding, numbers): steps of integers if that loses not one bit, else the bits."""
    if values.size == 0 or float(np.max(np.abs(values))) < 2.0**40:
        for places in range(_MOST_DECIMALS + 1):
            scaled = np.rint(values * 10.0**places).astype(np.int64)
            if np.array_equal((scaled / 10.0**places).view(np.int64), values.view(np.int64)):
                return places, _steps(scaled)
    return _RAW, values.view(np.int64)


def _steps(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.diff(numbers, prepend=np.int64(0))


def _shuffled(array: NDArray[np.generic]) -> bytes:
    """Return the bytes of `array` with equal places of its items together, which packs better."""
    little = array.astype(array.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, array.dtype.itemsize).T.tobytes()


def _unshuffled(raw: bytes) -> NDArray[np.int64]:
    columns = np.frombuffer(raw, np.uint8).reshape(8, -1)
    return np.ascontiguousarray(columns.T).view("<i8").reshape(-1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Aggregates:
    """Figures per period.

    Attributes:
        begins: int64 ms UTC, begin of each period; periods without readings are present.
        mean: arithmetic mean of the accepted readings, NaN without any; likewise the next two.
        minimum: smallest accepted reading.
        maximum: largest accepted reading.
        count: number of accepted readings.
        coverage: count over the number that the interval allows in the period, 0 to 1.
    """

    begins: NDArray[np.int64]
    mean: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    count: NDArray[np.int64]
    coverage: NDArray[np.float64]


def aggregate(
    series: Series,
    period: str,
    interval_seconds: float,
    accepted: tuple[int, ...] = (Flag.GOOD, Flag.UNKNOWN),
    *,
    circular: bool = False,
) -> Aggregates:
    """Return the figures of `series` per `hour`, `day`, `month` or `year`.

    Days, months and years are civil ones of the Netherlands, so two days a year have 23 or 25 hours,
    which the coverage respects. Readings with a flag outside `accepted`, and missing ones, do not
    count.

    Args:
        series: the readings.
        period: one of `PERIODS`.
        interval_seconds: the interval at which readings are due.
        accepted: flags that count.
        circular: readings are directions in degrees: the mean is that of their unit vectors, 0 to 360,
            and NaN where they cancel out; smallest and largest are left NaN.

    Raises:
        BadInput: if the period is unknown, or the interval is not positive.
    """
    if period not in PERIODS or interval_seconds <= 0:
        raise BadInput(_("Aggregates need a period of hour, day, month or year and a positive interval."))
    if not len(series):
        empty = np.empty(0)
        nothing = np.empty(0, np.int64)
        return Aggregates(nothing, empty, empty, empty, nothing, empty)
    edges = civil.edges(int(series.times[0]), int(series.times[-1]), period)
    kept = np.isin(series.flags, accepted) & ~np.isnan(series.values)
    values = series.values[kept]
    place = np.searchsorted(edges, series.times[kept], side="right") - 1
    count = np.bincount(place, minlength=edges.size - 1)
    low, high = np.full(count.size, np.inf), np.full(count.size, -np.inf)
    np.minimum.at(low, place, values)
    np.maximum.at(high, place, values)
    low[count == 0] = high[count == 0] = np.nan
    mean = _mean_direction(place, values, count) if circular else _mean(place, values, count)
    if circular:
        low[:] = high[:] = np.nan
    expected = np.diff(edges) / (interval_seconds * 1000.0)
    return Aggregates(edges[:-1], mean, low, high, count.astype(np.int64), np.minimum(count / expected, 1.0))


def _mean(
    place: NDArray[np.int64], values: NDArray[np.float64], count: NDArray[np.int64]
) -> NDArray[np.float64]:
    total = np.bincount(place, values, minlength=count.size)
    return np.divide(total, count, out=np.full(count.size, np.nan), where=count > 0)


def _mean_direction(
    place: NDArray[np.int64], degrees: NDArray[np.float64], count: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the direction of the sum of unit vectors, in degrees from 0 up to 360."""
    angles = np.radians(degrees)
    east = _mean(place, np.sin(angles), count)
    north = _mean(place, np.cos(angles), count)
    direction = np.degrees(np.arctan2(east, north)) % 360
    return np.where(np.hypot(east, north) > _NO_DIRECTION, direction, np.nan)
