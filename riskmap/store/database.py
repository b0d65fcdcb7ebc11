"""One engine per store: SQLite in a file here, PostgreSQL by its address in service. Errors are sentences, not tracebacks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from riskmap.problem import DataError
from riskmap.store.migrations import migrate

# what a machine loses power over, it has on disk first; pages of old text are overwritten, not left behind
_PRAGMAS = (
    "journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000", "secure_delete=ON",
    "trusted_schema=OFF", "temp_store=MEMORY",
)  # fmt: skip
_POSTGRESQL = "-c synchronous_commit=on -c statement_timeout=5000 -c lock_timeout=5000"


def open(url: str) -> Engine:
    """The store at `url`, `sqlite:///file` or `postgresql+psycopg://...`, with its tables at the version of the program.

    DataError `store_unavailable` where it cannot be reached, `store_newer` where a later program has changed it.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            if address.database in (None, "", ":memory:"):
                raise DataError("store_kind", found=url)  # it would be lost with the process
            file = Path(address.database).absolute()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)  # unpublished photos; the journal takes the same rights
            store = create_engine(address)
            event.listen(store, "connect", _prepare_sqlite)
            event.listen(store, "begin", _begin_sqlite)
        elif address.get_backend_name() == "postgresql":
            store = create_engine(address, pool_pre_ping=True, connect_args={"options": _POSTGRESQL, "connect_timeout": 10})
        else:
            raise DataError("store_kind", found=address.get_backend_name())
    except (ArgumentError, NoSuchModuleError) as error:
        raise DataError("store_kind", found=url.partition(":")[0]) from error
    except OSError as error:  # a folder that cannot be made
        raise DataError("store_unavailable", str(file), reason=error.strerror or "") from error
    with writing(store) as connection:
        migrate(connection)
    return store


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, not where the driver guesses
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: two that read first and then both write could only give up."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(store: Engine) -> Iterator[Connection]:
    """A transaction that is on disk when the block has ended, or has left nothing."""
    with _readable_errors(store), store.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(store: Engine) -> Iterator[Connection]:
    with _readable_errors(store), store.begin() as connection:
        yield connection


@contextmanager
def _readable_errors(store: Engine) -> Iterator[None]:
    """Full disk, lost server, locked file: one DataError without the statement, whose values belong in no log."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        where = store.url.render_as_string(hide_password=True)
        raise DataError("store_unavailable", where, reason=str(error.orig).strip().partition("\n")[0]) from None
