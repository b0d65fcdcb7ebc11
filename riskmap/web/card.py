"""HTML of one facility card and of the safety note: text is escaped here, once."""

from html import escape

from riskmap.i18n import text
from riskmap.visit import Card


def card(card: Card, lang: str) -> str:
    """A facility card: distance and level, title, type and place, planned date, what to look at."""
    level = text("nearby.level", lang, level=text(f"level.{card.level}.name", lang))
    mark = f'<i class="level {escape(card.level)}" aria-hidden="true"></i>{escape(level)}'
    flagged = f' · <span class="flag">{escape(text("nearby.flagged", lang))}</span>' if card.is_flagged else ""
    quiet = [f"{card.kind} · {card.place}", text("nearby.planned", lang, date=card.planned), card.precision, card.coordinates]
    distance = f'<span class="distance">{escape(card.distance)}</span>'
    lines = "".join(f'<p class="quiet">{escape(line)}</p>' for line in quiet if line)
    return (
        f'<article class="near"><p class="top"><span>{mark}{flagged}</span>{distance}</p>'
        f"<h3>{escape(card.title)}</h3>{lines}"
        f'<p class="look"><b>{escape(text("nearby.look_at", lang))}</b>{escape(card.look)}</p></article>'
    )


def safety(lang: str) -> str:
    """How to look without danger to anyone: always there, never folded."""
    title, rules = (escape(text(f"nearby.safety.{part}", lang)) for part in ("title", "rules"))
    return f'<aside class="safety" role="note"><b>{title}.</b> {rules}</aside>'
