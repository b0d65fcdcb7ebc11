"""A server that dies: for each order on its input it forks a child that submits and is killed at one point.

`python store_writer.py URL`, lines `N_EVENTS MICROSECONDS BYTES FIRST`: the child kills itself at the N-th call of a function, is
killed by the kernel's alarm after so many microseconds wherever it is, or
at the write that would make a file longer than so many bytes: in the middle of a commit. It sends the observations FIRST,
FIRST + 1, ... and prints `NUMBER RECEIPT` when the store has acknowledged one; the parent prints `end SIGNAL`.
"""

import os
import resource
import signal
import sys
from datetime import date

from riskmap import settings as settings_file
from riskmap import store
from riskmap.store import codes

SETTINGS = settings_file.load()
TODAY = date(2026, 11, 22)
ENOUGH = 400


def key_of(number: int) -> str:
    """The key of the form: the same for every attempt to send it."""
    return codes._written(number.to_bytes(16, "big"))


def submit(db, number: int) -> str:
    return store.submit(
        db, key=key_of(number), facility_id="F1", day=TODAY, status="idle", text=f"visit {number} " + "x" * 500, snapshot_id="s",
        facilities={"F1"}, today=TODAY, settings=SETTINGS,
    )  # fmt: skip


def child(url: str, n_events: int, microseconds: int, n_bytes: int, first: int) -> None:
    left = n_events

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # the kernel ends the process: no handler, no `finally`, as by kill -9
    if microseconds:
        signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if n_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
    if n_events:
        sys.setprofile(count)
    db = store.open(url)
    for number in range(first, first + ENOUGH):
        os.write(1, f"{number} {submit(db, number)}\n".encode())


def main() -> None:
    url = sys.argv[1]
    store.open(url).dispose()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                child(url, *map(int, line.split()))
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"end {os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}\n".encode())


if __name__ == "__main__":
    main()
