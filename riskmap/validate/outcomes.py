"""Validation (b): the scores of a snapshot against what became known later, from a file that a user supplies.

The file: facility_id, date, outcome, source. Nothing later leaks backwards: an outcome counts only if it is dated after
the day of the snapshot, and after every day that stands in the facility's own row (a register taken later already knows).
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskmap.check.values import date_of
from riskmap.indicators import INDICATORS
from riskmap.problem import DataError
from riskmap.read.encoding import decode
from riskmap.schema import LEVELS
from riskmap.snapshot import Snapshot
from riskmap.validate import delivery_risk, learned
from riskmap.validate import metrics as m
from riskmap.validate.card import versions
from riskmap.validate.simulation import BASELINES, MEASURED, methods, values

# Columns by their names; an outcomes file needs the first three. Headers and words are compared as `_folded` leaves them.
COLUMNS = {
    "facility_id": ("facility id", "facility", "id", "project id"),
    "date": ("date", "outcome date", "outcome on", "known on"),
    "outcome": ("outcome", "status", "result", "label", "исход", "статус", "нәтиже"),
    "source": ("source", "источник", "дереккөз"),
}
_REQUIRED = ("facility_id", "date", "outcome")
# What counts as a finding. A word tells what the finding is about: how the works go, or how the money went.
STANDSTILL = (
    "stalled", "paralysed", "paralyzed", "abandoned", "cancelled", "canceled", "terminated", "suspended", "halted", "stopped",
    "frozen", "unfinished", "stalled or cancelled", "приостановлен", "приостановлено", "остановлен", "остановлено", "заморожен",
    "расторгнут", "расторгнуто", "отменен", "отменено", "брошен", "долгострой", "тоқтатылды", "тоқтап тұр", "тоқтатылған",
    "бұзылды", "шарт бұзылды", "күші жойылды", "paralisada", "paralisado", "cancelada", "cancelado", "inacabada", "rescindido",
    "obra cancelada", "abandonada", "suspensa", "paralizada", "paralizado", "obra paralizada", "suspendida", "suspendido",
    "durduruldu", "iptal edildi", "wstrzymana", "arrêté", "abandonné", "annulé", "suspendu", "mangkrak", "dihentikan",
    "зупинено", "призупинено", "скасовано", "розірвано",
)  # fmt: skip
VIOLATION = (
    "confirmed", "violation", "sanctioned", "irregular", "fraud confirmed", "подтверждено", "нарушение", "есть нарушение",
    "расталды", "бұзушылық", "irregularidade", "irregularidad", "порушення",
)  # fmt: skip
FINDING = ("yes", "true", "1", "да", "иә", "finding", "sim", "sí", "так")  # does not say what about
NO_FINDING = (
    "cleared", "not confirmed", "no violation", "completed", "running", "active", "ongoing", "in progress", "finished",
    "delivered", "under construction", "no", "false", "0", "ok", "не подтверждено", "нарушений нет", "завершен", "завершено",
    "сдан", "введен", "введено", "продолжается", "в работе", "строится", "идут работы", "нет", "расталмады", "бұзушылық жоқ",
    "аяқталды", "тапсырылды", "жалғасуда", "салынуда", "жоқ", "concluida", "concluido", "obra concluida", "execucao",
    "em execucao", "em andamento", "em obras", "nao", "en ejecucion", "en curso", "terminada", "culminada", "finalizada",
    "achevé", "en cours", "selesai", "berjalan", "tamamlandı", "devam ediyor", "завершено будівництво", "триває", "ні",
)  # fmt: skip
UNDECIDED = ("unclear", "pending", "unknown", "неясно", "неизвестно", "белгісіз", "на рассмотрении")
MAX_BYTES = 50_000_000
_N_RESAMPLES = 300
_MAX_WORDS = 20  # of those not understood, shown
_MOSTLY = 0.9  # of the findings with a word of one kind: the outcomes are about that
# days in a scored row at which something was already known of the facility
_KNOWN_ON = ("source_as_of", "signed_on", "last_paid_on", "progress_on", "completed_on")
_DATES = [1992, 2100]
DELIVERY = ("delivery_risk", "delivery_mean", "facts_mean")

Step = Callable[[str], None]


def _folded(words: str) -> str:
    """Case, accents of Latin letters and the signs between words do not matter: "Paralisação_1" = "paralisacao 1"."""
    spread = unicodedata.normalize("NFKD", words.casefold().replace("ё", "е"))
    plain = "".join(c for at, c in enumerate(spread) if not (unicodedata.combining(c) and at and spread[at - 1].isascii()))
    return " ".join(re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", plain)).split())


MEANING: dict[str, tuple[bool | None, str]] = {
    _folded(word): meaning
    for words, meaning in (
        (STANDSTILL, (True, "delivery")), (VIOLATION, (True, "integrity")), (FINDING, (True, "")), (NO_FINDING, (False, "")),
        (UNDECIDED, (None, "")),
    )
    for word in words
}  # fmt: skip


def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of an outcomes file (facility_id, date, is_finding, about, source), and how many were set aside, by reason.

    `unknown_words` of the second: the outcomes not understood, with how often. DataError: not a table, a column is missing, an
    unreadable date, no outcome at all that is understood. The sentence names the line.
    """
    data = path.read_bytes() if path.is_file() else b""
    if not data or len(data) > MAX_BYTES:
        code = "file_too_large" if data else "file_unreadable"
        raise DataError(code, path.name, limit=str(MAX_BYTES // 1_000_000))
    text = decode(data, encoding=None, name=path.name)[0].lstrip("\ufeff")
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    names = _headers(reader.fieldnames or (), path.name)
    rows, aside, words = [], {"undecided": 0, "blank": 0, "unknown": 0}, Counter[str]()
    for line in _lines(reader, path.name):
        cells = {name: (line[header] or "").strip() for name, header in names.items()}
        if not any(cells.values()):
            aside["blank"] += 1
            continue
        is_finding, about = MEANING.get(_folded(cells["outcome"]), (None, "unknown"))
        if is_finding is None:
            aside["unknown" if about else "undecided"] += 1
            words.update([cells["outcome"][:60]] if about else [])
            continue
        day = date_of(cells["date"], _DATES)
        if day.value is None:
            raise DataError("outcomes_date", path.name, line=str(reader.line_num), value=cells["date"][:60])
        rows.append({
            "facility_id": cells["facility_id"], "date": day.value, "is_finding": is_finding, "about": about,
            "source": cells.get("source", ""),
        })  # fmt: skip
    if words and not rows:
        known = ", ".join(sorted({*STANDSTILL, *VIOLATION, *NO_FINDING, *UNDECIDED}))
        raise DataError("outcomes_word", path.name, line="2", value=words.most_common(1)[0][0], known=known)
    return rows, {**aside, "unknown_words": dict(words.most_common(_MAX_WORDS))}


def _headers(fieldnames: Iterable[str], name: str) -> dict[str, str]:
    """Our column -> the header of the file. Of several that would do, the one that stands first in `COLUMNS`."""
    given = {_folded(header): header for header in reversed(list(fieldnames)) if header}
    found = {}
    for column, synonyms in COLUMNS.items():
        header = next((given[word] for word in map(_folded, synonyms) if word in given), None)
        if header is not None:
            found[column] = header
    if missing := [column for column in _REQUIRED if column not in found]:
        raise DataError("outcomes_columns", name, columns=", ".join(missing))
    return found


def _lines(reader: "csv.DictReader[str]", name: str) -> Any:
    try:
        yield from reader
    except csv.Error as error:
        raise DataError("csv_quotes", name, line=str(reader.line_num)) from error


def validate(
    path: Path, made: Snapshot, *, seed: int, step: Step | None = None, earlier: tuple[Path, Snapshot] | None = None
) -> dict[str, Any]:  # fmt: skip
    """The report on one outcomes file and one snapshot: what `--json` writes. DataError if nothing in it may be used.

    Of several outcomes of a facility that count, one finding makes it a finding. `headline` names the order that belongs to
    what the outcomes are about (their words say it, never the figures): the delivery order for works that stand or were given
    up, the points otherwise. `earlier`: outcomes and a snapshot to learn from, all known by the day of `made`.
    """
    say = step or (lambda words: None)
    rows, aside = read(path)
    scored = pq.read_table(made.folder / "facilities.parquet")
    facility, truth, first_day, counted, about = _labels(rows, scored, made.as_of, path.name)
    settings = made.manifest["settings"]
    here = scored.take(pa.array(facility))
    value = values(here)
    severity, delivery = _severities(here), delivery_risk.facts(here, settings=settings, as_of=made.as_of)
    scores = methods(here, settings, seed=seed) | _orders(severity, delivery)
    level = np.array(here["level"].to_pylist())
    say("read")
    money = {name: score if name in ("random", "budget") else score * value for name, score in scores.items()}
    draws = np.random.default_rng([seed, 12]).integers(0, len(truth), (_N_RESAMPLES, len(truth)))

    def all_of(name: str) -> dict[str, Any]:
        measured = {
            "average_precision": lambda at: m.average_precision(scores[name][at], truth[at]),
            "precision10": lambda at: m.precision_at(scores[name][at], truth[at], m.tenth(len(at))),
            "lift10": lambda at: m.lift_at(scores[name][at], truth[at], m.tenth(len(at))),
            "money10": lambda at: m.capture_at(money[name][at], value[at] * truth[at], m.tenth(len(at))),
            "critical_precision": lambda at: _at_critical(name, scores[name][at], truth[at], level[at]),
        }
        return {"auc": _auc(scores[name], truth)} | {key: _interval(measure, draws) for key, measure in measured.items()}

    report = {name: all_of(name) for name in scores}
    headline = "delivery_risk" if about == "delivery" else "points"
    say("rules")
    return {
        "kind": "outcomes", "file": path.name, "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "snapshot_id": made.id, "as_of": made.as_of.isoformat(), "settings_sha256": made.manifest["settings_sha256"],
        "code_version": made.manifest["code_version"], "indicators": versions(), "seed": seed,
        "rows": {**counted, **aside}, "n_facilities": len(truth), "n_findings": int(truth.sum()),
        "n_critical": int((level == "critical").sum()),
        "base_rate": round(float(truth.mean()), 4), "about": about, "headline": {"order": headline, **report[headline]},
        **report["points"], "points_lo": report["points_lo"], **{name: report[name] for name in DELIVERY},
        "baselines": {name: report[name] for name in BASELINES},
        "levels": {name: _of_level(truth[level == name]) for name in LEVELS},
        "single_rules": {name: _rule(column, truth) for name, column in severity.items()},
        "delivery_facts": {name: _rule(column, truth) for name, column in delivery.items()},
        "learned": learned.compare(
            _known(here, made, truth, first_day), rival=headline, seed=seed,
            published={name: scores[name] for name in ("points", *DELIVERY)},
            earlier=_before(*earlier, made) if earlier else None,
        ),
    }  # fmt: skip


def _before(path: Path, earlier: Snapshot, made: Snapshot) -> learned.Known:
    """The outcomes of an earlier snapshot that were known by the day of `made`. DataError if there are none of both kinds."""
    rows, _ = read(path)
    scored = pq.read_table(earlier.folder / "facilities.parquet")
    known = [row for row in rows if row["date"] <= made.as_of]
    if earlier.as_of >= made.as_of or (rows and not known):
        raise DataError("outcomes_not_earlier", path.name, date=earlier.as_of.isoformat(), as_of=made.as_of.isoformat())
    facility, truth, day, _, _ = _labels(known, scored, earlier.as_of, path.name)
    return _known(scored.take(pa.array(facility)), earlier, truth, day)


def _known(here: pa.Table, made: Snapshot, truth: m.Truth, day: m.Numbers) -> learned.Known:
    """What the models may see of facilities with a known outcome."""
    facts = _severities(here) | delivery_risk.facts(here, settings=made.manifest["settings"], as_of=made.as_of)
    names = [name for name in (*(f"{i.id}_value" for i in INDICATORS), *MEASURED) if name in here.column_names]
    everything = {name: here[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names}
    return learned.Known(here["facility_id"].to_pylist(), facts, everything | facts, truth, day, _regions(here))


def _severities(scored: pa.Table) -> dict[str, m.Numbers]:
    """Indicator -> severity, NaN where not known."""
    present = [i.id for i in INDICATORS if f"{i.id}_severity" in scored.column_names]
    return {k: scored[f"{k}_severity"].to_numpy(zero_copy_only=False).astype(float) for k in present}


def _orders(severity: dict[str, m.Numbers], delivery: dict[str, m.Numbers]) -> dict[str, m.Numbers]:
    """The orders beside the points: the delivery order, the plain means of the delivery facts and of all facts (known ones)."""
    of_delivery = [severity[i.id] for i in INDICATORS if i.axis == "delivery" and i.id in severity]
    means = {"delivery_mean": of_delivery, "facts_mean": list(severity.values())}
    return {"delivery_risk": delivery_risk.order(delivery)} | {
        name: np.nan_to_num(delivery_risk.mean_of_known(np.column_stack(columns))) for name, columns in means.items()
    }


def _regions(scored: pa.Table) -> Sequence[str]:
    """The region of each facility: its code, else as the source states it, else its district."""
    columns = [scored[name].to_pylist() for name in ("region_code", "region", "district")]
    return [next((word for word in row if word), "") for row in zip(*columns, strict=True)]


def _labels(
    rows: list[dict[str, Any]], scored: pa.Table, as_of: date, name: str
) -> tuple[m.Numbers, m.Truth, m.Numbers, dict[str, int], str]:
    """Positions of the facilities that count, their truth, the day it became known, how many rows count and do not, and what
    the findings are about: delivery, integrity, mixed, or not_said."""
    position = {facility_id: at for at, facility_id in enumerate(scored["facility_id"].to_pylist())}
    dates = [scored[column].to_pylist() for column in _KNOWN_ON if column in scored.column_names]
    known_on = [max(day for day in row if day) for row in zip([as_of] * scored.num_rows, *dates, strict=True)]
    counted = {"rows": len(rows), "counted": 0, "not_in_snapshot": 0, "not_after_snapshot": 0, "not_after_its_facts": 0}
    found: dict[int, tuple[bool, date]] = {}
    about = Counter[str]()
    for row in sorted(rows, key=lambda r: r["date"]):
        at = position.get(row["facility_id"])
        if at is None:
            counted["not_in_snapshot"] += 1
        elif row["date"] <= as_of:
            counted["not_after_snapshot"] += 1
        elif row["date"] <= known_on[at]:
            counted["not_after_its_facts"] += 1
        else:
            counted["counted"] += 1
            about.update([row["about"]] if row["is_finding"] else [])
            earlier = found.get(at)
            # the day of the finding, or of the first word where nothing was found
            if earlier is None or (row["is_finding"] and not earlier[0]):
                found[at] = (row["is_finding"], row["date"])
    too_early = counted["not_after_snapshot"] + counted["not_after_its_facts"]
    if not found and too_early:
        raise DataError("outcomes_leak", name, n=str(too_early), as_of=as_of.isoformat())
    truth = np.array([is_finding for is_finding, _ in found.values()], dtype=bool)
    if truth.all() or not truth.any():
        raise DataError("outcomes_one_kind", name, n=str(len(found)))
    days = np.array([day.toordinal() for _, day in found.values()], dtype=float)
    return np.array(list(found)), truth, days, {**counted, "repeated": counted["counted"] - len(found)}, _about(about)


def _about(words: Counter[str]) -> str:
    said = words["delivery"] + words["integrity"]
    if not said:
        return "not_said"
    return next((kind for kind in ("delivery", "integrity") if words[kind] >= _MOSTLY * said), "mixed")


def _at_critical(name: str, score: m.Numbers, truth: m.Truth, level: np.ndarray) -> float:
    """Precision of "critical"; for another score, of as many at its top."""
    is_critical = level == "critical"
    if name in ("points", "points_lo"):
        return float(truth[is_critical].mean()) if is_critical.any() else float("nan")
    return m.precision_at(score, truth, int(is_critical.sum()))


def _interval(measure: Callable[[np.ndarray], float], draws: np.ndarray) -> dict[str, float | None]:
    """The measure of all facilities and its 95 % interval over resampled facilities."""
    sampled = np.array([measure(at) for at in draws])
    sampled = sampled[~np.isnan(sampled)]
    low, high = np.quantile(sampled, [0.025, 0.975]) if len(sampled) else (float("nan"), float("nan"))
    value = measure(np.arange(draws.shape[1]))
    return {name: None if np.isnan(x) else round(float(x), 4) for name, x in (("value", value), ("low", low), ("high", high))}


def _of_level(truth: m.Truth) -> dict[str, Any]:
    """How many stand at a level, how many with a finding, and the 95 % interval of that share (Wilson)."""
    n, found = len(truth), int(truth.sum())
    if not n:
        return {"n": 0, "n_findings": 0, "value": None, "low": None, "high": None}
    z, p = 1.96, found / n
    middle, half = (
        (p + z * z / (2 * n)) / (1 + z * z / n),
        z / (1 + z * z / n) * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))),
    )
    return {"n": n, "n_findings": found, "value": round(p, 4), "low": round(middle - half, 4), "high": round(middle + half, 4)}


def _auc(score: m.Numbers, truth: m.Truth) -> dict[str, float | None]:
    value = m.auc_interval(score, truth)
    return {name: None if np.isnan(x) else round(x, 4) for name, x in zip(("value", "low", "high"), value, strict=True)}


def _rule(severity: m.Numbers, truth: m.Truth) -> dict[str, Any]:
    """AUC of one fact alone: over all facilities with "not known" as 0, and over those where it is known."""
    known = ~np.isnan(severity)
    among_known = m.auc(severity[known], truth[known])
    return {
        **_auc(np.nan_to_num(severity), truth), "n_known": int(known.sum()),
        "n_fires": int((np.nan_to_num(severity) > 0).sum()),
        "auc_known": None if np.isnan(among_known) else round(among_known, 4),
    }  # fmt: skip
