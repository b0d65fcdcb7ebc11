"""The backtest card in HTML: what was measured on what, what was not, and whether with the settings that are shown."""

from riskmap.i18n import text
from riskmap.validate import card, summary
from riskmap.web.sheet import labelled, paragraph, section


def backtest(settings_sha256: str, lang: str) -> str:
    """The section of the page about the method. A card of other settings is shown as such, never as these settings' own."""
    title, found = text("validate.title", lang), card.read()
    if found is None:
        return section(title, paragraph(text("validate.none", lang)))
    hashes = {"card": found["settings_sha256"][:12], "hash": settings_sha256[:12]}
    whose = text("validate.current" if card.is_of(found, settings_sha256) else "validate.other", lang, **hashes)
    return section(
        title,
        paragraph(whose),
        *(paragraph(words) for words in summary.about(found, lang)),
        labelled(summary.figures(found, lang)),
        paragraph(text("validate.not_measured", lang)),
    )
