"""Working the list: who may do what, two at once, replies, corrections, money returned, labels, and the trail of it all."""

import json
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as quickly
from hypothesis import strategies as st
from sqlalchemy import delete, insert, inspect, text, update
from sqlalchemy.exc import DBAPIError

from riskmap import corrections as overlay
from riskmap import facts
from riskmap import settings as settings_file
from riskmap.problem import DataError
from riskmap.store import audit, people, tables
from riskmap.store.audit import Entry
from riskmap.store.database import reading, writing
from riskmap.store.people import Identity
from riskmap.store.work import STATES
from riskmap.validate import outcomes as judging
from riskmap.work import access, cases, corrections, labels, replies, returned, roles
from riskmap.work.access import ACTIONS, Denied, Facility
from riskmap.work.cases import TRANSITIONS, Stale

SETTINGS = settings_file.load()
ON = date(2026, 11, 23)
ISSUER = "https://id.example.kz"
OWN = Facility("F1", "KZ-10", "000000000001", True)
FOREIGN = Facility("F2", "KZ-75", "000000000002", True)
# who -> what the store was told of them; "nobody" did not sign in, "guest" has no role, "former" had one
HOLDERS = {
    "monitor": {"role": "monitor"},
    "region": {"role": "official", "region_code": "KZ-10", "office": "Department of control"},
    "colleague": {"role": "official", "region_code": "KZ-10", "office": "Department of audit"},
    "other_region": {"role": "official", "region_code": "KZ-75", "office": "Another department"},
    "body": {"role": "official", "body_id": "000000000001", "office": "Construction directorate"},
    "other_body": {"role": "official", "body_id": "000000000009", "office": "Another directorate"},
    "operator": {"role": "operator"},
    "former": {"role": "official", "region_code": "KZ-10", "office": "Closed department"},
}
WHO = ("nobody", "guest", *HOLDERS)


def who(name: str) -> Identity | None:
    return None if name == "nobody" else Identity(ISSUER, name)


def given_roles(db):
    for name, role in HOLDERS.items():
        roles.grant(db, None, Identity(ISSUER, name), **role, on=ON, settings=SETTINGS, is_command_line=True)
    roles.revoke(db, None, who("former"), on=ON, is_command_line=True)
    return db


@pytest.fixture
def office(db):
    """A store in which the roles of HOLDERS are given."""
    return given_roles(db)


def move(db, name="region", facility=OWN, *, expected=0, state="checking", **more):
    given = {"assignee_id": None, "due_on": None, "reason": "", "documents": "", "snapshot_id": "s1", **more}
    return cases.move(db, who(name), facility, expected=expected, state=state, on=ON, settings=SETTINGS, **given)


def pay(db, name="region", facility=OWN, *, expected=0, kind="established", amount_kzt=5, **more):
    given = {"happened_on": ON, "paid_for": "a school", "source": "Court ruling 1", "replaces": None, **more}
    return returned.add(
        db, who(name), facility, expected=expected, kind=kind, amount_kzt=amount_kzt, on=ON, settings=SETTINGS, **given
    )


def reply(db, name="body", facility=OWN, *, expected=0, text="The road was late"):
    return replies.add(db, who(name), facility, expected=expected, text=text, on=ON, settings=SETTINGS)


def report(db, name="guest", facility=OWN, *, column="budget_amount", stated="100", right_value="120", source="Order 7", **more):
    given = {"contract_no": "", **more}
    return corrections.report(
        db, who(name), facility, column=column, stated=stated, right_value=right_value, source=source, on=ON,
        settings=SETTINGS, **given,
    )  # fmt: skip


def decide(db, correction_id, name="region", facility=OWN, *, expected=0, decision="accept", reason="The order says so"):
    corrections.decide(
        db, who(name), facility, correction_id, expected=expected, decision=decision, reason=reason, on=ON, settings=SETTINGS
    )


def person_of(db, name: str):
    return roles.me(db, who(name))


def refused(code: str):
    return pytest.raises(DataError, match=f": {code} ")


# ---- roles ------------------------------------------------------------------------------------------------------------
def close(db, name):
    move(db, "colleague")
    return move(db, name, expected=1, state="cleared", reason="Works were accepted")


OFFICIALS_HERE = {"region", "colleague", "body"}
OF_THE_REGION = {"region", "colleague"}
# the action as it is called -> who may, on OWN. Everybody else in WHO is refused
MAY = {
    "case": (move, OFFICIALS_HERE),
    "close_case": (close, OF_THE_REGION),
    "reply": (reply, OFFICIALS_HERE),
    "correction": (report, set(WHO) - {"nobody", "operator"}),
    "decide_correction": (lambda db, name: decide(db, report(db), name), OF_THE_REGION),
    "returned_money": (pay, OF_THE_REGION),
    "role": (lambda db, name: roles.grant(db, who(name), Identity(ISSUER, "new"), role="monitor", on=ON, settings=SETTINGS),
             {"operator"}),
    "read_roles": (lambda db, name: roles.everyone(db, who(name)), {"operator"}),
    "read_audit": (lambda db, name: roles.trail(db, who(name)), {"operator", "monitor"}),
    "read_desk": (lambda db, name: cases.steps(db, who(name), OWN), {"operator", "monitor", *OFFICIALS_HERE}),
}  # fmt: skip


@pytest.fixture(scope="session")
def office_of_all(tmp_path_factory):
    """One store for the refusals: what is refused leaves nothing behind."""
    from riskmap import store

    made = store.open(f"sqlite:///{tmp_path_factory.mktemp('work') / 'store.db'}")
    yield given_roles(made)
    made.dispose()


def test_every_action_is_in_the_matrix() -> None:
    assert set(MAY) == set(ACTIONS) - {"observation", "document"}  # asked for in test_review and test_acts


@pytest.mark.parametrize("action", MAY)
def test_a_foreign_role_is_refused_at_every_action(office_of_all, action) -> None:
    act, may = MAY[action]
    if action == "close_case":
        n = len(cases.steps(office_of_all, who("region"), OWN))
        act = lambda db, name: move(db, name, expected=n, state="cleared", reason="x")  # noqa: E731
    if action == "decide_correction":
        made = report(office_of_all)
        act = lambda db, name: decide(db, made, name)  # noqa: E731
    with reading(office_of_all) as connection:
        before = {name: len(connection.execute(table.select()).all()) for name, table in tables.metadata.tables.items()}
    for name in set(WHO) - may:
        with pytest.raises(Denied):
            act(office_of_all, name)
    with reading(office_of_all) as connection:
        after = {name: len(connection.execute(table.select()).all()) for name, table in tables.metadata.tables.items()}
    assert after == before


@pytest.mark.parametrize("action", MAY)
def test_who_may_can(office, action) -> None:
    act, may = MAY[action]
    act(office, sorted(may)[0])


@pytest.mark.parametrize("name", WHO)
def test_an_unknown_action_is_refused(office_of_all, name) -> None:
    with reading(office_of_all) as connection, pytest.raises(Denied):
        access.person(connection, who(name), "anything", OWN)


def test_an_action_in_scope_without_a_facility_is_refused(office_of_all) -> None:
    assert not access.allows(person_of(office_of_all, "region"), "case", None)
    assert not access.allows(person_of(office_of_all, "region"), "case", Facility("F9", "", "", True))


def test_a_role_taken_back_is_refused_at_once(office) -> None:
    move(office)
    roles.revoke(office, who("operator"), who("region"), on=ON)
    with pytest.raises(Denied):
        move(office, expected=1)
    assert [step.number for step in cases.steps(office, who("monitor"), OWN)] == [1]


def test_whose_role_was_taken_back_is_like_anybody_who_signed_in(office) -> None:
    assert person_of(office, "former") == person_of(office, "guest")
    assert report(office, "former")
    assert who("former") not in [identity for identity, _ in roles.everyone(office, who("operator"))]


def test_nobody_grants_a_role_to_oneself(office) -> None:
    with pytest.raises(Denied):
        roles.grant(office, who("operator"), who("operator"), role="monitor", on=ON, settings=SETTINGS)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"role": "king"}, "work_role"),
        ({"role": "official", "office": "x"}, "work_scope"),
        ({"role": "official", "office": "x", "region_code": "KZ-10", "body_id": "000000000001"}, "work_scope"),
        ({"role": "monitor", "region_code": "KZ-10"}, "work_scope"),
        ({"role": "official", "office": "x", "region_code": "'; --"}, "work_scope"),
        ({"role": "official", "region_code": "KZ-10"}, "work_office"),
    ],
)
def test_roles_that_cannot_be(office_of_all, given_, code) -> None:
    with refused(code):
        roles.grant(office_of_all, who("operator"), Identity(ISSUER, "x"), **given_, on=ON, settings=SETTINGS)


# ---- reviews ----------------------------------------------------------------------------------------------------------
def test_two_officials_at_once_lose_no_edit(office) -> None:
    mine = move(office, "region", state="checking", reason="asked for the acts")
    with pytest.raises(Stale) as told:
        move(office, "colleague", state="checking", reason="asked for payments")
    assert told.value.since == (mine,)
    move(office, "colleague", expected=1, state="explained", reason="asked for payments")
    assert [step.reason for step in cases.steps(office, who("monitor"), OWN)] == ["asked for the acts", "asked for payments"]


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_transitions(office_of_all, before, after) -> None:
    facility = replace(OWN, facility_id=f"{before}-{after}")
    way = {"new": ["new"], "checking": ["checking"]}.get(before, ["checking", before])
    for number, state in enumerate(way):
        move(office_of_all, facility=facility, expected=number, state=state, reason="x")
    if after in TRANSITIONS[before]:
        assert move(office_of_all, facility=facility, expected=len(way), state=after, reason="x").state == after
    else:
        with refused("work_state"):
            move(office_of_all, facility=facility, expected=len(way), state=after, reason="x")


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"state": "anything"}, "work_state"),
        ({"state": "new", "due_on": date(2026, 11, 22)}, "work_due"),
        ({"due_on": date(2028, 1, 1)}, "work_due"),
        ({"reason": "x" * 4001}, "work_text_long"),
        ({"reason": "IIN 850101300123"}, "work_iin"),
        ({"documents": "\n".join("abcdefghijk")}, "work_documents"),
        ({"documents": "x" * 301}, "work_documents"),
        ({"assignee_id": "no such"}, "work_assignee"),
    ],
)
def test_steps_that_cannot_be(office_of_all, given_, code) -> None:
    with refused(code):
        move(office_of_all, facility=replace(OWN, facility_id="bad"), **given_)


def test_a_reason_is_needed_where_it_matters(office) -> None:
    move(office)
    with refused("work_reason"):
        move(office, expected=1, state="explained", reason=" \u200b ")


def test_an_overdue_day_may_stay(office) -> None:
    move(office, due_on=ON)
    given_ = {"assignee_id": None, "reason": "The act came", "documents": "", "snapshot_id": "s1", "settings": SETTINGS}
    later = date(2026, 12, 10)
    with refused("work_due"):
        cases.move(office, who("region"), OWN, expected=1, state="explained", due_on=date(2026, 12, 1), on=later, **given_)
    assert cases.move(office, who("region"), OWN, expected=1, state="explained", due_on=ON, on=later, **given_).due_on == ON


def test_a_facility_that_is_not_flagged_has_no_review(office) -> None:
    with refused("work_not_flagged"):
        move(office, facility=replace(OWN, is_flagged=False))
    move(office)
    move(office, facility=replace(OWN, is_flagged=False), expected=1, state="explained", reason="no longer flagged")


def test_an_assignee_must_be_of_the_facility(office) -> None:
    with refused("work_assignee"):
        move(office, assignee_id=person_of(office, "other_region").person_id)
    with refused("work_assignee"):
        move(office, assignee_id=person_of(office, "monitor").person_id)
    colleague = person_of(office, "colleague")
    move(office, assignee_id=colleague.person_id, due_on=cases.due_day(ON, settings=SETTINGS))
    [only] = cases.steps(office, who("monitor"), OWN)
    assert only.assignee == colleague
    assert only.due_on == date(2026, 12, 7)  # ten working days after Monday 23 November
    named = {one.person_id for one in cases.assignees(office, who("region"), OWN)}
    assert named == {person_of(office, name).person_id for name in OFFICIALS_HERE}


def test_the_body_neither_clears_its_flag_nor_opens_it_again(office) -> None:
    move(office, "body")
    assert move(office, "body", expected=1, state="explained", reason="rain").state == "explained"
    for state in ("referred", "confirmed", "cleared", "corrected"):
        with pytest.raises(Denied):
            move(office, "body", expected=2, state=state, reason="x")
    move(office, "region", expected=2, state="confirmed", reason="audit")
    with pytest.raises(Denied):
        move(office, "body", expected=3, state="checking", reason="x")
    assert cases.next_states(person_of(office, "body"), "confirmed", OWN) == ()
    assert "cleared" in cases.next_states(person_of(office, "region"), "checking", OWN)
    assert cases.next_states(person_of(office, "other_region"), "checking", OWN) == ()


def test_an_official_reads_only_the_own_region(office) -> None:
    move(office)
    for name in ("other_region", "other_body"):
        with pytest.raises(Denied):
            cases.steps(office, who(name), OWN)


# ---- replies, money ---------------------------------------------------------------------------------------------------
def test_a_reply_follows_the_earlier_ones(office) -> None:
    reply(office)
    with pytest.raises(Stale):
        reply(office, text="late")
    reply(office, expected=1, text="It is open now")
    found = replies.of_facility(office, "F1")
    assert [(one.text, one.office) for one in found] == [
        ("The road was late", "Construction directorate"), ("It is open now", "Construction directorate"),
    ]  # fmt: skip


def test_sums_keep_what_is_not_known(office) -> None:
    pay(office, amount_kzt=100)
    pay(office, expected=1, amount_kzt=None)
    pay(office, expected=2, kind="recovered", amount_kzt=None)
    pay(office, expected=3, amount_kzt=70, replaces=1)
    found = {one.kind: one for one in returned.sums(returned.of_facility(office, "F1"))}
    assert (found["established"].amount_kzt, found["established"].n_unknown) == (70, 1)
    assert (found["recovered"].amount_kzt, found["recovered"].n_unknown) == (None, 1)
    assert (found["spent"].amount_kzt, found["spent"].n) == (None, 0)
    with refused("work_replaces"):
        pay(office, expected=4, replaces=1)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"kind": "stolen"}, "work_kind"), ({"amount_kzt": -1}, "work_amount"), ({"amount_kzt": 10**16}, "work_amount"),
        ({"source": " "}, "work_source"), ({"kind": "spent", "paid_for": ""}, "work_paid_for"),
        ({"happened_on": date(2026, 11, 24)}, "work_day"),
    ],
)  # fmt: skip
def test_money_that_cannot_be(office_of_all, given_, code) -> None:
    with refused(code):
        pay(office_of_all, facility=replace(OWN, facility_id="money"), **given_)


# ---- corrections ------------------------------------------------------------------------------------------------------
def test_a_report_is_accepted_and_written_for_the_import(office, tmp_path) -> None:
    made, other = report(office), report(office, "monitor", column="completed_on", stated="", right_value="2026-05-01")
    decide(office, made)
    decide(office, other, decision="refuse", reason="No act")
    overlay.write(corrections.accepted(office), tmp_path / "corrections.csv")
    accepted, aside, _ = overlay.read(tmp_path / "corrections.csv")
    assert [(one.correction_id, one.column, one.stated, one.right_value) for one in accepted] == [
        (made, "budget_amount", "100", "120")
    ]
    assert aside == []
    decide(office, made, expected=1, decision="refuse", reason="The order was withdrawn")
    assert corrections.accepted(office) == []
    with pytest.raises(Stale):
        decide(office, made, expected=1)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"column": "buyer_id"}, "work_value"), ({"right_value": "100"}, "work_correction"),
        ({"right_value": "1e9"}, "work_value"), ({"right_value": "=1+1"}, "work_value"),
        ({"column": "completed_on", "stated": "", "right_value": "1.5.2026"}, "work_value"),
        ({"source": ""}, "work_source"),
    ],
)  # fmt: skip
def test_reports_that_cannot_be(office_of_all, given_, code) -> None:
    with refused(code):
        report(office_of_all, **given_)


def test_reports_cannot_bury_a_facility(office) -> None:
    few = {**SETTINGS, "office": {**SETTINGS["office"], "max_open_corrections": 1}}
    report(office)
    with refused("work_corrections_many"):
        corrections.report(
            office, who("guest"), OWN, column="budget_amount", contract_no="", stated="1", right_value="2", source="x", on=ON,
            settings=few,
        )  # fmt: skip


def a_table(**values) -> dict[str, pa.Table]:
    facility = {"facility_id": "F1", "budget_amount": values.get("budget")}
    contracts = [{"contract_id": f"F1/{no}", "facility_id": "F1", "contract_no": no, "value_amount": 7} for no in ("A", "B")]
    rows = {"facilities": [facility], "contracts": contracts}
    return {name: facts.to_table(name, rows.get(name, [])) for name in ("facilities", "contracts")}


def correction(**more) -> overlay.Correction:
    given_ = {"correction_id": "C1", "facility_id": "F1", "contract_no": "", "column": "budget_amount", "stated": "100",
              "right_value": "120", "source": "Order 7", "accepted_on": ON}  # fmt: skip
    return overlay.Correction(**{**given_, **more})


@pytest.mark.parametrize(
    ("budget", "more", "outcome", "after"),
    [
        (100, {}, "applied", 120),
        (120, {}, "already", 120),
        (90, {}, "changed", 90),
        (None, {}, "changed", None),
        (None, {"stated": ""}, "applied", 120),
        (100, {"right_value": ""}, "applied", None),
        (100, {"facility_id": "F9"}, "facility", 100),
        (100, {"column": "title"}, "column", 100),
        (100, {"right_value": "12x"}, "value", 100),
        (100, {"column": "value_amount", "stated": "7"}, "contract", 100),
        (100, {"column": "value_amount", "stated": "7", "contract_no": "B"}, "applied", 100),
    ],
)
def test_a_correction_is_applied_or_set_aside_with_a_reason(budget, more, outcome, after) -> None:
    made, [told] = overlay.apply(a_table(budget=budget), [correction(**more)])
    assert told.outcome == outcome
    assert made["facilities"]["budget_amount"].to_pylist() == [after]
    assert made["contracts"]["value_amount"].to_pylist() == [7, 120 if "contract_no" in more else 7]
    assert overlay.as_table([told]).to_pylist()[0]["outcome"] == outcome


@quickly(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["F1", "F9"]), st.sampled_from(["100", "120", "x", ""])), max_size=8))
def test_no_correction_is_lost(rows) -> None:
    given_ = [correction(correction_id=f"C{n}", facility_id=f, right_value=v) for n, (f, v) in enumerate(rows)]
    _, told = overlay.apply(a_table(budget=100), given_)
    assert sorted(one.correction.correction_id for one in told) == sorted(one.correction_id for one in given_)


def test_a_bad_line_of_the_file_is_set_aside(tmp_path) -> None:
    file = tmp_path / "c.csv"
    overlay.write([correction(), correction(), correction(correction_id="C2")], file)
    file.write_text(file.read_text() + "C3,F1,,budget_amount,1,2,x,yesterday\nC4\n")
    accepted, aside, _ = overlay.read(file)
    assert [one.correction_id for one in accepted] == ["C1", "C2"]
    assert aside == [(3, "twice"), (5, "row"), (6, "row")]
    file.write_text("a,b\n")
    with refused("register_headers"):
        overlay.read(file)


# ---- labels -----------------------------------------------------------------------------------------------------------
def test_outcomes_are_what_validate_reads(office, tmp_path) -> None:
    for name, state, documents in (("F1", "confirmed", "Act 5\nAct 6"), ("F3", "cleared", ""), ("F4", "explained", "")):
        facility = replace(OWN, facility_id=name)
        move(office, facility=facility)
        move(office, facility=facility, expected=1, state=state, reason="x", documents=documents)
    labels.write(cases.outcomes(office), tmp_path / "outcomes.csv")
    rows, aside = judging.read(tmp_path / "outcomes.csv")
    assert [(row["facility_id"], row["date"], row["is_finding"]) for row in rows] == [("F1", ON, True), ("F3", ON, False)]
    assert rows[0]["source"] == "Act 5; Act 6"
    assert not aside["unknown"] and not aside["blank"] and not aside["undecided"]


# ---- the trail --------------------------------------------------------------------------------------------------------
def test_every_action_is_in_the_trail(office) -> None:
    n = len(audit.entries(office))
    move(office)
    reply(office)
    decide(office, report(office))
    pay(office)
    trail = audit.entries(office)[n:]
    assert [one.what for one in trail] == ["case", "reply", "correction", "correction_decision", "returned_money"]
    region, body = person_of(office, "region").person_id, person_of(office, "body").person_id
    assert [one.who for one in trail] == [region, body, "guest", region, region]
    assert json.loads(trail[0].after)["state"] == "checking" and trail[0].before == ""
    assert audit.verify(audit.entries(office)) == []
    assert not any("id.example" in one.after + one.before + one.who for one in audit.entries(office))  # pseudonyms only


def test_what_fails_leaves_no_entry(office) -> None:
    before = audit.entries(office)
    with reading(office) as connection:
        n = len(connection.execute(tables.case_steps.select()).all())
    with pytest.raises(RuntimeError), writing(office) as connection:
        audit.add(connection, "x", "case", "F1", None, {"a": 1}, ON)
        raise RuntimeError
    assert audit.entries(office) == before
    with reading(office) as connection:
        assert len(connection.execute(tables.case_steps.select()).all()) == n


@pytest.mark.parametrize("what", ["update", "delete"])
def test_the_database_refuses_changes(office, what) -> None:
    for table in (tables.audit, tables.case_steps, tables.grants):
        move(office, expected=len(cases.steps(office, who("region"), OWN)))
        statement = update(table).values(acted_on=date(2020, 1, 1)) if what == "update" else delete(table)
        with pytest.raises(DBAPIError, match="append-only"), office.begin() as connection:
            connection.execute(statement)


def without_triggers(db, statement) -> None:
    """What somebody who holds the database can do."""
    with db.begin() as connection:
        if db.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        else:
            for what in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{what}"))
        connection.execute(statement)


def test_tampering_is_found(office) -> None:
    of = tables.audit
    noted = audit.head(audit.entries(office))
    last = len(audit.entries(office))
    without_triggers(office, update(of).where(of.c.number == 2).values(who="somebody"))
    assert audit.verify(audit.entries(office)) == [("changed", 2)]
    without_triggers(office, delete(of).where(of.c.number == 2))
    assert audit.verify(audit.entries(office)) == [("gap", 2), ("chain", 3)]
    without_triggers(office, delete(of).where(of.c.number <= 2))
    without_triggers(office, delete(of).where(of.c.number == last))
    assert ("cut", last) in audit.verify(audit.entries(office), head=noted)


def test_a_cut_end_is_found_by_a_noted_head_only(office) -> None:
    trail = audit.entries(office)
    noted = audit.head(trail)
    without_triggers(office, delete(tables.audit).where(tables.audit.c.number == len(trail)))
    short = audit.entries(office)
    assert audit.verify(short) == []
    assert audit.verify(short, head=noted) == [("cut", len(trail))]
    assert audit.verify(trail, head=audit.head(short)) == []  # grown since: fine


def test_a_trail_that_was_rewritten_whole_is_found(office) -> None:
    noted = audit.head(audit.entries(office))
    rows = [replace(one, who="nobody") for one in audit.entries(office)]
    forged: list[Entry] = []
    for one in rows:
        chained = replace(one, previous_hash=forged[-1].hash if forged else audit.START)
        forged.append(replace(chained, hash=audit.hash_of(chained)))
    assert audit.verify(forged) == []
    assert audit.verify(forged, head=noted) == [("cut", len(rows))]


def chained(n: int) -> list[Entry]:
    trail: list[Entry] = []
    for number in range(1, n + 1):
        one = Entry(number, "p", "case", "F1", "", str(number), ON, trail[-1].hash if trail else audit.START, "")
        trail.append(replace(one, hash=audit.hash_of(one)))
    return trail


@quickly(deadline=None, max_examples=100)
@given(st.data())
def test_any_change_gap_or_swap_is_found(data) -> None:
    trail = chained(6)
    noted = audit.head(trail)
    at = data.draw(st.integers(0, 5))
    what = data.draw(st.sampled_from(["who", "what", "subject", "before", "after", "acted_on", "hash", "drop", "swap", "twice"]))
    if what == "drop":
        bad = trail[:at] + trail[at + 1 :]
    elif what == "swap":
        bad = trail.copy()
        bad[at], bad[at - 1] = bad[at - 1], bad[at]
    elif what == "twice":
        bad = [*trail[: at + 1], *trail[at:]]
    else:
        changed = {"acted_on": date(2020, 1, 1)}.get(what, "x")
        bad = [*trail[:at], replace(trail[at], **{what: changed}), *trail[at + 1 :]]
    assert audit.verify(bad, head=noted)


def test_the_exported_trail_is_the_same_trail(office) -> None:
    trail = audit.entries(office)
    assert audit.of_lines(list(audit.lines(trail))) == trail


def test_the_rows_are_those_of_the_trail(office) -> None:
    move(office)
    assert audit.rows_differ(office) == []
    row = {"facility_id": "F1", "number": 2, "state": "cleared", "reason": "", "documents": "", "snapshot_id": "s1",
           "person_id": person_of(office, "region").person_id, "acted_on": ON}  # fmt: skip
    with office.begin() as connection:
        connection.execute(insert(tables.case_steps), row)
    assert [table for table, _ in audit.rows_differ(office)] == ["case_steps"]


def test_columns_of_offices_in_words(db) -> None:
    """Every column that exists for role holders; a person has a pseudonym and an office, and no name."""
    of_people = {column["name"] for name in ("people", "grants") for column in inspect(db).get_columns(name)}
    assert of_people == {
        "person_id", "issuer", "subject", "number", "role", "region_code", "body_id", "office", "acted_on"
    }  # fmt: skip
    assert not {c["name"] for c in inspect(db).get_columns("corrections")} & {"person_id", "who", "issuer", "subject"}


def test_a_pseudonym_says_nothing(office) -> None:
    with reading(office) as connection:
        ids = [person.person_id for _, person in people.everyone(connection)]
    assert len(set(ids)) == len(ids) and not any(name in one for one in ids for name in HOLDERS)


def test_reports_about_a_facility_are_read_where_its_reviews_are(office):
    """An official of another region or body reads neither, and the operator reads both."""
    for name in WHO:
        is_reader = name in ("monitor", "operator", "region", "colleague", "body")
        for read in (cases.steps, corrections.of_facility):
            if is_reader:
                assert read(office, who(name), OWN) == []
            else:
                with pytest.raises(Denied):
                    read(office, who(name), OWN)
