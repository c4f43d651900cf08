"""What the algorithms share: a store to work on, errors in people's words, and their report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
)

from ..core import errors, store
from ..tasks import progress_of
from ..text import tr

STORE = "STORE"


class StoreAlgorithm(QgsProcessingAlgorithm):
    """An algorithm on a store; a subclass declares its parameters and does the work."""

    id_name = ""

    def title(self) -> str:
        """Return what people call it."""
        raise NotImplementedError

    def help_text(self) -> str:
        """Return what it does."""
        raise NotImplementedError

    def work(self, opened: Any, given: Any, progress: Any) -> dict[str, Any]:
        """Do it on the open store and return the outputs; `given` reads parameters."""
        raise NotImplementedError

    # What Processing asks

    def name(self) -> str:
        """Return the id, lower case without separators."""
        return self.id_name

    def displayName(self) -> str:  # noqa: N802
        """Return the title."""
        return self.title()

    def shortHelpString(self) -> str:  # noqa: N802
        """Return the help."""
        return self.help_text()

    def createInstance(self) -> StoreAlgorithm:  # noqa: N802
        """Return a new one."""
        return type(self)()

    def initAlgorithm(self, _configuration: Any = None) -> None:  # noqa: N802
        """Declare the store."""
        self.addParameter(QgsProcessingParameterFile(STORE, tr("Stadsveld store"), extension="sqlite"))

    def processAlgorithm(  # noqa: N802
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Open the store and do the work."""
        given = Given(self, parameters, context)
        try:
            with store.Store.open(given.file(STORE)) as opened:
                return self.work(opened, given, progress_of(feedback, feedback.pushInfo))
        except errors.StadsveldError as error:
            raise QgsProcessingException(str(error)) from error


class Given:
    """Reads parameters as Python values."""

    def __init__(
        self, algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> None:
        self._algorithm, self._parameters, self._context = algorithm, parameters, context

    def file(self, name: str) -> Path:
        """Return a file."""
        return Path(self._algorithm.parameterAsFile(self._parameters, name, self._context))

    def output_file(self, name: str) -> Path:
        """Return a file to write."""
        return Path(self._algorithm.parameterAsFileOutput(self._parameters, name, self._context))

    def text(self, name: str) -> str:
        """Return a text, stripped."""
        return self._algorithm.parameterAsString(self._parameters, name, self._context).strip()

    def choice(self, name: str, of: tuple[str, ...]) -> str:
        """Return what an enumeration chose."""
        return of[self._algorithm.parameterAsEnum(self._parameters, name, self._context)]

    def extent(self, name: str, crs: Any) -> tuple[float, float, float, float] | None:
        """Return an extent in a CRS, or None."""
        box = self._algorithm.parameterAsExtent(self._parameters, name, self._context, crs)
        return None if box.isNull() else (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
