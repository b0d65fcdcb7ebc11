"""Where do I report? The choice as plain HTML that opens and closes in the browser: nothing that is chosen is ever sent.

The dashboard page and the light page show the same; only the addresses of what a door leads to differ.
"""

from collections.abc import Mapping
from datetime import date
from html import escape

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from riskmap import doors, i18n
from riskmap.i18n import text
from riskmap.web import clock, light_page, own_settings
from riskmap.web.sheet import paragraph, section

ADDRESS = "/m/report"
_OECD = (
    "https://read.oecd-ilibrary.org/en/about/news/announcements/2024/11/"
    "much-stronger-measures-are-needed-to-address-corruption-in-five-central-asian-countries.html"
)
_CONTROL_LAW = "https://adilet.zan.kz/eng/docs/Z2300000030"
_PROTECTION = "https://www.gov.kz/memleket/entities/anticorruption-almaty/press/news/details/1026243"
# doors that have somebody behind them in the settings, by name
_STANDING = {"call": "anti_corruption", "appeal": "appeals"}
# door -> page of the dashboard that it leads to
PAGES = {
    "observation": "nearby",
    "buyer": "search",
    "correction": "help",
    "acts": "acts",
    "control": "control",
    "reward": "reward",
}


def routes() -> list[Route]:
    return [Route(ADDRESS, light_page.page(light))]


def choice(lang: str, on: date, links: Mapping[str, str]) -> str:
    """The situations by group, each opening to its doors. `links`: door, or "reward" -> address; a door without one has none."""
    groups = "".join(
        f'<details class="choice"><summary><b>{_t(f"group.{group}", lang)}</b></summary>'
        + "".join(_situation(name, lang, on, links) for name in situations)
        + "</details>"
        for group, situations in doors.GROUPS.items()
    )
    private = f'<p class="look">{_t("private", lang)}</p>'
    danger = paragraph(text("report.danger", lang))
    return f'<div class="sheet report">{danger}{private}{groups}{_law(lang, links)}{_who(lang, on)}</div>'


async def light(request: Request, lang: str) -> Response:
    """Route: the same choice for phones, without any script."""
    links = {"observation": f"./?lang={lang}", "buyer": f"./?lang={lang}"}
    links |= {name: f"../{page}?lang={lang}" for name, page in PAGES.items() if name not in links}
    body = Markup(choice(lang, clock.today(), links))  # noqa: S704  escaped where it is made
    shown = {"title": text("report.title", lang), "lead": text("report.lead", lang), "body": body}
    return light_page.answer(request, light_page.html(request, "report.html", lang, **shown))


def _situation(name: str, lang: str, on: date, links: Mapping[str, str]) -> str:
    first, *others = doors.LEADS[name]
    also = f"<p><b>{_t('also', lang)}</b></p>{''.join(_door(door, lang, on, links) for door in others)}" if others else ""
    shown = f"<p><b>{_t('first', lang)}</b></p>{_door(first, lang, on, links)}{also}"
    return (
        f'<details class="situation"><summary>{_t(f"situation.{name}", lang)}</summary><div class="leads">{shown}</div></details>'
    )


def _door(name: str, lang: str, on: date, links: Mapping[str, str]) -> str:
    parts = [f"<p><b>{_t(f'door.{name}.name', lang)}</b></p><p>{_t(f'door.{name}.what', lang)}</p>"]
    if name in links:
        parts.append(f'<p><a class="go" href="{escape(links[name])}" target="_self">{_t("open", lang)}</a></p>')
    if name == "control":
        parts.append(_source(_CONTROL_LAW, lang))
    if name in _STANDING and (stands := doors.standing(own_settings.configured(), _STANDING[name], on)):
        parts.append(f'<p class="quiet">{escape(_behind(stands, lang))} {escape(_seen(stands, lang))}</p>')
    return f'<div class="look">{"".join(parts)}</div>'


def _law(lang: str, links: Mapping[str, str]) -> str:
    protected = "".join(f"<li>{_t(f'protection.{name}', lang)}</li>" for name in ("work", "secret", "reward"))
    link = f'<p><a class="go" href="{escape(links["reward"])}" target="_self">{_t("protection.reward_link", lang)}</a></p>'
    read_on = f'<p class="quiet">{_t("protection.read_on", lang)}</p>{_source(_PROTECTION, lang)}'
    promised = "".join(f"<li>{_t(f'promise.{name}', lang)}</li>" for name in ("safety", "case", "network"))
    return section(text("report.protection.title", lang), f"<ul>{protected}</ul>{link}{read_on}") + section(
        text("report.promise.title", lang), f"<ul>{promised}</ul>{_source(_OECD, lang)}"
    )


def _who(lang: str, on: date) -> str:
    settings, lines = own_settings.configured(), []
    for name, entry in _STANDING.items():
        stands = doors.standing(settings, entry, on)
        words = f"{_behind(stands, lang)} {_seen(stands, lang)}" if stands else text("report.who_none", lang)
        source = _source(stands.source, lang) if stands else ""
        lines.append(f"<li><b>{_t(f'door.{name}.name', lang)}</b>: {escape(words)}{source}</li>")
    today = paragraph(text("report.today", lang, day=i18n.day(on, lang)), is_quiet=True)
    return section(text("report.who_title", lang), f"{today}<ul>{''.join(lines)}</ul>")


def _behind(stands: doors.Standing, lang: str) -> str:
    owner = text(f"report.owner.{stands.owner}", lang)
    if stands.since is None:
        return text("report.who", lang, owner=owner)
    return text("report.who_since", lang, owner=owner, since=i18n.day(stands.since, lang))


def _seen(stands: doors.Standing, lang: str) -> str:
    if stands.contact_seen_on is None:
        return text("report.not_dated", lang)
    key = "report.seen_before" if stands.is_contact_older else "report.seen_on"
    return text(key, lang, day=i18n.day(stands.contact_seen_on, lang))


def _source(address: str, lang: str) -> str:
    host = address.split("/")[2]
    return f'<p class="quiet">{_t("source", lang)}: <a href="{escape(address)}" rel="noopener noreferrer">{escape(host)}</a></p>'


def _t(key: str, lang: str) -> str:
    return escape(text(f"report.{key}", lang))
