"""The pictures of groups and of pairs: every mark is a fact, the limits are the limits, words say the same."""

from datetime import date

import numpy as np
import pytest

from riskmap import draw, draw_groups, draw_network, groups, i18n
from riskmap.draw_groups import Group, Row
from riskmap.draw_network import Pair

LANGS = pytest.mark.parametrize("lang", i18n.LANGUAGES)
HOSTILE = '<a href="https://evil.invalid">x</a>'


def told(lang="en"):
    words = draw.footer(as_of=date(2026, 11, 1), snapshot_id="abc", is_demo=True, lang=lang)
    return {"footer": words, "ink": draw.INKS["light"], "lang": lang}


def plain(chart):
    return chart.figure.to_json().encode().decode("unicode_escape")


MARKS = [
    Group("A", 40, 36, "far_above", False, True),
    Group("B", 40, 20, "inside", False, False),
    Group(HOSTILE, 3, 0, "inside", True, False),
    Group("D", 0, 0, "inside", True, False),
]


@LANGS
def test_a_funnel_has_a_mark_per_known_group_between_four_limits(lang):
    chart = draw_groups.funnel(MARKS, rate=56 / 83, measure="overdue", **told(lang))
    marks = next(trace for trace in chart.figure.data if trace.mode == "markers")
    assert list(marks.x) == [40, 40, 3] and list(marks.y) == [0.9, 0.5, 0.0]
    lines = [trace for trace in chart.figure.data if trace.mode == "lines"]
    n = np.array(lines[0].x)
    for pair, share in ((lines[:2], groups.INNER), (lines[2:], groups.OUTER)):
        for line, side in zip(pair, groups.limits(n, 56 / 83, share), strict=True):
            assert list(line.y) == pytest.approx(list(side))
    assert marks.marker.symbol[0] != marks.marker.symbol[1] and marks.marker.symbol[2].endswith("open")  # not by colour alone
    assert "<a" not in plain(chart)
    names = [a.text for a in chart.figure.layout.annotations]
    assert "A" in names and "B" not in names


@pytest.mark.parametrize(("rows", "rate"), [([], 0.5), (MARKS, 0.0), (MARKS, 1.0), (MARKS[3:], 0.5)])
def test_without_a_known_group_or_where_nothing_varies_there_is_no_funnel(rows, rate):
    assert draw_groups.funnel(rows, rate=rate, measure="flagged", **told()) is None


@LANGS
@pytest.mark.parametrize("measure", [name for name, measure in groups.MEASURES.items() if not measure.is_event])
def test_rows_of_dots_keep_every_group_and_grey_says_too_few(lang, measure):
    values = np.linspace(0.5, 2.0, 100)
    rows = [Row("A", values, 3, False), Row(HOSTILE, values[:2], 0, True), Row("C", values[:0], 7, True)]
    chart = draw_groups.spread(rows, measure=measure, median=1.0, **told(lang))
    dots = [list(trace.x) for trace in chart.figure.data if trace.mode == "markers"]
    assert dots == [pytest.approx(list(groups.dots(values))), [pytest.approx(np.median(values))], pytest.approx(list(values[:2]))]
    labels = " ".join(a.text for a in chart.figure.layout.annotations)
    assert "C" in labels and "7" in labels and "<a" not in plain(chart)
    assert i18n.text("compare.place.small", lang) in chart.words and i18n.text("common.not_known", lang) in chart.words
    assert draw_groups.spread(rows[2:], measure=measure, median=None, **told(lang)) is None


PAIRS = [Pair("B1", "S1", 5, 2, 4, True), Pair("B1", "S2", 2, 0, 2, False), Pair(HOSTILE, "S1", 1, 1, 1, False)]


@LANGS
def test_a_line_is_as_wide_as_its_facilities_and_its_orange_part_as_its_overdue(lang):
    chart = draw_network.who_for_whom(PAIRS, n_left_out=3, **told(lang))
    widths = sorted(trace.line.width for trace in chart.figure.data if trace.mode == "lines")
    px = 4.0
    assert widths == pytest.approx(sorted([5 * px, 2 * px, 2 * px, 1 * px, 1 * px]))
    diamonds = [trace for trace in chart.figure.data if trace.marker.symbol == "diamond"]
    assert len(diamonds) == 1 and i18n.text("network.concentrated", lang) in chart.words
    assert "<a" not in plain(chart)
    assert draw_network.who_for_whom([], n_left_out=0, **told(lang)) is None


def test_the_picture_has_an_end_and_nodes_do_not_share_a_place():
    many = [Pair(f"B{i}", f"S{i % 7}", 1, 0, 0, False) for i in range(60)]
    chart = draw_network.who_for_whom(many, n_left_out=0, **told())
    lines = [trace for trace in chart.figure.data if trace.mode == "lines"]
    nodes = [trace for trace in chart.figure.data if trace.mode == "markers" and trace.marker.size == 7]
    assert len(lines) == draw_network.N_PAIRS
    assert [len(set(side.y)) for side in nodes] == [draw_network.N_PAIRS, 7]
