"""Validation (b): the scores of a snapshot against what became known later, from a file that a user supplies.

The file: facility_id, date, outcome, source. Nothing later leaks backwards: an outcome counts only if it is dated after
the day of the snapshot, and after every day that stands in the facility's own row (a register taken later already knows).
"""

import csv
import hashlib
import io
from collections.abc import Callable
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
from riskmap.validate import ceiling
from riskmap.validate import metrics as m
from riskmap.validate.card import versions
from riskmap.validate.simulation import BASELINES, methods, values

COLUMNS = ("facility_id", "date", "outcome", "source")
# What counts as a finding, what as none, and what says neither (None: the row is listed, not counted).
MEANING: dict[str, bool | None] = {
    "confirmed": True, "violation": True, "sanctioned": True, "stalled": True, "paralysed": True, "abandoned": True,
    "cancelled": True, "terminated": True, "suspended": True,
    "подтверждено": True, "нарушение": True, "приостановлен": True, "расторгнут": True, "отменен": True,
    "расталды": True, "бұзушылық": True, "тоқтатылды": True, "бұзылды": True,
    "cleared": False, "not_confirmed": False, "no_violation": False, "completed": False, "running": False, "active": False,
    "не подтверждено": False, "нарушений нет": False, "завершен": False, "продолжается": False,
    "расталмады": False, "бұзушылық жоқ": False, "аяқталды": False, "жалғасуда": False,
    "unclear": None, "pending": None, "неясно": None, "белгісіз": None,
}  # fmt: skip
MAX_BYTES = 50_000_000
MIN_TO_LEARN = 400  # methodology 2.6
BETTER_BY = 0.03
_N_RESAMPLES = 300
# days in a scored row at which something was already known of the facility
_KNOWN_ON = ("source_as_of", "signed_on", "last_paid_on", "progress_on", "completed_on")
_DATES = [1992, 2100]

Step = Callable[[str], None]


def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows of an outcomes file (facility_id, date, is_finding, source) and how many were set aside, by reason.

    DataError: not a table, a column is missing, an unknown word, an unreadable date. The sentence names the line.
    """
    data = path.read_bytes() if path.is_file() else b""
    if not data or len(data) > MAX_BYTES:
        code = "file_too_large" if data else "file_unreadable"
        raise DataError(code, path.name, limit=str(MAX_BYTES // 1_000_000))
    text = decode(data, encoding=None, name=path.name)[0].lstrip("\ufeff")
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    if missing := [name for name in COLUMNS if name not in names]:
        raise DataError("outcomes_columns", path.name, columns=", ".join(missing))
    rows, aside = [], {"undecided": 0, "blank": 0}
    for line in _lines(reader, path.name):
        cells = {name: (line[names[name]] or "").strip() for name in COLUMNS}
        if not any(cells.values()):
            aside["blank"] += 1
            continue
        place = {"line": str(reader.line_num)}
        word = cells["outcome"].lower()
        if word not in MEANING:
            known = ", ".join(MEANING)
            raise DataError("outcomes_word", path.name, **place, value=cells["outcome"][:60], known=known)
        day = date_of(cells["date"], _DATES)
        if day.value is None:
            raise DataError("outcomes_date", path.name, **place, value=cells["date"][:60])
        if MEANING[word] is None:
            aside["undecided"] += 1
            continue
        rows.append(
            {"facility_id": cells["facility_id"], "date": day.value, "is_finding": MEANING[word], "source": cells["source"]}
        )
    return rows, aside


def _lines(reader: "csv.DictReader[str]", name: str) -> Any:
    try:
        yield from reader
    except csv.Error as error:
        raise DataError("csv_quotes", name, line=str(reader.line_num)) from error


def validate(path: Path, made: Snapshot, *, seed: int, step: Step | None = None) -> dict[str, Any]:
    """The report on one outcomes file and one snapshot: what `--json` writes. DataError if nothing in it may be used.

    Of several outcomes of a facility that count, one finding makes it a finding.
    """
    say = step or (lambda words: None)
    rows, aside = read(path)
    scored = pq.read_table(made.folder / "facilities.parquet")
    facility, truth, first_day, counted = _labels(rows, scored, made.as_of, path.name)
    settings = made.manifest["settings"]
    here = scored.take(pa.array(facility))
    scores, value = methods(here, settings, seed=seed), values(here)
    scores["delivery"] = _delivery(here)
    level = np.array(here["level"].to_pylist())
    say("read")
    n_critical = int((level == "critical").sum())
    money = {name: score if name in ("random", "budget") else score * value for name, score in scores.items()}
    draws = np.random.default_rng([seed, 12]).integers(0, len(truth), (_N_RESAMPLES, len(truth)))

    def all_of(name: str) -> dict[str, Any]:
        measured = {
            "auc": lambda at: m.auc(scores[name][at], truth[at]),
            "average_precision": lambda at: m.average_precision(scores[name][at], truth[at]),
            "precision10": lambda at: m.precision_at(scores[name][at], truth[at], m.tenth(len(at))),
            "lift10": lambda at: m.lift_at(scores[name][at], truth[at], m.tenth(len(at))),
            "money10": lambda at: m.capture_at(money[name][at], value[at] * truth[at], m.tenth(len(at))),
            "critical_precision": lambda at: _at_critical(name, scores[name][at], truth[at], level[at]),
        }
        return {key: _interval(measure, draws) for key, measure in measured.items()}

    report = {name: all_of(name) for name in scores}
    say("rules")
    return {
        "kind": "outcomes", "file": path.name, "file_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "snapshot_id": made.id, "as_of": made.as_of.isoformat(), "settings_sha256": made.manifest["settings_sha256"],
        "code_version": made.manifest["code_version"], "indicators": versions(), "seed": seed,
        "rows": {**counted, **aside}, "n_facilities": len(truth), "n_findings": int(truth.sum()), "n_critical": n_critical,
        "base_rate": round(float(truth.mean()), 4), **report["points"],
        "points_lo": report["points_lo"], "delivery": report["delivery"],
        "baselines": {name: report[name] for name in BASELINES},
        "levels": {name: _of_level(truth[level == name]) for name in LEVELS},
        "single_rules": {i.id: _rule(here, i.id, truth, draws) for i in INDICATORS if f"{i.id}_severity" in here.column_names},
        "learned": _learned(here, truth, first_day, scores["points"]),
    }  # fmt: skip


def _labels(
    rows: list[dict[str, Any]], scored: pa.Table, as_of: date, name: str
) -> tuple[m.Numbers, m.Truth, m.Numbers, dict[str, int]]:
    """Positions of the facilities that count, their truth, the day it became known, and how many rows count and do not."""
    position = {facility_id: at for at, facility_id in enumerate(scored["facility_id"].to_pylist())}
    dates = [scored[column].to_pylist() for column in _KNOWN_ON if column in scored.column_names]
    known_on = [max(day for day in row if day) for row in zip([as_of] * scored.num_rows, *dates, strict=True)]
    counted = {"rows": len(rows), "counted": 0, "not_in_snapshot": 0, "not_after_snapshot": 0, "not_after_its_facts": 0}
    found: dict[int, tuple[bool, date]] = {}
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
    return np.array(list(found)), truth, days, counted


def _delivery(scored: pa.Table) -> m.Numbers:
    """Plain mean of the delivery facts that are known: for outcomes that are about delivery, such as stalled works."""
    names = [f"{i.id}_severity" for i in INDICATORS if i.axis == "delivery" and f"{i.id}_severity" in scored.column_names]
    severity = np.column_stack([scored[name].to_numpy(zero_copy_only=False).astype(float) for name in names])
    known = ~np.isnan(severity)
    return np.where(known, severity, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


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


def _rule(scored: pa.Table, indicator: str, truth: m.Truth, draws: np.ndarray) -> dict[str, Any]:
    """AUC of one indicator alone: over all facilities with "not known" as 0, and over those where it is known."""
    severity = scored[f"{indicator}_severity"].to_numpy(zero_copy_only=False).astype(float)
    known = ~np.isnan(severity)
    filled = np.nan_to_num(severity)
    among_known = m.auc(severity[known], truth[known])
    return {
        **_interval(lambda at: m.auc(filled[at], truth[at]), draws),
        "n_known": int(known.sum()), "auc_known": None if np.isnan(among_known) else round(among_known, 4),
    }  # fmt: skip


def _learned(scored: pa.Table, truth: m.Truth, day: m.Numbers, points: m.Numbers) -> dict[str, Any]:
    """A logistic with fixed signs on the same severities, trained on the earlier outcomes and compared on the later ones.

    It may replace the points only from `MIN_TO_LEARN` outcomes on and if it is better by `BETTER_BY` AUC. It never does so
    by itself.
    """
    middle = float(np.median(day))
    early, late = day <= middle, day > middle
    if len(truth) < MIN_TO_LEARN or any(len(set(truth[part])) < 2 for part in (early, late)):
        return {"is_possible": False, "n": len(truth), "needed": MIN_TO_LEARN}
    names = [f"{i.id}_severity" for i in INDICATORS if f"{i.id}_severity" in scored.column_names]
    severity = np.column_stack([np.nan_to_num(scored[name].to_numpy(zero_copy_only=False).astype(float)) for name in names])
    model = ceiling.logistic(severity[early], truth[early].astype(float), n_signed=len(names))
    learned, own = m.auc(model(severity[late]), truth[late]), m.auc(points[late], truth[late])
    return {
        "is_possible": True, "n_train": int(early.sum()), "n_test": int(late.sum()),
        "split_after": date.fromordinal(int(middle)).isoformat(),
        "auc_learned": round(learned, 4), "auc_points": round(own, 4), "is_better": bool(learned >= own + BETTER_BY),
    }  # fmt: skip
