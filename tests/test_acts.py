"""The register of draft legal acts: files in and out, what is open, its feed; and the routes of public control."""

from datetime import date
from xml.etree import ElementTree as xml

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from starlette.applications import Starlette
from test_web import ask
from test_work import given_roles, person_of, who

from riskmap import i18n, store, web
from riskmap.__main__ import main
from riskmap.control import acts as register
from riskmap.control.records import Act
from riskmap.problem import DataError, describe
from riskmap.store import audit
from riskmap.store import control as kept
from riskmap.web import acts, current
from riskmap.web import control_actions as routes
from riskmap.work import roles
from riskmap.work.access import Denied

TODAY = date(2026, 11, 20)
HEAD = "act_id,title,body_name,body_id,act_number,link,published_on,comments_until,is_demo\n"
GOOD = "A-1,Жоба,Министрлік,,№1,https://example.kz/a,2026-11-10,2026-11-24,\n"


def take(db, text: str | bytes) -> register.Taken:
    content = text if isinstance(text, bytes) else text.encode()
    return register.take(db, content, "acts.csv", who=audit.COMMAND_LINE, today=TODAY)


def test_rows_in_are_accepted_and_refused(db) -> None:
    rows = (
        GOOD, GOOD,  # twice
        "A-2,Жоба,Министрлік,,,,10.11.2026,2026-11-24,\n",  # another way to write a date
        "A-3,Жоба,Министрлік,123,,,2026-11-10,2026-11-24,\n",
        "A-4,Жоба,Министрлік,,,javascript:alert(1),2026-11-10,2026-11-24,\n",
        "A-5,Жоба,Министрлік,,,,2026-11-24,2026-11-10,\n",
        "A 6,Жоба,Министрлік,,,,2026-11-10,2026-11-24,\n",
        "A-7,,Министрлік,,,,2026-11-10,2026-11-24,\n",
        "A-8,Жоба,Министрлік,,,,2026-11-10,2026-11-24,perhaps\n",
        "A-9,Жоба\n", "\n",
        "A-10,Жоба,Министрлік,,,,2026-11-10,2026-11-24,true\n",
    )  # fmt: skip
    taken = take(db, HEAD + "".join(rows))
    assert (taken.rows_in, taken.n_accepted, taken.n_refused, taken.n_new) == (11, 2, 9, 2)
    assert [(one.row, one.column, one.code) for one in taken.problems] == [
        (3, "act_id", "act_twice"), (4, "published_on", "act_day"), (5, "body_id", "control_bin"), (6, "link", "act_link"),
        (7, "comments_until", "act_dates"), (8, "act_id", "act_id"), (9, "title", "control_name"), (10, "is_demo", "act_flag"),
        (11, "", "register_cells"),
    ]  # fmt: skip
    for lang in i18n.LANGUAGES:
        assert all(one.code not in describe(one, lang) for one in taken.problems)
    assert [act.act_id for act in kept.acts(db)] == ["A-1", "A-10"]


def test_the_same_file_twice_changes_nothing(db) -> None:
    assert take(db, HEAD + GOOD).n_new == 1
    assert take(db, register.written(kept.acts(db))).n_new == 0
    assert take(db, HEAD.replace(",", ";") + GOOD.replace(",", ";")).n_new == 0
    assert len(audit.entries(db)) == 1


@pytest.mark.parametrize("content", [b"", b"\x00\x01", "title,act_id\nx,y\n", 'act_id,"title\n', b"x" * 5_000_001])
def test_a_file_that_is_no_register(db, content) -> None:
    with pytest.raises(DataError):
        take(db, content)
    assert kept.acts(db) == []


@quickly(deadline=None, max_examples=50)
@given(st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=30), st.booleans())
def test_what_goes_out_comes_in_again(tmp_path_factory, title, is_demo) -> None:
    """Titles that a spreadsheet would run are marked in the file and come back as they were."""
    one = Act("A-1", title, "=1+1", "770140000755", "-5", "", date(2026, 11, 10), date(2026, 11, 24), is_demo)
    db = store.open(f"sqlite:///{tmp_path_factory.mktemp('acts') / 'store.db'}")
    content = register.written([one])
    assert b",=" not in content and b"\n=" not in content
    assert take(db, content).n_accepted == 1
    assert kept.acts(db) == [one]
    db.dispose()


def test_the_demo_is_marked(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    shared = ["--today", "2026-11-22", "--store", url]
    done = CliRunner().invoke(main, ["acts", "import", "--demo", *shared], catch_exceptions=False)
    assert done.exit_code == 0 and "accepted 4 + refused 0" in done.output
    found = kept.acts(store.open(url))
    assert all(act.is_demo and act.title.startswith("ДЕМО") and act.body_name.startswith("ДЕМО") for act in found)
    out = tmp_path / "acts.csv"
    CliRunner().invoke(main, ["acts", "export", "--out", str(out), "--store", url], catch_exceptions=False)
    again = CliRunner().invoke(main, ["acts", "import", str(out), *shared], catch_exceptions=False)
    assert "new entries 0" in again.output
    assert CliRunner().invoke(main, ["acts", "import", *shared]).exit_code == 2


@pytest.mark.parametrize(
    ("on", "is_open"), [("2026-11-09", False), ("2026-11-10", True), ("2026-11-24", True), ("2026-11-25", False)]
)
def test_open_from_the_first_to_the_last_day(on, is_open) -> None:
    one = Act("A-1", "Жоба", "Орган", "", "", "", date(2026, 11, 10), date(2026, 11, 24), False)
    today = date.fromisoformat(on)
    assert register.is_open(one, today) is is_open
    assert (acts.state(one, today, "en") in ("closed", "not open yet")) is not is_open
    feed = xml.fromstring(acts.feed([one], today, "https://x/", "kk"))
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == is_open


# ---- over HTTP ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def app(tmp_path, monkeypatch, snapshot_folder):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("RISKMAP_SNAPSHOT", str(snapshot_folder))  # what it withdraws is shown nowhere
    monkeypatch.setenv("RISKMAP_STORE", url)
    monkeypatch.setenv("RISKMAP_TODAY", "2026-11-20")
    take(store.open(url), HEAD + GOOD)
    yield Starlette(routes=web.routes())
    current._store.cache_clear()


@pytest.mark.parametrize(
    ("address", "kind", "part"),
    [
        ("/files/acts.csv", "text/csv", "A-1,Жоба"), ("/feeds/acts.atom?lang=kk", "application/atom+xml", "<title>Жоба</title>"),
        ("/files/control/clock.csv?lang=ru", "text/csv", "document_id,subject"),
        ("/feeds/control.ics?lang=en", "text/calendar", "BEGIN:VCALENDAR"),
    ],
)  # fmt: skip
def test_the_files_over_http(app, address, kind, part) -> None:
    answer = ask(app, address)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind) and part in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/files/control/none.kk.docx", 404), ("/files/control/none", 404), ("/files/control/..%2f..%2fx.kk.pdf", 404),
        ("/feeds/acts.atom?lang=xx", 400), ("/feeds/control.ics?x=1", 400), ("/files/acts.csv?q=1", 400),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(app, address, status) -> None:
    assert ask(app, address).status_code == status


def test_a_finished_document_is_sent_as_it_was(app, tmp_path) -> None:
    from riskmap import settings

    made = {
        "lang": "kk",
        "title": "Құжат",
        "subtitle": "Нысан",
        "day": "2026-11-10",
        "demo": "",
        "stamp": "",
        "fair": "",
        "parts": [],
    }
    key = kept.issue(
        current.store(), subject="facility", subject_id="F1", title="Нысан", snapshot_id="s1", body_name="Орган",
        finished_on=date(2026, 11, 10), is_demo=False, papers={"kk": made}, recommendations={"kk": ["а"]}, who="x", today=TODAY,
        settings=settings.load(),
    )  # fmt: skip
    for ending, start in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = ask(app, f"/files/control/{key}.kk.{ending}")
        assert answer.status_code == 200 and answer.content.startswith(start)
        assert answer.content == ask(app, f"/files/control/{key}.kk.{ending}").content
    assert ask(app, f"/files/control/{key}.ru.pdf").status_code == 404


def test_who_signed_in_records_only_with_the_right_and_only_while_it_lasts(app) -> None:
    db = given_roles(current.store())
    sent = {"kind": "sent", "on": TODAY}
    for name in ("guest", "region", "body", "other_body", "former"):
        for do in (
            lambda key: routes.mark(key, "X", **sent),
            lambda key: routes.answer(key, "X", recommendation=1, received_on=TODAY, text="x"),
            lambda key: routes.grade(key, "X", recommendation=1, grade="none", reason="x", on=TODAY),
            lambda key: routes.issue(key, None, {}, body_name="x", body_id="", finished_on=TODAY),
            lambda key: acts.take(key, HEAD + GOOD, {}),
        ):
            with pytest.raises(Denied):
                do(who(name))
    for name in ("monitor", "operator"):
        assert acts.take(who(name), HEAD + GOOD.replace("A-1", f"A-{name}"), {}).n_new == 1
        with pytest.raises(DataError, match="control_unknown"):  # let in, and there is no such document
            routes.mark(who(name), "X", **sent)
    assert {one.who for one in audit.entries(db) if one.subject == "A-monitor"} == {person_of(db, "monitor").person_id}
    roles.revoke(db, who("operator"), who("monitor"), on=TODAY)
    with pytest.raises(Denied):
        acts.take(who("monitor"), HEAD + GOOD, {})


def test_nobody_records_without_the_token(app, monkeypatch) -> None:
    monkeypatch.setenv("RISKMAP_OPERATOR_TOKEN", "a-token-of-more-than-20-letters")
    for do in (
        lambda token: routes.mark(token, "X", kind="sent", on=TODAY),
        lambda token: routes.answer(token, "X", recommendation=1, received_on=TODAY, text="x"),
        lambda token: routes.grade(token, "X", recommendation=1, grade="none", reason="x", on=TODAY),
        lambda token: acts.take(token, HEAD + GOOD, {}),
    ):
        for wrong in ("", "a-token", "a-token-of-more-than-20-letterz"):
            with pytest.raises(DataError, match="operator_wrong"):
                do(wrong)
    told: dict = {}
    assert acts.take("a-token-of-more-than-20-letters", HEAD + GOOD, told).n_accepted == 1 and told
