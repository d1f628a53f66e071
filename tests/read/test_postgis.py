"""A real PostGIS, started here on loopback in a cluster of its own, gives the figures of the GeoPackage."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from park_files import ONLY_PARCELS, buildings, parcels, roads, run, study, water, zone_figures, zones

pwd = pytest.importorskip("pwd", reason="starting a server of its own needs Linux or macOS")

P = "layers.parcels"
SECRET = "s3cr3t:w@rd/%"
ESCAPED = "s3cr3t%3Aw%40rd%2F%25"


def programs():
    """Folder of the server's programs, the newest; None where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[4]))
    plain = shutil.which("initdb")
    return found[-1].parent if found else Path(plain).parent if plain else None


def missing(reason):
    if os.environ.get("GISPLAN_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def server():
    """Address of a database with PostGIS, filled with the park."""
    psycopg = pytest.importorskip("psycopg") if os.environ.get("GISPLAN_REQUIRE_ALL") != "1" else __import__("psycopg")
    home = programs()
    if home is None:
        missing("no PostgreSQL server programs on this machine")
    # The server refuses to run as root, and its user cannot look into folders of pytest.
    user = ["runuser", "-u", "postgres", "--"] if os.name == "posix" and os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="gisplan-postgis-"))
    if user:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def do(*command):
        subprocess.run([*user, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    word = folder / "word"
    word.write_text(SECRET)
    word.chmod(0o644)
    data = str(folder / "data")
    try:
        do(str(home / "initdb"), "-D", data, "-U", "planner", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256",
           f"--pwfile={word}", "--no-sync")  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        do(str(home / "pg_ctl"), "-D", data, "-o", options, "-w", "-l", str(folder / "log"), "start")
        try:
            address = f"postgresql://planner:{ESCAPED}@127.0.0.1:{port}/postgres"
            with psycopg.connect(address, autocommit=True) as connection:
                try:
                    connection.execute("CREATE EXTENSION postgis")
                except psycopg.Error:
                    missing("PostgreSQL has no PostGIS on this machine")
                fill(connection)
            yield address
        finally:
            do(str(home / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(connection):
    """The park's layers as tables of a schema called 园区."""
    connection.execute('CREATE SCHEMA "园区"')
    for make in (zones, parcels, buildings, roads, water):
        frame = make()
        columns = [c for c in frame.columns if c != "geometry"]
        types = {
            c: "numeric" if frame[c].dtype == float else "integer" if frame[c].dtype == int else "text" for c in columns
        }
        name = f'"园区"."{make.__name__}"'
        defined = ", ".join(f'"{c}" {t}' for c, t in types.items())
        connection.execute(f"CREATE TABLE {name} ({defined}, geom geometry(Geometry, 4549))")
        places = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {name} VALUES ({places}, ST_GeomFromWKB(%s, 4549))",
                [
                    (*row[:-1], row[-1].wkb)
                    for row in frame[[*columns, "geometry"]].astype(object).itertuples(index=False)
                ],
            )
    connection.execute('CREATE TABLE plain (parcel_id text); CREATE TABLE "a""; DROP TABLE plain; --" (geom geometry)')
    connection.execute("INSERT INTO plain VALUES ('1')")
    # Two sorts of shapes, none, and two columns of them.
    connection.execute(
        "CREATE TABLE mixed AS SELECT '1' AS parcel_id, ST_SetSRID(ST_Point(1, 2), n) AS geom FROM unnest(ARRAY[4490, 4549]) n"
    )
    connection.execute(
        "CREATE TABLE twofold AS SELECT '1' AS parcel_id, ST_Point(1, 2) AS a, ST_Expand(ST_Point(3, 4), 1) AS b"
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    assert run(study(folder)) == 0
    return folder / "out"


def everything(address, **changes):
    """Plan that reads every layer from the database."""
    layer = lambda name: {"path": address, "layer": f"园区.{name}"}  # noqa: E731
    return {
        "layers.zones": layer("zones"),
        P: {**layer("parcels"), "code_system": "ydyh2023"},
        "layers.buildings": layer("buildings"),
        "layers.roads": layer("roads"),
        "layers.services.water": {**layer("water"), "reach_m": 50},
        **changes,
    }


def test_tables_give_the_figures_of_the_geopackage(server, plain, tmp_path):
    assert run(study(tmp_path, plan=everything(server))) == 0
    got, expected = zone_figures(tmp_path / "out"), zone_figures(plain)
    assert list(got.columns) == list(expected.columns) and list(got.index) == list(expected.index)
    numbers = expected.select_dtypes("number").columns
    np.testing.assert_allclose(got[numbers], expected[numbers], rtol=1e-9, atol=1e-9)
    got, expected = (pd.read_csv(f / "parcels.csv", dtype={"parcel_id": str}) for f in (tmp_path / "out", plain))
    pd.testing.assert_frame_equal(got, expected)
    assert run(study(tmp_path, plan=everything(server)), tmp_path / "again") == 0
    for name in ("zones.csv", "indicators.csv", "parcels.csv", "balance.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_a_query_and_what_the_record_says_of_it(server, plain, tmp_path):
    sql = (
        "SELECT parcel_id AS \"ZDDM\", land_use, land_area::numeric(12, 2), geom::geometry AS place, 'x%s' AS note\n"
        "FROM \"园区\".parcels WHERE parcel_id LIKE '0%'; "
    )
    assert run(study(tmp_path, plan={P: {"path": server, "sql": sql, "code_system": "ydyh2023"}})) == 0
    assert (tmp_path / "out/zones.csv").read_bytes() == (plain / "zones.csv").read_bytes()
    text = (tmp_path / "out/run.json").read_text(encoding="utf-8")
    shown = server.replace(f":{ESCAPED}", "")
    record = json.loads(text)
    (entry,) = [i for i in record["inputs"] if "database" in i]
    assert entry["database"] == shown and entry["query"] == sql.strip().rstrip(";") and entry["rows"] == 60
    assert len(entry["sha256"]) == 64 and record["plan"]["layers"]["parcels"]["path"] == shown
    for file in (tmp_path / "out").iterdir():
        content = file.read_bytes()
        assert SECRET.encode() not in content and ESCAPED.encode() not in content, file.name
    # Another value in one row is another hash.
    other = sql.replace("land_area::", "(land_area + (parcel_id = '0101')::int)::")
    assert run(study(tmp_path, plan={P: {"path": server, "sql": other, "code_system": "ydyh2023"}})) == 0
    record = json.loads((tmp_path / "out/run.json").read_text(encoding="utf-8"))
    assert entry["sha256"] not in [i["sha256"] for i in record["inputs"]]


def test_curves_and_geography(server, tmp_path):
    """A circle of 40 m, and a table in degrees."""
    sql = (
        "SELECT '1' AS zone_id, 'CURVEPOLYGON(CIRCULARSTRING(500040 3400000, 500000 3400040, 499960 3400000, "
        "500000 3399960, 500040 3400000))'::geometry AS geom"
    )
    inside = 'SELECT parcel_id, geography(ST_Transform(geom, 4326)) AS geog FROM "园区".parcels'
    plan = {
        "layers.zones": {"path": server, "sql": sql, "crs": "EPSG:4549"},
        P: {"path": server, "sql": inside},
        **ONLY_PARCELS,
    }
    assert run(study(tmp_path, plan=plan)) == 0
    zone = zone_figures(tmp_path / "out").iloc[0]
    assert zone["zone_area_m2"] == pytest.approx(np.pi * 1600, rel=1e-3)
    assert zone["parcel_area_m2"] == pytest.approx(np.pi * 400, rel=1e-3)  # the north-east quarter lies on parcel 0101


def test_nothing_is_written_to_the_database(server, tmp_path, capsys):
    import psycopg

    for sql in (
        "DELETE FROM plain RETURNING *, NULL::geometry",
        "SELECT NULL::geometry) AS x; COMMIT; DROP TABLE plain; --",
        "WITH gone AS (DELETE FROM plain RETURNING *) SELECT *, NULL::geometry FROM gone",
    ):
        assert run(study(tmp_path, plan={P: {"path": server, "sql": sql}})) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and "does not answer the query" in told
    with psycopg.connect(server) as connection:
        assert connection.execute("SELECT count(*) FROM plain").fetchone() == (1,)


FAULTS = {
    "no_such_table": (
        {"layer": "园区.parcel"},
        "has no table '园区.parcel'. It has: public.a\"; DROP TABLE plain; --, public.mixed, public.plain, "
        "public.twofold, 园区.buildings, 园区.parcels, 园区.roads, 园区.water, 园区.zones.",
    ),
    "no_shapes": (
        {"layer": "plain"},
        "the query gives no shapes (columns parcel_id). Select a column of type geometry.",
    ),
    "sql_error": (
        {"sql": "SELEC 1"},
        'does not answer the query (syntax error at or near "1"). Correct it in the plan.',
    ),
    "unknown_column": (
        {"sql": "SELECT nix FROM plain"},
        'does not answer the query (column "nix" does not exist). Correct it in the plan.',
    ),
    "two_systems": (
        {"layer": "mixed"},
        "its shapes are in 2 coordinate systems (SRID 4490, 4549). Bring them into one with ST_Transform in sql.",
    ),
    "two_columns_of_shapes": (
        {"layer": "twofold"},
        'the query gives 2 columns of shapes (a, b). Name one: geometry = { wkt = "…" }.',
    ),
    "no_rows": (
        {"layer": 'a"; DROP TABLE plain; --'},
        'a"; DROP TABLE plain; -- has no records. Give a layer that has some, or leave it out of the plan.',
    ),
    "neither": ({}, 'a database needs either sql = "SELECT …" or layer = "schema.table".'),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_are_told_in_one_line(case, server, tmp_path, capsys):
    keys, message = FAULTS[case]
    assert run(study(tmp_path, plan={P: {"path": server, **keys}})) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.rstrip("\n").endswith(message), told
    assert "[layers.parcels]" in told and SECRET not in told and ESCAPED not in told


def test_one_of_two_columns_of_shapes(server, tmp_path, capsys):
    """Points in one, a square in the other, which is taken for degrees and so lies off the coast of Africa."""
    plan = {P: {"path": server, "layer": "twofold", "geometry": {"wkt": "b"}}}
    assert run(study(tmp_path, plan=plan)) == 2
    assert "none of its 1 record lies in any of the 2 zones" in capsys.readouterr().err


def test_a_wrong_password_is_not_shown(server, tmp_path, capsys):
    wrong = server.replace(ESCAPED, "geheim")
    assert run(study(tmp_path, plan={P: {"path": wrong, "layer": "园区.parcels"}})) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "geheim" not in told and "password authentication failed" in told


def test_a_server_that_is_not_there(tmp_path, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"postgresql://planner:geheim@127.0.0.1:{port}/park?sslpassword=auch-geheim"
    assert run(study(tmp_path, plan={P: {"path": address, "layer": "parcels"}})) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"gisplan: [layers.parcels]: postgresql://planner@127.0.0.1:{port}/park cannot be reached (")
    assert told.count("\n") == 1 and "geheim" not in told


@pytest.mark.parametrize(
    "address", ["postgresql://u:gehe%zzim@h/d", "postgresql://u:geheim@[h/d", "postgresql://h/d?geheim=1"]
)
def test_an_address_that_is_none(address, tmp_path, capsys):
    assert run(study(tmp_path, plan={P: {"path": address, "layer": "parcels"}})) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels]: the address of the database cannot be understood. "
        "Write postgresql://user@host:port/database, with %40 for an @ in a name.\n"
    )


def test_the_extra_that_is_missing(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert run(study(tmp_path, plan={P: {"path": "postgresql://u@h/d", "layer": "parcels"}})) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels]: a database needs a part that is not installed. "
        'Run: pip install "gisplan[postgis]".\n'
    )


def test_a_ledger_is_no_database(tmp_path, capsys):
    plan = {f"{P}.ledger": {"path": "postgresql://u:geheim@h/d", "key": "k"}}
    assert run(study(tmp_path, plan=plan)) == 2
    assert capsys.readouterr().err == (
        "gisplan: plan.toml: [layers.parcels.ledger] path: a database can be the path of a layer, not of a ledger or "
        "raster. Join the ledger in the layer's sql.\n"
    )
