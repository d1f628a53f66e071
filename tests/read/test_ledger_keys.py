"""Keys of a ledger: damaged by a workbook, stray signs, lost zeros, near matches; nothing is joined by a guess."""

import time

import pytest
from ledger_files import join, plan, refused, told
from park_files import IDS, workbook

from gisplan.read.spelling import near, plain_key

#: Codes of eighteen digits, as parcels have them; Excel keeps the first fifteen of each.
LONG = [f"320505001002{n:06d}" for n in range(1001, 1061)]


def table(keys, name="编号"):
    return [[name, "investment"], *([k, 5] for k in keys)]


def test_rounded_keys_are_listed_and_stay_unmatched(tmp_path):
    """Two numbers, one exponent pasted as text and one tail of zeros: 320505001002001003 is …001000 for Excel."""
    damaged = [int(LONG[2]), int(LONG[3]), "3.20505E+17", "320505001002002000"]
    workbook(tmp_path / "reg.xlsx", table([*LONG[:2], *damaged, *LONG[6:]]))
    parcels, found = join(tmp_path, plan(), LONG)
    assert told(found, "LEDGER_KEYS_ROUNDED") == (
        "warning",
        3,
        "3 keys of reg.xlsx passed through Excel as numbers and lost the digits after the fifteenth: "
        "3.20505001002001e+17 (begins like 4 parcels without a row), 3.20505E+17, 320505001002002000.",
        "3.20505001002001e+17 (begins like 4 parcels without a row); 3.20505E+17; 320505001002002000",
    )
    assert told(found, "PARCEL_WITHOUT_LEDGER_ROW")[3] == "; ".join(LONG[2:6])
    assert parcels.loc[LONG[0], "investment_wan"] == "5" and parcels.loc[LONG[2], "investment_wan"] == ""
    assert "LEDGER_KEYS_NEAR" not in found.index


def test_a_code_that_really_ends_in_zeros_is_no_damage(tmp_path):
    ids = [*LONG[:59], "320505001002000000"]
    workbook(tmp_path / "reg.xlsx", table(ids))
    parcels, found = join(tmp_path, plan(), ids)
    assert set(parcels["investment_wan"]) == {"5"}
    assert not [c for c in found.index if c.startswith("LEDGER_KEYS")]


def test_keys_all_rounded_in_text_are_refused(tmp_path, capsys):
    workbook(tmp_path / "reg.xlsx", table(["320505001002002000", "320505001002003000"]))
    refused(
        capsys,
        tmp_path,
        plan(),
        ": none of its 2 keys is a parcel id (keys like '320505001002002000', '320505001002003000'; parcel ids like "
        f"'{LONG[0]}', '{LONG[1]}'). Excel keeps fifteen digits of a number: fetch the keys again from where they came, "
        "as text.",
        LONG,
    )


def test_lost_zeros_are_restored_where_every_key_is_one_parcel(tmp_path):
    workbook(tmp_path / "reg.xlsx", table([int(i) for i in IDS]))
    parcels, found = join(tmp_path, plan())
    severity, count, message, features = told(found, "LEDGER_ZEROS_RESTORED")
    assert (severity, count) == ("warning", 60)
    assert message == (
        "60 keys of reg.xlsx lost the zeros in front; with them each is one parcel, and is joined to it: "
        "101 → 0101, 102 → 0102, 103 → 0103, 104 → 0104, 105 → 0105, … and 55 more."
    )
    assert features.endswith("512 → 0512")
    assert list(parcels["investment_wan"]) == ["5"] * 60


@pytest.mark.parametrize(
    ("more", "lost"),
    [(["999"], ["101", "102"]), (["0101"], ["101", "102"])],
    ids=["one_is_no_parcel", "one_is_taken"],
)
def test_lost_zeros_are_not_restored_by_halves(more, lost, tmp_path):
    workbook(tmp_path / "reg.xlsx", table(["101", "102", *more, *IDS[2:]]))
    parcels, found = join(tmp_path, plan())
    assert told(found, "LEDGER_ZEROS_LOST") == (
        "warning",
        2,
        "2 keys of reg.xlsx may have lost the zeros in front, but not every such key is one parcel then, so none is "
        "joined: 101, 102.",
        "101; 102",
    )
    assert parcels.loc["0102", "investment_wan"] == ""


def test_lost_zeros_with_ids_of_two_lengths_are_not_restored(tmp_path):
    ids = [*IDS[:59], "00777"]
    workbook(tmp_path / "reg.xlsx", table(["777", *IDS[:59]]))
    parcels, found = join(tmp_path, plan(), ids)
    assert told(found, "LEDGER_ZEROS_LOST")[3] == "777"
    assert parcels.loc["00777", "investment_wan"] == ""


def test_stray_signs_do_not_part_a_key_from_its_parcel(tmp_path):
    odd = ["０１０１", "'0102", '="0103"', " 01 04 ", "“0105”", "0106\u200b", "'0107'"]
    lines = [f"{key},5" for key in [*odd, *IDS[7:]]]
    (tmp_path / "reg.csv").write_text("\n".join(["编号,investment", *lines]), encoding="utf-8")
    parcels, found = join(tmp_path, plan("reg.csv"))
    assert list(parcels["investment_wan"]) == ["5"] * 60
    severity, count, message, features = told(found, "LEDGER_KEYS_TIDIED")
    assert (severity, count) == ("note", 7)
    assert "'０１０１' → 0101" in features and '"\'0102" → 0102' in features
    assert message.startswith("7 keys of reg.csv matched without stray blanks, quotes, full-width signs or .0: ")


def test_a_decimal_point_behind_a_key(tmp_path):
    ids = [str(n) for n in range(1001, 1061)]
    (tmp_path / "reg.csv").write_text("编号,investment\n" + "\n".join(f"{i}.0,5" for i in ids), encoding="utf-8")
    parcels, found = join(tmp_path, plan("reg.csv"), ids)
    assert list(parcels["investment_wan"]) == ["5"] * 60
    assert told(found, "LEDGER_KEYS_TIDIED")[:2] == ("note", 60)


@pytest.mark.parametrize(
    ("orphans", "words"),
    [
        (["X1", "X2"], "2 keys of reg.xlsx without a parcel"),
        (["X1", "X1", "X2"], "2 keys of reg.xlsx in 3 rows without"),
    ],
)
def test_rows_of_unmatched_keys_are_counted_where_there_are_more_of_them(orphans, words, tmp_path):
    workbook(tmp_path / "reg.xlsx", table([*IDS, *orphans]))
    _, found = join(tmp_path, plan())
    severity, count, message, features = told(found, "LEDGER_ROW_WITHOUT_PARCEL")
    assert (severity, count, features) == ("warning", 2, "X1; X2")
    assert message.startswith(words)


def test_near_matches_are_told_and_never_joined(tmp_path):
    """O for 0, two signs exchanged, a sign too many; ZZ99 is like none, 0399 like two."""
    ids = [f"GB{i}" for i in IDS]
    wrong = {"GB0101": "GBO101", "GB0212": "GB2012", "GB0303": "GB03033"}
    keys = [wrong.get(i, i) for i in ids if i not in ("GB0304", "GB0305")]
    workbook(tmp_path / "reg.xlsx", table([*keys, "ZZ99", "GB0306x"]))
    parcels, found = join(tmp_path, plan(), ids)
    assert told(found, "LEDGER_KEYS_NEAR") == (
        "note",
        3,
        "3 unmatched keys of reg.xlsx are spelt nearly like a parcel without a row; none is joined: "
        "GB03033 ~ GB0303 (86%), GB2012 ~ GB0212 (83%), GBO101 ~ GB0101 (83%).",
        "GB03033 ~ GB0303 (86%); GB2012 ~ GB0212 (83%); GBO101 ~ GB0101 (83%)",
    )
    assert told(found, "LEDGER_ROW_WITHOUT_PARCEL")[3] == "GB03033; GB0306x; GB2012; GBO101; ZZ99"
    assert parcels.loc["GB0101", "investment_wan"] == ""


def test_near_matches_of_a_hundred_thousand_keys_take_seconds():
    """One digit wrong at the front, in the middle or at the end of every key, and each finds its parcel."""
    ids = [f"32050500{(n * 7919) % 10**9:09d}Z" for n in range(100_000)]
    at = (9, 16, 12)
    keys = [i[: (p := at[n % 3])] + "X" + i[p + 1 :] for n, i in enumerate(ids)]
    start = time.perf_counter()
    pairs = near(keys, ids)
    assert time.perf_counter() - start < 30
    right = sum(parcel == ids[n] for n, (key, parcel, _) in enumerate(pairs) if key == keys[n])
    assert len(pairs) > 99_000 and right > 98_500, (len(pairs), right)


@pytest.mark.parametrize(
    ("key", "plain"),
    [("0101", "0101"), ("０1０1", "0101"), ("101.00", "101"), ("A.0", "A.0"), ('="007"', "007"), ("\ufeff1 2", "12")],
)
def test_plain_keys(key, plain):
    assert plain_key(key) == plain
