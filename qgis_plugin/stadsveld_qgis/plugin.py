"""The plugin: wires the parts to QGIS and takes them out again."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QMenu

from .catalogue.dialogs import BgtDialog, ExportDialog, RegisterDialog
from .catalogue.dock import DatasetsDock
from .catalogue.drop import DropHandler
from .catalogue.imports import Imports
from .context import Context, icon
from .core import resources
from .core import text as core_text
from .files import release
from .layers import engine, health
from .layers.dock import StoreDock
from .layers.functions import Functions
from .layers.watcher import Watcher
from .processing.provider import StadsveldProvider
from .settings.central import Central
from .settings.dialogs import ConnectDialog, DevicesDialog
from .settings.options import OptionsFactory
from .text import Language, tr

#: Parts of the plugin that stand on their own; each has `create(context)`.
_PARTS = ("design", "sensors", "inspections")


class StadsveldPlugin:
    """What QGIS loads."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._language = Language()
        self._undo: list[Callable[[], None]] = []
        self.parts: list[Any] = []
        self.context: Context | None = None

    def initProcessing(self) -> None:  # noqa: N802
        """Give Processing our algorithms, also where there is no window."""
        provider = StadsveldProvider()
        registry = QgsApplication.processingRegistry()
        if registry.addProvider(provider):
            self._undo.append(lambda: registry.removeProvider(provider))

    def initGui(self) -> None:  # noqa: N802
        """Build everything into QGIS's window."""
        self._language.load()
        engine.choose()
        self.context = Context(self._iface, "Stadsveld")
        self._undo = [self.context.clear]
        self.initProcessing()
        self._serve_layers()
        self.dock = StoreDock(self.context)
        self.imports = Imports(self.context, self.dock.fill)
        self.central = Central(self.context)
        self._add_store_actions()
        self._add_import_actions()
        self._add_central_actions()
        self.context.menu.addSeparator()
        self.context.add_dock(self.dock, Qt.DockWidgetArea.LeftDockWidgetArea, icon_name="stadsveld")
        datasets = DatasetsDock(self.context)
        self.context.add_dock(datasets, Qt.DockWidgetArea.RightDockWidgetArea, icon_name="datasets")
        datasets.hide()
        self._add_parts()
        self._add_help()
        self._take_drops()
        self._reopen()

    def unload(self) -> None:
        """Take everything out again."""
        while self._undo:
            self._undo.pop()()
        self._language.unload()
        self.parts = []
        self.context = None

    # The parts

    def _serve_layers(self) -> None:
        functions = Functions(self.context.session, lambda: self.context.preferences.inspector)
        functions.register()
        watcher = Watcher(self.context.session)
        project = QgsProject.instance()
        project.readProject.connect(self._check_health)
        factory = OptionsFactory(self.context.preferences)
        self._iface.registerOptionsWidgetFactory(factory)
        self._undo += [
            functions.unregister,
            watcher.stop,
            lambda: project.readProject.disconnect(self._check_health),
            lambda: self._iface.unregisterOptionsWidgetFactory(factory),
        ]

    def _add_store_actions(self) -> None:
        add = self.context.add_action
        add("store_new", tr("New store…"), self.new_store)
        add("store_open", tr("Open store…"), self.choose_store)
        self._recent = QMenu(tr("Recent stores"), self.context.menu)
        self._recent.aboutToShow.connect(self._fill_recent)
        self.context.menu.addMenu(self._recent)
        add("layers_add", tr("Add all layers"), self.dock.add_all)
        add("store_close", tr("Close store"), self.close_store, toolbar=False)
        self.context.menu.addSeparator()

    def _add_import_actions(self) -> None:
        add = self.context.add_action
        add("import_bgt", tr("Import the BGT…"), lambda: self._with_store(BgtDialog))
        add("import_register", tr("Import a register…"), lambda: self._with_store(RegisterDialog))
        add("sections", tr("Road sections from the BGT"), lambda: self.imports.sections(), toolbar=False)
        add("export", tr("Export results…"), lambda: self._with_store(ExportDialog), toolbar=False)
        self.context.menu.addSeparator()

    def _add_central_actions(self) -> None:
        add = self.context.add_action
        add("sync", tr("Synchronise"), self.central.synchronise)
        add("connect", tr("Connect to a central store…"), self._connect, toolbar=False)
        add("devices", tr("Devices…"), self._devices, toolbar=False)

    def _add_parts(self) -> None:
        for name in _PARTS:
            if find_spec(f".{name}", __package__) is not None:
                part = import_module(f".{name}", __package__).create(self.context)
                part.init_gui()
                self.parts.append(part)
                self._undo.append(part.unload)

    def _add_help(self) -> None:
        self.context.menu.addSeparator()
        self.context.add_action("help", tr("Manual"), self.show_help, toolbar=False)

    def _take_drops(self) -> None:
        def bgt(file: Path) -> None:
            self._with_store(BgtDialog, file)

        def register(file: Path) -> None:
            self._with_store(RegisterDialog, file)

        session = self.context.session
        handler = DropHandler(
            lambda file: session.open(file), bgt, register, lambda: session.store is not None
        )
        self._iface.registerCustomDropHandler(handler)
        self._undo.append(lambda: self._iface.unregisterCustomDropHandler(handler))

    # The store

    def new_store(self) -> None:
        """Ask for a file and make a store in it."""
        self._ask_file(QFileDialog.AcceptMode.AcceptSave, tr("New store"), self.context.session.create)

    def choose_store(self) -> None:
        """Ask for a store and open it."""
        self._ask_file(QFileDialog.AcceptMode.AcceptOpen, tr("Open store"), self.context.session.open)

    def close_store(self) -> None:
        """Close the store and remove its layers, so that its file is free."""
        path = self.context.session.path
        if path is not None:
            release(path)
            self.context.session.close()

    def _ask_file(self, mode: QFileDialog.AcceptMode, title: str, then: Callable[[str], Any]) -> None:
        preferences = self.context.preferences
        filters = f"{tr('Stadsveld store')} (*.sqlite)"
        dialog = QFileDialog(self._iface.mainWindow(), title, preferences.last_folder, filters)
        dialog.setAcceptMode(mode)
        is_new = mode == QFileDialog.AcceptMode.AcceptSave
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if is_new else QFileDialog.FileMode.ExistingFile)
        dialog.setDefaultSuffix("sqlite")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen(file: str) -> None:
            preferences.last_folder = str(Path(file).parent)
            then(file)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.context.preferences.recent:
            action = self._recent.addAction(icon("store_open"), path)
            action.setEnabled(Path(path).is_file())
            action.triggered.connect(lambda _checked=False, path=path: self.context.session.open(path))

    def _reopen(self) -> None:
        recent = self.context.preferences.recent
        if self.context.preferences.reopen_last and recent and Path(recent[0]).is_file():
            self.context.session.open(recent[0])

    def _with_store(self, dialog: Any, *arguments: Any) -> None:
        if self.context.session.store is None:
            self.context.messages.warning(
                tr("Make or open a store first."), (tr("New store…"), self.new_store)
            )
            return
        dialog(self.context, self.imports, *arguments).show()

    def _connect(self) -> None:
        ConnectDialog(self.context, self.central).show()

    def _devices(self) -> None:
        DevicesDialog(self.context, self.central).show()

    def _check_health(self) -> None:
        for finding in health.check():
            text = tr("{n} layers miss their store {file}.").format(n=len(finding.layers), file=finding.file)
            self.context.messages.warning(
                text, (tr("Find the file…"), lambda lost=finding.file: self._find(lost))
            )

    def _find(self, lost: Path) -> None:
        def mend(file: str) -> None:
            count = health.mend(lost, Path(file))
            self.context.messages.success(tr("{n} layers work again.").format(n=count))

        self._ask_file(QFileDialog.AcceptMode.AcceptOpen, tr("Find {file}").format(file=lost.name), mend)

    def show_help(self) -> None:
        """Open the manual in the browser, in the language of QGIS."""
        page = resources.resource("help", core_text.language(), "index.html")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))
