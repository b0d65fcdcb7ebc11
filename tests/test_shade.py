"""Classes and colours of the regions: what few and unknown get, what two measures give, and that colours can be told apart."""

from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_web import _facility, _write

from riskmap import i18n, snapshot
from riskmap.filters import Filter
from riskmap.web import shade, view

BUDGETS = {"KZ-71": 100, "KZ-75": 200, "KZ-79": 50_000, "KZ-10": 60_000, "KZ-11": 9_000_000}
OVERDUE = {"KZ-71": 1, "KZ-75": 9, "KZ-79": 1, "KZ-10": 5, "KZ-11": 10}


@pytest.fixture
def country(tmp_path):
    """Five regions of ten facilities; one with one facility, one where little is disclosed."""
    rows = [
        _facility(100 * at + n, region_code=code, is_flagged=n == 0, is_overdue=n < OVERDUE[code], budget_amount=BUDGETS[code],
                  coverage=0.2 if code == "KZ-79" else 0.9)
        for at, code in enumerate(BUDGETS) for n in range(10)
    ]  # fmt: skip
    rows.append(_facility(900, region_code="KZ-63"))
    return snapshot.load(_write(tmp_path / "snapshot", rows))


def test_two_measures_give_nine_classes_money_across_and_delay_up(country):
    shaded = shade.shaded(country, Filter(), shade.BOTH)
    assert shaded.classes == {"KZ-71": 0, "KZ-75": 6, "KZ-79": 1, "KZ-10": 4, "KZ-11": 8, "KZ-63": "small"}


def test_where_little_is_disclosed_the_region_is_marked(country):
    for measure in shade.CHOICES:
        assert shade.shaded(country, Filter(), measure).doubtful == ("KZ-79",)
    assert view.map_data(country, Filter(), "overdue", "en")["legend"]["doubtful"]


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_the_legend_of_two_measures_names_both_axes_and_their_borders(country, lang):
    legend = view.map_data(country, Filter(), shade.BOTH, lang)["legend"]
    assert not legend["classes"]
    for side, name in (("across", shade.ACROSS), ("up", shade.UP)):
        assert legend["square"][side]["name"] == i18n.text(f"map.measures.{name}", lang)
        assert len(set(legend["square"][side]["borders"])) == 2


def test_an_unknown_half_leaves_the_whole_unknown(tmp_path):
    rows = [_facility(n, region_code="KZ-71", is_overdue=None, is_flagged=None) for n in range(10)]
    rows += [_facility(20 + n, region_code="KZ-75", budget_amount=n + 1) for n in range(10)]
    opened = snapshot.load(_write(tmp_path / "snapshot", rows))
    assert shade.shaded(opened, Filter(), shade.BOTH).classes["KZ-71"] == "unknown"


@given(st.integers(1, 9), st.integers(2, 9))
@hypothesis_settings(deadline=None)
def test_more_is_never_lighter_and_the_ends_are_used(n, n_steps):
    steps = [shade.spread(k, n, n_steps) for k in range(n)]
    assert steps == sorted(steps) and all(0 <= step < n_steps for step in steps)
    assert n == 1 or (steps[0], steps[-1]) == (0, n_steps - 1)


def test_the_script_of_the_map_has_the_same_colours():
    script = (Path(shade.__file__).parent / "map.js").read_text("utf-8")
    for palette in (shade.LIGHT, shade.DARK):
        for colours in (palette.classes, palette.square, palette.levels):
            assert "[" + ", ".join(f'"{colour}"' for colour in colours) + "]" in script
        for name in ("page", "land", "line", "ink", "hatch", "small"):
            assert f'{name}: "{getattr(palette, name)}"' in script


# linear RGB as seen without one kind of cone (Machado, Oliveira and Fernandes 2009)
SIGHT = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]


def lab(colour, sight):
    parts = pd.Series([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = pd.Series([p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts])
    seen = (pd.DataFrame(SIGHT[sight]) @ linear).clip(0, 1)
    x, y, z = (pd.DataFrame(XYZ) @ seen / pd.Series([0.95047, 1, 1.08883])) ** (1 / 3)
    return pd.Series([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHT)
def test_nine_colours_can_be_told_apart_without_one_kind_of_cone(sight):
    for palette, least in ((shade.LIGHT, 18), (shade.DARK, 14)):
        seen = [lab(colour, sight) for colour in palette.square]
        assert min(((a - b) ** 2).sum() ** 0.5 for a, b in combinations(seen, 2)) >= least


def test_words_on_every_colour_can_be_read():
    for palette in (shade.LIGHT, shade.DARK):
        for colour in (*palette.classes, *palette.square, palette.small, palette.land):
            assert shade.contrast(colour, shade.ink_on(colour)) >= 4.5, colour
