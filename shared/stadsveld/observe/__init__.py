"""Measurement series: data quality tests, packing for the store, aggregates with coverage.

Pure functions over numpy arrays. Times are int64 milliseconds since 1970-01-01 UTC, values float64
with NaN for "missing", flags uint8 as in `quality.Flag`.
"""

from .explain import explain_tests, flag_title
from .overview import Envelope, Summary, envelope, silences, summarise
from .quality import (
    Flag,
    combine,
    flat_line,
    gap,
    gross_range,
    rate_of_change,
    run_each,
    run_tests,
    spike,
)
from .series import Aggregates, Series, aggregate, pack, unpack

__all__ = [
    "Aggregates",
    "Envelope",
    "Flag",
    "Series",
    "Summary",
    "aggregate",
    "combine",
    "envelope",
    "explain_tests",
    "flag_title",
    "flat_line",
    "gap",
    "gross_range",
    "pack",
    "rate_of_change",
    "run_each",
    "run_tests",
    "silences",
    "spike",
    "summarise",
    "unpack",
]
