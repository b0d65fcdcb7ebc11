"""The page about the method in HTML: from the catalogue, the settings and the score itself, never typed twice."""

from collections.abc import Mapping
from typing import Any

from riskmap import explain, i18n, score, thresholds, whatif
from riskmap import settings as settings_file
from riskmap.examples import Example, names, worked
from riskmap.i18n import text
from riskmap.indicators import Indicator, computed
from riskmap.schema import FACT_TABLES, LEVELS
from riskmap.snapshot import Snapshot
from riskmap.web import view
from riskmap.web.backtest import backtest
from riskmap.web.sheet import bullets, opening, paragraph, section, sheet

Settings = Mapping[str, Any]

_FORMULA = ("weight", "severity", "family", "r", "bounds")
# an example whose arithmetic can be followed by hand: one strong fact and two weaker ones of another family
_EXAMPLE = {"T01": 1.0, "T09": 1.0, "T08": 0.3}
_TENTH = 0.05  # of a percent: what is nearer to a whole number is written as one
_TEXTS = ("caveat", "official", "volunteer", "source")


def page(snapshot: Snapshot, lang: str) -> str:
    """The whole method: axes, formula, levels, what is flagged, an example, every indicator, where to argue."""
    settings, settings_sha256 = snapshot.manifest["settings"], snapshot.manifest["settings_sha256"]
    levels = settings["levels"]
    examples = worked(settings) if whatif.can_judge(settings) else {}
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
        _section("indicators", lang, *(_indicator(one, snapshot, examples.get(one.id, []), lang) for one in rules)),
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


def _indicator(one: Indicator, snapshot: Snapshot, examples: list[Example], lang: str) -> str:
    """One line that opens to everything a reader could argue about."""
    settings = snapshot.manifest["settings"]
    limits = [_threshold(one, name, settings, lang) for name in thresholds.names(one, settings)]
    pairs: list[tuple[str, str | list[str]]] = [
        ("definition", text(f"indicator.{one.id}.definition", lang)),
        ("why", text(f"indicator.{one.id}.why", lang)),
        ("thresholds", limits),
        ("counts", _counts(one, snapshot, lang)),
        ("weight", _weight(one, settings[one.name], lang)),
        ("columns", [f"{text(f'column.{name}', lang)} ({name})" for name in one.columns]),
        *((part, text(f"indicator.{one.id}.{part}", lang) or text("method.indicator.not_visible", lang)) for part in _TEXTS),
        ("codes", ", ".join(one.ocp_codes) or text("method.indicator.no_code", lang)),
        ("version", text("method.indicator.made", lang, version=one.version, author=one.author, review=one.next_review)),
        *(("example", example(of, one, settings, lang)) for of in examples),
    ]
    title = text("method.indicator.line", lang, id=one.id, title=text(f"indicator.{one.id}.title", lang))
    shown = [(text(f"method.indicator.{name}", lang), words) for name, words in pairs]
    return opening(title, text(f"kind.axis.{one.axis}", lang), shown)


def _threshold(one: Indicator, name: str, settings: Settings, lang: str) -> str:
    """A threshold with its number and its source; where an operator has set another number, the number it came with."""
    value = settings[one.name][name]
    parts = [
        text(f"method.source.{source.kind}", lang) + (f" ({source.citation})" if source.citation else "")
        for source in thresholds.sources().get((one.name, name), ())
    ]
    words = text("method.threshold", lang, name=text(f"parameter.{name}", lang), number=explain.written(name, value, lang),
                 source="; ".join(parts) or text("common.not_known", lang))  # fmt: skip
    default = settings_file.load()[one.name].get(name)
    if default in (None, value):
        return words
    return f"{words} {text('method.threshold_set', lang, number=explain.written(name, default, lang))}"


def _counts(one: Indicator, snapshot: Snapshot, lang: str) -> str:
    severity = snapshot.facilities.get(f"{one.id}_severity")
    if severity is None:
        return ""
    n = {"n": whatif.n_with(snapshot.facilities, one.id), "known": severity.notna().sum(), "of": len(severity)}
    return text("method.counts", lang, **{name: i18n.number(int(count), lang) for name, count in n.items()})


def example(of: Example, one: Indicator, settings: Settings, lang: str) -> list[str]:
    """A worked example line by line: the facts, the arithmetic with its result, the severity, the points."""
    lines = [text("method.worked.facts", lang, facts="; ".join(_given(of.given, settings, lang)))]
    if f := of.given.get("value"):
        lines.append(text("method.worked.value", lang, sum=_sum(f, of, settings, lang), value=_exact(of.value, one.unit, lang)))
    elif of.value is not None and one.unit != "flag":
        lines.append(text("method.worked.found", lang, value=_exact(of.value, one.unit, lang)))
    if i18n.has(f"method.worked.rule.{one.id}", lang):
        given = {name: _exact(value, kind, lang) for name, (value, kind) in of.values.items() if "." not in name}
        lines.append(text(f"method.worked.rule.{one.id}", lang, **given))
    if of.severity is None:
        reason = text(f"reason.{of.reason}", lang, columns=", ".join(text(f"column.{c}", lang) for c in one.columns))
        return [*lines, text("method.worked.not_known", lang, reason=reason)]
    severity = _exact(of.severity, "share", lang)
    if (f := of.given.get("severity")) and one.unit != "flag":
        lines.append(text("method.worked.severity_sum", lang, sum=_sum(f, of, settings, lang), severity=severity))
    else:
        lines.append(text("method.worked.severity", lang, severity=severity))
    if of.points is None:
        return [*lines, text("method.worked.no_points", lang)]
    q, r = i18n.number(settings[one.name]["q"], lang, 2), i18n.number(of.points, lang, 1)
    return [*lines, text("method.worked.points", lang, q=q, severity=severity, points=r)]


def _given(given: Mapping[str, Any], settings: Settings, lang: str) -> list[str]:
    """The facts of an example in words; rows of a table and other facilities each on their own."""
    unit = settings["country"]["currency"]
    facts = [_named(given.get("facts", {}), unit, lang)] if given.get("facts") else []
    rows = [_named(row, unit, lang) for table in ("progress", "payments", "bids") for row in given.get(table, [])]
    own = given.get("facts", {})
    differing = [{name: value for name, value in row.items() if value != own.get(name)} for row in given.get("others", [])]
    others = [text("method.worked.other", lang, facts=_named(row, unit, lang)) for row in differing]
    return [*facts, *rows, *others]


def _named(row: Mapping[str, Any], unit: str, lang: str) -> str:
    kinds = {name: kind for table in FACT_TABLES.values() for name, kind in table.items()}
    words = {
        name: i18n.number(value, lang) if kinds[name] == "number" else explain.cell(value, name, kinds[name], unit, lang)
        for name, value in row.items()
    }
    return ", ".join(f"{text(f'column.{name}', lang)}: {said}" for name, said in words.items())


def _sum(formula: str, of: Example, settings: Settings, lang: str) -> str:
    """The arithmetic of an example with its names replaced by their numbers."""
    unit = settings["country"]["currency"]
    for name in names(formula):
        formula = formula.replace(f"{{{name}}}", _exact(*of.values[name], lang, unit))
    return formula


def _exact(value: Any, kind: str, lang: str, unit: str = "") -> str:
    """A number of the arithmetic, exact enough to be done again: shares to a tenth of a percent."""
    if kind == "date":
        return i18n.day(value, lang)
    if kind == "money":
        return i18n.money(value, lang, unit)
    if kind == "share" and value is not None:
        percent = i18n.number(100 * value, lang, 0 if abs(100 * value - round(100 * value)) < _TENTH else 1)
        return text("method.percent", lang, number=percent)
    return explain.quantity(value, {"integer": "count", "number": "ratio", "z": "ratio"}.get(kind, kind), lang)


def effect(found: list[whatif.Effect], one: Indicator, snapshot: Snapshot, lang: str) -> str:
    """What each threshold of an indicator decides: at its own number, 20 % lower and 20 % higher."""
    settings = snapshot.manifest["settings"]
    own = settings[one.name]
    n_facts, n_flagged = whatif.n_with(snapshot.facilities, one.id), int(snapshot.facilities["is_flagged"].sum())
    counts = [i18n.number(n, lang) for n in (n_facts, n_flagged, 0)]
    rows = []
    for name in thresholds.numbers(one, settings):
        label = text(f"parameter.{name}", lang)
        published = text("method.effect.published", lang)
        rows.append([label, f"{explain.written(name, own[name], lang)} ({published})", *counts])
        for other in (e for e in found if e.name == name):
            share = text(
                "method.effect.factor",
                lang,
                sign="+" if other.factor > 1 else "−",
                n=i18n.number(abs(other.factor - 1) * 100, lang),
            )
            numbers = [i18n.number(n, lang) for n in (other.n_facts, other.n_flagged, other.n_levels_changed)]
            rows.append([label, f"{explain.written(name, other.numbers, lang)} ({share})", *numbers])
    heads = [text(f"method.effect.{name}", lang) for name in ("threshold", "number", "facts", "flagged", "levels")]
    cells = [[view.Cell(words) for words in row] for row in rows]
    return view.table(heads, cells, caption=text(f"indicator.{one.id}.title", lang), n_text=2)


def _weight(one: Indicator, own: Settings, lang: str) -> str:
    if one.axis == "delivery":
        return text("method.indicator.no_weight", lang)
    parts = [f"q = {i18n.number(own['q'], lang, 2)}", text(f"kind.family.{own['family']}", lang)]
    parts += [text("method.indicator.optional", lang)] if own["optional"] else []
    parts += [text("method.indicator.only_mid", lang)] if one.axis == "disclosure" else []
    return " · ".join(parts)


def _section(name: str, lang: str, *parts: str) -> str:
    return section(text(f"method.section.{name}", lang), *parts)
