"""Ours beside Cardinal's: six red flags of the Open Contracting Partnership on Cardinal's own inputs (docs/cardinal.md).

`FLAGGED` is what Cardinal's repository expects of its own fixtures (tests/fixtures/indicators/*.expected, MIT). The page
`docs/cardinal.md` is checked here: its numbers, and every difference, are those found. `cardinal_own.jsonl` holds cases of
our own with what must come out, and runs everywhere.
"""

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from riskmap import facts, intake, pipeline
from riskmap import settings as settings_file
from riskmap.__main__ import main
from riskmap.bids import bid_flags, identical_prices, lowest_refused

FIXTURES = Path(__file__).parents[2] / "shared" / "data" / "cardinal_fixtures" / "indicators"
OWN = Path(__file__).with_name("cardinal_own.jsonl")
PAGE = (Path(__file__).parents[1] / "docs" / "cardinal.md").read_text("utf-8")
AS_OF = date(2026, 11, 1)
OURS = {"R003": "T12", "R018": "T10", "R028": "R028", "R035": "T13", "R036": "R036", "R038": "R038"}
# the amounts of the fixtures are dollars, their organisations have no BIN
DOLLARS = {
    "country": {"currency": "USD", "identifier_scheme": "", "boundaries": "", "bounds": [-180.0, -90.0, 180.0, 90.0]},
    "official_view": {"budget_bands": []},
}
NO_PRICES = ("NPC", "EXC")  # Cardinal's own tests leave these two methods out of price comparisons
# file -> ids that Cardinal flags; of R038 (group, id)
FLAGGED: dict[str, set] = {
    "R003-procurement_method_details-x-5-y-10": {"x", "y", "default", "missing"},
    "R003-procurement_methods-open+selective": {"open", "selective"},
    "R003-threshold-10": {"10"},
    "R003": {"open", "selective", "limited", "direct", "missing"},
    "R018": {"open", "selective"},
    "R028": {"F"},
    "R035": {"F1", "F2", "repeat", "accept"},
    "R036": {"F", "invited", "withdrawn", "equal"},
    "R038": {("Buyer", "B"), ("ProcuringEntity", "P")},
    "R038-tenderer": {("Tenderer", "D")},
}


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def judged(lines: list[dict], settings: dict) -> tuple[dict[str, dict], dict]:
    """(scored facilities by id, bid flags) of releases, by the whole way from a file to the scores."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "releases.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        report = intake.import_files([path], Path(folder) / "facts", settings=settings)
        assert report["files"][0]["kind"] == "ocds"
        totals = report["totals"]
        assert totals["rows_in"] == totals["accepted"] + totals["quarantined"] + totals["blank"]
        tables, _, _ = facts.read(Path(folder) / "facts")
    scored = pipeline.score_tables(tables, as_of=AS_OF, settings=settings).to_pylist()
    flags = bid_flags(tables, min_bids=2, fence_iqr=1.5, no_price_comparison=NO_PRICES)
    return {row["facility_id"]: row for row in scored}, flags


def answer(code: str, facility_id: str, scored: dict[str, dict], flags: dict) -> float | None:
    """The severity of ours: above 0 flagged, 0 clear, None not known."""
    if code.startswith("T"):
        return scored[facility_id][f"{code}_severity"]
    return None if facility_id in flags["NotKnown"][code] else flags["OCID"].get(facility_id, {}).get(code, 0)


@cache
def outcomes(stem: str) -> dict[object, str]:
    """What ours says of every line (of R038: of every body) of a fixture: flagged, clear or not known.

    The ids of the fixtures are words, some with < or >, which no key of ours may hold; each line gets an OCID of its own.
    """
    lines = lines_of(FIXTURES / f"{stem}.jsonl")
    settings = settings_file.overlay(settings_file.load(), DOLLARS)
    scored, flags = judged([line | {"ocid": f"ocds-cardinal-{n:02}"} for n, line in enumerate(lines)], settings)
    if stem.startswith("R038"):
        bodies = {("Buyer", line["buyer"]["id"]) for line in lines if "buyer" in line}
        bodies |= {("ProcuringEntity", line["tender"]["procuringEntity"]["id"]) for line in lines if "tender" in line}
        bodies |= {("Tenderer", t["id"]) for line in lines for bid in line["bids"]["details"] for t in bid["tenderers"]}
        return {body: "flagged" if body[1] in flags.get(body[0], {}) else "clear" for body in sorted(bodies)}
    found: dict[object, str] = {}
    for n, line in enumerate(lines):
        severity = answer(OURS[stem[:4]], f"ocds-cardinal-{n:02}", scored, flags)
        found[line["ocid"]] = "not known" if severity is None else "flagged" if severity > 0 else "clear"
    return found


def named(name: object) -> str:
    return " ".join(name) if isinstance(name, tuple) else str(name)


def written_differences() -> dict[tuple[str, str], str]:
    """(file, line) -> what ours says, from the table of differences on the page."""
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (?:flagged|clear) \| (flagged|clear|not known) \|", PAGE, re.M)
    return {(stem, line): ours for stem, line, ours in rows}


CASES = [
    pytest.param(path.stem, n, id=f"{path.stem}: {line['ocid']}")
    for path in sorted(FIXTURES.glob("*.jsonl"))
    if path.stem in FLAGGED and not path.stem.startswith("R038")
    for n, line in enumerate(lines_of(path))
] or [pytest.param("", 0, marks=pytest.mark.skip(reason="Cardinal's fixtures are not beside the project"))]


@pytest.mark.parametrize(("stem", "n"), CASES)
def test_every_line_agrees_or_its_difference_is_explained(stem, n) -> None:
    name = lines_of(FIXTURES / f"{stem}.jsonl")[n]["ocid"]
    ours = outcomes(stem)[name]
    if (ours == "flagged") == (name in FLAGGED[stem]):
        assert (stem, name) not in written_differences()
    else:
        assert written_differences().get((stem, name)) == ours


needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason="Cardinal's fixtures are not beside the project")


@needs_fixtures
@pytest.mark.parametrize("stem", ["R038", "R038-tenderer"])
def test_every_body_agrees_or_its_difference_is_explained(stem) -> None:
    for body, ours in outcomes(stem).items():
        differs = (ours == "flagged") != (body in FLAGGED[stem])
        assert written_differences().get((stem, named(body))) == (ours if differs else None), body


@needs_fixtures
@pytest.mark.parametrize("code", sorted(OURS))
def test_the_numbers_on_the_page(code) -> None:
    """| R018 | T10 | 7 of 7 | 1 |: lines that agree, of how many, and how many of them ours calls "not known"."""
    row = re.search(rf"^\| {code} \| {OURS[code]} \| (\d+) of (\d+) \| (\d+) \|", PAGE, re.M)
    found = [(stem, name, ours) for stem in FLAGGED if stem.startswith(code) for name, ours in outcomes(stem).items()]
    agree = [ours for stem, name, ours in found if (ours == "flagged") == (name in FLAGGED[stem])]
    assert row and tuple(map(int, row.groups())) == (len(agree), len(found), agree.count("not known"))


@needs_fixtures
def test_every_difference_on_the_page_is_one() -> None:
    found = {
        (stem, named(name)): ours
        for stem in FLAGGED
        for name, ours in outcomes(stem).items()
        if (ours == "flagged") != (name in FLAGGED[stem])
    }
    assert written_differences() == found


@needs_fixtures
def test_prices_that_differ_by_less_than_one_are_told_apart_once_they_differ_by_more() -> None:
    """The one false R028: 1.0 and 1.1 dollars. As 100 and 110 they are two prices."""
    [line] = [line for line in lines_of(FIXTURES / "R028.jsonl") if line["ocid"] == "different decimals"]
    for bid in line["bids"]["details"]:
        bid["value"]["amount"] *= 100
    _, flags = judged([line | {"ocid": "ocds-own-1"}], settings_file.overlay(settings_file.load(), DOLLARS))
    assert flags["OCID"] == {} and "ocds-own-1" not in flags["NotKnown"]["R028"]


# ---- cases of our own, everywhere ------------------------------------------------------------------------------------
@pytest.mark.parametrize("line", lines_of(OWN), ids=lambda line: line["x_case"])
def test_our_own_cases(line) -> None:
    scored, flags = own_outcomes()
    for code, expected in line["x_expected"].items():
        found = answer(code, line["ocid"], scored, flags)
        assert (None if found is None else found > 0) == (None if expected is None else bool(expected)), code


@cache
def own_outcomes() -> tuple[dict[str, dict], dict]:
    return judged(lines_of(OWN), settings_file.load())


def test_the_order_of_bids_does_not_matter() -> None:
    bids = [
        {"bidder_id": "D", "amount": 10, "is_valid": False, "is_winner": False},
        {"bidder_id": "V", "amount": 10, "is_valid": True, "is_winner": True},
        {"bidder_id": "W", "amount": 9, "is_valid": False, "is_winner": False},
    ]
    for order in (bids, bids[::-1], [bids[1], bids[2], bids[0]]):
        assert identical_prices(order) and lowest_refused(order)
        assert lowest_refused([bid for bid in order if bid["amount"] == 10]) is False


def test_outliers_by_hand() -> None:
    """Of 20 bids each: 0, 1, 1, 2, 2, 3, 3, 4, 4 and 20 refused. Q1 = 0.05, Q3 = 0.2, the fence 0.2 + 1.5 x 0.15 = 0.425."""
    lines = [
        {"ocid": f"ocds-own-{n}", "buyer": {"id": f"B{n}", "name": f"Demo Department {n}"},
         "bids": {"details": [{"status": "disqualified" if i < refused else "valid", "tenderers": [{"id": f"T{n}-{i}"}]}
                              for i in range(20)]}}
        for n, refused in enumerate([0, 1, 1, 2, 2, 3, 3, 4, 4, 20])
    ]  # fmt: skip
    _, flags = judged(lines, settings_file.load())
    assert flags["Buyer"] == {"B9": {"R038": 1.0}} and flags["Tenderer"] == {}
    _, without = judged([line for line in lines if line["ocid"] != "ocds-own-9"], settings_file.load())
    assert without["Buyer"] == {}


def test_the_command_prints_the_form_of_cardinal(tmp_path) -> None:
    path = tmp_path / "own.json"
    path.write_text(OWN.read_text("utf-8"), "utf-8")
    intake.import_files([path], tmp_path / "facts", settings=settings_file.load())
    shown = CliRunner().invoke(main, ["bids", str(tmp_path / "facts")])
    assert shown.exit_code == 0
    printed = json.loads(shown.output)
    assert printed == json.loads(json.dumps(own_outcomes()[1], sort_keys=True))
    assert printed["OCID"]["ocds-own-08"] == {"R036": 1.0} and set(printed) == {"OCID", "Buyer", "Tenderer", "NotKnown"}
