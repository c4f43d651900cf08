"""Colours, preferences and positions: what can be checked without a window."""

import json

import pytest
from PIL import Image

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld_field.device import FolderPhotos, NmeaReplay, NoPosition
from stadsveld_field.preferences import PreferenceFile, Preferences
from stadsveld_field.theme import LEAST_CONTRAST, PALETTES, TEXT_PAIRS, colour, contrast
from stadsveld_field.workspace import position_from_fix


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize(("text", "behind"), TEXT_PAIRS)
def test_every_text_stands_out_from_what_is_behind_it(theme, text, behind):
    assert contrast(colour(text, theme), colour(behind, theme)) >= LEAST_CONTRAST


def test_the_contrast_is_that_of_the_guideline():
    assert contrast((0, 0, 0, 1), (1, 1, 1, 1)) == pytest.approx(21)
    assert contrast((1, 1, 1, 1), (1, 1, 1, 1)) == 1
    grey = (0x76 / 255,) * 3 + (1,)
    assert contrast(grey, (1, 1, 1, 1)) == pytest.approx(4.54, abs=0.01)


def test_day_and_night_have_the_same_roles():
    assert PALETTES["day"].keys() == PALETTES["night"].keys()


def test_every_colour_that_a_view_asks_for_exists():
    import re
    from pathlib import Path

    import stadsveld_field

    texts = [path.read_text() for path in Path(stadsveld_field.__file__).parent.rglob("*.kv")]
    used = {name for text in texts for name in re.findall(r"app\.palette\.([a-z_]+)", text)}
    used |= {name for text in texts for name in re.findall(r'(?:\brole|_role): "([a-z_]+)"', text)}
    assert len(used) > 10
    assert used <= PALETTES["day"].keys()


def test_preferences_survive_a_restart(tmp_path):
    file = PreferenceFile(tmp_path / "app" / "preferences.json")
    file.value.language, file.value.text_size = "nl", 1.4
    file.value.map = {"x": 1.5, "y": 2.0, "mpp": 0.3}
    file.save()
    again = PreferenceFile(tmp_path / "app" / "preferences.json").value
    assert (again.language, again.text_size, again.map["mpp"]) == ("nl", 1.4, 0.3)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"text_size": "big", "left_handed": 3, "map": 4, "screen": null, "x": 1}']
)
def test_damaged_preferences_are_as_at_the_first_start(tmp_path, content):
    path = tmp_path / "preferences.json"
    path.write_text(content)
    found = PreferenceFile(path).value
    assert (found.text_size, found.left_handed, found.map) == (1.0, False, {})
    assert Preferences().screen == "map"


def sentence(body):
    total = 0
    for sign in body.encode():
        total ^= sign
    return f"${body}*{total:02X}"


RECORDED = [
    sentence("GNRMC,091400.00,A,5209.310464,N,00523.232384,E,0.0,,120526,,,A"),
    sentence("GNGGA,091400.00,5209.310464,N,00523.232384,E,4,18,0.7,2.100,M,43.200,M,1.0,0001"),
    sentence("GNGST,091400.00,,,,,0.012,0.016,0.030"),
    sentence("GNGGA,091401.00,5209.310470,N,00523.232390,E,1,9,1.1,2.2,M,43.2,M,,"),
    sentence("GNGGA,091402.00,,,,,0,0,,,M,,M,,"),
    "$GNGGA,091403.00,5209.310470,N,00523.232390,E,1,9,1.1,2.2,M,43.2,M,,*00",
    "no NMEA at all",
]


def test_a_recorded_receiver_gives_raw_fixes_with_date_height_and_accuracy(tmp_path):
    path = tmp_path / "walk.nmea"
    path.write_text("\n".join(RECORDED))
    found = []
    replay = NmeaReplay(path)
    replay.start(found.append)
    for _second in range(5):
        replay.poll()
    first, second = found
    assert (first.lat, first.lon) == pytest.approx((52 + 9.310464 / 60, 5 + 23.232384 / 60), abs=1e-12)
    assert first.height == pytest.approx(45.3)
    assert first.accuracy == pytest.approx(0.02)
    assert (first.time, first.source) == ("2026-05-12T09:14:00.000Z", "NMEA RTK fixed")
    assert (second.accuracy, second.source) == (None, "NMEA GNSS")
    kept = position_from_fix(first)
    exact = geo.rd_from_fix(first.lat, first.lon, first.height)
    assert (kept["x"], kept["y"], kept["nap"]) == (exact.x, exact.y, exact.nap)
    assert kept["fix"]["lat"] == first.lat
    json.dumps(kept)
    replay.stop()
    replay.poll()
    assert len(found) == 2


@pytest.mark.parametrize("lines", [[], ["$GNGGA"], RECORDED[4:]])
def test_a_recording_without_a_fix_is_refused_by_name(tmp_path, lines):
    path = tmp_path / "empty.nmea"
    path.write_text("\n".join(lines))
    with pytest.raises(BadInput, match=r"empty\.nmea.*no position"):
        NmeaReplay(path)


def test_a_device_without_a_receiver_gives_nothing():
    found = []
    none = NoPosition()
    none.start(found.append)
    none.poll()
    none.stop()
    assert (found, none.is_available) == ([], False)


def test_photos_are_told_by_their_content(tmp_path):
    for name in ("a.jpg", "b.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    (tmp_path / "c.jpg").write_text("no photo")
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "deeper").mkdir()
    photos = FolderPhotos(tmp_path)
    assert [path.name for path in photos.folders()] == ["deeper"]
    assert {path.name for path in photos.images()} == {"a.jpg", "b.png", "c.jpg"}
    assert photos.pick(tmp_path / "b.png").media_type == "image/png"
    with pytest.raises(BadInput, match=r"c\.jpg.*no JPEG"):
        photos.pick(tmp_path / "c.jpg")
    with pytest.raises(BadInput, match=r"gone\.jpg"):
        photos.pick(tmp_path / "gone.jpg")
