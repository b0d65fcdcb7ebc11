"""What a visitor finds around a place: one card per facility, with the one thing to look at from outside.

Questions come only from indicators whose fact shows on the spot (methodology 1.7): papers and materials are for
auditors. Cards are data in the reader's language; layout is the page's.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from riskmap import filters, geography, i18n, near, score
from riskmap.check.places import place_of
from riskmap.filters import Filter
from riskmap.i18n import text

# indicators that a visitor can check from public ground; of equally severe ones the first is asked about
VISIBLE = ("T06", "T05", "T01", "D05", "D01", "D04", "T16", "D03")
# share of works said to be done -> what should be seen of a building by then
_STAGES = ((0.05, "start"), (0.50, "walls"), (0.85, "roof"), (math.inf, "finishing"))
_NOT_BUILDINGS = ("water", "heat", "road_bridge", "other")
_COMPLETED = ("completed_late", "completed_on_time")
# why a browser gives no position; keys of `nearby.error`
POSITION_ERRORS = ("denied", "unavailable", "timeout", "unsupported", "insecure")
N_BEYOND = 5  # facilities shown when none lies within the radius

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """One facility in words. `distance` and `coordinates` are "" without a location; `level` is a code of schema.LEVELS."""

    facility_id: str
    title: str
    kind: str
    place: str
    distance: str
    level: str
    is_flagged: bool
    planned: str
    look: str
    precision: str
    coordinates: str

    @property
    def geo_uri(self) -> str:
        """Opens the maps app of a phone at the place (RFC 5870); nothing is asked of any server."""
        return "geo:" + self.coordinates.replace(" ", "")


@dataclass(frozen=True)
class Found:
    """Facilities by distance, or without `metres` those that have no place. `is_beyond`: there is none within the radius
    and `rows` are the nearest further away."""

    rows: pd.DataFrame
    metres: list[float] | None = None
    is_beyond: bool = False

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def n_flagged(self) -> int:
        return int(self.rows["is_flagged"].fillna(False).sum())

    def n_pages(self, per_page: int) -> int:
        return math.ceil(self.n / per_page)

    def cards(self, page: int, per_page: int, lang: str) -> list[Card]:
        """The cards of one page, counted from 1."""
        part = slice((page - 1) * per_page, page * per_page)
        return cards(self.rows.iloc[part], self.metres and self.metres[part], lang)


@dataclass(frozen=True)
class Here:
    """A place of the reader, or in `error` the key in `nearby.error` that says why there is none. Never stored."""

    lat: float = math.nan
    lon: float = math.nan
    accuracy_m: float | None = None
    error: str = ""


# ---- where the reader is --------------------------------------------------------------------------------------------
def here_of_browser(answer: Any) -> Here:
    """The place that a browser reports: {"lat", "lon", "accuracy"} in degrees and metres, or {"error": word}.

    Whatever comes from a browser can be forged, so every value is checked.
    """
    if not isinstance(answer, Mapping):
        return Here(error="unavailable")
    if "error" in answer:
        return Here(error=answer["error"] if answer["error"] in POSITION_ERRORS else "unavailable")
    lat, lon, accuracy = (_number(answer.get(name)) for name in ("lat", "lon", "accuracy"))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return Here(error="unavailable")
    return Here(lat, lon, accuracy)


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
    return float(value) if plain else None


def here_of_text(typed: str, country: Mapping[str, Any]) -> Here:
    """The place that typed coordinates name: "43.2389, 76.8897", "43°14′20″N 76°53′23″E"."""
    place = place_of(typed, "", country["bounds"], stated_precision=None, fix_swapped=False)
    if place.lat is not None and place.lon is not None:
        return Here(place.lat, place.lon)
    code = place.findings[0][0] if place.findings else ""
    known = {"coordinates_swapped": "swapped", "coordinates_outside": "outside", "coordinates_too_rough": "rough"}
    return Here(error=known.get(code, "unreadable"))


# ---- what is there --------------------------------------------------------------------------------------------------
def kept(facilities: pd.DataFrame, *, with_question: bool = False, visited: Collection[str] = ()) -> pd.Series:
    """Which rows a visitor asks for: only those with an open question, without those in `visited`; neither = every row."""
    rows = pd.Series(True, index=facilities.index)
    if with_question:
        fires = pd.concat([facilities[f"{k}_severity"].gt(0).fillna(False).astype(bool) for k in VISIBLE], axis=1).any(axis=1)
        rows &= fires & ~facilities["delivery"].isin(_COMPLETED)
    return rows & ~facilities["facility_id"].isin(list(visited)) if visited else rows


def around(
    facilities: pd.DataFrame, index: near.Index, here: Here, radius_km: float, filter_: Filter, rows: pd.Series | None = None
) -> Found:
    """The facilities within `radius_km` that the filter shows, nearest first; if there are none, the nearest further away.

    `rows`: a mask from `kept` over the same facilities.
    """
    positions, metres = near.within(index, here.lat, here.lon, radius_km)
    if rows is not None:
        inside = rows.to_numpy()[positions]
        positions, metres = positions[inside], metres[inside]
    found = _filtered(facilities, filter_, positions, metres)
    if len(found):
        return Found(found, found["_metres"].tolist(), is_beyond=False)
    return replace(nearest(facilities, here, N_BEYOND, filter_, rows), is_beyond=True)


def nearest(facilities: pd.DataFrame, here: Here, n: int, filter_: Filter, rows: pd.Series | None = None) -> Found:
    """The `n` facilities that the filter shows and that are nearest, however far (fewer if there are fewer)."""
    shown = filters.apply(filter_, facilities if rows is None else facilities[rows])
    positions, metres = near.nearest(near.build(shown["lat"], shown["lon"]), here.lat, here.lon, n)
    return Found(shown.iloc[positions], metres.tolist())


def _filtered(facilities: pd.DataFrame, filter_: Filter, positions: Any, metres: Any) -> pd.DataFrame:
    rows = facilities.iloc[positions].assign(_metres=metres)
    return filters.apply(filter_, rows).sort_values(["_metres", "facility_id"], kind="stable")


def without_place(facilities: pd.DataFrame, filter_: Filter, rows: pd.Series | None = None) -> dict[str, Found]:
    """Region code ("unknown" if not known) -> facilities without coordinates that the filter shows; most first."""
    shown = filters.apply(filter_, facilities if rows is None else facilities[rows])
    shown = shown[shown["lat"].isna() | shown["lon"].isna()]
    regions = shown["region_code"].fillna(filters.UNKNOWN)
    groups = {str(code): Found(rows) for code, rows in shown.groupby(regions)}
    return dict(sorted(groups.items(), key=lambda item: (-item[1].n, item[0])))


# ---- in words -------------------------------------------------------------------------------------------------------
def cards(rows: pd.DataFrame, metres: list[float] | None, lang: str) -> list[Card]:
    """A card for each row; `metres` = distances in the same order, None for a list without places."""
    distances = metres if metres is not None else [None] * len(rows)
    return [_card(row, distance, lang) for row, distance in zip(records(rows), distances, strict=True)]


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows with None for whatever is not known."""
    return [{name: None if pd.isna(v) else v for name, v in row.items()} for row in rows.to_dict("records")]


def _card(row: Row, metres: float | None, lang: str) -> Card:
    place = [row["settlement"] or row["district"], filters.region_name(row["region_code"], lang)]
    is_exact = row["location_precision"] == "site"
    precision = row["location_precision"] or "unknown"
    return Card(
        facility_id=row["facility_id"],
        title=row[f"title_{lang}"] or row["title"] or row["facility_id"],
        kind=filters.value_word("types", row["facility_type"] or filters.UNKNOWN, lang),
        place=", ".join(part for part in place if part),
        distance="" if metres is None else distance_words(metres, lang, is_exact=is_exact),
        level=row["level"],
        is_flagged=bool(row["is_flagged"]),
        planned=i18n.day(row["due_on"], lang),
        look=look(row, lang),
        precision="" if is_exact or metres is None else text(f"nearby.precision.{precision}", lang),
        coordinates="" if metres is None else f"{row['lat']:.5f}, {row['lon']:.5f}",
    )


def distance_words(metres: float, lang: str, *, is_exact: bool = True) -> str:
    """ "850 m", "12.3 km", "140 km"; a place that is known only roughly gets "≈" and whole kilometres."""
    if not is_exact:
        near_by = metres < 1000
        return text("nearby.under_1_km", lang) if near_by else f"≈ {text('nearby.km', lang, n=i18n.number(metres / 1000, lang))}"
    if metres < 995:
        return text("nearby.m", lang, n=i18n.number(round(metres, -1), lang))
    return text("nearby.km", lang, n=i18n.number(metres / 1000, lang, 1 if metres < 99_950 else 0))


def look(row: Row, lang: str) -> str:
    """The one line "what to look at": the gravest visible fact as a question, what was said of a finished facility,
    or what to read where nothing stands out or nothing is known."""
    if row["delivery"] in _COMPLETED:
        return text("nearby.look.completed", lang, date=i18n.day(row.get("completed_on"), lang))
    severity = {k: row.get(f"{k}_severity") for k in VISIBLE}
    fired = [k for k in sorted(VISIBLE, key=lambda k: -(severity[k] or 0)) if severity[k]]
    if not fired:
        nothing_known = all(value is None for value in severity.values())
        return text("nearby.look.unknown" if nothing_known else "nearby.look.none", lang)
    return text(
        f"nearby.look.{fired[0]}", lang,
        days=text("common.days", lang, n=i18n.number(row.get("days_late"), lang)),
        since=i18n.day(row.get("stalled_since_on") or row.get("progress_on"), lang),
        share=i18n.share(row.get("progress_share"), lang),
        date=i18n.day(row.get("progress_on"), lang),
        question=text(f"nearby.stage.{_stage(row)}", lang),
    )  # fmt: skip


def tasks(row: Row, lang: str) -> list[str]:
    """What a visitor can look at because of each fact that counts, gravest first, each sentence once; `row`: known values."""
    severity = {name.removesuffix("_severity"): value for name, value in row.items() if name.endswith("_severity") and value}
    fired = sorted((k for k in severity if severity[k] > score.SEVERITY_NOISE), key=lambda k: (-severity[k], k))
    words = [text(key, lang) for k in fired if i18n.has(key := f"indicator.{k}.volunteer", lang)]
    return list(dict.fromkeys(filter(None, words)))


def is_building(row: Row) -> bool:
    """Do drawings of a building say anything about it? A type that is not known may be one."""
    return row["facility_type"] not in _NOT_BUILDINGS


def precision_words(row: Row, lang: str) -> str:
    """How roughly the place is known; "" for the site itself."""
    stated = row["location_precision"]
    return "" if stated == "site" else text(f"nearby.precision.{stated if isinstance(stated, str) else 'unknown'}", lang)


def _stage(row: Row) -> str:
    share = row.get("progress_share")
    if share is None or row["facility_type"] is None or row["facility_type"] in _NOT_BUILDINGS:
        return "match"
    return next(name for limit, name in _STAGES if share < limit)


def sentence(found: Found, radius_km: float, lang: str) -> str:
    """What was found, in one sentence."""
    radius = text("nearby.km", lang, n=i18n.number(radius_km, lang))
    if not found.n:
        return text("nearby.empty", lang)
    if found.is_beyond:
        return text("nearby.beyond", lang, radius=radius)
    return text("nearby.found", lang, radius=radius, n=i18n.number(found.n, lang), flagged=i18n.number(found.n_flagged, lang))


def accuracy_words(here: Here, lang: str) -> str:
    """How exact the position of the browser is."""
    if here.accuracy_m is None:
        return text("nearby.position.found_roughly", lang)
    return text("nearby.position.found", lang, distance=distance_words(here.accuracy_m, lang))


def region_count(code: str, groups: Mapping[str, Found], lang: str) -> str:
    """A region with the number of its facilities."""
    return text("nearby.region_count", lang, region=filters.region_name(code, lang), n=i18n.number(groups[code].n, lang))


def place_label(row: Row, lang: str) -> str:
    """A settlement with its region, for a list to choose from: "Абай, Қарағанды облысы"."""
    return f"{geography.place_name(row, lang)}, {filters.region_name(row['region_code'] or None, lang)}"
