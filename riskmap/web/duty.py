"""The register of leaders' duty in HTML: each office with its ground, dates and outcome, and totals by region and year."""

import os
from datetime import date
from pathlib import Path

from riskmap import duty, filters, i18n
from riskmap.duty import OUTCOMES, Case
from riskmap.i18n import text
from riskmap.web.sheet import bullets, paragraph, section, sheet
from riskmap.web.view import Cell, table

_SHOWN = ("office", "region", "ground", "in_force", "applies", "due", "outcome", "source", "late")


def register() -> list[Case]:
    """The register of this server: the file named by RISKMAP_DUTY, else the cases of the press. DataError if it cannot be."""
    return duty.load(Path(own) if (own := os.environ.get("RISKMAP_DUTY")) else None)


def introduction(cases: list[Case], lang: str) -> str:
    answer = f'<p class="answer">{text("duty.lead", lang, n=i18n.number(len(cases), lang))}</p>'
    rules = [text(f"duty.rule.{name}", lang) for name in ("who", "when", "months", "guilt")]
    return answer + sheet(bullets(rules))


def rows(cases: list[Case], on: date, lang: str) -> str:
    """The table of cases as of a day."""
    heads = [text(f"duty.head.{name}", lang) for name in _SHOWN]
    return table(heads, [_row(case, on, lang) for case in cases], caption=text("duty.table", lang), n_text=len(_SHOWN) - 1)


def totals(cases: list[Case], by: str, lang: str) -> str:
    """Cases by outcome for each region or year. `by`: "region_code" or "year"."""
    heads = [text(f"duty.by.{by}", lang), *(text(f"duty.outcome.{name}", lang) for name in OUTCOMES)]
    counted = [[Cell(_group(name, by, lang)), *_counts(found, lang)] for name, found in duty.totals(cases, by)]
    return table(heads, counted[:-1], caption=text(f"duty.totals.{by}", lang), total=counted[-1])


def published(lang: str) -> str:
    """What the press counted for the whole of 2020, beside the register."""
    source = "https://bestnews.kz/vlast/4677-v-kazahstane-uvolili-6-akimov-2-otstavki-ne-prinyaty"
    link = f'<p><a href="{source}" rel="noopener noreferrer">bestnews.kz</a></p>'
    words = paragraph(text("duty.published", lang))
    return sheet(section(text("duty.published_title", lang), words, link), paragraph(text("duty.exchange", lang), is_quiet=True))


def _row(case: Case, on: date, lang: str) -> list[Cell]:
    judged = duty.judge(case, on)
    applies = f"{text(f'duty.applies.{judged.applies}', lang)}: {text(f'duty.reason.{judged.reason}', lang)}"
    late = None if judged.days_late is None else judged.days_late
    no_duty = text("duty.none", lang)
    return [
        Cell(duty.office(case, lang)),
        Cell(filters.region_name(case.region_code, lang)),
        Cell(text(f"duty.ground.{case.ground}", lang)),
        Cell(no_duty if case.ground == "none" else i18n.day(case.in_force_on, lang)),
        Cell(applies),
        Cell(no_duty if judged.applies == "no" else i18n.day(judged.due_on, lang)),
        Cell(text(f"duty.outcome.{case.outcome}", lang)),
        Cell(f"{case.source} ({case.stated})", case.source_url),
        Cell(no_duty if judged.applies == "no" else i18n.number(late, lang)),
    ]


def _counts(found: dict[str, int], lang: str) -> list[Cell]:
    return [Cell(i18n.number(found[name], lang)) for name in OUTCOMES]


def _group(name: str, by: str, lang: str) -> str:
    if not name:
        return text("duty.all", lang)
    return filters.region_name(name, lang) if by == "region_code" else name
