"""Header words -> columns: what is understood, and above all what is asked instead of guessed."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import schema
from riskmap.problem import DataError
from riskmap.read import headers

GUARDED = {(t, c.name) for t, columns in schema.INPUT_TABLES.items() for c in columns if c.kind in ("date", "money")}


def match(*words: str, table: str = "facilities", **column_map: str) -> headers.Match:
    return headers.match(words, table=table, column_map=column_map)


def mapped(*words: str, table: str = "facilities", **column_map: str) -> dict[str, str]:
    found = match(*words, table=table, **column_map)
    return {column: words[at] for column, at in found.columns.items()}


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in schema.INPUT_TABLES.items() for c in columns])
def test_every_synonym_finds_its_column_or_is_asked_about(table: str, column: schema.Column) -> None:
    for synonym in column.synonyms:
        found = match(synonym, table=table)
        asked = {line.partition(":")[0] for line in found.unsure}
        shared = {c.name for c in schema.INPUT_TABLES[table] if synonym in c.synonyms}
        assert set(found.columns) <= shared
        assert found.columns or column.name in asked, synonym


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("НАИМЕНОВАНИЕ   ОБЪЕКТА", "title"),
        ("Наименование\u00a0объекта:", "title"),
        ("наименование обьекта", "title"),
        ("Пордядчик", "supplier_name"),
        ("programName", "programme"),
        ("Наименование объекта строительства", "title"),
        ("Населённый пункт", "settlement"),
        ("Сметалық құны", "budget_amount"),
        ("Бюджет, млн тенге", "budget_amount"),
        ("Сумма договоров", "value_amount"),
        ("Сумма договора (с НДС)", "value_amount"),
        ("Дата заключения договора", "signed_on"),
        ("startDate", "start_on"),
        ("due_date", "due_on"),
        ("amountPaid", "paid_amount"),
        ("Progress %", "progress_share"),
        ("% готовности", "progress_share"),
        ("Готовность,%", "progress_share"),
        ("Освоено", "absorbed_amount"),
        ("Игерілді, млн теңге", "absorbed_amount"),
        ("БИН подрядчика", "supplier_id"),
        ("Наименование подрядчика", "supplier_name"),
        ("Площадь, кв.м", "capacity"),
        ("№ п/п", "facility_id"),
        ("Мердігердің БСН", "supplier_id"),
    ],
)
def test_one_header_means_one_column(header: str, column: str) -> None:
    assert mapped(header) == {column: header}


@pytest.mark.parametrize(
    "header",
    ["Срок сдачи по договору 2", "Бюджет проекта", "Стоимость", "Дата", "Плановая дата договора", "Amount unpaid",
     "Оплачено, освоено", "Примечание", "contractor phone", "Подрядчик, телефон", "proc_status", "Директор", "12", "%",
     "тыс. тенге", ""],
)  # fmt: skip
def test_nothing_is_guessed(header: str) -> None:
    assert mapped(header) == {}


def test_two_headers_for_one_date_are_asked_about() -> None:
    found = match("Объект", "Срок сдачи", "Плановый срок ввода")
    assert "due_on" not in found.columns
    assert found.unsure == ["due_on: Срок сдачи | Плановый срок ввода"]
    assert found.unmapped == []


def test_the_name_of_the_column_beats_a_synonym() -> None:
    found = match("Срок сдачи", "due_on")
    assert found.columns == {"due_on": 1}
    assert (found.unsure, found.unmapped) == ([], ["Срок сдачи"])


def test_a_synonym_beats_another_only_where_neither_dates_nor_money_are_at_stake() -> None:
    assert mapped("Регион", "Область", "Бюджет", "Сметная стоимость") == {"region": "Область"}


def test_a_similar_money_header_is_offered_and_not_taken() -> None:
    found = match("Объект", "Бюджет проекта")
    assert found.unsure == ["budget_amount: Бюджет проекта"]


def test_a_bare_date_means_something_only_where_there_is_one_date() -> None:
    assert match("Дата").unsure == ["reported_on: Дата"]
    assert mapped("Дата", table="payments") == {"paid_on": "Дата"}
    assert mapped("Дата", table="progress") == {"reported_on": "Дата"}


def test_the_map_decides() -> None:
    assert mapped("Срок сдачи", "Плановый срок ввода", due_on="плановый  срок ввода") == {"due_on": "Плановый срок ввода"}
    assert mapped("A", "B", due_date="B", Подрядчик="A") == {"supplier_name": "A", "due_on": "B"}
    assert mapped("Бюджет", "Лимит", budget_amount="Лимит")["budget_amount"] == "Лимит"


def test_the_map_must_name_a_column() -> None:
    headers.check_column_map({"due_date": "x", "Төленді": "y"})
    with pytest.raises(DataError):
        headers.check_column_map({"delivery": "x"})


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Бюджет, млн тенге", "млн тенге"),
        ("Стоимость (тыс. тг)", "тыс. тг"),
        ("Сметалық құны, мың теңге", "мың теңге"),
        ("Progress %", "%"),
        ("% готовности", "%"),
        ("Budget (million KZT)", "million KZT"),
        ("Бюджет в млрд тенге", "млрд тенге"),
        ("VALOR REPASSE R$", "R$"),
        ("Total PAC (Milhões R$) - valor do contrato", "Milhões R$"),
        ("Бюджет", None),
        ("Milestone", None),
        ("Сумма договора (с НДС)", None),
    ],
)
def test_unit_in_a_header(header: str, unit: str | None) -> None:
    assert headers.unit_in(header) == unit


def test_units_are_kept_for_measured_columns_only() -> None:
    found = match("Бюджет, млн тенге", "progress_pct", "Готовность, %", "Область, мест")
    assert found.units["budget_amount"] == "млн тенге"
    assert found.units["progress_share"] == "%"
    assert "region" not in found.units


def test_both_coordinates_in_one_column() -> None:
    assert match("ID", "Координаты").coordinates == 1
    assert match("ID", "Координаты (широта, долгота)").coordinates == 1
    assert match("ID", "Координаттар", "lat", "lon").coordinates is None


def test_a_repeated_header_that_means_something() -> None:
    assert match("ID", "id", "Примечание", "примечание").duplicates == ["ID", "id"]


@pytest.mark.parametrize(
    ("name", "table"),
    [("Объекты 2025", "facilities"), ("НЫСАНДАР", "facilities"), ("Төлемдер", "payments"), ("projects_flat", "facilities"),
     ("Доп. соглашения", "amendments"), ("Лист1", None), ("Объекты и договоры", None), ("Контрактник", None)],
)  # fmt: skip
def test_table_named(name: str, table: str | None) -> None:
    assert headers.table_named(name) == table


def test_two_header_rows() -> None:
    def under(top: str, bottom: str) -> str | None:
        return next(iter(mapped(headers.one_of_two(top, bottom, "facilities"))), None)

    assert under("Договор", "Дата") == "signed_on"
    assert under("Подрядчик", "Наименование") == "supplier_name"
    assert under("Подрядчик", "БИН") == "supplier_id"
    assert under("Подрядчик", "Адрес") is None
    assert under("Объект", "ID") == "facility_id"
    assert under("Место", "Район") == "district"


words = st.lists(
    st.sampled_from([s for c in schema.INPUT_TABLES["facilities"] for s in c.synonyms]) | st.text(max_size=20), max_size=8
)


@settings(deadline=None)
@given(words=words)
def test_no_header_is_lost_and_none_serves_twice(words: list[str]) -> None:
    found = match(*words)
    places = list(found.columns.values())
    assert len(places) == len(set(places))
    asked = {h for line in found.unsure for h in line.partition(": ")[2].split(" | ")}
    told = {words[at] for at in places} | set(found.unmapped) | asked
    told |= {words[found.coordinates]} if found.coordinates is not None else set()
    assert all(w in told or not headers.fold(w) or " | " in w or "Координат" in w for w in words)


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = headers.fold(text)
    assert headers.fold(once) == once


@settings(deadline=None)
@given(words=words, seed=st.randoms(use_true_random=False))
def test_the_order_of_columns_changes_no_date_and_no_money(words: list[str], seed: object) -> None:
    words = list({headers.fold(w): w for w in words}.values())
    shuffled = list(words)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    guarded = [{c: w for c, w in mapped(*order).items() if ("facilities", c) in GUARDED} for order in (words, shuffled)]
    assert all(a == b for a, b in pairwise(guarded))


@pytest.mark.parametrize(
    ("top", "bottom", "unit"),
    [
        ("Стоимость, млн тенге", "Сумма договора", "млн тенге"),
        ("Стоимость (тыс. тенге)", "Сметная стоимость", "тыс. тенге"),
        ("Құны, млн теңге", "Шарт сомасы", "млн теңге"),
        ("Стоимость, млн тенге", "Сумма договора, тыс. тенге", "тыс. тенге"),
        ("Стоимость", "Сумма договора", None),
    ],
)
def test_the_unit_of_a_group_is_that_of_its_columns(top, bottom, unit):
    words = headers.one_of_two(top, bottom, "facilities")
    assert headers.unit_in(words) == unit
    assert headers.match([words, "Объект"], table="facilities", column_map={}).units in (
        {},
        {"value_amount": unit},
        {"budget_amount": unit},
    )
