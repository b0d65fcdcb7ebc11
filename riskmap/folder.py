"""A folder that is whole or not there at all: written beside its place under a name of its own, then renamed into it.

Killed between two renames, a process leaves the earlier folder under its other name and nothing in its place; the next
one that writes there puts it back first (`recover`), so that nothing imported before is ever lost or mixed.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Keep = Callable[[str], bool]  # is the entry of this name somebody else's?


def nothing(name: str) -> bool:
    """Keep nothing."""
    return False


def beside(folder: Path) -> Path:
    """Where this process may write what is to become `folder`."""
    return folder.with_name(f".{folder.name}.writing-{os.getpid()}")


def recover(folder: Path, *, keep: Keep = nothing) -> None:
    """Undo what killed processes left: the earlier folder back in its place or cleared away, half-written ones away."""
    start = f".{folder.name}."
    beside_it = sorted(folder.parent.iterdir()) if folder.parent.is_dir() else []
    for left in (path for path in beside_it if path.name.startswith(start)):
        kind, _, pid = left.name.removeprefix(start).partition("-")
        if kind not in ("old", "writing") or _is_running(pid):
            continue
        if kind == "old" and not folder.exists():
            left.rename(folder)
        else:
            _clear(left, folder, keep if kind == "old" else nothing)


def put_in_place(temporary: Path, folder: Path, *, keep: Keep = nothing) -> None:
    """`temporary` becomes `folder`; what it replaces is removed after it stands, but for the entries to `keep`."""
    for path in temporary.rglob("*"):
        fsync(path)
    fsync(temporary)
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    else:
        folder.parent.mkdir(parents=True, exist_ok=True)
    temporary.rename(folder)
    if old.exists():
        _clear(old, folder, keep)
    fsync(folder.parent)


def fsync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear(old: Path, folder: Path, keep: Keep) -> None:
    for path in list(old.iterdir()):
        if keep(path.name) and not (folder / path.name).exists():
            path.rename(folder / path.name)
    shutil.rmtree(old)


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
