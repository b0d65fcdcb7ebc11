"""The way down from the country to a district: the path above the map, the table of a region, the districts on the map."""

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode

from babel import Locale

from riskmap import districts, filters
from riskmap.filters import Filter, FilterError
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import current


def url(filter_: Filter, others: Mapping[str, str]) -> str:
    """Address of the map with a filter and the page's own words."""
    return "map?" + urlencode({**filters.to_query(filter_), **others})


def inside(filter_: Filter, region: str, district: str | None = None) -> Filter | None:
    """The filter one level deeper; None for a stated name that no address can carry."""
    try:
        return replace(filter_, regions=(region,), districts=() if district is None else (district,))
    except FilterError:
        return None


def name(code: str, snapshot: Snapshot, lang: str) -> str:
    """A district in words: by its code, or as the source states it."""
    if code == filters.UNKNOWN:
        return text("map.district_unknown", lang)
    return districts.names(snapshot.manifest, lang).get(code, code)


def breadcrumbs(filter_: Filter, snapshot: Snapshot, lang: str, others: Mapping[str, str]) -> str:
    """Country > region > district as links that keep the other conditions; empty while the whole country is shown."""
    if not filter_.regions and not filter_.districts:
        return ""
    whole = replace(filter_, regions=(), districts=())
    steps = [(_country(snapshot, lang), whole)]
    if filter_.regions:
        names = ", ".join(filters.region_name(code, lang) for code in filter_.regions)
        steps.append((names, replace(filter_, districts=())))
    if filter_.districts:
        steps.append((", ".join(name(code, snapshot, lang) for code in filter_.districts), filter_))
    *before, (here, _) = steps
    links = [f'<a href="{escape(current.link(url(to, others)))}" target="_self">{escape(words)}</a>' for words, to in before]
    items = "".join(f"<li>{step}</li>" for step in [*links, f'<span aria-current="page">{escape(here)}</span>'])
    return f'<nav class="crumbs" aria-label="{escape(text("map.breadcrumbs", lang))}"><ol>{items}</ol></nav>'


def _country(snapshot: Snapshot, lang: str) -> str:
    code = snapshot.manifest["settings"]["country"]["code"]
    return Locale(lang).territories.get(code, code)


def outlines(snapshot: Snapshot, region: str) -> bytes | None:
    """The districts of a region as GeoJSON; None where there are none to draw."""
    found = districts.outlines(snapshot.manifest, region)
    return None if found is None else districts.geojson(found)


def drawn(snapshot: Snapshot, filter_: Filter) -> dict[str, Any] | None:
    """Where the districts of the chosen region come from, their codes, the chosen ones and the box around them."""
    if len(filter_.regions) != 1 or (found := districts.outlines(snapshot.manifest, filter_.regions[0])) is None:
        return None
    chosen = found[found["code"].isin(filter_.districts)]
    return {
        "url": f"data/{snapshot.id}/districts/{filter_.regions[0]}.geojson",
        "codes": list(found["code"]),
        "selected": list(chosen["code"]),
        "bounds": [float(edge) for edge in chosen.total_bounds] if len(chosen) else None,
    }
