"""The dock “Score and why”: what an inspection means, step by step, under its norm or another."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QDockWidget, QLabel, QTextBrowser, QVBoxLayout, QWidget

from ..context import Context
from ..core import errors, part
from ..text import tr

#: Entities that are scored -> kind of norm pack.
SCORED = {"road_section": "road", "structure": "structure"}


class ScoreDock(QDockWidget):
    """Shows the score of one object at a time."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Stadsveld score and why"), context.iface.mainWindow())
        self.setObjectName("stadsveldScoreDock")
        self._session = context.session
        self._asset: tuple[str, str] | None = None
        body = QWidget(self)
        column = QVBoxLayout(body)
        self._title = QLabel(body)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self.choice = QComboBox(body)
        self.choice.setAccessibleName(tr("Norm to score under"))
        self.choice.setToolTip(tr("Compare the same observations under another norm or edition"))
        self.choice.currentIndexChanged.connect(lambda _index: self.renew())
        self.told = QTextBrowser(body)
        self.told.setOpenExternalLinks(False)
        for widget in (self._title, self.choice, self.told):
            column.addWidget(widget)
        self.setWidget(body)
        self._session.closed.connect(self.clear)
        self._session.opened.connect(self.clear)
        self._session.changed.connect(self.renew)
        self.clear()

    def clear(self, *_arguments: Any) -> None:
        """Show what to do."""
        self._asset = None
        self._title.setText(tr("Select a road section or a structure."))
        self.choice.hide()
        self.told.clear()

    def show_asset(self, entity: str, row_id: str) -> None:
        """Show the score of an object of the open store."""
        row = self._session.store.get(entity, row_id)
        if row is None:
            self.clear()
            return
        self._asset = (entity, row_id)
        self._title.setText(" · ".join(str(row[key]) for key in ("number", "name", "street") if row.get(key)))
        self._fill_choice(SCORED[entity])
        self.renew()

    def renew(self, *_arguments: Any) -> None:
        """Score again: something was edited, fetched, or chosen."""
        if self._asset is None or self._session.store is None:
            return
        try:
            html = self._explained(*self._asset)
        except errors.StadsveldError as error:
            html = f"<p>{error}</p>"
        self.told.setHtml(html)

    def _fill_choice(self, kind: str) -> None:
        packs = [pack for pack in part("work.scores").packs_of(self._session.store) if pack.kind == kind]
        self.choice.blockSignals(True)
        self.choice.clear()
        self.choice.addItem(tr("Under the norm of its inspection"), None)
        for pack in packs:
            self.choice.addItem(tr("Compare: %1").replace("%1", pack.label), pack)
        self.choice.blockSignals(False)
        self.choice.show()

    def _explained(self, entity: str, row_id: str) -> str:
        scores, pack = part("work.scores"), self.choice.currentData()
        if entity == "road_section":
            return str(scores.section_score(self._session.store, row_id, pack).explanation.as_html())
        found = scores.structure_score(self._session.store, row_id, pack)
        parts = [found.explanation.as_html()]
        if found.worst is not None:
            parts.append(tr("Worst element: %1").replace("%1", str(found.worst)))
        if found.care is not None:
            parts.append(tr("Care score, apart from the condition: %1").replace("%1", str(found.care)))
        parts += [scored.explanation.as_html() for scored in found.elements.values()]
        return "<hr>".join(parts)
