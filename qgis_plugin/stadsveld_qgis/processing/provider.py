"""The provider `stadsveld` of Processing."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..context import icon as own_icon
from .algorithms import ALGORITHMS


class StadsveldProvider(QgsProcessingProvider):
    """Gives Processing the algorithms."""

    def id(self) -> str:
        """Return the id, the first half of `stadsveld:importbgt`."""
        return "stadsveld"

    def name(self) -> str:
        """Return the name."""
        return "Stadsveld"

    def icon(self) -> QIcon:
        """Return the icon."""
        return own_icon("stadsveld")

    def loadAlgorithms(self) -> None:  # noqa: N802
        """Add all algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
