"""Public control: what the store keeps, how its clock runs, what stands in the document and in its files. In both databases."""

import csv
import io
import json
import re
import zipfile
from datetime import date

import chain
import pytest
from click.testing import CliRunner
from docx import Document as Word
from pypdf import PdfReader
from sqlalchemy import delete, inspect, update
from sqlalchemy.exc import DBAPIError

from riskmap import i18n, store
from riskmap import settings as settings_file
from riskmap.__main__ import main
from riskmap.control import clock, document, records, tables, wording
from riskmap.export import docx, letter
from riskmap.problem import DataError
from riskmap.store import audit
from riskmap.store import control as kept
from riskmap.store import tables as made_tables
from riskmap.store.database import writing
from riskmap.web import control as web_control

SETTINGS = settings_file.load()
TODAY = date(2026, 11, 20)  # a Friday
GIVEN = {"who": audit.COMMAND_LINE, "today": TODAY, "settings": SETTINGS}
WORDS = {"kk": ["Кестені жариялау", "Актіні көрсету"], "ru": ["Опубликовать график", "Показать акт"]}
PAPERS = {lang: {"title": lang, "day": "2026-10-20"} for lang in WORDS}
KAZAKH = "ӘҒҚҢӨҰҮҺІ әғқңөұүһі"


def day(text: str) -> date:
    return date.fromisoformat(text)


def issue(db, *, finished_on="2026-10-20", **more) -> str:
    given = {
        "subject": "facility", "subject_id": "F1", "title": "Мектеп", "snapshot_id": "s1", "body_name": "Демо басқармасы",
        "body_id": "770140000755", "finished_on": day(finished_on), "is_demo": True, "papers": PAPERS, "recommendations": WORDS,
        **GIVEN, **more,
    }  # fmt: skip
    return kept.issue(db, **given)


def answered(db, key, number, on, *, grade=None, text="Жауап") -> None:
    kept.record_answer(db, key, recommendation=number, received_on=day(on), text=text, **GIVEN)
    if grade:
        kept.grade(db, key, recommendation=number, grade=grade, reason="себебі", on=day(on), **GIVEN)


def stands(db, key, today=TODAY) -> clock.Clock:
    return clock.clock(kept.document(db, key), today, SETTINGS)


def refused(code: str):
    return pytest.raises(DataError, match=f": {code} ")


# ---- the store ---------------------------------------------------------------------------------------------------------
def test_a_document_is_kept_whole(db) -> None:
    key = issue(db)
    one = kept.document(db, key)
    assert [rec.words for rec in one.recommendations] == [{"kk": k, "ru": r} for k, r in zip(*WORDS.values(), strict=True)]
    assert one.papers == PAPERS and one.body_id == "770140000755" and one.is_demo is True
    assert one.finished_on == day("2026-10-20") and one.events == () and re.fullmatch(r"[0-9a-f]{64}", one.content_hash)


def test_there_is_no_column_for_a_person(db) -> None:
    columns = {
        c["name"] for name in inspect(db).get_table_names() if name.startswith("control_") for c in inspect(db).get_columns(name)
    }
    assert columns == {
        "document_id", "subject", "subject_id", "title", "snapshot_id", "body_name", "body_id", "finished_on", "is_demo",
        "content_hash", "language", "paper", "number", "text", "observation_id", "kind", "happened_on", "note", "recommendation",
        "received_on", "answer", "grade", "reason", "graded_on", "act_id", "act_number", "link", "published_on", "comments_until",
    }  # fmt: skip


def test_nothing_is_changed_or_deleted(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    answered(db, key, 1, "2026-11-01", grade="none")
    act(db)
    for name, table in made_tables.metadata.tables.items():
        if not name.startswith("control_") or name == "control_observations":
            continue
        column = table.primary_key.columns[0]
        for change in (delete(table), update(table).values({column.name: column})):
            with pytest.raises((DataError, DBAPIError), match="append-only"), writing(db) as connection:
                connection.execute(change)


def test_every_action_is_in_the_trail(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    answered(db, key, 1, "2026-11-01", grade="formal")
    act(db)
    trail = audit.entries(db)
    assert [one.what for one in trail] == ["control document", "control event", "control answer", "control grade", "act"]
    assert audit.verify(trail) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"recommendations": {"kk": []}, "papers": {"kk": {}}}, "control_recommendations"),
        ({"recommendations": {"kk": ["а"], "ru": ["а", "б"]}}, "control_languages_differ"),
        ({"recommendations": {"kk": ["а"]}}, "control_languages_differ"),
        ({"recommendations": {"en": ["a"]}, "papers": {"en": {}}}, "control_language"),
        ({"recommendations": {"kk": ["\u202e\x00 "]}, "papers": {"kk": {}}}, "control_text"),
        ({"recommendations": {"kk": ["а" * 2001]}, "papers": {"kk": {}}}, "control_text_long"),
        ({"recommendations": {"kk": ["а"] * 31}, "papers": {"kk": {}}}, "control_recommendations"),
        ({"finished_on": "2026-11-21"}, "control_future"),
        ({"body_name": " \n"}, "control_name"),
        ({"body_id": "12345"}, "control_bin"),
        ({"subject": "act", "subject_id": "none"}, "act_unknown"),
    ],
)
def test_a_document_that_cannot_be(db, change, code) -> None:
    with refused(code):
        issue(db, **change)
    assert kept.documents(db) == [] and audit.entries(db) == []


def test_the_same_document_twice_is_one(db) -> None:
    issue(db)
    with refused("control_twice"):
        issue(db)
    issue(db, subject_id="F2")
    assert len(kept.documents(db)) == 2


def test_days_come_in_their_order(db) -> None:
    key = issue(db)
    for kind in ("received", "sent"):
        with refused("control_order"):
            kept.mark(db, key, kind=kind, on=day("2026-10-19"), **GIVEN)
    with refused("control_order"):
        kept.mark(db, key, kind="received", on=day("2026-10-21"), **GIVEN)  # never sent
    with refused("control_not_sent"):
        answered(db, key, 1, "2026-10-25")
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    for number, on, code in ((1, "2026-10-21", "control_order"), (1, "2026-11-21", "control_future"),
                             (3, "2026-11-01", "control_recommendation_unknown")):  # fmt: skip
        with refused(code):
            answered(db, key, number, on)
    with refused("control_answer_unknown"):
        kept.grade(db, key, recommendation=1, grade="none", reason="х", on=TODAY, **GIVEN)
    answered(db, key, 1, "2026-11-01")
    with refused("control_order"):
        kept.grade(db, key, recommendation=1, grade="none", reason="х", on=day("2026-10-31"), **GIVEN)
    with refused("control_grade"):
        kept.grade(db, key, recommendation=1, grade="best", reason="х", on=TODAY, **GIVEN)
    with refused("control_text"):
        kept.grade(db, key, recommendation=1, grade="none", reason=" ", on=TODAY, **GIVEN)
    with refused("control_unknown"):
        kept.mark(db, "X" * 16, kind="sent", on=TODAY, **GIVEN)


def test_a_document_cites_observations_that_there_are(db) -> None:
    receipt = store.submit(
        db, key=store.new_key(), facility_id="F1", day=day("2026-10-10"), status="idle", stage="frame", snapshot_id="s1",
        facilities={"F1"}, today=TODAY, settings=SETTINGS,
    )  # fmt: skip
    [one] = store.observations(db)
    key = issue(db, observation_ids=[one.observation_id])
    assert [doc.document_id for doc in kept.cited(db, one.observation_id)] == [key] and receipt
    with pytest.raises(Exception, match=r"(?i)foreign|constraint"):
        issue(db, subject_id="F2", observation_ids=["none"])


def test_only_what_is_borne_out_may_be_cited(db) -> None:
    def seen(on, facility="F1", **more):
        before = {one.observation_id for one in store.observations(db)}
        store.submit(
            db, key=store.new_key(), facility_id=facility, day=day(on), snapshot_id="s1", facilities={"F1", "F2"}, today=TODAY,
            settings=SETTINGS, **{"status": "working", "stage": "frame", **more},
        )  # fmt: skip
        [new] = [one for one in store.observations(db) if one.observation_id not in before]
        store.review(db, new.observation_id, decision="accept", on=TODAY)
        return new.observation_id

    pair = {seen("2026-11-01"), seen("2026-11-10")}
    seen("2026-11-05", "F2")  # one visit without photos
    cited = kept.citable(db, "F1", settings=SETTINGS)
    assert {one.observation_id for one in cited} == pair
    assert kept.citable(db, "F2", settings=SETTINGS) == ()


# ---- the clock ---------------------------------------------------------------------------------------------------------
def test_before_it_is_sent(db) -> None:
    key = issue(db)  # Tuesday 20 October 2026; Monday 26 October is off: 21, 22, 23, 27, 28, 29, 30
    assert stands(db, key, day("2026-10-30")).send == clock.Term(day("2026-10-30"), 0, ())
    assert stands(db, key, day("2026-10-30")).state == "to_send"
    late = stands(db, key, day("2026-10-31"))  # a Saturday: over, although no working day has passed
    assert late.state == "send_overdue" and late.send.left == -1
    assert {reply.state for reply in late.replies} == {"not_sent"}


def test_the_answer_is_due_ten_working_days_after_receipt(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="sent", on=day("2026-10-23"), **GIVEN)
    from_sending = stands(db, key, day("2026-11-06"))
    assert from_sending.is_from_sending and from_sending.answer.due_on == day("2026-11-09")
    kept.mark(db, key, kind="received", on=day("2026-10-30"), **GIVEN)
    one = stands(db, key, day("2026-11-13"))  # 2 to 6 and 9 to 13 November
    assert not one.is_from_sending and one.answer.due_on == day("2026-11-13") and one.answer.left == 0 and one.state == "waiting"
    late = stands(db, key, day("2026-11-17"))
    assert late.state == "overdue" and late.answer.left == -2 and {reply.days_late for reply in late.replies} == {2}


def test_not_our_job_is_no_answer(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    answered(db, key, 1, "2026-11-02", text="Бұл біздің міндетіміз емес")
    assert stands(db, key).replies[0].state == "answered"  # nobody has read it yet: a doubt speaks for the body
    kept.grade(db, key, recommendation=1, grade="none", reason="Мәні жоқ", on=day("2026-11-03"), **GIVEN)
    one = stands(db, key).replies[0]
    assert (one.state, one.grade) == ("overdue", "none")
    answered(db, key, 1, "2026-11-10", grade="promise")
    one = stands(db, key).replies[0]
    assert (one.state, one.grade, one.answered_on) == ("answered", "promise", day("2026-11-10"))
    assert one.days_late == 2  # due on Friday 6 November (Monday 26 October was off): the 9th and the 10th


def test_a_later_grade_is_in_force(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    for number in (1, 2):
        answered(db, key, number, "2026-11-02", grade="promise")
    kept.grade(db, key, recommendation=1, grade="solved", reason="Тексерілді", on=day("2026-11-18"), **GIVEN)
    one = stands(db, key)
    assert one.state == "answered" and one.term is None and [reply.grade for reply in one.replies] == ["solved", "promise"]


def test_hearings_and_their_notice(db) -> None:
    key = issue(db)
    kept.mark(db, key, kind="hearing", on=day("2026-12-03"), **GIVEN)  # may lie ahead
    assert stands(db, key).hearings == (clock.Hearing(day("2026-12-03"), None, None),)
    kept.mark(db, key, kind="hearing_notice", on=day("2026-11-20"), **GIVEN)
    assert stands(db, key).hearings == (clock.Hearing(day("2026-12-03"), 9, True),)


def test_bodies_add_up(db) -> None:
    first, second, third = issue(db), issue(db, subject_id="F2"), issue(db, subject_id="F3", body_id="", body_name="Екінші")
    for key in (first, third):
        kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    answered(db, first, 1, "2026-11-02", grade="formal")
    found = clock.clocks(kept.documents(db), TODAY, SETTINGS)
    assert [one.state for one in found] == ["overdue", "overdue", "send_overdue"] and found[2].document.document_id == second
    each = {body.name: body for body in clock.bodies(found)}
    own = each["Демо басқармасы"]
    assert (own.n_documents, own.n_recommendations, own.n_overdue, own.n_answered) == (2, 4, 1, 1)
    assert own.grades == {"formal": 1} and each["Екінші"].n_overdue == 2


# ---- the document ------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    rows = [
        chain.facility(1, title_kk=f"Мектеп {KAZAKH}", title_ru="Школа", buyer_name="Демо басқармасы", buyer_id="770140000755",
                       source_as_of=date(2026, 9, 1), T10_severity=1.0),
        chain.facility(2, is_restricted=True),
    ]  # fmt: skip
    return chain.made(tmp_path_factory.mktemp("control") / "s", date(2026, 9, 1), rows)


def paper(snapshot, lang="kk", words=None, **change):
    draft = document.of_facility(snapshot, "F1", (), ("kk", "ru", "en"))
    made = document.paper(draft, words or WORDS.get(lang, ["x"]), finished_on=day("2026-10-20"), lang=lang, settings=SETTINGS)
    return {**made, **change}


def said(content: bytes) -> str:
    """Everything that a DOCX or a PDF says, with gaps and line ends as blanks."""
    if content.startswith(b"%PDF"):
        words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    else:
        opened = Word(io.BytesIO(content))
        cells = [cell.text for table in opened.tables for row in table.rows for cell in row.cells]
        words = " ".join(
            [*(one.text for one in opened.paragraphs), *cells, *(one.text for one in opened.sections[0].footer.paragraphs)]
        )
    return " ".join(words.split())


@pytest.mark.parametrize("lang", ["kk", "ru"])
@pytest.mark.parametrize("encode", [docx.encode, letter.encode])
def test_what_stands_in_the_files(snapshot, lang, encode) -> None:
    content = encode(paper(snapshot, lang))
    words = said(content)
    for part in (
        i18n.text("control.paper.title_facility", lang), i18n.text("common.fair_words", lang), i18n.text("common.demo", lang),
        snapshot.id, i18n.day(snapshot.as_of, lang), "Демо басқармасы", "770140000755", "F1", "list.csv",
        *WORDS[lang], i18n.text("control.law.read", lang), i18n.day(day("2026-10-30"), lang),
        i18n.text("control.paper.blank.subject", lang),
    ):  # fmt: skip
        assert " ".join(part.split()) in words, part
    assert ("Мектеп " + KAZAKH if lang == "kk" else "Школа") in words
    assert encode(paper(snapshot, lang)) == content  # the same content, the same bytes


def test_anybody_may_type_a_draft_but_not_ten_thousand_lines(snapshot, monkeypatch) -> None:
    draft = document.of_facility(snapshot, "F1", (), ("kk", "ru", "en"))
    given = {"body_name": "Демо", "body_id": "", "finished_on": TODAY}
    made = web_control.draft_files(draft, {"kk": "x\n" * 30, "ru": ""}, **given)
    assert [one["name"].rpartition(".")[2] for one in made] == ["docx", "pdf"]
    monkeypatch.setattr(web_control, "file", lambda *_: pytest.fail("a file was made"))
    with pytest.raises(DataError, match="control_recommendations"):
        web_control.draft_files(draft, {"kk": "x\n" * 31, "ru": ""}, **given)


def test_recommendations_are_proposed_from_the_indicators(snapshot) -> None:
    draft = document.of_facility(snapshot, "F1", (), ("kk", "ru"))
    task = i18n.text("indicator.T10.official", "ru")
    assert i18n.text("control.draft.proposal", "ru", task=task) in draft.recommendations["ru"]
    assert len(draft.recommendations["kk"]) == len(draft.recommendations["ru"])


def test_a_restricted_facility_has_no_document(snapshot) -> None:
    assert document.of_facility(snapshot, "F2", (), ("kk",)) is None
    assert document.of_facility(snapshot, "none", (), ("kk",)) is None


def test_what_a_visitor_wrote_is_not_in_it(snapshot) -> None:
    one = store.Observation("ABCD", "F1", day("2026-10-10"), "idle", "frame", False, True, "CANARY", "s1", 2, "accept", "", True)
    draft = document.of_facility(snapshot, "F1", (one,), ("kk",))
    made = document.paper(draft, ["а"], finished_on=TODAY, lang="kk", settings=SETTINGS)
    assert "CANARY" not in json.dumps(made, ensure_ascii=False)
    assert "ABCD" in said(docx.encode(made)) and i18n.text("observation.status.idle", "kk") in said(letter.encode(made))
    assert draft.observation_ids == ("ABCD",)


def test_a_docx_names_no_author_and_no_hour(snapshot) -> None:
    content = docx.encode(paper(snapshot))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in archive.namelist() if "thumbnail" in name]
    known = Word(io.BytesIO(content)).core_properties
    assert (known.author, known.last_modified_by, known.created.date()) == ("", "", day("2026-10-20"))


@pytest.mark.parametrize(
    "hostile", ["a\x00b\x0b\ufffe", "<w:t>&amp;</w:t>", "=cmd|' /C calc'!A0", "\ud800", "х" * 2000, "{0}%s\t"]
)
def test_hostile_words_are_only_words(snapshot, hostile) -> None:
    made = paper(snapshot, "ru", [hostile], subtitle=hostile)
    for encode in (docx.encode, letter.encode):
        words = said(encode(made))
        clean = " ".join(docx.xml_text(hostile).split())
        assert clean.replace(" ", "") in words.replace(" ", "")


def test_a_term_in_a_year_without_a_calendar_says_so(snapshot) -> None:
    draft = document.of_facility(snapshot, "F1", (), ("ru",))
    made = document.paper(draft, ["а"], finished_on=day("2026-12-28"), lang="ru", settings=SETTINGS)
    assert i18n.text("control.doubt.year_unknown", "ru", year=2027) in said(docx.encode(made))


# ---- files of the clock ------------------------------------------------------------------------------------------------
def test_the_clock_as_csv_runs_no_formula(db) -> None:
    key = issue(db, title="=1+1", recommendations={"kk": ["+7 701", "@x"]}, papers={"kk": {}})
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    answered(db, key, 1, "2026-11-02", grade="none", text="-2+3")
    content = tables.as_csv(clock.clocks(kept.documents(db), TODAY, SETTINGS), "kk").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["recommendation"] for row in rows] == ["1", "2"]
    assert rows[0]["title"] == "'=1+1" and rows[0]["text"] == "'+7 701" and rows[0]["body_id"] == "'770140000755"
    assert rows[0]["answer_by"] == "2026-11-06" and rows[0]["answer_by_is_certain"] == "false" and rows[0]["answer"] == ""


def test_the_clock_as_a_calendar(db) -> None:
    key = issue(db, title="Мектеп; №1, қала\\ " + "ұзын " * 20)
    body = tables.as_calendar(clock.clocks(kept.documents(db), TODAY, SETTINGS), TODAY, "kk")
    assert max(map(len, body.split(b"\r\n"))) <= 75
    unfolded = body.decode().replace("\r\n ", "")
    assert f"UID:{key}-send@riskmap" in unfolded and "DTSTART;VALUE=DATE:20261030" in unfolded
    assert "Мектеп\\; №1\\, қала\\\\ " in unfolded and unfolded.endswith("END:VCALENDAR\r\n")


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_every_state_has_its_words(lang) -> None:
    for section, codes in (("state", clock.STATES), ("grade", records.GRADES), ("grade_meaning", records.GRADES),
                           ("event", records.EVENTS)):  # fmt: skip
        assert all(i18n.has(f"control.{section}.{code}", lang) for code in codes)
    assert {wording.left(clock.Term(TODAY, n, ()), lang) for n in (-1, 0, 1)} >= {i18n.text("control.left.last", lang)}


# ---- acts --------------------------------------------------------------------------------------------------------------
def act(db, act_id="A-1", **change) -> bool:
    given = {
        "title": "Жоба", "body_name": "Министрлік", "published_on": day("2026-11-10"), "comments_until": day("2026-11-24"),
        "who": audit.COMMAND_LINE, "today": TODAY,
    }  # fmt: skip
    return kept.register_act(db, act_id=act_id, **{**given, **change})


def test_a_corrected_act_stands_beside_the_earlier_one(db) -> None:
    assert act(db) and not act(db)
    assert act(db, title="Жоба, түзетілген")
    assert [one.title for one in kept.acts(db)] == ["Жоба, түзетілген"]
    assert [one.what for one in audit.entries(db)] == ["act", "act"]


def test_an_act_runs_on_the_same_clock(db, snapshot) -> None:
    act(db)
    draft = document.of_act(kept.act(db, "A-1"), snapshot, ("kk", "ru"))
    made = document.paper(draft, ["Мерзімді ұзарту"], finished_on=day("2026-10-20"), lang="kk", settings=SETTINGS)
    given = {**document.kept(draft), "papers": {"kk": made}, "recommendations": {"kk": ["Мерзімді ұзарту"]}}
    key = kept.issue(db, finished_on=day("2026-10-20"), **given, **GIVEN)
    kept.mark(db, key, kind="sent", on=day("2026-10-22"), **GIVEN)
    assert stands(db, key).answer.due_on == day("2026-11-06")
    assert [one.document_id for one in kept.documents(db, subject="act", subject_id="A-1")] == [key]
    assert "Министрлік" in said(docx.encode(kept.document(db, key).papers["kk"]))


# ---- the command line --------------------------------------------------------------------------------------------------
def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_from_document_to_grade_on_the_command_line(tmp_path, snapshot) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    out = tmp_path / "final.docx"
    issued = run(
        "control", "document", "F1", "--snapshot", snapshot.folder, "--out", out, "--language", "ru", "--finished-on",
        "2026-10-20", "--recommendation", "Показать акт", "--issue", "--store", url,
    )  # fmt: skip
    key = re.search(r"Document (\w{16}):", issued).group(1)
    assert "Показать акт" in said(out.read_bytes())
    run("control", "file", key, "--language", "ru", "--out", tmp_path / "again.docx", "--store", url)
    assert (tmp_path / "again.docx").read_bytes() == out.read_bytes()
    shared = ("--today", "2026-11-20", "--store", url)
    run("control", "mark", key, "sent", "--on", "2026-10-22", *shared)
    run("control", "answer", key, "--recommendation", 1, "--text", "Нет", "--on", "2026-11-02", *shared)
    run("control", "grade", key, "--recommendation", 1, "--grade", "none", "--reason", "не ответ", "--on", "2026-11-02", *shared)
    listed = run("control", "due", *shared)
    assert "answer overdue" in listed and "no answer, overdue by 10 working days" in listed
    run("control", "due", *shared, "--out", tmp_path / "due.csv")
    run("control", "due", *shared, "--out", tmp_path / "due.ics")
    assert key in (tmp_path / "due.csv").read_text("utf-8-sig") and key in (tmp_path / "due.ics").read_text("utf-8")
