"""Small registers as CSV: one set of rules for what comes in and what goes out."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import corrections, duty, i18n, register
from riskmap.duty import Case
from riskmap.problem import DataError, describe, describe_error

COLUMNS = ("id", "note")


def read(content: bytes | str, **more) -> register.Sheet:
    content = content if isinstance(content, bytes) else content.encode()
    return register.read(content, "r.csv", COLUMNS, **{"max_bytes": 1_000_000, "max_rows": 5, **more})


def test_rows_in_are_accepted_refused_and_blank() -> None:
    sheet = read('id,note\na,1\n\n b ,"2\n2"\n , \nc\nd,1,2\ne,x\ufffd\n')
    assert sheet.rows == [(2, {"id": "a", "note": "1"}), (4, {"id": "b", "note": "2\n2"})]
    assert [(one.row, one.column, one.code) for one in sheet.refused] == [
        (6, "", "register_cells"), (7, "", "register_cells"), (8, "note", "broken_characters"),
    ]  # fmt: skip
    assert sheet.n_blank == 2
    for lang in i18n.LANGUAGES:
        assert all(one.code not in describe(one, lang) for one in sheet.refused)


@pytest.mark.parametrize(
    "content",
    ["note;ID;more\n1;a;x\n", "\ufeffid,note\r\na,'1\r\n", "id,note\na,1".encode("utf-16")],
)
def test_the_ways_in_which_a_spreadsheet_writes_it(content) -> None:
    assert read(content).rows == [(2, {"id": "a", "note": "1"})]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "register_headers"), ("id\na\n", "register_headers"), ("id,note,id\na,b,c\n", "register_headers"),
        ('id,note\n"a', "register_csv"), ("id,note\n" + "a,b\n" * 6, "register_large"), ("x" * 1_000_001, "register_large"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_clear_error(content, code) -> None:
    with pytest.raises(DataError, match=code) as error:
        read(content)
    assert all(code not in describe_error(error.value, lang) for lang in i18n.LANGUAGES)


def test_columns_that_may_be_missing() -> None:
    assert read("id\na\n", required=("id",)).rows == [(2, {"id": "a"})]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\ufffd\r"), min_size=1), max_size=5))
def test_what_is_written_is_read_again(notes) -> None:
    content = register.write(COLUMNS, [("a", note) for note in notes])
    assert [cells["note"] for _, cells in read(content).rows] == [note.strip() for note in notes]


def test_no_register_runs_a_formula(tmp_path) -> None:
    """A spreadsheet gets them marked; our readers give them back as they were."""
    formula = '=HYPERLINK("https://example.kz")'
    case = Case(
        "c-1", (formula, "", ""), "minister", "KZ-27", "verdict", None, None, None, "accepted", "2024", formula, "https://a.kz"
    )
    content = duty.write([case])
    assert duty.take(content, "d.csv") == ([case], [], 0)
    one = corrections.Correction("C1", "F1", "0012", "budget_amount", "100", "120", formula, date(2026, 11, 1))
    corrections.write([one], tmp_path / "c.csv")
    assert corrections.read(tmp_path / "c.csv") == ([one], [], 0)
    for written in (content, (tmp_path / "c.csv").read_bytes()):
        assert b"'=HYPERLINK" in written and b",=" not in written and b',"=' not in written
    assert b",2024," in content  # a year is a number: bare
