"""The page about the reward in HTML: the rule, what it gives, the arithmetic, the conditions, the index by date."""

from datetime import date

from riskmap import i18n, rewards
from riskmap.i18n import text
from riskmap.rewards import Index, Reward
from riskmap.web import own_settings
from riskmap.web.sheet import bullets, paragraph, section, sheet
from riskmap.web.view import Cell, table

# the case that the press reported: Almaty, 28 June 2025 (domain.md 0.11)
_PRESS = "https://www.gov.kz/memleket/entities/anticorruption-almaty/press/news/details/1026243"
_PAID_ON, _LIMIT_OF = date(2025, 5, 1), date(2023, 1, 1)


def gravities() -> list[str]:
    """The gravities that the rules name, the lightest first."""
    tiers = rewards.rules(own_settings.configured())["tiers_mci"]
    return sorted(tiers, key=tiers.__getitem__)


def introduction(lang: str) -> str:
    own = rewards.rules(own_settings.configured())
    numbers = {name: i18n.number(own[key], lang) for name, key in (("limit", "tiers_up_to_mci"), ("cap", "cap_mci"))}
    words = text("reward.lead", lang, percent=own["percent_above"], **numbers)
    return f'<p class="answer">{words}</p>' + sheet(paragraph(text("reward.private", lang), is_quiet=True))


def outcome(damage_kzt: int | None, on: date | None, gravity: str | None, lang: str) -> str:
    """What the rules give for what was entered, or the sentence that says what is missing."""
    if damage_kzt is None or on is None or gravity is None:
        return sheet(paragraph(text("reward.wait", lang)))
    try:
        found = rewards.reward(damage_kzt, on, gravity, settings=own_settings.configured())
    except rewards.RewardError as error:
        return f'<p role="alert">{error.sentence(lang)}</p>'
    result = f'<p class="answer" role="status"><b>{text("reward.result", lang, amount=_money(found.kzt, lang))}</b></p>'
    doubts = [text(f"reward.doubt.{name}", lang) for name in found.doubts]
    conditions = [text(f"reward.condition_{name}", lang) for name in ("verdict", "decides", "source")]
    return sheet(
        result,
        bullets(doubts, css="unknown"),
        section(text("reward.arithmetic", lang), bullets(_steps(found, on, gravity, lang))),
        section(text("reward.conditions", lang), bullets(conditions)),
    )


def press(lang: str) -> str:
    """The case of the press worked out anew, and why two amounts of that article belong to different years."""
    settings = own_settings.configured()
    own, paid = rewards.rules(settings), rewards.reward(0, _PAID_ON, "grave", settings=settings)
    before = rewards.mci(_LIMIT_OF, settings=settings)
    numbers = {
        "n": i18n.number(paid.tier_mci, lang),
        "mci": i18n.number(paid.of_day.kzt, lang),
        "paid": _money(paid.kzt, lang),
        "limit_mci": i18n.number(own["tiers_up_to_mci"], lang),
        "cap_mci": i18n.number(own["cap_mci"], lang),
        "old": _money(own["tiers_up_to_mci"] * before.kzt, lang),
        "limit": _money(paid.limit_kzt, lang),
        "cap": _money(paid.cap_kzt, lang),
        "cap_old": _money(own["cap_mci"] * before.kzt, lang),
    }
    lines = [text(f"reward.press.{name}", lang, **numbers) for name in ("paid", "limit", "cap")]
    link = f'<p><a href="{_PRESS}" rel="noopener noreferrer">{text("reward.press.source", lang)}</a></p>'
    title = text("reward.press.title", lang)
    return sheet(section(title, *map(paragraph, lines), paragraph(text("reward.press.so", lang)), link))


def indices(lang: str) -> str:
    """The index by date with limit, cap and source, as a line that opens to a table."""
    settings = own_settings.configured()
    own = rewards.rules(settings)
    heads = [
        text("reward.table.since", lang),
        text("reward.table.source", lang),
        text("reward.table.mci", lang),
        text("reward.table.limit", lang, n=i18n.number(own["tiers_up_to_mci"], lang)),
        text("reward.table.cap", lang, n=i18n.number(own["cap_mci"], lang)),
    ]
    rows = [_row(index, own["tiers_up_to_mci"], own["cap_mci"], lang) for index in rewards.indices(settings)]
    note = text("reward.table.note", lang, until=i18n.day(date.fromisoformat(own["mci_until"]), lang))
    return table(heads, rows, caption=text("reward.table.title", lang), n_text=2) + sheet(paragraph(note, is_quiet=True))


def _row(index: Index, limit: int, cap: int, lang: str) -> list[Cell]:
    since = i18n.day(index.since, lang)
    if not index.is_day_verified:
        since = f"{since} ({text('reward.table.unverified', lang)})"
    source = Cell(index.source.split("/")[2], index.source) if index.source else Cell(text("reward.table.no_address", lang))
    return [Cell(since), source, *(Cell(i18n.number(n * index.kzt, lang)) for n in (1, limit, cap))]


def _steps(found: Reward, on: date, gravity: str, lang: str) -> list[str]:
    own = rewards.rules(own_settings.configured())
    mci, damage = i18n.number(found.of_day.kzt, lang), _money(found.damage_kzt, lang)
    since = i18n.day(found.of_day.since, lang)
    n_limit, n_cap = (i18n.number(own[name], lang) for name in ("tiers_up_to_mci", "cap_mci"))
    name = text(f"reward.gravity_name.{gravity}", lang)
    index = text("reward.index", lang, day=i18n.day(on, lang), mci=_money(found.of_day.kzt, lang), since=since)
    lines = [index, text("reward.limit", lang, n=n_limit, mci=mci, limit=_money(found.limit_kzt, lang))]
    if found.rule == "tier":
        tier = {"n": i18n.number(found.tier_mci, lang), "mci": mci, "amount": _money(found.kzt, lang)}
        return [*lines, text("reward.tier", lang, damage=damage, gravity=name, **tier)]
    percent = {"percent": own["percent_above"], "amount": _money(found.percent_kzt, lang)}
    capped = text(
        "reward.cap" if found.rule == "cap" else "reward.below_cap", lang, n=n_cap, mci=mci, cap=_money(found.cap_kzt, lang)
    )
    return [*lines, text("reward.percent", lang, damage=damage, **percent), capped, text("reward.fraction", lang)]


def _money(value: int, lang: str) -> str:
    return i18n.money(value, lang, full=True)
