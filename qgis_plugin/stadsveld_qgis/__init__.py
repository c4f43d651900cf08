"""Stadsveld in QGIS: the store's layers, imports, inspections, sensors, designs and synchronisation."""

from __future__ import annotations

import sys
from typing import Any

#: The oldest Python that runs the core; early Windows installers of QGIS 3.34 carry an older one.
_OLDEST = (3, 10)


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name QGIS calls
    """Return the plugin for this QGIS window.

    Raises:
        ImportError: this QGIS carries a Python that is too old.
    """
    if tuple(sys.version_info) < _OLDEST:
        raise ImportError("Stadsveld needs Python 3.10 or newer: install a later QGIS.")
    from .plugin import StadsveldPlugin

    return StadsveldPlugin(iface)
