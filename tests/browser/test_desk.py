"""Two officials at one flag, signed in through the provider for development; and doors that stay closed for others."""

import re
import socket
import subprocess
import sys
import urllib.request
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from test_work import ON

from riskmap import settings as settings_file
from riskmap import snapshot, store
from riskmap.store import audit, control
from riskmap.store.people import Identity
from riskmap.work import access, cases, corrections, replies, returned, roles
from tests.browser.conftest import ROOT, running_server, settled
from tests.browser.test_hostile import PAYLOADS, assert_harmless


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def office(snapshot_folder, tmp_path_factory):
    """(address of the dashboard, its store, a flagged facility) with a provider for development beside it."""
    folder = tmp_path_factory.mktemp("office")
    port = free_port()
    issuer, url = f"http://127.0.0.1:{port}", f"sqlite:///{folder / 'store.db'}"
    opened = snapshot.load(snapshot_folder)
    flagged = opened.facilities[opened.facilities["is_flagged"].fillna(False) & opened.facilities["region_code"].notna()]
    facility = access.facility(opened, flagged["facility_id"].iloc[0])
    db = store.open(url)
    for subject in ("official-1", "official-2"):
        given = {"role": "official", "region_code": facility.region_code, "office": f"Office {subject[-1]}"}
        roles.grant(
            db, None, Identity(issuer, subject), **given, on=ON, settings=settings_file.load(), is_command_line=True
        )  # fmt: skip
    secrets = folder / "secrets.toml"
    command = [sys.executable, "-m", "riskmap", "signin-dev", "--port", str(port), "--site", "http://127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--secrets", str(secrets)], cwd=ROOT, stderr=subprocess.PIPE, text=True) as provider:
        try:
            assert provider.stderr.readline().strip() == issuer
            more = {"RISKMAP_STORE": url, "STREAMLIT_SECRETS_FILES": str(secrets), "RISKMAP_TODAY": ON.isoformat()}
            with running_server(snapshot_folder, **more) as base:
                yield base, db, facility
        finally:
            provider.terminate()
    db.dispose()


@pytest.fixture
def sign_in(browser, office):
    """`sign_in(subject, path)` -> the page, after the whole way through the provider."""
    base, contexts = office[0], []

    def through(subject, path):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        settled_at(page, base + path)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=subject).click()
        page.wait_for_url(re.compile(re.escape(base)))
        settled(page)
        settled_at(page, base + path)
        return page

    yield through
    for context in contexts:
        context.close()


def settled_at(page, address):
    page.goto(address)
    settled(page)


def keep(page, words):
    page.get_by_label("Reason").first.fill(words)
    page.get_by_role("button", name="Keep this step").click()


def choose(page, state):
    page.get_by_role("combobox", name=re.compile("State")).click()
    page.get_by_role("option", name=state, exact=True).click()


def test_two_officials_at_one_flag_lose_no_edit(office, sign_in) -> None:
    _, db, facility = office
    path = f"/desk?lang=en&id={facility.facility_id}"
    first, second = sign_in("official-1", path), sign_in("official-2", path)
    choose(first, "being checked")
    keep(first, "asked for the acts")
    expect(first.get_by_text("Kept.")).to_be_visible()
    keep(second, "asked for the payments")
    expect(second.get_by_text("Somebody else wrote meanwhile")).to_be_visible()
    expect(second.get_by_text("asked for the acts").first).to_be_visible()
    expect(second.get_by_label("Reason").first).to_have_value("asked for the payments")
    second.get_by_role("button", name="Keep this step").click()
    expect(second.get_by_text("Kept.")).to_be_visible()
    issuer = next(identity.issuer for identity, _ in roles.everyone(db, None, is_command_line=True))
    found = cases.steps(db, Identity(issuer, "official-1"), facility)
    assert [(one.reason, one.office) for one in found] == [
        ("asked for the acts", "Office 1"), ("asked for the payments", "Office 2")
    ]  # fmt: skip
    assert audit.verify(audit.entries(db)) == []

    # a role taken back is refused at the next action, while the page of before still stands
    roles.revoke(db, None, Identity(issuer, "official-1"), on=ON, is_command_line=True)
    keep(first, "one more")
    expect(first.get_by_text("Your role does not allow this here")).to_be_visible()
    assert len(cases.steps(db, Identity(issuer, "official-2"), facility)) == 2


def test_who_has_no_role_only_reports_a_wrong_fact(office, sign_in) -> None:
    page = sign_in("guest-1", f"/desk?lang=en&id={office[2].facility_id}")
    expect(page.get_by_text("You are signed in and have no role")).to_be_visible()
    expect(page.get_by_role("button", name="Report", exact=True)).to_be_visible()
    for name in ("Keep this step", "Publish the reply", "Add the entry", "Keep the decision"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def write_payloads(db, opened, facility, who):
    """The payloads as every text that an office can write about a facility; the identifier of a finished document."""
    words, line = "\n".join(PAYLOADS) + "Ж" * 500, PAYLOADS[0] + PAYLOADS[1] + PAYLOADS[11] + PAYLOADS[17]
    own = settings_file.load()
    given = {"on": ON, "settings": own}
    cases.move(
        db, who, facility, expected=len(cases.steps(db, who, facility)), state="checking", assignee_id=None, due_on=ON,
        reason=words, documents=line, snapshot_id=opened.id, **given,
    )  # fmt: skip
    replies.add(db, who, facility, expected=0, text=words, **given)
    corrections.report(
        db, who, facility, column="budget_amount", contract_no="", right_value="1", source=words, **given,
        stated=corrections.stated(opened, opened.table("contracts"), facility.facility_id, "budget_amount", ""),
    )  # fmt: skip
    returned.add(
        db, who, facility, expected=0, kind="spent", amount_kzt=None, happened_on=ON, paid_for=words, source=words, replaces=None,
        **given,
    )  # fmt: skip
    by = {"who": "test", "today": ON}
    control.register_act(
        db, act_id="A1", title=line, body_name=line, act_number=line, published_on=ON, comments_until=ON + timedelta(9), **by
    )
    parts = [{"kind": kind, "heading": line, "rows": rows} for kind, rows in (("pairs", [[line, words]]), ("lines", [words]))]
    document = control.issue(
        db, subject="facility", subject_id=facility.facility_id, title=line, snapshot_id=opened.id, body_name=line,
        finished_on=ON, is_demo=False, papers={"kk": {"title": line, "subtitle": words, "stamp": line, "parts": parts}},
        recommendations={"kk": [words]}, settings=own, **by,
    )  # fmt: skip
    control.mark(db, document, kind="sent", on=ON, note=line, settings=own, **by)
    control.mark(db, document, kind="received", on=ON, note=line, settings=own, **by)
    control.record_answer(db, document, recommendation=1, received_on=ON, text=words, settings=own, **by)
    control.grade(db, document, recommendation=1, grade="formal", reason=words, on=ON, settings=own, **by)
    return document


def test_what_an_office_writes_is_only_letters(office, sign_in, snapshot_folder) -> None:
    base, db, facility = office
    opened = snapshot.load(snapshot_folder)
    issuer = next(identity.issuer for identity, _ in roles.everyone(db, None, is_command_line=True))
    document = write_payloads(db, opened, facility, Identity(issuer, "official-2"))
    about, faults = f"id={facility.facility_id}", []
    page = sign_in("official-2", f"/desk?lang=en&{about}")
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((base, "data:", "blob:")) else faults.append(request.url))
    for path in (f"desk?{about}", "desk?", f"facility?{about}", f"control?document={document}", f"control?{about}", "acts?"):
        settled_at(page, f"{base}/{path}&lang=en")
        page.locator("[data-testid=stMain]").get_by_text(re.compile("window.broken=1|Overdue")).first.wait_for(state="attached")
        assert_harmless(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    assert not faults


def test_without_sign_in_the_public_works_and_the_desk_says_why(open_page, server) -> None:
    page = open_page("/desk?lang=en")
    expect(page.get_by_text("No sign-in is set up on this server")).to_be_visible()
    for path in ("/auth/login", "/oauth2callback"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(server + path)
