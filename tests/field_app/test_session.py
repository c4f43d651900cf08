"""One run of the app without a window: every decision of the presenters, against a real central store."""

import threading
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pytest
from PIL import Image

from stadsveld import sync
from stadsveld.errors import Unavailable
from stadsveld.store import Store
from stadsveld_field.device import FolderPhotos
from stadsveld_field.exchange import Exchange
from stadsveld_field.map.tessellate import tessellate
from stadsveld_field.session import Session
from support.field_workspace import make_store, section_id
from support.live_hub import LiveHub


class Screen:
    """Stands for the screen's thread: what workers hand over is done when the test looks."""

    def __init__(self):
        self._waiting = []
        self._arrived = threading.Condition()

    def deliver(self, call):
        with self._arrived:
            self._waiting.append(call)
            self._arrived.notify()

    def until(self, condition):
        while not condition():
            with self._arrived:
                assert self._arrived.wait_for(lambda: self._waiting, timeout=60), "nothing arrived"
                calls, self._waiting = self._waiting, []
            for call in calls:
                call()


@pytest.fixture
def screen():
    return Screen()


@pytest.fixture
def start(tmp_path, screen):
    """Starts the app (again) on the same folder."""
    running = []

    def begin(replica=None, exchange=None):
        session = Session(tmp_path / "app", exchange or Exchange(), tessellate, screen.deliver)
        session.begin(str(replica) if replica else None)
        running.append(session)
        return session

    yield begin
    for session in running:
        session.close()


@pytest.fixture
def hub(tmp_path):
    """A central store that holds the neighbourhood."""
    path = make_store(tmp_path / "central.sqlite")
    from stadsveld.hub import prepare

    prepare(path)
    found = LiveHub(path)
    yield found
    found.stop()


def enrol(session, screen, hub):
    session.start.address, session.start.code, session.start.name = hub.url, hub.code(), "tablet east"
    session.start.begin()
    screen.until(lambda: not session.start.is_busy)


def record(session, number="W-001", severity="E"):
    session.map.select(section_id(number))
    session.record_damage()
    for field, value in (("type", "scheurvorming"), ("severity", severity), ("extent", "2")):
        session.form.set(field, value)
    session.finish_form()


def run_sync(session, screen):
    session.go("sync")
    session.sync.begin()
    assert session.sync.is_running
    screen.until(lambda: not session.sync.is_running)
    return [(one.kind, one.text) for one in session.sync.happenings]


def test_the_first_start_asks_for_address_code_and_name(start):
    session = start()
    assert session.screen == "start"
    session.start.begin()
    assert "address" in session.start.error
    session.start.address = "not an address"
    session.start.begin()
    assert "does not look like one" in session.start.error
    session.start.address = "stadsveld.example.nl/"
    assert session.start.full_address() == "https://stadsveld.example.nl"
    session.start.begin()
    assert "code" in session.start.error
    session.start.code = "abc"
    session.start.begin()
    assert "name for this device" in session.start.error


def test_a_code_fetches_the_working_copy_and_the_map_opens(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    assert session.start.error == ""
    assert session.screen == "map"
    assert session.workspace.store.count("road_section") == 6
    screen.until(lambda: session.map.scene is not None)
    assert len(session.map.scene.sections) == 6


def test_a_wrong_code_or_no_network_is_said_and_nothing_is_left_behind(start, screen, hub, tmp_path):
    session = start()
    session.start.address, session.start.code, session.start.name = hub.url, "wrong", "tablet"
    session.start.begin()
    screen.until(lambda: not session.start.is_busy)
    assert session.start.error
    assert session.screen == "start"
    hub.stop()
    session.start.begin()
    screen.until(lambda: not session.start.is_busy)
    assert "cannot be reached" in session.start.error
    assert list((tmp_path / "app").glob("*.sqlite")) == []


def test_an_inspection_is_recorded_listed_and_sent(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    record(session)
    assert session.screen == "map"
    assert session.map.selection.condition == "E"
    assert session.unsent_count() == 1
    session.go("inspections")
    assert [line.state for line in session.inspections.lines] == ["waiting"]
    happened = run_sync(session, screen)
    assert ("sent", "Lindelaan · W-001 – Cracking E2") in happened
    assert session.sync.summary() == "Everything has been sent."
    session.go("inspections")
    assert [line.state for line in session.inspections.lines] == ["sent"]
    with Store.open(hub.path, readonly=True) as central:
        (damage,) = central.rows("damage")
        assert (damage["type"], damage["severity"]) == ("scheurvorming", "E")


def test_a_photo_arrives_byte_for_byte(start, screen, hub, tmp_path):
    session = start()
    enrol(session, screen, hub)
    picture = tmp_path / "pictures" / "crack.jpg"
    picture.parent.mkdir()
    Image.effect_noise((64, 48), 50).save(picture)
    session.photos = FolderPhotos(picture.parent)
    session.map.select(section_id("W-001"))
    session.record_damage()
    session.choose_photo()
    session.take_photo(picture)
    assert session.screen == "form"
    for field, value in (("type", "gaten"), ("severity", "L"), ("extent", "1")):
        session.form.set(field, value)
    session.finish_form()
    assert ("sent", "Photos sent: 1") in run_sync(session, screen)
    with Store.open(hub.path, readonly=True) as central:
        (photo,) = central.rows("photo")
        assert central.photos.read(photo["sha256"]) == picture.read_bytes()


def test_without_a_network_the_screen_says_so_and_the_work_waits(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    record(session)
    hub.stop()
    happened = run_sync(session, screen)
    assert happened[0] == ("error", "No connection with the central store.")
    assert session.unsent_count() == 1
    assert "safe" in session.sync.happenings[0].detail
    hub.restart()
    assert ("sent", "Lindelaan · W-001 – Cracking E2") in run_sync(session, screen)


def test_a_sync_can_be_stopped(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    record(session)
    session.sync.begin()
    session.sync.cancel()
    screen.until(lambda: not session.sync.is_running)
    assert [one.kind for one in session.sync.happenings] in (["nothing"], ["sent"])
    if session.sync.happenings[0].kind == "nothing":
        assert session.unsent_count() == 1


def test_what_is_refused_is_named_with_the_reason(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    record(session)
    store = session.workspace.store
    with store.transaction():
        store.put("inspection", section_id("bad"), {
            "asset_entity": "road_section", "asset_id": section_id("W-002"), "kind": "road_global",
            "status": "finished", "result": "damage", "inspected_at": "yesterday, about noon",
        })  # fmt: skip
    sync.seal(store)
    store.put("inspection", section_id("bad"), {"status": "draft"})
    sync.seal(store)
    store.connection.execute(
        "UPDATE stadsveld_change SET fields = '{\"status\": [1]}' WHERE names = '[\"status\"]'"
    )
    happened = run_sync(session, screen)
    refused = [one for one in session.sync.happenings if one.kind == "refused"]
    assert ("sent", "Lindelaan · W-001 – Cracking E2") in happened
    assert len(refused) == 1
    assert refused[0].text.startswith("Lindelaan · W-002")
    assert refused[0].detail.startswith("Refused: ")
    session.go("inspections")
    states = {line.item.title: line.state for line in session.inspections.lines}
    assert states == {"Lindelaan · W-001": "sent", "Lindelaan · W-002": "refused"}
    session.open_inspection(section_id("bad"))
    assert dict(session.inspections.details())["Why refused"] in refused[0].detail


def test_a_device_that_was_ended_is_told_in_words(start, screen, hub):
    session = start()
    enrol(session, screen, hub)
    record(session)
    hub.end(session.workspace.store.device_id, "lost")
    happened = run_sync(session, screen)
    assert happened[0][0] == "error"
    assert len(happened[0][1]) > 20
    assert session.unsent_count() == 1


def test_what_others_did_comes_in(start, screen, hub, tmp_path):
    session = start()
    enrol(session, screen, hub)
    with hub.replica(tmp_path / "other.sqlite") as other:
        sync.sync(other, sync.transport_of(other))
        inspection = other.put("inspection", None, {
            "asset_entity": "road_section", "asset_id": section_id("W-003"), "kind": "road_global",
            "status": "finished", "result": "no_damage", "inspected_at": "2026-05-01T08:00:00.000Z",
        })  # fmt: skip
        sync.sync(other, sync.transport_of(other))
    assert any(kind == "received" for kind, _text in run_sync(session, screen))
    session.map.select(section_id("W-003"))
    assert (session.map.selection.condition, session.map.selection.inspected_on) == (
        "no_damage",
        "2026-05-01",
    )
    assert session.workspace.store.get("inspection", inspection)


def test_no_damage_is_recorded_in_one_tap(start, replica):
    session = start(replica)
    session.map.select(section_id("W-002"))
    session.no_damage()
    assert session.map.selection.condition == "no_damage"
    assert session.message == "Recorded: no damage."


def test_an_inspection_is_withdrawn_after_a_question_and_no_longer_counts(start, replica):
    session = start(replica)
    record(session)
    inspection = next(session.workspace.store.rows("inspection"))["id"]
    session.go("inspections")
    session.open_inspection(inspection)
    assert ("Damage 1", "Cracking – E2 (severe, some)") in session.inspections.details()
    session.inspections.ask_withdrawal(True)
    assert session.inspections.asks_withdrawal
    session.withdraw()
    assert session.workspace.store.get("inspection", inspection)["status"] == "withdrawn"
    assert session.workspace.section(section_id("W-001")).condition == "not_inspected"
    assert not session.inspections.can_correct


def test_an_inspection_is_corrected_from_the_list(start, replica):
    session = start(replica)
    record(session)
    inspection = next(session.workspace.store.rows("inspection"))["id"]
    session.go("inspections")
    session.open_inspection(inspection)
    session.correct()
    assert session.screen == "form"
    session.form.set("severity", "L")
    session.finish_form()
    assert session.workspace.section(section_id("W-001")).condition == "L"


def test_the_list_can_be_filtered(start, replica):
    session = start(replica)
    record(session)
    session.map.select(section_id("W-002"))
    session.record_damage()
    session.form.set("note", "later")
    session.go("inspections")
    assert [line.state for line in session.inspections.lines] == ["draft", "waiting"]
    session.inspections.show("draft")
    assert [line.item.title for line in session.inspections.lines] == ["Lindelaan · W-002"]
    assert session.inspections.count("unsent") == 1
    session.open_inspection(session.inspections.lines[0].item.id)
    assert (session.screen, session.form.damage["note"]) == ("form", "later")


def test_the_app_comes_back_where_it_was_left(start, replica):
    session = start(replica)
    session.map.camera.x, session.map.camera.mpp = 155_055.5, 0.123
    session.map.select(section_id("W-002"))
    session.record_damage()
    session.form.set("note", "half way")
    again = start()
    assert again.screen == "form"
    assert again.form.damage["note"] == "half way"
    assert (again.map.camera.x, again.map.camera.mpp) == (155_055.5, 0.123)
    assert again.map.selection.id == section_id("W-002")


def test_going_back_leads_from_place_to_form_to_map_and_then_out(start, replica):
    session = start(replica)
    session.map.select(section_id("W-002"))
    session.record_damage()
    session.place_on_map()
    assert session.screen == "map"
    assert session.back()
    assert session.screen == "form"
    session.choose_photo()
    assert session.back()
    assert session.screen == "form"
    assert session.back()
    assert session.screen == "map"
    assert not session.back()


def test_a_damage_is_placed_under_the_cross(start, replica):
    session = start(replica)
    session.map.select(section_id("W-002"))
    session.record_damage()
    session.place_on_map()
    session.map.camera.x, session.map.camera.y = 155_120.0, 463_104.0
    session.end_placing(take=True)
    assert session.form.damage["position"] == {"source": "manual", "x": 155_120.0, "y": 463_104.0}
    session.place_by_fix()
    assert "no position" in session.message


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to look at" * 10])
def test_a_file_that_is_no_working_copy_is_said_on_the_first_screen(start, tmp_path, content):
    path = tmp_path / "broken.sqlite"
    path.write_bytes(content)
    session = start(path)
    assert session.screen == "start"
    assert "broken.sqlite" in session.start.error


def test_a_working_copy_that_belongs_nowhere_cannot_sync_and_says_so(start, screen, replica):
    session = start(replica)
    happened = run_sync(session, screen)
    assert happened == [("error", "This working copy does not belong to a central store yet.")]


def test_settings_are_kept(start, replica):
    session = start(replica)
    session.set_theme("night")
    session.set_text_size(1.4)
    session.set_left_handed(True)
    session.set_theme("pink")
    session.set_text_size(7)
    again = start()
    found = again.preferences
    assert (found.theme, found.text_size, found.left_handed) == ("night", 1.4, True)


def test_the_language_changes_at_once(start, replica):
    session = start(replica)
    session.set_language("nl")
    assert session.language == "nl"
    assert session.workspace.form.title == "Schade op een wegvakonderdeel"
    session.set_language("en")
    assert session.workspace.form.title == "Damage on a road section"


def test_a_failing_connection_is_an_error_of_the_exchange_not_of_the_screen(start, screen, replica):
    class Broken(Exchange):
        def run(self, path, progress):
            raise Unavailable("the line went dead")

    session = start(replica, Broken())
    happened = run_sync(session, screen)
    assert happened[0] == ("error", "No connection with the central store.")
    assert happened[1] == ("nothing", "the line went dead")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_manual_opens_in_the_language_of_the_screen(start, replica, language):
    opened = []
    session = start(replica)
    session.set_language(language)
    session.open_manual(lambda address: opened.append(address) or True)
    [address] = opened
    page = Path(url2pathname(urlparse(address).path))
    assert f'<html lang="{language}">' in page.read_text(encoding="utf-8")
    assert session.message == ""


def test_without_a_browser_the_screen_says_where_the_manual_is(start, replica):
    session = start(replica)
    session.open_manual(lambda _address: False)
    assert "index.html" in session.message
