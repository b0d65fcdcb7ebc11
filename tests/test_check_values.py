"""Strict converters: hand-worked cases, columns that decide together, and arbitrary text that must not raise."""

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from riskmap import schema
from riskmap import settings as riskmap_settings
from riskmap.check.values import Reading, convert, currency_of, date_of, reading_of
from riskmap.schema import Column

CASES = Path(__file__).parent / "cases" / "check"
SETTINGS = riskmap_settings.load()
MONEY, DATE, SHARE = Column("value_amount", "money", ""), Column("due_on", "date", ""), Column("progress_share", "share", "")


def cases(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(column: Column, texts: list[str], unit: str = "") -> list:
    reading = reading_of(column, column.name, unit, texts)
    return [convert(reading, text, SETTINGS) for text in texts]


@pytest.mark.parametrize("case", cases("dates"), ids=lambda case: case["text"])
def test_dates(case) -> None:
    [cell] = read(DATE, [case["text"]])
    assert cell.code == case["code"]
    assert cell.value == (date.fromisoformat(case["value"]) if case["value"] else None)
    assert cell.extra.get("precision", "") == case["precision"]


@pytest.mark.parametrize("case", cases("money"), ids=lambda case: f"{case['text']} [{case['unit']}]")
def test_money(case) -> None:
    paid = Column("paid_amount", "money", "")
    [cell] = read(paid, [case["text"]], case["unit"])
    assert cell.code == case["code"]
    assert cell.value == (int(case["value"]) if case["value"] else None)


def test_a_column_decides_what_its_marks_mean() -> None:
    assert [c.value for c in read(MONEY, ["1,234", "1,5"])] == [1, 2]  # decimal comma: 1.234 and 1.5, in whole units
    assert [c.value for c in read(MONEY, ["1,234", "1.5"])] == [1234, 2]
    assert read(MONEY, ["1,234", "1.5", "1,5"])[0].code == "number_ambiguous"


def test_order_of_day_and_month_needs_evidence_from_the_column() -> None:
    assert [c.value for c in read(DATE, ["03/04/2025", "17/12/2014"])] == [date(2025, 4, 3), date(2014, 12, 17)]
    assert [c.code for c in read(DATE, ["03/04/2025", "12/17/2014"])] == ["date_ambiguous"] * 2
    assert [c.code for c in read(DATE, ["17/12/2014", "12/17/2014"])] == ["date_ambiguous"] * 2


@pytest.mark.parametrize(
    ("texts", "unit", "values", "codes"),
    [
        (["45%", "100 %", "0%"], "", [0.45, 1.0, 0.0], ["", "", ""]),
        (["45", "100", "0"], "", [0.45, 1.0, 0.0], ["", "", ""]),
        (["0.45", "1", "0"], "", [0.45, 1.0, 0.0], ["", "", ""]),
        (["0,9", "0,8", "0,75", "1"], "%", [0.9, 0.8, 0.75, 1.0], [""] * 4),
        (["45", "0,5"], "%", [0.45, 0.005], ["", ""]),
        (["0.5"], "%", [None], ["share_undecided"]),
        (["1", "0"], "", [None, 0.0], ["share_undecided", ""]),
        (["1.2", "0.5"], "", [None, None], ["share_undecided"] * 2),
        (["101", "-5"], "%", [None, None], ["share_out_of_range"] * 2),
    ],
)
def test_shares_are_decided_by_the_whole_column(texts, unit, values, codes) -> None:
    found = read(SHARE, texts, unit)
    assert [c.code for c in found] == codes
    assert [c.value for c in found] == pytest.approx(values)


def test_zero_budget_is_not_known_but_zero_paid_is_zero() -> None:
    assert read(Column("budget_amount", "money", ""), ["0"])[0].code == "zero_amount"
    assert read(Column("paid_amount", "money", ""), ["0"])[0].value == 0


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("да", True, ""), ("Иә", True, ""), ("TRUE", True, ""), ("1", True, ""), ("нет", False, ""), ("жоқ", False, ""),
        ("0", False, ""), ("наверное", None, "bool_unknown"), ("", None, ""),
    ],
)  # fmt: skip
def test_booleans(text, value, code) -> None:
    [cell] = read(Column("is_on_rnu", "bool", ""), [text])
    assert (cell.value, cell.code) == (value, code)


@pytest.mark.parametrize(
    ("name", "text", "value", "code"),
    [
        ("facility_type", "Школа", "school", ""),
        ("facility_type", "Балабақша", "kindergarten", ""),
        ("facility_type", "Детский сад на 280 мест", "kindergarten", ""),
        ("facility_type", "Врачебная амбулатория", "primary_care", ""),
        ("facility_type", "Аурухана", "hospital", ""),
        ("facility_type", "education; cultureSportsAndRecreation", "culture", ""),
        ("facility_type", "education", "school", "type_general"),
        ("facility_type", "waterAndWaste", "water", ""),
        ("facility_type", "transport.road", "road_bridge", ""),
        ("facility_type", "Благоустройство", "other", "word_unknown"),
        ("method", "Открытый конкурс", "open", ""),
        ("method", "Конкурс с предварительным квалификационным отбором", "selective", ""),
        ("method", "Запрос ценовых предложений", "limited", ""),
        ("method", "Из одного источника по несостоявшимся закупкам", "direct", ""),
        ("method", "Бір көзден сатып алу", "direct", ""),
        ("method", "direct", "direct", ""),
        ("method", "особый порядок", None, "word_unknown"),
        ("delay_cause", "недофинансирование", "money", ""),
        ("delay_cause", "корректировка ПСД", "design", ""),
        ("payment_kind", "Аванс", "advance", ""),
        ("amendment_kind", "продление срока", "duration", ""),
        ("progress_source", "независимый наблюдатель", "independent", ""),
        ("location_precision", "site", "site", ""),
    ],
)
def test_words(name, text, value, code) -> None:
    [cell] = read(Column(name, "code", ""), [text])
    assert (cell.value, cell.code) == (value, code)


def test_missing_tokens_are_not_known_but_a_place_may_be_called_na() -> None:
    for token in ("", "-", "—", "н/д", "нет данных", "NULL", "дерек жоқ"):
        assert read(MONEY, [token])[0].value is None and read(MONEY, [token])[0].code == ""
    assert read(Column("title", "text", ""), ["NA"])[0].value == "NA"
    assert read(Column("title", "text", ""), [" — "])[0].value is None


def test_text_keeps_its_words_and_loses_what_cannot_be_seen() -> None:
    title = Column("title", "text", "")
    assert read(title, ["  Школа\u00a0№\n5 "])[0].value == "Школа № 5"
    assert read(title, ["Шко\u200bла"])[0].code == "invisible_characters"
    assert read(title, ["Школа\x00"])[0].code == "control_characters"
    assert read(title, ["\ud800"])[0].code == "broken_characters"
    assert read(title, ["я" * 40_000])[0].severity == "error"
    assert read(title, ["'=1+1"])[0].value == "'=1+1"
    assert read(title, ["=HYPERLINK(1)"])[0].value == "=HYPERLINK(1)"
    assert read(title, ["#ССЫЛКА!"])[0].code == "formula_error"


def test_addresses_are_http_or_nothing() -> None:
    url = Column("source_url", "url", "")
    assert read(url, ["https://example.kz/a b.pdf"])[0].value == "https://example.kz/a%20b.pdf"
    assert read(url, ["javascript:alert(1)"])[0].code == "url_bad"


@pytest.mark.parametrize(
    ("text", "code"),
    [("https://uks.example.kz", ""), ("kense@uks.example.kz", ""), ("+7 (7172) 55-12-34", ""), ("8 7172 551234 доб. 12", ""),
     ("someone@gmail.com", "contact_private"), ("Someone@MAIL.ru", "contact_private"), ("900101300123", "contact_bad"),
     ("javascript:alert(1)", "contact_bad"), ("Some Body", "contact_bad"), ("12", "contact_bad"), ("a@b", "contact_bad"),
     ("+7 7172 551234 <b>", "contact_bad"), ("x" * 5000 + "@uks.kz", "contact_bad"), ("http://a b\"", "url_bad")],
)  # fmt: skip
def test_a_contact_is_one_of_an_office(text, code) -> None:
    [cell] = read(Column("buyer_contact", "contact", ""), [text])
    assert cell.code == code and (cell.value is None) == bool(code)


def test_capacity_may_carry_its_unit() -> None:
    [cell] = read(Column("capacity", "number", ""), ["1 200 мест"])
    assert cell.value == 1200 and cell.extra["unit"] == "мест"
    assert read(Column("capacity", "number", ""), ["0"])[0].code == "zero_number"


def test_currency_column() -> None:
    assert (
        currency_of("тенге").value == "KZT" and currency_of("mxn").value == "MXN" and currency_of("?").code == "currency_unknown"
    )


COLUMNS = [c for columns in schema.INPUT_TABLES.values() for c in columns if c.name != "currency"]
TEXT = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.,-/%() \u00a0eE°'\"млнтыскварIVХ№", max_size=40),
    st.text(alphabet=st.characters(), max_size=20),
)


@hypothesis_settings(deadline=None, max_examples=400)
@given(
    column=st.sampled_from(COLUMNS),
    texts=st.lists(TEXT, min_size=1, max_size=4),
    unit=st.sampled_from(["", "%", "млн тенге", "$"]),
)
def test_any_text_gives_a_value_of_the_right_type_or_a_reason(column, texts, unit) -> None:
    expected = {"date": date, "money": int, "integer": int, "number": float, "share": float, "bool": bool}.get(column.kind, str)
    reading: Reading = reading_of(column, column.name, unit, texts)
    for text in texts:
        cell = convert(reading, text, SETTINGS)
        assert cell.value is None or type(cell.value) is expected
        assert cell.severity in ("", "warning", "cell", "error") and bool(cell.code) == bool(cell.severity)
        assert cell.value is None or cell.severity in ("", "warning")
        if cell.value is not None and column.kind == "share":
            assert 0 <= cell.value <= 1
        if cell.value is not None and column.kind == "money":
            assert 0 <= cell.value <= SETTINGS["check"]["max_amount"]


@hypothesis_settings(deadline=None)
@given(st.dates(min_value=date(1992, 1, 1), max_value=date(2040, 12, 31)))
def test_a_written_date_is_read_back(day) -> None:
    bounds = SETTINGS["check"]["year_bounds"]
    for text in (day.isoformat(), day.strftime("%d.%m.%Y"), f"{day.isoformat()}T00:00:00+05:00"):
        assert date_of(text, bounds).value == day


@hypothesis_settings(deadline=None)
@given(st.integers(min_value=1, max_value=10**15))
def test_a_written_amount_is_read_back(amount) -> None:
    grouped = f"{amount:,}"
    for text in (
        str(amount),
        grouped.replace(",", " "),
        grouped.replace(",", "\u00a0"),
        f"{amount}.00",
        grouped.replace(",", " ") + ",00",
    ):
        assert read(MONEY, [text])[0].value == amount


def test_long_hostile_texts_are_refused_in_linear_time() -> None:
    for text in ("1" * 30_000, "1 " * 15_000, "((((" * 8_000, "1,000" * 6_000, "а" * 30_000, "q" * 30_000 + "1"):
        for column in (MONEY, DATE, SHARE, Column("capacity", "number", ""), Column("facility_type", "code", "")):
            convert(reading_of(column, "x", "", [text]), text, SETTINGS)
