"""What a plan may say of the basemap, and how each fault is told."""

import json

import pytest

from gisplan.errors import OutputError, PlanError
from gisplan.plan import load_plan
from gisplan.plan.basemap import hosts_of
from gisplan.show.basemap import require_basemap

HEAD = '[plan]\nname = "park"\n[layers.zones]\npath = "park.gpkg"\n[map]\n'
URL = "https://tile.example.com/{z}/{x}/{y}.png"


def plan(folder, basemap):
    (folder / "park.gpkg").touch()
    file = folder / "plan.toml"
    file.write_text(f"{HEAD}basemap = {basemap}\n", encoding="utf-8")
    return load_plan(file)


def faults(folder, basemap):
    with pytest.raises(PlanError) as caught:
        plan(folder, basemap)
    assert all(f.startswith("plan.toml: [map.basemap]") and "\n" not in f for f in caught.value.faults)
    return [f.removeprefix("plan.toml: [map.basemap] ") for f in caught.value.faults]


ONE = {
    '"osn"': "unknown basemap 'osn'; did you mean 'osm'?",
    "{ }": "give one of name, url, wmts, mbtiles or folder (found: none)",
    '{ name = "osm", url = "x" }': "give one of name, url, wmts, mbtiles or folder (found: name, url)",
    '{ name = "osm", opacity = 1 }': "unknown key 'opacity'; valid names: ",
    '{ name = "osm", key = "k" }': "key: osm takes none.",
    '{ name = "osm", max_mb = 3 }': "max_mb: does not go with name; beside it you can give allow_key_in_file, key.",
    f'{{ url = "{URL}" }}': "attribution is missing; say whose the tiles are.",
    '{ url = "https://a.com/{z}/{x}.png", attribution = "A" }': "url: {y} is missing (or {-y} where ",
    '{ url = "https://a.com/{z}/{x}/{Y}/{y}", attribution = "A" }': "url: unknown placeholder {Y}; ",
    '{ url = "ftp://a.com/{z}/{x}/{y}", attribution = "A" }': "url: expected an address such as https://",
    '{ url = "https://u:p@a.com/{z}/{x}/{y}", attribution = "A" }': "url: expected an address such as https://",
    '{ url = "https://a.com;script-src/{z}/{x}/{y}", attribution = "A" }': "url: expected an address such as https://",
    '{ url = "https://*/{z}/{x}/{y}", attribution = "A" }': "url: expected an address such as https://",
    '{ url = "https://a.com:x/{z}/{x}/{y}", attribution = "A" }': "url: expected an address such as https://",
    '{ url = "https://瓦.com/{z}/{x}/{y}", attribution = "A" }': "url: may hold no spaces, quotes or other ",
    '{ url = "https://{s}.a.com/{z}/{x}/{y}", attribution = "A" }': "url: {s} and subdomains = ",
    '{ url = "https://{s}.a.com/{z}/{x}/{y}", attribution = "A", subdomains = ["a b"] }': "subdomains: 'a b' cannot be ",
    '{ url = "https://a.com/{z}/{x}/{y}?tk=abc", attribution = "A" }': "url: holds a key. Write tk={key} there, and ",
    '{ url = "https://a.com/{z}/{x}/{y}?k={key}", attribution = "A" }': "the key would be readable by everyone ",
    f'{{ url = "{URL}", attribution = "A", key = "k" }}': "key: url has no place for it. Write {key} there.",
    f'{{ url = "{URL}", attribution = "A", min_zoom = 9, max_zoom = 3 }}': "max_zoom: 3 is less than min_zoom, 9.",
    f'{{ url = "{URL}", attribution = "A", max_zoom = "18" }}': "max_zoom: ",
    f'{{ url = "{URL}", attribution = "A", max_zoom = 40 }}': "max_zoom: must be at most 22, found 40.",
    f'{{ url = "{URL}", attribution = "A", datum = "bd09" }}': "datum: expected 'wgs84' or 'gcj02', found 'bd09'.",
    '{ wmts = "https://a.com/w", attribution = "A", layer = "l" }': "matrix_set is missing; a WMTS has to be told.",
    '{ wmts = "https://a.com/w", attribution = "A", layer = "l", matrix_set = "EPSG:4490" }': "matrix_set: 'EPSG:4490' is",
    '{ wmts = "https://a.com/w", attribution = "A", layer = "l", matrix_set = "w", matrix = "m" }': "matrix: {z} is missing",
    '{ mbtiles = "park.gpkg", max_mb = 0 }': "max_mb: must be more than 0, found 0.",
    '{ mbtiles = "parc.gpkg" }': "mbtiles: there is no file 'parc.gpkg'. Did you mean 'park.gpkg'?",
    '{ folder = "tiles/{z}/{x}.png", attribution = "A" }': "folder: expected a path such as ",
}  # fmt: skip


@pytest.mark.parametrize("basemap", ONE)
def test_one_fault(basemap, tmp_path):
    (found,) = faults(tmp_path, basemap)
    assert found.startswith(ONE[basemap])


def test_all_faults_at_once(tmp_path):
    found = faults(tmp_path, '{ url = "https://a.com/{q}/{x}", subdomains = ["a"], max_mb = 3 }')
    assert len(found) == 6 and len(set(found)) == 6


@pytest.mark.parametrize("name", ["tianditu", "tianditu-image"])
def test_a_key_goes_into_the_map_only_when_the_plan_says_so(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GISPLAN_TIANDITU_KEY", "secret")
    (found,) = faults(tmp_path, f'"{name}"')
    assert found.startswith(f"{name}: its key would be readable by everyone who has the map. If that may be, write")
    assert "secret" not in found
    allowed = plan(tmp_path, f'{{ name = "{name}", allow_key_in_file = true }}')
    require_basemap(allowed)
    monkeypatch.delenv("GISPLAN_TIANDITU_KEY")
    with pytest.raises(OutputError, match="set the environment variable GISPLAN_TIANDITU_KEY, or write key"):
        require_basemap(allowed)


def test_a_key_of_the_plan_is_written_nowhere_but_into_the_map(tmp_path):
    made = plan(tmp_path, '{ name = "tianditu", key = "very-secret", allow_key_in_file = true }')
    require_basemap(made)
    assert "very-secret" not in json.dumps(made.model_dump(mode="json")) and "very-secret" not in repr(made)


def test_hosts_are_those_asked_and_no_others():
    assert hosts_of("https://tile.a.com/{z}/{x}/{y}.png?x=https://evil.com", ()) == ("https://tile.a.com",)
    assert hosts_of("http://{s}.a.com:8080/{z}", ["a", "b"]) == ("http://a.a.com:8080", "http://b.a.com:8080")
    assert hosts_of("https://a.com/{s}/{z}", ["a", "b"]) == ("https://a.com",)


def test_no_basemap_is_the_default(tmp_path):
    (tmp_path / "park.gpkg").touch()
    (tmp_path / "plan.toml").write_text(HEAD.replace("[map]", ""), encoding="utf-8")
    made = load_plan(tmp_path / "plan.toml")
    assert made.map.basemap is None
    require_basemap(made)
