"""The windows of the plugin share their manners: never modal, buttons below, errors in the message bar."""

from __future__ import annotations

from collections.abc import Callable

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from .text import tr


class FormDialog(QDialog):
    """A window with a form; `accept_text` is what the button that does it says."""

    def __init__(self, title: str, accept_text: str, parent: QWidget | None = None, intro: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(580)
        column = QVBoxLayout(self)
        if intro:
            text = QLabel(intro, self)
            text.setWordWrap(True)
            column.addWidget(text)
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        column.addLayout(self.form)
        self.extra = QVBoxLayout()
        column.addLayout(self.extra)
        column.addStretch(1)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.accept_button: QPushButton = self.buttons.addButton(
            accept_text, QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.accept_button.setDefault(True)
        cancel = self.buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setText(tr("Cancel"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)

    def add_row(self, title: str, widget: QWidget, hint: str = "") -> None:
        """Add a field with its title, also for those who hear the screen."""
        widget.setAccessibleName(title)
        if hint:
            widget.setToolTip(hint)
        name = QLabel(title, self)
        name.setBuddy(widget)
        self.form.addRow(name, widget)


class ReportDialog(QDialog):
    """A window that shows what happened."""

    def __init__(self, title: str, content: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(960, 640)
        column = QVBoxLayout(self)
        self.text = QTextBrowser(self)
        self.text.setAccessibleName(title)
        self.text.setHtml(content)
        column.addWidget(self.text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)


def confirm(
    parent: QWidget | None, title: str, question: str, accept_text: str, do: Callable[[], None]
) -> None:
    """Ask before something that cannot be undone, without stopping QGIS."""
    dialog = FormDialog(title, accept_text, parent, question)
    dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel).setDefault(True)
    dialog.accepted.connect(do)
    dialog.show()
