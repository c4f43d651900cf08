"""What people get wrong when they read BGT files, each in miniature, and how it is read here."""

from __future__ import annotations

import math

import pytest

from stadsveld import geo
from stadsveld.errors import BadInput
from stadsveld.model import id_from_register
from stadsveld.sources import bgt
from support import bgt_gml as x

BOX = x.box(181000, 457000, 181010, 457010)
NOW = bgt.instant_at("2026-01-01")


def read(tmp_path, bgt_class, *objects, at=None):
    """Read one file with these objects: what came out, and the number of object elements."""
    path = tmp_path / f"bgt_{bgt_class}.gml"
    first = objects[0]
    content = first if isinstance(first, bytes) or first.startswith("<?xml") else x.gml(*objects)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with bgt.open_delivery(path) as delivery:
        reader = bgt.FileReader(delivery.files[0], at)
        with delivery.open(delivery.files[0]) as stream:
            return list(reader.read(stream)), reader.present


def only(tmp_path, bgt_class, *objects):
    found, present = read(tmp_path, bgt_class, *objects)
    assert present == 1
    assert len(found) == 1
    return found[0]


def area(found):
    return geo.area(geo.wkb_from_blob(found.geometry.blob()))


def refused(tmp_path, bgt_class, *objects):
    found = only(tmp_path, bgt_class, *objects)
    assert isinstance(found, bgt.Refusal)
    return found


class TestGeometry:
    def test_house_numbers_do_not_become_the_geometry_of_a_pand(self, tmp_path):
        """A pand with two number labels in front of its ground surface is its ground surface."""
        labels = (
            x.house_number("71", 181005, 457005, "12.5"),
            x.house_number("73", 181006, 457005, vbo="0228"),
        )
        pand = only(tmp_path, "pand", x.bgt_object("pand", "G0228.a", x.multi_surface(BOX), *labels))
        assert (pand.entity, pand.geometry.kind, area(pand)) == ("building", "surface", 100.0)
        assert [(label.text, label.places) for label in pand.labels] == [
            ("71", ((181005.0, 457005.0, 12.5),)),
            ("73", ((181006.0, 457005.0, 0.0),)),
        ]
        assert len({label.id for label in pand.labels} | {pand.id}) == 3

    def test_labels_after_the_geometry_are_labels_too(self, tmp_path):
        text = x.bgt_object("pand", "G0228.a", x.multi_surface(BOX))
        text = text.replace("</BuildingPart>", x.house_number("1", 181001, 457001) + "</BuildingPart>")
        assert area(only(tmp_path, "pand", text)) == 100.0

    def test_a_pand_may_have_several_surfaces(self, tmp_path):
        two = x.multi_surface(BOX, x.box(181020, 457000, 181025, 457010))
        assert area(only(tmp_path, "pand", x.bgt_object("pand", "G0228.a", two))) == 150.0

    def test_holes_stay_open(self, tmp_path):
        ring = x.linear_ring(x.box_points(181000, 457000, 181010, 457010))
        hole = x.linear_ring(x.box_points(181002, 457002, 181004, 457004))
        found = only(tmp_path, "wegdeel", x.bgt_object("wegdeel", "G.a", x.polygon(ring, hole)))
        assert area(found) == 96.0

    def test_a_ring_of_arcs_is_the_disc_that_it_means(self, tmp_path):
        ring = x.curve_ring(
            x.arc((181000, 457000), (181010, 457010), (181020, 457000)),
            x.arc((181020, 457000), (181010, 456990), (181000, 457000)),
        )
        found = only(tmp_path, "wegdeel", x.bgt_object("wegdeel", "G.a", x.polygon(ring)))
        disc = math.pi * 100
        assert disc - 2 * math.pi * 10 * bgt.MAX_SAGITTA < area(found) < disc

    def test_arcs_and_straight_stretches_make_one_ring(self, tmp_path):
        ring = x.curve_ring(
            x.straight((181000, 457000), (181020, 457000)),
            x.arc((181020, 457000), (181010, 457010), (181000, 457000)),
        )
        found = only(tmp_path, "wegdeel", x.bgt_object("wegdeel", "G.a", x.polygon(ring)))
        assert area(found) == pytest.approx(math.pi * 50, abs=0.05)

    def test_neighbours_share_a_curved_border_exactly(self, tmp_path):
        """One runs the arc to and fro of the other; together they are their rectangle, to the bit."""
        low = x.curve_ring(
            x.straight((181020, 457000), (181020, 456980), (181000, 456980), (181000, 457000)),
            x.arc((181000, 457000), (181007.123, 457008.456), (181020, 457000)),
        )
        high = x.curve_ring(
            x.arc((181020, 457000), (181007.123, 457008.456), (181000, 457000)),
            x.straight((181000, 457000), (181000, 457020), (181020, 457020), (181020, 457000)),
        )
        found, _present = read(
            tmp_path,
            "wegdeel",
            x.bgt_object("wegdeel", "G.low", x.polygon(low)),
            x.bgt_object("wegdeel", "G.high", x.polygon(high)),
        )
        one, other = (
            geo.default_engine().from_wkb(geo.wkb_from_blob(each.geometry.blob())) for each in found
        )
        engine = geo.default_engine()
        assert engine.area(engine.intersection(one, other)) == 0.0
        assert engine.area(engine.union([one, other])) == pytest.approx(20 * 40, abs=1e-6)

    @pytest.mark.parametrize(
        ("name", "geometry"),
        [
            ("LineString", x.line((181000, 457000), (181010, 457000))),
            (
                "Curve of pieces",
                f"<gml:Curve><gml:segments>{x.straight((181000, 457000), (181005, 457000))}"
                f"{x.straight((181005, 457000), (181010, 457000))}</gml:segments></gml:Curve>",
            ),
            (
                "CompositeCurve",
                "<gml:CompositeCurve><gml:curveMember>"
                + x.line((181000, 457000), (181004, 457000))
                + "</gml:curveMember><gml:curveMember>"
                + x.line((181004, 457000), (181010, 457000))
                + "</gml:curveMember></gml:CompositeCurve>",
            ),
            (
                "OrientableCurve, backwards",
                '<gml:OrientableCurve orientation="-"><gml:baseCurve>'
                + x.line((181010, 457000), (181000, 457000))
                + "</gml:baseCurve></gml:OrientableCurve>",
            ),
            (
                "ArcString of a flat arc",
                "<gml:Curve><gml:segments><gml:ArcString>"
                + x.pos_list([(181000, 457000), (181005, 457000), (181010, 457000)])
                + "</gml:ArcString></gml:segments></gml:Curve>",
            ),
            (
                "pos elements",
                "<gml:LineString><gml:pos>181000 457000</gml:pos><gml:pos>181010 457000</gml:pos>"
                "</gml:LineString>",
            ),
            (
                "three dimensions",
                '<gml:LineString><gml:posList srsDimension="3">181000 457000 1 181010 457000 2'
                "</gml:posList></gml:LineString>",
            ),
        ],
    )
    def test_every_way_to_write_a_line(self, tmp_path, name, geometry):
        found = only(tmp_path, "scheiding", x.bgt_object("scheiding", "G.a", geometry))
        assert not isinstance(found, bgt.Refusal), (name, found)
        run = found.geometry.parts[0][0]
        assert (found.entity, run[:2], run[-2:]) == (
            "barrier_line",
            [181000.0, 457000.0],
            [181010.0, 457000.0],
        )

    @pytest.mark.parametrize(
        "wrap",
        [
            "<gml:Surface><gml:patches><gml:PolygonPatch>{}</gml:PolygonPatch></gml:patches></gml:Surface>",
            "<gml:CompositeSurface><gml:surfaceMember><gml:Polygon>{}</gml:Polygon></gml:surfaceMember>"
            "</gml:CompositeSurface>",
            "<gml:MultiSurface><gml:surfaceMembers><gml:Polygon>{}</gml:Polygon></gml:surfaceMembers>"
            "</gml:MultiSurface>",
            '<gml:OrientableSurface orientation="-"><gml:baseSurface><gml:Polygon>{}</gml:Polygon>'
            "</gml:baseSurface></gml:OrientableSurface>",
        ],
    )
    def test_every_way_to_write_a_surface(self, tmp_path, wrap):
        ring = x.linear_ring(x.box_points(181000, 457000, 181010, 457010))
        geometry = wrap.format(f"<gml:exterior>{ring}</gml:exterior>")
        found = only(tmp_path, "scheiding", x.bgt_object("scheiding", "G.a", geometry))
        assert (found.entity, area(found)) == ("barrier_part", 100.0)

    def test_a_circle_through_three_points(self, tmp_path):
        ring = x.curve_ring(
            "<gml:Circle>"
            + x.pos_list([(181000, 457000), (181010, 457010), (181020, 457000)])
            + "</gml:Circle>"
        )
        found = only(tmp_path, "wegdeel", x.bgt_object("wegdeel", "G.a", x.polygon(ring)))
        assert area(found) == pytest.approx(math.pi * 100, abs=0.1)

    def test_many_points_and_many_lines(self, tmp_path):
        members = "".join(
            f"<gml:pointMember>{x.point(181000 + n, 457000)}</gml:pointMember>" for n in range(3)
        )
        found = only(
            tmp_path, "paal", x.bgt_object("paal", "G.a", f"<gml:MultiPoint>{members}</gml:MultiPoint>")
        )
        assert (found.entity, len(found.geometry.parts)) == ("street_object", 3)
        lines = "".join(
            f"<gml:curveMember>{x.line((181000, 457000 + n), (181009, 457000 + n))}</gml:curveMember>"
            for n in range(2)
        )
        found = only(
            tmp_path, "spoor", x.bgt_object("spoor", "G.a", f"<gml:MultiCurve>{lines}</gml:MultiCurve>")
        )
        assert (found.entity, len(found.geometry.parts)) == ("street_object_line", 2)

    def test_a_crest_line_is_no_geometry_and_is_kept(self, tmp_path):
        """The line at which GDAL gives up a whole file is an attribute of the object."""
        crest = (
            f'<imgeo:kruinlijnBegroeidTerreindeel><gml:LineString srsName="{x.RD}"><gml:posList>'
            "181000.000 457000.000 181010.000 457001.000</gml:posList></gml:LineString>"
            "</imgeo:kruinlijnBegroeidTerreindeel>"
        )
        void = '<imgeo:kruinlijnBegroeidTerreindeel xsi:nil="true" nilReason="waardeOnbekend" />'
        found, present = read(
            tmp_path,
            "begroeidterreindeel",
            x.bgt_object("begroeidterreindeel", "G.a", BOX, crest),
            x.bgt_object("begroeidterreindeel", "G.b", BOX, void),
        )
        assert present == 2
        assert [area(each) for each in found] == [100.0, 100.0]
        kept = [each.values["attributes"].get("kruinlijnBegroeidTerreindeel") for each in found]
        assert kept == ["181000.000 457000.000 181010.000 457001.000", None]

    def test_coordinates_are_millimetres(self, tmp_path):
        text = x.bgt_object("paal", "G.a", x.point(181000, 457000)).replace("181000.000", "181000.00049999")
        west = x.bgt_object("paal", "G.b", x.point(13000, 371000)).replace("13000.000", "13000.1236")
        found, _present = read(tmp_path, "paal", text, west)
        assert [each.point[0] for each in found] == [181000.0, 13000.124]


class TestValues:
    def test_names_of_imgeo_become_fields(self, tmp_path):
        found = only(
            tmp_path,
            "wegdeel",
            x.bgt_object(
                "wegdeel",
                "P0025.51e3",
                BOX,
                x.coded("function", "rijbaan lokale weg"),
                x.coded("surfaceMaterial", "gesloten verharding"),
                x.coded("imgeo:plus-fysiekVoorkomenWegdeel", "waardeOnbekend"),
                x.coded("imgeo:plus-functieWegdeel", "verkeersdrempel"),
                "<imgeo:wegdeelOpTalud>false</imgeo:wegdeelOpTalud>",
                level=1,
                gml_id="b77",
            ),
        )
        assert found.values == {
            "bgt_class": "wegdeel",
            "local_id": "P0025.51e3",
            "status": "bestaand",
            "level": 1,
            "function": "rijbaan lokale weg",
            "appearance": "gesloten verharding",
            "plus_appearance": "waardeOnbekend",
            "plus_function": "verkeersdrempel",
            "source_holder": "G0228",
            "in_investigation": 0,
            "registered": "2016-09-05T10:27:34.000Z",
            "object_begin": "2014-07-18",
            "attributes": {
                "LV-publicatiedatum": "2016-09-06T10:00:00",
                "wegdeelOpTalud": "false",
                "gml_id": "b77",
            },
        }
        assert found.id == id_from_register("bgt", "P0025.51e3")

    @pytest.mark.parametrize(
        ("bgt_class", "tag", "field"),
        [
            ("begroeidterreindeel", "class", "appearance"),
            ("waterdeel", "class", "type"),
            ("overbruggingsdeel", "class", "type"),
            ("onbegroeidterreindeel", "imgeo:bgt-fysiekVoorkomen", "appearance"),
            ("onbegroeidterreindeel", "imgeo:plus-fysiekVoorkomen", "plus_appearance"),
            ("kunstwerkdeel", "imgeo:bgt-type", "type"),
            ("kunstwerkdeel", "imgeo:plus-type", "plus_type"),
        ],
    )
    def test_the_same_thing_has_other_names_in_other_classes(self, tmp_path, bgt_class, tag, field):
        found = only(tmp_path, bgt_class, x.bgt_object(bgt_class, "G.a", BOX, x.coded(tag, "stuw, dam")))
        assert found.values[field] == "stuw, dam"

    def test_a_bag_id_keeps_its_leading_zero(self, tmp_path):
        bag = "<imgeo:identificatieBAGPND>0228100000031255</imgeo:identificatieBAGPND>"
        found = only(tmp_path, "pand", x.bgt_object("pand", "G.a", x.multi_surface(BOX), bag))
        assert found.values["bag_id"] == "0228100000031255"

    def test_a_plan_is_a_plan(self, tmp_path):
        """Status "geenWaarde" in the BGT with "plan" in IMGeo: planned, and there as a version."""
        found = only(tmp_path, "pand", x.bgt_object("pand", "G.a", x.multi_surface(BOX), status="plan"))
        assert (found.values["status"], found.is_planned, found.is_valid_at(NOW)) == ("plan", True, True)

    def test_levels_below_and_above_the_ground(self, tmp_path):
        found, _present = read(
            tmp_path,
            "kunstwerkdeel",
            *(x.bgt_object("kunstwerkdeel", f"G.{n}", BOX, level=n) for n in (-1, 0, 2)),
        )
        assert [each.values["level"] for each in found] == [-1, 0, 2]

    def test_a_street_name_lies_at_all_its_places(self, tmp_path):
        name = x.street_name("’t Hoge Pad", x.place(181000, 457000, "-66"), x.place(181100, 457000, "90.5"))
        found = only(tmp_path, "openbareruimtelabel", x.bgt_object("openbareruimtelabel", "G.a", "", name))
        assert (found.entity, found.values["name"], found.labels) == ("label", "’t Hoge Pad", [])
        assert found.values["attributes"]["rotation"] == [-66.0, 90.5]
        assert len(found.geometry.parts) == 2

    def test_other_prefixes_mean_the_same(self, tmp_path):
        """Prefixes are the writer's choice."""
        text = x.gml(x.bgt_object("paal", "G.a", x.point(181000, 457000)))
        text = text.replace("imgeo:", "i:").replace("xmlns:imgeo", "xmlns:i").replace("gml:", "g:")
        found = only(tmp_path, "paal", text.replace("xmlns:gml", "xmlns:g"))
        assert found.point == (181000.0, 457000.0)

    def test_text_is_read_whole_across_pieces_and_entities(self, tmp_path):
        name = "<imgeo:naam>Hoek &amp; Haak " + "é" * 300_000 + "</imgeo:naam>"
        found = only(tmp_path, "buurt", x.bgt_object("buurt", "G.a", BOX, name))
        assert found.entity == "district"
        assert found.values["name"] == "Hoek & Haak " + "é" * 300_000


class TestVersions:
    def test_a_version_holds_from_registration_until_its_end(self, tmp_path):
        """Times in the file are Dutch: 12:00 in July is 10:00 UTC, in January 11:00."""
        found = only(
            tmp_path,
            "paal",
            x.bgt_object(
                "paal", "G.a", x.point(181000, 457000), registered="2018-07-01T12:00:00.000",
                ended="2019-01-01T12:00:00",
            ),
        )  # fmt: skip
        assert (found.registered, found.ended) == ("2018-07-01T10:00:00.000Z", "2019-01-01T11:00:00.000Z")
        moments = ["2018-07-01T09:59:59.999Z", found.registered, "2019-01-01T10:59:59.999Z", found.ended]
        assert [found.is_valid_at(moment) for moment in moments] == [False, True, True, False]

    def test_of_two_versions_in_a_row_one_holds_at_every_moment(self, tmp_path):
        """The end has no milliseconds where the beginning of the next has them."""
        found, _present = read(
            tmp_path,
            "paal",
            x.bgt_object("paal", "G.a", x.point(181000, 457000), ended="2019-01-01T12:00:00"),
            x.bgt_object("paal", "G.a", x.point(181000, 457000), registered="2019-01-01T12:00:00.000"),
        )
        for moment in ("2019-01-01T10:59:59.999Z", "2019-01-01T11:00:00.000Z"):
            assert sum(each.is_valid_at(moment) for each in found) == 1

    def test_versions_that_nobody_asked_for_come_bare_and_are_checked_all_the_same(self, tmp_path):
        ended = {"ended": "2019-01-01T12:00:00"}
        high = '<gml:LineString srsDimension="3"><gml:posList>181000 457000 1 181010 457000 2</gml:posList>'
        found, present = read(
            tmp_path,
            "scheiding",
            x.bgt_object("scheiding", "G.holds", BOX),
            x.bgt_object("scheiding", "G.ended", BOX, **ended),
            x.bgt_object("scheiding", "G.high", high + "</gml:LineString>", **ended),
            x.bgt_object("scheiding", "G.far", x.box(5, 52, 6, 53), **ended),
            x.bgt_object("scheiding", "G.bad", BOX.replace("181010.000", "18l010"), **ended),
            x.bgt_object("scheiding", "G.none", **ended),
            x.bgt_object("scheiding", "G.empty", "<gml:Polygon></gml:Polygon>", **ended),
            at=NOW,
        )
        assert present == len(found) == 7
        holds, ended, high, *refusals = found
        assert holds.geometry is not None
        assert (ended.geometry, ended.values, ended.ended) == (None, {}, "2019-01-01T11:00:00.000Z")
        assert high.local_id == "G.high"
        assert [refusal.place for refusal in refusals] == ["G.far", "G.bad", "G.none", "G.empty"]
        assert all(isinstance(refusal, bgt.Refusal) for refusal in refusals)

    def test_a_date_means_its_end_in_the_netherlands(self):
        assert bgt.instant_at("2020-08-05") == "2020-08-05T21:59:59.999Z"
        assert bgt.instant_at("2020-01-05T12:00") == "2020-01-05T11:00:00.000Z"
        with pytest.raises(BadInput, match="no date"):
            bgt.instant_at("5 August")


class TestRefusals:
    """One bad object is refused by name and reason; the others are read."""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (x.bgt_object("wegdeel", "G.bad"), "no geometry of its own"),
            (x.bgt_object("wegdeel", "G.bad", BOX, registered=None), "tijdstipRegistratie"),
            (x.bgt_object("wegdeel", "G.bad", BOX, registered="yesterday"), "yesterday"),
            (x.bgt_object("wegdeel", "G.bad", BOX, level="low"), "relatieveHoogteligging"),
            (x.bgt_object("wegdeel", "G.bad", x.box(5.1, 52.1, 5.2, 52.2)), "outside the Netherlands"),
            (
                x.bgt_object("wegdeel", "G.bad", x.box(457000, 181000, 457010, 181010)),
                "outside the Netherlands",
            ),
            (x.bgt_object("wegdeel", "G.bad", BOX.replace("181010", "nan")), "outside|no number"),
            (x.bgt_object("wegdeel", "G.bad", BOX.replace("181010", "inf")), "outside|no number"),
            (x.bgt_object("wegdeel", "G.bad", BOX.replace("181010.000", "18l010")), "no number"),
            (x.bgt_object("wegdeel", "G.bad", BOX.replace("181010.000 ", "", 1)), "missing"),
            (
                x.bgt_object(
                    "wegdeel", "G.bad", x.polygon(x.linear_ring([(181000, 457000), (181001, 457000)]))
                ),
                "fewer than four",
            ),
            (
                x.bgt_object(
                    "wegdeel",
                    "G.bad",
                    x.polygon(x.linear_ring(x.box_points(181000, 457000, 181010, 457010)[:-1])),
                ),
                "closed",
            ),
            (
                x.bgt_object(
                    "wegdeel",
                    "G.bad",
                    x.polygon(
                        x.curve_ring(
                            x.straight((181000, 457000), (181010, 457000)),
                            x.straight((181011, 457000), (181000, 457000)),
                        )
                    ),
                ),
                "do not meet",
            ),
            (
                x.bgt_object(
                    "wegdeel", "G.bad", x.polygon(x.curve_ring(x.arc((181000, 457000), (181001, 457000))))
                ),
                "three points",
            ),
            (x.bgt_object("wegdeel", "G.bad", "<gml:Solid></gml:Solid>"), "Solid"),
            (
                x.bgt_object("wegdeel", "G.bad", x.polygon(x.curve_ring("<gml:Bezier></gml:Bezier>"))),
                "Bezier|no coordinates",
            ),
            (x.bgt_object("wegdeel", "G.bad", BOX + BOX), "more than one"),
            (
                x.bgt_object("wegdeel", "G.bad", "<gml:Polygon></gml:Polygon>"),
                "outer ring",
            ),
        ],
    )
    def test_a_bad_object_is_named_with_its_reason(self, tmp_path, text, reason):
        good = x.bgt_object("wegdeel", "G.good", BOX)
        found, present = read(tmp_path, "wegdeel", good, text, good)
        assert present == len(found) == 3
        assert [isinstance(each, bgt.Refusal) for each in found] == [False, True, False]
        refusal = found[1]
        assert (refusal.file, refusal.place) == ("bgt_wegdeel.gml", "G.bad")
        with pytest.raises(AssertionError, match=reason):
            raise AssertionError(str(refusal))

    def test_without_an_id_the_version_is_named(self, tmp_path):
        refusal = refused(tmp_path, "wegdeel", x.bgt_object("wegdeel", None, BOX, gml_id="b99"))
        assert (refusal.place, refusal.local_id) == ("b99", None)
        assert "lokaalID" in refusal.reason

    def test_a_broken_label_refuses_its_object(self, tmp_path):
        text = x.bgt_object("pand", "G.a", x.multi_surface(BOX), x.house_number("1", 181000, 457000, "steep"))
        assert "rotation" in refused(tmp_path, "pand", text).reason


class TestWholeFiles:
    """What is wrong with the file as a whole stops the reading of it."""

    @pytest.mark.parametrize(
        "crs", ["urn:ogc:def:crs:EPSG::4258", "EPSG:4326", "urn:ogc:def:crs:EPSG::128992"]
    )
    def test_another_coordinate_system(self, tmp_path, crs):
        text = x.bgt_object("wegdeel", "G.bad", x.box(181000, 457000, 181010, 457010, crs=crs))
        with pytest.raises(BadInput, match=r"bgt_wegdeel.gml: G\.bad: .*" + crs):
            read(tmp_path, "wegdeel", text)

    @pytest.mark.parametrize(
        "crs",
        [
            "EPSG:28992",
            "http://www.opengis.net/def/crs/EPSG/0/28992",
            "http://www.opengis.net/gml/srs/epsg.xml#28992",
            "urn:ogc:def:crs:EPSG:9.1:28992",
        ],
    )
    def test_rd_has_many_spellings(self, tmp_path, crs):
        text = x.bgt_object("wegdeel", "G.a", x.box(181000, 457000, 181010, 457010, crs=crs))
        assert area(only(tmp_path, "wegdeel", text)) == 100.0

    @pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.999])
    def test_cut_off_xml(self, tmp_path, cut):
        text = x.gml(*(x.bgt_object("wegdeel", f"G.{n}", BOX) for n in range(20)))
        with pytest.raises(BadInput, match=r"bgt_wegdeel.gml.*line \d+"):
            read(tmp_path, "wegdeel", text[: int(len(text) * cut)])

    def test_no_xml_at_all(self, tmp_path):
        with pytest.raises(BadInput, match="damaged"):
            read(tmp_path, "pand", b"\x00\x01\x02 this is no XML")

    @pytest.mark.parametrize(
        "definition",
        [
            '<!DOCTYPE CityModel [<!ENTITY a "b">]>',
            '<!DOCTYPE CityModel SYSTEM "http://example.invalid/x.dtd">',
            '<!DOCTYPE CityModel [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
        ],
    )
    def test_definitions_of_types_and_entities_are_refused(self, tmp_path, definition):
        head, rest = x.gml(x.bgt_object("wegdeel", "G.a", BOX)).split("\n", 1)
        with pytest.raises(BadInput, match="document type or entities"):
            read(tmp_path, "wegdeel", f"{head}\n{definition}\n{rest}")

    def test_an_object_without_end_does_not_fill_the_memory(self, tmp_path, monkeypatch):
        monkeypatch.setattr("stadsveld.sources.bgt.reader.MAX_OBJECT", 400_000)
        endless = x.bgt_object("wegdeel", "G.a", BOX, "<imgeo:naam>" + "x" * 1_000_000 + "</imgeo:naam>")
        with pytest.raises(BadInput, match="larger than any"):
            read(tmp_path, "wegdeel", endless)

    def test_elements_without_end_inside_each_other(self, tmp_path):
        deep = x.bgt_object("wegdeel", "G.a", BOX, "<a>" * 500 + "</a>" * 500)
        with pytest.raises(BadInput, match="nested deeper"):
            read(tmp_path, "wegdeel", deep)

    def test_an_empty_city_model_holds_nothing(self, tmp_path):
        assert read(tmp_path, "wijk", x.gml("")) == ([], 0)

    def test_elements_beside_the_objects_are_no_objects(self, tmp_path):
        extra = "<gml:boundedBy><gml:Envelope><gml:pos>1 2</gml:pos></gml:Envelope></gml:boundedBy>"
        found, present = read(tmp_path, "wegdeel", x.gml(extra, x.bgt_object("wegdeel", "G.a", BOX)))
        assert (len(found), present) == (1, 1)
