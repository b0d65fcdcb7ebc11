"""An acknowledged observation is never lost: the writer is killed 200 times at seeded points, in Python and inside the database.

This shows what the death of a process does. It says nothing about a loss of power.
"""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from store_writer import ENOUGH, key_of, submit

from riskmap import store
from riskmap.store import tables
from riskmap.store.database import reading

ROOT = Path(__file__).resolve().parents[1]
N_KILLS = 200
N_KILLS_POSTGRESQL = 60
LONGEST_US = 150_000  # opening the store and some submissions
MOST_EVENTS = 25_000
WAYS = (signal.SIGKILL, signal.SIGALRM, signal.SIGXFSZ)  # at a call, at a moment, in the middle of writing the file


def _killed(url: str, n_kills: int, seed: int) -> tuple[dict[int, str], int]:
    """(number -> receipt) of all acknowledged observations, and the number that the next writer would send."""
    chance, receipts, following = random.Random(seed), {}, 0
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    command = [sys.executable, str(ROOT / "tests" / "store_writer.py"), url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    ) as writer:
        for kill in range(n_kills):
            ways = WAYS[: 3 if file else 2]  # only SQLite writes its files itself
            way = ways[kill % len(ways)]
            events, alarm = chance.randint(1, MOST_EVENTS), chance.randint(500, LONGEST_US)
            size = (file.stat().st_size if file and file.exists() else 0) + chance.randint(1, 40_000)
            order = [n if way == own else 0 for n, own in zip((events, alarm, size), WAYS, strict=True)]
            writer.stdin.write(f"{order[0]} {order[1]} {order[2]} {following}\n")
            writer.stdin.flush()
            while not (line := writer.stdout.readline()).startswith("end"):
                number, receipt = line.split()
                assert receipts.setdefault(int(number), receipt) == receipt
                following = int(number) + 1  # the one that was not acknowledged is sent again, as a visitor would
            assert line == f"end {way.value}\n", "not killed: give it less time"
        writer.stdin.close()
    return receipts, following


def _nothing_lost(url: str, receipts: dict[int, str], following: int) -> None:
    db = store.open(url)
    assert receipts[following - 1] == submit(db, following - 1), "sent again: the same receipt"
    submit(db, following)  # perhaps on disk already, and only its acknowledgement was cut off
    assert sorted(receipts) == list(range(following))
    for receipt in receipts.values():
        assert store.fate(db, receipt).state == "waiting"
    with reading(db) as connection:
        for table in (tables.observations, tables.receipts, tables.submission_keys):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == following + 1
        if db.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    db.dispose()


def test_sqlite_loses_nothing_in_200_kills(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    receipts, following = _killed(url, N_KILLS, seed=156)
    assert len(receipts) > N_KILLS / 4, "most writers died before they had written anything"
    _nothing_lost(url, receipts, following)


@pytest.mark.parametrize("db_url", ["postgresql"], indirect=True)
def test_postgresql_loses_nothing(db_url) -> None:
    _nothing_lost(db_url, *_killed(db_url, N_KILLS_POSTGRESQL, seed=156))


def test_every_attempt_has_the_key_of_its_form() -> None:
    assert len({key_of(number) for number in range(ENOUGH)}) == ENOUGH
