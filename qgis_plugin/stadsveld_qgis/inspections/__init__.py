"""Inspections in QGIS: map tips, and the dock that says what an inspection means and why."""

from ..context import Context
from .part import InspectionsPart


def create(context: Context) -> InspectionsPart:
    """Return the inspections part of the plugin."""
    return InspectionsPart(context)
