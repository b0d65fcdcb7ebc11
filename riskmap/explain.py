"""One scored row -> what a reader needs to understand it: the facts, their weight, and what is not known.

Data only: numbers already written with their units and language, no layout. Nothing here computes a risk; points come
from the row, and R without a fact from `riskmap.score`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from riskmap import filters, i18n, score
from riskmap import thresholds as numbers
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.indicators import Indicator, computed
from riskmap.problem import Problem, describe

Row = Mapping[str, Any]
Settings = Mapping[str, Any]

# fact tables of which a facility's page shows the rows
TABLES = ("contracts", "payments", "progress", "amendments", "problems")
_N_TASKS, _N_FIELDS = 2, 3  # of the story on one screen; everything stands further down
NO_LEVEL = "not_assessable"
NOT_COMPUTED = "not_computed"  # reason of an indicator that has a weight but no rule in this version
_AXES = ("integrity", "delivery", "disclosure")
_COUNTED = ("bool", "integer", "share")  # kinds written as a quantity
_DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Fact:
    """One indicator for one facility. `severity` None = not known, and then `reason` says why.

    `points` is its part of R_lo (integrity axis), `share_of_r` the same as a share, `r_without` R_lo without this fact.
    """

    id: str
    axis: str
    severity: float | None
    value: str
    thresholds: tuple[tuple[str, str], ...]
    finding: str
    reason: str
    points: float
    share_of_r: float
    r_without: float | None

    @property
    def fires(self) -> bool:
        return self.severity is not None and self.severity > score.SEVERITY_NOISE

    def words(self, part: str, lang: str) -> str:
        """A text of this indicator: title, definition, why, caveat, volunteer, official or source."""
        return text(f"indicator.{self.id}.{part}", lang)


@dataclass(frozen=True)
class Gap:
    """A field that is not published, and the titles of the indicators that it would allow to check."""

    column: str
    label: str
    would_check: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What becoming known would do to a facility, for one indicator that is not known.

    `needs` is what would have to be published, or the reason why it is not known. R and level if it turned out at its
    worst, and the level if it turned out clear; R then stays as it is, because R counts known facts only.
    """

    id: str
    needs: str
    r_now: float
    r_bad: float
    level_now: str
    level_bad: str
    level_clear: str

    @property
    def moves_level(self) -> bool:
        return self.level_now not in (self.level_bad, NO_LEVEL)


@dataclass(frozen=True)
class Explanation:
    """Everything about one facility. `facts`: most points first, then by severity and id; every indicator is there once.

    `summary` is the level, R with its interval, rank with its interval, how much was checked, budget, exposure and the
    estimate of the money at risk, each with its label. `changes`: those that could move the level first, then by R.
    """

    headline: str
    delivery: str
    money: str
    summary: tuple[tuple[str, str], ...]
    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    changes: tuple[Change, ...]
    dates: tuple[tuple[str, date], ...]
    n_checked: int
    n_checkable: int
    currency: str

    @property
    def firing(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.fires)

    def parts(self, lang: str) -> list[tuple[str, float]]:
        """Title and points of every fact that R is made of, most points first; they add up to R_lo."""
        return [(fact.words("title", lang), fact.points) for fact in self.facts if fact.points > 0]

    @property
    def clear(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.severity is not None and not fact.fires)

    @property
    def not_known(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts if fact.severity is None)


def explain(row: Row, settings: Settings, lang: str, *, n_facilities: int | None = None) -> Explanation:
    """What a reader of `lang` needs to know about one row of the scored facilities, `n_facilities` in number."""
    weights = score.catalogue(settings)
    known = {name: None if pd.isna(value) else value for name, value in row.items()}
    rules = {indicator.id: indicator for indicator in computed(settings) if f"{indicator.id}_severity" in known}
    without, changes = _otherwise(known, rules, settings, lang)
    ids = sorted({*rules, *weights})
    facts = sorted(
        (_fact(k, rules.get(k), row=known, settings=settings, without=without.get(k), lang=lang) for k in ids), key=_order
    )
    counted = [k for k, s in weights.items() if not s["optional"] and k != score.DISCLOSURE]
    checked = (sum(known.get(f"{k}_severity") is not None for k in counted), len(counted))
    unit = currency(known, settings["country"]["currency"])
    return Explanation(
        headline=_headline(known, facts, lang),
        delivery=_delivery(known, lang),
        money=works(known, unit, lang),
        summary=_summary(known, checked, unit, settings, n_facilities, lang),
        facts=tuple(facts),
        gaps=_gaps(known, rules.values(), lang),
        changes=changes,
        dates=_dates(known),
        n_checked=checked[0],
        n_checkable=checked[1],
        currency=unit,
    )


def find(facilities: pd.DataFrame, facility_id: str) -> dict[str, Any] | None:
    """The row of one facility, None if there is no such id or the facility is restricted: those are never shown."""
    found = facilities[(facilities["facility_id"] == facility_id) & filters.public(facilities)]
    return None if found.empty else found.iloc[0].to_dict()


def currency(row: Row, default: str) -> str:
    """The currency of the row's amounts: as its source states it, else that of the country."""
    stated = row.get("currency")
    return default if pd.isna(stated) else str(stated)


def name(row: Row, lang: str) -> str:
    """The facility's name in the reader's language where the source has it, else as the source writes it."""
    own = row.get(f"title_{lang}")
    return str(row["title"] if pd.isna(own) else own)


def place(row: Row, lang: str) -> str:
    """Region, district, settlement and address, as far as they are known, and the kind of facility."""
    parts = [row["region_code"] if pd.isna(row["region_code"]) else region_name(row["region_code"], lang)]
    parts += [row[column] for column in ("district", "settlement", "address")]
    known = [part for part in parts if not pd.isna(part)] or [text("facility.place_unknown", lang)]
    kind = row["facility_type"]
    return ", ".join([text(f"kind.facility_type.{kind}", lang), *known] if not pd.isna(kind) else known)


def source(row: Row, lang: str) -> list[str]:
    """Where the facility's row comes from, and the date of which the source speaks."""
    at = where(row["source_file"], row["source_sheet"], row["source_row"], lang)
    return [at, text("facility.source_as_of", lang, date=i18n.day(row["source_as_of"], lang))]


def where(file: str, sheet: str | None, number: int | None, lang: str) -> str:
    """A place in a file: its sheet, if it has any, and the row as a spreadsheet shows it; the whole file without a row."""
    if pd.isna(number):
        return text("facility.source_whole", lang, file=file)
    key = "facility.source_row" if pd.isna(sheet) else "facility.source_sheet_row"
    return text(key, lang, file=file, sheet=sheet, row=number)


def link(row: Row) -> str:
    """The address of the source, empty unless it is a web address: what a file says is not trusted to be one."""
    url = row["source_url"]
    return "" if pd.isna(url) or not url.startswith(("https://", "http://")) else url


def contact_url(contact: Any) -> str:
    """Where a public contact leads: its web address, `mailto:` or `tel:`; "" where there is none."""
    if not isinstance(contact, str):
        return ""
    if contact.startswith(("https://", "http://")):
        return contact
    return f"mailto:{contact}" if "@" in contact else "tel:" + re.sub(r"[^\W\d_].*|[^0-9+]", "", contact)


def of_facility(frame: pd.DataFrame, facility_id: str) -> pd.DataFrame:
    """The rows of one facility."""
    return frame[(frame["facility_id"] == facility_id).fillna(False)]


def unknown(facts: tuple[Fact, ...], lang: str) -> list[str]:
    """Why indicators are not known: one line per reason, with the titles of all that share it."""
    by_reason: dict[str, list[str]] = {}
    for fact in facts:
        by_reason.setdefault(fact.reason, []).append(fact.words("title", lang))
    return [text("facility.unknown_line", lang, titles="; ".join(titles), reason=reason) for reason, titles in by_reason.items()]


def line(fact: Fact, lang: str) -> str:
    """One line about an indicator that fires: its title and its points of R."""
    key = "facility.fact.line" if fact.points else "facility.fact.line_no_points"
    return text(key, lang, title=fact.words("title", lang), points=i18n.number(fact.points, lang, 1))


def gap(one: Gap, lang: str) -> str:
    """One line about a field that is not published: what it would allow to check."""
    key = "facility.gap" if one.would_check else "facility.gap_none"
    return text(key, lang, field=one.label, titles="; ".join(one.would_check))


def body(fact: Fact, lang: str) -> list[tuple[str, str]]:
    """What a reader finds on opening an indicator: (label, text) pairs, the empty ones left out."""
    of_r = [("points", i18n.number(fact.points, lang, 1)), ("share", i18n.share(fact.share_of_r, lang)),
            ("without", i18n.number(fact.r_without, lang, 1))] if fact.points else []  # fmt: skip
    severity = i18n.share(fact.severity, lang)
    limits = "; ".join(f"{label}: {numbers}" for label, numbers in fact.thresholds)
    texts = [(part, fact.words(part, lang)) for part in ("definition", "why", "caveat", "official", "volunteer", "source")]
    pairs = [("value", fact.value), ("severity", severity), ("thresholds", limits), *of_r, *texts]
    return [(text(f"facility.fact.{name}", lang), words) for name, words in pairs if words]


def tasks(facts: tuple[Fact, ...], part: str, lang: str) -> list[str]:
    """What an "official" must check, or a "volunteer" can look at, because of these facts: each sentence once."""
    return list(dict.fromkeys(words for fact in facts if (words := fact.words(part, lang))))


def story(row: Row, known: Explanation, lang: str) -> list[tuple[str, list[str]]]:
    """The facility on one screen: what is late, what money is ahead of works, what is not known, what to check, what to see.

    (heading, lines) in that order; each heading has at least one line, and the rest is further down the page.
    """
    tasks_of = {who: tasks(known.firing, who, lang) for who in ("official", "volunteer")}
    lines = {
        "late": [known.delivery, *_expected(row, lang)],
        "money": [known.money, _ahead(row, known.currency, lang)],
        "unknown": _not_checked(known, lang),
        "officials": tasks_of["official"][:_N_TASKS] or [text("facility.none.officials", lang)],
        "visitors": tasks_of["volunteer"][:_N_TASKS] or [text("facility.none.visitors", lang)],
    }
    return [(text(f"facility.story.{name}", lang), of) for name, of in lines.items()]


def _expected(row: Row, lang: str) -> list[str]:
    days = {name: row.get(f"forecast_{name}_on") for name in ("low", "finish", "high")}
    if any(day is None or pd.isna(day) for day in days.values()):
        return []
    return [text("facility.story.forecast", lang, **{name: i18n.day(day, lang) for name, day in days.items()})]


def _ahead(row: Row, unit: str, lang: str) -> str:
    amount = row.get("exposure_paid_ahead_amount")
    if amount is None or pd.isna(amount):
        return text("facility.story.ahead_unknown", lang)
    if not amount:
        return text("facility.story.not_ahead", lang)
    return text("facility.story.ahead", lang, amount=i18n.money(amount, lang, unit))


def _not_checked(known: Explanation, lang: str) -> list[str]:
    """How many indicators could not be checked, the fields they lack, and whether one of them could move the level."""
    if not known.not_known:
        return [text("facility.none.not_known", lang)]
    n = i18n.number(len(known.not_known), lang)
    fields = ", ".join(one.label for one in known.gaps[:_N_FIELDS])
    moving = [change for change in known.changes if change.moves_level]
    lines = [text("facility.story.unknown_n", lang, n=n, of=i18n.number(len(known.facts), lang))]
    lines += [text("facility.story.unknown_fields", lang, fields=fields)] if fields else []
    return [
        *lines,
        text("facility.story.moves" if moving else "facility.story.moves_not", lang, n=i18n.number(len(moving), lang)),
    ]


def problem_sentence(row: Row, lang: str) -> str:
    """What is wrong, in words, for one row of the problems table of a snapshot; where it is stands beside it."""
    given = {name: None if pd.isna(value) else value for name, value in row.items()}
    params = json.loads(given["params"] or "{}")
    params |= {key: region_name(params[key], lang) for key in ("stated", "by_point") if key in params}
    where = {name: given[name] for name in ("sheet", "row", "column", "value")}
    return describe(Problem(row["code"], row["severity"], row["source_file"], **where, params=params), lang, with_place=False)


def cell(value: Any, name: str, kind: str, unit: str, lang: str) -> str:
    """One value of a column in words; the words for not known where it is null."""
    if pd.isna(value):
        return text("common.not_known", lang)
    if kind == "code":
        key = f"kind.{name}.{value}"
        return text(key, lang) if i18n.has(key, lang) else str(value)
    if kind == "money":
        return i18n.money(int(value), lang, unit)
    if kind == "date":
        return i18n.day(value, lang)
    return quantity(value, {"bool": "flag", "integer": "count", "share": "share"}[kind], lang) if kind in _COUNTED else str(value)


def peers(facilities: pd.DataFrame, row: Row) -> pd.DataFrame:
    """The facilities with which the unit cost of `row` is compared: same type and unit of capacity, itself among them.

    Restricted facilities take part in the score, but no picture shows them.
    """
    same = (facilities["facility_type"] == row["facility_type"]) & (facilities["capacity_unit"] == row["capacity_unit"])
    return facilities.loc[same.fillna(False).astype(bool) & filters.public(facilities), ["facility_id", "unit_cost"]]


def quantity(value: float | None, unit: str, lang: str) -> str:
    """A value of an indicator with its unit in words: "46 %", "120 days", "0.62", "3", "yes"."""
    if value is None:
        return text("common.not_known", lang)
    if unit == "share":
        return i18n.share(value, lang)
    if unit == "days":
        return text("common.days", lang, n=i18n.number(value, lang))
    if unit == "working_days":
        return text("common.working_days", lang, n=i18n.number(value, lang))
    if unit == "flag":
        return text("common.yes" if value else "common.no", lang)
    return i18n.number(value, lang, {"ratio": 2, "z": 1}.get(unit, 0))


def thresholds(indicator: Indicator, settings: Settings, lang: str) -> tuple[tuple[str, str], ...]:
    """The numbers of an indicator from the settings, labelled: the ones its rule takes first, in its own order."""
    own = settings[indicator.name]
    return tuple((text(f"parameter.{name}", lang), written(name, own[name], lang)) for name in numbers.names(indicator, settings))


def written(name: str, value: Any, lang: str) -> str:
    """A number of the settings in words; two are a range, words are listed, a table is written line by line."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {written(name, part, lang)}" for key, part in value.items()) or text("common.none", lang)
    unit = numbers.unit(name)
    parts = value if isinstance(value, list | tuple) else [value]
    if not parts or isinstance(parts[0], str):  # a list of words, as the source writes them
        return ", ".join(parts) or text("common.none", lang)
    return " – ".join(quantity(part, unit, lang) for part in parts)


def _fact(k: str, indicator: Indicator | None, *, row: Row, settings: Settings, without: float | None, lang: str) -> Fact:
    severity, points, r = row.get(f"{k}_severity"), row.get(f"{k}_points") or 0.0, row.get("r_lo") or 0.0
    unit = indicator.unit if indicator else "count"
    value = quantity(row.get(f"{k}_value"), unit, lang)
    limits = thresholds(indicator, settings, lang) if indicator else ()
    return Fact(
        id=k,
        axis=indicator.axis if indicator else "integrity",
        severity=severity,
        value=value,
        thresholds=limits,
        finding=_finding(indicator, row, value, settings, lang) if indicator and severity else "",
        reason=_reason(k, indicator, row, lang) if severity is None else "",
        points=points,
        share_of_r=points / r if r else 0.0,
        r_without=without,
    )


def _order(fact: Fact) -> tuple[float, int, float, str]:
    return (-fact.points, _AXES.index(fact.axis), -(fact.severity or 0.0), fact.id)


def _finding(indicator: Indicator, row: Row, value: str, settings: Settings, lang: str) -> str:
    own, peers = row.get("unit_cost"), row.get("peer_unit_cost")
    ratio = i18n.number(own / peers if own and peers else None, lang, 1)
    names = numbers.names(indicator, settings)
    first = settings[indicator.name][names[0]] if names else None
    threshold = written(names[0], first[0] if first and isinstance(first, list) else first, lang) if names else ""
    return text(f"indicator.{indicator.id}.finding", lang, value=value, threshold=threshold, ratio=ratio)


def _reason(k: str, indicator: Indicator | None, row: Row, lang: str) -> str:
    if indicator is None:
        return text(f"reason.{NOT_COMPUTED}", lang)
    code = row.get(f"{k}_reason") or "missing_columns"
    absent = [c for c in indicator.columns if c in row and row[c] is None] or indicator.columns
    return text(f"reason.{code}", lang, columns=", ".join(_label(c, lang) for c in absent))


def _label(column: str, lang: str) -> str:
    """The column's label as it stands inside a sentence: small first letter, unless it is an abbreviation."""
    label = text(f"column.{column}", lang)
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _otherwise(
    row: Row, rules: Mapping[str, Indicator], settings: Settings, lang: str
) -> tuple[dict[str, float], tuple[Change, ...]]:
    """R_lo without each fact that fires, and what each fact that is not known would change: one batch for the score."""
    severity = {k: row.get(f"{k}_severity") for k in score.catalogue(settings) if k != score.DISCLOSURE}
    firing = [k for k, x in severity.items() if x]
    missing = [k for k, x in severity.items() if x is None and k in rules and row.get(f"{k}_reason") != "not_applicable"]
    given: list[tuple[str, float | None]] = [(k, None) for k in firing]
    given += [(k, x) for x in (1.0, 0.0) for k in missing]
    now, *cases = score.score_cases([severity, *(severity | {k: x} for k, x in given)], settings)
    n, m = len(firing), len(missing)
    without, bad, clear = cases[:n], cases[n : n + m], cases[n + m :]
    changes = [
        Change(
            k, _needs(k, rules[k], row, lang), now["R_lo"], worst["R_lo"],
            *(case["level"].replace(" ", "_") for case in (now, worst, best)),
        )
        for k, worst, best in zip(missing, bad, clear, strict=True)
    ]  # fmt: skip
    ordered = sorted(changes, key=lambda change: (not change.moves_level, -change.r_bad, change.id))
    return {k: case["R_lo"] for k, case in zip(firing, without, strict=True)}, tuple(ordered)


def _needs(k: str, indicator: Indicator, row: Row, lang: str) -> str:
    """The fields that would have to be published; another reason than a missing field in its own words."""
    if (row.get(f"{k}_reason") or "missing_columns") != "missing_columns":
        return _reason(k, indicator, row, lang)
    absent = [c for c in indicator.columns if c in row and row[c] is None] or indicator.columns
    return ", ".join(text(f"column.{c}", lang) for c in absent)


def _headline(row: Row, facts: list[Fact], lang: str) -> str:
    """Delivery, level and the weightiest fact, in one breath."""
    level = text("explain.level", lang, level=text(f"level.{row['level']}.name", lang))
    strongest = next((fact for fact in facts if fact.points > 0), None)
    parts = [_delivery(row, lang), level, text("explain.strongest", lang, finding=strongest.finding) if strongest else ""]
    return " ".join(part for part in parts if part)


def _delivery(row: Row, lang: str) -> str:
    """Whether the facility is on time, and how many months re-dating has bought."""
    days = quantity(row.get("days_late"), "days", lang)
    said = text(f"explain.delivery.{row['delivery']}", lang, days=days, date=i18n.day(row.get("due_on"), lang))
    first, current = row.get("due_first_on"), row.get("due_on")
    if first is None or current is None or current <= first:
        return said
    months = i18n.number((current - first).days / _DAYS_PER_MONTH, lang, 1)
    return f"{said} {text('explain.moved', lang, first=i18n.day(first, lang), current=i18n.day(current, lang), months=months)}"


def works(row: Row, unit: str, lang: str) -> str:
    """Paid of how much, and what share of the works is reported done."""
    amounts = {name: i18n.money(row.get(f"{name}_amount"), lang, unit) for name in ("paid", "value")}
    done = i18n.share(row.get("progress_share"), lang)
    return text("facility.paid", lang, **amounts, done=done, date=i18n.day(row.get("progress_on"), lang))


def _summary(
    row: Row, checked: tuple[int, int], unit: str, settings: Settings, n_facilities: int | None, lang: str
) -> tuple[tuple[str, str], ...]:
    lo, hi = (i18n.number(row.get(name), lang) for name in ("r_lo", "r_hi"))
    return (
        (text("facility.level", lang), text(f"level.{row['level']}.name", lang)),
        (text("facility.r", lang), text("facility.r_range", lang, lo=lo, hi=hi)),
        (text("facility.checked", lang), text("facility.checked_of", lang, n=checked[0], of=checked[1])),
        (text("column.budget_amount", lang), i18n.money(row.get("budget_amount"), lang, unit)),
        (text("column.exposure_amount", lang), i18n.money(row.get("exposure_amount"), lang, unit)),
        *_estimates(row, unit, settings, n_facilities, lang),
    )


def _estimates(row: Row, unit: str, settings: Settings, n_facilities: int | None, lang: str) -> tuple[tuple[str, str], ...]:
    """Rank and money at risk, never without their intervals; a snapshot of an earlier version has neither."""
    if row.get("rank") is None:
        return ()
    numbers = {name: i18n.number(row[name], lang) for name in ("rank", "rank_low", "rank_high")}
    own = settings["uncertainty"]
    shares = {"interval": i18n.share(own["interval"], lang), "share": i18n.share(row["top20_share"], lang)}
    parts = [text("facility.rank", lang, of=i18n.number(n_facilities, lang), top=own["top_n"], **numbers, **shares)]
    parts += [text("facility.rank_unsure", lang)] if row["level"] == NO_LEVEL else []
    amounts = {name: i18n.money(row[f"emr_{name}amount"], lang, unit) for name in ("", "low_", "high_")}
    interval = i18n.share(settings["money_at_risk"]["interval"], lang)
    estimate = text("facility.emr", lang, amount=amounts[""], low=amounts["low_"], high=amounts["high_"], interval=interval)
    is_known = row["emr_amount"] is not None
    return (
        (text("column.rank", lang), " ".join(parts)),
        (text("column.emr_amount", lang), estimate if is_known else text("common.not_known", lang)),
    )


def change(one: Change, lang: str) -> tuple[str, str, str, str]:
    """One line of "what would change it": indicator, what it needs, what follows if it is bad, and if it is clear."""
    levels = {name: text(f"level.{getattr(one, f'level_{name}')}.name", lang) for name in ("now", "bad", "clear")}
    r = {name: i18n.number(getattr(one, f"r_{name}"), lang) for name in ("now", "bad")}
    bad = "moves" if one.level_bad != one.level_now else "stays"
    clear = "moves" if one.level_clear != one.level_now else "stays"
    return (
        text(f"indicator.{one.id}.title", lang),
        one.needs,
        text(f"facility.change.bad_{bad}", lang, r=r["bad"], now=r["now"], before=levels["now"], after=levels["bad"]),
        text(f"facility.change.clear_{clear}", lang, r=r["now"], before=levels["now"], after=levels["clear"]),
    )


def _dates(row: Row) -> tuple[tuple[str, date], ...]:
    """The known dates of delivery by their columns: every kind is kept, none is merged with another."""
    names = ("signed_on", "start_on", "due_first_on", "due_on", "due_announced_on", "due_normative_on", "completed_on")
    return tuple((name, row[name]) for name in names if row.get(name) is not None)


def _gaps(row: Row, rules: Iterable[Indicator], lang: str) -> tuple[Gap, ...]:
    """Every core field that is missing, and every field for want of which an indicator is not known."""
    missing = [name for name in str(row.get("missing_fields") or "").split(",") if name]
    blocked = [i for i in rules if row.get(f"{i.id}_severity") is None and i.axis != "disclosure"]
    wanted = [c for i in blocked for c in i.columns if c in row and row[c] is None]
    return tuple(
        Gap(
            name, text(f"column.{name}", lang), tuple(text(f"indicator.{i.id}.title", lang) for i in blocked if name in i.columns)
        )
        for name in dict.fromkeys([*missing, *wanted])
    )
