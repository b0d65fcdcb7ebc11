"""The numbered steps from an empty database to the tables of today. A step that was released is never edited.

Written out as SQL, not taken from `tables.py`: what a step made once must not change when the tables do.
"""

from collections.abc import Callable

from sqlalchemy import Connection, text

from riskmap.problem import DataError

_LOCK = 20261122  # any number: the advisory lock under which PostgreSQL migrates
# word of a step -> type in each database. SQLite's strict tables know no dates and no booleans: text and integers
_TYPES = {
    "sqlite": {"date": "TEXT", "bool": "INTEGER", "bytes": "BLOB", "end": "STRICT, WITHOUT ROWID"},
    "postgresql": {"date": "DATE", "bool": "BOOLEAN", "bytes": "BYTEA", "end": ""},
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


STEPS: tuple[Callable[[str], list[str]], ...] = (_observations,)


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
