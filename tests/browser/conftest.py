"""A real server with a small snapshot, a real Chromium, and one rule for every test: nothing leaves this machine.

Environment: RISKMAP_TEST_SNAPSHOT = a ready snapshot to use; CHROMIUM = path of the browser; REQUIRE_BROWSER=1 = a
missing browser is a failure, not a skip.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError

ROOT = Path(__file__).resolve().parents[2]
ARGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-dev-shm-usage", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
)  # fmt: skip
START_SECONDS = 60
FAILED = "[data-testid=stHtml] [role=alert] h1"  # what pages.show_error draws
# A deep link makes Streamlit look for its server below the page's address first; that answer is a 404 by design.
PROBES = ("/_stcore/health", "/_stcore/host-config")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@contextmanager
def running_server(folder, **more):
    """`streamlit run app.py` on a free port, until the block ends; yields its address. Its store is a new one beside `folder`;
    `more`: other variables of its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.address", "127.0.0.1"]
    store = f"sqlite:///{Path(folder).absolute().parent / f'store-{port}.db'}"
    environment = {**os.environ, "RISKMAP_SNAPSHOT": str(folder), "RISKMAP_STORE": store, **more}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_until_it_answers(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_until_it_answers(url, process):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url + "/health", timeout=2).close()
            return
        except urllib.error.HTTPError:
            return  # it answers; whether it is ready is for the test to say
        except OSError:
            assert process.poll() is None and time.monotonic() < end, "the server did not start"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def server(snapshot_folder):
    with running_server(snapshot_folder) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        found = None
    if not found:
        reason = "no Chromium or no playwright on this machine: make browser"
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(ARGS))
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser, server):
    """`open_page(path, **context_options)` -> a loaded page. `base=` opens another server; `is_broken`: it may show an error.

    At the end of the test: no request to any other machine, no error of a script, no error in the console.
    """
    opened = []

    def open_(path="/", *, base=server, is_broken=False, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options})
        context.set_default_timeout(20_000)
        page, faults = context.new_page(), []
        opened.append((context, faults))
        _watch(context, page, base, faults)
        page.goto(base + path)
        settled(page)
        assert is_broken or page.locator(FAILED).count() == 0, f"{path} could not be shown"
        return page

    yield open_
    for context, faults in opened:
        context.close()
        assert not faults, faults


def _watch(context, page, base, faults):
    own = (base + "/", base.replace("http", "ws", 1) + "/", "data:", "blob:")
    context.on("request", lambda request: faults.append(request.url) if not request.url.startswith(own) else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def console(message):
        if message.type == "error" and not message.location.get("url", "").endswith(PROBES):
            faults.append(f"{message.text} {message.location.get('url')}")

    page.on("console", console)


def settled(page):
    """Wait until the script of the page has run."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    return page


def phone(width=390):
    """Context options of a phone."""
    return {"viewport": {"width": width, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


def open_list(page, box):
    """Open the list of a select box; one opened while its expander is still moving closes again, so it is asked again."""
    options = page.locator("[data-testid=stSelectboxVirtualDropdown], [role=listbox]").first
    for _ in range(5):
        page.evaluate("Promise.allSettled(document.getAnimations().map(a => a.finished))")
        box.press("ArrowDown")
        try:
            options.wait_for(timeout=3000)
            page.evaluate("Promise.allSettled(document.getAnimations().map(a => a.finished))")
            if options.is_visible():
                return options
        except TimeoutError:
            continue
    raise AssertionError("the list did not open")
