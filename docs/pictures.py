"""Takes the pictures of the help page from the running app: `make pictures`. Run it after a page changed its looks."""

import io
import os
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from riskmap import i18n
from riskmap.web.help import PICTURED, PICTURES, TOURS
from tests.browser.conftest import ARGS, running_server, settled

SIZES = {"monitor": (1280, 860), "volunteer": (390, 760), "official": (1280, 860)}
MAX_BYTES = 60_000
SHOWN_WIDTH = 900  # of the file: as wide as the column of text


def take(folder: Path) -> None:
    """One picture per user and language, as WebP of at most MAX_BYTES."""
    PICTURES.mkdir(exist_ok=True)
    with running_server(folder, RISKMAP_TODAY="2026-11-22") as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(ARGS))
        for user, step in PICTURED.items():
            name, query = TOURS[user][step]
            width, height = SIZES[user]
            for lang in i18n.LANGUAGES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{base}/{'' if name == 'overview' else name}?lang={lang}" + (f"&{query}" if query else ""))
                if name != "m/":
                    settled(page)
                    page.wait_for_load_state("networkidle")
                    if name in ("overview", "map"):
                        page.wait_for_timeout(4000)  # a map draws its tiles without telling
                save(page.screenshot(), PICTURES / f"{user}-{lang}.webp")
                page.close()
        browser.close()


def save(png: bytes, file: Path) -> None:
    """The picture as WebP, as good as MAX_BYTES allow."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.thumbnail((SHOWN_WIDTH, 2000))
    for quality in (85, 75, 65, 55, 45, 35):
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MAX_BYTES:
            break
    file.write_bytes(out.getvalue())


if __name__ == "__main__":
    take(Path(sys.argv[1]).absolute())
