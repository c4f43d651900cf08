"""The dock of the open store: its layers by group with counts, and what it is in one line."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject, QgsRectangle
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..context import Context, icon
from ..core import model, store, sync
from ..text import capital, label, number, tr
from . import loader

_NAME = Qt.ItemDataRole.UserRole


class StoreDock(QDockWidget):
    """Shows what the open store holds and adds its layers to the project."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("Stadsveld store"), context.iface.mainWindow())
        self.setObjectName("stadsveldStoreDock")
        self._context = context
        self._session = context.session
        self._title = QLabel(self)
        self._title.setWordWrap(True)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._tree = self._make_tree()
        self._add_all = QPushButton(icon("layers_add"), tr("Add all layers"), self)
        self._add_all.clicked.connect(self.add_all)
        self._refresh = QToolButton(self)
        self._refresh.setIcon(icon("refresh"))
        self._refresh.setToolTip(tr("Count again"))
        self._refresh.setAccessibleName(tr("Count again"))
        self._refresh.clicked.connect(self.fill)
        self._lay_out()
        for signal in (self._session.opened, self._session.closed, self._session.changed):
            signal.connect(self.fill)
        self.fill()

    def _make_tree(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setColumnCount(2)
        tree.setHeaderLabels([tr("Layer"), tr("Objects")])
        tree.setAccessibleName(tr("Layers of the store"))
        tree.setIconSize(QSize(18, 18))
        tree.setAlternatingRowColors(True)
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.itemActivated.connect(self._add_item)
        tree.setToolTip(tr("Double-click a layer or a group to add it to the project."))
        return tree

    def _lay_out(self) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.addWidget(self._title)
        column.addWidget(self._tree)
        row = QHBoxLayout()
        row.addWidget(self._add_all, 1)
        row.addWidget(self._refresh)
        column.addLayout(row)
        self.setWidget(body)

    def fill(self) -> None:
        """Show the open store as it is now."""
        expanded = {item.text(0) for item in self._groups() if item.isExpanded()} or {
            loader.group_title("inspections")
        }
        self._tree.clear()
        opened = self._session.store
        self._add_all.setEnabled(opened is not None)
        self._refresh.setEnabled(opened is not None)
        if opened is None:
            self._title.setText(tr("No store is open. Make a new one or open one from the Stadsveld menu."))
            return
        self._title.setText(self._describe(opened))
        for key, names in loader.GROUPS:
            self._add_group(key, {name: opened.count(name) for name in names}, expanded)

    def _groups(self) -> list[QTreeWidgetItem]:
        return [self._tree.topLevelItem(index) for index in range(self._tree.topLevelItemCount())]

    def _describe(self, opened: object) -> str:
        name = f"<b>{opened.path.name}</b>"
        if not self._session.is_working_copy:
            return name + "<br>" + tr("A store on this computer, not shared.")
        if self._session.is_busy:
            return name
        waiting = sync.outbox(opened)
        refused = sum(item.state == "refused" for item in waiting)
        parts = [tr("Working copy of {address}.").format(address=opened.setting("hub_url"))]
        parts.append(
            tr("{n} changes wait to be sent.").format(n=len(waiting) - refused)
            if len(waiting) > refused
            else tr("Nothing waits to be sent.")
        )
        if refused:
            parts.append(f"<b>{tr('{n} changes were refused.').format(n=refused)}</b>")
        return name + "<br>" + " ".join(parts)

    def _add_group(self, key: str, counts: dict[str, int], expanded: set[str]) -> None:
        group = QTreeWidgetItem([loader.group_title(key), number(sum(counts.values()))])
        group.setIcon(0, icon(loader.ICONS[key]))
        group.setData(0, _NAME, tuple(counts))
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setTextAlignment(1, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
        self._tree.addTopLevelItem(group)
        for name, count in counts.items():
            item = QTreeWidgetItem([capital(label(model.ENTITIES[name].label)), number(count)])
            item.setData(0, _NAME, (name,))
            item.setTextAlignment(1, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            if count == 0:
                for column in (0, 1):
                    item.setForeground(column, QBrush(QColor("#8d99a1")))
            group.addChild(item)
        group.setExpanded(group.text(0) in expanded)

    def _add_item(self, item: QTreeWidgetItem, _column: int) -> None:
        self.add(item.data(0, _NAME))

    def add_all(self) -> None:
        """Add every layer that has objects, and those that people fill."""
        opened = self._session.store
        if opened is not None:
            people = {"damage", "inspection", "task"}
            names = [name for _key, names in loader.GROUPS for name in names]
            self.add([name for name in names if name in people or opened.count(name)])

    def add(self, names: tuple[str, ...] | list[str]) -> None:
        """Add the layers of entities to the project and show where they are."""
        if self._session.path is None:
            return
        is_first = not QgsProject.instance().mapLayers()
        if is_first:
            QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:28992"))
        made = loader.add(self._session.path, names)
        missing = [name for name in names if name not in loader.loaded(self._session.path)]
        if missing:
            titles = ", ".join(label(model.ENTITIES[name].label) for name in missing)
            self._context.messages.warning(
                tr("These layers could not be opened: {names}").format(names=titles)
            )
        if is_first and made:
            self.zoom_to_store()

    def zoom_to_store(self) -> None:
        """Show the whole of what the store holds."""
        opened, canvas = self._session.store, self._context.iface.mapCanvas()
        box = QgsRectangle()
        for name, entity in model.ENTITIES.items():
            if entity.geometry and name not in {"district", "label"}:
                row = opened.connection.execute(store.statement("extent", name)).fetchone()
                if row["minx"] is not None:
                    box.combineExtentWith(QgsRectangle(row["minx"], row["miny"], row["maxx"], row["maxy"]))
        if box.isEmpty():
            return
        rd = QgsCoordinateReferenceSystem("EPSG:28992")
        shown = canvas.mapSettings().destinationCrs()
        canvas.setExtent(
            QgsCoordinateTransform(rd, shown, QgsProject.instance()).transformBoundingBox(box.buffered(20))
        )
        canvas.refresh()
