"""The drawings of the stages: one for each stage that the settings know, speaking every language, fit for a strict page."""

import xml.etree.ElementTree as ET
from urllib.parse import unquote

import pytest

from riskmap import settings, stages
from riskmap.i18n import LANGUAGES

SHARES = settings.load()["observations"]["stage_share"]


def test_the_stages_are_those_of_the_settings():
    assert tuple(SHARES) == stages.STAGES


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_drawing_is_its_own_and_says_what_it_shows(lang):
    drawn = [stages.picture(stage, lang) for stage in stages.STAGES]
    titles = [ET.fromstring(each).findtext("{http://www.w3.org/2000/svg}title") for each in drawn]
    assert len(set(drawn)) == len(set(titles)) == 6
    for each in drawn:
        assert "style=" not in each and "script" not in each and len(each) < 2_500
        assert "#" not in each, "the colour is that of the text"


def test_an_image_is_the_same_drawing_in_a_colour():
    html = stages.image("roof", "kk", "#566270")
    assert "currentColor" not in html and "%23566270" in html
    inner = unquote(html.partition("svg+xml,")[2].partition('">')[0])
    assert inner == stages.picture("roof", "kk").replace("currentColor", "#566270")


def test_shares_in_words():
    assert stages.share_words("frame", SHARES, "en") == "10% to 50% of the works"
    for lang in LANGUAGES:
        assert "{" not in stages.share_words("done", SHARES, lang)
