"""What came of visits, for pages, photos and feeds: read from the store of this process, in the reader's language.

A single observation is shown nowhere: a facility was visited in a month, and counts begin at k.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as xml

import anyio
import pandas as pd
from babel.dates import format_date
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from riskmap import districts, export, filters, i18n, outcomes, register, store
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.outcomes import COUNTS
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot
from riskmap.web import clock, current, feeds, files, own_settings, points
from riskmap.web.sheet import bullets, paragraph, section, sheet
from riskmap.web.view import Cell, table

PHOTO = "/photos/{name}"
FEED = "/feeds/outcomes/{region}.atom"
ALL = "all"
_PHOTO_NAME = re.compile(r"([0-9A-Z]{16})-([1-9])-([1-9][0-9]{0,2})\.jpg")
_MONTHS = {"kk": "y 'жылғы' MMMM", "ru": "LLLL y", "en": "LLLL y"}
_N_GAPS, _N_ENTRIES = 30, 200
_few_at_a_time = anyio.CapacityLimiter(2)


@dataclass(frozen=True)
class Told:
    """What the public reads about the visits of one facility: lines, and photos as (relative address, words)."""

    lines: tuple[str, ...]
    photos: tuple[tuple[str, str], ...]


# ---- what the store says ------------------------------------------------------------------------------------------------
def can_be_reached() -> bool:
    """Is there a store to ask? Where there is none, a page says so and offers nothing that needs it."""
    try:
        current.store()
    except (DataError, OSError):
        return False
    return True


def visited() -> frozenset[str] | None:
    """Facilities that somebody visited lately (`observations.visited_within_days`); None where there is no store to ask."""
    if not can_be_reached():
        return None
    within_days = own_settings.configured()["observations"]["visited_within_days"]
    seen = [one.observation for one in _journeys()]
    return outcomes.visited(seen, today=clock.today(), within_days=within_days)


def _stamp() -> tuple[int, ...]:
    return store.stamp(current.store())


def _journeys() -> tuple[Any, ...]:
    return _read(current.store(), _stamp())[0]


def _accepted(facility_id: str) -> Sequence[Any]:
    """The accepted observations of a facility, by day."""
    return _read(current.store(), _stamp())[1].get(facility_id, ())


@lru_cache(maxsize=1)
def _read(db: Any, stamp: tuple[int, ...]) -> tuple[tuple[Any, ...], dict[str, list[Any]]]:
    """All journeys, and accepted observations by facility: read again only when the stamp says that there is something new,
    because every rerun of a page asks. A row that came between the stamp and this reading is read twice, and never missed."""
    journeys = tuple(store.journeys(db))
    accepted: dict[str, list[Any]] = {}
    for one in journeys:
        if one.observation.state == "accept":
            accepted.setdefault(one.observation.facility_id, []).append(one.observation)
    return journeys, accepted


def month(of: str, lang: str) -> str:
    """ "2026-11" in words."""
    words = format_date(date.fromisoformat(f"{of}-01"), _MONTHS[lang], locale=lang)
    return words[:1].upper() + words[1:]


# ---- one facility -------------------------------------------------------------------------------------------------------
def told(facility_id: str, lang: str) -> Told | None:
    """What visitors saw at a facility, month by month; None where there is no store. Observations that contradict each other
    are shown as such, never averaged."""
    if not can_be_reached():
        return None
    db, settings = current.store(), own_settings.configured()
    own = _accepted(facility_id)
    lines = []
    for of, n, statuses in outcomes.months(own, store.counted(own, settings=settings)):
        seen = "; ".join(text(f"observation.status.{status}", lang) for status in statuses)
        words = {"month": month(of, lang), "seen": seen, "n": i18n.number(n, lang) if n else ""}
        lines.append(text("outcomes.facility.counted" if n else "outcomes.facility.visited", lang, **words))
    for pair in store.contradictions(own, settings=settings):
        first, second = (
            text("outcomes.facility.seen_in", lang, month=month(f"{one.day:%Y-%m}", lang), seen=_seen(one, lang))
            for one in (pair.earlier, pair.later)
        )
        line = text("outcomes.facility.contradiction", lang, first=first, second=second)
        if line not in lines:
            lines.append(line)
    photos = []
    for one in store.published(db, facility_id):
        caption = text(f"outcomes.facility.{'photo_covered' if one.number > 1 else 'photo'}", lang, month=month(one.month, lang))
        photos.append((f"photos/{one.observation_id}-{one.position}-{one.number}.jpg", caption))
    return Told(tuple(lines), tuple(photos))


def facility(facility_id: str, lang: str) -> str:
    """The same as a part of the facility page; empty where there is no store."""
    found = told(facility_id, lang)
    if found is None:
        return ""
    photos = "".join(
        f'<figure><img src="{escape(address)}" alt="{escape(words)}" loading="lazy">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for address, words in found.photos
    )
    note = paragraph(text("outcomes.facility.note", lang, k=own_settings.configured()["observations"]["k"]), is_quiet=True)
    return sheet(
        section(
            text("outcomes.facility.title", lang), bullets(found.lines), f'<div class="photos">{photos}</div>' if photos else "",
            note if found.lines else "", empty=text("outcomes.facility.none", lang),
        ),
        is_wide=True,
    )  # fmt: skip


def _seen(one: Any, lang: str) -> str:
    return text(f"observation.stage.{one.stage}" if one.stage else f"observation.status.{one.status}", lang)


def fixed(facility_id: str, day: date, status: str) -> tuple[str, date] | None:
    """What was put right after an accepted visit of that day, as the current version tells: resumed or delivered, and when."""
    opened = current.current()
    found = outcomes.fixes(
        [_Visit(facility_id, day, status)], opened.facilities, current.table("progress"), rise_share=_rise(opened)
    )
    rows = found[found["fixed_on"].notna()].to_dict("records")
    return (rows[0]["fix"], rows[0]["fixed_on"]) if rows else None


@dataclass(frozen=True)
class _Visit:
    facility_id: str
    day: date
    status: str
    state: str = "accept"


def _rise(opened: Snapshot) -> float:
    return float(opened.manifest["settings"]["stalled"]["rise"])


async def photo(request: Request) -> Response:
    """Route: a published photo. Asked again every time, because a publication may be taken back."""
    name = _PHOTO_NAME.fullmatch(request.path_params["name"])
    if not name or request.query_params:
        return JSONResponse({"error": "not found"}, 404)
    try:
        jpeg = await anyio.to_thread.run_sync(_published, name[1], int(name[2]), int(name[3]), limiter=_few_at_a_time)
    except (DataError, OSError):
        jpeg = None
    if jpeg is None:
        return JSONResponse({"error": "not found"}, 404, headers={"Cache-Control": "no-store"})
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-cache"})


def _published(observation_id: str, position: int, number: int) -> bytes | None:
    return store.published_jpeg(current.store(), observation_id, position, number)


# ---- the page -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Found:
    """Everything the page of outcomes says, worked out once per view. `regions`: rows as told, None for what is not."""

    n_visited: int
    regions: list[dict[str, Any]]
    total: dict[str, Any]
    days_to_review: float | None
    rate: outcomes.FixRate
    gaps: pd.DataFrame
    k: int


def look(opened: Snapshot) -> Found:
    """DataError where there is no store. Worked out again for another version, day or stamp of the store."""
    return _look(opened.id, current.store(), _stamp(), clock.today())


@lru_cache(maxsize=2)
def _look(snapshot_id: str, db: Any, stamp: tuple[int, ...], today: date) -> Found:
    opened, settings = current.get(snapshot_id), own_settings.configured()
    k = settings["observations"]["k"]
    shown = opened.facilities[filters.public(opened.facilities)]
    journeys = _journeys()
    by_region = outcomes.counts(journeys, shown)
    fixes = outcomes.fixes(
        [one.observation for one in journeys], shown, current.table("progress", opened.id), rise_share=_rise(opened)
    )
    seen = visited() or frozenset()
    rows, total = outcomes.told(by_region, k=k)
    return Found(
        n_visited=len(seen & set(shown["facility_id"])), regions=rows, total=total,
        days_to_review=outcomes.days_to_review(journeys, k=k), rate=outcomes.fix_rate(fixes, k=k),
        gaps=outcomes.gaps(shown, seen), k=k,
    )  # fmt: skip


def answer(found: Found, lang: str) -> str:
    """How many observations, and what became of them, in one breath."""
    if found.total["sent_in"] == 0:
        return f'<p class="answer">{escape(text("outcomes.none", lang))}</p>'
    counts = {name: _count(found.total[name], lang) for name in COUNTS}
    words = text("outcomes.answer", lang, visited=i18n.number(found.n_visited, lang), **counts)
    days = found.days_to_review
    wait = text("outcomes.days", lang, n=i18n.number(days, lang)) if days is not None else text("outcomes.days_unknown", lang)
    return f'<p class="answer">{escape(words)}</p>{paragraph(wait)}'


def rate(found: Found, lang: str) -> str:
    """The fix rate with its interval, its definition, and what is not known."""
    own = found.rate
    n = {"fixed": i18n.number(own.n_fixed, lang), "not_yet": i18n.number(own.n_not_yet, lang),
         "unknown": i18n.number(own.n_not_known, lang)}  # fmt: skip
    if own.share is None:
        words = text("outcomes.rate.few", lang, k=found.k)
    else:
        words = text("outcomes.rate.known", lang, share=i18n.share(own.share, lang), low=i18n.share(own.low, lang),
                     high=i18n.share(own.high, lang), **n)  # fmt: skip
    title, means = text("outcomes.rate.title", lang), text("outcomes.rate.definition", lang)
    return sheet(section(title, paragraph(words), paragraph(means, is_quiet=True)))


def regions(found: Found, lang: str) -> str:
    """Counts per region; no table without observations."""
    if not found.regions:
        return ""
    heads = [text("outcomes.region", lang), *(text(f"outcomes.count.{name}", lang) for name in COUNTS)]
    total = [Cell(text("outcomes.total", lang)), *(Cell(_count(found.total[name], lang)) for name in COUNTS)]
    rows = [
        [Cell(region_name(row["region_code"], lang)), *(Cell(_count(row[name], lang)) for name in COUNTS)]
        for row in found.regions
    ]
    note = paragraph(text("outcomes.small", lang, k=found.k), is_quiet=True)
    return table(heads, rows, caption=text("outcomes.regions", lang), total=total) + note


def gaps(found: Found, opened: Snapshot, lang: str) -> str:
    """Flagged facilities nobody visited, by region and, where districts are known, by district: those with most of them first,
    each leading to its list."""
    open_ = found.gaps[found.gaps["n_not_visited"] > 0]
    if open_.empty:
        return paragraph(text("outcomes.gaps.none", lang))
    has_districts = bool(open_["district_code"].ne(outcomes.UNKNOWN).any())
    names = {outcomes.UNKNOWN: text("common.not_known", lang)} | districts.names(opened.manifest, lang)
    rows = []
    for row in open_.head(_N_GAPS).to_dict("records"):
        known = {"region": row["region_code"], "district": row["district_code"]}
        place = {name: code for name, code in known.items() if code != outcomes.UNKNOWN}
        cells = [Cell(region_name(row["region_code"], lang), f"flagged?{urlencode({**place, 'lang': lang})}")]
        cells += [Cell(names.get(row["district_code"], row["district_code"]))] if has_districts else []
        rows.append([*cells, *(Cell(i18n.number(row[name], lang)) for name in ("n_flagged", "n_not_visited"))])
    columns = ("region", "district", "flagged", "not_visited") if has_districts else ("region", "flagged", "not_visited")
    heads = [text(f"outcomes.gaps.{name}", lang) for name in columns]
    words = {"n": int(open_["n_not_visited"].sum()), "shown": len(rows), "places": len(open_),
             "days": own_settings.configured()["observations"]["visited_within_days"]}  # fmt: skip
    lead = paragraph(text("outcomes.gaps.lead", lang, **{name: i18n.number(n, lang) for name, n in words.items()}))
    return table(heads, rows, caption=text("outcomes.gaps.title", lang), n_text=len(heads) - 2) + lead


def downloads(found: Found, lang: str) -> list[tuple[str, bytes]]:
    """The two tables as CSV files: name and content. What is not told on the page is empty: of some it would not be true that
    they are below k."""
    counted = [
        [row["region_code"], region_name(row["region_code"], lang), *(row[name] for name in COUNTS)] for row in found.regions
    ]
    counted_heads = ["region_code", "region", *COUNTS]
    missing = found.gaps[["region_code", "district_code", "n_flagged", "n_not_visited"]].to_numpy().tolist()
    return [
        ("outcomes.csv", register.write(counted_heads, counted)),
        ("not-visited.csv", register.write(["region_code", "district_code", "n_flagged", "n_not_visited"], missing)),
    ]


def _count(n: int | None, lang: str) -> str:
    return text("outcomes.not_told", lang) if n is None else i18n.number(n, lang)


def feed_links(opened: Snapshot, lang: str) -> str:
    """The feeds: the country, then each region of this version."""
    codes = sorted(set(opened.facilities["region_code"].dropna()), key=lambda code: region_name(code, lang))
    links = [(text("outcomes.feed.all", lang), ALL), *((region_name(code, lang), code) for code in codes)]
    items = " · ".join(f'<a href="{escape(feed_url(code, lang))}">{escape(name)}</a>' for name, code in links)
    return f'<p class="quiet">{items}</p>'


# ---- feeds --------------------------------------------------------------------------------------------------------------
def feed_url(region: str, lang: str) -> str:
    """Relative address of the feed of a region, or of ALL."""
    return FEED.lstrip("/").format(region=region) + "?" + urlencode({"lang": lang})


async def feed(request: Request) -> Response:
    """Route: what came of visits in a region or in the country, newest first. No entry tells one observation from another."""
    region = request.path_params["region"]
    lang, wrong = files.asked_language(request)
    if wrong:
        return wrong
    try:
        body = await anyio.to_thread.run_sync(_feed, str(request.base_url), region, lang, limiter=_few_at_a_time)
    except (DataError, OSError):
        return JSONResponse({"error": "not found"}, 404)
    return files.answer(request, body, "application/atom+xml", is_versioned=False)


def _feed(base: str, region: str, lang: str) -> bytes:
    """DataError for a region that no facility is in, and where there is no store."""
    opened = current.current()
    shown = opened.facilities[filters.public(opened.facilities)]
    if region != ALL:
        shown = shown[shown["region_code"].eq(region).fillna(False)]
        if shown.empty:
            raise DataError("export_unknown_region", given=region[:40], known="")
    about = region_name(region, lang) if region != ALL else text("outcomes.feed.all", lang)
    title_of_feed = text("outcomes.feed.title", lang, region=about)
    page = f"{base}outcomes?{urlencode({'lang': lang})}"
    events = _events(opened, shown)
    updated = max([on for on, *_ in events], default=opened.as_of)
    root = feeds.head(
        f"outcomes {region} {lang}", title_of_feed, lang, updated=updated, rights=export.notice(opened, lang),
        own=base + feed_url(region, lang), page=page,
    )  # fmt: skip
    named = shown[shown["facility_id"].isin([facility_id for _, _, facility_id, _ in events[:_N_ENTRIES]])]
    names = dict(zip(named["facility_id"], points.titles(named, lang), strict=True))
    for on, kind, facility_id, detail in events[:_N_ENTRIES]:
        words = {"name": names[facility_id], "detail": month(detail, lang) if kind == "visited" else detail}
        address = f"{base}facility?{urlencode({'lang': lang, 'id': facility_id})}"
        summary = text("common.fair_words", lang)
        title = text(f"outcomes.feed.{kind}", lang, **words)
        root.append(feeds.entry(f"outcome {kind} {facility_id} {on} {detail}", title, summary, on, address))
    return xml.tostring(root, encoding="utf-8", xml_declaration=True)


def _events(opened: Snapshot, shown: pd.DataFrame) -> list[tuple[date, str, str, str]]:
    """(day, kind, facility, detail), newest first. A visit has the month alone, told on the first day of the next; what
    bodies and sources did has its day."""
    ids = set(shown["facility_id"])
    journeys = [one for one in _journeys() if one.observation.facility_id in ids and one.observation.state == "accept"]
    found: set[tuple[date, str, str, str]] = set()
    for one in journeys:
        day, facility_id = one.observation.day, one.observation.facility_id
        if (told_on := _next_month(day)) <= clock.today():
            found.add((told_on, "visited", facility_id, f"{day:%Y-%m}"))
        for step in one.steps:
            if step.kind in ("used", "sent", "answered"):
                found.add((step.on, step.kind, facility_id, step.detail if step.kind != "answered" else ""))
    fixes = outcomes.fixes(
        [one.observation for one in journeys], shown, current.table("progress", opened.id), rise_share=_rise(opened)
    )
    for row in fixes[fixes["fixed_on"].notna()].to_dict("records"):
        found.add((row["fixed_on"], row["fix"], row["facility_id"], ""))
    return sorted(found, key=lambda event: (-event[0].toordinal(), *event[1:]))


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
