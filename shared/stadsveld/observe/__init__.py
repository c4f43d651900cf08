"""Measurement series: data quality tests, packing for the store, aggregates with coverage.

Pure functions over numpy arrays. Times are int64 milliseconds since 1970-01-01 UTC, values float64
with NaN for "missing", flags uint8 as in `quality.Flag`.
"""

from .calibration import Calibration, calibrated
from .civil import PERIODS
from .compare import Drift, Effect, before_after, drift, hand_reading, neighbour, paired
from .exceedance import Exceedances, LimitRule, exceedances, rule_from
from .explain import explain_tests, flag_title
from .overview import Envelope, Summary, envelope, silences, summarise
from .quality import (
    Flag,
    climatology,
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
from .trend import Forecast, Trend, explain_trend, forecast, theil_sen, trend

__all__ = [
    "PERIODS",
    "Aggregates",
    "Calibration",
    "Drift",
    "Effect",
    "Envelope",
    "Exceedances",
    "Flag",
    "Forecast",
    "LimitRule",
    "Series",
    "Summary",
    "Trend",
    "aggregate",
    "before_after",
    "calibrated",
    "climatology",
    "combine",
    "drift",
    "envelope",
    "exceedances",
    "explain_tests",
    "explain_trend",
    "flag_title",
    "flat_line",
    "forecast",
    "gap",
    "gross_range",
    "hand_reading",
    "neighbour",
    "pack",
    "paired",
    "rate_of_change",
    "rule_from",
    "run_each",
    "run_tests",
    "silences",
    "spike",
    "summarise",
    "theil_sen",
    "trend",
    "unpack",
]
