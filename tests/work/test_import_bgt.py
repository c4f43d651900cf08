"""Importing the BGT: what is stored, what a newer delivery changes and ends, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput, Cancelled, MissingComponent, StoreError
from stadsveld.jobs import Progress
from stadsveld.model import id_from_register
from stadsveld.store import Store
from stadsveld.sync import seal
from stadsveld.work.bgt_rows import DATASET
from stadsveld.work.import_bgt import import_bgt
from support import bgt_gml as x

#: A square kilometre of two halves of green, with a pand in a hole of the eastern one.
WEST = x.bgt_object("begroeidterreindeel", "G.west", x.box(181000, 457000, 181500, 458000))
HOLE = x.linear_ring(x.box_points(181600, 457600, 181700, 457700))
EAST = x.bgt_object(
    "onbegroeidterreindeel",
    "G.east",
    x.polygon(x.linear_ring(x.box_points(181500, 457000, 182000, 458000)), HOLE),
)


def pand(*labels, **about):
    return x.bgt_object(
        "pand", "G.pand", x.multi_surface(x.box(181600, 457600, 181700, 457700)), *labels, **about
    )


def paal(local_id, at_x, at_y, **about):
    return x.bgt_object("paal", local_id, x.point(at_x, at_y), **about)


PLANE = {"begroeidterreindeel": (WEST,), "onbegroeidterreindeel": (EAST,), "pand": (pand(),)}
LATER = "2021-03-01T12:00:00.000"


def bgt_id(local_id):
    return id_from_register("bgt", local_id)


@pytest.fixture
def deliver(tmp_path):
    """Write a delivery and return its path: a new file at every call."""
    count = iter(range(100))

    def write(date=(2020, 8, 5), **files) -> Path:
        return x.write_zip(tmp_path / f"bgt{next(count)}.zip", date, **files)

    return write


def content(store):
    """Everything that the store says of BGT objects and sensors."""
    names = ("building", "terrain_part", "street_object", "street_object_part", "label", "sensor", "dataset")
    return {name: sorted((tuple(row.items()) for row in store.rows(name)), key=repr) for name in names}


def mutations(report):
    found = report.mutations
    return found.new, found.changed, found.ended


class TestFirstImport:
    def test_the_report_has_the_promised_form(self, store, deliver):
        ended = paal("G.old", 181001, 457001, ended="2019-01-01T00:00:00")
        files = {
            **PLANE,
            "paal": (paal("G.p", 181001, 457001), ended, x.bgt_object("paal", "G.bad")),
            "wijk": (),
        }
        report = import_bgt(store, deliver(**files))
        found = json.loads(json.dumps(report.as_json()))
        assert found["classes"]["paal"] == {
            "present": 3, "read": 2, "current": 1, "ended": 1, "planned": 0, "invalid": 1, "stored": 1,
        }  # fmt: skip
        assert found["classes"]["wijk"] == dict.fromkeys(found["classes"]["paal"], 0)
        assert found["closure"] == {
            "square_m2": 1e6, "sum_m2": 1e6, "union_m2": 1e6, "overlap_m2": 0.0, "gap_m2": 0.0,
            "per_class_m2": {"begroeidterreindeel": 5e5, "onbegroeidterreindeel": 4.9e5, "pand": 1e4},
        }  # fmt: skip
        assert found["mutations"] == {"new": 4, "changed": 0, "ended": 0}
        (problem,) = found["problems"]
        assert (problem["file"], problem["object"]) == ("bgt_paal.gml", "G.bad")
        assert "geometry" in problem["reason"]

    def test_objects_are_stored_with_their_values_and_origin(self, store, deliver):
        import_bgt(store, deliver(pand=(pand(x.coded("imgeo:plus-type", "schuur"), level=1),)))
        row = store.get("building", bgt_id("G.pand"))
        assert (row["bgt_class"], row["level"], row["plus_type"], row["status"]) == (
            "pand",
            1,
            "schuur",
            "bestaand",
        )
        assert (row["dataset_id"], row["ended"]) == (DATASET, None)
        assert geo.area(row["geom"]) == 10_000.0
        assert json.loads(row["attributes"])["gml_id"] == "b0000"
        dataset = store.get("dataset", DATASET)
        assert (dataset["edition_date"], dataset["access_class"], dataset["owner"]) == (
            "2020-08-05",
            "open",
            "Kadaster",
        )
        assert "CC BY 4.0" in dataset["licence"]

    def test_it_is_no_edit_of_a_person_and_others_can_fetch_it(self, store, deliver):
        import_bgt(store, deliver(**PLANE))
        assert seal(store) == 0
        logged = store.connection.execute("SELECT entity_id FROM stadsveld_log WHERE kind = 'row'").fetchall()
        assert {row["entity_id"] for row in logged} >= {bgt_id("G.west"), bgt_id("G.east"), bgt_id("G.pand")}

    def test_plans_are_stored_as_plans_and_do_not_disturb_the_closure(self, store, deliver):
        plan = x.bgt_object(
            "pand", "G.plan", x.multi_surface(x.box(181100, 457100, 181200, 457200)), status="plan"
        )
        report = import_bgt(store, deliver(**{**PLANE, "pand": (pand(), plan)}))
        counts = report.classes["pand"]
        assert (counts.current, counts.planned, counts.stored) == (2, 1, 2)
        assert store.get("building", bgt_id("G.plan"))["status"] == "plan"
        assert report.closure.closes

    def test_house_numbers_are_labels_of_their_own(self, store, deliver):
        labels = x.house_number("71", 181650, 457650, "30"), x.house_number("71", 181660, 457650, vbo="1")
        report = import_bgt(store, deliver(pand=(pand(*labels),)))
        rows = list(store.rows("label"))
        assert [(row["name"], row["local_id"]) for row in rows] == [("71", "G.pand")] * 2
        assert json.loads(rows[0]["attributes"]) == {
            "identificatieBAGVBOLaagsteHuisnummer": "0228010000047554",
            "rotation": [30.0],
        }
        assert mutations(report) == (1, 0, 0)

    def test_a_sensor_becomes_a_sensor_that_series_can_belong_to(self, store, deliver):
        flitser = x.bgt_object(
            "sensor", "P.s", x.point(181001, 457001), x.coded("imgeo:plus-type", "flitser")
        )
        report = import_bgt(store, deliver(sensor=(flitser,)))
        row = store.get("sensor", bgt_id("P.s"))
        assert (row["number"], row["kind"], row["bgt_local_id"]) == ("P.s", "flitser", "P.s")
        assert store.get("street_object", bgt_id("P.s"))["bgt_class"] == "sensor"
        assert (report.classes["sensor"].stored, mutations(report)) == (1, (1, 0, 0))

    def test_the_state_of_an_earlier_date(self, store, deliver):
        versions = (
            paal("G.p", 181001, 457001, registered="2017-01-01T00:00:00.000", ended="2018-06-01T12:00:00"),
            paal("G.p", 181002, 457001, registered="2018-06-01T12:00:00.000", ended="2019-06-01T12:00:00"),
            paal("G.p", 181003, 457001, registered="2019-06-01T12:00:00.000"),
        )
        delivery = deliver(paal=versions)
        seen = []
        for at in ("2016-12-31", "2018-05-31", "2018-06-01", "2018-06-01T11:59", "2019-07-01"):
            path = store.path.with_name(f"{at}.sqlite".replace(":", ""))
            with Store.create(path) as other:
                counts = import_bgt(other, delivery, at=at).classes["paal"]
                assert (counts.read, counts.current + counts.ended) == (3, 3)
                seen.append([geo.wkb_bbox(row["geom"])[0] for row in other.rows("street_object")])
        assert seen == [[], [181001.0], [181002.0], [181001.0], [181003.0]]

    def test_an_area(self, store, deliver):
        """What touches it is stored whole; what only its bounding box touches is not."""
        corner = x.line((181100, 457000), (181100, 457100), (181000, 457100))
        files = {
            **PLANE,
            "paal": (
                paal("G.in", 181050, 457050),
                paal("G.edge", 181060, 457050),
                paal("G.out", 181070, 457050),
            ),
            "scheiding": (x.bgt_object("scheiding", "G.corner", corner),),
        }
        report = import_bgt(store, deliver(**files), bbox=(181040, 457040, 181060, 457060))
        stored = {name: counts.stored for name, counts in report.classes.items()}
        assert stored == {
            "begroeidterreindeel": 1,
            "onbegroeidterreindeel": 0,
            "pand": 0,
            "paal": 2,
            "scheiding": 0,
        }
        assert report.classes["paal"].current == 3
        assert mutations(report) == (3, 0, 0)
        assert report.closure.square_m2 == 400.0
        assert report.closure.closes

    def test_notes_on_the_survey_are_counted_and_not_stored(self, store, deliver):
        text = x.gml(paal("G.p", 181001, 457001)).replace("imgeo:Paal", "imgeo:Plaatsbepalingspunt")
        report = import_bgt(store, deliver(plaatsbepalingspunt=text, paal=(paal("G.p", 181001, 457001),)))
        counts = report.classes["plaatsbepalingspunt"]
        assert (counts.present, counts.read, counts.current, counts.stored) == (1, 1, 1, 0)

    def test_without_a_geometry_engine_everything_but_the_closure_is_done(self, store, deliver, monkeypatch):
        def missing():
            raise MissingComponent("no engine")

        monkeypatch.setattr(geo, "default_engine", missing)
        report = import_bgt(store, deliver(**PLANE))
        assert (report.closure, mutations(report)) == (None, (3, 0, 0))


class TestAgain:
    def test_the_same_file_twice_changes_nothing(self, store, deliver):
        labels = x.house_number("1", 181650, 457650)
        flitser = x.bgt_object("sensor", "P.s", x.point(181001, 457001))
        delivery = deliver(**{**PLANE, "pand": (pand(labels),), "sensor": (flitser,)})
        import_bgt(store, delivery)
        before = store.path.read_bytes()
        report = import_bgt(store, delivery)
        assert mutations(report) == (0, 0, 0)
        assert store.path.read_bytes() == before
        assert report.closure.closes

    def test_the_same_with_an_area_and_with_a_part_of_it(self, store, deliver):
        delivery = deliver(**PLANE)
        import_bgt(store, delivery)
        assert mutations(import_bgt(store, delivery, bbox=(181000, 457000, 181100, 457100))) == (0, 0, 0)
        assert mutations(import_bgt(store, delivery, bbox=(181000, 457000, 182000, 458000))) == (0, 0, 0)

    def test_area_after_area(self, store, deliver):
        delivery = deliver(**PLANE)
        assert mutations(import_bgt(store, delivery, bbox=(181000, 457000, 181100, 457100))) == (1, 0, 0)
        assert mutations(import_bgt(store, delivery, bbox=(181900, 457000, 182000, 457100))) == (1, 0, 0)
        assert mutations(import_bgt(store, delivery)) == (1, 0, 0)

    def test_a_newer_delivery_with_history(self, store, deliver):
        first = {
            "paal": (
                paal("G.stay", 181001, 457001),
                paal("G.move", 181002, 457001),
                paal("G.go", 181003, 457001),
            )
        }
        import_bgt(store, deliver(**first))
        second = (
            paal("G.stay", 181001, 457001),
            paal("G.move", 181002, 457001, ended="2021-03-01T12:00:00"),
            paal("G.move", 181002.5, 457001, registered=LATER),
            paal("G.go", 181003, 457001, ended="2021-03-01T23:30:00"),
            paal("G.come", 181004, 457001, registered=LATER),
        )
        report = import_bgt(store, deliver((2021, 4, 1), paal=second))
        assert mutations(report) == (1, 1, 1)
        rows = {row["local_id"]: row for row in store.rows("street_object")}
        assert rows["G.go"]["ended"] == "2021-03-01"
        assert rows["G.go"]["id"] == bgt_id("G.go")
        assert geo.wkb_bbox(rows["G.move"]["geom"])[0] == 181002.5
        assert rows["G.move"]["ended"] is None
        assert store.get("dataset", DATASET)["edition_date"] == "2021-04-01"
        assert mutations(import_bgt(store, deliver((2021, 4, 1), paal=second))) == (0, 0, 0)

    def test_an_object_that_comes_back_is_there_again(self, store, deliver):
        import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001),)))
        import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001, ended="2021-03-01T12:00:00"),)))
        assert store.get("street_object", bgt_id("G.p"))["ended"] == "2021-03-01"
        again = paal("G.p", 181001, 457001, registered="2022-01-01T00:00:00.000")
        assert mutations(import_bgt(store, deliver(paal=(again,)))) == (0, 1, 0)
        assert store.get("street_object", bgt_id("G.p"))["ended"] is None

    def test_an_older_delivery_does_not_turn_back_time(self, store, deliver):
        new = deliver((2021, 4, 1), paal=(paal("G.p", 181002, 457001, registered=LATER),))
        old = deliver((2020, 8, 5), paal=(paal("G.p", 181001, 457001), paal("G.q", 181009, 457001)))
        import_bgt(store, new)
        assert mutations(import_bgt(store, old)) == (1, 0, 0)
        assert geo.wkb_bbox(store.get("street_object", bgt_id("G.p"))["geom"])[0] == 181002.0
        assert store.get("dataset", DATASET)["edition_date"] == "2021-04-01"
        gone = deliver((2020, 9, 1), paal=(paal("G.p", 181001, 457001, ended="2020-12-01T00:00:00"),))
        assert mutations(import_bgt(store, gone)) == (0, 0, 0)

    def test_labels_and_sensors_follow_their_object(self, store, deliver):
        two = x.house_number("1", 181650, 457650), x.house_number("3", 181660, 457650, vbo="2")
        flitser = x.bgt_object("sensor", "P.s", x.point(181001, 457001))
        import_bgt(store, deliver(pand=(pand(*two),), sensor=(flitser,)))
        one = pand(x.house_number("1a", 181650, 457650), registered=LATER)
        report = import_bgt(store, deliver(pand=(one,), sensor=(flitser,)))
        assert mutations(report) == (0, 1, 0)
        assert [(row["name"], row["ended"] is None) for row in store.rows("label")] == [
            ("1a", True),
            ("3", False),
        ]
        over = x.bgt_object("sensor", "P.s", x.point(181001, 457001), ended="2021-03-01T12:00:00")
        gone = pand(registered=LATER, ended="2021-03-02T12:00:00")
        assert mutations(import_bgt(store, deliver(pand=(gone,), sensor=(over,)))) == (0, 0, 2)
        assert all(row["ended"] for name in ("label", "sensor") for row in store.rows(name))

    def test_a_point_that_became_a_surface_moves_to_its_new_kind(self, store, deliver):
        import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001),)))
        surface = x.bgt_object("paal", "G.p", x.box(181000, 457000, 181002, 457002), registered=LATER)
        assert mutations(import_bgt(store, deliver(paal=(surface,)))) == (1, 0, 1)
        assert store.get("street_object", bgt_id("G.p"))["ended"] is not None
        assert store.get("street_object_part", bgt_id("G.p"))["ended"] is None


class TestEndings:
    """An object that a delivery does not name ended only where the delivery is complete."""

    POLES = (paal("G.here", 181100, 457100), paal("G.there", 184100, 457100))

    @pytest.fixture
    def filled(self, store, deliver):
        import_bgt(store, deliver(**PLANE, paal=self.POLES))
        return store

    def ended(self, store):
        return {row["local_id"] for row in store.rows("street_object") if row["ended"] is not None}

    def test_where_it_covers_the_place_and_has_the_class(self, filled, deliver):
        """Deliveries without history: what is gone is simply not there."""
        report = import_bgt(filled, deliver((2021, 4, 1), **PLANE, paal=()))
        assert (mutations(report), self.ended(filled)) == ((0, 0, 1), {"G.here"})
        assert mutations(import_bgt(filled, deliver((2021, 4, 1), **PLANE, paal=()))) == (0, 0, 0)

    def test_not_where_it_lacks_the_class(self, filled, deliver):
        assert mutations(import_bgt(filled, deliver(**PLANE))) == (0, 0, 0)

    def test_not_where_it_lacks_the_plane(self, filled, deliver):
        """A delivery of poles alone cannot prove where it is complete."""
        assert mutations(import_bgt(filled, deliver(paal=(paal("G.other", 181500, 457500),)))) == (1, 0, 0)

    def test_not_beyond_a_delivery_of_a_part_of_the_area(self, filled, deliver):
        """The western half again, without its neighbours: the pand and the eastern half stay."""
        report = import_bgt(
            filled, deliver(begroeidterreindeel=(WEST,), paal=(), pand=(), onbegroeidterreindeel=())
        )
        assert (mutations(report), self.ended(filled)) == ((0, 0, 1), {"G.here"})
        assert report.closure.closes

    def test_not_outside_the_area_of_the_import(self, filled, deliver):
        delivery = deliver(**PLANE, paal=())
        assert mutations(import_bgt(filled, delivery, bbox=(181200, 457200, 181400, 457400))) == (0, 0, 0)
        assert mutations(import_bgt(filled, delivery, bbox=(181000, 457000, 181400, 457400))) == (0, 0, 1)

    def test_not_what_could_not_be_read(self, filled, deliver):
        report = import_bgt(filled, deliver(**PLANE, paal=(x.bgt_object("paal", "G.here"),)))
        assert (mutations(report), report.classes["paal"].invalid) == ((0, 0, 0), 1)

    def test_not_where_the_delivery_has_a_hole(self, filled, deliver):
        """The object that would cover the place was refused, so its tile is not covered."""
        broken = x.bgt_object("begroeidterreindeel", "G.west", x.box(5, 52, 6, 53))
        report = import_bgt(filled, deliver(**{**PLANE, "begroeidterreindeel": (broken,)}, paal=()))
        assert mutations(report) == (0, 0, 0)


class TestTwice:
    def test_the_same_version_twice_is_stored_once(self, store, deliver):
        """As where two downloads were put together: objects on the border come twice."""
        report = import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001),) * 2))
        counts = report.classes["paal"]
        assert (counts.read, counts.current, counts.stored, counts.invalid) == (2, 2, 1, 0)

    @pytest.mark.parametrize("between", [0, 700])
    def test_two_versions_that_hold_together_are_an_error(self, store, deliver, between):
        others = [paal(f"G.{n}", 181001, 457001) for n in range(between)]
        first, second = paal("G.p", 181001, 457001), paal("G.p", 181002, 457001, registered=LATER)
        report = import_bgt(store, deliver(paal=(first, *others, second)))
        counts = report.classes["paal"]
        assert (counts.present, counts.read, counts.invalid, counts.stored) == (
            between + 2,
            between + 1,
            1,
            between + 1,
        )
        assert "same date" in report.refused[0].reason
        assert report.refused[0].place == "G.p"


class TestPeople:
    """What people changed on a BGT row stays, whatever comes from the register."""

    def test_a_value_that_somebody_corrected(self, store, deliver):
        import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001),)))
        store.put("street_object", bgt_id("G.p"), {"name": "pole by the church"})
        seal(store)
        newer = x.bgt_object(
            "paal", "G.p", x.point(181009, 457001), "<imgeo:naam>official</imgeo:naam>", registered=LATER
        )
        delivery = deliver(paal=(newer,))
        assert mutations(import_bgt(store, delivery)) == (0, 1, 0)
        row = store.get("street_object", bgt_id("G.p"))
        assert (row["name"], geo.wkb_bbox(row["geom"])[0]) == ("pole by the church", 181009.0)
        before = store.path.read_bytes()
        assert mutations(import_bgt(store, delivery)) == (0, 0, 0)
        assert store.path.read_bytes() == before

    def test_a_correction_that_is_not_sealed_yet(self, store, deliver):
        import_bgt(store, deliver(paal=(paal("G.p", 181001, 457001),)))
        store.put("street_object", bgt_id("G.p"), {"name": "pole by the church"})
        import_bgt(store, deliver(paal=(paal("G.p", 181009, 457001, registered=LATER),)))
        assert store.get("street_object", bgt_id("G.p"))["name"] == "pole by the church"
        assert seal(store) == 1

    @pytest.mark.parametrize("sealed", [True, False])
    def test_an_object_that_somebody_removed(self, store, deliver, sealed):
        delivery = deliver(paal=(paal("G.p", 181001, 457001),))
        import_bgt(store, delivery)
        store.delete("street_object", bgt_id("G.p"))
        if sealed:
            seal(store)
        assert mutations(import_bgt(store, delivery)) == (0, 0, 0)
        assert store.get("street_object", bgt_id("G.p")) is None


class TestTrouble:
    """Whatever goes wrong, the store is byte for byte what it was."""

    @pytest.fixture
    def filled(self, store, deliver):
        import_bgt(store, deliver(paal=tuple(paal(f"G.{n}", 181000 + n, 457000) for n in range(50))))
        return store

    @pytest.fixture
    def untouched(self, filled):
        before, rows = filled.path.read_bytes(), content(filled)
        yield filled
        assert content(filled) == rows
        assert filled.path.read_bytes() == before
        assert filled.problems() == []

    MANY = tuple(paal(f"N.{n}", 181000 + n % 100, 457000 + n // 100) for n in range(3000))

    def test_xml_cut_off_in_the_last_file(self, untouched, deliver):
        text = x.gml(pand())
        delivery = deliver(paal=self.MANY, pand=text[: len(text) - 50])
        with pytest.raises(BadInput, match=rf"{delivery.name}: bgt_pand\.gml.*cut off"):
            import_bgt(untouched, delivery)

    def test_another_coordinate_system_in_one_file(self, untouched, deliver):
        foreign = x.bgt_object("pand", "G.f", x.box(5.1, 52.1, 5.2, 52.2, crs="EPSG:4326"))
        with pytest.raises(BadInput, match=r"bgt_pand\.gml: G\.f: .*EPSG:4326"):
            import_bgt(untouched, deliver(paal=self.MANY, pand=(foreign,)))

    def test_every_object_outside_the_netherlands(self, untouched, deliver):
        poles = tuple(paal(f"N.{n}", 5 + n / 100, 52) for n in range(30))
        with pytest.raises(BadInput, match=r"bgt_paal\.gml: N\.0: .*outside the Netherlands"):
            import_bgt(untouched, deliver(paal=poles))

    def test_cancelled_at_any_moment(self, untouched, deliver):
        delivery = deliver(**PLANE, paal=self.MANY)
        steps = []
        with Store.create(untouched.path.with_name("other.sqlite")) as other:
            import_bgt(other, delivery, progress=Progress(lambda fraction, _doing: steps.append(fraction)))
        assert len(steps) > 20
        assert steps == sorted(steps)
        for after in (0, 3, len(steps) // 2, len(steps) - 1):
            asked = iter([False] * after)
            with pytest.raises(Cancelled):
                import_bgt(
                    untouched, delivery, progress=Progress(None, lambda asked=asked: next(asked, True))
                )

    def test_a_full_disk(self, untouched, deliver):
        pages = untouched.connection.execute("PRAGMA page_count").fetchone()[0]
        untouched.connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        with pytest.raises(StoreError, match="full"):
            import_bgt(untouched, deliver(paal=self.MANY))

    def test_a_store_that_may_not_be_written(self, filled, deliver):
        with (
            Store.open(filled.path, readonly=True) as locked,
            pytest.raises(StoreError, match="may not be written"),
        ):
            import_bgt(locked, deliver(paal=self.MANY))

    def test_no_area_and_no_date(self, untouched, deliver):
        with pytest.raises(BadInput, match="area"):
            import_bgt(untouched, deliver(**PLANE), bbox=(181100, 457000, 181000, 458000))
        with pytest.raises(BadInput, match="no date"):
            import_bgt(untouched, deliver(**PLANE), at="tomorrow")

    def test_after_trouble_the_next_import_is_whole(self, filled, deliver):
        with pytest.raises(BadInput):
            import_bgt(filled, deliver(paal=self.MANY, pand=x.gml(pand())[:-50]))
        report = import_bgt(filled, deliver(paal=self.MANY, pand=(pand(),)))
        assert mutations(report) == (3001, 0, 0)
        assert filled.problems() == []
