"""The real screens under real touches, each story in a window and a process of its own."""

from pathlib import Path

import pytest

from stadsveld.store import Store
from support.field_workspace import make_store
from support.kivy_runner import run_story
from support.live_hub import LiveHub

STORIES = Path(__file__).with_name("stories.py")

pytestmark = pytest.mark.kivy


def test_the_map_follows_fingers(tmp_path, replica):
    told = run_story(STORIES, "fingers", tmp_path / "app", replica=str(replica))
    assert told["panned"] == pytest.approx([60, 0], abs=1)
    assert told["flung"] > 1.2
    assert told["pinched"] == pytest.approx(2, rel=0.02)
    assert told["stayed"] == pytest.approx([0, 0], abs=0.5)
    assert told["wheel"] == pytest.approx(1.25)
    assert told["tapped"] == "W-001"
    assert told["beside"] is False


def test_nothing_is_drawn_while_nothing_moves(tmp_path, replica):
    told = run_story(STORIES, "at_rest", tmp_path / "app", replica=str(replica))
    assert told["at_rest"] == 0
    assert told["moving"] > 0


def test_an_inspection_by_touch_from_map_to_list(tmp_path, replica):
    told = run_story(STORIES, "inspect", tmp_path / "app", replica=str(replica))
    assert told["sheet_above_section"]
    assert told["drafts_after_two_taps"] == 1
    assert told["missing"] == ["extent"]
    assert told["after_undo"] == "step at the "
    assert told["position"] == "manual"
    assert (told["screen"], told["condition"]) == ("map", "E")
    assert told["pixels_changed"]
    assert told["row"] == ["Cracking E3", "Waiting to be sent"]


def test_a_kill_in_the_middle_of_a_word_loses_nothing(tmp_path, replica):
    killed = run_story(STORIES, "type_and_die", tmp_path / "app", replica=str(replica), killed=True)
    told = run_story(STORIES, "resume", tmp_path / "app")
    assert told["draft"] == killed["draft"]
    assert told["damage"] == {"type": "gaten", "severity": "M", "note": "deep hole near the cur"}
    assert told["shown"] == ["Potholes", "deep hole near the cur"]
    assert told["note"] == "deep hole near the curb"
    assert told["finished"]
    with Store.open(replica) as store:
        assert store.drafts() == []
        assert store.spatial_index_is_right()


def test_a_code_an_inspection_and_a_sync_by_touch(tmp_path):
    hub = LiveHub(_central(tmp_path))
    try:
        code = hub.code()
        told = run_story(STORIES, "enrol_and_sync", tmp_path / "app", url=hub.url, code=code, device="tablet")
    finally:
        hub.stop()
    assert "address" in told["first_error"]
    assert told["typed"] == [hub.url, True, "tablet"]
    assert told["sections"] == 6
    assert ["sent", "Lindelaan · W-001 – inspected, no damage"] in told["happened"]
    with Store.open(tmp_path / "central.sqlite", readonly=True) as central:
        assert [row["result"] for row in central.rows("inspection")] == ["no_damage"]


def _central(folder):
    from stadsveld.hub import prepare

    path = make_store(folder / "central.sqlite")
    prepare(path)
    return path


def test_language_theme_and_text_size_change_while_it_runs(tmp_path, replica):
    told = run_story(STORIES, "turn", tmp_path / "app", replica=str(replica))
    assert (told["before"], told["after"]) == ("Map", told["catalogue"])
    assert max(told["background"][:3]) < 0.2
    assert told["label"] == told["wanted"]
    assert told["preferences"] == ["nl", "night", 1.4]


@pytest.mark.parametrize(
    ("size", "text_size"), [((360, 640), 1.0), ((360, 640), 1.4), ((540, 960), 1.2), ((1280, 800), 1.0)]
)
def test_targets_are_large_enough_for_gloves(tmp_path, replica, size, text_size):
    told = run_story(
        STORIES, "targets", tmp_path / "app", size=size, replica=str(replica), text_size=text_size
    )
    assert told["small"] == []
    assert told["outside"] == []


def test_screens_that_come_and_go_leave_no_listeners_behind(tmp_path, replica):
    told = run_story(STORIES, "observers", tmp_path / "app", replica=str(replica))
    assert told["counts"][0] == told["counts"][1]


def test_a_receiver_gives_the_own_place_and_the_position_of_a_damage(tmp_path, replica):
    from functools import reduce

    from stadsveld import geo

    body = "GNGGA,091400.00,5209.310464,N,00523.232384,E,4,18,0.7,2.100,M,43.200,M,1.0,0001"
    nmea = tmp_path / "walk.nmea"
    nmea.write_text(f"${body}*{reduce(lambda total, sign: total ^ sign, body.encode(), 0):02X}\n")
    told = run_story(STORIES, "receiver", tmp_path / "app", replica=str(replica), nmea=str(nmea))
    place = geo.rd_from_fix(52 + 9.310464 / 60, 5 + 23.232384 / 60, 45.3)
    assert told["centre"] == pytest.approx([place.x, place.y], abs=0.001)
    position = told["position"]
    assert position["source"] == "gnss"
    assert (position["x"], position["y"], position["nap"]) == pytest.approx(
        (place.x, place.y, place.nap), abs=0.001
    )
    assert position["fix"]["source"] == "NMEA RTK fixed"
    assert told["shown"] == "GNSS receiver"
