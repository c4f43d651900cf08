"""The texts of the plugin, in the language of QGIS: Dutch, or English for everybody else."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

from .core import resources
from .core import text as core_text

#: Context in which the collected texts stand.
_CONTEXT = "@default"


def tr(message: str) -> str:
    """Return `message` in the language in use."""
    return QCoreApplication.translate(_CONTEXT, message)


def label(message: str) -> str:
    """Return a text that the core marked (names of fields, code lists) in the language in use."""
    return core_text._(message)


def capital(text: str) -> str:
    """Return a text with its first letter as a capital, and the others as they are."""
    return text[:1].upper() + text[1:]


def number(value: float, decimals: int = 0) -> str:
    """Return a number as people here write it."""
    return QLocale(core_text.language()).toString(float(value), "f", decimals)


class Language:
    """The translation that is loaded while the plugin is."""

    def __init__(self) -> None:
        self._translator: QTranslator | None = None

    def load(self) -> None:
        """Follow the language of QGIS."""
        wanted = core_text.use_language("nl" if QgsApplication.locale().startswith("nl") else "en")
        folder = resources.translations_folder()
        catalogue = None if folder is None else folder / f"stadsveld_{wanted}.qm"
        if catalogue is not None and catalogue.is_file():
            self._translator = QTranslator()
            if self._translator.load(str(catalogue)):
                QCoreApplication.installTranslator(self._translator)

    def unload(self) -> None:
        """Leave no translation behind."""
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
