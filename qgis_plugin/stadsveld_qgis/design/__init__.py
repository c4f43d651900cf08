"""Draw an area on the map and see what it consists of, while it is drawn and with its reasons."""

from __future__ import annotations

from typing import Any

from .part import DesignPart


def create(context: Any) -> DesignPart:
    """Return this part of the plugin, for its wiring."""
    return DesignPart(context)
