"""A report of `validate` in words: the same pairs for the terminal and for the page about the method."""

from collections.abc import Mapping
from typing import Any

from riskmap import i18n
from riskmap.i18n import text
from riskmap.schema import LEVELS
from riskmap.validate.learned import LATER
from riskmap.validate.targets import compared

FIGURES = ("auc", "lift10", "auc_adaptive", "money10", "critical_precision")
_RULES_SHOWN = 8
_PARTS_SHOWN = 6
_SHARES = ("money10", "critical_precision", "mask_overlap", "weights_overlap", "lateness_p80", "subgroups", "ece")

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
        text("validate.used", lang, **{key: n for key, n in report["rows"].items() if key != "unknown_words"}),
        *_not_understood(report, lang),
        text(f"validate.about.{report['about']}", lang),
    ]


def _not_understood(report: Report, lang: str) -> list[str]:
    words = ", ".join(f"{word} ({n})" for word, n in report["rows"]["unknown_words"].items())
    return [text("validate.unknown_words", lang, words=words)] if words else []


def figures(report: Report, lang: str) -> Pairs:
    """Each figure beside the baselines, then levels, targets, stability, ceiling and single rules."""
    measure = "measure" if is_simulated(report) else "found"
    pairs: Pairs = [
        (text(f"validate.{measure}.{key}", lang), _figure(report, key, lang))
        for key in FIGURES
        if _middle(report.get(key, {})) is not None  # no facility may be critical
    ]
    of_levels = text("validate.levels" if is_simulated(report) else "validate.levels_found", lang)
    if is_simulated(report):
        pairs += [(text("validate.targets", lang), _targets(report, lang)), (of_levels, _levels(report, lang))]
        return pairs + _simulated(report, lang)
    return [*_orders(report, lang), *pairs, (of_levels, _levels(report, lang)), *_known(report, lang)]


def _figure(report: Report, key: str, lang: str) -> list[str]:
    """The figure with its spread, and the baselines."""
    shown = {name: _number(value, lang) for name, value in report[key].items() if name != "n"}
    own = text("validate.world" if is_simulated(report) else "validate.interval", lang, **shown)
    beside = {name: _number(_middle(of[key]), lang) for name, of in report["baselines"].items()}
    return [own, text("validate.compared", lang, **beside)]


def _targets(report: Report, lang: str) -> list[str]:
    """Every target, met or not, and how far the figure is from what a model trained on all labels reaches."""
    lines = []
    for row in compared(report):
        name = text(f"validate.target.{row['key']}", lang)
        wanted = _bounds(row, lang)
        if not row["is_measured"]:
            lines.append(text("validate.target_open", lang, name=name, target=wanted))
            continue
        key = "validate.target_met" if row["is_met"] else "validate.target_not_met"
        numbers = {"value": _of_target(row, row["value"], lang), "target": wanted}
        ceiling = ""
        if row["ceiling"] is not None:
            reached = {"ceiling": _of_target(row, row["ceiling"], lang), "distance": _of_target(row, row["to_ceiling"], lang)}
            ceiling = text("validate.target_ceiling", lang, **reached)
        lines.append(text(key, lang, name=name, **numbers) + ceiling)
    return lines


def _bounds(row: Mapping[str, Any], lang: str) -> str:
    low, high = (None if bound is None else _of_target(row, bound, lang) for bound in row["target"])
    if low is not None and high is not None:
        return text("validate.bound.between", lang, low=low, high=high)
    return text("validate.bound.least", lang, low=low) if high is None else text("validate.bound.most", lang, high=high)


def _of_target(row: Mapping[str, Any], value: float, lang: str) -> str:
    if row["key"] in _SHARES:
        return i18n.share(value, lang)
    return i18n.number(value, lang, {"critical_per_1000": 1, "replay": 0}.get(row["key"], 2))


def _levels(report: Report, lang: str) -> list[str]:
    return [_level(report, level, lang) for level in LEVELS if report["levels"][level]["n"]]


def _level(report: Report, level: str, lang: str) -> str:
    of = report["levels"][level]
    share = i18n.share(of.get("share_irregular", of.get("value")), lang)
    name = text(f"level.{level}.name", lang)
    key = "validate.level_line" if is_simulated(report) else "validate.level_found"
    return text(key, lang, level=name, share=share, n=i18n.number(of["n"], lang))


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
    moved = report["stability"].get("thresholds_overlap10")
    stability = [text("validate.stability_value", lang, **stable)]
    if moved:
        same = i18n.share(report["stability"]["thresholds_same_level"]["mean"], lang)
        shown = {"overlap": i18n.share(moved["mean"], lang), "same": same, "n": moved["n"]}
        stability.append(text("validate.stability_thresholds", lang, **shown))
    pairs: Pairs = [
        (text("validate.critical", lang), text("validate.critical_value", lang, **numbers, per_1000=per_1000)),
        (text("validate.stability", lang), stability),
        *_without(report, lang),
        *_calibration(report, lang),
        *_subgroups(report, lang),
        *_mechanisms(report, lang),
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
        own = text("validate.ceiling_position", lang, position=_number(best["relative_position"], lang))
        pairs.append((text("validate.ceiling", lang), [text("validate.ceiling_value", lang, **reached, **far), own]))
    return [*pairs, _rules(report["single_rules"], "validate.rule", lang)]


def _without(report: Report, lang: str) -> Pairs:
    """The indicators whose removal changes the order most."""
    found = sorted(report.get("without", {}).items(), key=lambda item: item[1]["overlap10"]["mean"])[:_RULES_SHOWN]
    lines = [
        text(
            "validate.without_value", lang, rule=text(f"indicator.{k}.title", lang),
            overlap=i18n.share(of["overlap10"]["mean"], lang), change=_signed(of["auc_change"]["mean"], lang),
        )
        for k, of in found
    ]  # fmt: skip
    return [(text("validate.without", lang), lines)] if lines else []


def _calibration(report: Report, lang: str) -> Pairs:
    found = report.get("calibration")
    if not found:
        return []
    lines = [
        text(f"validate.reading.{name}", lang, **{key: _number(found[name][key]["mean"], lang, 3) for key in ("brier", "ece")})
        for name in ("learned", "settings", "base_rate", "points")
    ]
    return [(text("validate.calibration", lang), [*lines, text("validate.not_a_chance", lang)])]


def _subgroups(report: Report, lang: str) -> Pairs:
    lines = []
    for rule, of in report.get("subgroups", {}).items():
        for by in (name for name in of if name != "precision"):
            groups = [
                text("validate.group", lang, name=_group(by, kind, lang), share=i18n.share(one["precision"], lang),
                     n=i18n.number(one["n_chosen"], lang))
                for kind, one in of[by]["groups"].items() if one["difference"] is not None
            ]  # fmt: skip
            if groups:
                verdict = text("validate.groups_equal" if of[by]["is_equal"] else "validate.groups_differ", lang)
                every = i18n.share(of["precision"], lang)
                start = text(f"validate.groups.{rule}", lang, by=text(f"validate.by.{by}", lang), all=every)
                lines.append(f"{start} {', '.join(groups)}; {verdict}")
    return [(text("validate.subgroups", lang), lines)] if lines else []


def _group(by: str, kind: str, lang: str) -> str:
    return text(f"kind.facility_type.{kind}" if by == "facility_type" else f"validate.group_name.{kind}", lang)


def _mechanisms(report: Report, lang: str) -> Pairs:
    found = {name: of for name, of in report["by_mechanism"].items() if "in_top15" in of}
    lines = [
        text("validate.mechanism_value", lang, name=text(f"validate.mechanism_name.{name}", lang),
             share=i18n.share(of["in_top15"], lang), n=i18n.number(of["n"], lang))
        for name, of in sorted(found.items(), key=lambda item: -item[1]["in_top15"])
    ]  # fmt: skip
    return [(text("validate.mechanism", lang), lines)] if lines else []


def _rules(found: Mapping[str, Any], label: str, lang: str, section: str = "indicator") -> tuple[str, list[str]]:
    """The single facts with the highest AUC, of those that say something of anybody."""
    known = {k: value for k, value in found.items() if value.get("n_fires", 1)}
    best = sorted(known.items(), key=lambda item: -(_middle(item[1]) or 0.0))
    shown = best if section == "validate.fact" else best[:_RULES_SHOWN]
    lines = [
        text("validate.rule_value", lang, rule=text(f"{section}.{k}.title" if section == "indicator" else f"{section}.{k}", lang),
             value=_number(_middle(value), lang))
        for k, value in shown
    ]  # fmt: skip
    return text(label, lang), lines


def _orders(report: Report, lang: str) -> Pairs:
    """The order that belongs to these outcomes first, then every order with its AUC."""
    first = report["headline"]["order"]
    of = {"points": report, **{name: report[name] for name in ("points_lo", *_OTHER_ORDERS)}, **report["baselines"]}
    names = [first, *(name for name in of if name != first)]
    lines = [
        text("validate.order_value", lang, order=text(f"validate.order.{name}", lang), **_interval(of[name]["auc"], lang))
        for name in names
    ]
    return [(text("validate.orders", lang), lines)]


_OTHER_ORDERS = ("delivery_risk", "delivery_mean", "facts_mean")


def _known(report: Report, lang: str) -> Pairs:
    """For real outcomes: single facts, and what learning from them would add."""
    rules = _rules(report["single_rules"], "validate.rule", lang)
    facts = _rules(report["delivery_facts"], "validate.fact_auc", lang, "validate.fact")
    return [rules, facts, (text("validate.learned", lang), _learned(report["learned"], lang))]


def _learned(learned: Mapping[str, Any], lang: str) -> list[str]:
    if not learned["is_possible"]:
        return [text("validate.learned_few", lang, **learned)]
    lines = [text(f"validate.split.{learned['split']}", lang, **{"split_after": "", "n_groups": "", **learned})]
    rival = text(f"validate.order.{learned['rival']}", lang)
    for name, of in learned["models"].items():
        shown = {key: _number(of[key], lang) for key in ("auc", "low", "high")}
        shown |= {key: _signed(of[key], lang) for key in ("gain", "gain_low", "gain_high")}
        lines.append(text("validate.learned_value", lang, model=text(f"validate.model.{name}", lang), rival=rival, **shown))
    for name, of in learned["models"].items():
        lines.append(_example(name, of["example"], lang))
    best = learned["ceiling"]
    lines.append(text("validate.learned_ceiling", lang, auc=_number(best["auc"], lang), distance=_number(best["distance"], lang)))
    unpublished = "not_better" if learned["split"] in LATER else "not_later"
    verdict = "publishable" if learned["is_publishable"] else unpublished
    return [*lines, text(f"validate.verdict.{verdict}", lang, gain=_number(learned["needed_gain"], lang))]


def _example(name: str, example: Mapping[str, Any], lang: str) -> str:
    """The parts of one facility's score, the largest first, the rest in one number: they add up to the score."""
    parts = list(example["parts"].items())
    shown = [(_fact(k, lang), value) for k, value in parts[:_PARTS_SHOWN]]
    rest = sum(value for _, value in parts[_PARTS_SHOWN:])
    shown += [(text("validate.rest", lang), rest)] if rest else []
    said = ", ".join(f"{label} {_signed(value, lang)}" for label, value in shown)
    return text(
        "validate.example", lang, model=text(f"validate.model.{name}", lang), facility=example["facility_id"], parts=said,
        base=_number(example["base"], lang), score=_number(example["score"], lang), chance=i18n.share(example["chance"], lang),
    )  # fmt: skip


def _fact(key: str, lang: str) -> str:
    return text(f"validate.fact.{key}" if "_" in key else f"indicator.{key}.title", lang)


def _interval(of: Mapping[str, float | None], lang: str) -> dict[str, str]:
    return {name: _number(of[name], lang) for name in ("value", "low", "high")}


def _middle(measure: Mapping[str, float | None]) -> float | None:
    return measure["mean"] if "mean" in measure else measure.get("value")


def _number(value: float | None, lang: str, digits: int = 2) -> str:
    return i18n.number(value, lang, digits)


def _signed(value: float, lang: str) -> str:
    shown = i18n.number(abs(value), lang, 2)
    return f"{'-' if value < -0.005 else '+'}{shown}"
