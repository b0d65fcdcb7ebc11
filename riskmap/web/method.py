"""The page about the method in HTML: from the catalogue, the settings and the score itself, never typed twice."""

from collections.abc import Mapping
from typing import Any

from riskmap import explain, i18n, score
from riskmap.i18n import text
from riskmap.indicators import Indicator, computed
from riskmap.schema import LEVELS
from riskmap.web.backtest import backtest
from riskmap.web.sheet import bullets, opening, paragraph, section, sheet

Settings = Mapping[str, Any]

_FORMULA = ("weight", "severity", "family", "r", "bounds")
# an example whose arithmetic can be followed by hand: one strong fact and two weaker ones of another family
_EXAMPLE = {"T01": 1.0, "T09": 1.0, "T08": 0.3}
_TEXTS = ("caveat", "official", "volunteer", "source")


def page(settings: Settings, settings_sha256: str, lang: str) -> str:
    """The whole method: axes, formula, levels, what is flagged, an example, every indicator, where to argue."""
    levels = settings["levels"]
    coverage = i18n.share(levels["min_coverage"], lang)
    axes = [text(f"method.axes.{axis}", lang, min_coverage=coverage) for axis in ("delivery", "integrity", "coverage")]
    discount = i18n.share(settings["score"]["family_discount"], lang)
    formula = [text(f"method.formula.{step}", lang, discount=discount) for step in _FORMULA]
    minimum = text(f"level.{settings['flagged']['minimum_level']}.name", lang)
    rules = computed(settings)
    planned = [text(f"indicator.{k}.title", lang) for k in score.catalogue(settings) if k not in {i.id for i in rules}]
    argue = [text("method.argue", lang), text("method.settings", lang, hash=settings_sha256[:12])]
    return sheet(
        paragraph(text("method.intro", lang)),
        _section("axes", lang, bullets(axes)),
        _section("formula", lang, *(paragraph(step) for step in formula)),
        _section("levels", lang, bullets([_level(level, levels, lang) for level in LEVELS])),
        _section("flagged", lang, paragraph(text("method.flagged", lang, level=minimum))),
        _section("example", lang, paragraph(_example(settings, lang))),
        _section("indicators", lang, *(_indicator(one, settings, lang) for one in rules)),
        _section("planned", lang, bullets(planned, css="unknown")) if planned else "",
        backtest(settings_sha256, lang),
        _section("argue", lang, *(paragraph(words) for words in argue)),
    )


def _level(level: str, levels: Settings, lang: str) -> str:
    bounds = {name: i18n.number(levels[name], lang) for name in ("medium", "high", "critical")}
    shares = {"min_coverage": "min_coverage", "min_coverage_critical": "min_coverage_critical", "evidence": "evidence_severity"}
    numbers = bounds | {name: i18n.share(levels[key], lang) for name, key in shares.items()}
    rule = text(f"method.levels.{level}", lang, families=levels["min_families_critical"], **numbers)
    sentence = text(f"level.{level}.sentence", lang)
    return text("method.level_line", lang, name=text(f"level.{level}.name", lang), rule=rule, sentence=sentence)


def _example(settings: Settings, lang: str) -> str:
    """Three facts and the points that the score itself gives them."""
    case = score.score_case(_EXAMPLE, settings)
    facts = "; ".join(f"{text(f'indicator.{k}.title', lang)}, {i18n.share(x, lang)}" for k, x in _EXAMPLE.items())
    points = " + ".join(i18n.number(case["contributions"][k], lang, 1) for k in _EXAMPLE)
    level = text(f"level.{case['level'].replace(' ', '_')}.name", lang)
    return text("method.example", lang, facts=facts, points=points, r=i18n.number(case["R_lo"], lang, 1), level=level)


def _indicator(one: Indicator, settings: Settings, lang: str) -> str:
    """One line that opens to everything a reader could argue about."""
    limits = [f"{label}: {numbers}" for label, numbers in explain.thresholds(one, settings, lang)]
    pairs: list[tuple[str, str | list[str]]] = [
        ("definition", text(f"indicator.{one.id}.definition", lang)),
        ("why", text(f"indicator.{one.id}.why", lang)),
        ("thresholds", limits),
        ("weight", _weight(one, settings[one.name], lang)),
        ("columns", [f"{text(f'column.{name}', lang)} ({name})" for name in one.columns]),
        *((part, text(f"indicator.{one.id}.{part}", lang)) for part in _TEXTS),
        ("codes", ", ".join(one.ocp_codes)),
        ("version", f"{one.version} · {one.next_review}"),
    ]
    title = text("method.indicator.line", lang, id=one.id, title=text(f"indicator.{one.id}.title", lang))
    shown = [(text(f"method.indicator.{name}", lang), words) for name, words in pairs]
    return opening(title, text(f"kind.axis.{one.axis}", lang), shown)


def _weight(one: Indicator, own: Settings, lang: str) -> str:
    if one.axis == "delivery":
        return text("method.indicator.no_weight", lang)
    parts = [f"q = {i18n.number(own['q'], lang, 2)}", text(f"kind.family.{own['family']}", lang)]
    parts += [text("method.indicator.optional", lang)] if own["optional"] else []
    parts += [text("method.indicator.only_mid", lang)] if one.axis == "disclosure" else []
    return " · ".join(parts)


def _section(name: str, lang: str, *parts: str) -> str:
    return section(text(f"method.section.{name}", lang), *parts)
