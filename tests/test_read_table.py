"""Reading CSV and XLSX: the bad-input corpus, row numbers, workbooks that must not harm the parent, properties."""

import csv
import io
import string
import sys
from pathlib import Path

import pytest
from corpus.tables import CASES, HEADER, ROWS, csv_text, simple_workbook, table, workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskmap import i18n
from riskmap.problem import DataError, Problem
from riskmap.read import RawTable
from riskmap.read.table import read_table, split_coordinates

SHARED = Path(__file__).parents[2] / "shared" / "data"
PHILIPPINES = SHARED / "philippines_works" / "projects_flat.csv"
BRAZIL = SHARED / "brazil_stalled_works" / "TCU.xlsx"
# In a temporary folder that hypothesis may use again; what is written is read back at once.
again = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(tmp_path: Path, data: bytes, name: str = "objects.csv", **options: object) -> list[RawTable]:
    path = tmp_path / "upload"
    path.write_bytes(data)
    return read_table(path, name=name, **options)  # type: ignore[arg-type]


def problems(tables: list[RawTable]) -> list[Problem]:
    return [p for t in tables for p in t.problems]


@pytest.mark.parametrize("name", CASES)
def test_corpus(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    data = case.make()
    if case.error:
        with pytest.raises(DataError) as refused:
            read(tmp_path, data, case.file_name)
        assert refused.value.code == case.error
        assert_in_words(refused.value.code, {"file": refused.value.source_file, **refused.value.params})
        return
    tables = read(tmp_path, data, case.file_name)
    assert {p.code for p in problems(tables)} == case.codes
    assert sum(len(t.rows) for t in tables) == case.n_rows
    assert sum(t.n_blank for t in tables) == case.n_blank
    assert {column: tables[0].rows[0].cells.get(column) for column, _ in case.cells} == dict(case.cells)
    for p in problems(tables):
        values = {"file": p.source_file, "sheet": p.sheet, "row": p.row, "column": p.column, "value": p.value}
        assert_in_words(p.code, {**values, **p.params})


def assert_in_words(code: str, values: dict[str, object]) -> None:
    for lang in i18n.LANGUAGES:
        sentence = i18n.text(f"problem.{code}", lang, **values)
        assert "None" not in sentence and "{" not in sentence.replace(str(values.get("value")), ""), (code, sentence)


def test_the_corpus_is_the_same_every_time() -> None:
    for name in ("B004 cp1251 long", "B034 xls", "B103 60 MB of spaces"):
        assert CASES[name].make() == CASES[name].make()


# --- row numbers and what is said


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path: Path) -> None:
    text = csv_text([["Перечень"], [], HEADER, ROWS[0], [], ["F-3", "Школа\nв две строки", "", "1", ""], ROWS[1]])
    [found] = read(tmp_path, text.encode())
    assert [r.row for r in found.rows] == [4, 6, 7]
    assert found.n_blank == 1


def test_row_numbers_of_a_workbook_that_starts_below_and_to_the_right(tmp_path: Path) -> None:
    def fill(book):
        sheet = book.add_worksheet("Нысандар")
        sheet.write_row(3, 2, HEADER)
        sheet.write_row(4, 2, ROWS[0])
        sheet.write_row(7, 2, ROWS[1])

    [found] = read(tmp_path, workbook(fill), "a.xlsx")
    assert [r.row for r in found.rows] == [5, 8]
    assert found.n_blank == 2
    assert found.rows[0].cells["facility_id"] == "F-1"
    assert (found.table, found.sheet) == ("facilities", "Нысандар")


def test_the_sep_line_is_no_row(tmp_path: Path) -> None:
    [found] = read(tmp_path, b"sep=;\n" + table(delimiter=";"))
    assert [r.row for r in found.rows] == [2, 3]


def test_a_formula_error_names_its_cell(tmp_path: Path) -> None:
    def fill(book):
        sheet = book.add_worksheet("Объекты")
        sheet.write_row(3, 2, HEADER)
        sheet.write_row(4, 2, ROWS[0])
        sheet.write_formula(4, 5, "=1/0", None, "#DIV/0!")

    [found] = read(tmp_path, workbook(fill), "a.xlsx")
    assert [(p.row, p.column, p.value, p.severity) for p in found.problems] == [(5, "Бюджет, тенге", "#DIV/0!", "cell")]
    assert "budget_amount" not in found.rows[0].cells


def test_an_unclosed_quote_is_named_by_its_line(tmp_path: Path) -> None:
    text = csv_text([HEADER, ["F-1", "две\nстроки", "", "1", ""], ROWS[0]]) + 'F-9,"Школа,Абай,1,\nF-10,Сад,Абай,1,\n'
    with pytest.raises(DataError) as refused:
        read(tmp_path, text.encode())
    assert refused.value.params["line"] == "5"


def test_mixed_encodings_name_the_byte(tmp_path: Path) -> None:
    good = table(ROWS * 5)
    with pytest.raises(DataError) as refused:
        read(tmp_path, good + csv_text(ROWS * 5).replace("ң", "н").replace("Қ", "К").encode("cp1251"))
    assert refused.value.params["line"] == "12"
    assert int(refused.value.params["offset"]) >= len(good)


def test_a_declared_encoding_decides(tmp_path: Path) -> None:
    short = "id,title\n1,Школа\n2,Сад\n".encode("koi8-r")
    [found] = read(tmp_path, short, encoding="koi8-r")
    assert found.rows[0].cells["title"] == "Школа"
    for wrong in ("utf-8", "no-such", "rot13", "base64", "../x"):
        with pytest.raises(DataError) as refused:
            read(tmp_path, short, encoding=wrong)
        assert refused.value.code == "encoding_wrong"


def test_total_rows_are_kept_and_quarantined(tmp_path: Path) -> None:
    [found] = read(tmp_path, table([*ROWS, ["", "Итого", "", "2", ""]]))
    assert [(p.row, p.severity, p.value) for p in found.problems] == [(4, "error", "Итого | 2")]
    assert [r.row for r in found.rows] == [2, 3, 4]


# --- choices of the caller


def test_column_map_makes_any_language_usable(tmp_path: Path) -> None:
    text = "Nome,Cidade,Prazo,Valor (milhões R$)\nEscola,Belém,2025-01-31,12\n"
    chosen = {"title": "Nome", "due_date": "Prazo", "Бюджет": "Valor (milhões R$)", "settlement": "no such header"}
    [found] = read(tmp_path, text.encode(), column_map=chosen)
    assert found.rows[0].cells == {"title": "Escola", "due_on": "2025-01-31", "budget_amount": "12"}
    assert found.units == {"budget_amount": "milhões R$"}
    assert found.unmapped == ["Cidade"]
    assert [(p.code, p.column) for p in found.problems] == [("map_header_missing", "settlement")]


def test_column_map_must_name_a_column(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="map_unknown_column"):
        read(tmp_path, table(), column_map={"no_such_column": "ID"})


def test_one_header_may_serve_two_columns_when_asked(tmp_path: Path) -> None:
    [found] = read(
        tmp_path, b"contractId,title\n7,School\n", column_map={"facility_id": "contractId", "contract_no": "contractId"}
    )
    assert found.rows[0].cells == {"facility_id": "7", "contract_no": "7", "title": "School"}


def test_sheets_are_chosen_by_name(tmp_path: Path) -> None:
    def fill(book):
        for name in ("2024", "2025"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, [f"F-{name}", *ROWS[0][1:]])

    found = read(tmp_path, workbook(fill), "a.xlsx", sheets=["2025"])
    assert [(t.sheet, t.rows[0].cells["facility_id"]) for t in found] == [("2025", "F-2025")]
    assert [t.sheet for t in read(tmp_path, workbook(fill), "a.xlsx")] == ["2024", "2025"]
    with pytest.raises(DataError, match="sheet_missing"):
        read(tmp_path, workbook(fill), "a.xlsx", sheets=["2026"])


def test_the_table_is_taken_from_the_sheet_then_the_file_then_the_headers(tmp_path: Path) -> None:
    rows = [["ID", "№ договора", "Дата", "Сумма"], ["F-1", "7", "01.02.2025", "5"]]

    def fill(book):
        sheet = book.add_worksheet("Платежи")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)

    assert read(tmp_path, workbook(fill), "a.xlsx")[0].table == "payments"
    assert read(tmp_path, csv_text(rows).encode(), "Платежи 2025.csv")[0].table == "payments"
    assert read(tmp_path, csv_text(rows).encode(), "x.csv")[0].table == "payments"
    assert read(tmp_path, csv_text(rows).encode(), "x.csv", table="progress")[0].table == "progress"
    assert read(tmp_path, table(), "payments.csv")[0].table == "facilities"  # a name cannot make payments of facilities


def test_coordinates_in_one_cell(tmp_path: Path) -> None:
    text = csv_text([["ID", "Объект", "Координаты"], ["1", "Школа", "51.128, 71.430"], ["2", "Сад", "51,12"]])
    [found] = read(tmp_path, text.encode())
    assert (found.rows[0].cells["lat"], found.rows[0].cells["lon"]) == ("51.128", "71.430")
    assert "lat" not in found.rows[1].cells
    assert [(p.code, p.severity, p.row, p.value) for p in found.problems] == [("coordinates_not_split", "cell", 3, "51,12")]
    assert found.headers["lat"] == found.headers["lon"] == "Координаты"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("51.128, 71.430", ("51.128", "71.430")),
        ("51.128,71.430", ("51.128", "71.430")),
        ("51,128; 71,430", ("51,128", "71,430")),
        ("51,128 71,430", ("51,128", "71,430")),
        ("51,128, 71,430", ("51,128", "71,430")),
        ("(51.128 71.430)", ("51.128", "71.430")),
        ("51.128N, 71.430E", ("51.128N", "71.430E")),
        ("51°07'41\"N 71°25'48\"E", ("51°07'41\"N", "71°25'48\"E")),
        ("-3.1806, -51.5890", ("-3.1806", "-51.5890")),
        ("51,12", None),
        ("51,128,71,430", None),
        ("ул. Абая, 5", None),
        ("51.128", None),
        ("", None),
    ],
)
def test_split_coordinates(text: str, pair: tuple[str, str] | None) -> None:
    assert split_coordinates(text) == pair


# --- the parent survives


def test_the_parser_is_never_loaded_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "python_calamine", raising=False)
    read(tmp_path, simple_workbook(), "a.xlsx")
    assert "python_calamine" not in sys.modules


def test_a_path_with_any_letters(tmp_path: Path) -> None:
    path = tmp_path / "нысандар -rf '$(x)'.xlsx"
    path.write_bytes(simple_workbook())
    assert len(read_table(path, name="a.xlsx")[0].rows) == 2


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file_unreadable"):
        read_table(tmp_path / "none.csv", name="none.csv")


# --- properties

letters = st.text(alphabet=string.ascii_letters + string.digits + "абвәғқңөұүһі ,;\t\"'\n\r.-%№«»", max_size=12)


@again
@given(rows=st.lists(st.tuples(letters, letters, letters), min_size=1, max_size=8), delimiter=st.sampled_from(",;\t"))
def test_what_is_written_is_read(rows: list[tuple[str, str, str]], delimiter: str, tmp_path: Path) -> None:
    rows = [("first", "x", "y"), *rows]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([("facility_id", "title", "region"), *rows])
    [found] = read(tmp_path, file.getvalue().encode())
    written = [{c: t.strip() for c, t in zip(("facility_id", "title", "region"), row, strict=True) if t.strip()} for row in rows]
    assert [r.cells for r in found.rows] == [cells for cells in written if cells]
    assert len(found.rows) + found.n_blank == len(rows)


@again
@given(data=st.binary(max_size=400) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path: Path) -> None:
    for prefix in (b"", "facility_id,title,Область\n".encode()):
        try:
            tables = read(tmp_path, prefix + data)
        except DataError as refused:
            assert i18n.has(f"problem.{refused.code}", "kk")
        else:
            assert all(i18n.has(f"problem.{p.code}", "ru") for p in problems(tables))


@settings(again, max_examples=12)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    book = bytearray(simple_workbook())
    for at in data.draw(st.lists(st.integers(0, len(book) - 1), min_size=1, max_size=6)):
        book[at] = data.draw(st.integers(0, 255))
    try:
        read(tmp_path, bytes(book), "a.xlsx")
    except DataError as refused:
        assert i18n.has(f"problem.{refused.code}", "en")


# --- real files


@pytest.mark.skipif(not PHILIPPINES.exists(), reason="shared data is not here")
def test_philippine_works() -> None:
    chosen = {"facility_id": "contractId", "title": "description", "signed_on": "contractEffectivityDate"}
    [found] = read_table(PHILIPPINES, name=PHILIPPINES.name, column_map=chosen)
    assert (found.table, len(found.rows), found.n_blank) == ("facilities", 1044, 0)
    assert found.headers["due_on"] == "expiryDate"
    assert found.headers["lat"] == "lat"
    assert not any(p.severity == "error" for p in found.problems)


@pytest.mark.skipif(not BRAZIL.exists(), reason="shared data is not here")
def test_brazilian_works() -> None:
    chosen = {
        "title": "Empreendimento",
        "region": "UF",
        "district": "Municípios",
        "due_first_on": "Data de Conclusão Prevista",
        "due_on": "Data de Conclusão Revisada",
        "value_amount": "Total PAC (Milhões R$) - valor do contrato",
        "progress_share": "% da Execução Física",
    }
    [found] = read_table(BRAZIL, name=BRAZIL.name, column_map=chosen, sheets=["pac"])
    assert (found.table, len(found.rows)) == ("facilities", 874)
    assert found.units == {"value_amount": "Milhões R$", "progress_share": "%"}
    first = found.rows[0].cells
    assert first["lat"].endswith('"S') and first["lon"].endswith('"O')
    assert first["due_on"] == "2018-12-30"
