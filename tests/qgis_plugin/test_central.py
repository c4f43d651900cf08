"""QGIS and a real central store: join, synchronise, enrol and end devices through QGIS's network."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

pytest.importorskip("starlette")

from qgis.core import QgsGeometry

from stadsveld.errors import Unavailable
from stadsveld.store import Store
from stadsveld.sync import sync
from stadsveld_qgis.settings.dialogs import CodeDialog, ConnectDialog, DevicesDialog, qr_picture
from stadsveld_qgis.settings.transport import QgisTransport
from support.live_hub import LiveHub


@pytest.fixture
def hub(tmp_path: Path):
    running = LiveHub(tmp_path / "central.sqlite")
    yield running
    running.stop()


@pytest.fixture
def joined(plugin, store_path, hub, settle):
    """The plugin's own store, with a task in it, shared with the central store as its administrator."""
    session = plugin.context.session
    point = bytes(QgsGeometry.fromWkt("Point(150000 400000)").asWkb())
    session.store.put("task", None, {"title": "Herstel", "status": "reported", "geom": point})
    plugin.central.join(hub.url, hub.code("administrator", "desk"), "desk")
    settle(lambda: session.is_working_copy and not session.is_busy)
    return session


def test_a_store_that_worked_alone_shares_all_it_has(joined, hub, window) -> None:
    """Joining later is an ordinary first synchronisation: the central store has the task."""
    with Store.open(hub.path) as central:
        assert [row["title"] for row in central.rows("task")] == ["Herstel"]
    assert any("Synchron" in text for text in window.messages())


def test_edits_travel_both_ways(plugin, joined, hub, settle, tmp_path) -> None:
    """What an inspector's device sends arrives in QGIS, and what QGIS edits arrives there."""
    with hub.replica(tmp_path / "phone.sqlite") as phone:
        sync(phone, hub.transport())
        (task,) = phone.rows("task")
        phone.put("task", task["id"], {"status": "done"})
        sync(phone, hub.transport())
        plugin.central.synchronise()
        settle(lambda: not joined.is_busy and joined.store.get("task", task["id"])["status"] == "done")
        joined.store.put("task", task["id"], {"title": "Herstel nu"})
        plugin.central.synchronise()
        settle(lambda: not joined.is_busy)
        sync(phone, hub.transport())
        assert phone.get("task", task["id"])["title"] == "Herstel nu"


def test_a_fresh_working_copy_opens_filled(plugin, joined, hub, settle, tmp_path) -> None:
    """Connecting into a new file makes it, opens it and fetches everything."""
    file = tmp_path / "werkkopie van de wijk.sqlite"
    plugin.central.copy(hub.url, hub.code("planner", "desk 2"), "desk 2", file)
    settle(lambda: joined.path == file and not joined.is_busy and joined.store.count("task") == 1)


def test_a_wrong_code_says_so_and_changes_nothing(plugin, store_path, hub, settle, window) -> None:
    """The message is that of the central store; the store stays alone."""
    session = plugin.context.session
    plugin.central.join(hub.url, "WRONG-CODE", "desk")
    settle(lambda: bool(window.messages()) and not session.is_busy)
    assert not session.is_working_copy


def test_no_network_is_told_and_may_be_tried_again(joined, plugin, hub, settle, window) -> None:
    """With the central store away the message says so; afterwards the same button works."""
    hub.stop()
    window.messageBar().clearWidgets()
    plugin.central.synchronise()
    settle(lambda: bool(window.messages()) and not joined.is_busy)
    with pytest.raises(Unavailable):
        QgisTransport(hub.url).request("GET", "/v1/health")


def test_status_and_headers_pass_through_qgis(hub, qgis_app) -> None:
    """The transport gives every status as an answer, with header names in lower case."""
    way = QgisTransport(hub.url, timeout=10)
    fine = way.request("GET", "/v1/health")
    assert fine.status == 200
    assert b"ok" in fine.body
    assert "content-type" in fine.headers
    assert way.request("GET", "/v1/status").status == 401
    assert way.request("GET", "/v1/nowhere").status in {401, 404}
    assert way.request("POST", "/v1/enrol", body=b"{}").status >= 400


def test_devices_are_listed_enrolled_and_ended(plugin, joined, hub, settle, qtbot) -> None:
    """The dialog lists this QGIS, a new code appears with its QR picture, and a lost device is shut out."""
    dialog = DevicesDialog(plugin.context, plugin.central)
    settle(lambda: dialog.list.topLevelItemCount() == 1)
    answers = []
    plugin.central.enrol("inspector", "phone", answers.append)
    settle(lambda: bool(answers))
    assert hub.url == answers[0]["url"]
    picture = qr_picture(answers[0]["svg"]).toImage()
    inks = {picture.pixelColor(x, y).name() for x in range(0, 260, 3) for y in range(0, 260, 3)}
    assert {"#000000", "#ffffff"} <= inks
    assert base64.b64decode(answers[0]["png_base64"]).startswith(b"\x89PNG")
    CodeDialog(dialog, answers[0]).close()
    dialog.load()
    settle(lambda: dialog.list.topLevelItemCount() == 2)
    phone = next(
        dialog.list.topLevelItem(row) for row in range(2) if dialog.list.topLevelItem(row).text(0) == "phone"
    )
    ended = []
    plugin.central.end(phone.data(0, 0x100)["device_id"], "lost", ended.append)
    settle(lambda: bool(ended))
    dialog.load()
    settle(
        lambda: any(
            dialog.list.topLevelItem(row).text(4) == "lost" for row in range(dialog.list.topLevelItemCount())
        )
    )
    dialog.close()


def test_the_connect_dialog_asks_for_everything_first(plugin, store_path) -> None:
    """The button waits until address, code and name are there; an open store may join or stay apart."""
    dialog = ConnectDialog(plugin.context, plugin.central)
    assert not dialog.accept_button.isEnabled()
    dialog.url.setText("https://example.nl")
    dialog.code.setText("ABCD")
    dialog.name.setText("desk")
    assert dialog.joined.isChecked()
    assert dialog.accept_button.isEnabled()
    dialog.fresh.setChecked(True)
    assert not dialog.accept_button.isEnabled()
    dialog.close()


def test_the_token_is_readable_by_its_owner_only(joined) -> None:
    """Without a master password of QGIS the token lies in a file that only the owner may read."""
    token = Path(f"{joined.path}.token")
    assert token.is_file()
    assert token.stat().st_mode & 0o077 == 0


def test_synchronising_as_processing(joined, hub, settle) -> None:
    """The algorithm sends what waits and counts it."""
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    (task,) = joined.store.rows("task")
    joined.store.put("task", task["id"], {"status": "sent"})
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("stadsveld:syncwithcentralstore")
    given = {"STORE": str(joined.path)}
    outputs, succeeded = algorithm.run(given, QgsProcessingContext(), QgsProcessingFeedback())
    assert succeeded
    assert (outputs["SENT"], outputs["REFUSED"]) == (1, 0)
    with Store.open(hub.path) as central:
        assert central.get("task", task["id"])["status"] == "sent"


def test_the_key_moves_into_qgis_when_it_has_a_master_password(joined, plugin, hub, settle) -> None:
    """With a master password the token leaves its file for QGIS's encrypted store, and still works."""
    from qgis.core import QgsApplication

    from stadsveld_qgis.settings import transport

    manager = QgsApplication.authManager()
    if manager.isDisabled() or not manager.setMasterPassword("only for this test", True):
        pytest.skip("QGIS has no authentication database here")
    assert transport.keep_safely(joined.store)
    assert not Path(f"{joined.path}.token").exists()
    assert transport.token_of(joined.store)
    plugin.central.synchronise()
    settle(lambda: not joined.is_busy)
    assert joined.store.setting("hub_url") == hub.url
    way = transport.transport_of(joined.store, plugin.context.preferences)
    assert way.request("GET", "/v1/status").status == 200
    manager.clearMasterPassword()
