"""The windows that ask what to import, and what to export."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject
from qgis.gui import QgsExtentGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import QDate
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDateEdit, QLineEdit

from ..context import Context
from ..core import model
from ..dialogs import FormDialog
from ..text import label, tr
from .imports import Imports

#: Kinds that a register may hold.
KINDS = ("road_section", "structure", "sensor")
_RD = QgsCoordinateReferenceSystem("EPSG:28992")


def _file(dialog: FormDialog, context: Context, title: str, filters: str) -> QgsFileWidget:
    chooser = QgsFileWidget(dialog)
    chooser.setFilter(filters)
    chooser.setDefaultRoot(context.preferences.last_folder)
    dialog.add_row(title, chooser)
    dialog.accept_button.setEnabled(False)
    chooser.fileChanged.connect(lambda path: dialog.accept_button.setEnabled(bool(path)))
    return chooser


def _kinds(dialog: FormDialog) -> QComboBox:
    box = QComboBox(dialog)
    for kind in KINDS:
        box.addItem(label(model.ENTITIES[kind].label), kind)
    return box


class BgtDialog(FormDialog):
    """Asks for a BGT delivery, its area and its date."""

    def __init__(self, context: Context, imports: Imports, file: Path | None = None) -> None:
        intro = tr(
            "Choose the zip with GML files that PDOK delivers. Only what is valid on the "
            "chosen date is stored; "
            "the report accounts for every object."
        )
        super().__init__(tr("Import the BGT"), tr("Import"), context.iface.mainWindow(), intro)
        self._context, self._imports = context, imports
        self.file = _file(self, context, tr("BGT delivery (zip)"), f"{tr('BGT delivery')} (*.zip)")
        self.at_date = QCheckBox(tr("Valid on a date in the past"), self)
        self.date = QDateEdit(QDate.currentDate(), self)
        self.date.setDisplayFormat("dd-MM-yyyy")
        self.date.setCalendarPopup(True)
        self.date.setEnabled(False)
        self.at_date.toggled.connect(self.date.setEnabled)
        self.form.addRow(self.at_date, self.date)
        self.date.setAccessibleName(tr("Valid on a date in the past"))
        self.area = QgsExtentGroupBox(self)
        self.area.setTitleBase(tr("Only this area"))
        self.area.setCheckable(True)
        self.area.setChecked(False)
        self.area.setOutputCrs(_RD)
        canvas = context.iface.mapCanvas()
        self.area.setCurrentExtent(canvas.extent(), canvas.mapSettings().destinationCrs())
        self.area.setOutputExtentFromCurrent()
        self.area.setChecked(False)
        self.area.setCollapsed(True)
        self.extra.addWidget(self.area)
        if file is not None:
            self.file.setFilePath(str(file))

    def accept(self) -> None:
        """Start the import."""
        file = Path(self.file.filePath())
        self._context.preferences.last_folder = str(file.parent)
        self._imports.bgt(file, self._bbox(), self._at())
        super().accept()

    def _bbox(self) -> tuple[float, ...] | None:
        if not self.area.isChecked():
            return None
        box = QgsCoordinateTransform(self.area.outputCrs(), _RD, QgsProject.instance()).transformBoundingBox(
            self.area.outputExtent()
        )
        return (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())

    def _at(self) -> str | None:
        return self.date.date().toString("yyyy-MM-dd") if self.at_date.isChecked() else None


class RegisterDialog(FormDialog):
    """Asks for a register of the municipality."""

    def __init__(self, context: Context, imports: Imports, file: Path | None = None) -> None:
        intro = tr(
            "Choose a register of the municipality. Its numbers stay the names of the "
            "objects; importing a newer "
            "edition updates them. Columns are recognised by their names and remembered."
        )
        super().__init__(tr("Import a register"), tr("Import"), context.iface.mainWindow(), intro)
        self._context, self._imports = context, imports
        filters = f"{tr('Registers')} (*.csv *.txt *.xlsx *.gpkg *.shp)"
        self.file = _file(self, context, tr("Register"), filters)
        self.kind = _kinds(self)
        self.add_row(tr("Holds"), self.kind)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText(tr("as remembered in the store"))
        self.add_row(
            tr("Name of the register"), self.name, tr("Short name, for instance that of the municipality.")
        )
        self.sheet = QLineEdit(self)
        self.sheet.setPlaceholderText(tr("the first"))
        self.add_row(tr("Sheet or layer"), self.sheet)
        if file is not None:
            self.file.setFilePath(str(file))
            self.kind.setCurrentIndex(self.kind.findData(guess_kind(file)))

    def accept(self) -> None:
        """Start the import."""
        file = Path(self.file.filePath())
        self._context.preferences.last_folder = str(file.parent)
        self._imports.register(
            file, self.kind.currentData(), self.name.text().strip(), self.sheet.text().strip()
        )
        super().accept()


class ExportDialog(FormDialog):
    """Asks where to write results."""

    def __init__(self, context: Context, imports: Imports) -> None:
        intro = tr("Writes the last inspection of every object under the municipality's own number.")
        super().__init__(tr("Export results"), tr("Export"), context.iface.mainWindow(), intro)
        self._context, self._imports = context, imports
        self.kind = _kinds(self)
        self.add_row(tr("Objects"), self.kind)
        filters = "GeoPackage (*.gpkg);;Excel (*.xlsx);;CSV (*.csv)"
        self.file = _file(self, context, tr("File"), filters)
        self.file.setStorageMode(QgsFileWidget.StorageMode.SaveFile)

    def accept(self) -> None:
        """Start the export."""
        file = Path(self.file.filePath())
        file = file if file.suffix else file.with_suffix(".gpkg")
        self._context.preferences.last_folder = str(file.parent)
        self._imports.results(self.kind.currentData(), file)
        super().accept()


def guess_kind(file: Path) -> str:
    """Return the kind of objects that a file name speaks of."""
    name = file.stem.lower()
    if "sensor" in name:
        return "sensor"
    return (
        "structure"
        if any(word in name for word in ("kunstwerk", "structure", "brug", "bridge"))
        else "road_section"
    )
