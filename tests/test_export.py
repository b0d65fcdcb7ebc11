"""Exported files: exactly the rows of the filter, nothing that a spreadsheet runs or spoils, the same bytes every time."""

import asyncio
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from starlette.requests import Request

from riskmap import export, facts, filters, i18n, schema, settings, snapshot, summarise
from riskmap.apostrophe import mark, unmark
from riskmap.export import verify as verifying
from riskmap.filters import FLAGGED, Filter
from riskmap.problem import DataError
from riskmap.web import current, exports


def verify_export(file, place, **more) -> list[str]:
    return verifying.verify(file, place, **more).findings


BIN = "010140000123"
# the fifteen ways into a formula: ASVS 1.2.10, the full-width forms, after blanks, and after what splits cells
PREFIXES = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "|", "＝", "＋", "－", "＠", "  =", 'x;=')  # fmt: skip
HOSTILE = [f"{prefix}HYPERLINK(\"http://example.invalid\",\"x\")" for prefix in PREFIXES] + [
    "=cmd|'/c calc'!A1", "http://example.invalid/x", "mailto:a@example.invalid", "'quoted", "''", "_x0041_",
    "a\x0bb", "1-2", "1E5", "TRUE",
    "х" * 40_000, "{=1+1}", "<b>&amp;</b>", '"=1+1"', ",=1+1",
]  # fmt: skip
INDICATORS = {
    "T01_severity": "number",
    "T01_value": "number",
    "T01_points": "number",
    "T01_reason": "text",
    "D01_severity": "number",
}
KINDS = {**schema.SCORED, **INDICATORS}


def rows() -> list[dict]:
    """Thirty facilities of which every third is flagged; gaps, a restricted one, hostile names, a foreign currency."""
    made = [
        {
            "facility_id": f"{n:04d}", "title": f"Demo facility {n}", "title_kk": f"Демо нысан {n}",
            "region_code": f"KZ-{10 + n % 2}", "facility_type": "school", "level": "high",
            "is_flagged": n % 3 == 0, "is_overdue": n % 2 == 0, "delivery": "overdue",
            "budget_amount": 1_000_000_007 * n, "currency": "KZT", "buyer_id": BIN, "due_on": date(2026, 1, 2),
            "r_lo": float(n % 7), "lat": -0.0 if n == 3 else 43.25, "lon": 76.9,
            "exposure_amount": n, "coverage": 0.1 + 0.2, "T01_points": 1 / 3,
            "source_url": "https://example.invalid/1", "source_file": "a.csv", "source_row": n + 2,
            "missing_fields": "capacity,n_bidders",
        }
        for n in range(30)
    ]  # fmt: skip
    made[6] |= {"lat": None, "lon": None, "budget_amount": None, "region_code": None}
    made[9] |= {"is_restricted": True, "title": "RESTRICTED"}
    made[12] |= {"currency": "USD"}
    made += [
        {"facility_id": f"H{n}", "title": text, "buyer_name": text, "is_flagged": True, "currency": "KZT", "level": "low"}
        for n, text in enumerate(HOSTILE)
    ]
    return made


def make_snapshot(folder: Path) -> snapshot.Snapshot:
    fields = pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in KINDS.items()])
    facilities = pa.table({f.name: pa.array([row.get(f.name) for row in rows()], f.type) for f in fields}, schema=fields)
    others = {name: facts.to_table(name, []) for name in ("contracts", "payments", "progress", "amendments", "bids")}
    values = settings.load()
    manifest = {
        "as_of": "2026-11-01", "is_demo": True, "code_version": "test", "settings": values,
        "settings_sha256": settings.digest(values),
    }  # fmt: skip
    tables = {"facilities": facilities, **others, "problems": facts.PROBLEM_SCHEMA.empty_table()}
    return snapshot.load(snapshot.write(folder, tables, manifest))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_snapshot(tmp_path_factory.mktemp("export") / "snapshot")


PLAIN = ("csv", "xlsx", "geojson", "parquet", "pdf", "oc4ids.json")  # formats that hold any list and compare it with none
FILTERS = (Filter(), FLAGGED, Filter(regions=("KZ-10", "unknown"), sort="-budget_amount"), Filter(text="нет такого"))


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes, sheet: int = 0) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python(skip_empty_area=False)


# ---- the file is the filter -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("filter_", FILTERS, ids=lambda f: str(filters.to_query(f)))
def test_every_format_has_the_rows_of_the_filter_in_its_order_and_the_same_totals(made, filter_):
    shown = filters.apply(filter_, made.facilities)
    expected = list(shown["facility_id"])
    csv_file, xlsx_file, geojson_file = (export.export(made, filter_, format=f, lang="ru") for f in ("csv", "xlsx", "geojson"))

    csv_rows = read_csv(csv_file.content)
    assert [unmark(row["facility_id"]) for row in csv_rows] == expected
    xlsx_rows = read_xlsx(xlsx_file.content)[3:]
    assert [row[0] for row in xlsx_rows] == expected
    features = json.loads(geojson_file.content)["features"]
    assert [feature["id"] for feature in features] == expected

    in_tenge = [row for row in csv_rows if row["currency"] == "KZT" and row["budget_amount"]]
    totals = csv_file.manifest["totals"]
    assert totals["n_facilities"] == len(expected) == csv_file.manifest["n_rows"]
    assert (totals["budget_kzt"] or 0) == sum(int(row["budget_amount"]) for row in in_tenge)
    assert (totals["flagged_budget_kzt"] or 0) == sum(
        int(row["budget_amount"]) for row in in_tenge if row["is_flagged"] == "true"
    )
    assert totals["n_overdue"] == sum(row["is_overdue"] == "true" for row in csv_rows)
    assert totals["n_flagged"] == sum(row["is_flagged"] == "true" for row in csv_rows)
    header = list(csv_file.manifest["columns"])
    budget, currency = header.index("budget_amount"), header.index("currency")
    assert (totals["budget_kzt"] or 0) == sum(
        r[budget] for r in xlsx_rows if r[currency] == "KZT" and isinstance(r[budget], float)
    )
    assert xlsx_file.manifest["totals"] == geojson_file.manifest["totals"] == totals
    assert json.loads(geojson_file.content)["manifest"]["totals"] == totals


def test_totals_are_those_of_the_page(made):
    shown = filters.apply(FLAGGED, made.facilities)
    of_page = summarise.totals(shown, made.manifest["settings"])
    totals = export.totals(shown, made)
    assert totals["flagged_budget_kzt"] == of_page["flagged_budget"]
    for per in (summarise.by_region, summarise.by_level):
        parts = per(shown, made.manifest["settings"])
        assert parts["n_facilities"].sum() == totals["n_facilities"]
        assert parts["flagged_budget"].sum() == totals["flagged_budget_kzt"]


def test_restricted_facilities_never_leave(made):
    for name in (*PLAIN, "dossier.pdf"):
        filter_ = Filter(regions=("KZ-11",)) if name == "dossier.pdf" else Filter()
        content = export.export(made, filter_, format=name, lang="en").content
        inside = b"".join(_unzipped(content).values()) if name == "xlsx" else content
        inside = (
            "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages).encode()
            if name.endswith("pdf")
            else inside
        )
        inside = str(pq.read_table(io.BytesIO(content)).to_pylist()).encode() if name == "parquet" else inside
        assert b"Demo facility 11" in inside
        assert b"RESTRICTED" not in inside
    with pytest.raises(DataError):
        export.export(made, Filter(), format="csv", lang="en", columns=["is_restricted"])


@pytest.mark.parametrize(
    "wrong", [{"format": "doc"}, {"lang": "de"}, {"columns": ["salary"]}], ids=["format", "language", "column"]
)
def test_what_does_not_exist_is_refused(made, wrong):
    with pytest.raises(DataError):
        export.export(made, Filter(), **{"format": "csv", "lang": "en", **wrong})


def test_every_row_says_which_data_it_is_whatever_columns_are_chosen(made):
    row = read_csv(export.export(made, FLAGGED, format="csv", lang="kk", columns=["facility_id"]).content)[0]
    assert list(row) == ["facility_id", "snapshot_id", "as_of", "is_demo", "notice"]
    assert row["as_of"] == "2026-11-01"
    assert row["is_demo"] == "true"
    assert i18n.text("common.fair_words", "kk") in row["notice"]
    assert i18n.text("common.demo", "kk") in row["notice"]


# ---- what a spreadsheet makes of it ---------------------------------------------------------------------------------
RUNS = re.compile(r"\s*[=+\-@|＝＋－＠｜\x00]")


@pytest.mark.parametrize("prefix", PREFIXES, ids=ascii)
def test_no_cell_of_a_csv_begins_a_formula(made, prefix):
    """Cells as a spreadsheet splits them, also one that is set to semicolons and ignores the quotes of a comma file."""
    text = f'{prefix}HYPERLINK("http://example.invalid","x")'
    marked = mark(text)
    cells = [marked, *re.split(r"[;\t\r\n]", marked), *marked.split(",")]
    assert not any(RUNS.match(cell) or RUNS.match(cell.strip('"')) for cell in cells), ascii(marked)
    assert unmark(marked) == text
    found = [
        row for row in read_csv(export.export(made, Filter(), format="csv", lang="en").content) if unmark(row["title"]) == text
    ]
    assert found
    assert found[0]["title"] == found[0]["buyer_name"] == marked


@pytest.mark.parametrize("prefix", PREFIXES, ids=ascii)
def test_a_workbook_has_texts_and_no_formula_or_link(made, prefix):
    text = f'{prefix}HYPERLINK("http://example.invalid","x")'
    content = export.export(made, Filter(text="hyperlink"), format="xlsx", lang="en").content
    for name, part in _unzipped(content).items():
        assert b"<f>" not in part, name
        assert b"<f " not in part, name
        assert b"hyperlink>" not in part.lower(), name
        assert b"relationships/hyperlink" not in part, name
    cells = [cell for row in read_xlsx(content) for cell in row]
    assert text.replace("\r", "\n").replace("\x00", "") in [str(c).replace("\r", "\n").replace("\x00", "") for c in cells]


def test_numbers_stay_numbers_and_identifiers_and_dates_survive(made):
    row = next(
        r for r in read_csv(export.export(made, FLAGGED, format="csv", lang="en").content) if unmark(r["facility_id"]) == "0003"
    )
    assert row["buyer_id"] == f"'{BIN}"  # not a number: a spreadsheet keeps the zero
    assert unmark(row["buyer_id"]) == BIN
    assert row["facility_id"] == "'0003"
    assert row["due_on"] == "2026-01-02"
    assert row["budget_amount"] == "3000000021"
    assert row["lat"] == "0.0"
    assert row["coverage"] == "0.3"
    assert row["T01_points"] == "0.333333"
    assert row["completed_on"] == ""

    content = export.export(made, FLAGGED, format="xlsx", lang="en").content
    columns = export.export(made, FLAGGED, format="xlsx", lang="en").manifest["columns"]
    cells = dict(zip(columns, next(r for r in read_xlsx(content)[3:] if r[0] == "0003"), strict=True))
    assert cells["buyer_id"] == BIN
    assert cells["due_on"] == date(2026, 1, 2)
    assert cells["budget_amount"] == 3000000021
    assert cells["is_flagged"] == "yes"
    assert cells["facility_type"] == "school"
    assert cells["programme"] == "not known"
    assert cells["completed_on"] == ""
    assert cells["missing_fields"] == "Capacity, Number of bidders"


def test_a_text_longer_than_a_cell_is_cut_visibly_and_not_left_out(made):
    rows_ = read_xlsx(export.export(made, Filter(), format="xlsx", lang="en", columns=["facility_id", "title"]).content)[3:]
    longest = max((row[1] for row in rows_), key=len)
    assert len(longest) == 32_767
    assert longest.endswith("х…")


@hypothesis_settings(deadline=None, max_examples=300)
@given(st.text() | st.text(alphabet="'=+-@|;,\t\r\n \"0aE.＝"))
def test_any_text_comes_back_from_a_csv(text):
    assert unmark(mark(text)) == text
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([mark(text), "x"])
    assert unmark(next(csv.reader(io.StringIO(file.getvalue(), newline="")))[0]) == text
    assert not RUNS.match(mark(text))


@pytest.mark.parametrize(
    "text", ["010140000123", "1-2", "12/05", "1E5", "1.5", "12:30", "50%", "TRUE", "ложь", " 7 ", "2026-11-01", "1 000,5"]
)
def test_texts_that_look_like_numbers_are_marked(text):
    assert mark(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["Школа № 12", "DC-12", "12-летняя школа", "a - b", "e-mail", "", "3f2a", "https://example.invalid/?a=1"]
)
def test_ordinary_texts_are_left_alone(text):
    assert mark(text) == text


# ---- the parts of the formats ---------------------------------------------------------------------------------------
def test_geojson_keeps_facilities_without_a_point_and_says_what_it_is(made):
    made_file = export.export(made, FLAGGED, format="geojson", lang="en")
    collection = json.loads(made_file.content)
    assert collection["type"] == "FeatureCollection"
    assert collection["notice"] == made_file.manifest["notice"]
    by_id = {feature["id"]: feature for feature in collection["features"]}
    assert by_id["0006"]["geometry"] is None
    assert by_id["0000"]["geometry"] == {"type": "Point", "coordinates": [76.9, 43.25]}  # longitude first
    assert by_id["0000"]["properties"]["buyer_id"] == BIN
    assert by_id["0000"]["properties"]["due_on"] == "2026-01-02"
    assert {feature["type"] for feature in collection["features"]} == {"Feature"}


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_workbook_explains_itself(made, lang):
    made_file = export.export(made, FLAGGED, format="xlsx", lang=lang)
    data, totals, manifest, definitions = (read_xlsx(made_file.content, sheet) for sheet in range(4))
    assert [row[1] for row in totals if row[:1] == [i18n.text("flagged.total", lang)]] == 3 * [made_file.manifest["n_rows"]]
    assert data[0][0] == made_file.manifest["notice"]
    assert made.id in data[1][0]
    assert data[2][0] == i18n.text("column.facility_id", lang)
    said = {str(row[0]): row[1] for row in manifest}
    assert said[i18n.text("export.entry.n_facilities", lang)] == made_file.manifest["totals"]["n_facilities"]
    assert said[f"{i18n.text('export.entry.budget', lang)}, KZT"] == made_file.manifest["totals"]["budget_kzt"]
    assert said[i18n.text("export.entry.filter", lang)] == "flagged=1"
    lines = {row[0]: row for row in definitions}
    for column in made_file.manifest["columns"]:
        assert lines[column][1], column
        assert lines[column][3], f"{column} has no meaning in {lang}"
    assert lines["T01"][3]
    sheet = _unzipped(made_file.content)["xl/worksheets/sheet1.xml"]
    assert b"<autoFilter" in sheet
    assert b'state="frozen"' in sheet


# ---- the same bytes, and their name ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PLAIN)
def test_the_name_and_the_manifest_hold_the_hash_of_the_bytes(made, name):
    made_file = export.export(made, FLAGGED, format=name, lang="en")
    digest = hashlib.sha256(made_file.content).hexdigest()
    assert made_file.manifest["sha256"] == digest
    assert made_file.manifest["file"] == made_file.file_name
    assert made_file.file_name == f"riskmap_{made.id}_demo-2026-11-01-flagged_{digest[:12]}.{name}"


def test_file_names_are_safe_whatever_the_filter(made):
    filter_ = Filter(text='../"\r\nx: ы', buyer="/etc/passwd" * 10, regions=("KZ-75",))
    name = export.export(made, filter_, format="csv", lang="en").file_name
    assert re.fullmatch(r"[A-Za-z0-9_.\-]{1,120}", name)
    assert ".." not in name


def test_another_process_makes_the_same_bytes(made):
    program = (
        "import hashlib, sys\nfrom riskmap import export, snapshot\nfrom riskmap.filters import FLAGGED\n"
        "s = snapshot.load(sys.argv[1])\n"
        "print(*(export.export(s, FLAGGED, format=f, lang='kk').manifest['sha256'] for f in sys.argv[2:]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    run = subprocess.run(
        [sys.executable, "-c", program, made.folder, *PLAIN], capture_output=True, text=True, check=True, env=environment,
        cwd=Path(__file__).parents[1],
    )  # fmt: skip
    here = [export.export(made, FLAGGED, format=name, lang="kk").manifest["sha256"] for name in PLAIN]
    assert run.stdout.split() == here


# ---- verify ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PLAIN)
def test_an_untouched_file_is_verified_and_a_changed_one_is_not(made, tmp_path, name):
    for filter_ in FILTERS[: 3 if name == "oc4ids.json" else 4]:  # the standard has no empty package
        file = tmp_path / f"list.{name}"
        beside = export.write(export.export(made, filter_, format=name, lang="ru"), file)
        assert beside.name == f"list.{name}.manifest.json"
        assert verify_export(file, made.folder) == []
    if name == "parquet":  # compared cell for cell: see test_exports_of_every_format
        return
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert len(verify_export(file, made.folder, lang="kk")) >= 2  # not the manifest's bytes, not the snapshot's


def test_verify_finds_a_manifest_that_was_made_to_fit(made, tmp_path):
    file = tmp_path / "list.csv"
    beside = export.write(export.export(made, FLAGGED, format="csv", lang="en"), file)
    forged = file.read_bytes().replace(b"1000000007", b"9999999999") + b"\r\n"
    file.write_bytes(forged)
    manifest = json.loads(beside.read_bytes()) | {"sha256": hashlib.sha256(forged).hexdigest()}
    beside.write_text(json.dumps(manifest))
    assert any("3000000021" in finding or "byte" in finding for finding in verify_export(file, made.folder))
    manifest["code_version"] = "0.0.1"
    beside.write_text(json.dumps(manifest))
    assert "0.0.1" in verify_export(file, made.folder)[0]
    export.write(export.export(made, FLAGGED, format="csv", lang="en"), file)
    beside.write_text(json.dumps(json.loads(beside.read_bytes()) | {"n_rows": 1}))
    assert any(
        "n_rows" in finding for finding in verify_export(file, made.folder)
    )  # the file is right, what is said about it is not


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"snapshot_id": "X"}', '{"filter": 3}'])
def test_verify_survives_any_manifest(made, tmp_path, broken):
    file = tmp_path / "list.csv"
    beside = export.write(export.export(made, FLAGGED, format="csv", lang="en"), file)
    beside.write_text(broken.replace("X", made.id))
    assert verify_export(file, made.folder)


def test_verify_names_a_damaged_or_another_snapshot(made, tmp_path):
    file = tmp_path / "list.csv"
    export.write(export.export(made, FLAGGED, format="csv", lang="en"), file)
    copy = tmp_path / "copy"
    shutil.copytree(made.folder, copy)
    (copy / "bids.parquet").write_bytes(b"")
    assert "bids.parquet" in verify_export(file, copy)[0]
    other = json.loads((copy / "manifest.json").read_text()) | {"snapshot_id": "000000000000"}
    (copy / "manifest.json").write_text(json.dumps(other))
    assert any("000000000000" in finding for finding in verify_export(file, copy))


# ---- the route ------------------------------------------------------------------------------------------------------
def get(snapshot_id: str, ending: str, query: str = "", **headers: str):
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": query.encode(),
        "path_params": {"snapshot_id": snapshot_id, "ending": ending},
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    return asyncio.run(exports.flagged(Request(scope)))


@pytest.fixture
def served(made, monkeypatch):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(made.folder))
    exports.forget()
    assert current.current().id == made.id
    return made


@pytest.mark.parametrize(("ending", "query"), [("dossier.pdf", "flagged=all"), ("csv", "columns=salary")])
def test_what_cannot_be_made_is_refused_before_a_process_is_started(served, monkeypatch, ending, query):
    monkeypatch.setattr(exports, "is_large", lambda n_rows, format_: True)
    monkeypatch.setattr(exports.apart.subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    monkeypatch.setitem(export.MOST_ROWS, "dossier.pdf", 1)
    assert get(served.id, ending, query).status_code == 400


@pytest.mark.parametrize("name", PLAIN)
def test_the_route_sends_the_bytes_that_the_name_promises(served, name):
    address = exports.url(served.id, Filter(regions=("KZ-10",), flagged=True), format=name, lang="ru")
    assert address == f"files/{served.id}/flagged.{name}?region=KZ-10&lang=ru"
    response = get(served.id, name, address.partition("?")[2])
    expected = export.export(served, Filter(regions=("KZ-10",), flagged=True), format=name, lang="ru")
    assert response.status_code == 200
    assert response.body == expected.content
    assert response.headers["content-disposition"] == f'attachment; filename="{expected.file_name}"'
    assert response.headers["content-type"].startswith(expected.media_type.partition(";")[0])
    assert response.headers["x-content-type-options"] == "nosniff"
    assert get(served.id, name, address.partition("?")[2], if_none_match=response.headers["etag"]).status_code == 304
    beside = get(served.id, f"{name}.manifest.json", address.partition("?")[2])
    assert json.loads(beside.body) == expected.manifest
    assert beside.headers["content-disposition"].endswith('.manifest.json"')


@pytest.mark.parametrize(
    ("snapshot_id", "ending", "query", "status"),
    [
        ("0" * 12, "csv", "", 404),
        (None, "doc", "", 404),
        (None, "manifest.json", "", 404),
        (None, "csv", "type=palace&lang=ru", 400),
        (None, "csv", "min=2&max=1", 400),
        (None, "csv", "lang=de", 400),
        (None, "csv", "columns=salary", 400),
    ],
)
def test_the_route_refuses_in_words(served, snapshot_id, ending, query, status):
    response = get(snapshot_id or served.id, ending, query)
    assert response.status_code == status
    assert json.loads(response.body)["error"]
    assert "content-disposition" not in response.headers


def test_the_route_gives_everything_only_when_asked(served):
    def n_rows(query: str) -> int:
        return len(read_csv(get(served.id, "csv", query).body))

    assert n_rows("") == len(filters.apply(FLAGGED, served.facilities))
    assert n_rows("flagged=all") == len(filters.apply(Filter(), served.facilities))


# ---- a real spreadsheet ---------------------------------------------------------------------------------------------
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("name", ["xlsx", "csv"])
def test_libreoffice_reads_back_what_was_written(made, tmp_path, name):
    made_file = export.export(made, Filter(), format=name, lang="en")
    source = tmp_path / f"list.{name}"
    source.write_bytes(made_file.content)
    command = [
        OFFICE,
        f"-env:UserInstallation=file://{tmp_path}/profile",
        "--headless",
        "--convert-to",
        "ods:calc8",
        "--outdir",
        tmp_path,
        source,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    book = CalamineWorkbook.from_path(tmp_path / "list.ods")
    header_row = 2 if name == "xlsx" else 0
    lines = book.get_sheet_by_index(0).to_python(skip_empty_area=False)[header_row + 1 :]
    columns = list(made_file.manifest["columns"])
    column = {
        n: [line[columns.index(n)] for line in lines]
        for n in ("facility_id", "buyer_id", "budget_amount", "currency", "due_on", "title")
    }
    plain = unmark if name == "csv" else str
    assert [plain(value) for value in column["facility_id"]] == list(filters.apply(Filter(), made.facilities)["facility_id"])
    assert BIN in [plain(value) for value in column["buyer_id"]]
    assert date(2026, 1, 2) in column["due_on"]
    amounts = zip(column["budget_amount"], column["currency"], strict=True)
    assert (
        sum(amount for amount, currency in amounts if currency == "KZT" and isinstance(amount, float))
        == made_file.manifest["totals"]["budget_kzt"]
    )
    assert b"table:formula" not in _unzipped((tmp_path / "list.ods").read_bytes())["content.xml"]


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
