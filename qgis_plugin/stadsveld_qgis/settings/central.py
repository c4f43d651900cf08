"""Work with the central store: connect, synchronise, manage devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..catalogue import reports
from ..context import Context
from ..core import errors, part, sync
from ..dialogs import ReportDialog
from ..text import tr
from . import transport


class Central:
    """What menu and windows call; everything long runs beside QGIS."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session = context.session

    def join(self, url: str, code: str, name: str) -> None:
        """Connect the open store; the first synchronisation sends all that it holds."""
        way = self._way(url)

        def job(store: Any, _progress: Any) -> None:
            sync.join(store, way, code, name)

        self._context.run(tr("Connecting to {url}").format(url=url), job, lambda _none: self._connected(url))

    def copy(self, url: str, code: str, name: str, file: Path) -> None:
        """Make a working copy in a new file, open it and fill it."""
        way = self._way(url)

        def job(_progress: Any) -> None:
            sync.create_replica(file, way, code, name).close()

        def done(_none: None) -> None:
            if self._session.open(file):
                self._connected(url)

        self._session.run_apart(tr("Connecting to {url}").format(url=url), job, done)

    def _way(self, url: str) -> transport.QgisTransport:
        preferences = self._context.preferences
        return transport.QgisTransport(url, None, preferences.auth_config, preferences.timeout)

    def _connected(self, url: str) -> None:
        self._context.preferences.hub_url = url
        if self._session.store is not None:
            transport.keep_safely(self._session.store)
        self._context.messages.success(tr("Connected to {url}.").format(url=url))
        self.synchronise()

    def synchronise(self) -> None:
        """Send what was changed here, fetch what others changed, and tell what happened."""
        way = self._way_of_open_store()
        if way is None:
            return
        self._session.keep_edits()

        def job(store: Any, progress: Any) -> Any:
            report = sync.sync(store, way, progress.part(0.0, 0.9))
            part("work.derive").derive(store)
            return report

        self._context.run(tr("Synchronising"), job, self._tell)

    def _way_of_open_store(self) -> transport.QgisTransport | None:
        store = self._session.store
        if store is None:
            self._context.messages.warning(tr("Open a store first."))
            return None
        try:
            return transport.transport_of(store, self._context.preferences)
        except errors.StadsveldError as error:
            self._context.messages.failure(error)
            return None

    def _tell(self, report: Any) -> None:
        window = self._context.iface.mainWindow()
        show = (
            tr("Show report"),
            lambda: ReportDialog(tr("Synchronised"), reports.sync(report), window).show(),
        )
        text = tr("Synchronised: {sent} changes sent, {received} received.")
        text = text.format(sent=report.pushed, received=report.pulled)
        if report.quarantined or report.conflicts:
            text += " " + tr("{refused} refused, {conflicts} values changed by two people.").format(
                refused=len(report.quarantined), conflicts=report.conflicts
            )
            self._context.messages.warning(text, show)
        else:
            self._context.messages.success(text, show)

    # Devices

    def devices(self, done: Callable[[list[dict[str, Any]]], None]) -> None:
        """Fetch the list of devices."""
        self._ask(
            tr("List of devices"), "GET", "/v1/admin/devices", None, lambda found: done(found["devices"])
        )

    def enrol(self, role: str, name: str, done: Callable[[dict[str, Any]], None]) -> None:
        """Ask for a one-time code for a new device."""
        store = self._session.store
        wish = {"role": role, "name": name, "url": None if store is None else store.setting("hub_url")}
        self._ask(tr("Code for {name}").format(name=name), "POST", "/v1/admin/enrol", wish, done)

    def end(self, device_id: str, how: str, done: Callable[[dict[str, Any]], None]) -> None:
        """End a device: `retire` lets it deliver what it has, `lost` shuts it out at once."""
        self._ask(tr("Ending a device"), "POST", f"/v1/admin/devices/{device_id}/{how}", {}, done)

    def _ask(self, title: str, method: str, path: str, content: Any, done: Callable[[Any], None]) -> None:
        way = self._way_of_open_store()
        if way is not None:
            link = part("sync.transport").Link(way, None)
            self._session.run_apart(title, lambda _progress: link.ask(method, path, content), done)
