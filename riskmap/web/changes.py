"""The page of changes in words, tables and links: HTML in the reader's language, everything escaped.

Everything is made from one comparison, so that the sentence, the tables and the files cannot disagree.
"""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from riskmap import compare, draw, explain, export, i18n
from riskmap.compare import Comparison
from riskmap.export import changes as files
from riskmap.filters import region_name
from riskmap.i18n import text
from riskmap.web import feeds, history, sheet
from riskmap.web.view import Cell, measured, table

_N_ROWS = 20  # of a table; the rest is in the file


def of_region(compared: Comparison, region: str | None) -> pd.DataFrame:
    """The rows of a comparison that concern a region."""
    rows = compared.rows
    return rows if region is None else rows[rows[["region_before", "region_after"]].eq(region).any(axis=1)]


def answer(compared: Comparison, region: str | None, lang: str) -> str:
    """The sentence, what changed silently, and a warning where the rules are not the same."""
    flagged = compare.reconciled(compared.rows, region=region).set_index("measure").loc["flagged"]
    counts = {name: i18n.number(int(flagged[name]), lang) for name in ("n_new", "n_resolved", "n_closing")}
    dates = {"before": i18n.day(compared.before.as_of, lang), "after": i18n.day(compared.after.as_of, lang)}
    closing = i18n.money(int(flagged["closing"]), lang, compared.after.currency)
    n_silent = i18n.number(len(_silent(compared, region)), lang)
    words = text("changes.sentence", lang, closing=closing, **counts, **dates)
    warning = sheet.paragraph(text("changes.rules_changed", lang)) if compared.rules_changed else ""
    silent = text("changes.silent_sentence", lang, n=n_silent)
    return f'<p class="answer" aria-live="polite">{escape(words)} {escape(silent)}</p>{warning}'


def totals(compared: Comparison, region: str | None, lang: str) -> str:
    """Opening + new - no longer = closing, in facilities and in money."""
    columns = ("opening", "new", "resolved", "revalued", "closing")
    found = compare.reconciled(compared.rows, region=region).to_dict("records")
    rows = []
    for row in found:
        numbers = [Cell("") if name == "revalued" else Cell(i18n.number(row[f"n_{name}"], lang)) for name in columns]
        rows.append([Cell(text(f"changes.totals.n_{row['measure']}", lang)), *numbers])
    for row in found:
        amounts = [_money(row[name], compared, lang) for name in columns]
        rows.append([Cell(text(f"changes.totals.{row['measure']}", lang)), *amounts])
    heads = [text(f"changes.totals.{name}", lang) for name in ("measure", *columns)]
    unknown = {
        end: i18n.number(found[-1][f"n_unknown_{name}"], lang) for end, name in (("before", "opening"), ("after", "closing"))
    }
    note = sheet.paragraph(text("changes.totals.note", lang, **unknown), is_quiet=True)
    return table(heads, rows, caption=text("changes.totals.title", lang)) + note


def flagged(compared: Comparison, region: str | None, lang: str, *, change: str) -> str:
    """The facilities newly flagged, or no longer flagged and why: largest budgets first."""
    rows = of_region(compared, region)
    rows = rows[rows["change"] == change]
    end = "after" if change == "newly_flagged" else "before"
    section = "newly" if change == "newly_flagged" else "resolved"
    rows = rows.sort_values([f"budget_{end}", "facility_id"], ascending=[False, True], na_position="last", kind="stable")
    cells = [
        [
            _facility(row, compared, lang),
            Cell(region_name(row[f"region_{end}"], lang)),
            Cell(text(f"kind.reason.{row['reason']}", lang)),
            Cell(_moved(row, lang)),
            Cell(_dates(row, lang)),
            _money(row[f"budget_{end}"], compared, lang),
        ]
        for row in rows.head(_N_ROWS).to_dict("records")
    ]
    return _section(
        section,
        ("facility", "region", "why", "level", "due", "budget"),
        cells,
        len(rows),
        lang,
        n_text=5,
    )


def levels(compared: Comparison, region: str | None, lang: str) -> str:
    """The facilities whose level changed, those that went up first, each with the facts that moved it."""
    rows = of_region(compared, region)
    rows = rows[rows["level_move"].notna()]
    order = rows["level_move"].map(compare.DIRECTIONS.index)
    size = -(rows["r_lo_after"] - rows["r_lo_before"]).abs()
    rows = rows.assign(order=order, size=size).sort_values(["order", "size", "facility_id"], kind="stable")
    facts = dict(tuple(compared.facts.groupby("facility_id")))
    cells = [
        [
            _facility(row, compared, lang),
            Cell(region_name(row["region_after"], lang)),
            Cell(_moved(row, lang)),
            Cell(_facts(facts.get(row["facility_id"]), lang)),
            Cell(
                text(
                    "changes.moved",
                    lang,
                    before=i18n.number(row["r_lo_before"], lang),
                    after=i18n.number(row["r_lo_after"], lang),
                )
            ),
        ]
        for row in rows.head(_N_ROWS).to_dict("records")
    ]
    return _section(
        "levels",
        ("facility", "region", "level", "facts", "points"),
        cells,
        len(rows),
        lang,
        n_text=4,
    )


def silent(compared: Comparison, region: str | None, lang: str) -> str:
    """What the source says differently without an amendment."""
    rows = _silent(compared, region)
    cells = [
        [
            _facility(row, compared, lang),
            Cell(region_name(None if pd.isna(row["region_code"]) else row["region_code"], lang)),
            Cell(text(f"kind.what.{row['what']}", lang)),
            Cell(feeds.value(row["before"], row["unit"], compared, lang)),
            Cell(feeds.value(row["after"], row["unit"], compared, lang)),
            Cell(feeds.source(row, lang)),
        ]
        for row in rows.head(_N_ROWS).to_dict("records")
    ]
    note = sheet.paragraph(text("changes.silent.note", lang), is_quiet=True) if cells else ""
    columns = ("facility", "region", "what", "before", "after", "source")
    return _section("silent", columns, cells, len(rows), lang, n_text=6) + note


def bought(compared: Comparison, region: str | None, lang: str) -> str:
    """Delay against the first plan, and the time that re-dating has won: the longest first."""
    now = of_region(compared, region)
    now = now[now["in_register_after"]]
    rows = history.delays(compared.after.id).merge(now, on="facility_id")
    later = rows[rows["bought_days"] > 0].sort_values(["bought_days", "facility_id"], ascending=[False, True], kind="stable")
    cells = [
        [
            _facility(row, compared, lang),
            Cell(region_name(row["region_after"], lang)),
            Cell(i18n.day(row["baseline_on"], lang)),
            Cell(i18n.day(row["planned_on"], lang)),
            *(Cell(history.days(row[name], lang)) for name in ("delay_baseline_days", "delay_plan_days")),
            *(Cell(history.months(row[name], lang)) for name in ("bought_days", "silent_days")),
        ]
        for row in later.head(_N_ROWS).to_dict("records")
    ]
    columns = ("facility", "region", "baseline", "planned", "delay_baseline", "delay_plan", "bought", "silent_part")
    sums = {"n": i18n.number(len(later), lang), "unknown": i18n.number(int(rows["baseline_on"].isna().sum()), lang)}
    median = history.months(float(later["bought_days"].median()) if len(later) else None, lang)
    words = sheet.paragraph(text("changes.bought.sentence", lang, months=median, **sums)) if cells else ""
    note = sheet.paragraph(text("changes.bought.note", lang), is_quiet=True)
    return _section("bought", columns, cells, len(later), lang, n_text=4) + words + note


def over_time(compared: Comparison, lang: str, *, footer: str, ink: str) -> draw.Chart | None:
    """Small multiples of the regions, over every snapshot up to the later one."""
    series = history.over_time(compared.after.id)
    names = {code: region_name(code, lang) for code in series["region_code"].unique()}
    hover = [
        text(
            "changes.over_time.point", lang, region=names[row["region_code"]], date=i18n.day(row["as_of"], lang),
            flagged=i18n.number(row["n_flagged"], lang), overdue=i18n.number(row["n_overdue"], lang),
            budget=measured(row["flagged_budget"], "money", compared.after, lang),
        )
        for row in series.to_dict("records")
    ]  # fmt: skip
    return draw.small_multiples(series, names=names, hover=hover, footer=footer, ink=ink, lang=lang)


def over_time_table(compared: Comparison, lang: str) -> str:
    """The same in numbers: per region and snapshot overdue, flagged, and the budget of the flagged."""
    series = history.over_time(compared.after.id)
    series = series.assign(name=[region_name(code, lang) for code in series["region_code"]])
    rows = [
        [
            Cell(row["name"]), Cell(i18n.day(row["as_of"], lang)), Cell(i18n.number(row["n_overdue"], lang)),
            Cell(i18n.number(row["n_flagged"], lang)), Cell(measured(row["flagged_budget"], "money", compared.after, lang)),
        ]
        for row in series.sort_values(["name", "as_of"], kind="stable").to_dict("records")
    ]  # fmt: skip
    heads = [text(f"changes.columns.{name}", lang) for name in ("region", "date", "overdue", "flagged", "budget")]
    return table(heads, rows, caption=text("changes.over_time.table", lang), n_text=2)


def downloads(compared: Comparison, region: str | None, lang: str) -> str:
    """Each list in each format with its manifest, and the feed."""
    items = []
    for which in files.LISTS:
        links = []
        for name in files.ENCODERS:
            address = feeds.file_url(compared, which, format=name, lang=lang, region=region)
            beside = feeds.file_url(compared, which, format=name, lang=lang, region=region, is_manifest=True)
            format_ = escape(text(f"flagged.format.{name}", lang))
            links.append(
                f'<a class="file" href="{escape(address)}" download target="_self">{format_}</a> '
                f'<a href="{escape(beside)}" download target="_self">{escape(text("flagged.manifest", lang))}</a>'
            )
        items.append(f"<li><span>{escape(text(f'changes.list.{which}', lang))}</span> {''.join(links)}</li>")
    feed = escape(feeds.feed_url(lang, region))
    items.append(f'<li><a href="{feed}" target="_blank" rel="alternate">{escape(text("changes.download.feed", lang))}</a></li>')
    notice = f"{text('changes.download.note', lang)} {export.notice(compared.after, lang)}"
    return f'<section class="files"><p>{escape(notice)}</p><ul>{"".join(items)}</ul></section>'


# ---- cells ------------------------------------------------------------------------------------------------------------
def _section(section: str, columns: tuple[str, ...], cells: list[list[Cell]], n: int, lang: str, *, n_text: int) -> str:
    if not cells:
        return sheet.section(text(f"changes.{section}.title", lang), empty=text(f"changes.{section}.none", lang))
    heads = [text(f"changes.columns.{name}", lang) for name in columns]
    more = (
        sheet.paragraph(text("changes.more", lang, n=i18n.number(n - len(cells), lang)), is_quiet=True) if n > len(cells) else ""
    )
    return table(heads, cells, caption=text(f"changes.{section}.title", lang), n_text=n_text) + more


def _silent(compared: Comparison, region: str | None) -> pd.DataFrame:
    return compared.silent.merge(of_region(compared, region), on="facility_id")


def _facility(row: Mapping[Any, Any], compared: Comparison, lang: str) -> Cell:
    """The name of a facility; one that left is shown as it was in the earlier snapshot."""
    shown = compared.after.id if row["in_register_after"] else compared.before.id
    return Cell(explain.name(row, lang), "facility?" + urlencode({"lang": lang, "id": row["facility_id"], "snapshot": shown}))


def _moved(row: Mapping[Any, Any], lang: str) -> str:
    levels_ = {end: _level(row[f"level_{end}"], lang) for end in ("before", "after")}
    return levels_["after"] if levels_["before"] == levels_["after"] else text("changes.moved", lang, **levels_)


def _level(level: Any, lang: str) -> str:
    return text("changes.history.not_listed", lang) if pd.isna(level) else text(f"level.{level}.name", lang)


def _dates(row: Mapping[Any, Any], lang: str) -> str:
    dates = {end: i18n.day(row[f"due_on_{end}"], lang) for end in ("before", "after")}
    is_one = dates["before"] == dates["after"] or not (row["in_register_before"] and row["in_register_after"])
    return (dates["after"] if row["in_register_after"] else dates["before"]) if is_one else text("changes.moved", lang, **dates)


def _facts(facts: pd.DataFrame | None, lang: str) -> str:
    if facts is None:
        return text("changes.levels.held", lang)
    lines = []
    for row in facts.head(3).to_dict("records"):
        severities = {end: i18n.share(row[f"severity_{end}"], lang) for end in ("before", "after")}
        lines.append(text("changes.levels.fact", lang, title=text(f"indicator.{row['indicator']}.title", lang), **severities))
    return "; ".join(lines)


def _money(amount: Any, compared: Comparison, lang: str) -> Cell:
    known = None if pd.isna(amount) else int(amount)
    full = "" if known is None else i18n.money(known, lang, compared.after.currency, full=True)
    return Cell(i18n.money(known, lang, compared.after.currency), full=full)
