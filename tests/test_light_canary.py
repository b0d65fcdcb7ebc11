"""Everything a phone tells about its owner is sent to a real server once, and then looked for in every byte it has written."""

import http.client
import os
import re
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from test_light_observe import SEEN, multipart
from test_store_photos import CANARY, leaked, planted
from test_web import _facility, _write

from riskmap import store

ROOT = Path(__file__).resolve().parents[1]
HEADERS = {
    "Content-Type": "multipart/form-data; boundary=b0undary", "User-Agent": f"{CANARY}-agent", "X-Forwarded-For": "203.0.113.77",
    "Referer": f"http://{CANARY}.example/", "Cookie": f"id={CANARY}", "Accept-Language": f"en,{CANARY}",
}  # fmt: skip


@pytest.fixture
def served(tmp_path):
    """Port of a server that keeps its store, its snapshot, its temporary files and all that it says in folders of ours."""
    folder = _write(tmp_path / "snapshot", [_facility(1, source_file="a.csv", source_row=2)])
    (tmp_path / "tmp").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "RISKMAP_SNAPSHOT": str(folder), "RISKMAP_STORE": f"sqlite:///{tmp_path / 'store' / 'store.db'}",
        "RISKMAP_TODAY": "2026-11-22", "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "home"),
    }  # fmt: skip
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", "127.0.0.1",
               "--server.headless", "true", "--logger.level", "debug"]  # fmt: skip
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
    try:
        while process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                continue
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port, address, body=None, **headers):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET" if body is None else "POST", address, body, headers)
    answer = line.getresponse()
    found = answer.status, answer.read().decode()
    line.close()
    return found


def test_nothing_of_a_visitor_is_in_any_byte_that_the_server_has_written(served, tmp_path):
    fields = {"key": store.new_key(), **SEEN}
    photos = [planted("JPEG"), planted("PNG"), planted("WEBP") + b"x" * 2_000_000]  # larger than what others keep in memory
    with ThreadPoolExecutor(3) as at_once:  # as two clicks and an answer that was lost
        answers = list(
            at_once.map(lambda _: ask(served, "/m/observe/F01?lang=kk", multipart(fields, photos), **HEADERS), range(3))
        )
    assert {status for status, _ in answers} == {200}
    [receipt] = {re.search('translate="no">(.*?)</p>', page)[1] for _, page in answers}
    ask(served, "/m/observe/F01?lang=ru", multipart({**fields, "day": CANARY, "status": CANARY}, photos), **HEADERS)  # refused
    ask(served, "/m/observe/F01?lang=ru", multipart({**fields, CANARY: "x"}), **HEADERS)
    ask(served, "/m/observe/F01?lang=ru", multipart(fields, photos)[:-40], **HEADERS)
    with socket.create_connection(("127.0.0.1", served)) as line:  # a line that breaks in the middle of a photo
        head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
        line.sendall(f"POST /m/observe/F01 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n{head}\r\n".encode())
        line.sendall(multipart(fields, photos)[:-100_000])
    form = {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"}
    assert ask(served, "/m/receipt?lang=ru", f"receipt={receipt}", **form)[0] == 200
    assert ask(served, "/m/receipt?lang=ru", f"receipt={CANARY}", **form)[0] == 404
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any("store.db" in path.name for path in written) and any(
        path.name == "said" and body for path, body in written.items()
    )
    hidden = [CANARY, fields["key"], receipt, receipt.replace("-", ""), "203.0.113", "b0undary"]
    for path, body in written.items():
        assert leaked(body) == [], path
        assert [each for each in hidden if each.encode() in body] == [], path
    assert b"2026-11-21" in next(body for path, body in written.items() if path.name == "store.db")  # what is meant to be there
