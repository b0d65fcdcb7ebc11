"""Two officials at one flag, signed in through the provider for development; and doors that stay closed for others."""

import re
import socket
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import expect
from test_work import ON

from riskmap import settings as settings_file
from riskmap import snapshot, store
from riskmap.store import audit
from riskmap.store.people import Identity
from riskmap.work import access, cases, roles
from tests.browser.conftest import ROOT, running_server, settled


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


def test_without_sign_in_the_public_works_and_the_desk_says_why(open_page, server) -> None:
    page = open_page("/desk?lang=en")
    expect(page.get_by_text("No sign-in is set up on this server")).to_be_visible()
    for path in ("/auth/login", "/oauth2callback"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(server + path)
