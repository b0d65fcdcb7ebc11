"""The national picture in HTML and pictures: published figures, the survey beside the map, recovered money and what it built."""

from collections.abc import Sequence

from riskmap import draw_figures, figures, i18n
from riskmap.draw import Chart
from riskmap.draw_figures import Flow
from riskmap.figures import RECOVERED, SURVEY, Figure
from riskmap.i18n import text
from riskmap.web.sheet import paragraph, sheet
from riskmap.web.view import Cell, table


def introduction(lang: str) -> str:
    n = i18n.number(len(figures.load()), lang)
    return f'<p class="answer">{text("figures.lead", lang, n=n)}</p>' + sheet(paragraph(text("figures.caution", lang)))


def over_time(ink: str, lang: str) -> Chart:
    """The national picture over time, without ranks, which are in the table."""
    shown = [figure for figure in figures.national() if figure.unit != "rank"]
    return draw_figures.over_time(shown, footer=text("figures.lines_footer", lang), ink=ink, lang=lang)


def survey(ink: str, lang: str) -> Chart:
    words = {
        name: text(f"figures.survey.{key}", lang) for name, key in (("title", "finding"), ("unit", "unit"), ("footer", "footer"))
    }
    return draw_figures.shares(figures.of("survey_2019"), **words, ink=ink, lang=lang)


def survey_caution(lang: str) -> str:
    return sheet(paragraph(text("figures.survey.caution", lang)))


def recovered_facilities(ink: str, lang: str) -> Chart:
    """Facilities financed from recovered money, June 2025: approved, under way, of which kind."""
    [approved] = figures.of("objects_approved")
    by_item = {figure.item: figure for figure in figures.of("under_way")}
    all_ = by_item.pop("all")
    first, second = _t("approved", lang), _t("under_way", lang)
    kinds = sorted(by_item.values(), key=lambda figure: -figure.value)
    way = [
        Flow(first, second, all_.value),
        Flow(first, _t("not_yet", lang), approved.value - all_.value, True),
        *(Flow(second, text(f"figures.item.{figure.item}", lang), figure.value) for figure in kinds),
    ]
    numbers = {"approved": i18n.number(approved.value, lang), "under_way": i18n.number(all_.value, lang)}
    return draw_figures.flows(way, **_words("facilities", numbers, lang), ink=ink, lang=lang)


def recovered_money(ink: str, lang: str) -> Chart:
    """One school: money recovered, money that finished it, and the rest of which nothing is known. In millions of tenge."""
    [back], [spent] = figures.of("kumzhargan_recovered"), figures.of("kumzhargan_finished")
    million = 1_000_000
    first = _t("recovered", lang)
    way = [
        Flow(first, _t("finished", lang), spent.value / million),
        Flow(first, _t("rest", lang), (back.value - spent.value) / million, True),
    ]
    amounts = (("recovered", back), ("finished", spent))
    numbers = {name: i18n.number(one.value / million, lang) for name, one in amounts}
    return draw_figures.flows(way, **_words("money", numbers, lang), ink=ink, lang=lang)


def recovered_note(lang: str) -> str:
    return sheet(paragraph(_t("note", lang), is_quiet=True))


def national_table(lang: str) -> str:
    return _table([*figures.national(), *figures.of(*SURVEY)], text("figures.table", lang), lang)


def recovered_table(lang: str) -> str:
    return _table(figures.of(*RECOVERED), _t("table", lang), lang)


def file(lang: str) -> bytes:
    """Every figure as CSV, with a mark that lets a spreadsheet read the letters."""
    return figures.to_csv(figures.load(), lang).encode("utf-8-sig")


def _table(shown: Sequence[Figure], caption: str, lang: str) -> str:
    heads = [text(f"figures.head.{name}", lang) for name in ("series", "period", "as_of", "quality", "source", "value")]
    rows = [
        [
            Cell(figures.name(one, lang), full=text(f"figures.definition.{one.series}", lang)),
            Cell(one.period),
            Cell(one.stated),
            Cell(text(f"figures.quality.{one.quality}", lang)),
            Cell(one.source_url.split("/")[2], one.source_url),
            Cell(figures.value(one, lang), full=one.as_written),
        ]
        for one in shown
    ]
    return table(heads, rows, caption=caption, n_text=5)


def definitions(lang: str) -> str:
    """What each series counts, for those who cannot point at a cell."""
    names = dict.fromkeys(figure.series for figure in figures.load())
    lines = "".join(
        f"<dt>{text(f'figures.series.{name}', lang)}</dt><dd>{text(f'figures.definition.{name}', lang)}</dd>" for name in names
    )
    return sheet(
        f'<details><summary><b>{text("figures.definitions", lang)}</b></summary><dl class="pairs">{lines}</dl></details>'
    )


def _words(name: str, numbers: dict[str, str], lang: str) -> dict[str, str]:
    return {
        "title": text(f"figures.recovered.{name}", lang, **numbers),
        "unit": _t(f"{name}_unit", lang),
        "footer": _t("footer", lang),
    }


def _t(name: str, lang: str) -> str:
    return text(f"figures.recovered.{name}", lang)
