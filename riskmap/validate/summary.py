"""A report of `validate` in words: the same pairs for the terminal and for the page about the method."""

from collections.abc import Mapping
from typing import Any

from riskmap import i18n
from riskmap.i18n import text
from riskmap.schema import LEVELS

# methodology 3.5, reported whether met or not
TARGETS = {"auc": 0.80, "lift10": 4.2, "auc_adaptive": 0.77, "money10": 0.60, "critical_precision": 0.75}
_RULES_SHOWN = 8

Report = Mapping[str, Any]
Pairs = list[tuple[str, str | list[str]]]


def lines(report: Report, lang: str) -> list[str]:
    """The report for the terminal: what was measured on what, the figures, what was not measured."""
    shown = about(report, lang)
    for label, words in figures(report, lang):
        shown += [f"{label}: {words}"] if isinstance(words, str) else [f"{label}:", *(f"  {line}" for line in words)]
    return [*shown, text("validate.not_measured" if is_simulated(report) else "validate.selective", lang)]


def is_simulated(report: Report) -> bool:
    return report["kind"] == "simulation"


def about(report: Report, lang: str) -> list[str]:
    """What was measured, on what, with which settings."""
    same = {"hash": report["settings_sha256"][:12], "version": report["code_version"], "as_of": report["as_of"]}
    if is_simulated(report):
        base = i18n.share(report["worlds"]["base_rate"]["mean"], lang)
        first, n = report["first_seed"], report["n_worlds"]
        seeds = text(f"validate.seeds.{report['seeds']}", lang)
        sizes = {"n_worlds": n, "n_facilities": report["n_facilities"]}
        return [
            text("validate.measured", lang, **sizes, base=base, **same),
            text("validate.frozen", lang, first=first, last=first + n - 1, seeds=seeds, **same),
        ]
    counts = {"n": report["n_facilities"], "found": report["n_findings"], "base": i18n.share(report["base_rate"], lang)}
    return [
        text("validate.outcomes", lang, **counts, snapshot=report["snapshot_id"], **same),
        text("validate.used", lang, **report["rows"]),
    ]


def figures(report: Report, lang: str) -> Pairs:
    """Each figure beside its target and the baselines, then levels, stability, ceiling and single rules."""
    # lost money is known of a simulated world; of real outcomes only what the works cost
    labels = {key: key for key in TARGETS} | ({} if is_simulated(report) else {"money10": "value10"})
    pairs: Pairs = [
        (text(f"validate.measure.{labels[key]}", lang), _figure(report, key, lang)) for key in TARGETS if key in report
    ]
    pairs.append((text("validate.levels", lang), [_level(report, level, lang) for level in LEVELS]))
    if is_simulated(report):
        pairs += _simulated(report, lang)
    else:
        pairs += _known(report, lang)
    rules = sorted(report["single_rules"].items(), key=lambda item: -(_middle(item[1]) or 0.0))[:_RULES_SHOWN]
    named = [(text(f"indicator.{k}.title", lang), _number(_middle(value), lang)) for k, value in rules]
    return [*pairs, (text("validate.rule", lang), [text("validate.rule_value", lang, rule=k, value=value) for k, value in named])]


def _figure(report: Report, key: str, lang: str) -> list[str]:
    """The figure with its spread, whether the target is met (of simulated worlds), and the baselines."""
    measure, shown = report[key], {name: _number(value, lang) for name, value in report[key].items() if name != "n"}
    if is_simulated(report):
        is_met = (measure["mean"] or 0.0) >= TARGETS[key]
        target = text("validate.met" if is_met else "validate.not_met", lang, target=_number(TARGETS[key], lang))
        own = [text("validate.world", lang, **shown), target]
    else:
        own = [text("validate.interval", lang, **shown)]
    beside = {name: _number(_middle(of[key]), lang) for name, of in report["baselines"].items()}
    return [*own, text("validate.compared", lang, **beside)]


def _level(report: Report, level: str, lang: str) -> str:
    of = report["levels"][level]
    share = i18n.share(of.get("share_irregular", of.get("value")), lang)
    name = text(f"level.{level}.name", lang)
    return text("validate.level_line", lang, level=name, share=share, n=i18n.number(of["n"], lang))


def _simulated(report: Report, lang: str) -> Pairs:
    critical = report["critical"]
    numbers = {"n": critical["n_among_clean"], "n_clean": i18n.number(critical["n_clean"], lang)}
    numbers |= {"n_critical": critical["n"], "precision": i18n.share(critical["precision_of_all"], lang)}
    per_1000 = i18n.number(critical["per_1000_clean"], lang, 1)
    stable = {
        name: i18n.share(report["stability"][f"{name}_overlap10"]["mean"], lang)
        for name in ("mask_fields", "mask_facts", "weights")
    }
    regimes = {name: _number(_middle(of["points"]) if of else None, lang) for name, of in report["by_regime"].items()}
    pairs: Pairs = [
        (text("validate.critical", lang), text("validate.critical_value", lang, **numbers, per_1000=per_1000)),
        (text("validate.stability", lang), text("validate.stability_value", lang, **stable)),
        (text("validate.regime", lang), text("validate.regime_value", lang, **regimes)),
    ]
    said = [
        text(
            "validate.forecast_value", lang, share=i18n.share(float(share), lang), auc=_number(of["auc"], lang),
            held=i18n.share(of["p80_coverage"], lang), n=i18n.number(of["n"], lang),
        )
        for share, of in report.get("forecast", {}).items()
    ]  # fmt: skip
    pairs += [(text("validate.forecast", lang), said)] if said else []
    if report["ceiling"]:
        best = report["ceiling"]
        reached = {name: _number(best[name]["auc"]["mean"], lang) for name in ("logistic", "boosted")}
        far = {"n": i18n.number(best["n_labels"], lang), "distance": _number(best["distance"], lang)}
        pairs.append((text("validate.ceiling", lang), text("validate.ceiling_value", lang, **reached, **far)))
    return pairs


def _known(report: Report, lang: str) -> Pairs:
    """For real outcomes: the delivery facts alone (outcomes may be about delivery), and what learning from them would add."""
    learned, delivery = report["learned"], report["delivery"]["auc"]
    pairs: Pairs = [
        (text("validate.delivery", lang), text("validate.interval", lang, **{k: _number(v, lang) for k, v in delivery.items()}))
    ]
    if learned["is_possible"]:
        found = {name: _number(learned[f"auc_{name}"], lang) for name in ("learned", "points")}
        return [*pairs, (text("validate.learned", lang), text("validate.learned_value", lang, **found))]
    return [*pairs, (text("validate.learned", lang), text("validate.learned_few", lang, **learned))]


def _middle(measure: Mapping[str, float | None]) -> float | None:
    return measure["mean"] if "mean" in measure else measure["value"]


def _number(value: float | None, lang: str) -> str:
    return i18n.number(value, lang, 2)
