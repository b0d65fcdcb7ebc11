"""Every format of a list: the rows and totals of the table, the list before, and `verify` that finds one changed cell."""

import csv
import io
import json
import shutil
import zipfile
from dataclasses import replace

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from riskmap import archive, export, filters, i18n, issued, snapshot
from riskmap.apostrophe import unmark
from riskmap.export import Since, apart, issued_before, parts, table, xlsx
from riskmap.export.verify import verify
from riskmap.filters import FLAGGED, Filter
from riskmap.problem import DataError


@pytest.fixture(scope="module")
def kept(snapshot_folder, tmp_path_factory):
    """Two versions kept side by side: the demo, and the same a month before with another history."""
    place = tmp_path_factory.mktemp("kept") / "snapshots"
    made = snapshot.load(snapshot_folder)
    earlier = tmp_path_factory.mktemp("earlier") / "snapshot"
    tables = {name: pq.read_table(made.folder / f"{name}.parquet") for name in snapshot.TABLES}
    rows = tables["facilities"].to_pylist()
    for at, row in enumerate(rows):
        if row["completed_on"] is None and at % 5 == 0:
            row |= {"is_flagged": True, "is_overdue": True, "delivery": "overdue", "level": "high"}
        if at % 7 == 0 and row["due_on"]:
            row["due_on"] = row["due_on"].replace(year=row["due_on"].year - 1)
        if at % 11 == 0 and row["budget_amount"]:
            row["budget_amount"] -= 1_000_000
    tables["facilities"] = pa.Table.from_pylist(rows[:-3], schema=tables["facilities"].schema)
    manifest = {**made.manifest, "as_of": f"{made.as_of.year - 1}-12-01"}
    archive.keep(place, snapshot.write(earlier, tables, {k: v for k, v in manifest.items() if k not in ("files", "snapshot_id")}))
    archive.keep(place, made.folder)
    before, after = (snapshot.load(one.folder) for one in archive.kept(place))
    return before, after


@pytest.fixture(scope="module")
def made(kept):
    return kept[1]


FILTER = st.builds(
    Filter,
    regions=st.sets(st.sampled_from(["KZ-71", "KZ-75", "KZ-79", "KZ-35", "unknown"]), max_size=3).map(tuple),
    levels=st.sets(st.sampled_from(["high", "critical", "medium", "low"]), max_size=2).map(tuple),
    overdue=st.sampled_from([None, True, False]),
    flagged=st.sampled_from([None, True]),
    sort=st.sampled_from(["-r_lo", "budget_amount", "-days_late", "region_code", "title"]),
)
COLUMNS = st.sampled_from([None, ("desk",), ("money",), ("facility_id", "budget_amount", "currency"), ("all",)])


def rows_of(made_file, format_) -> list[str]:
    """The identifiers in a file, in its order."""
    content = made_file.content
    if format_ == "csv":
        return [unmark(row["facility_id"]) for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    if format_ == "xlsx":
        lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        return [line[made_file.manifest["columns"].index("facility_id")] for line in lines[3:]]
    if format_ == "geojson":
        return [feature["properties"]["facility_id"] for feature in json.loads(content)["features"]]
    if format_ == "oc4ids.json":
        return [project["x_facts"]["facility_id"] for project in json.loads(content)["projects"]]
    return pq.read_table(io.BytesIO(content))["facility_id"].to_pylist()


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter_=FILTER, columns=COLUMNS, lang=st.sampled_from(i18n.LANGUAGES))
def test_rows_and_totals_of_every_format_are_those_of_the_table(kept, filter_, columns, lang):
    before, after = kept
    shown = filters.apply(filter_, after.facilities)
    expected, totals = list(shown["facility_id"]), export.totals(shown, after)
    for format_ in ("csv", "xlsx", "geojson", "parquet", *(["oc4ids.json"] if expected else [])):
        one = export.export(after, filter_, format=format_, lang=lang, columns=columns, since=Since(before))
        assert rows_of(one, format_) == expected, format_
        assert one.manifest["totals"] == totals
        assert one.manifest["n_rows"] == len(expected)
        since = one.manifest["since"]
        assert since["n_closing"] == len(expected)
        assert since["closing_budget_kzt"] == (totals["budget_kzt"] or 0)
        unknown = issued.delta(before, after, filter_).bridge["n_budget_unknown"]
        assert unknown.iloc[:-1].sum() == unknown.iloc[-1] == totals["n_budget_unknown"]
        moved = sum(n for name, n in since.items() if name.startswith(("n_left", "n_entered")))
        assert since["n_opening"] + moved == since["n_closing"]
        money = sum(n for name, n in since.items() if name.startswith(("left_", "entered_", "stays_")))
        assert since["opening_budget_kzt"] + money == since["closing_budget_kzt"]
    for part in parts.totals(shown, after, lang):
        assert part.total is not None
        for at, kind in enumerate(part.kinds):
            if kind != "text":
                assert sum(row[at] or 0 for row in part.rows) == (part.total[at] or 0), (part.title, part.heads[at])


# ---- the list before --------------------------------------------------------------------------------------------------
def test_every_move_of_a_list_is_named_once(kept):
    before, after = kept
    found = issued.delta(before, after, FLAGGED)
    was, now = (set(filters.apply(FLAGGED, one.facilities)["facility_id"]) for one in kept)
    of = {move: set(found.rows.loc[found.rows["move"].eq(move), "facility_id"]) for move in issued.MOVES}
    assert of["left"] == was - now and of["entered"] == now - was and of["stays"] <= was & now
    assert of["left"] and of["stays"]
    assert set(found.rows["what"]) <= set(issued.CHANGES)
    everything = issued.delta(before, after, Filter())
    new = everything.rows[everything.rows["what"].eq("new")]
    assert len(new) == 3 and set(new["move"]) == {"entered"}
    assert everything.rows["what"].eq("redated").any()
    assert issued.delta(after, after, Filter()).rows.empty
    with pytest.raises(DataError, match="compare_order"):
        issued.delta(after, before, Filter())


def test_the_list_before_is_the_file_given_or_the_version_kept_before(kept, tmp_path):
    before, after = kept
    assert issued_before.since(after, FLAGGED).snapshot.id == before.id
    assert issued_before.since(before, FLAGGED) is None
    earlier = export.export(before, FLAGGED, format="csv", lang="ru")
    export.write(earlier, tmp_path / "old.csv")
    since = issued_before.since(after, replace(FLAGGED, sort="title"), tmp_path / "old.csv")  # another order is the same list
    assert (since.snapshot.id, since.file, since.sha256) == (before.id, "old.csv", earlier.manifest["sha256"])
    now = export.export(after, FLAGGED, format="delta.csv", lang="ru", since=since)
    assert now.manifest["since"]["sha256"] == earlier.manifest["sha256"]
    assert len(now.content.decode("utf-8-sig").splitlines()) == now.manifest["n_rows"] + 1
    export.write(now, tmp_path / "new.delta.csv")
    assert verify(tmp_path / "new.delta.csv", after.folder.parent).findings == []
    with pytest.raises(DataError, match="since_other_list"):
        issued_before.since(after, Filter(), tmp_path / "old.csv")
    (tmp_path / "old.csv").write_bytes(b"changed")
    with pytest.raises(DataError, match="since_unreadable"):
        issued_before.since(after, FLAGGED, tmp_path / "old.csv")
    with pytest.raises(DataError, match="export_no_earlier_list"):
        export.export(after, FLAGGED, format="delta.csv", lang="ru")


# ---- one changed cell -------------------------------------------------------------------------------------------------
def write(kept, tmp_path, format_, **more):
    before, after = kept
    file = tmp_path / f"list.{format_}"
    export.write(export.export(after, FLAGGED, format=format_, lang="en", since=Since(before), **more), file)
    assert verify(file, after.folder.parent).findings == []
    return file, after


def budget_of(made) -> tuple[str, int]:
    row = filters.apply(FLAGGED, made.facilities).iloc[1]
    return row["facility_id"], int(row["budget_amount"]) if row["budget_amount"] == row["budget_amount"] else 0


@pytest.mark.parametrize("format_", ["csv", "delta.csv", "geojson", "oc4ids.json"])
def test_one_digit_of_a_text_file_is_found_and_named(kept, tmp_path, format_):
    file, after = write(kept, tmp_path, format_)
    content = file.read_bytes()
    amounts = [int(n) for n in filters.apply(FLAGGED, after.facilities)["budget_amount"].dropna()]
    amount = next(n for n in amounts if str(n).encode() in content)
    file.write_bytes(content.replace(str(amount).encode(), str(amount + 1).encode(), 1))
    said = " ".join(verify(file, after.folder.parent).findings)
    assert str(amount + 1) in said and str(amount) in said
    assert {"csv": "budget_amount", "delta.csv": "budget", "geojson": "budget_amount", "oc4ids.json": "amount"}[format_] in said


def changed_xlsx(content: bytes, change) -> bytes:
    """The workbook with its parts packed anew: what another program does when it saves."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as new:
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
    return into.getvalue()


def test_a_workbook_is_compared_cell_for_cell(kept, tmp_path):
    file, after = write(kept, tmp_path, "xlsx")
    content, place = file.read_bytes(), after.folder.parent
    file.write_bytes(changed_xlsx(content, lambda _, part: part))
    verdict = verify(file, place)
    assert verdict.findings == [] and verdict.notes  # the same cells, saved again: said, and not called a change

    amount = next(int(n) for n in filters.apply(FLAGGED, after.facilities)["budget_amount"].dropna())
    wrong, right = f"<v>{amount + 1}</v>".encode(), f"<v>{amount}</v>".encode()
    file.write_bytes(changed_xlsx(content, lambda name, part: part.replace(right, wrong, 1) if "sheet1.xml" in name else part))
    said = " ".join(verify(file, place).findings)
    assert str(amount + 1) in said and i18n.text("column.budget_amount", "en") in said

    formula = b"<f>1+1</f>" + right
    file.write_bytes(changed_xlsx(content, lambda name, part: part.replace(right, formula, 1) if "sheet1.xml" in name else part))
    assert any("formula" in finding for finding in verify(file, place).findings)
    hidden = b'<row hidden="1" r="6"'
    file.write_bytes(
        changed_xlsx(content, lambda name, part: part.replace(b'<row r="6"', hidden, 1) if "sheet1" in name else part)
    )
    assert any("hidden" in finding for finding in verify(file, place).findings)
    file.write_bytes(content[: len(content) // 2])
    assert verify(file, place).findings


def test_geoparquet_is_compared_cell_for_cell_and_read_by_others(kept, tmp_path):
    file, after = write(kept, tmp_path, "parquet")
    read = gpd.read_parquet(file)
    shown = filters.apply(FLAGGED, after.facilities)
    assert list(read["facility_id"]) == list(shown["facility_id"])
    assert read.crs.to_epsg() in (4326, None) or "CRS84" in str(read.crs)
    placed = shown[shown["lat"].notna()]
    assert read.geometry.notna().sum() == len(placed)
    assert read.geometry.dropna().iloc[0].x == pytest.approx(placed["lon"].iloc[0], abs=1e-6)
    whole = pq.read_table(file)
    pq.write_table(whole, file, compression="snappy")
    verdict = verify(file, after.folder.parent)
    assert verdict.findings == [] and verdict.notes
    at = whole.column_names.index("budget_amount")
    values = whole["budget_amount"].to_pylist()
    values[1] = 1
    pq.write_table(whole.set_column(at, "budget_amount", pa.array(values, pa.int64())), file)
    assert any("budget_amount" in finding for finding in verify(file, after.folder.parent).findings)


@pytest.mark.parametrize("which", ["changes", "silent", "planned_dates"])
def test_a_file_of_changes_is_made_again_too(kept, tmp_path, which):
    from riskmap import compare
    from riskmap.export import changes

    before, after = kept
    compared = compare.compare(before, after)
    file = tmp_path / f"{which}.xlsx"
    export.write(changes.export(compared, which, format="xlsx", lang="kk", snapshots=[before, after]), file)
    assert verify(file, after.folder.parent).findings == []
    file = tmp_path / f"{which}.csv"
    export.write(changes.export(compared, which, format="csv", lang="kk", snapshots=[before, after]), file)
    assert verify(file, after.folder.parent).findings == []
    file.write_bytes(file.read_bytes() + b"x\r\n")
    assert verify(file, after.folder.parent).findings
    elsewhere = tmp_path / "alone"
    shutil.copytree(after.folder, elsewhere)
    assert before.id in " ".join(verify(file, elsewhere).findings)  # the other version is not here


# ---- paper ------------------------------------------------------------------------------------------------------------
def words_of(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_register_can_be_searched_and_its_sums_are_those_of_the_list(kept, tmp_path, lang):
    before, after = kept
    made_file = export.export(after, FLAGGED, format="pdf", lang=lang, since=Since(before))
    pages = words_of(made_file.content)
    whole = " ".join(pages)
    shown = filters.apply(FLAGGED, after.facilities)
    assert all(facility_id in whole for facility_id in shown["facility_id"])
    for at, page in enumerate(pages, start=1):
        assert i18n.text("export.print.page", lang, page=at, pages=len(pages)) in page
        assert i18n.text("common.fair_words", lang) in page
        assert after.id in page
    sums = i18n.money(made_file.manifest["totals"]["budget_kzt"], lang, "KZT", full=True)
    last = i18n.text("export.print.running_total", lang, n=i18n.number(len(shown), lang), budget=sums)
    assert " ".join(last.split()) in whole
    assert i18n.text("export.print.sign", lang) in pages[-1]
    assert after.manifest["settings_sha256"] in whole.replace(" ", "")
    if lang == "kk":
        assert set("ңғқ") <= set(whole)


def test_a_changed_register_is_not_verified(kept, tmp_path):
    file, after = write(kept, tmp_path, "pdf")
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 1
    file.write_bytes(bytes(content))
    assert verify(file, after.folder.parent).findings


def test_a_dossier_has_the_facts_the_caveats_and_room_for_a_signature(kept, tmp_path):
    row = filters.apply(FLAGGED, kept[1].facilities).iloc[0]
    file, after = write(kept, tmp_path, "dossier.pdf", facility_id=row["facility_id"])
    whole = " ".join(words_of(file.read_bytes()))
    firing = [name.removesuffix("_points") for name in after.facilities if str(name).endswith("_points") and row[name] > 0]
    for part in ("caveat", "official"):
        assert all(i18n.text(f"indicator.{one}.{part}", "en")[:40] in whole for one in firing), part
    assert row["title_en"] in whole and i18n.text("export.print.sign", "en") in whole
    assert export.export(after, FLAGGED, format="dossier.pdf", lang="en", facility_id=row["facility_id"]).content


def test_too_many_dossiers_are_refused_before_any_work(made):
    with pytest.raises(DataError, match="export_too_many"):
        export.export(made, Filter(), format="dossier.pdf", lang="en")


# ---- columns ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", table.COLUMN_SETS)
def test_ready_sets_have_columns_with_words_in_every_language(made, name):
    chosen = table.choose([name], made)
    assert chosen[-4:] == ("snapshot_id", "as_of", "is_demo", "notice")
    assert set(chosen) <= set(table.kinds_of(made)) and len(chosen) == len(set(chosen))
    for lang in i18n.LANGUAGES:
        assert all(table.label(column, lang) for column in chosen)
        assert i18n.has(f"export.set.{name}", lang)
    made_file = export.export(made, FLAGGED, format="csv", lang="en", columns=[name])
    assert made_file.manifest["column_set"] == name
    assert f"columns={name}" in made_file.manifest["filter_url"]


def test_a_workbook_has_notes_a_print_layout_and_totals(kept):
    before, after = kept
    content = export.export(after, FLAGGED, format="xlsx", lang="ru", columns=["desk"], since=Since(before)).content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet, names = book.read("xl/worksheets/sheet1.xml"), book.namelist()
        comments = book.read("xl/comments1.xml").decode()
        workbook = book.read("xl/workbook.xml").decode()
    assert i18n.text("export.meaning.r_lo", "ru") in comments
    assert b'orientation="landscape"' in sheet and b'fitToHeight="0"' in sheet and b"&amp;P" in sheet and b"&amp;N" in sheet
    assert "_xlnm.Print_Titles" in workbook and "xl/worksheets/sheet5.xml" in names


# ---- large files ------------------------------------------------------------------------------------------------------
def test_another_process_makes_the_same_file(kept):
    before, after = kept
    here = export.export(after, FLAGGED, format="xlsx", lang="kk", columns=["desk"], since=Since(before))
    there = apart.export_apart(after, FLAGGED, format="xlsx", lang="kk", columns=["desk"], since=Since(before))
    assert there == here
    with pytest.raises(DataError, match="export_unknown_column"):
        apart.export_apart(after, FLAGGED, format="csv", lang="kk", columns=["salary"])


def test_a_large_workbook_has_the_same_cells(kept, monkeypatch):
    small = export.export(kept[1], FLAGGED, format="xlsx", lang="en", columns=["desk"]).content
    monkeypatch.setattr(xlsx, "_IN_MEMORY_ROWS", 3)
    large = export.export(kept[1], FLAGGED, format="xlsx", lang="en", columns=["desk"]).content
    assert large != small
    books = [CalamineWorkbook.from_filelike(io.BytesIO(content)) for content in (small, large)]
    for name in books[0].sheet_names:
        one, other = (book.get_sheet_by_name(name).to_python() for book in books)
        assert one == other, name
