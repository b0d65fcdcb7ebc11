"""The search page in words and links: HTML in the reader's language. The query is a stranger's text: escaped, always."""

import threading
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from riskmap import explain, filters, i18n, search
from riskmap import groups as groups_of
from riskmap.fold import fold
from riskmap.i18n import text
from riskmap.search import PARTIES, Found, Hit, Index, Suggestion
from riskmap.snapshot import Snapshot
from riskmap.web import current, points

CSS = Path(__file__).with_suffix(".css")
PER_PAGE, MAX_ROWS = 20, 200
_N_INDEXES = 2  # of the newest snapshots asked for
_GROUPS = {"places": ("facility_type", "region", "settlement"), "buyer": ("buyer",), "supplier": ("supplier",)}
_EXAMPLES = ("place", "type", "number")

_indexes: dict[str, Index] = {}
_building = threading.Lock()  # two readers who ask first must not build it twice


def index(snapshot: Snapshot) -> Index:
    """The index of a snapshot, built at the first question and shared by everybody."""
    with _building:
        if snapshot.id not in _indexes:
            country = snapshot.manifest["settings"]["country"]
            built = search.build(snapshot.facilities, snapshot.table("contracts"), country)
            while len(_indexes) >= _N_INDEXES:
                _indexes.pop(next(iter(_indexes)))
            _indexes[snapshot.id] = built
        return _indexes[snapshot.id]


def found(snapshot: Snapshot, query: str) -> Found:
    """What a query finds in a snapshot, as far as the page shows it."""
    return search.search(index(snapshot), query, n_rows=MAX_ROWS)


def destination(snapshot: Snapshot, query: str) -> tuple[str, dict[str, str]]:
    """Where a query leads: (page, its parameters). One identifier or contract number: the facility itself."""
    exact = found(snapshot, query).exact
    return ("facility", {"id": exact}) if exact else ("search", {"q": search.clean(query)})


# ---- what is said ---------------------------------------------------------------------------------------------------
def answer(result: Found, lang: str) -> str:
    """What was searched and how it was read, and how much was found."""
    if not result.units:
        return f'<p class="answer">{escape(text("search.empty", lang))}</p>{_examples(lang)}'
    read = [
        text("search.read_as", lang, words=unit.typed, type=text(f"kind.facility_type.{unit.facility_type}", lang))
        for unit in result.units
        if unit.facility_type
    ]
    if result.is_empty:
        words = text("search.nothing", lang, query=result.query)
    else:
        words = text("search.found", lang, query=result.query, n=i18n.number(result.n, lang))
        if result.n_similar:
            read.append(text("search.with_similar", lang, n=i18n.number(result.n_similar, lang)))
    lines = "".join(f'<p class="quiet">{escape(line)}</p>' for line in read)
    return f'<p class="answer" role="status">{escape(words)}</p>{lines}{_nothing(result, lang) if result.is_empty else ""}'


def _examples(lang: str) -> str:
    links = [
        _link("search", {"q": text(f"search.example.{name}", lang)}, text(f"search.example.{name}", lang), lang)
        for name in _EXAMPLES
    ]
    return f'<p class="quiet">{escape(text("search.examples", lang))} {" · ".join(links)}</p>'


def _nothing(result: Found, lang: str) -> str:
    """Where the words were looked for, and what would find something."""
    offers = "".join(f"<li>{_suggestion(each, lang)}</li>" for each in result.suggestions)
    offered = f"<h2>{escape(text('search.try', lang))}</h2><ul>{offers}</ul>" if offers else ""
    return f"<p>{escape(text('search.where', lang))}</p>{offered}<p>{escape(text('search.advice', lang))}</p>"


def _suggestion(suggestion: Suggestion, lang: str) -> str:
    link = _link("search", {"q": suggestion.query}, suggestion.query, lang)
    why = text(f"search.why.{suggestion.kind}", lang, n=i18n.number(suggestion.n, lang))
    return f'{link} <span class="quiet">{escape(why)}</span>'


# ---- what is found --------------------------------------------------------------------------------------------------
def groups(result: Found, lang: str) -> str:
    """Places and types, buyers, contractors: each with its facilities on the map and, for a firm, with its page."""
    parts = []
    for name, kinds in _GROUPS.items():
        items = "".join(f"<li>{_hit(hit, result, lang)}</li>" for hit in result.hits if hit.kind in kinds)
        if items:
            parts.append(f"<section><h2>{escape(text(f'search.group.{name}', lang))}</h2><ul>{items}</ul></section>")
    return f'<div class="found">{"".join(parts)}</div>' if parts else ""


def _hit(hit: Hit, result: Found, lang: str) -> str:
    label, about = _name(hit, lang), [text(f"search.kind.{hit.kind}", lang)]
    on_map = filters.to_query(hit.filter)
    if hit.kind in PARTIES:
        key = hit.id or groups_of.NAME + fold(hit.name)
        main = _link("party", {"kind": hit.kind, "id": key}, label, lang)
        about.append(text("search.bin", lang, id=hit.id) if hit.id else text("search.by_name", lang))
        about.append(text("search.n_facilities", lang, n=i18n.number(hit.n_all, lang)))
        ways = _link("map", on_map, text("search.on_map", lang, n=i18n.number(hit.n, lang)), lang) if hit.n else ""
    else:
        main = _link("map", on_map, label, lang)
        if hit.kind == "settlement":
            about.append(filters.region_name(hit.id or filters.UNKNOWN, lang))
        about += [filters.value_word("types", code, lang) for code in hit.filter.types if hit.kind != "facility_type"]
        about.append(text("search.n_facilities", lang, n=i18n.number(hit.n, lang)))
        ways = ""
    if hit.is_similar:
        about.append(text("search.similar", lang))
    return f'{main}<span class="quiet">{escape(" · ".join(about))}</span>{ways}'


def _name(hit: Hit, lang: str) -> str:
    if hit.kind == "facility_type":
        return filters.value_word("types", hit.name, lang)
    return filters.region_name(hit.name, lang) if hit.kind == "region" else hit.name


def facilities(result: Found, snapshot: Snapshot, lang: str, *, page: int = 1) -> str:
    """One page of the facilities, those with a typo under a heading of their own."""
    first = (page - 1) * PER_PAGE
    shown = result.rows[first : first + PER_PAGE]
    rows = snapshot.facilities.iloc[shown]
    items = [_facility(row, name, lang) for row, name in zip(rows.to_dict("records"), points.titles(rows, lang), strict=True)]
    n_exact = max(min(result.n - result.n_similar - first, len(items)), 0)
    exact, similar = items[:n_exact], items[n_exact:]
    parts = [_listed("facilities", result.n - result.n_similar, exact, lang), _listed("similar", result.n_similar, similar, lang)]
    more = text("search.more", lang, n=i18n.number(MAX_ROWS, lang)) if result.n > MAX_ROWS else ""
    note = f'<p class="quiet">{escape(more)}</p>' if more else ""
    return f'<div class="found">{"".join(parts)}{note}</div>'


def _listed(name: str, n: int, items: Sequence[str], lang: str) -> str:
    title = escape(text(f"search.group.{name}", lang, n=i18n.number(n, lang)))
    return f"<section><h2>{title}</h2><ol>{''.join(f'<li>{item}</li>' for item in items)}</ol></section>" if items else ""


def _facility(row: Mapping[Any, Any], name: str, lang: str) -> str:
    known = {str(key): value for key, value in row.items()}
    about = [explain.place(known, lang), str(row["facility_id"])]
    level = row["level"] if row["level"] in filters.schema.LEVELS else "not_assessable"
    mark = f'<i class="level {escape(level)}" aria-hidden="true"></i>{escape(text(f"level.{level}.name", lang))}'
    main = _link("facility", {"id": row["facility_id"]}, name, lang)
    watch = _link(
        "watch", {"add": row["facility_id"]}, text("search.watch", lang), lang, label=f"{text('search.watch', lang)}: {name}"
    )
    return f'{main}<span class="quiet">{escape(" · ".join(about))}</span><span>{mark}</span>{watch}'


def _link(page: str, query: Mapping[str, str], words: str, lang: str, *, label: str = "") -> str:
    href = escape(current.link(f"{page}?{urlencode({**query, 'lang': lang})}"))
    spoken = f' aria-label="{escape(label)}"' if label else ""
    return f'<a href="{href}" target="_self"{spoken}>{escape(words)}</a>'
