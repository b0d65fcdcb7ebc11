"""Seconds until a phone on a slow line shows its first words: the light pages beside the dashboard's own page.

    python -m bench.light http://127.0.0.1:8501

Chromium, one fresh profile per visit, the line throttled to 1.6 Mbit/s down, 0.75 up, 150 ms (docs/light.md).
"""

import shutil
import sys
from statistics import median

from playwright.sync_api import Page, sync_playwright

LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
PHONE = {"viewport": {"width": 360, "height": 780}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]
ROUNDS = 5
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
RESULTS = """() => {
  document.querySelector("form").addEventListener("submit", () => { window.clicked = performance.now(); });
  new MutationObserver(() => { window.shown ??= performance.now(); }).observe(document.body, { childList: true });
}"""


def main(server: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        runs = {"light: first words": _first_words, "light: 20 results": _results, "dashboard: its title": _dashboard}
        for name, run in runs.items():
            seconds, kilobytes = [], []
            for _ in range(ROUNDS):
                context = browser.new_context(**PHONE, locale="kk-KZ", service_workers="block")
                page, got = context.new_page(), []
                line = context.new_cdp_session(page)
                line.send("Network.enable")
                line.send("Network.emulateNetworkConditions", LINE)
                line.on("Network.loadingFinished", lambda event, got=got: got.append(event["encodedDataLength"]))
                seconds.append(run(page, server) / 1000)
                kilobytes.append(sum(got) / 1000)
                context.close()
            print(f"{name:24} {median(seconds):6.2f} s (up to {max(seconds):.2f}), {median(kilobytes):7.1f} kB over the line")
        browser.close()


def _first_words(page: Page, server: str) -> float:
    page.goto(f"{server}/m/?lang=kk")
    page.wait_for_function(PAINT)
    return page.evaluate(PAINT)


def _results(page: Page, server: str) -> float:
    _first_words(page, server)
    page.fill("#coordinates", "43.2389, 76.8897")
    page.select_option("#radius", "any")
    page.evaluate(RESULTS)
    page.click("button.main")
    page.locator(".cards > li").first.wait_for()
    return page.evaluate("window.shown - window.clicked")


def _dashboard(page: Page, server: str) -> float:
    page.goto(f"{server}/nearby?lang=kk", timeout=120_000, wait_until="commit")
    page.locator("h1").first.wait_for(timeout=120_000)
    return page.evaluate("performance.now()")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501")
