"""Every chart carries its title, its measure, its source, date, version and the mark of fictitious data inside the picture."""

import inspect
from datetime import date

import numpy as np
import pandas as pd
import pytest
from test_draw import AS_OF, LEVELS, PAID, WORKS, tables

from riskmap import draw, draw_groups, draw_network, i18n
from riskmap.draw_groups import Group, Row
from riskmap.draw_network import Pair

# one call for every function that draws; a new one without a line here fails the first test
CALLS = {
    draw.timeline: {"dates": [("due_on", date(2026, 3, 1))], "as_of": AS_OF},
    draw.money_and_works: {"tables": tables(PAID, WORKS), "as_of": AS_OF},
    draw.contributions: {"parts": [("fact", 5.0)], "r": 5.0, "level": "low", "levels": LEVELS},
    draw.unit_cost: {
        "peers": pd.DataFrame({"facility_id": ["own", "a", "b"], "unit_cost": [4.0, 1.0, 2.0]}),
        "facility_id": "own", "currency": "KZT",
    },
    draw.level_counts: {"levels": pd.Series(["low", "high"])},
    draw.small_multiples: {
        "series": pd.DataFrame({"region_code": ["KZ-71"] * 2, "as_of": [date(2026, 10, 1), AS_OF], "n_flagged": [1, 2]}),
        "names": {"KZ-71": "Astana"}, "hover": ["1", "2"],
    },
    draw_groups.funnel: {"rows": [Group("A", 40, 20, "inside", False, True)], "rate": 0.5, "measure": "overdue"},
    draw_groups.spread: {"rows": [Row("A", np.linspace(0, 9, 20), 0, False)], "measure": "days_late", "median": 4.0},
    draw_network.who_for_whom: {"pairs": [Pair("B", "S", 5, 2, 4, False)], "n_left_out": 0},
}  # fmt: skip


def test_every_function_that_draws_is_here():
    drawing = {
        function
        for module in (draw, draw_groups, draw_network)
        for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and "Chart" in str(inspect.signature(function).return_annotation)
    }
    assert drawing == set(CALLS)


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
@pytest.mark.parametrize("function", CALLS, ids=lambda function: function.__name__)
def test_the_words_are_inside_the_picture(function, lang):
    footer = draw.footer(as_of=AS_OF, snapshot_id="abc123", is_demo=True, lang=lang)
    chart = function(**CALLS[function], footer=footer, ink=draw.INKS["light"], lang=lang)
    title, foot = (" ".join(note.text.replace("<br>", " ").split()) for note in chart.figure.layout.annotations[:2])
    assert title.startswith("<b>") and "</b> <span" in title and len(title) > 60  # the finding, then the measure
    assert foot == " ".join(footer.split())
    for expected in (i18n.text("common.app", lang), i18n.day(AS_OF, lang), "abc123", "DEMO" if lang == "en" else "ДЕМО"):
        assert " ".join(expected.split()) in foot
