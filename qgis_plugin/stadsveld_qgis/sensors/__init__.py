"""Click a sensor, or an object that is measured, and see its year with the faults in it."""

from __future__ import annotations

from typing import Any

from .part import SensorsPart


def create(context: Any) -> SensorsPart:
    """Return this part of the plugin, for its wiring."""
    return SensorsPart(context)
