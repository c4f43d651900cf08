"""The map: a camera that obeys fingers, scenes of what is in view, triangles that cover polygons."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadsveld_field.map import geometry
from stadsveld_field.map.camera import CLOSEST, FARTHEST, Camera
from stadsveld_field.map.scene import Shapes, build
from stadsveld_field.map.tessellate import tessellate
from support.field_workspace import CORNER, section_id

inside_view = st.tuples(st.floats(0, 360), st.floats(0, 560))


@given(place=inside_view, factor=st.floats(0.2, 5))
def test_zooming_leaves_what_is_under_the_finger_there(place, factor):
    camera = Camera(mpp=0.5)
    before = camera.to_world(*place)
    camera.zoom(factor, *place)
    assert camera.to_screen(*before) == pytest.approx(place, abs=1e-6)
    assert CLOSEST <= camera.mpp <= FARTHEST


@given(place=inside_view, move=st.tuples(st.floats(-500, 500), st.floats(-500, 500)))
def test_panning_moves_the_picture_with_the_finger(place, move):
    camera = Camera()
    under = camera.to_world(*place)
    camera.pan(*move)
    assert camera.to_screen(*under) == pytest.approx((place[0] + move[0], place[1] + move[1]), abs=1e-6)


@pytest.mark.parametrize("frames", [7, 60, 240])
def test_a_fling_goes_as_far_at_every_frame_rate_and_ends(frames):
    camera = Camera(x=0, y=0, mpp=1)
    camera.fling(-800, 0)
    for _frame in range(2 * frames):
        camera.step(1 / frames)
    assert camera.x == pytest.approx(800 / 4, rel=0.07)
    assert not camera.is_moving


def test_the_scale_bar_is_round_and_fits():
    for mpp in (0.02, 0.1, 0.37, 1.0, 3.9):
        metres, length = Camera(mpp=mpp).scale_bar()
        assert length <= 110
        assert metres / 10 ** math.floor(math.log10(metres)) == pytest.approx(
            round(metres / 10 ** math.floor(math.log10(metres)))
        )
        assert length == pytest.approx(metres / mpp)


def ring(*points):
    return np.array([*points, points[0]], np.float32)


def test_triangles_cover_a_polygon_without_its_hole():
    square = [ring((0, 0), (10, 0), (10, 10), (0, 10)), ring((2, 2), (8, 2), (8, 8), (2, 8))]
    triangles = tessellate(square).reshape(-1, 3, 2)
    sides = triangles[:, 1:] - triangles[:, :1]
    area = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2
    assert area == pytest.approx(64)


def test_a_polygon_that_is_no_polygon_gives_no_triangles():
    assert tessellate([ring((0, 0), (1, 1), (2, 2))]).shape == (0, 2)


@given(x=st.floats(-1, 11), y=st.floats(-1, 11))
def test_a_point_in_the_hole_is_not_in_the_polygon(x, y):
    rings = [ring((0, 0), (10, 0), (10, 10), (0, 10)), ring((2, 2), (8, 2), (8, 8), (2, 8))]
    if geometry.distance(rings, x, y) < 1e-5:
        return
    expected = 0 < x < 10 and 0 < y < 10 and not (2 < x < 8 and 2 < y < 8)
    assert geometry.contains(rings, x, y) is expected


def test_the_point_of_a_curved_section_is_in_it():
    horseshoe = [ring((0, 0), (30, 0), (30, 20), (26, 20), (26, 4), (4, 4), (4, 20), (0, 20))]
    assert geometry.contains(horseshoe, *geometry.interior_point(horseshoe))


def test_the_main_axis_of_a_street_is_its_direction():
    turn = math.radians(35)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    corners = [(0, 0), (100, 0), (100, 6), (0, 6)]
    street = ring(*((u * along[0] + v * across[0], u * along[1] + v * across[1]) for u, v in corners))
    angle, extent = geometry.main_axis(street)
    assert angle == pytest.approx(turn, abs=1e-5)
    assert extent == pytest.approx(100, abs=0.1)


def test_an_outline_has_the_area_of_its_strokes():
    triangles = geometry.outline([ring((0, 0), (100, 0), (100, 100), (0, 100))], 2.0).reshape(-1, 3, 2)
    sides = triangles[:, 1:] - triangles[:, :1]
    area = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2
    assert area == pytest.approx(4 * 102 * 2)


def view(x, y, width, height):
    return CORNER[0] + x, CORNER[1] + y, CORNER[0] + x + width, CORNER[1] + y + height


def test_a_scene_holds_what_is_in_view_and_a_margin_and_no_more(workspace):
    shapes = Shapes(tessellate)
    scene = build(workspace.store, view(0, 90, 60, 30), 0.2, shapes)
    assert {found.id for found in scene.sections} == {section_id("W-001")}
    whole = build(workspace.store, view(0, 0, 200, 200), 0.5, shapes)
    assert len(whole.sections) == 6
    assert {role for kind, role, _triangles in whole.batches if kind == "fill"} >= {
        "map_water",
        "map_green",
        "map_building",
    }


def test_coordinates_of_a_scene_are_small_enough_for_millimetres_in_float32(workspace):
    scene = build(workspace.store, view(0, 0, 200, 200), 0.5, Shapes(tessellate))
    for _kind, _role, triangles in scene.batches:
        assert triangles.dtype == np.float32
        assert np.abs(triangles).max() < 8192
    found = scene.section(section_id("W-002"))
    corner = found.parts[0][0].min(axis=0) + np.array(scene.origin)
    assert corner == pytest.approx((CORNER[0] + 105, CORNER[1] + 100), abs=0.001)


def test_a_tap_finds_the_section_under_it_or_near_it(workspace):
    scene = build(workspace.store, view(0, 0, 200, 200), 0.5, Shapes(tessellate))
    x, y = CORNER
    assert scene.section_at(x + 50, y + 104, 0).id == section_id("W-001")
    assert scene.section_at(x + 50, y + 110, 3).id == section_id("W-001")
    assert scene.section_at(x + 50, y + 114, 3) is None


def test_colour_never_stands_alone_a_damaged_section_has_a_pattern_and_a_letter(workspace, linden):
    from stadsveld_field.forms.damage import DamageForm

    form = DamageForm.open(workspace, linden)
    for field, value in (("type", "gaten"), ("severity", "M"), ("extent", "1")):
        form.set(field, value)
    form.finish()
    scene = build(workspace.store, view(0, 0, 200, 200), 0.3, Shapes(tessellate))
    assert ("pattern", "stripes") in {(kind, role) for kind, role, _triangles in scene.batches}
    assert [label.text for label in scene.labels if label.kind == "section_m"] == ["M"]


def test_labels_do_not_lie_over_each_other(workspace):
    scene = build(workspace.store, view(0, 0, 200, 200), 0.5, Shapes(tessellate))
    streets = [label for label in scene.labels if label.kind == "street"]
    assert {label.text for label in streets} == {"Lindelaan", "Beukenhof", "Kanaalpad", "Zandpad"}
    assert all(-math.pi / 2 <= label.angle <= math.pi / 2 for label in streets)


def test_an_unchanged_shape_is_made_once_and_a_changed_one_again(workspace):
    made = []

    def count(rings):
        made.append(len(rings))
        return tessellate(rings)

    shapes = Shapes(count)
    build(workspace.store, view(0, 0, 200, 200), 0.5, shapes)
    first = len(made)
    build(workspace.store, view(0, 0, 200, 200), 0.5, shapes)
    assert len(made) == first
    from stadsveld import geo
    from support.field_workspace import box

    workspace.store.put("road_section", section_id("W-001"), {"geom": geo.wkb_from_blob(box(0, 100, 90, 8))})
    build(workspace.store, view(0, 0, 200, 200), 0.5, shapes)
    assert len(made) == first + 1


def test_making_a_scene_can_be_stopped(workspace):
    assert build(workspace.store, view(0, 0, 200, 200), 0.5, Shapes(tessellate), lambda: False) is None
