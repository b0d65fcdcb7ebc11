"""The map beside Plotly's scattermap, st.pydeck_chart and st.map, at four sizes, in one browser on this machine.

    python -m bench.map data/demo/snapshots [folder for the large snapshots] [rounds] [sizes, comma]

Ours is the whole Map page with its tables; the others draw the points and nothing else. The renderers take turns, each time
with an empty browser cache; the table says medians. "First map": from the request to the first pixels of a mark on screen.
"Filter": from the click on "Overdue" to another picture with marks in it; "first time": by a server that has not seen it yet,
once. Both times are looked for in screenshots, for all alike,
which adds up to 0.2 s. A renderer that shows no map within the limit, or loses its tab, is not asked again at more facilities.
"""

import base64
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, Response, sync_playwright

from bench import big
from riskmap import archive

ROOT = Path(__file__).resolve().parents[1]
SIZES = (1_202, 10_000, 100_000, 1_000_000)
RENDERERS = ("ours", "plotly", "pydeck", "stmap")
NAMES = {"ours": "this map", "plotly": "Plotly scattermap", "pydeck": "st.pydeck_chart", "stmap": "st.map"}
LIMIT_SECONDS = 60
MIN_PIXELS = 40  # of marks: r exceeds b by 80, as orange and red do and the blue of our regions does not
ARGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
)  # fmt: skip
MAP = {
    "ours": ".map canvas", "plotly": ".js-plotly-plot canvas", "pydeck": "[data-testid=stDeckGlJsonChart] canvas",
    "stmap": "[data-testid=stDeckGlJsonChart] canvas",
}  # fmt: skip


class Run(NamedTuple):
    """Seconds, kB and MB of one visit; NaN for what did not come."""

    first_s: float
    filter_s: float
    load_kb: float
    rerun_kb: float
    tiles_kb: float
    browser_mb: float
    server_mb: float


Medians = dict[tuple[int, str], Run]
FAILED = Run(*[float("nan")] * len(Run._fields))


@contextmanager
def server(renderer: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The app or a peer on a free port; yields its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    script = "app.py" if renderer == "ours" else "bench/map_peers.py"
    environment = {**os.environ, "BENCH_RENDERER": renderer, "BENCH_SNAPSHOT": str(folder), "RISKMAP_SNAPSHOT": str(folder)}
    # the size of a message is limited to 200 MB by default; the peers may send what they like
    options = ["--server.port", str(port), "--server.headless", "true", "--server.maxMessageSize", "1000"]
    command = [sys.executable, "-m", "streamlit", "run", script, *options, "--server.address", "127.0.0.1"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/{'health' if renderer == 'ours' else '_stcore/health'}")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _wait(address: str) -> None:
    for _ in range(1200):
        try:
            urllib.request.urlopen(address, timeout=60).close()
            return
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.1)
    raise TimeoutError(address)


def visit(browser: Browser, renderer: str, address: str, process_id: int) -> Run:
    """One reader: opens the page, waits for the map, changes the filter."""
    context = browser.new_context(viewport={"width": 1280, "height": 1100})
    context.set_default_timeout(LIMIT_SECONDS * 1000)
    # st.map asks a provider for its background; this machine answers for it
    context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
    page = context.new_page()
    session = context.new_cdp_session(page)
    traffic = _traffic(context, session)
    try:
        start = time.perf_counter()
        page.goto(address + ("/map?lang=en" if renderer == "ours" else "/"), wait_until="commit")
        before = _another(page, renderer, None, start)
        first = time.perf_counter() - start
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        page.wait_for_timeout(1000)
        before = _marks(page, renderer)
        load, tiles_kb = traffic["socket"], traffic["tiles"]
        traffic["socket"] = 0
        start = time.perf_counter()
        page.get_by_test_id("stCheckbox").get_by_text("Overdue", exact=True).click()
        _another(page, renderer, before, start)
        changed = time.perf_counter() - start
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        page.wait_for_timeout(500)
        memory = _renderer_mb(browser)
        return Run(first, changed, load / 1e3, traffic["socket"] / 1e3, tiles_kb / 1e3, memory, _pss_mb(process_id))
    except (Error, TimeoutError):
        return FAILED
    finally:
        with suppress(Error):  # a tab that died takes its browser along
            context.close()


def _traffic(context: BrowserContext, session: CDPSession) -> dict[str, int]:
    counted = {"socket": 0, "tiles": 0}

    def frame(event: dict) -> None:
        data = event["response"]["payloadData"]
        counted["socket"] += len(base64.b64decode(data)) if event["response"]["opcode"] == 2 else len(data)

    def response(answer: Response) -> None:
        if "/tiles/" in answer.url:
            counted["tiles"] += int(answer.headers.get("content-length", 0))

    session.on("Network.webSocketFrameReceived", frame)
    context.on("response", response)
    session.send("Network.enable")
    return counted


def _marks(page: Page, renderer: str) -> np.ndarray | None:
    """Which pixels of the map are marks; None while there is no map or nothing on it."""
    box = page.locator(MAP[renderer]).first.bounding_box() if page.locator(MAP[renderer]).count() else None
    if box is None or box["height"] < 50:
        return None
    picture = np.asarray(
        Image.open(io.BytesIO(page.screenshot(clip=box, timeout=LIMIT_SECONDS * 1000))).convert("RGB"), dtype=int
    )
    marks = picture[..., 0] - picture[..., 2] > 80
    return marks if marks.sum() >= MIN_PIXELS else None


def _another(page: Page, renderer: str, before: np.ndarray | None, start: float) -> np.ndarray:
    while time.perf_counter() - start < LIMIT_SECONDS:
        marks = _marks(page, renderer)
        if marks is not None and (before is None or marks.shape != before.shape or (marks != before).sum() > MIN_PIXELS):
            return marks
        page.wait_for_timeout(20)
    raise TimeoutError


def _renderer_mb(browser: Browser) -> float:
    """Memory of the largest page process: JavaScript's own heap says nothing about buffers and workers."""
    folders = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    found = [
        _pss_mb(int(path.name)) for path in folders if b"--type=renderer" in _command(path) and _marker.encode() in _command(path)
    ]
    return max(found, default=float("nan"))


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _pss_mb(process_id: int) -> float:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{process_id}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return float("nan")
    return int(found[1]) / 1024 if found else float("nan")


_marker = f"bench-map-{os.getpid()}"  # on the command line of our browser, to tell it from others on this machine


def measure(demo: Path, large: Path, rounds: int, sizes: tuple[int, ...]) -> tuple[Medians, Medians]:
    """Median of each renderer at each size; and the visit before, when the server had seen neither page nor filter."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    medians: Medians = {}
    cold: Medians = {}
    failed: set[str] = set()
    with sync_playwright() as playwright:
        for size in sizes:
            folder = demo if size == SIZES[0] else large / str(size)
            if not (folder / "manifest.json").is_file():
                big.write(demo, folder, size)
            runs: dict[str, list[Run]] = {name: [] for name in RENDERERS if name not in failed}
            with ExitStack() as stack:
                servers = {name: stack.enter_context(server(name, folder)) for name in runs}
                for round_ in range(rounds + 1):  # the first warms the servers up
                    for name in list(runs):
                        if name in failed:
                            continue
                        # a browser of its own: a tab that dies takes no other with it
                        browser = playwright.chromium.launch(
                            executable_path=chromium, args=[*ARGS, f"--user-agent=Chromium {_marker}"]
                        )
                        run = visit(browser, name, *servers[name])
                        with suppress(Error):
                            browser.close()
                        print(f"{size:>9} {NAMES[name]:18} round {round_}: {_words(run)}", file=sys.stderr, flush=True)
                        if round_ or run is FAILED:
                            runs[name].append(run)
                        else:
                            cold[size, name] = run
                        if run is FAILED:
                            failed.add(name)
            medians |= {(size, name): _median(of) for name, of in runs.items()}
    return medians, cold


def _median(runs: list[Run]) -> Run:
    return FAILED if FAILED in runs else Run(*(median(column) for column in zip(*runs, strict=True)))


def _words(run: Run) -> str:
    return "no map" if run is FAILED else " ".join(f"{name} {value:.2f}" for name, value in run._asdict().items())


def table(medians: Medians, cold: Medians, sizes: tuple[int, ...]) -> str:
    """The medians, and how many times ours each peer needs."""
    heads = (
        "Facilities",
        "Renderer",
        "First map",
        "Filter",
        "Filter, first time",
        "Sent at load",
        "Sent at a filter",
        "Tiles",
        "Browser",
        "Server",
    )
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * 2 + "---:|" * (len(heads) - 2)]
    for size in sizes:
        ours = medians[size, "ours"]
        for name in RENDERERS:
            run = medians.get((size, name))
            if run is None or run is FAILED or np.isnan(run.first_s):
                why = "no map within the limit, or the tab crashed" if run is not None else "not asked: failed at fewer"
                lines.append(f"| {size:,} | {NAMES[name]} | {why} | | | | | | | |")
                continue
            times = ["", ""] if name == "ours" else [f" ({run[i] / ours[i]:.1f} x)" for i in (0, 1)]
            sizes_kb = [_kb(run.load_kb), _kb(run.rerun_kb), _kb(run.tiles_kb) if name == "ours" else ""]
            cells = [
                f"{run.first_s:.2f} s{times[0]}",
                f"{run.filter_s:.2f} s{times[1]}",
                f"{cold[size, name].filter_s:.2f} s",
                *sizes_kb,
            ]
            cells += [f"{run.browser_mb:,.0f} MB", f"{run.server_mb:,.0f} MB"]
            lines.append(f"| {size:,} | {NAMES[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _kb(value: float) -> str:
    return f"{value / 1000:,.1f} MB" if value >= 1000 else f"{value:,.0f} kB"


def main(demo: Path, large: Path, rounds: int, sizes: tuple[int, ...]) -> None:
    print(table(*measure(demo, large, rounds, sizes), sizes))


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    chosen = tuple(int(size) for size in given[3].split(",")) if 3 in given else SIZES
    with tempfile.TemporaryDirectory() as temporary:
        main(
            archive.opened(Path(given.get(0, "data/demo/snapshots"))).folder,
            Path(given.get(1, temporary)),
            int(given.get(2, 3)),
            chosen,
        )
