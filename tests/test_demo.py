"""The demo dataset: fictitious, the same from the same seed, as incomplete as life, and with the published totals."""

import ast
import csv
import json
import re
import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskmap import archive, compare, facts, geography, schema
from riskmap.check.identifiers import check_digit_fits
from riskmap.demo import calibrate, files, rows, simulate
from riskmap.pipeline import score_folder
from riskmap.problem import DataError
from riskmap.settings import load
from riskmap.snapshot import load as load_snapshot
from riskmap.snapshot import snapshot_id

PACKAGE = Path(simulate.__file__).parent
AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The demo as a user gets it: about 1,200 facilities, calibrated."""
    out = tmp_path_factory.mktemp("demo")
    return out, calibrate.build(out)


@pytest.fixture(scope="module")
def world():
    life = simulate.simulate(seed=3, n_facilities=500, as_of=AS_OF, settlements=calibrate._towns(load()))
    return rows.record(life, seed=3)


@pytest.fixture(scope="module")
def disclosed(world):
    return files.disclose(world, seed=3, settlements=calibrate._towns(load()), region_names=calibrate._region_names(load()))


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        file.seek(0)
        return list(csv.reader(file, delimiter=";" if ";" in first else ","))


# ---- the simulation does not know the rules ------------------------------------------------------------------------
@pytest.mark.parametrize("module", ["simulate.py", "rows.py"])
def test_simulation_imports_nothing_of_the_rules(module):
    tree = ast.parse((PACKAGE / module).read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module)
    assert imported <= {"dataclasses", "datetime", "numpy", "pandas", "riskmap.demo.simulate"}
    words = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not words & {"open", "__import__", "eval", "exec"}  # and it reads no file


# ---- the world -----------------------------------------------------------------------------------------------------
def test_dates_follow_each_other(world):
    c = world.contracts
    assert (c["published_on"] <= c["bid_deadline_on"]).all()
    assert (c["bid_deadline_on"] <= c["signed_on"]).all()
    assert (c["signed_on"] <= c["start_on"]).all()
    assert (c["start_on"] <= c["due_first_on"]).all()
    assert (c["due_first_on"] <= c["due_on"]).all()
    for table, column in (("payments", "paid_on"), ("progress", "reported_on"), ("amendments", "amended_on")):
        assert (getattr(world, table)[column] < pd.Timestamp(AS_OF)).all(), table
    assert not (world.facilities["completed_on"] >= pd.Timestamp(AS_OF)).any()


def test_money_follows_works(world):
    paid = world.payments.groupby("contract_no")["amount"].sum()
    value = world.contracts.set_index("contract_no")["value_amount"]
    assert (world.payments["amount"] > 0).all()
    assert (paid <= value.reindex(paid.index) * 1.0001).all()


def test_reports_never_fall(world):
    reported = world.progress[world.progress["progress_source"] == "reported"]
    change = reported.groupby("facility_id")["progress_share"].diff().dropna()
    assert reported["progress_share"].between(0, 1).all()
    assert (change >= 0).all()


def test_one_winner_among_the_tenderers(world):
    tenders = world.bids.groupby("contract_no")
    assert (tenders["is_winner"].sum() == 1).all()
    cheapest = world.bids.loc[tenders["amount"].idxmin()]
    assert cheapest["is_winner"].all()
    n = world.contracts.set_index("contract_no")["n_bidders"]
    assert (tenders.size() == n.reindex(tenders.size().index)).all()
    assert not world.bids.duplicated(["contract_no", "bidder"])[world.bids["is_winner"]].any()


def test_amendments_chain_to_the_terms_in_force(world):
    c = world.contracts.set_index("contract_no")
    values = world.amendments[world.amendments["amendment_kind"] == "value"].groupby("contract_no")
    dates = world.amendments[world.amendments["amendment_kind"] == "duration"].groupby("contract_no")
    np.testing.assert_allclose(values["value_before_amount"].first(), c["value_first_amount"].reindex(values.groups.keys()))
    np.testing.assert_allclose(values["value_after_amount"].last(), c["value_amount"].reindex(values.groups.keys()))
    assert (dates["due_after_on"].max() == c["due_on"].reindex(dates.groups.keys())).all()


def test_all_types_and_mechanisms_occur(world):
    assert set(world.facilities["facility_type"]) == set(schema.FACILITY_TYPES)
    found = {m for names in world.truth["mechanisms"] for m in names.split(",") if m}
    assert found == set(simulate.MECHANISMS)
    is_honest = world.truth["mechanisms"] == ""
    assert (world.truth.loc[is_honest, "stolen_amount"] == 0).all()
    assert 0.7 < is_honest.mean() < 0.95


# ---- the files -----------------------------------------------------------------------------------------------------
def test_about_a_tenth_is_missing(world, disclosed):
    assert 0.08 < files.missing_share(disclosed, world) < 0.12


def test_what_is_broken_is_a_minority_that_differs_by_kind(disclosed):
    ids = [i for group in disclosed.spoiled.values() for i in group]
    assert len(ids) == len(set(ids)) == sum(files.SPOILED.values())


def test_money_factor_changes_amounts_and_nothing_else(world, disclosed):
    towns, names = calibrate._towns(load()), calibrate._region_names(load())
    doubled = files.disclose(world, seed=3, settlements=towns, region_names=names, money_factor=2.0)
    for name, table in disclosed.tables.items():
        for column in table:
            if schema.column(name, column).kind != "money":
                pd.testing.assert_series_equal(table[column], doubled.tables[name][column])
            else:
                both = pd.concat([table[column] * 2, doubled.tables[name][column]], axis=1).dropna()
                # sums of payments are rounded one by one
                assert (both.iloc[:, 0] - both.iloc[:, 1]).abs().max() <= 1000 * 200
                assert (table[column].isna() == doubled.tables[name][column].isna()).all()


def test_rounding_never_overpays(world, disclosed):
    c = disclosed.tables["contracts"].dropna(subset=["paid_amount", "value_amount"])
    assert (c["paid_amount"] <= c["value_amount"]).all()
    assert (c["value_amount"] % 1000 == 0).all()
    unchanged = c[(c["n_amendments"] == 0).fillna(False)]
    share = unchanged["advance_amount"] / unchanged["value_amount"]
    thirty = share[share.between(0.2999, 0.3001)]
    assert len(thirty) > 20
    assert (thirty <= 0.3).all()


def test_same_seed_same_bytes(tmp_path, world, disclosed):
    towns, names = calibrate._towns(load()), calibrate._region_names(load())
    life = simulate.simulate(seed=3, n_facilities=500, as_of=AS_OF, settlements=towns)
    again = files.disclose(rows.record(life, seed=3), seed=3, settlements=towns, region_names=names)
    one, two = files.write(disclosed, tmp_path / "one"), files.write(again, tmp_path / "two")
    assert [p.name for p in one] == [f"DEMO_{name}.csv" for name in schema.INPUT_TABLES]
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_every_name_is_plainly_a_demo_name(tmp_path, disclosed):
    f, c, b = (disclosed.tables[name] for name in ("facilities", "contracts", "bids"))
    for column in ("title", "title_ru", "title_en", "title_kk"):
        assert f[column].str.contains(r"демо|demo", case=False).all(), column
    assert f["buyer_name"].dropna().str.fullmatch(r"Demo Buyer \d+").all()
    offices = f.dropna(subset=["buyer_contact"])
    told = "https://" + offices["buyer_name"].str.lower().str.replace(" ", "-") + ".example"
    assert (offices["buyer_contact"] == told).all()
    assert 0.5 < len(offices) / len(f) < 0.75
    assert f["supervisor_name"].dropna().str.fullmatch(r"Demo Supervisor \d+").all()
    assert c["supplier_name"].dropna().str.fullmatch(r"Demo Contractor \d+").all()
    assert f["source_url"].dropna().str.startswith("https://demo.example/").all()
    for ids, year in ((f["buyer_id"], "77"), (c["supplier_id"], "77"), (b["bidder_id"], "77")):
        known = ids.dropna().unique()
        assert all(check_digit_fits(i) and i[:2] == year and re.fullmatch(r"77(0\d|1[0-2])40\d{6}", i) for i in known)
    assert not set(f["buyer_id"].dropna()) & set(c["supplier_id"].dropna())


def test_one_firm_has_one_number(disclosed):
    c = disclosed.tables["contracts"].dropna(subset=["supplier_id", "supplier_name"])
    assert (c.groupby("supplier_id")["supplier_name"].nunique() == 1).all()
    assert (c.groupby("supplier_name")["supplier_id"].nunique() == 1).all()


def test_titles_read_well():
    titles = files.disclose(
        rows.record(simulate.simulate(seed=1, n_facilities=60, as_of=AS_OF, settlements=calibrate._towns(load())), seed=1),
        seed=1, settlements=calibrate._towns(load()), region_names=calibrate._region_names(load()),
    ).tables["facilities"]  # fmt: skip
    school = titles[titles["title_en"].str.startswith("Demo: school")].iloc[0]
    assert re.fullmatch(r"Demo: school No\. \d+, .+", school["title_en"])
    assert re.fullmatch(r"Демо: школа № \d+, .+", school["title_ru"])
    assert re.fullmatch(r"Демо: № \d+ мектеп, .+", school["title_kk"])


# ---- the whole -----------------------------------------------------------------------------------------------------
def test_published_totals_are_met(built):
    _, snapshot = built
    totals = snapshot.manifest["totals"]
    f = snapshot.facilities
    flagged = f[f["is_flagged"].fillna(False)]
    assert totals["n_flagged"] == len(flagged) == 156
    assert totals["flagged_budget_kzt"] == flagged["budget_amount"].sum() == 2_440_000_000_000
    assert 1_150 <= totals["n_facilities"] <= 1_250
    assert snapshot.is_demo
    assert snapshot.as_of == AS_OF


def test_totals_stand_when_scored_again(built, tmp_path):
    out, snapshot = built
    again = score_folder(out / "facts", as_of=AS_OF, out=tmp_path / "again", settings=load())
    assert again.id == snapshot.id


def test_earlier_months_are_kept_with_what_changed_silently(built):
    out, snapshot = built
    kept = [load_snapshot(one.folder) for one in archive.kept(out / "snapshots")]
    assert [one.as_of for one in kept] == [*calibrate.EARLIER, AS_OF]
    assert archive.current_id(out / "snapshots") == kept[-1].id == snapshot.id
    found = [compare.compare(one, two) for one, two in pairwise(kept)]
    for compared in found:
        totals = compare.reconciled(compared.rows)
        assert (totals["n_opening"] + totals["n_new"] - totals["n_resolved"] == totals["n_closing"]).all()
        assert totals["n_new"].gt(0).all() and totals["n_resolved"].gt(0).all() and not compared.rules_changed
    assert [int(compared.silent["what"].eq("due_on").sum()) for compared in found][1:] == [1, 1]
    assert found[-1].silent["what"].eq("paid_amount").sum() == 1
    reasons = set(pd.concat([compared.rows["reason"].dropna() for compared in found]))
    assert {"deadline_passed", "finished", "re_dated_silently", "corrected"} <= reasons
    assert all((~compared.rows["in_register_after"]).sum() == 1 for compared in found), "one leaves each month"
    for one in kept[:-1]:
        day = pd.Timestamp(one.as_of)
        for table, column in (("payments", "paid_on"), ("progress", "reported_on"), ("contracts", "signed_on")):
            assert pd.to_datetime(one.table(table)[column]).max() < day, f"{one.as_of}: {table} of the future"


def test_nobody_elses_versions_are_removed(tmp_path):
    made = calibrate.build(tmp_path / "one", seed=8, n_facilities=60)
    (tmp_path / "mine").mkdir()
    shutil.copytree(made.folder, tmp_path / "real")
    path = tmp_path / "real" / "manifest.json"
    manifest = json.loads(path.read_text()) | {"is_demo": False}
    path.write_text(json.dumps(manifest | {"snapshot_id": snapshot_id(manifest)}))
    archive.keep(tmp_path / "mine" / "snapshots", tmp_path / "real")
    with pytest.raises(DataError, match="folder_not_empty"):
        calibrate.build(tmp_path / "mine", seed=8, n_facilities=60)
    assert len(archive.kept(tmp_path / "mine" / "snapshots")) == 1


def test_country_looks_like_life(built):
    _, snapshot = built
    f = snapshot.facilities
    is_open = f["delivery"].isin(["overdue", "not_due", "not_known"])
    assert 0.30 <= (f["delivery"] == "overdue").sum() / is_open.sum() <= 0.45
    shares = f["level"].value_counts(normalize=True)
    assert shares["low"] > shares["medium"] > shares["high"] > shares["critical"] > 0
    assert 0 < shares["not_assessable"] < 0.15
    assert set(f["region_code"].dropna()) == set(geography.regions()["code"])
    assert f.loc[f["is_flagged"].fillna(False), "region_code"].nunique() >= 19
    assert f["budget_amount"].mean() > 2 * f["budget_amount"].median()  # skewed, as the named facilities are


def test_broken_rows_are_counted_and_none_disappears(built):
    out, _ = built
    tables, problems, report = facts.read(out / "facts")
    assert len(report["files"]) == len(schema.INPUT_TABLES)
    for entry in report["files"]:
        assert entry["rows_in"] == len(read_csv(out / "files" / entry["name"])) - 1, entry["name"]
        assert entry["rows_in"] == entry["accepted"] + entry["quarantined"] + entry["blank"]
    assert 15 <= report["totals"]["quarantined"] <= 100
    found = set(problems["code"].to_pylist())
    assert {"coordinates_swapped", "coordinates_zero", "region_mismatch", "date_impossible", "number_unreadable"} <= found
    assert {"negative_money", "no_title", "total_row", "duplicate_row", "facility_missing"} <= found
    assert problems.num_rows > 0
    ids = tables["facilities"]["facility_id"].to_pylist()
    assert "DEMO-900001" not in ids  # no title
    assert "DEMO-900002" not in ids  # negative budget
    assert len(ids) == len(set(ids))


def test_truth_is_kept_apart(built):
    out, snapshot = built
    truth = pd.read_csv(out / "truth.csv")
    without_truth = set(snapshot.facilities["facility_id"]) - set(truth["facility_id"])
    assert not without_truth
    assert not set(truth.columns) & {"mechanisms", "stolen_amount"} & set(snapshot.facilities.columns)


def test_same_seed_same_snapshot_at_any_size(tmp_path):
    one = calibrate.build(tmp_path / "one", seed=8, n_facilities=60)
    two = calibrate.build(tmp_path / "two", seed=8, n_facilities=60)
    other = calibrate.build(tmp_path / "other", seed=9, n_facilities=60)
    assert one.id == two.id != other.id
    assert one.manifest["totals"]["n_facilities"] == 60
    assert (tmp_path / "one" / "truth.csv").read_bytes() == (tmp_path / "two" / "truth.csv").read_bytes()
