"""The dock of datasets: where everything in the store comes from, and under which terms."""

from __future__ import annotations

import html
from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDockWidget, QSplitter, QTextBrowser, QTreeWidget, QTreeWidgetItem

from ..context import Context
from ..core import model
from ..inspections.tips import when
from ..text import capital, label, tr

_ROW = Qt.ItemDataRole.UserRole


class DatasetsDock(QDockWidget):
    """Lists the datasets of the open store; the chosen one is told in full."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Stadsveld datasets"), context.iface.mainWindow())
        self.setObjectName("stadsveldDatasetsDock")
        self._session = context.session
        self._list = QTreeWidget(self)
        self._list.setHeaderLabels([tr("Dataset"), tr("Edition")])
        self._list.setRootIsDecorated(False)
        self._list.setAccessibleName(tr("Datasets"))
        self._detail = QTextBrowser(self)
        self._detail.setOpenExternalLinks(True)
        self._detail.setAccessibleName(tr("About the dataset"))
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self._list)
        split.addWidget(self._detail)
        self.setWidget(split)
        self._list.currentItemChanged.connect(lambda item, _before: self._tell(item))
        for signal in (self._session.opened, self._session.closed, self._session.changed):
            signal.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Show the datasets as they are now."""
        self._list.clear()
        self._detail.clear()
        opened = self._session.store
        for row in opened.rows("dataset") if opened is not None else ():
            item = QTreeWidgetItem(
                [row["name"] or row["register"] or "", row["edition"] or row["edition_date"] or ""]
            )
            item.setData(0, _ROW, row)
            self._list.addTopLevelItem(item)
        self._list.resizeColumnToContents(0)
        if self._list.topLevelItemCount():
            self._list.setCurrentItem(self._list.topLevelItem(0))

    def _tell(self, item: QTreeWidgetItem | None) -> None:
        self._detail.setHtml("" if item is None else describe(item.data(0, _ROW)))


def describe(row: dict[str, Any]) -> str:
    """Return the record of a dataset as HTML; what nobody filled in says so."""
    lines = []
    for field in model.ENTITIES["dataset"].fields:
        name = html.escape(capital(label(field.label)))
        lines.append(f"<tr><td><b>{name}</b></td><td>{_value(field, row)}</td></tr>")
    return f'<table cellpadding="3">{"".join(lines)}</table>'


def _value(field: Any, row: dict[str, Any]) -> str:
    value = row[field.name]
    if value in (None, ""):
        return f'<span style="color:#8d99a1">{tr("not filled in")}</span>'
    if field.codes:
        return html.escape(model.CODES[field.codes].label(value))
    if field.kind == "bool":
        return tr("yes") if value else tr("no")
    text = when(value) if field.kind == "instant" else str(value)
    return (
        f'<a href="{html.escape(text)}">{html.escape(text)}</a>'
        if text.startswith("http")
        else html.escape(text)
    )
