"""Text is read in the encoding its bytes are in, whatever the file says, and what was assumed is told."""

import pandas as pd
import pytest
from park_files import issues, parcels, run, study

from gisplan.read import encoding
from gisplan.read.dbase import Cells
from gisplan.read.encoding import of_shapefile, of_text

P = "layers.parcels"
HOLDER = "永安机械有限公司"


def shapefile(folder, *, written, cpg=None, mark=None, holder=HOLDER, side="片区"):
    """The sixty parcels with a Chinese column name and holder; ``cpg`` and ``mark`` say what the test wants."""
    frame = parcels().rename(columns={"half": side}).assign(holder=holder)
    frame.to_file(folder / "p.shp", encoding=written)
    (folder / "p.cpg").unlink()
    if cpg is not None:
        (folder / "p.cpg").write_text(cpg)
    table = bytearray((folder / "p.dbf").read_bytes())
    table[29] = 0x57 if mark is None else mark
    (folder / "p.dbf").write_bytes(table)
    return folder / "p.shp"


def plan_of(folder, **more):
    return study(folder, plan={f"{P}.path": "p.shp", f"{P}.layer": ..., **more})


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    frame = parcels().assign(holder=HOLDER)
    assert run(study(folder, parcels=frame)) == 0
    return folder / "out"


GBK_WHY = "it is not UTF-8, and 100% of its characters are common Chinese ones."
UTF8_WHY = "all of it is valid UTF-8."
VARIANTS = {
    # what the shapefile is and says → code, severity and message of the issue
    "gbk_with_cpg": (
        {"written": "gbk", "cpg": "GBK"},
        ("ENCODING_DECLARED", "note", "p.shp is read as GBK, as its .cpg says."),
    ),
    "gbk_with_cpg_936": (
        {"written": "gbk", "cpg": "936"},
        ("ENCODING_DECLARED", "note", "p.shp is read as GBK, as its .cpg says."),
    ),
    "utf8_with_cpg": (
        {"written": "utf-8", "cpg": "UTF-8"},
        ("ENCODING_DECLARED", "note", "p.shp is read as UTF-8, as its .cpg says."),
    ),
    "gbk_marked_77": (
        {"written": "gbk", "mark": 77},
        ("ENCODING_DECLARED", "note", "p.shp is read as GBK, as its language mark (77) says."),
    ),
    "gbk_marked_0": (
        {"written": "gbk", "mark": 0},
        ("ENCODING_GUESSED", "note", f"p.shp does not say its encoding; its text is GBK: {GBK_WHY}"),
    ),
    "gbk_marked_87": (
        {"written": "gbk"},
        ("ENCODING_GUESSED", "note", f"p.shp does not say its encoding; its text is GBK: {GBK_WHY}"),
    ),
    "utf8_marked_0": (
        {"written": "utf-8", "mark": 0},
        ("ENCODING_GUESSED", "note", f"p.shp does not say its encoding; its text is UTF-8: {UTF8_WHY}"),
    ),
    "utf8_marked_77": (
        {"written": "utf-8", "mark": 77},
        (
            "ENCODING_GUESSED",
            "warning",
            f"p.shp says GBK in its language mark (77), but its text is UTF-8: {UTF8_WHY}",
        ),
    ),
    "gbk_with_cpg_utf8": (
        {"written": "gbk", "cpg": "UTF-8"},
        ("ENCODING_GUESSED", "warning", f"p.shp says UTF-8 in its .cpg, but its text is GBK: {GBK_WHY}"),
    ),
    "utf8_with_cpg_gbk": (
        {"written": "utf-8", "cpg": "GBK"},
        ("ENCODING_GUESSED", "warning", f"p.shp says GBK in its .cpg, but its text is UTF-8: {UTF8_WHY}"),
    ),
    "gbk_with_cpg_latin1": (
        {"written": "gbk", "cpg": "ISO-8859-1"},
        ("ENCODING_GUESSED", "warning", f"p.shp says iso8859-1 in its .cpg, but its text is GBK: {GBK_WHY}"),
    ),
    "gbk_with_unknown_cpg": (
        {"written": "gbk", "cpg": "klingon"},
        (
            "ENCODING_GUESSED",
            "note",
            f"p.shp does not say its encoding (its .cpg holds 'klingon'); its text is GBK: {GBK_WHY}",
        ),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_gives_the_same_figures(variant, plain, tmp_path):
    how, (code, severity, message) = VARIANTS[variant]
    shapefile(tmp_path, **how)
    assert run(plan_of(tmp_path)) == 0
    for name in ("zones.csv", "indicators.csv", "parcels.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (plain / name).read_bytes(), name
    found = issues(tmp_path / "out").loc[code]
    assert (found["severity"], found["message"]) == (severity, message)


@pytest.mark.parametrize("variant", VARIANTS)
def test_column_names_are_read_too(variant, tmp_path):
    shapefile(tmp_path, **VARIANTS[variant][0])
    assert run(plan_of(tmp_path, **{"layers.zones": {"from": "parcels", "by": "片区"}})) == 0


def test_the_plan_overrides(tmp_path):
    shapefile(tmp_path, written="gbk", cpg="UTF-8")
    assert run(plan_of(tmp_path, **{f"{P}.encoding": "gbk"})) == 0
    assert "ENCODING_GUESSED" not in issues(tmp_path / "out").index
    assert HOLDER in (tmp_path / "out/parcels.csv").read_text(encoding="utf-8-sig")


def test_ascii_needs_no_encoding(tmp_path):
    assert of_shapefile(shapefile(tmp_path, written="utf-8", holder="Yongan", side="side")) == encoding.Encoding()


@pytest.mark.parametrize("written", ["gbk", "utf-8"])
@pytest.mark.parametrize("cpg", [None, True])
@pytest.mark.parametrize("asked", ["auto", True])
def test_a_name_and_a_value_cut_within_a_character(written, cpg, asked, tmp_path):
    """The old writers cut names after ten bytes and values where the field ends."""
    path = shapefile(tmp_path, written=written, cpg=written if cpg else None, side="longname00", holder="y" * 80)
    table = path.with_suffix(".dbf").read_bytes()
    assert table.count(b"longname00") == 1 and table.count(b"y" * 80) == 60
    table = table.replace(b"longname00", "a宗地代码类".encode(written)[:10])
    table = table.replace(b"y" * 80, f"x{HOLDER * 9}".encode(written)[:80])
    path.with_suffix(".dbf").write_bytes(table)
    name = {"gbk": "a宗地代码", "utf-8": "a宗地代"}[written]
    plan = {"layers.zones": {"from": "parcels", "by": name}}
    assert run(plan_of(tmp_path, **plan, **({} if asked == "auto" else {f"{P}.encoding": written}))) == 0
    told = pd.read_csv(tmp_path / "out/parcels.csv", dtype=str)["holder"]
    kept = {"gbk": 39, "utf-8": 26}[written]  # of 79 bytes behind the x, in pairs or threes
    assert set(told) == {f"x{(HOLDER * 9)[:kept]}"}


def test_a_damaged_value_is_marked_and_the_rest_read(tmp_path):
    path = shapefile(tmp_path, written="utf-8", cpg="UTF-8")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    at = table.find(HOLDER.encode())
    table[at + 1] = 0x20
    path.with_suffix(".dbf").write_bytes(table)
    assert run(plan_of(tmp_path)) == 0
    told = pd.read_csv(tmp_path / "out/parcels.csv", dtype=str)["holder"].tolist()
    assert told[1:] == [HOLDER] * 59 and told[0].endswith(HOLDER[1:]) and "�" in told[0]
    found = issues(tmp_path / "out").loc["ENCODING_GUESSED"]
    assert (found["severity"], found["message"]) == (
        "warning",
        "p.shp is read as UTF-8, as its .cpg says, but only 66.7% of its text is that.",
    )


OTHERS = {
    "big5": ["臺北市工業區", "新竹科學園區", "電子工廠", "機械股份有限公司"],
    "cp932": ["工業団地", "株式会社日本電機", "緑地", "東京都"],
    "cp949": ["산업단지", "주식회사", "녹지"],
    "cp1251": ["Вологда", "улица Ленина", "промышленная зона", "завод"],
    "cp1252": ["São João", "Zona Industrial da República", "Straße", "Avenida João Pessoa"],
}


@pytest.mark.parametrize("name", [n for n in OTHERS if n != "cp949"])  # Korean bytes are common Chinese ones too
def test_other_encodings_are_told_by_their_letters(name):
    cells = Cells(frozenset(t.encode(name) for t in OTHERS[name]))
    assert encoding.found(cells)[0] == name
    assert encoding.found(cells)[2], "letters alone are never beyond doubt"


def test_a_shapefile_in_cyrillic_without_cpg(tmp_path):
    shapefile(tmp_path, written="cp1251", holder="улица Ленина", side="сторона")
    assert run(plan_of(tmp_path, **{"layers.zones": {"from": "parcels", "by": "сторона"}})) == 0
    found = issues(tmp_path / "out").loc["ENCODING_GUESSED"]
    assert found["severity"] == "warning"
    assert found["message"] == (
        "p.shp does not say its encoding; its text is Windows-1251: it is neither UTF-8 nor common Chinese in GBK, "
        "and its letters fit best."
    )
    assert "улица Ленина" in (tmp_path / "out/parcels.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", ["cp1251", "cp1252", "big5", "cp932", "cp949"])
def test_what_a_file_says_of_other_languages_stands(name, tmp_path):
    side = {"cp1251": "сторона", "cp1252": "côté"}.get(name, "side")
    path = shapefile(tmp_path, written=name, cpg=name, holder=OTHERS[name][0], side=side)
    assert not of_shapefile(path).is_guess


def test_a_rare_surname_alone_is_still_gbk():
    cells = Cells(frozenset([t.encode("gb18030") for t in ("深圳市", "鑫磊公司", "张龑", "浔阳区", "镕基路")]))
    assert encoding.found(cells)[0] == "gb18030"


CSV = {
    "utf-8": ("宗地,亩\n".encode(), "utf-8"),
    "utf-8 with mark": ("宗地,亩\n".encode("utf-8-sig"), "utf-8-sig"),
    "gbk": ("宗地,亩\n".encode("gbk"), "gb18030"),
    "utf-16": ("宗地,亩\n".encode("utf-16"), "utf-16"),
    "ascii": (b"id,mu\n", "utf-8"),
}


@pytest.mark.parametrize("case", CSV)
def test_text_files(case):
    raw, name = CSV[case]
    assert of_text(raw).name == name


def test_a_ledger_in_big5_is_asked_for(tmp_path, capsys):
    table = "parcel_id,holder\n0101,臺北市工業區機械股份有限公司\n0102,新竹科學園區\n"
    (tmp_path / "r.csv").write_bytes(table.encode("big5"))
    ledger = {"path": "r.csv", "key": "parcel_id"}
    assert run(study(tmp_path, plan={f"{P}.ledger": ledger})) == 2
    assert capsys.readouterr().err == (
        "gisplan: [layers.parcels.ledger]: r.csv is not text in UTF-8 or GBK; it may be Big5. "
        'Give its encoding = "big5", or save it as CSV UTF-8.\n'
    )
    assert run(study(tmp_path, plan={f"{P}.ledger": {**ledger, "encoding": "big5"}})) == 0
    assert "臺北市工業區" in (tmp_path / "out/parcels.csv").read_text(encoding="utf-8-sig")
