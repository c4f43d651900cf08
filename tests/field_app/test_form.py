"""The damage form keeps every keystroke, undoes, names what is missing, and writes all or nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, StoreError
from stadsveld_field.device import Fix, PickedPhoto
from stadsveld_field.forms.damage import DamageForm
from support.field_workspace import section_id

JPEG = PickedPhoto(b"\xff\xd8\xff" + b"a photo of a crack", "image/jpeg")


def fill(form, kind="scheurvorming", severity="E", extent="2"):
    form.set("type", kind)
    form.set("severity", severity)
    form.set("extent", extent)


def test_opening_a_form_writes_nothing(workspace, linden):
    DamageForm.open(workspace, linden)
    assert workspace.store.drafts() == []


def test_the_first_keystroke_makes_a_draft(workspace, linden):
    form = DamageForm.open(workspace, linden)
    form.set("note", "c")
    draft = workspace.store.draft(form.inspection_id)
    assert draft["fields"]["damages"][0]["note"] == "c"
    assert workspace.section(linden).draft == form.inspection_id


def test_a_draft_is_resumed_exactly(workspace, linden):
    form = DamageForm.open(workspace, linden)
    fill(form)
    form.set("note", "half a sent")
    form.add_photo(JPEG)
    form.add_damage()
    form.set("severity", "L")
    again = DamageForm.open(workspace, linden)
    assert again.inspection_id == form.inspection_id
    assert again.damages == form.damages
    assert again.current == 1


def test_only_damages_of_the_pavement_are_offered_the_decisive_ones_first(workspace, linden):
    asphalt = DamageForm.open(workspace, linden).type_choices
    assert {found.pavement for found in asphalt} == {"asfalt"}
    assert [found.role for found in asphalt] == sorted(
        (found.role for found in asphalt), key=["main", "other", "optional"].index
    )
    elements = DamageForm.open(workspace, section_id("W-003")).type_choices
    assert "rafeling" not in {found.code for found in elements}


def test_an_unknown_pavement_is_asked_and_recorded(workspace):
    unknown = section_id("W-004")
    form = DamageForm.open(workspace, unknown)
    assert form.asks_pavement
    assert form.type_choices == []
    assert form.finish()[0].field == "pavement"
    form.set_pavement("elementen")
    fill(form, "voegwijdte", "M", "1")
    assert form.finish() == []
    assert workspace.section(unknown).pavement == "elementen"


def test_another_pavement_lets_go_of_damages_that_it_does_not_know(workspace):
    form = DamageForm.open(workspace, section_id("W-004"))
    form.set_pavement("asfalt")
    form.set("type", "rafeling")
    form.set_pavement("elementen")
    assert form.damage["type"] is None
    form.undo()
    assert (form.pavement, form.damage["type"]) == ("asfalt", "rafeling")


def test_a_pavement_outside_the_norm_says_so_and_can_still_be_written_down(workspace):
    form = DamageForm.open(workspace, section_id("W-006"))
    assert not form.is_judged
    form.set("note", "washed out")
    assert {one.field for one in form.finish()} == {"type", "severity", "extent"}
    form.finish(anyway=True)
    assert form.is_finished


def test_what_is_missing_is_named_by_field_and_the_inspector_goes_on(workspace, linden):
    form = DamageForm.open(workspace, linden)
    form.set("type", "gaten")
    found = form.finish()
    assert [(one.field, bool(one.text)) for one in found] == [("severity", True), ("extent", True)]
    assert not form.is_finished
    assert form.finding("severity")
    form.set("severity", "M")
    assert form.finding("severity") == ""
    assert form.finding("extent")
    form.finish(anyway=True)
    assert form.is_finished
    assert workspace.damages(form.inspection_id)[0]["extent"] is None


def test_the_damage_that_lacks_something_is_shown(workspace, linden):
    form = DamageForm.open(workspace, linden)
    form.set("type", "gaten")
    form.add_damage()
    fill(form)
    form.finish()
    assert form.current == 0


def test_undo_takes_back_step_by_step_and_a_word_at_once(workspace, linden):
    form = DamageForm.open(workspace, linden)
    form.set("severity", "L")
    for typed in ("d", "de", "dee", "deep", "deep ", "deep h", "deep ho"):
        form.set("note", typed)
    form.undo()
    assert form.damage["note"] == "deep "
    form.undo()
    assert form.damage["note"] == ""
    assert form.damage["severity"] == "L"
    form.undo()
    assert form.damage["severity"] is None
    assert not form.can_undo


def test_undo_is_kept_like_every_other_step(workspace, linden):
    form = DamageForm.open(workspace, linden)
    form.set("severity", "L")
    form.set("severity", "E")
    form.undo()
    assert DamageForm.resume(workspace, form.inspection_id).damage["severity"] == "L"


def test_finishing_writes_inspection_damages_and_photos_at_once_and_forgets_the_draft(workspace, linden):
    form = DamageForm.open(workspace, linden)
    fill(form)
    form.set("note", "over the full width")
    form.add_photo(JPEG)
    form.add_photo(JPEG)
    assert form.finish() == []
    store = workspace.store
    inspection = store.get("inspection", form.inspection_id)
    assert (inspection["status"], inspection["result"], inspection["kind"]) == (
        "finished",
        "damage",
        "road_global",
    )
    assert inspection["norm_pack"] == "crow-gvi"
    (damage,) = workspace.damages(form.inspection_id)
    assert [damage[key] for key in ("type", "severity", "extent", "note")] == [
        "scheurvorming",
        "E",
        "2",
        "over the full width",
    ]
    (photo,) = workspace.photos_of(damage["id"])
    assert store.photos.read(photo["sha256"]) == JPEG.content
    assert store.drafts() == []
    card = workspace.section(linden)
    assert (card.condition, card.findings) == ("E", ("Cracking E2",))


def test_when_writing_fails_the_draft_is_still_there_and_nothing_is_half_written(workspace, linden):
    form = DamageForm.open(workspace, linden)
    fill(form)
    workspace.store.connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON damage BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    with pytest.raises(StoreError):
        form.finish()
    assert workspace.store.get("inspection", form.inspection_id) is None
    assert DamageForm.open(workspace, linden).damage["severity"] == "E"


def test_a_finished_inspection_is_corrected_under_the_same_ids(workspace, linden):
    form = DamageForm.open(workspace, linden)
    fill(form)
    form.add_photo(JPEG)
    form.add_damage()
    fill(form, "gaten", "L", "1")
    form.finish()
    before = {row["id"] for row in workspace.damages(form.inspection_id)}
    at = workspace.store.get("inspection", form.inspection_id)["inspected_at"]
    again = DamageForm.correct(workspace, form.inspection_id)
    assert again.is_correction
    assert again.damages == form.damages
    again.set("severity", "M")
    again.show_damage(1)
    again.remove_damage()
    assert again.finish() == []
    (left,) = workspace.damages(form.inspection_id)
    assert left["id"] in before
    assert (left["severity"], workspace.section(linden).condition) == ("M", "M")
    assert len(workspace.photos_of(left["id"])) == 1
    assert workspace.store.get("inspection", form.inspection_id)["inspected_at"] == at


def test_a_correction_that_is_thrown_away_leaves_the_inspection_as_it_was(workspace, linden):
    form = DamageForm.open(workspace, linden)
    fill(form)
    form.finish()
    again = DamageForm.correct(workspace, form.inspection_id)
    again.set("severity", "L")
    again.discard()
    assert workspace.store.drafts() == []
    assert workspace.damages(form.inspection_id)[0]["severity"] == "E"


def test_a_position_says_how_it_is_known(workspace, linden):
    form = DamageForm.open(workspace, linden)
    assert form.damage["position"]["source"] == "asset"
    form.place(155_010.12345, 463_102.0)
    assert form.damage["position"] == {"source": "manual", "x": 155_010.123, "y": 463_102.0}
    form.place_by_fix(Fix(52.1551744, 5.3872064, 43.0, 0.021, "2026-05-12T09:14:00.000Z", "NMEA RTK fixed"))
    fill(form)
    form.finish()
    (damage,) = workspace.damages(form.inspection_id)
    assert (damage["position_source"], damage["fix_lat"], damage["fix_height"]) == ("gnss", 52.1551744, 43.0)
    position = geo.rd_from_fix(52.1551744, 5.3872064, 43.0)
    x, y = geo.parse(damage["geom"]).parts[0][0][0]
    assert (x, y) == pytest.approx((position.x, position.y), abs=0.001)
    assert damage["nap"] == position.nap


def test_a_section_or_draft_that_is_gone_is_said(workspace):
    with pytest.raises(BadInput, match="no longer"):
        DamageForm.open(workspace, section_id("gone"))
    with pytest.raises(BadInput, match="no longer"):
        DamageForm.resume(workspace, section_id("gone"))
    with pytest.raises(BadInput, match="no longer"):
        DamageForm.correct(workspace, section_id("gone"))


TYPIST = """
import os, sys
from stadsveld_field.forms.damage import DamageForm
from stadsveld_field.workspace import Workspace
workspace = Workspace.open(sys.argv[1])
form = DamageForm.open(workspace, sys.argv[2])
form.set("severity", "M")
text = ""
while True:
    text += "abcdefghij "[len(text) % 11]
    form.set("note", text)
    sys.stdout.write(text[-1])
    sys.stdout.flush()
"""


def test_a_kill_in_the_middle_of_typing_loses_no_keystroke_that_was_confirmed(workspace, replica, linden):
    root = Path(__file__).resolve().parent.parent.parent
    path = os.pathsep.join((str(root / "field_app"), str(root / "shared")))
    with subprocess.Popen(
        [sys.executable, "-c", TYPIST, str(replica), linden],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as typist:
        confirmed = typist.stdout.read(40)
        typist.send_signal(signal.SIGKILL)
        confirmed += typist.stdout.read()
    form = DamageForm.open(workspace, linden)
    assert form.damage["severity"] == "M"
    assert form.damage["note"].startswith(confirmed)
    assert len(form.damage["note"]) - len(confirmed) <= 1
    json.dumps(form.damages)
    form.set("note", form.damage["note"] + "!")
    assert form.finish(anyway=True)


def test_a_draft_that_cannot_be_written_is_said_and_written_at_the_next_keystroke(workspace, linden):
    form = DamageForm.open(workspace, linden)
    connection = workspace.store.connection
    full = "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    connection.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON stadsveld_draft " + full)
    form.set("note", "c")
    assert "full" in form.problem
    assert form.damage["note"] == "c"
    connection.execute("DROP TRIGGER full")
    form.set("note", "cr")
    assert form.problem == ""
    assert DamageForm.resume(workspace, form.inspection_id).damage["note"] == "cr"
