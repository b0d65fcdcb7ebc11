"""The numbered steps from an empty database to the tables of today. A step that was released is never edited.

Written out as SQL, not taken from `tables.py`: what a step made once must not change when the tables do.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from riskmap.problem import DataError

_LOCK = 20261122  # any number: the advisory lock under which PostgreSQL migrates
# word of a step -> type in each database. SQLite's strict tables know no dates and no booleans: text and integers
_TYPES = {
    "sqlite": {"date": "TEXT", "bool": "INTEGER", "bytes": "BLOB", "money": "INTEGER", "end": "STRICT, WITHOUT ROWID"},
    "postgresql": {"date": "DATE", "bool": "BOOLEAN", "bytes": "BYTEA", "money": "BIGINT", "end": ""},
}


def _observations(dialect: str) -> list[str]:
    """1: what was seen, its photos, receipts, one-time keys and reviews; none of them can be changed or deleted.

    Keyed by random identifiers and without SQLite's row numbers, so that no order of arrival is stored.
    """
    own = _TYPES[dialect]
    made = [
        """CREATE TABLE observations (
            observation_id TEXT NOT NULL PRIMARY KEY, facility_id TEXT NOT NULL, day {date} NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('not_started', 'working', 'idle', 'finished_open', 'finished_closed',
                'nothing_there', 'could_not_tell')),
            stage TEXT CHECK (stage IN ('foundation', 'frame', 'roof', 'closed', 'finishing', 'done')),
            is_working {bool}, has_passport_board {bool}, text TEXT NOT NULL, snapshot_id TEXT NOT NULL) {end}""",
        "CREATE INDEX observations_facility ON observations (facility_id, day)",
        """CREATE TABLE photos (
            observation_id TEXT NOT NULL REFERENCES observations, position INTEGER NOT NULL, jpeg {bytes} NOT NULL,
            PRIMARY KEY (observation_id, position)) {end}""",
        """CREATE TABLE receipts (
            receipt_hash TEXT NOT NULL PRIMARY KEY, observation_id TEXT NOT NULL REFERENCES observations) {end}""",
        """CREATE TABLE submission_keys (
            key_hash TEXT NOT NULL PRIMARY KEY, observation_id TEXT NOT NULL REFERENCES observations,
            content_hash TEXT NOT NULL) {end}""",
        """CREATE TABLE reviews (
            observation_id TEXT NOT NULL REFERENCES observations, number INTEGER NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('accept', 'ask', 'reject')), reason TEXT NOT NULL,
            are_photos_reviewed {bool} NOT NULL, reviewed_on {date} NOT NULL, PRIMARY KEY (observation_id, number)) {end}""",
    ]
    names = ("observations", "photos", "receipts", "submission_keys", "reviews")
    if dialect == "postgresql":
        made.append(
            "CREATE FUNCTION riskmap_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
        )
        made += [
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION riskmap_append_only()"
            for name in names
        ]
    else:
        made += [
            f"CREATE TRIGGER {name}_no_{what} BEFORE {what} ON {name} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            for name in names
            for what in ("update", "delete")
        ]
    return [statement.format_map(own) for statement in made]


def _work(dialect: str) -> list[str]:
    """Who may do what, the work on flagged facilities, replies, corrections, money returned, and the trail of all of it.

    Rows are numbered per subject: the highest number is in force, and two that are written at once cannot both get it.
    `people` are officials and monitors by what their provider calls them; a visitor is never among them.
    """
    own = _TYPES[dialect]
    made = [
        """CREATE TABLE people (
            person_id TEXT NOT NULL PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, UNIQUE (issuer, subject)) {end}""",
        """CREATE TABLE grants (
            person_id TEXT NOT NULL REFERENCES people, number INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('monitor', 'official', 'operator', 'none')), region_code TEXT NOT NULL,
            body_id TEXT NOT NULL, office TEXT NOT NULL, acted_on {date} NOT NULL, PRIMARY KEY (person_id, number)) {end}""",
        """CREATE TABLE case_steps (
            facility_id TEXT NOT NULL, number INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN
                ('new', 'checking', 'explained', 'referred', 'confirmed', 'cleared', 'corrected')),
            assignee_id TEXT REFERENCES people, due_on {date}, reason TEXT NOT NULL, documents TEXT NOT NULL,
            snapshot_id TEXT NOT NULL, person_id TEXT NOT NULL, acted_on {date} NOT NULL,
            PRIMARY KEY (facility_id, number)) {end}""",
        """CREATE TABLE replies (
            facility_id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, office TEXT NOT NULL,
            person_id TEXT NOT NULL, acted_on {date} NOT NULL, PRIMARY KEY (facility_id, number)) {end}""",
        """CREATE TABLE corrections (
            correction_id TEXT NOT NULL PRIMARY KEY, facility_id TEXT NOT NULL, contract_no TEXT NOT NULL,
            column_name TEXT NOT NULL, stated TEXT NOT NULL, right_value TEXT NOT NULL, source TEXT NOT NULL,
            acted_on {date} NOT NULL) {end}""",
        """CREATE TABLE correction_decisions (
            correction_id TEXT NOT NULL REFERENCES corrections, number INTEGER NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('accept', 'refuse')), reason TEXT NOT NULL,
            person_id TEXT NOT NULL, acted_on {date} NOT NULL, PRIMARY KEY (correction_id, number)) {end}""",
        """CREATE TABLE returned_money (
            facility_id TEXT NOT NULL, number INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('established', 'recovered', 'spent')), amount_kzt {money},
            happened_on {date} NOT NULL, paid_for TEXT NOT NULL, source TEXT NOT NULL, replaces INTEGER,
            person_id TEXT NOT NULL, acted_on {date} NOT NULL, PRIMARY KEY (facility_id, number)) {end}""",
        """CREATE TABLE audit (
            number INTEGER NOT NULL PRIMARY KEY, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL,
            before TEXT NOT NULL, after TEXT NOT NULL, acted_on {date} NOT NULL, previous_hash TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE) {end}""",
    ]
    names = (
        "people", "grants", "case_steps", "replies", "corrections", "correction_decisions", "returned_money", "audit",
    )  # fmt: skip
    return [statement.format_map(own) for statement in made] + _append_only(dialect, names)


def _append_only(dialect: str, names: tuple[str, ...]) -> list[str]:
    """Triggers that refuse changes and deletions; the function of PostgreSQL is made by step 1."""
    if dialect == "postgresql":
        return [
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION riskmap_append_only()"
            for name in names
        ]
    return [
        f"CREATE TRIGGER {name}_no_{what} BEFORE {what} ON {name} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for name in names
        for what in ("update", "delete")
    ]


def _photos_and_uses(dialect: str) -> list[str]:
    """Photos with parts covered, what is published of them, and the first snapshot of an observation.

    The pixels of a photo may be emptied after its erasure was written down, by no other way and with nothing else of the row.
    """
    own = _TYPES[dialect]
    made = [
        """CREATE TABLE photo_versions (
            observation_id TEXT NOT NULL, position INTEGER NOT NULL, number INTEGER NOT NULL CHECK (number > 1),
            jpeg {bytes} NOT NULL, reason TEXT NOT NULL, made_on {date} NOT NULL,
            PRIMARY KEY (observation_id, position, number),
            FOREIGN KEY (observation_id, position) REFERENCES photos) {end}""",
        """CREATE TABLE photo_decisions (
            observation_id TEXT NOT NULL, position INTEGER NOT NULL, decision_number INTEGER NOT NULL, number INTEGER NOT NULL,
            decision TEXT NOT NULL CHECK (decision IN ('publish', 'withhold')), reason TEXT NOT NULL,
            decided_on {date} NOT NULL, PRIMARY KEY (observation_id, position, decision_number),
            FOREIGN KEY (observation_id, position) REFERENCES photos) {end}""",
        """CREATE TABLE photo_erasures (
            observation_id TEXT NOT NULL, position INTEGER NOT NULL, reason TEXT NOT NULL, erased_on {date} NOT NULL,
            PRIMARY KEY (observation_id, position),
            FOREIGN KEY (observation_id, position) REFERENCES photos) {end}""",
        """CREATE TABLE uses (
            observation_id TEXT NOT NULL PRIMARY KEY REFERENCES observations, snapshot_id TEXT NOT NULL,
            as_of {date} NOT NULL) {end}""",
    ]
    made = [statement.format_map(own) for statement in made] + _append_only(
        dialect, ("photo_decisions", "photo_erasures", "uses")
    )
    is_emptied = (
        "length(NEW.jpeg) = 0 AND length(OLD.jpeg) > 0 AND NEW.observation_id = OLD.observation_id AND NEW.position = "
        "OLD.position{same} AND EXISTS (SELECT 1 FROM photo_erasures AS gone WHERE gone.observation_id = OLD.observation_id "
        "AND gone.position = OLD.position)"
    )
    same_version = " AND NEW.number = OLD.number AND NEW.reason = OLD.reason AND NEW.made_on = OLD.made_on"
    for name, same in (("photos", ""), ("photo_versions", same_version)):
        allowed = is_emptied.format(same=same)
        if dialect == "postgresql":
            made += [
                f"DROP TRIGGER IF EXISTS {name}_append_only ON {name}",
                f"CREATE TRIGGER {name}_append_only BEFORE DELETE OR TRUNCATE ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION riskmap_append_only()",
                f"CREATE FUNCTION riskmap_{name}_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {allowed} THEN RETURN NEW; END IF; RAISE EXCEPTION 'append-only'; END $$",
                f"CREATE TRIGGER {name}_emptied BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION riskmap_{name}_emptied()",
            ]
        else:
            made += [
                f"DROP TRIGGER IF EXISTS {name}_no_update",
                f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} WHEN NOT ({allowed}) "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END",
                f"CREATE TRIGGER IF NOT EXISTS {name}_no_delete BEFORE DELETE ON {name} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END",
            ]
    return made


def _public_control(dialect: str) -> list[str]:
    """Final documents of public control, what happened to them, answers and their grades; the register of draft legal acts."""
    own = _TYPES[dialect]
    made = [
        """CREATE TABLE control_documents (
            document_id TEXT NOT NULL PRIMARY KEY, subject TEXT NOT NULL CHECK (subject IN ('facility', 'act')),
            subject_id TEXT NOT NULL, title TEXT NOT NULL, snapshot_id TEXT NOT NULL, body_name TEXT NOT NULL,
            body_id TEXT NOT NULL, finished_on {date} NOT NULL, is_demo {bool} NOT NULL, content_hash TEXT NOT NULL) {end}""",
        "CREATE INDEX control_documents_subject ON control_documents (subject, subject_id)",
        """CREATE TABLE control_papers (
            document_id TEXT NOT NULL REFERENCES control_documents, language TEXT NOT NULL CHECK (language IN ('kk', 'ru')),
            paper TEXT NOT NULL, PRIMARY KEY (document_id, language)) {end}""",
        """CREATE TABLE control_recommendations (
            document_id TEXT NOT NULL REFERENCES control_documents, number INTEGER NOT NULL CHECK (number > 0),
            language TEXT NOT NULL CHECK (language IN ('kk', 'ru')), text TEXT NOT NULL,
            PRIMARY KEY (document_id, number, language)) {end}""",
        """CREATE TABLE control_observations (
            document_id TEXT NOT NULL REFERENCES control_documents, observation_id TEXT NOT NULL REFERENCES observations,
            PRIMARY KEY (document_id, observation_id)) {end}""",
        """CREATE TABLE control_events (
            document_id TEXT NOT NULL REFERENCES control_documents, number INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('sent', 'received', 'hearing_notice', 'hearing')), happened_on {date} NOT NULL,
            note TEXT NOT NULL, PRIMARY KEY (document_id, number)) {end}""",
        """CREATE TABLE control_answers (
            document_id TEXT NOT NULL REFERENCES control_documents, recommendation INTEGER NOT NULL, number INTEGER NOT NULL,
            received_on {date} NOT NULL, text TEXT NOT NULL, PRIMARY KEY (document_id, recommendation, number)) {end}""",
        """CREATE TABLE control_grades (
            document_id TEXT NOT NULL, recommendation INTEGER NOT NULL, answer INTEGER NOT NULL, number INTEGER NOT NULL,
            grade TEXT NOT NULL CHECK (grade IN ('none', 'formal', 'partial', 'promise', 'improved', 'solved')),
            reason TEXT NOT NULL, graded_on {date} NOT NULL, PRIMARY KEY (document_id, recommendation, answer, number),
            FOREIGN KEY (document_id, recommendation, answer) REFERENCES control_answers) {end}""",
        """CREATE TABLE control_acts (
            act_id TEXT NOT NULL, number INTEGER NOT NULL, title TEXT NOT NULL, body_name TEXT NOT NULL, body_id TEXT NOT NULL,
            act_number TEXT NOT NULL, link TEXT NOT NULL, published_on {date} NOT NULL, comments_until {date} NOT NULL,
            is_demo {bool} NOT NULL, PRIMARY KEY (act_id, number)) {end}""",
    ]
    names = (
        "control_documents", "control_papers", "control_recommendations", "control_observations", "control_events",
        "control_answers", "control_grades", "control_acts",
    )  # fmt: skip
    return [statement.format_map(own) for statement in made] + _append_only(dialect, names)


STEPS: tuple[Callable[[str], list[str]], ...] = (_observations, _work, _photos_and_uses, _public_control)


def migrate(connection: Connection) -> None:
    """Take the steps that the database has not taken, inside the caller's transaction: all of them or none.

    DataError `store_newer` for a database that a later version of the program has changed.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY)"))
    taken = connection.execute(text("SELECT coalesce(max(version), 0) FROM schema_version")).scalar_one()
    if taken > len(STEPS):
        raise DataError("store_newer", found=str(taken), known=str(len(STEPS)))
    for version, step in enumerate(STEPS[taken:], start=taken + 1):
        for statement in step(dialect):
            connection.exec_driver_sql(statement)
        connection.execute(text("INSERT INTO schema_version VALUES (:version)"), {"version": version})
