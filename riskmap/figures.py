"""Published figures around the map: one row each with what is counted, its period, the date of the statement and its source.

`figures.csv` is read from nothing else and read by no indicator: these figures stand beside the score, never inside. What a
series counts is the text `figures.definition.<series>`. Rows of one series (and item) count the same; no others may be joined.
"""

import calendar
import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from riskmap import i18n
from riskmap.i18n import text

FILE = Path(__file__).with_name("figures.csv")
UNITS = ("count", "kzt", "points", "rank", "percent")
QUALITIES = ("statement", "press", "weak", "survey", "index")
# the sections of the page; what belongs to none of the last two is the national picture
SURVEY = ("survey_2019", "informal_demand")
RECOVERED = (
    "recovered_total", "recovered_cash", "recovered_property", "schools_money", "schools_from_recovered", "schools_open",
    "objects_2025_04", "objects_approved", "under_way", "kumzhargan_recovered", "kumzhargan_finished",
)  # fmt: skip
_PARTIAL = re.compile(r"(?P<y>[0-9]{4})(?:-(?P<m>0[1-9]|1[0-2])(?:-(?P<d>[0-3][0-9]))?)?")


class Figure(NamedTuple):
    """One published figure. `begin` and `until`: the first and last day of its period, `begin` None where it is a total so far.

    `about` is "about", "more" or "": how exact the source is. `stated` is the day, month or year of the statement as written.
    """

    id: str
    series: str
    item: str
    begin: date | None
    until: date
    period: str
    value: float
    unit: str
    about: str
    as_written: str
    stated: str
    quality: str
    source_url: str


@cache
def load() -> tuple[Figure, ...]:
    """Every figure, in the order of the file. ValueError for a row that cannot be."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_figure(row) for row in csv.DictReader(file))


def of(*series: str) -> list[Figure]:
    """The figures of these series, in the order of the file."""
    return [figure for figure in load() if figure.series in series]


def national() -> list[Figure]:
    """The figures of the national picture: neither the survey nor the recovered assets."""
    return [figure for figure in load() if figure.series not in (*SURVEY, *RECOVERED)]


def joined(figures: Iterable[Figure]) -> list[list[Figure]]:
    """The figures in groups that count the same (series, item and unit), each by the end of its period.

    Only figures of one group may be joined by a line. Ranks are alone: the number of countries changes.
    """
    groups: dict[tuple[str, ...], list[Figure]] = {}
    for figure in figures:
        alone = (figure.id,) if figure.unit == "rank" else ()
        groups.setdefault((figure.series, figure.item, figure.unit, *alone), []).append(figure)
    return [sorted(group, key=lambda figure: figure.until) for group in groups.values()]


def name(figure: Figure, lang: str) -> str:
    """What is counted, in words, with the item where the series has several."""
    words = text(f"figures.series.{figure.series}", lang)
    return f"{words}: {text(f'figures.item.{figure.item}', lang)}" if figure.item else words


def value(figure: Figure, lang: str) -> str:
    """The value in words as exact as its source: "about 1,500", "more than 1,100"."""
    if figure.unit == "kzt":
        words = i18n.money(figure.value, lang, is_round=True)
    elif figure.unit == "percent":
        words = i18n.number(figure.value, lang, 0 if figure.value == int(figure.value) else 1) + (
            "\u00a0%" if lang == "ru" else "%"
        )
    else:
        words = i18n.number(figure.value, lang)
    return text(f"figures.{figure.about}", lang, value=words) if figure.about else words


def to_csv(figures: Sequence[Figure], lang: str) -> str:
    """The open table: codes for programs, name and definition for people, the address of each source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = (
        "id",
        "series",
        "item",
        "name",
        "definition",
        "period",
        "value",
        "about",
        "unit",
        "as_written",
        "stated",
        "quality",
        "source_url",
    )
    writer.writerow(heads)
    for one in figures:
        definition = text(f"figures.definition.{one.series}", lang)
        number = int(one.value) if one.value == int(one.value) else one.value
        own = (one.about, one.unit, one.as_written, one.stated, one.quality, one.source_url)
        writer.writerow((one.id, one.series, one.item, name(one, lang), definition, one.period, number, *own))
    return out.getvalue()


def _figure(row: dict[str, str]) -> Figure:
    if row["unit"] not in UNITS or row["quality"] not in QUALITIES or not row["source_url"].startswith(("https://", "http://")):
        raise ValueError(f"figures.csv: {row['id']}: unit, quality or source")
    about = {"~": "about", ">": "more"}.get(row["as_written"][:1], "")
    begin = _day(row["from"], is_end=False) if row["from"] else None
    period = row["until"] if row["from"] in ("", row["until"]) else f"{row['from']}/{row['until']}"
    _day(row["as_of"], is_end=True)
    return Figure(
        row["id"], row["series"], row["item"], begin, _day(row["until"], is_end=True), period, float(row["value"]), row["unit"],
        about, row["as_written"], row["as_of"], row["quality"], row["source_url"],
    )  # fmt: skip


def _day(written: str, *, is_end: bool) -> date:
    """The first or last day of a year, a month or a day as written."""
    found = _PARTIAL.fullmatch(written)
    if not found:
        raise ValueError(f"figures.csv: {written!r} is no year, month or day")
    year = int(found["y"])
    month = int(found["m"] or (12 if is_end else 1))
    day = int(found["d"] or (calendar.monthrange(year, month)[1] if is_end else 1))
    return date(year, month, day)
