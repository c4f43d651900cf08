"""OGC API – Features over a real central store; the requirements of the standard by their names."""

from __future__ import annotations

import importlib.util
import itertools
import json
import shutil
import subprocess
import sys
import threading

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadsveld import geo
from stadsveld.hub import RunningHub
from stadsveld.hub.features.catalogue import COLLECTIONS
from stadsveld.hub.features.crs import SYSTEMS
from stadsveld.model import ENTITIES, new_id
from stadsveld.store import Store
from stadsveld.sync import RequestsTransport, sync
from support.features_client import CRS84, RD, FeaturesClient
from support.live_hub import LiveHub

X, Y = 203000.0, 503000.0


@pytest.fixture
def client(live_hub: LiveHub) -> FeaturesClient:
    """An administrator of an empty store."""
    return FeaturesClient(live_hub)


def put(hub: LiveHub, entity: str, *rows: dict) -> list[str]:
    """Write rows into the central store."""
    with Store.open(hub.path) as store, store.transaction(capture=False):
        return [store.put(entity, row.pop("id", None), row) for row in rows]


def square(x: float, y: float, size: float, hole: float = 0.0) -> bytes:
    def ring(x: float, y: float, size: float) -> list[tuple[float, float]]:
        return [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]

    inner = [ring(x + (size - hole) / 2, y + (size - hole) / 2, hole)] if hole else []
    return geo.multipolygon_wkb([[ring(x, y, size), *inner]])


# What stands where


def test_core_root_and_api_definition(client: FeaturesClient) -> None:
    """/req/core/root-success, /req/core/api-definition-success: the way in leads everywhere."""
    landing = client.ask("/").json()
    links = {link["rel"]: link for link in landing["links"]}
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= links.keys()
    for rel, link in links.items():
        answer = client.ask(link["href"], headers={"Accept": link["type"]})
        assert answer.status_code == 200, rel
        assert answer.headers["Content-Type"].partition("; charset")[0] == link["type"], rel


def test_core_conformance(client: FeaturesClient) -> None:
    """/req/core/conformance-success: the classes that are promised."""
    promised = client.ask("/conformance").json()["conformsTo"]
    for part, name in ((1, "core"), (1, "oas30"), (1, "html"), (1, "geojson"), (2, "crs")):
        assert f"http://www.opengis.net/spec/ogcapi-features-{part}/1.0/conf/{name}" in promised


def test_core_collections(client: FeaturesClient) -> None:
    """/req/core/fc-md-success, sfc-md-success: each collection is described the same in both places."""
    whole = client.ask("/collections").json()
    assert whole["crs"] == list(SYSTEMS)
    assert [one["id"] for one in whole["collections"]] == list(COLLECTIONS)
    expected = (
        "inspections damages defects sensor-checks tasks photos sensors datastreams road-sections structures"
    )
    assert set(expected.split()) <= set(COLLECTIONS)
    for one in whole["collections"]:
        alone = client.ask(f"/collections/{one['id']}").json()
        assert {key: alone[key] for key in ("id", "title", "crs", "storageCrs", "extent")} == {
            key: one[key] for key in ("id", "title", "crs", "storageCrs", "extent")
        }
        assert alone["storageCrs"] == RD
        assert alone["crs"][0] == CRS84
        rels = {(link["rel"], link["type"]) for link in alone["links"]}
        assert {
            ("items", "application/geo+json"),
            ("items", "text/html"),
            ("self", "application/json"),
        } <= rels
        queryables = client.ask(f"/collections/{one['id']}/queryables").json()
        assert queryables["properties"].keys() == {field.name for field in COLLECTIONS[one["id"]].queryables}


def test_titles_are_in_the_language_of_the_asker(client: FeaturesClient) -> None:
    """Dutch where nothing is asked, English where it is preferred."""
    for accepted, title in (
        ("nl", "Taken"),
        ("en-GB, nl;q=0.5", "Tasks"),
        ("", "Taken"),
        ("fr, *;q=0.1", "Taken"),
    ):
        answer = client.ask("/collections/tasks", headers={"Accept-Language": accepted})
        assert answer.json()["title"] == title
        assert answer.headers["Content-Language"] == title.replace("Taken", "nl").replace("Tasks", "en")


def test_items_of_an_empty_collection(client: FeaturesClient) -> None:
    """Every collection answers, also without a row."""
    for name in COLLECTIONS:
        found = client.items(name)
        assert (found["features"], found["numberReturned"], found["numberMatched"]) == ([], 0, 0)


# Features


def test_core_feature(live_hub: LiveHub, client: FeaturesClient) -> None:
    """/req/core/f-success, f-links: properties as recorded, references as UUID and as link."""
    inspection, photo = new_id(), new_id()
    put(live_hub, "inspection", {"id": inspection, "kind": "road", "status": "finished"})
    fields = {
        "inspection_id": inspection,
        "type": "x",
        "severity": "M",
        "minor_maintenance": True,
        "measured": 1.5,
    }
    (damage,) = put(live_hub, "damage", {**fields, "geom": geo.point_wkb(X, Y)})
    put(
        live_hub,
        "photo",
        {"id": photo, "owner_entity": "damage", "owner_id": damage, "sha256": "ab" * 32, "size": 3},
    )
    found = client.ask(f"/collections/damages/items/{damage}")
    assert found.headers["Content-Type"] == "application/geo+json"
    assert found.headers["Content-Crs"] == f"<{CRS84}>"
    feature = found.json()
    assert (feature["type"], feature["id"]) == ("Feature", damage)
    assert {key: feature["properties"][key] for key in fields} == fields
    assert feature["properties"]["_conflict"] == []
    links = {link["rel"]: link["href"] for link in feature["links"]}
    assert {"self", "alternate", "collection", "related"} <= links.keys()
    assert client.ask(links["related"]).json()["id"] == inspection
    of_photo = client.ask(f"/collections/photos/items/{photo}").json()
    hrefs = {link["rel"]: link["href"] for link in of_photo["links"]}
    assert hrefs["related"].endswith(f"/collections/damages/items/{damage}")
    assert hrefs["enclosure"] == f"{live_hub.url}/v1/photos/{'ab' * 32}"
    assert of_photo["geometry"] is None


def test_what_is_not_there_is_not_found(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Unknown collections, ids, and a slash at the end: 404 as problem details."""
    (task,) = put(live_hub, "task", {"title": "t"})
    paths = [
        "nothing",
        "datasets",
        "plans",
        "tasks/",
        "tasks/items/",
        f"tasks/items/{new_id()}",
        "tasks/items/1",
    ]
    paths += [
        f"damages/items/{task}",
        f"tasks/items/{task}/",
        "tasks/nothing",
        "reading-blocks/items",
        "tasks/items/%00",
    ]
    for path in paths:
        answer = client.ask(f"/collections/{path}", allow_redirects=False)
        assert (path, answer.status_code) == (path, 404)
        assert answer.headers["Content-Type"] == "application/problem+json"
    for path in ("/conformance/", "/collections/", "/openapi.json/"):
        assert client.ask(path, allow_redirects=False).status_code == 404
    assert client.ask(f"/collections/tasks/items/{task.upper()}").json()["id"] == task


def test_personal_and_internal_fields_are_nowhere(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Neither in features, nor as something to ask for, nor in the definition."""
    put(live_hub, "inspection", {"kind": "k", "status": "draft", "inspector": "Jan Jansen"})
    put(live_hub, "task", {"title": "t", "assignee": "Jan Jansen"})
    personal = {field.name for entity in ENTITIES.values() for field in entity.fields if field.personal}
    assert {"inspector", "assignee"} <= personal
    for name in ("inspections", "tasks"):
        for form in ("json", "html"):
            assert "Jansen" not in client.ask(f"/collections/{name}/items", params={"f": form}).text
        assert not personal & client.items(name)["features"][0]["properties"].keys()
        assert "fid" not in client.items(name)["features"][0]["properties"]
        for secret in personal:
            assert client.ask(f"/collections/{name}/items", params={secret: "Jan Jansen"}).status_code == 400
    definition = client.ask("/openapi.json").json()
    for path, item in definition["paths"].items():
        assert not personal & {one.get("name") for one in item["get"]["parameters"]}, path
    for name, schema in definition["components"]["schemas"].items():
        properties = schema.get("properties", {}).get("properties", {})
        assert not personal & properties.get("properties", {}).keys(), name


def test_fields_in_conflict_are_marked(live_hub: LiveHub, client: FeaturesClient, tmp_path) -> None:
    """Two devices that changed one field: the shown value, and the name of the field."""
    with live_hub.replica(tmp_path / "a.sqlite") as one, live_hub.replica(tmp_path / "b.sqlite") as two:
        task = one.put("task", None, {"title": "t", "status": "reported"})
        sync(one, live_hub.transport())
        sync(two, live_hub.transport())
        one.put("task", task, {"title": "one", "assignee": "Jan"})
        two.put("task", task, {"title": "two", "assignee": "Piet"})
        sync(one, live_hub.transport())
        sync(two, live_hub.transport())
    feature = client.ask(f"/collections/tasks/items/{task}").json()
    assert feature["properties"]["_conflict"] == ["title"]
    assert feature["properties"]["title"] in {"one", "two"}


def test_values_that_do_not_fit_break_nothing(live_hub: LiveHub, client: FeaturesClient) -> None:
    """What other programs wrote into the file is given as its type says, or not at all."""
    rows = {"size": "many", "direction": float("inf"), "caption": 12, "owner_id": 'no uuid " <&/?#'}
    put(live_hub, "photo", {"owner_entity": "task", "sha256": "zz/..", **rows})
    put(
        live_hub,
        "datastream",
        {"quality_tests": '{"a": [1e999, NaN, "\\ud800"]}'},
        {"quality_tests": "{broken"},
    )
    properties = client.items("photos")["features"][0]["properties"]
    assert (properties["size"], properties["direction"], properties["caption"]) == (None, None, "12")
    one, two = client.items("datastreams")["features"]
    assert one["properties"]["quality_tests"]["a"][:2] == ["1e999", "NaN"]
    assert two["properties"]["quality_tests"] == "{broken"
    assert client.ask("/collections/photos/items", params={"f": "html"}).status_code == 200


# Coordinate systems


@pytest.mark.parametrize("uri", list(SYSTEMS))
def test_crs_parameter(live_hub: LiveHub, client: FeaturesClient, uri: str) -> None:
    """/req/crs/crs-action, ogc-crs-header: positions in each system, in the order of its axes."""
    put(live_hub, "task", {"title": "t", "geom": geo.point_wkb(X, Y)})
    answer = client.ask("/collections/tasks/items", params={"crs": uri})
    assert answer.headers["Content-Crs"] == f"<{uri}>"
    first, second = answer.json()["features"][0]["geometry"]["coordinates"]
    lat, lon, _height = (float(value) for value in geo.to_etrs(X, Y))
    code = uri.rsplit("/", 1)[1]
    expected = {"CRS84": (lon, lat), "28992": (X, Y)}.get(code, (lat, lon))
    if code == "3857":
        expected = (lon / 180 * 20037508.342789244, second)
        assert (first, second) == pytest.approx(expected, abs=0.001)
        return
    assert (first, second) == pytest.approx(expected, abs=1e-8)


def test_pseudo_mercator_agrees_with_proj(live_hub: LiveHub, client: FeaturesClient) -> None:
    """EPSG:3857 from our longitude and latitude is what PROJ makes of them (in a process of its own)."""
    if importlib.util.find_spec("pyproj") is None:
        pytest.skip("pyproj is not installed: pip install 'stadsveld[dev]'")
    put(live_hub, "task", {"title": "t", "geom": geo.point_wkb(X, Y)})
    lon, lat = client.items("tasks")["features"][0]["geometry"]["coordinates"]
    code = (
        "import pyproj,sys;t=pyproj.Transformer.from_crs('OGC:CRS84','EPSG:3857',always_xy=True);"
        f"print(*t.transform({lon},{lat}))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    found = client.items("tasks", crs="http://www.opengis.net/def/crs/EPSG/0/3857")
    expected = [float(value) for value in told.stdout.split()]
    assert found["features"][0]["geometry"]["coordinates"] == pytest.approx(expected, abs=0.002)


def test_geometries_keep_their_shape(live_hub: LiveHub, client: FeaturesClient) -> None:
    """/req/geojson/content: every type, with holes, exterior rings counter-clockwise."""
    lines = geo.multilinestring_wkb([[(X, Y), (X + 1, Y)], [(X, Y + 5), (X + 1, Y + 5), (X + 2, Y)]])
    put(live_hub, "barrier_line", {"geom": lines})
    put(live_hub, "road_part", {"geom": square(X, Y, 10, hole=4)})
    put(live_hub, "street_object", {"geom": geo.multipoint_wkb([(X, Y), (X + 1, Y)])})
    line = client.items("barrier-lines", crs=RD)["features"][0]["geometry"]
    assert line["type"] == "MultiLineString"
    assert [len(part) for part in line["coordinates"]] == [2, 3]
    assert line["coordinates"][0] == [[X, Y], [X + 1, Y]]
    area = client.items("road-parts", crs=RD)["features"][0]["geometry"]
    assert area["type"] == "MultiPolygon"
    exterior, hole = area["coordinates"][0]
    assert (signed(exterior), signed(hole)) == (100.0, -16.0)
    points = client.items("street-objects", crs=RD)["features"][0]["geometry"]
    assert points == {"type": "MultiPoint", "coordinates": [[X, Y], [X + 1, Y]]}


def signed(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2


def test_a_position_beyond_the_grids_has_none_in_degrees(live_hub: LiveHub, client: FeaturesClient) -> None:
    """RDNAPTRANS does not reach there: no geometry rather than a wrong one; in RD it is there."""
    put(live_hub, "task", {"title": "far", "geom": geo.point_wkb(5_000_000, 500_000)})
    assert client.items("tasks")["features"][0]["geometry"] is None
    assert client.items("tasks", crs=RD)["features"][0]["geometry"]["coordinates"] == [5_000_000, 500_000]


# Questions


def test_core_bbox(live_hub: LiveHub, client: FeaturesClient) -> None:
    """/req/core/fc-bbox-response: what meets the box, whatever its system; not what merely comes near."""
    ring = {"id": new_id(), "name": "ring", "geom": square(X, Y, 100, hole=80)}
    small = {"id": new_id(), "name": "small", "geom": square(X + 45, Y + 45, 10)}
    away = {"id": new_id(), "name": "away", "geom": square(X + 1000, Y, 10)}
    nowhere = {"id": new_id(), "name": "nowhere"}
    names = {row["id"]: row["name"] for row in (ring, small, away, nowhere)}
    put(live_hub, "road_part", ring, small, away, nowhere)

    def met(*box: float, crs: str = RD) -> set[str]:
        given = {"bbox": ",".join(map(repr, box)), "bbox_crs": crs}
        page = client.items("road-parts", **given)
        found = {names[one["id"]] for one in page["features"]}
        assert page["numberMatched"] == len(found)
        return found

    assert met(X - 5, Y - 5, X + 200, Y + 200) == {"ring", "small"}
    assert met(X + 20, Y + 20, X + 30, Y + 30) == set()  # inside the hole
    assert met(X + 48, Y + 48, X + 49, Y + 49) == {"small"}  # inside the surface, on no edge
    assert met(X + 5, Y + 20, X + 6, Y + 30) == {"ring"}
    assert met(X - 10, Y + 50, X + 2000, Y + 50) == {"ring", "small"}  # a box without height
    assert met(X + 100, Y + 100, X + 200, Y + 200) == {"ring"}  # touching a corner
    assert met(X - 5, Y - 5, -100, X + 200, Y + 200, 100) == {"ring", "small"}  # heights do not count
    lat, lon, _h = geo.to_etrs([X + 20, X + 30], [Y + 20, Y + 30])
    assert met(lon[0], lat[0], lon[1], lat[1], crs=CRS84) == set()
    lat, lon, _h = geo.to_etrs([X - 5, X + 120], [Y - 5, Y + 120])
    assert met(lon[0], lat[0], lon[1], lat[1], crs=CRS84) == {"ring", "small"}
    epsg = "http://www.opengis.net/def/crs/EPSG/0/"
    for code in ("4258", "4326", "9067"):
        assert met(lat[0], lon[0], lat[1], lon[1], crs=epsg + code) == {"ring", "small"}
    assert met(-180, -90, 180, 90, crs=CRS84) == {"ring", "small", "away"}
    assert met(-20, 10, -10, 20, crs=CRS84) == set()
    assert met(-2e7, -2e7, 2e7, 2e7, crs=epsg + "3857") == {"ring", "small", "away"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    corner=st.tuples(st.floats(4.0, 6.9), st.floats(51.5, 53.0)),
    size=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)),
)
def test_a_box_in_degrees_holds_exactly_the_points_in_it(grid, corner, size) -> None:
    """The index is asked for a box in RD around it; what the answer holds is decided in degrees."""
    client, places = grid
    box = (*corner, corner[0] + size[0], corner[1] + size[1])
    found = set(client.ids("tasks", bbox=",".join(map(repr, box)), limit=10_000))
    inside = {
        row_id for row_id, (lon, lat) in places.items()
        if box[0] <= lon <= box[2] and box[1] <= lat <= box[3]
    }  # fmt: skip
    assert found == inside


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """A client, and points all over the country by id with their longitude and latitude, unrounded."""
    hub = LiveHub(tmp_path_factory.mktemp("grid") / "central.sqlite")
    rows = {
        new_id(): (float(x), float(y))
        for x in range(20000, 280000, 20000)
        for y in range(310000, 620000, 20000)
    }
    put(
        hub,
        "task",
        *({"id": key, "title": "t", "geom": geo.point_wkb(*place)} for key, place in rows.items()),
    )
    lat, lon, _h = geo.to_etrs(*zip(*rows.values(), strict=True))
    yield FeaturesClient(hub), dict(zip(rows, zip(lon.tolist(), lat.tolist(), strict=True), strict=True))
    hub.stop()


def test_core_datetime(live_hub: LiveHub, client: FeaturesClient) -> None:
    """/req/core/fc-time-response: instants, intervals, open ends; dates; what has no time is in none."""
    times = {
        "a": "2026-05-01T10:00:00Z",
        "b": "2026-05-01T10:00:00.500Z",
        "c": "2026-05-02T00:00:00Z",
        "d": None,
    }
    put(live_hub, "inspection", *({"kind": name, "inspected_at": time} for name, time in times.items()))
    put(live_hub, "task", {"title": "mei", "due": "2026-05-31"}, {"title": "juni", "due": "2026-06-01"})

    def during(text: str, collection: str = "inspections", name: str = "kind") -> str:
        features = client.items(collection, datetime=text)["features"]
        return "".join(sorted(one["properties"][name] for one in features))

    assert during("2026-05-01T10:00:00Z") == "a"
    assert during("2026-05-01T12:00:00+02:00") == "a"
    assert during("2026-05-01T10:00:00.5Z") == "b"
    assert during("2026-05-01") == "ab"
    assert during("2026-05-01T10:00:00.1Z/..") == "bc"
    assert during("../2026-05-01T10:00:00.5Z") == "ab"
    assert during("/2026-05-01T10:00:00Z") == "a"
    assert during("2026-05-01T10:00:00Z/") == "abc"
    assert during("2026-05-01/2026-05-02") == "abc"
    assert during("2026-05-01/2026-05-31", "tasks", "title") == "mei"
    assert during("2026-06-01T00:00:00Z/..", "tasks", "title") == "juni"
    put(live_hub, "datastream", {"name": "n"})
    assert client.items("datastreams", datetime="2000-01-01/..")["features"] == []


def test_property_filters(live_hub: LiveHub, client: FeaturesClient) -> None:
    """/req/core/fc-filter: every property by value, of its own type; filters combine."""
    owner = new_id()
    first = {
        "owner_entity": "task",
        "owner_id": owner,
        "sha256": "a",
        "size": 10,
        "direction": 1.5,
        "caption": "é & ü",
    }
    put(
        live_hub, "photo", first, {**first, "size": 11, "taken_at": "2026-05-01T10:00:00.000Z", "caption": ""}
    )
    put(live_hub, "road_part", {"in_investigation": True, "local_id": "x"}, {"in_investigation": False})

    def count(collection: str, **filters: object) -> int:
        return client.items(collection, **filters)["numberMatched"]

    assert count("photos", size=10) == 1
    assert count("photos", owner_id=owner.upper()) == 2
    assert count("photos", direction="1.50") == 2
    assert count("photos", caption="é & ü", size="+10") == 1
    assert count("photos", caption="") == 1
    assert count("photos", taken_at="2026-05-01T12:00:00+02:00") == 1
    assert count("photos", caption="' OR 1=1 --") == 0
    assert count("road-parts", in_investigation="true") == 1
    assert count("road-parts", in_investigation="false") == 1
    assert count("road-parts", local_id="x", in_investigation="false") == 0


@pytest.mark.parametrize(
    "query",
    [
        "nothing=1", "limit=0", "limit=-1", "limit=x", "limit=", "limit=1.5", "limit=1&limit=2", "f=xml",
        "f=", "bbox=1,2,3", "bbox=1,2,3,x", "bbox=", "bbox=1,2,3,4,5", "bbox=nan,1,2,3", "bbox=1,2,inf,4",
        "bbox=1;2;3;4", "bbox=170,50,-170,55", "bbox=5,53,6,52", "bbox=5,-91,6,52", "bbox=-181,0,1,1",
        "bbox=1,2,3,1e999", "bbox=52,5,53,6,7", "bbox-crs=x", "bbox-crs=EPSG:28992", "crs=",
        "crs=http://www.opengis.net/def/crs/EPSG/0/1",
        "crs=http%3A%2F%2Fwww.opengis.net%2Fdef%2Fcrs%2FEPSG%2F0%2F28992%00", "datetime=", "datetime=..",
        "datetime=/", "datetime=../..", "datetime=yesterday", "datetime=2026-02-30",
        "datetime=2026-01-01/2025-01-01", "datetime=2026-01-01T25:00:00Z", "datetime=2026-01-01T00:00:00",
        "datetime=0000-01-01", "datetime=2026-01-01/2026-01-02/2026-01-03", "datetime=٢٠٢٦-٠١-٠١",
        "cursor=x", "cursor=", "cursor=WyJhIiwxLDJd%00", "cursor=W10", "cursor=WyIiLC0xLDJd",
        "cursor=bnVsbA", "size=ten", "size=", "size=1_0", "size=9223372036854775808", "size=١",
        "direction=nan", "direction=inf", "owner_id=1", "owner_id=", "taken_at=2026-01-01", "taken_at=now",
        "token=secret", "BBOX=1,2,3,4", "caption=" + "x" * 5000,
    ],
)  # fmt: skip
def test_wrong_questions_are_told_so(grid, query: str) -> None:
    """/req/core/query-param-unknown, query-param-invalid: 400, with what is wrong."""
    client, _places = grid
    answer = client.ask(f"/collections/photos/items?{query}")
    assert answer.status_code == 400, answer.text[:200]
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert problem["detail"]
    assert problem["instance"] == "/collections/photos/items"


def test_other_addresses_refuse_parameters_too(grid) -> None:
    """Nothing is silently ignored."""
    client, _places = grid
    for path in (
        "/",
        "/conformance",
        "/collections",
        "/collections/tasks",
        "/collections/tasks/queryables",
        "/openapi.json",
    ):
        assert client.ask(f"{path}?limit=1").status_code == 400
        assert client.ask(f"{path}?f=json").status_code == 200


# Pages


def test_core_limit_and_paging(grid) -> None:
    """/req/core/fc-limit-response, fc-links: pages of the asked size, complete, each feature once."""
    client, places = grid
    pages = list(client.pages("tasks", limit=50))
    assert [page["numberReturned"] for page in pages][:-1] == [50] * (len(pages) - 1)
    assert pages[0]["numberMatched"] == len(places)
    ids = [one["id"] for page in pages for one in page["features"]]
    assert (len(ids), set(ids)) == (len(places), places.keys())
    assert client.items("tasks")["numberReturned"] == 100
    assert client.items("tasks", limit=10**30)["numberReturned"] == len(places)
    rels = {link["rel"] for link in client.items("tasks", limit=10_000)["links"]}
    assert rels == {"self", "alternate", "collection"}
    filtered = client.ids("tasks", limit=7, bbox="4,51,6,53", status="none")
    assert filtered == []
    boxed = client.ids("tasks", limit=7, bbox="5,52,6,53")
    assert len(boxed) == len(set(boxed)) > 7


def test_pages_are_whole_while_others_write(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Rows come, change and go all the while: whoever stays is given once, and the paging ends."""
    staying = put(
        live_hub, "task", *({"title": f"{n}", "geom": geo.point_wkb(X + n, Y)} for n in range(5000))
    )
    going = put(live_hub, "task", *({"title": "going", "geom": geo.point_wkb(X, Y)} for _n in range(600)))
    done = threading.Event()
    written = []

    def write() -> None:
        with Store.open(live_hub.path) as store:
            while not done.is_set() or len(written) < 20:
                with store.transaction(capture=False):
                    for _n in range(10):
                        store.put("task", None, {"title": "new", "geom": geo.point_wkb(X, Y)})
                        if going:
                            store.delete("task", going.pop())
                    store.put("task", staying[len(written) % 5000], {"title": "changed"})
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for parameters in ({}, {"bbox": f"{X - 1},{Y - 1},{X + 6000},{Y + 1}", "bbox_crs": RD}):
            for limit in (97, 1000):
                ids = client.ids("tasks", limit=limit, **parameters)
                assert len(ids) == len(set(ids))
                assert set(staying) <= set(ids)
    finally:
        done.set()
        writer.join()
    assert len(written) >= 20


def test_a_cursor_of_before_a_restore_is_refused(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Keys of another epoch mean other rows: better to begin again."""
    put(live_hub, "task", *({"title": f"{n}"} for n in range(5)))
    page = client.items("tasks", limit=2)
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    with Store.open(live_hub.path) as store:
        store.set_setting("epoch", new_id()[::-1])
    answer = client.ask(following)
    assert (answer.status_code, "restored" in answer.json()["detail"]) == (400, True)


def test_a_page_of_heavy_geometries_ends_early(
    live_hub: LiveHub, client: FeaturesClient, monkeypatch
) -> None:
    """Memory stays bounded: a page may hold fewer than asked, and the rest follows."""
    monkeypatch.setattr("stadsveld.hub.features.reading.FULL", 20_000)
    circle = [(X + n % 500, Y + n * 0.01) for n in range(1000)]
    line = geo.multilinestring_wkb([circle])
    rows = put(live_hub, "barrier_line", *({"geom": line} for _n in range(6)))
    pages = list(client.pages("barrier-lines"))
    assert len(pages) > 1
    assert [one["id"] for page in pages for one in page["features"]] == rows


# Who may see what


def test_items_need_a_token_and_the_definition_does_not(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Without: 401 with how to; wrong, retired, lost: refused. The definition is for everyone."""
    (task,) = put(live_hub, "task", {"title": "t", "geom": geo.point_wkb(X, Y)})
    told = client.ask("/collections/tasks").json()["extent"]["spatial"]["bbox"][0]
    assert told[0] == pytest.approx(told[2])
    secret = client.token
    client.token = None
    paths = (
        "/collections/tasks/items",
        f"/collections/tasks/items/{task}",
        f"/collections/tasks/items?token={secret}",
    )
    for path in paths:
        answer = client.ask(path)
        assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
        assert answer.headers["Content-Type"] == "application/problem+json"
    for path in ("/", "/conformance", "/openapi.json", "/collections", "/collections/tasks"):
        assert client.ask(path).status_code == 200
    assert client.ask("/collections/tasks").json()["extent"]["spatial"]["bbox"] == [[3.2, 50.75, 7.22, 53.7]]
    for wrong in ("Bearer wrong", "Basic x", "Bearer", ""):
        assert client.ask("/collections/tasks/items", headers={"Authorization": wrong}).status_code == 401
    client.token = secret
    for how, status in (("retired", 403), ("lost", 401)):
        live_hub.end(client.device_id, how)
        assert client.ask("/collections/tasks/items").status_code == status


ROLES_SEE = {
    "reader": "none open", "inspector": "none open restricted", "planner": "none open restricted",
    "administrator": "closed none open restricted unknown",
}  # fmt: skip


@pytest.mark.parametrize(("role", "sees"), ROLES_SEE.items())
def test_the_access_class_of_a_dataset_decides(live_hub: LiveHub, role: str, sees: str) -> None:
    """Rows of a dataset are for the roles of its class; an unknown class counts as closed."""
    client = FeaturesClient(live_hub, role)
    rows = fill_classes(live_hub)
    page = client.items("sensors")
    assert " ".join(sorted(one["properties"]["name"] for one in page["features"])) == sees
    assert page["numberMatched"] == len(sees.split())
    hidden = [row_id for name, row_id in rows.items() if name not in sees.split()]
    for row_id in hidden:
        assert client.ask(f"/collections/sensors/items/{row_id}").status_code == 404
    for name in rows.keys() - set(sees.split()):
        assert client.items("sensors", name=name)["numberMatched"] == 0


def fill_classes(hub: LiveHub) -> dict[str, str]:
    rows: dict[str, str] = {}
    for name in ("open", "restricted", "closed", "unknown", "none"):
        dataset = {"name": name, "access_class": None if name == "none" else name}
        (dataset_id,) = put(hub, "dataset", dataset)
        sensor = {"number": name, "name": name, "dataset_id": dataset_id, "geom": geo.point_wkb(X, Y)}
        (rows[name],) = put(hub, "sensor", sensor)
    return rows


def test_a_public_interface_shows_open_datasets_only(live_hub: LiveHub) -> None:
    """Everyone reads rows of open datasets; nothing that people recorded, nothing without a class."""
    fill_classes(live_hub)
    put(live_hub, "task", {"title": "t"})
    reader = FeaturesClient(live_hub, "reader")
    live_hub.stop()
    with RunningHub(live_hub.path, public_api=True) as running:
        client = FeaturesClient.__new__(FeaturesClient)
        client.url, client.token = running.url, None
        assert [one["properties"]["name"] for one in client.items("sensors")["features"]] == ["open"]
        assert client.items("tasks")["features"] == []
        assert client.ask("/collections/tasks").json()["extent"]["spatial"]["bbox"] == [
            [3.2, 50.75, 7.22, 53.7]
        ]
        client.token = reader.token
        assert len(client.items("sensors")["features"]) == 2
        assert len(client.items("tasks")["features"]) == 1
    live_hub.restart()


def test_a_device_sees_its_area_only(live_hub: LiveHub) -> None:
    """What lies in it; without a place of its own what belongs to something in it; across pages."""
    client = FeaturesClient(live_hub, "inspector", [X, Y, X + 100, Y + 100])
    here, there = put(
        live_hub, "task",
        {"title": "here", "geom": geo.point_wkb(X + 50, Y + 50)},
        {"title": "there", "geom": geo.point_wkb(X + 500, Y)},
    )  # fmt: skip
    put(live_hub, "inspection", *({"kind": "here", "task_id": here} for _n in range(7)))
    away = put(live_hub, "inspection", *({"kind": "there", "task_id": there} for _n in range(7)))
    put(live_hub, "inspection", *({"kind": "here", "task_id": here} for _n in range(7)))
    assert client.ids("tasks") == [here]
    kinds = [
        one["properties"]["kind"] for page in client.pages("inspections", limit=3) for one in page["features"]
    ]
    assert kinds == ["here"] * 14
    assert client.ask(f"/collections/tasks/items/{there}").status_code == 404
    assert client.ask(f"/collections/inspections/items/{away[0]}").status_code == 404
    assert "numberMatched" not in client.items("inspections", limit=3)
    extent = client.ask("/collections/tasks").json()["extent"]["spatial"]["bbox"][0]
    lat, lon, _h = geo.to_etrs([X, X + 100], [Y, Y + 100])
    assert extent == pytest.approx([lon[0], lat[0], lon[1], lat[1]], abs=1e-4)


# Forms


def test_html_escapes_what_people_wrote(live_hub: LiveHub, client: FeaturesClient) -> None:
    """A title is shown, never run; nothing on the page comes from elsewhere."""
    attack = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&"
    (task,) = put(
        live_hub, "task", {"title": attack, "note": "javascript:alert(1)", "geom": geo.point_wkb(X, Y)}
    )
    put(live_hub, "photo", {"owner_id": '"><script>', "owner_entity": "task", "sha256": '"><script>'})
    for path in ("tasks/items", f"tasks/items/{task}", "photos/items"):
        answer = client.ask(f"/collections/{path}", headers={"Accept": "text/html,application/json;q=0.5"})
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<script" not in answer.text
        assert "<img" not in answer.text
        assert "src=" not in answer.text.replace("src=x onerror", "")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "&lt;script&gt;alert(" in client.ask("/collections/tasks/items?f=html").text


def test_html_of_everything_is_accessible(grid) -> None:
    """/req/html/content: each address has a page with a language, a title, headings and captions."""
    client, places = grid
    paths = [
        "/",
        "/conformance",
        "/collections",
        "/openapi.json",
        "/collections/tasks",
        "/collections/tasks/queryables",
    ]
    paths += ["/collections/tasks/items", f"/collections/tasks/items/{next(iter(places))}"]
    for language in ("nl", "en"):
        for path in paths:
            page = client.ask(f"{path}?f=html", headers={"Accept-Language": language}).text
            assert page.startswith(f'<!DOCTYPE html><html lang="{language}">')
            assert page.count("<h1>") == 1
            assert page.count("<table>") == page.count("<caption>")
            assert "http-equiv" not in page
    page = client.ask("/collections/tasks/items?f=html&limit=5").text
    assert 'rel="next"' in page
    assert page.count('<th scope="row">') == 5


def test_content_negotiation(grid) -> None:
    """`f` before `Accept`; JSON where nothing is preferred; 406 where nothing fits."""
    client, _places = grid
    wanted = {
        "*/*": "application/geo+json",
        "text/html": "text/html; charset=utf-8",
        "application/json": "application/geo+json",
        "application/geo+json, text/html;q=0.9": "application/geo+json",
        "text/html, application/xhtml+xml, */*;q=0.8": "text/html; charset=utf-8",
        "text/*": "text/html; charset=utf-8",
        "application/*;q=0.2, text/html;q=0.1": "application/geo+json",
        "text/html;q=x, */*": "application/geo+json",
    }
    for accept, media in wanted.items():
        answer = client.ask("/collections/tasks/items", headers={"Accept": accept})
        assert (accept, answer.headers["Content-Type"]) == (accept, media)
    assert client.ask("/collections/tasks/items", headers={"Accept": "image/png"}).status_code == 406
    assert client.ask("/collections/tasks/items", headers={"Accept": "text/html;q=0"}).status_code == 406
    forced = client.ask("/collections/tasks/items?f=json", headers={"Accept": "image/png"})
    assert forced.headers["Content-Type"] == "application/geo+json"


def test_dutch_api_design_rules(grid) -> None:
    """Version and security headers, CORS with its preflight, HEAD, 405 with what is allowed."""
    client, _places = grid
    for path in (
        "/",
        "/openapi.json",
        "/collections/tasks/items",
        "/collections/nothing",
        "/collections/tasks/items?x=1",
    ):
        answer = client.ask(path)
        assert answer.headers["API-Version"].count(".") == 2
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    head = client.ask("/collections/tasks/items", "HEAD")
    assert (head.status_code, head.content, head.headers["Content-Type"]) == (
        200,
        b"",
        "application/geo+json",
    )
    asked = {"Origin": "https://kaart.example", "Access-Control-Request-Headers": "authorization"}
    preflight = requests.options(f"{client.url}/collections/tasks/items", headers=asked, timeout=30)
    assert preflight.status_code == 204
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        refused = client.ask("/collections/tasks/items", method)
        assert (method, refused.status_code, refused.headers["Allow"]) == (method, 405, "GET, HEAD, OPTIONS")
    definition = client.ask("/openapi.json").json()
    assert definition["openapi"].startswith("3.0.")
    assert definition["info"]["version"] == client.ask("/").headers["API-Version"]
    assert "bearer" in definition["components"]["securitySchemes"]


def test_the_sync_routes_are_as_they_were(live_hub: LiveHub) -> None:
    """The interface at the root takes nothing away from the rest of the service."""
    way = RequestsTransport(live_hub.url, None, timeout=30)
    assert way.request("GET", "/v1/health").status == 200
    assert way.request("GET", "/v1/nowhere").status == 404


def test_too_many_questions_are_told_when_to_come_back(live_hub: LiveHub, client: FeaturesClient) -> None:
    """Wrong tokens run out soon, for the address they come from: 429 as problem details."""
    wrong = {"Authorization": "Bearer wrong"}
    session = requests.Session()
    for _number in range(600):
        answer = session.get(f"{live_hub.url}/collections/tasks/items", headers=wrong, timeout=30)
        if answer.status_code == 429:
            break
        assert answer.status_code == 401
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    assert client.ask("/collections/tasks/items").status_code == 200


def test_reading_is_counted_and_logged(live_hub: LiveHub, client: FeaturesClient, caplog) -> None:
    """Who reads is in the log and in the audit log, as with the rest of the service; no token is."""
    caplog.set_level("INFO", logger="stadsveld.hub")
    client.items("tasks", title="x")
    client.ask("/collections/tasks/items?x=1")
    lines = [json.loads(record.message) for record in caplog.records if record.name == "stadsveld.hub"]
    (fine, wrong) = [line for line in lines if line["path"] == "/collections/tasks/items"]
    assert (fine["device"], fine["role"], fine["status"]) == (client.device_id, "administrator", 200)
    assert wrong["status"] == 400
    assert str(client.token) not in caplog.text
    live_hub.stop()
    with Store.open(live_hub.path) as store:
        audit = [str(tuple(row)) for row in store.connection.execute("SELECT * FROM stadsveld_audit")]
    assert any("GET /collections/tasks/items" in line for line in audit)
    live_hub.restart()


def test_reading_does_not_wait_for_a_writer(live_hub: LiveHub, client: FeaturesClient) -> None:
    """While somebody is in the middle of writing, readers get what was there before."""
    put(live_hub, "task", {"title": "before"})
    with Store.open(live_hub.path) as store:
        store.connection.execute("BEGIN IMMEDIATE")
        store.connection.execute("UPDATE task SET title = 'half written'")
        for form in ("json", "html"):
            answer = client.ask("/collections/tasks/items", params={"f": form})
            assert (answer.status_code, "before" in answer.text) == (200, True)
        store.connection.execute("ROLLBACK")


def test_gdal_reads_all_pages(grid, tmp_path) -> None:
    """GDAL, on which much other software stands, gets every feature by a header with the token."""
    if shutil.which("ogr2ogr") is None:
        pytest.skip("ogr2ogr is not installed (Debian: gdal-bin)")
    client, places = grid
    target = tmp_path / "tasks.geojson"
    command = [
        "ogr2ogr",
        "-f",
        "GeoJSON",
        "--config",
        "GDAL_HTTP_HEADERS",
        f"Authorization: Bearer {client.token}",
    ]
    command += ["-oo", "PAGE_SIZE=50", str(target), f"OAPIF:{client.url}", "tasks"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    features = json.loads(target.read_text(encoding="utf-8"))["features"]
    assert sorted(one["properties"]["id"] for one in features) == sorted(places)
