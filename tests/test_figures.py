"""Published figures: each traced to its source, defined in three languages, joined only with its like, and far from the score."""

import ast
import csv
import io
import re
from html import escape, unescape
from pathlib import Path

import pytest

from riskmap import draw, draw_figures, figures, i18n, schema
from riskmap.figures import load
from riskmap.i18n import text
from riskmap.web import figures as shown

ROOT = Path(__file__).resolve().parents[1]
# the article that the shared notes summarise as S3; its address was found for the text that lies there
ARTICLES = {"daryo.uz": "S3.txt"}
FACTOR = {"bn": 1e9, "tn": 1e12, "m": 1e6}


@pytest.mark.parametrize("figure", load(), ids=[figure.id for figure in load()])
def test_each_value_stands_in_the_notes_with_its_source(figure, shared):
    notes = (shared / "domain.md").read_text("utf-8")
    assert any(figure.as_written in line for line in notes.splitlines())
    host = figure.source_url.split("/")[2]
    if host in ARTICLES:
        article = (shared / "articles" / ARTICLES[host]).read_text("utf-8").replace("\u00a0", " ")
        number = f"{figure.value / 1e9:g}" if figure.unit == "kzt" else f"{figure.value:,.0f}"
        assert number in article
    else:
        assert figure.source_url.partition("://")[2] in notes


@pytest.mark.parametrize("figure", load(), ids=[figure.id for figure in load()])
def test_the_value_is_what_is_written(figure):
    numbers = re.findall(r"\d[\d,]*\.?\d*", figure.as_written)
    found = [float(number.replace(",", "")) for number in numbers]
    unit = next((FACTOR[name] for name in re.findall(r"\b(bn|tn|m)\b", figure.as_written)), 1.0)
    if figure.id.startswith("recovered_") and figure.id.endswith(("cash_2025_04", "property_2025_04")):
        unit = 1e9  # "610 bn (506 cash + 103 property)"
    assert figure.value in [pytest.approx(number * unit) for number in found]
    assert (figure.about == "about") == figure.as_written.startswith("~")
    assert (figure.about == "more") == figure.as_written.startswith(">")


def test_ids_are_unique_and_every_series_counts_one_thing():
    ids = [figure.id for figure in load()]
    assert len(ids) == len(set(ids))
    units = {}
    for figure in load():
        assert units.setdefault(figure.series, figure.unit) == figure.unit
        assert figure.begin is None or figure.begin <= figure.until


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_figure_is_defined_and_shown(lang):
    tables = shown.national_table(lang) + shown.recovered_table(lang)
    for figure in load():
        assert len(text(f"figures.definition.{figure.series}", lang)) > 15
        assert figure.source_url in tables and escape(figures.value(figure, lang)) in tables
    assert tables.count("<tr>") == len(load()) + 2


def test_only_what_counts_the_same_is_joined():
    groups = figures.joined(load())
    assert sorted(one.id for group in groups for one in group) == sorted(one.id for one in load())
    for group in groups:
        assert len({(one.series, one.item, one.unit) for one in group}) == 1
        assert len({one.until for one in group}) == len(group)
        if len(group) > 1:  # a period of ten months is never joined with a year, nor a rank with a rank
            lengths = {(one.until.month, one.begin and one.begin.month) for one in group}
            begun = {one.begin for one in group}
            assert len(lengths) == 1 or len(begun) == 1  # the same months of other years, or a count that goes on
            assert group[0].unit != "rank"
    assert {group[0].series for group in groups if len(group) > 1} == {
        "justice_7m", "returned_since_2022", "volunteers", "cpi_score", "rewarded_9m", "informal_demand",
    }  # fmt: skip


def test_a_line_of_the_picture_goes_through_one_group_only():
    chart = shown.over_time(draw.INKS["light"], "en")
    groups = [[figures.value(one, "en") for one in group] for group in figures.joined(load())]
    for trace in chart.figure.data:
        assert trace.mode == ("lines+markers" if len(trace.x) > 1 else "markers")
        marks = [unescape(words).split("<br>")[1].rpartition(", ")[0] for words in trace.hovertext]
        assert marks in groups


def test_912_is_eleven_percent_more_than_820():
    before, after = (figure.value for figure in figures.of("justice_7m"))
    assert (before, after) == (820, 912) and round(100 * (after / before - 1)) == 11
    assert "11" in text("figures.definition.justice_7m", "en")


def test_the_flow_loses_nothing():
    for chart in (shown.recovered_facilities(draw.INKS["light"], "en"), shown.recovered_money(draw.INKS["light"], "en")):
        link = chart.figure.data[0].link
        entering = {node: sum(v for t, v in zip(link.target, link.value, strict=True) if t == node) for node in link.target}
        leaving = {node: sum(v for s, v in zip(link.source, link.value, strict=True) if s == node) for node in link.source}
        for node in entering.keys() & leaving.keys():
            assert entering[node] == leaving[node]
        assert leaving[0] == sum(value for node, value in entering.items() if node not in leaving)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_open_table_has_every_figure_with_its_source(lang):
    rows = list(csv.DictReader(io.StringIO(shown.file(lang).decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [figure.id for figure in load()]
    assert all(row["definition"] and row["source_url"].startswith("http") and row["stated"] for row in rows)


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def test_the_score_knows_neither_the_survey_nor_any_other_figure():
    """No module of the way from facts to snapshot imports them, and no column could carry them."""
    allowed = {ROOT / "riskmap" / name for name in ("draw_figures.py", "web/figures.py", "web/opendata.py")}
    for path in (ROOT / "riskmap").rglob("*.py"):
        if path not in allowed:
            names = {name for name in _imports(path) if name.startswith("riskmap.figures")}
            assert not names, path
            assert "figures.csv" not in path.read_text("utf-8") or path == ROOT / "riskmap/figures.py"
    columns = {column.name for columns in schema.INPUT_TABLES.values() for column in columns}
    columns |= {name for table in schema.FACT_TABLES.values() for name in table}
    assert not [name for name in columns if "survey" in name or "figure" in name]


def test_a_survey_with_other_numbers_gives_the_same_scores(tmp_path, monkeypatch):
    """Every number of the file changed, and the demo scored again: the same bytes of facilities."""
    from casebook import AS_OF, CASES, read, settings_of, tables

    from riskmap import pipeline

    case_file = CASES / "paid_ahead.csv"
    given = {"as_of": AS_OF, "settings": settings_of(case_file), "engine": "polars"}
    before = pipeline.score_tables(tables(read(case_file)), **given)
    changed = re.sub(r",(28\.7|11\.3|7|6\.9),percent", ",99,percent", figures.FILE.read_text("utf-8"))
    (tmp_path / "figures.csv").write_text(changed, "utf-8")
    monkeypatch.setattr(figures, "FILE", tmp_path / "figures.csv")
    figures.load.cache_clear()
    try:
        assert {figure.value for figure in figures.of("survey_2019")} == {99.0}
        assert pipeline.score_tables(tables(read(case_file)), **given).equals(before)
    finally:
        monkeypatch.undo()
        figures.load.cache_clear()


def test_every_picture_is_the_same_in_words():
    for lang in i18n.LANGUAGES:
        words = draw_figures.over_time(figures.national(), footer="f", ink="#000", lang=lang).words
        assert "912" in words and "820" in words
        assert "28" in shown.survey("#000", lang).words and "333" in shown.recovered_facilities("#000", lang).words
