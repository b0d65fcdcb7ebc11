"""Offices from the outside: commands, the digest by file and by mail, the sign-in for development, what a snapshot carries."""

import email
import io
import json
import socketserver
import threading
from datetime import date
from email.policy import default

import pyarrow as pa
import pypdf
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from test_work import ON, SETTINGS, decide, given_roles, move, person_of, reply, report

from riskmap import corrections as overlay
from riskmap import export, facts, i18n, pipeline, settings, snapshot
from riskmap.__main__ import main
from riskmap.filters import Filter
from riskmap.problem import DataError
from riskmap.store import audit
from riskmap.web import desk, guard, review, signin_dev
from riskmap.work import access, corrections, digest, frozen, listed, mail

AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="session")
def facts_folder(tmp_path_factory):
    """Two facilities in Astana and one in Almaty, all late."""
    folder = tmp_path_factory.mktemp("office") / "facts"
    rows = [
        {
            "facility_id": f"F{n}", "title": f"School {n}", "region_code": region, "buyer_id": f"00000000000{n}",
            "budget_amount": 100, "currency": "KZT", "facility_type": "school", "due_announced_on": date(2025, 1, 1),
        }
        for n, region in ((1, "KZ-10"), (2, "KZ-75"), (3, "KZ-10"))
    ]  # fmt: skip
    contracts = [
        {
            "contract_id": f"F{n}/1", "facility_id": f"F{n}", "contract_no": f"{n}/1", "signed_on": date(2024, 1, 10),
            "due_on": date(2025, 1, 1), "due_first_on": date(2025, 1, 1), "value_amount": 100, "value_first_amount": 50,
            "paid_amount": 150, "n_bidders": 1, "method": "single_source",
        }
        for n in (1, 2, 3)
    ]  # fmt: skip
    tables = {name: facts.to_table(name, own) for name, own in (("facilities", rows), ("contracts", contracts))}
    facts.write(folder, tables, facts.problem_table([], []), {"files": [], "is_demo": True})
    return folder


@pytest.fixture(scope="session")
def plain(facts_folder, tmp_path_factory):
    """The snapshot of these facts, before anybody worked on it."""
    out = tmp_path_factory.mktemp("plain") / "snapshot"
    return pipeline.score_folder(facts_folder, as_of=AS_OF, out=out, settings=settings.load())


@pytest.fixture
def office(db):
    return given_roles(db)


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def of(plain, facility_id="F1"):
    return access.facility(plain, facility_id)


# ---- what a snapshot carries ------------------------------------------------------------------------------------------
def test_without_work_a_snapshot_is_what_it_was(facts_folder, plain, tmp_path) -> None:
    again = pipeline.score_folder(facts_folder, as_of=AS_OF, out=tmp_path / "s", settings=settings.load(), accepted=(), work={})
    assert again.id == plain.id
    assert not plain.has("replies")
    assert "buyer_reply" not in plain.facilities


def test_a_snapshot_carries_replies_states_and_corrections(office, facts_folder, plain, tmp_path) -> None:
    assert of(plain).is_flagged
    reply(office, facility=of(plain), name="body", text="Open since\nSeptember")
    move(office, facility=of(plain))
    decide(office, report(office, facility=of(plain)), facility=of(plain))
    overlay.write(corrections.accepted(office), tmp_path / "c.csv")
    accepted, _, _ = overlay.read(tmp_path / "c.csv")
    made = pipeline.score_folder(
        facts_folder, as_of=AS_OF, out=tmp_path / "s", settings=settings.load(), accepted=accepted, work=frozen.tables(office)
    )
    row = made.facilities.set_index("facility_id").loc["F1"]
    assert (row["buyer_reply"], row["buyer_reply_office"], row["buyer_replied_on"]) == (
        "Open since\nSeptember", "Construction directorate", ON
    )  # fmt: skip
    assert (row["review_state"], row["budget_amount"]) == ("checking", 120)
    assert snapshot.verify(made.folder) == []
    assert made.table("corrections")["outcome"].tolist() == ["applied"]
    assert len(frozen.lines(made, [(7, "row")], "en")) == 4
    for format_ in ("csv", "xlsx", "geojson"):
        first = export.export(made, Filter(), format=format_, lang="ru")
        assert "buyer_reply" in first.manifest["columns"]
        reply(office, facility=of(plain), name="body", expected=["csv", "xlsx", "geojson"].index(format_) + 1, text="Later")
        assert export.export(snapshot.load(made.folder), Filter(), format=format_, lang="ru").content == first.content


def test_the_reply_goes_into_oc4ids_and_under_its_line_of_the_register(office, facts_folder, plain, tmp_path) -> None:
    words = "The road to the site was closed. " * 100  # longer than the rest of a page
    reply(office, facility=of(plain), name="body", text=words)
    move(office, facility=of(plain))
    work = frozen.tables(office)
    made = pipeline.score_folder(facts_folder, as_of=AS_OF, out=tmp_path / "s", settings=settings.load(), accepted=(), work=work)
    package = json.loads(export.export(made, Filter(), format="oc4ids.json", lang="en").content)
    told = {project["x_facts"]["facility_id"]: project.get("x_reply") for project in package["projects"]}
    assert told == {
        "F1": {"buyer_reply": words.strip(), "buyer_reply_office": "Construction directorate", "buyer_replied_on": ON.isoformat(),
               "review_state": "checking", "review_since_on": ON.isoformat()},
        "F2": None, "F3": None,
    }  # fmt: skip
    printed = pypdf.PdfReader(io.BytesIO(export.export(made, Filter(), format="pdf", lang="en").content)).pages
    whole = " ".join(" ".join(page.extract_text().split()) for page in printed)
    assert whole.count("The road to the site was closed.") == 100
    assert "Reply of the body (Construction directorate" in whole and "Review of the flag: being checked" in whole
    unanswered = export.export(plain, Filter(), format="oc4ids.json", lang="en").content
    assert b"x_reply" not in unanswered


def test_a_restricted_facility_cannot_be_worked_on(plain) -> None:
    facilities = plain.facilities.copy()
    facilities.loc[facilities["facility_id"] == "F1", "is_restricted"] = True
    hidden = snapshot.Snapshot(plain.folder, plain.manifest)
    hidden.__dict__["facilities"] = facilities
    with pytest.raises(DataError, match="work_facility"):
        access.facility(hidden, "F1")
    with pytest.raises(DataError, match="work_facility"):
        access.facility(plain, "'; DROP TABLE audit")


def test_the_page_shows_the_newer_reply_with_a_word(office, plain, monkeypatch) -> None:
    row = next(one for one in plain.facilities.to_dict("records") if one["facility_id"] == "F1")
    monkeypatch.setattr(desk.current, "store", lambda: office)
    monkeypatch.setattr(desk.current, "has_store", lambda: True)
    assert desk.text("desk.public.no_reply", "kk") in desk.public(row, plain, "kk")
    reply(office, facility=of(plain), name="body", text="<script>alert(1)</script>")
    shown = desk.public(row, plain, "kk")
    assert "&lt;script&gt;" in shown and "<script" not in shown
    assert desk.text("desk.public.later", "kk") in shown
    assert desk.replied_on(plain) == {"F1": ON}


# ---- the list and the digest ------------------------------------------------------------------------------------------
def test_the_list_is_of_the_own_region(office, plain) -> None:
    from test_work import who

    def seen(name):
        return {row.facility_id for row in listed.rows(office, who(name), plain, on=ON, settings=SETTINGS, lang="en")}

    assert seen("region") == {"F1", "F3"}
    assert seen("other_region") == {"F2"}
    assert seen("body") == {"F1"}
    assert seen("other_body") == set()
    assert seen("monitor") == {"F1", "F2", "F3"}


def test_what_is_overdue_with_whom_since_when(office, plain) -> None:
    colleague = person_of(office, "colleague")
    move(office, facility=of(plain), assignee_id=colleague.person_id, due_on=ON)
    move(office, facility=of(plain, "F3"), due_on=date(2026, 12, 30))
    rows = listed.everything(office, plain, on=date(2026, 11, 30), settings=SETTINGS, lang="en")
    [late] = listed.overdue(rows)
    assert (late.facility_id, late.assignee, late.days_over, late.since_on) == ("F1", colleague, 5, ON)
    title, parts = digest.build(rows, plain, on=date(2026, 11, 30), settings=SETTINGS, lang="en")
    written = digest.plain(title, parts)
    assert "School 1 F1" in written and "Department of audit" in written and "5 working days" in written
    assert "F3" not in written
    for lang in ("kk", "ru", "en"):
        page = digest.page(*digest.build(rows, plain, on=ON, settings=SETTINGS, lang=lang), lang)
        assert f'lang="{lang}"' in page and "<script" not in page and "{" not in page


class _Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a message needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (own := self.rfile.readline()) != b".\r\n":
                    lines.append(own)
                self.server.got.append(b"".join(lines))
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


@pytest.fixture
def mailbox():
    with socketserver.TCPServer(("127.0.0.1", 0), _Mailbox) as server:
        server.got = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_digest_by_mail(office, db_url, plain, mailbox) -> None:
    relay = f"127.0.0.1:{mailbox.server_address[1]}"
    said = run(
        "digest", "--snapshot", plain.folder, "--to", "office@example.kz", "--from", "map@example.kz", "--relay", relay,
        "--no-tls", "--on", "2026-11-30", "--store", db_url, "--lang", "kk",
    )  # fmt: skip
    assert "1" in said
    [message] = [email.message_from_bytes(one, policy=default) for one in mailbox.got]
    assert message["To"] == "office@example.kz" and "Белгіленген" in message["Subject"]
    assert "мерзімі өткені жоқ" in message.get_body(("plain",)).get_content().lower()


def test_no_mail_without_a_relay(office, db_url, plain, monkeypatch) -> None:
    monkeypatch.delenv("RISKMAP_RELAY", raising=False)
    run("digest", "--snapshot", plain.folder, "--to", "a@example.kz", "--on", "2026-11-30", "--store", db_url, code=2)


@pytest.mark.parametrize("bad", ["a@b\r\nBcc: x@y", "no address", ""])
def test_addresses_are_checked(bad) -> None:
    with pytest.raises(DataError, match="mail_address"):
        mail.send("t", "p", "h", relay="127.0.0.1:1", sender="a@example.kz", to=[bad], is_tls=False)


def test_a_relay_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(DataError, match="mail_failed"):
        mail.send("t", "p", "h", relay="127.0.0.1:1", sender="a@example.kz", to=["b@example.kz"], is_tls=False)


# ---- commands ---------------------------------------------------------------------------------------------------------
def test_roles_labels_corrections_and_the_trail_by_command(db_url, plain, tmp_path) -> None:
    at = ("--store", db_url)
    whom = ("--issuer", "https://id.example.kz", "--subject", "s-1")
    assert "Nobody" in run("roles", "list", *at)
    run("roles", "grant", *whom, "--role", "official", "--region", "KZ-10", "--office", "Audit", "--on", "2026-11-22", *at)
    assert "Audit" in run("roles", "list", *at)
    noted = run("audit", "head", *at).strip()
    run("roles", "revoke", *whom, "--on", "2026-11-23", *at)
    assert "whole: 2" in run("audit", "verify", "--head", noted, *at)
    run("audit", "verify", "--head", f"9:{'0' * 64}", *at, code=1)
    trail = tmp_path / "trail.jsonl"
    run("audit", "export", "--out", trail, *at)
    assert "whole: 2" in run("audit", "verify", "--file", trail, "--head", noted)
    rows = [json.loads(line) for line in trail.read_text("utf-8").splitlines()]
    assert [row["who"] for row in rows] == ["command line"] * 2
    trail.write_text(trail.read_text("utf-8").replace("Audit", "Audlt"), "utf-8")
    assert "entry 1" in run("audit", "verify", "--file", trail, code=1)
    assert "0" in run("cases", "labels", "--out", tmp_path / "o.csv", *at)
    assert "0" in run("corrections", "export", "--out", tmp_path / "c.csv", *at)
    run("digest", "--snapshot", plain.folder, "--out", tmp_path / "d.html", "--on", "2026-11-30", *at)
    assert (tmp_path / "d.html").read_text("utf-8").startswith("<!doctype html>")


def test_score_says_what_became_of_each_correction(db_url, facts_folder, tmp_path) -> None:
    rows = [("C1", "budget_amount", "100", "120"), ("C2", "budget_amount", "90", "80"), ("C3", "title", "a", "b")]
    overlay.write(
        [overlay.Correction(id_, "F1", "", column, was, is_, "Act 1", ON) for id_, column, was, is_ in rows], tmp_path / "c"
    )
    said = run(
        "score",
        facts_folder,
        "--as-of",
        "2026-11-01",
        "--out",
        tmp_path / "s",
        "--corrections",
        tmp_path / "c",
        "--store",
        db_url,
    )
    assert "C1" in said and "C2" in said and "C3" in said
    assert "rows in 3 = accepted 3 + set aside 0 + blank 0; applied 1" in said
    assert "replies carried: 0" in said


def test_score_says_that_without_deadlines_nothing_can_be_overdue(facts_folder, tmp_path) -> None:
    """Exit code 0 all the same; and nothing of it is said where one facility has its date."""
    tables = dict(facts.read_tables(facts_folder))
    for table, column in (("contracts", "due_on"), ("contracts", "due_first_on"), ("facilities", "due_announced_on")):
        of, at = tables[table], tables[table].schema.get_field_index(column)
        tables[table] = of.set_column(at, of.schema.field(at), pa.nulls(len(of), of.schema.field(at).type))
    facts.write(tmp_path / "facts", tables, facts.problem_table([], []), {"files": [], "is_demo": True})
    for lang in i18n.LANGUAGES:
        told = ("--as-of", "2026-11-01", "--lang", lang, "--out")
        words = i18n.text("problem.no_deadlines", lang)
        assert words in run("score", tmp_path / "facts", *told, tmp_path / lang) and '--map "due_on=' in words
        assert words not in run("score", facts_folder, *told, tmp_path / f"{lang}-dated")


# ---- sign-in for development ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.kz", "::", "8.8.8.8", ""])
def test_the_provider_for_development_answers_here_only(host) -> None:
    with pytest.raises(DataError, match="signin_host"):
        signin_dev.issuer(host, 8600)


@pytest.fixture(scope="session")
def provider():
    return TestClient(signin_dev.application("http://127.0.0.1:8600"), follow_redirects=False)


BACK = "http://127.0.0.1:8501/oauth2callback"


def authorize(provider, **more):
    asked = {"client_id": signin_dev.CLIENT_ID, "redirect_uri": BACK, "state": "s", "nonce": "n", "as": "official-1", **more}
    return provider.get("/authorize", params=asked)


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://evil.example/oauth2callback"}, {"redirect_uri": "http://127.0.0.1.evil.example:1/oauth2callback"},
        {"redirect_uri": "http://127.0.0.1:8501/elsewhere"}, {"client_id": "another"}, {"as": "anybody else"},
    ],
)  # fmt: skip
def test_codes_go_to_a_dashboard_on_this_machine_only(provider, more) -> None:
    assert authorize(provider, **more).status_code == 400


def test_a_code_is_good_once(provider) -> None:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    answer = authorize(provider)
    assert answer.headers["location"].startswith(BACK)
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    form = {"code": code, "redirect_uri": BACK, "grant_type": "authorization_code"}
    token = provider.post("/token", data=form).json()["id_token"]
    keys = KeySet.import_key_set(provider.get("/keys").json())
    assert "d" not in provider.get("/keys").json()["keys"][0]  # the private half stays here
    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert (claims["sub"], claims["nonce"], claims["aud"]) == ("official-1", "n", signin_dev.CLIENT_ID)
    assert provider.post("/token", data=form).status_code == 400


def test_the_doors_of_sign_in_are_closed_where_none_is_configured() -> None:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    for has_sign_in, expected in ((False, 404), (True, 200)):
        app = Starlette(
            routes=[Route("/{path:path}", lambda request: PlainTextResponse("open"))],
            middleware=[Middleware(guard.closed, has_sign_in=has_sign_in)],
        )
        client = TestClient(app)
        assert [client.get(path).status_code for path in ("/auth/login", "/oauth2callback")] == [expected] * 2
        assert client.get("/_stcore/upload_file/x").status_code == 404


def test_the_trail_survives_every_command(db_url) -> None:
    from riskmap import store

    run("roles", "grant", "--issuer", "i", "--subject", "s", "--role", "monitor", "--on", "2026-11-22", "--store", db_url)
    assert audit.verify(audit.entries(store.open(db_url))) == []


def test_tables_of_work_are_typed(office) -> None:
    made = frozen.tables(office)
    assert made["replies"].schema.field("replied_on").type == pa.date32() and made["cases"].num_rows == 0


def test_a_monitor_who_signed_in_reviews_observations(office, monkeypatch) -> None:
    from test_work import WHO, who

    monkeypatch.setattr(review.current, "store", lambda: office)
    monkeypatch.delenv(review.TOKEN, raising=False)
    assert {name for name in WHO if review.may(who(name))} == {"monitor", "operator"}
    assert review.waiting(who("monitor")) == []
    for name in set(WHO) - {"monitor", "operator", "nobody"}:
        with pytest.raises(DataError, match="work_denied"):
            review.waiting(who(name))
        with pytest.raises(DataError, match="work_denied"):
            review.decide(who(name), "X", decision="accept", reason="", photos_are_reviewed=False)
    with pytest.raises(DataError, match="operator_wrong"):
        review.waiting("")
