"""A card of one region for other people's pages: a plain page without a script, the only one that may stand in a frame."""

import base64
import hashlib
from functools import cache
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from riskmap import filters, geography, i18n, summarise
from riskmap.filters import Filter
from riskmap.i18n import text
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.web import current, files

FOLDER = "/embed/"
_COUNTS = ("n_facilities", "n_overdue", "n_flagged", "n_not_assessable")
_SIZE = 'width="340" height="380"'


def routes() -> list[Route]:
    return [Route(FOLDER + "region/{code}", region), Route(FOLDER + "{rest:path}", _nothing)]


@cache
def policy() -> str:
    """The Content-Security-Policy of these cards: nothing but their stylesheet, in the frame of any page."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors *"


def code_for(base: str, region_code: str, lang: str) -> str:
    """The line of HTML that puts a card into a page. `base`: address of this server, with the slash at its end."""
    name = filters.region_name(region_code, lang)
    title = text("open.card.frame", lang, region=name)
    address = f"{base.rstrip('/')}{FOLDER}region/{region_code}?lang={lang}"
    return f'<iframe src="{escape(address)}" title="{escape(title)}" {_SIZE} loading="lazy"></iframe>'


async def region(request: Request) -> Response:
    """Route: the card of a region in the newest version; 404 for a code that is none."""
    lang, code = request.query_params.get("lang", i18n.LANGUAGES[0]), request.path_params["code"]
    if lang not in i18n.LANGUAGES or len(request.query_params.multi_items()) > ("lang" in request.query_params):
        return JSONResponse({"error": "unknown parameter"}, 400)
    if code not in set(geography.regions()["code"]):
        return await _nothing(request)
    try:
        body = card(current.current(), code, lang)
    except DataError:
        return JSONResponse({"error": "no snapshot"}, 503, headers={"Cache-Control": "no-store"})
    return files.answer(request, body.encode(), "text/html", is_versioned=False)


def card(snapshot: Snapshot, code: str, lang: str) -> str:
    """The page: what the map counts in a region, as of when, with the words that a number must not travel without."""
    rows = filters.apply(Filter(regions=(code,)), snapshot.facilities)
    sums = summarise.totals(rows, snapshot.manifest["settings"])
    name = filters.region_name(code, lang)
    counts = "".join(
        f"<dt>{escape(text(f'open.card.{count}', lang))}</dt><dd>{i18n.number(sums[count], lang)}</dd>" for count in _COUNTS
    )
    demo = f'<p class="demo" role="note">{escape(text("common.demo", lang))}</p>' if snapshot.is_demo else ""
    date = text("common.data_date", lang, date=i18n.day(snapshot.as_of, lang))
    version = text("common.version", lang, id=snapshot.id)
    shown = escape(text("open.card.link", lang))
    link = f'<a href="../../map?lang={lang}&amp;region={code}" target="_blank" rel="noopener">{shown}</a>'
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(name)} · {escape(text('common.app', lang))}</title><style>{_style()}</style></head><body>{demo}"
        f"<h1>{escape(name)}</h1><dl>{counts}</dl><p><strong>{escape(text('common.fair_words', lang))}</strong></p>"
        f'<p class="quiet">{escape(text("common.app", lang))} · {escape(date)} · {escape(version)}</p>{link}</body></html>'
    )


@cache
def _style() -> str:
    return Path(__file__).with_name("embed.css").read_text("utf-8")


async def _nothing(request: Request) -> Response:
    return JSONResponse({"error": "not found"}, 404)
