"""Stadsveld in QGIS: the store's layers, imports, inspections, sensors, designs and synchronisation."""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name QGIS calls
    """Return the plugin for this QGIS window."""
    from .plugin import StadsveldPlugin

    return StadsveldPlugin(iface)
