"""The page of the plugin in QGIS's options."""

from __future__ import annotations

from qgis.gui import QgsAuthConfigSelect, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from ..context import icon
from ..text import tr
from .preferences import Preferences


class OptionsPage(QgsOptionsPageWidget):
    """Shows what is remembered and takes what is chosen."""

    def __init__(self, preferences: Preferences, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        form = QFormLayout(self)
        self.inspector = QLineEdit(preferences.inspector, self)
        form.addRow(tr("Name on inspections and changes"), self.inspector)
        self.inspector.setAccessibleName(tr("Name on inspections and changes"))
        self.reopen = QCheckBox(tr("Open the last store when QGIS starts"), self)
        self.reopen.setChecked(preferences.reopen_last)
        form.addRow(self.reopen)
        self.timeout = QSpinBox(self)
        self.timeout.setRange(5, 600)
        self.timeout.setSuffix(" s")
        self.timeout.setValue(preferences.timeout)
        self.timeout.setAccessibleName(tr("Wait for the central store at most"))
        form.addRow(tr("Wait for the central store at most"), self.timeout)
        self.auth = QgsAuthConfigSelect(self)
        self.auth.setConfigId(preferences.auth_config)
        form.addRow(tr("Authentication on the way to the central store"), self.auth)

    def apply(self) -> None:
        """Remember what was chosen."""
        self._preferences.inspector = self.inspector.text().strip()
        self._preferences.reopen_last = self.reopen.isChecked()
        self._preferences.timeout = self.timeout.value()
        self._preferences.auth_config = self.auth.configId()


class OptionsFactory(QgsOptionsWidgetFactory):
    """Gives QGIS the page."""

    def __init__(self, preferences: Preferences) -> None:
        super().__init__("Stadsveld", icon("stadsveld"), "stadsveld")
        self._preferences = preferences

    def createWidget(self, parent: QWidget | None) -> OptionsPage:  # noqa: N802
        """Return a new page."""
        return OptionsPage(self._preferences, parent)
