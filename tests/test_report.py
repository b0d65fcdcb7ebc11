"""Where do I report: twenty and more situations lead to their doors, who stands behind them is dated, nothing is sent."""

import csv
import logging
import re
from datetime import date
from pathlib import Path

import pytest
from starlette.applications import Starlette
from test_light import ask
from test_web import _facility, _write

from riskmap import doors, i18n, web
from riskmap import settings as settings_file
from riskmap.i18n import text
from riskmap.web import own_settings, report

CASES = list(csv.DictReader((Path(__file__).parent / "cases/around/doors.csv").open(encoding="utf-8", newline="")))
LINKS = {"observation": "nearby?lang=en", "buyer": "search?lang=en", "correction": "data?lang=en", "reward": "reward?lang=en"}
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("case", CASES, ids=[case["what happened"] for case in CASES])
def test_a_situation_leads_to_its_doors(case):
    assert case["situation"] in doors.GROUPS[case["group"]]
    wanted = tuple(case["=doors"].split(";"))
    assert doors.LEADS[case["situation"]] == wanted
    for lang in i18n.LANGUAGES:
        shown = _opened(report.choice(lang, TODAY, LINKS), text(f"report.situation.{case['situation']}", lang))
        places = [shown.index(f"<b>{text(f'report.door.{door}.name', lang)}</b>") for door in wanted]
        assert places == sorted(places)  # the right one stands first
        others = set(doors.DOORS) - set(wanted)
        assert not [door for door in others if f"<b>{text(f'report.door.{door}.name', lang)}</b>" in shown]


def _opened(html, situation):
    """What the line of a situation opens to."""
    return html.partition(f"<summary>{situation}</summary>")[2].partition("</details>")[0]


def test_every_situation_stands_in_one_group_and_has_a_case():
    listed = [name for names in doors.GROUPS.values() for name in names]
    assert sorted(listed) == sorted(doors.LEADS) and len(set(listed)) == len(listed) >= 20
    assert {case["situation"] for case in CASES} == set(listed)
    assert {door for leads in doors.LEADS.values() for door in leads} == set(doors.DOORS)


@pytest.mark.parametrize(
    ("on", "owner"),
    [(date(2019, 1, 1), "agency"), (date(2025, 6, 29), "agency"), (date(2025, 6, 30), "knb_service"), (TODAY, "knb_service")],
)
def test_the_service_sits_in_another_body_since_june_2025(on, owner):
    assert doors.standing(settings_file.load(), "anti_corruption", on).owner == owner


def test_an_old_contact_is_said_to_be_old():
    settings = settings_file.load()
    assert doors.standing(settings, "anti_corruption", TODAY).is_contact_older
    assert not doors.standing(settings, "anti_corruption", date(2025, 6, 1)).is_contact_older
    assert doors.standing(settings, "appeals", TODAY).is_contact_older  # its source has no date
    assert text("report.seen_before", "en", day="June 28, 2025") in report.choice("en", TODAY, LINKS)


def test_another_body_is_a_setting_and_no_code(tmp_path, monkeypatch):
    entry = dict(settings_file.load()["doors"]["anti_corruption"][1])
    entry |= {"contact_seen_on": "2026-10-01"}
    own = tmp_path / "own.toml"
    written = ", ".join(f'{name} = "{value}"' for name, value in entry.items())
    own.write_text(f"[doors]\nanti_corruption = [{{ {written} }}]\n", "utf-8")
    changed = settings_file.load(own)
    assert doors.standing(changed, "anti_corruption", date(2025, 1, 1)) is None  # nobody is invented for a day without entry
    assert not doors.standing(changed, "anti_corruption", TODAY).is_contact_older
    monkeypatch.setenv("RISKMAP_SETTINGS", str(own))
    own_settings.configured.cache_clear()
    try:
        assert text("report.seen_on", "en", day="October 1, 2026") in report.choice("en", TODAY, LINKS)
        assert text("report.who_none", "en") in report.choice("en", date(2025, 1, 1), LINKS)
    finally:
        own_settings.configured.cache_clear()


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_there_is_nothing_to_write_in_and_nothing_that_sends(lang):
    html = report.choice(lang, TODAY, LINKS)
    assert not re.findall(r"<(input|textarea|form|select|button|script|img|iframe)\b|\bon\w+=|contenteditable", html)
    for key in ("protection.work", "protection.secret", "promise.safety"):
        assert text(f"report.{key}", lang) in html


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(_write(tmp_path / "snapshot", [_facility(1)])))
    monkeypatch.setenv("RISKMAP_TODAY", TODAY.isoformat())
    return Starlette(routes=web.routes(), middleware=web.middleware(hosts=()))


def test_the_light_page_says_the_same(app):
    answer = ask(app, "/m/report?lang=en")
    assert answer.status_code == 200
    body = answer.text
    for group in doors.GROUPS:
        assert text(f"report.group.{group}", "en") in body
    assert "<form" not in body and 'href="../reward?lang=en"' in body


def test_what_stands_in_the_address_is_refused_and_not_logged(app, caplog):
    caplog.set_level(logging.DEBUG)
    answer = ask(app, "/m/report?lang=en&situation=punished-secret")
    assert answer.status_code == 400 and "punished-secret" not in answer.text
    assert "punished-secret" not in caplog.text
