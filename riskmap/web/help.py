"""Help in HTML: what the map is and is not, a tour for each of three users with real pictures, words, how to correct us.

The pictures are taken from the running app by `make pictures` (docs/pictures.py); the words come from docs/glossary.md.
"""

import hashlib
import re
from functools import cache
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from riskmap import i18n
from riskmap.i18n import text
from riskmap.web import files
from riskmap.web.sheet import bullets, paragraph, section, sheet
from riskmap.web.view import Cell, table

PICTURES = Path(__file__).with_name("tour")
_GLOSSARY = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
# user -> the steps of the tour: page of the dashboard (or "m/" for a light page) and its query
TOURS = {
    "monitor": (("overview", ""), ("map", "measure=overdue"), ("flagged", ""), ("changes", "")),
    "volunteer": (("nearby", ""), ("report", ""), ("m/", ""), ("watch", "")),
    "official": (("flagged", ""), ("data", ""), ("whatif", ""), ("duty", "")),
}
PICTURED = {"monitor": 0, "volunteer": 2, "official": 0}  # the step of each tour that is shown
_IS = ("is", "reason", "unknown")
_IS_NOT = ("verdict", "people", "official", "complete")
_CORRECT = ("fact", "reply", "words", "when")
_NAME = re.compile(r"[a-z]+-(kk|ru|en)")


def routes() -> list[Route]:
    return [Route("/pictures/{name}.webp", picture)]


def page(lang: str, links: dict[str, str]) -> str:
    """Everything but the words. `links`: name of a page -> its address."""
    is_, is_not = ([text(f"help.{key}.{name}", lang) for name in names] for key, names in (("is", _IS), ("is_not", _IS_NOT)))
    correct = [text(f"help.correct.{name}", lang) for name in _CORRECT]
    return sheet(
        section(text("help.is_title", lang), bullets(is_)),
        section(text("help.is_not_title", lang), bullets(is_not)),
        *(_tour(user, lang, links) for user in TOURS),
        section(text("help.correct_title", lang), bullets(correct)),
    )


def words(lang: str) -> str:
    """The glossary: one word per thing in each language."""
    order = [lang, *(each for each in i18n.LANGUAGES if each != lang)]
    heads = [text(f"help.language.{each}", lang) for each in order] + [text("help.meaning", lang)]
    rows = [[*(Cell(row[each]) for each in order), Cell(row["meaning"])] for row in glossary()]
    return table(heads, rows, caption=text("help.glossary", lang), n_text=4)


@cache
def glossary() -> list[dict[str, str]]:
    """The rows of docs/glossary.md: kk, ru, en, meaning."""
    rows = []
    for line in _GLOSSARY.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] != "thing":
            rows.append(dict(zip(("kk", "ru", "en", "meaning"), cells[1:], strict=True)))
    return rows


def address(user: str, lang: str) -> str:
    """Relative address of the picture of a tour; empty where none was taken."""
    file = PICTURES / f"{user}-{lang}.webp"
    return f"pictures/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else ""


async def picture(request: Request) -> Response:
    """Route: one of the pictures."""
    name = request.path_params["name"]
    file = PICTURES / f"{name}.webp"
    if not _NAME.fullmatch(name) or not file.is_file():
        return JSONResponse({"error": "not found"}, 404)
    return files.answer(request, file.read_bytes(), "image/webp", is_versioned="v" in request.query_params)


def _tour(user: str, lang: str, links: dict[str, str]) -> str:
    steps = "".join(
        f"<li>{escape(text(f'help.tour.{user}.step{n}', lang))} "
        f'<a href="{escape(links[name])}" target="_self">{escape(text("help.go", lang))}</a></li>'
        for n, (name, _) in enumerate(TOURS[user], start=1)
    )
    shown = address(user, lang)
    caption = escape(text(f"help.tour.{user}.picture", lang))
    css = ' class="tall"' if TOURS[user][PICTURED[user]][0] == "m/" else ""  # of a phone
    image = (
        f'<figure{css}><img src="{shown}" alt="{caption}" loading="lazy"><figcaption>{caption}</figcaption></figure>'
        if shown
        else ""
    )
    return section(
        text(f"help.tour.{user}.title", lang), paragraph(text("help.minutes", lang), is_quiet=True), f"<ol>{steps}</ol>{image}"
    )
