"""The windows for the central store: connect this QGIS, enrol and end devices."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QByteArray, Qt
from qgis.PyQt.QtGui import QImage, QPainter, QPixmap
from qgis.PyQt.QtSvg import QSvgRenderer
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from ..context import Context
from ..dialogs import FormDialog, confirm
from ..inspections.tips import when
from ..text import tr
from .central import Central

_DEVICE = Qt.ItemDataRole.UserRole
_QR_PIXELS = 260
_TEXT_PIXELS = 420


def role_titles() -> dict[str, str]:
    """Return what the screen calls the roles."""
    return {
        "inspector": tr("inspector: records inspections"),
        "planner": tr("GIS specialist: changes everything"),
        "reader": tr("reader: looks only"),
        "administrator": tr("administrator: also manages devices"),
    }


class ConnectDialog(FormDialog):
    """Connects this QGIS with the address and the one-time code that an administrator gave."""

    def __init__(self, context: Context, central: Central) -> None:
        intro = tr(
            "Enter the address and the one-time code that the administrator of the central store gave you."
        )
        super().__init__(tr("Connect to a central store"), tr("Connect"), context.iface.mainWindow(), intro)
        self._context, self._central = context, central
        self.url = QLineEdit(context.preferences.hub_url, self)
        self.url.setPlaceholderText("https://stadsveld.example.nl")
        self.code = QLineEdit(self)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(tr("for instance: QGIS of the GIS department"))
        self.add_row(tr("Address"), self.url)
        self.add_row(tr("Code"), self.code)
        self.add_row(tr("Name of this computer"), self.name)
        self.fresh = QRadioButton(tr("Make a new working copy in this file"), self)
        self.joined = QRadioButton(tr("Share the open store; all it holds is sent"), self)
        can_join = context.session.store is not None and not context.session.is_working_copy
        self.joined.setEnabled(can_join)
        self.fresh.setChecked(not can_join)
        self.joined.setChecked(can_join)
        self.file = QgsFileWidget(self)
        self.file.setStorageMode(QgsFileWidget.StorageMode.SaveFile)
        self.file.setFilter(f"{tr('Stadsveld store')} (*.sqlite)")
        self.file.setDefaultRoot(context.preferences.last_folder)
        self.form.addRow(self.joined)
        self.form.addRow(self.fresh)
        self.add_row(tr("File"), self.file)
        for edit in (self.url, self.code, self.name):
            edit.textChanged.connect(self._check)
        self.file.fileChanged.connect(self._check)
        self.fresh.toggled.connect(self._check)
        self._check()

    def _check(self) -> None:
        self.file.setEnabled(self.fresh.isChecked())
        filled = all(edit.text().strip() for edit in (self.url, self.code, self.name))
        self.accept_button.setEnabled(filled and (self.joined.isChecked() or bool(self.file.filePath())))

    def accept(self) -> None:
        """Connect."""
        url = self.url.text().strip().rstrip("/")
        url = url if "://" in url else f"https://{url}"
        given = (url, self.code.text().strip().upper(), self.name.text().strip())
        if self.joined.isChecked():
            self._central.join(*given)
        else:
            file = Path(self.file.filePath())
            self._central.copy(*given, file if file.suffix else file.with_suffix(".sqlite"))
        super().accept()


class DevicesDialog(QDialog):
    """Lists the devices of the central store, enrols new ones and ends them."""

    def __init__(self, context: Context, central: Central) -> None:
        super().__init__(context.iface.mainWindow())
        self.setWindowTitle(tr("Devices"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 420)
        self._context, self._central = context, central
        column = QVBoxLayout(self)
        self.list = QTreeWidget(self)
        self.list.setRootIsDecorated(False)
        self.list.setAccessibleName(tr("Devices"))
        self.list.setHeaderLabels([tr("Name"), tr("Role"), tr("Enrolled"), tr("Last seen"), tr("State")])
        self.list.itemSelectionChanged.connect(self._check)
        column.addWidget(self.list)
        row = QHBoxLayout()
        self.add = self._button(tr("Enrol a device…"), self._enrol, row)
        self.retire = self._button(tr("Retire"), lambda: self._end("retire"), row)
        self.lost = self._button(tr("Mark as lost"), lambda: self._end("lost"), row)
        self.again = self._button(tr("Refresh"), self.load, row)
        column.addLayout(row)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        close.rejected.connect(self.close)
        row.addWidget(close)
        self._check()
        self.load()

    def _button(self, text: str, do: Any, row: QHBoxLayout) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: do())
        row.addWidget(button)
        return button

    def load(self) -> None:
        """Ask the central store for its devices."""
        self._central.devices(self.show_devices)

    def show_devices(self, devices: list[dict[str, Any]]) -> None:
        """List devices."""
        self.list.clear()
        for device in devices:
            role = role_titles().get(device["role"], device["role"]).split(":")[0]
            texts = [
                device["name"],
                role,
                when(device["enrolled_at"]),
                when(device["last_seen"]),
                state_of(device),
            ]
            item = QTreeWidgetItem(texts)
            item.setData(0, _DEVICE, device)
            self.list.addTopLevelItem(item)
        for index in range(self.list.columnCount()):
            self.list.resizeColumnToContents(index)

    def _selected(self) -> dict[str, Any] | None:
        items = self.list.selectedItems()
        return items[0].data(0, _DEVICE) if items else None

    def _check(self) -> None:
        device = self._selected()
        can_end = device is not None and not device["ended"]
        self.retire.setEnabled(can_end)
        self.lost.setEnabled(device is not None and device["ended"] != "lost")

    def _end(self, how: str) -> None:
        device = self._selected()
        if device is None:
            return
        questions = {
            "retire": tr(
                "Retire {name}? It may deliver once what it still has, and then no longer connects."
            ),
            "lost": tr(
                "Mark {name} as lost? It is shut out at once; what it had not sent yet is not "
                "accepted any more."
            ),
        }
        title = self.retire.text() if how == "retire" else self.lost.text()
        question = questions[how].format(name=device["name"])
        confirm(
            self, title, question, title, lambda: self._central.end(device["device_id"], how, self._ended)
        )

    def _ended(self, _answer: dict[str, Any]) -> None:
        self.load()

    def _enrol(self) -> None:
        EnrolDialog(self, self._central, self._show_code).show()

    def _show_code(self, answer: dict[str, Any]) -> None:
        CodeDialog(self, answer).show()
        self.load()


class EnrolDialog(FormDialog):
    """Asks whom a new device is for."""

    def __init__(self, parent: Any, central: Central, done: Any) -> None:
        super().__init__(tr("Enrol a device"), tr("Make a code"), parent)
        self._central, self._done = central, done
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(tr("for instance: phone of J. de Vries"))
        self.add_row(tr("Name of the device"), self.name)
        self.role = QComboBox(self)
        for role, title in role_titles().items():
            self.role.addItem(title, role)
        self.add_row(tr("Role"), self.role)
        self.accept_button.setEnabled(False)
        self.name.textChanged.connect(lambda text: self.accept_button.setEnabled(bool(text.strip())))

    def accept(self) -> None:
        """Ask for the code."""
        self._central.enrol(self.role.currentData(), self.name.text().strip(), self._done)
        super().accept()


class CodeDialog(QDialog):
    """Shows a one-time code, as a QR picture and as text."""

    def __init__(self, parent: Any, answer: dict[str, Any]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Code for a device"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        picture = QLabel(self)
        picture.setPixmap(qr_picture(answer["svg"]))
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        picture.setMinimumSize(picture.pixmap().size())
        picture.setAccessibleName(tr("QR code to scan with the device"))
        column.addWidget(picture)
        told = tr(
            "Enter address and code in the field app; the QR code holds both. It works once, for two days."
        )
        text = QLabel(
            f"<p>{told}</p><p>{tr('Address')}: <b>{html.escape(answer['url'])}</b><br>"
            f"{tr('Code')}: <b style='font-size:16pt'>{html.escape(answer['code'])}</b></p>",
            self,
        )
        text.setWordWrap(True)
        text.setMinimumSize(_TEXT_PIXELS, text.heightForWidth(_TEXT_PIXELS))
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)


def qr_picture(svg: str) -> QPixmap:
    """Draw the SVG of a QR code on white, every module as the same whole number of pixels."""
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    size = renderer.defaultSize()
    image = QImage(size * max(1, round(_QR_PIXELS / size.width())), QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return QPixmap.fromImage(image)


def state_of(device: dict[str, Any]) -> str:
    """Return in words whether a device is in use, awaited or ended."""
    if device["ended"]:
        return tr("lost") if device["ended"] == "lost" else tr("retired")
    return tr("in use") if device["enrolled_at"] else tr("code not used yet")
