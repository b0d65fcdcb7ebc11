"""What the map draws, as the browser takes it: outlines of regions, and where its facilities come from."""

from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from riskmap import filters, geography, i18n
from riskmap.i18n import text
from riskmap.snapshot import Snapshot
from riskmap.web import tiles


def outlines(snapshot: Snapshot) -> bytes | None:
    """The regions as GeoJSON, None where the country has no boundary file."""
    boundaries = snapshot.manifest["settings"]["country"]["boundaries"]
    return _file(boundaries) if boundaries else None


@cache
def _file(boundaries: str) -> bytes:
    return (geography.FOLDER / boundaries).read_bytes()


def drawn(snapshot: Snapshot, filter_: filters.Filter) -> dict[str, Any]:
    """Where the facilities of a filter come from and how they are drawn at each zoom, for `map.js`.

    `tiles` is the address of a tile with {z}, {x}, {y}; `places` that of one facility with {row}.
    """
    how = tiles.detail(snapshot, filter_)
    query = urlencode({**filters.to_query(tiles.without_sort(filter_)), "v": tiles.version()})
    return {
        "tiles": f"tiles/{snapshot.id}/{{z}}/{{x}}/{{y}}.mvt?{query}",
        "places": f"data/{snapshot.id}/places/{{row}}.json?lang=",
        "last_zoom": tiles.LAST_ZOOM,
        "points_from": how.points_from,
        "largest": how.largest,
        "is_thinned": how.is_thinned,
        "bounds": how.bounds,
    }


SHARES = (0.1, 0.2, 0.4)  # borders of the colours of cells: the share that is flagged


def cells_legend(snapshot: Snapshot, lang: str) -> dict[str, Any]:
    """What the colours of cells mean; a share of few facilities says little, as everywhere."""
    borders = [i18n.share(border, lang) for border in SHARES]
    between = [text("map.between", lang, low=low, high=high) for low, high in pairwise(borders)]
    few = snapshot.manifest["settings"]["aggregate"]["min_facilities"]
    return {
        "title": text("map.cells_title", lang),
        "breaks": SHARES,
        "classes": [
            text("map.cells_none", lang), text("map.below", lang, high=borders[0]), *between,
            text("map.from", lang, low=borders[-1]),
        ],
        "min_facilities": few,
        "small": text("map.small", lang, n=few),
        "unknown": text("level.not_assessable.name", lang),
    }  # fmt: skip


def words(snapshot: Snapshot, lang: str) -> dict[str, str]:
    """Texts with places for numbers, which the map fills itself: nobody asks the server what a cell holds."""
    told = {name: text(f"map.{name}", lang) for name in _TEMPLATES}
    units = {name: text(f"common.{name}", lang) for name in ("tn", "bn", "mn", "not_known")}
    amount = i18n.money(0, lang, snapshot.currency).replace(i18n.number(0, lang), "{amount}")
    some = i18n.number(1234.5, lang, 1)
    signs = {"group": some[1], "decimal": some[-2], "percent": i18n.share(0.5, lang).replace("50", "{n}")}
    columns = {name: text(f"map.columns.{name}", lang) for name in ("budget", "flagged_budget")}
    return {**told, **units, **signs, **columns, "money": amount, "lang": lang}


_TEMPLATES = ("facilities_n", "flagged_n", "budget_unknown", "not_assessable_n", "more_here", "click_in", "thousand", "million")


def place(snapshot: Snapshot, row: int, lang: str) -> dict[str, str] | None:
    """Identifier and name of the facility in a row of the snapshot; None where there is none to show."""
    rows = snapshot.facilities
    if not 0 <= row < len(rows):
        return None
    found = rows.iloc[[row]]
    if not filters.public(found).all():
        return None
    return {"id": found["facility_id"].iloc[0], "title": titles(found, lang).iloc[0]}


def titles(rows: pd.DataFrame, lang: str) -> pd.Series:
    """The name of each facility in `lang`, else as the source writes it, else its identifier."""
    return rows[f"title_{lang}"].fillna(rows["title"]).fillna(rows["facility_id"])
