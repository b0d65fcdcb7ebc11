"""What several test files share: the folder of the real public files, which a test skips without."""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("../shared with the real public files is not here")
    return SHARED


@pytest.fixture(scope="session")
def snapshot_folder(tmp_path_factory):
    """The snapshot that the tests look at: a demo of 150 facilities, made once per session."""
    if ready := os.environ.get("RISKMAP_TEST_SNAPSHOT"):
        return Path(ready)
    out = tmp_path_factory.mktemp("demo")
    subprocess.run([sys.executable, "-m", "riskmap", "demo", "--facilities", "150", "--out", str(out)], cwd=ROOT, check=True)
    return out / "snapshot"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real server of our own, reached only through a socket in a folder: the address without a database name."""
    found = shutil.which("pg_ctl") or max(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")), default=None)
    if not found:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    programs = Path(found).resolve().parent
    if not (programs / "initdb").exists():
        pytest.skip("PostgreSQL is here without initdb")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a short path: sockets have names of at most 107 letters
    user = {"user": "postgres"} if os.getuid() == 0 else {}  # the server refuses to run as root
    if user:
        shutil.chown(folder, "postgres")

    def run(name: str, *arguments: str) -> None:
        subprocess.run([programs / name, *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    run("initdb", "-D", f"{folder}/data", "-U", "riskmap", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -p 8721 -c fsync=off"
    try:
        run("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
        yield f"postgresql+psycopg://riskmap@/{{database}}?host={folder}&port=8721"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, in each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    from sqlalchemy import create_engine, text

    address = request.getfixturevalue("postgresql")
    name = f"t{os.urandom(8).hex()}"
    server = create_engine(address.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    return address.format(database=name)


@pytest.fixture
def db(db_url: str) -> Iterator:
    """An empty store, open."""
    from riskmap import store

    made = store.open(db_url)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small plain JPEG."""
    from PIL import Image

    content = io.BytesIO()
    Image.linear_gradient("L").save(content, "JPEG")
    return content.getvalue()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: they are slow, and their driver keeps an event loop running in this thread."""
    items.sort(key=lambda item: "browser" in item.path.parts)
