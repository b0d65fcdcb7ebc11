"""A study of one snapshot: how late its works are, what can be computed of them and why not, what stands unfinished.

It describes a file and changes nothing: no threshold, no weight, no prior is taken from it. Works whose dates are not known are
counted apart in every table; a group too small to be told apart from chance goes into "others".
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import binomtest

from riskmap import i18n
from riskmap.engine import session
from riskmap.forecast import forecast
from riskmap.i18n import text
from riskmap.indicators import INDICATORS
from riskmap.schema import LEVELS
from riskmap.settings import load
from riskmap.snapshot import Snapshot
from riskmap.validate import metrics as m
from riskmap.validate.card import versions

HALF = 0.5  # of the planned time: when the forecast is said
MIN_GROUP = 10  # smaller groups are not shown alone
MAX_GROUPS = 12
MAX_DATES = 5
LATER_THAN = (0, 30, 180, 365)  # days; the bands of D01
QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
YEAR = 365.25
_N_RESAMPLES = 300
_REST = ("study.row.others", "study.row.not_stated")  # last in every table
_DATES = ("start_on", "signed_on", "due_on", "due_first_on", "completed_on")

# no report is used, so no pace is tried: `forecast.pace_class` of nothing
_NO_PACE = pa.table({"pace_band": [-1], "pace_mean": [0.0], "pace_sd": [0.0], "n_pace": [0]})

_INDICATORS = {indicator.id for indicator in INDICATORS}

Row = dict[str, Any]
Numbers = NDArray[np.float64]

_GROUP = (
    ("label", "text"), ("begun", "count"), ("finished", "count"), ("late_share", "share"), ("late_low", "share"),
    ("late_high", "share"), ("over_share", "share"), ("same_day_share", "share"), ("median_days", "count"), ("p90_days", "count"),
)  # fmt: skip
_OPEN = (
    ("label", "text"), ("n", "count"), ("value", "money"), ("value_share", "share"), ("age_years", "decimal"),
    ("past_due_days", "count"), ("progress", "share"), ("paid", "share"),
)  # fmt: skip
_SPREAD = (("label", "word"), ("n", "count"), *((f"p{round(100 * q)}", "by_row") for q in QUANTILES))
# table -> its columns: (name, how it is written). Titles and headers: locale section `study`
TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "status": (("label", "text"), ("n", "count"), ("accepted", "count"), ("overdue", "count"), ("value", "money")),
    "finished": (("label", "word"), ("n", "count"), ("share", "share"), ("low", "share"), ("high", "share")),
    "spread": _SPREAD,
    "dates": (("label", "text"), ("n", "count"), ("share", "share")),
    "by_year": _GROUP,
    "by_type": _GROUP,
    "by_value": _GROUP,
    "by_duration": _GROUP,
    "ratio": (
        ("label", "text"), ("n", "count"), ("mean", "decimal"), ("sd", "decimal"), ("median", "decimal"),
        ("inside", "share"), ("below", "share"), ("above", "share"),
    ),
    "half": (
        ("label", "word"), ("n", "count"), ("said", "share"), ("came", "share"), ("brier", "decimal3"), ("auc", "decimal"),
        ("held", "share"), ("before", "share"), ("after", "share"), ("error_days", "count"),
    ),
    "known_early": (("label", "word"), ("n", "count"), ("auc", "decimal"), ("low", "decimal"), ("high", "decimal")),
    "indicators": (("label", "text"), ("known", "count"), ("above_zero", "count"), ("from_half", "count"), ("why_not", "text")),
    "coverage": (("label", "text"), ("n", "count"), ("min", "share"), ("median", "share"), ("max", "share")),
    "fields": (("label", "text"), ("n", "count"), ("share", "share")),
    "open": _SPREAD,
    "open_by_type": _OPEN,
    "open_by_region": _OPEN,
    "open_by_status": _OPEN,
}  # fmt: skip


def study(made: Snapshot) -> dict[str, Any]:
    """The tables of the study (`TABLES`: name -> rows), with what they were made from. A table without a row is empty.

    "Finished" is a facility with a day of acceptance whose status, where the source gives one, says so
    (settings `deadline.completed_words`); the rest are set aside.
    """
    # a snapshot of an earlier version may lack a number that the forecast asks for today
    settings = {**made.manifest["settings"]}
    settings["forecast"] = {**load()["forecast"], **settings["forecast"]}
    works = _works(made)
    done, ended = works[works["is_finished"]], works[works["is_aside"]]
    tables = {
        "status": _by_status(works),
        "finished": _finished(works, done, n_aside=len(ended)),
        "spread": _spreads({"days_late": done["late_days"], "days_late_of_late": done["late_days"][done["late_days"] > 0],
                            "share_of_plan": done["late_days"] / done["plan_days"]}),
        "dates": _commonest(works["due_on"]),
        **{f"by_{name}": _groups(works, label) for name, label in _groupings(works).items()},
        "ratio": _ratios(done, settings=settings),
        **_said_early(works, settings=settings),
        **_computable(works, core_fields=settings["score"]["core_fields"]),
        **_open(works[works["is_open"]], lawful_advance=settings["paid_ahead"]["max_advance_share"]),
    }  # fmt: skip
    return {
        "kind": "study", "snapshot_id": made.id, "as_of": made.as_of.isoformat(), "currency": made.currency,
        "settings_sha256": made.manifest["settings_sha256"], "code_version": made.manifest["code_version"],
        "indicators": versions(), "n_facilities": len(works),
        "tables": {name: [_without_nan(row) for row in rows] for name, rows in tables.items()},
    }  # fmt: skip


def _without_nan(row: Row) -> Row:
    """JSON knows no NaN: what is not defined is null."""
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}


def lines(report: Mapping[str, Any], lang: str) -> list[str]:
    """The report as Markdown: a heading and a table each; empty tables are left out."""
    about = {"snapshot": report["snapshot_id"], "hash": report["settings_sha256"][:12], "version": report["code_version"]}
    n = i18n.number(report["n_facilities"], lang)
    shown = [text("study.about", lang, n=n, as_of=report["as_of"], **about)]
    for name, rows in report["tables"].items():
        if rows:
            shown += ["", f"**{text(f'study.table.{name}', lang)}**", "", *_markdown(name, rows, report["currency"], lang)]
    return [*shown, "", text("study.limits", lang)]


def _markdown(name: str, rows: Sequence[Row], currency: str, lang: str) -> list[str]:
    columns = TABLES[name]
    head = " | ".join(text(f"study.column.{column}", lang) for column, _ in columns)
    body = [" | ".join(_cell(row, column, kind, currency, lang) for column, kind in columns) for row in rows]
    return [f"| {head} |", f"|---|{'--:|' * (len(columns) - 1)}", *(f"| {line} |" for line in body)]


def _cell(row: Row, column: str, kind: str, currency: str, lang: str) -> str:
    value = row.get(column)
    kind = row["kind"] if kind == "by_row" else kind
    if value is None:
        return "–"
    if kind == "word" or (isinstance(value, str) and value.startswith("study.")):
        return text(value if value.startswith("study.") else f"study.row.{value}", lang)
    if kind == "text":
        return _words(value, lang).replace("|", "/")
    write: dict[str, Callable[[Any], str]] = {
        "count": lambda x: i18n.number(x, lang),
        "decimal": lambda x: i18n.number(_rounded(x, 2), lang, 2),
        "decimal3": lambda x: i18n.number(_rounded(x, 3), lang, 3),
        "share": lambda x: i18n.share(_rounded(x, 2), lang),
        "money": lambda x: i18n.money(x, lang, currency),
    }
    return write[kind](value)


def _rounded(value: float, digits: int) -> float:
    """Rounded, and never "-0.00"."""
    return round(value, digits) + 0.0


def _words(value: Any, lang: str) -> str:
    """Words of the source as they are; reasons (`_reason`) and keys of our own in the reader's language."""
    if isinstance(value, list):
        return "; ".join(f"{_reason(reason, n, absent, lang)} ({i18n.number(n, lang)})" for reason, n, absent in value)
    if value in _INDICATORS:
        return f"{value} {text(f'indicator.{value}.title', lang)}"
    return text(value, lang) if i18n.has(value, lang) else str(value)


def _reason(reason: str, n: int, absent: Mapping[str, int], lang: str) -> str:
    """Why a fact is not known in `n` facilities; `absent`: in how many of them each column it needs is not given."""
    named = [text(f"column.{name}", lang) + (f" {i18n.number(k, lang)}" if k < n else "") for name, k in absent.items()]
    if reason == "missing_columns" and not named:
        return text("study.row.unusable", lang)
    return text(f"reason.{reason}", lang, columns=", ".join(named)).rstrip(".")


# ---- the works -----------------------------------------------------------------------------------------------------
def _works(made: Snapshot) -> pd.DataFrame:
    """One row per facility: the scored columns, days as numbers since 1970 (`*_day`, NaN = not known) and what follows.

    `late_days` from the date in force to acceptance, `plan_days` from the beginning to that date, `half_day` when half of it
    was over; `progress` may be undated.
    """
    works = made.facilities.copy()
    for name in _DATES:
        days = pd.to_datetime(works[name])
        works[name.removesuffix("_on") + "_day"] = (days - pd.Timestamp(0)) / pd.Timedelta(days=1)
    works["as_of_day"] = float((pd.Timestamp(made.as_of) - pd.Timestamp(0)).days)
    works["begun_day"] = works["start_day"].fillna(works["signed_day"])
    plan = works["due_day"] - works["begun_day"]
    works["plan_days"] = plan.where(plan > 0)
    works["half_day"] = (works["begun_day"] + HALF * works["plan_days"]).round()
    works["late_days"] = works["completed_day"] - works["due_day"]
    said = works["status"].str.strip().str.lower()
    says_done = said.isna() | said.isin(made.manifest["settings"]["deadline"]["completed_words"])
    works["is_finished"] = works["completed_day"].notna() & says_done.astype(bool)
    works["is_aside"] = works["completed_day"].notna() & ~works["is_finished"]
    works["is_open"] = works["completed_day"].isna() & works["delivery"].isin(["overdue", "not_due", "not_known"])
    works["is_overdue"] = works["is_overdue"].fillna(False).astype(bool)
    works["value"] = works["value_amount"].astype("Float64").astype(float)
    works["progress"] = works["progress_share"].astype(float).fillna(works["facility_id"].map(_undated(made)).astype(float))
    works["paid"] = works["paid_amount"].astype("Float64").astype(float) / works["value"].where(works["value"] > 0)
    works["type"] = works["facility_type_stated"].fillna(works["facility_type"])
    of_contracts = made.table("contracts").groupby("facility_id").first()
    return works.join(of_contracts[of_contracts.columns.difference(works.columns)], on="facility_id")


def _undated(made: Snapshot) -> pd.Series:
    """Reported share of the works per facility where the only report has no date: fit to describe, not to be judged by."""
    reports = made.table("progress")
    alone = reports[~reports["facility_id"].duplicated(keep=False) & reports["reported_on"].isna()]
    return alone.set_index("facility_id")["progress_share"]


def _by_status(works: pd.DataFrame) -> list[Row]:
    label = _pooled(works["status"].fillna("study.row.not_stated"), n_least=1)
    rows = [
        {"label": name, "n": len(part), "accepted": int(part["completed_day"].notna().sum()),
         "overdue": int(part["is_overdue"].sum()), "value": _sum(part["value"])}
        for name, part in works.groupby(label, sort=False)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: -row["n"])


# ---- how late ------------------------------------------------------------------------------------------------------
def _finished(works: pd.DataFrame, done: pd.DataFrame, *, n_aside: int) -> list[Row]:
    """How the finished works stand to the date in force. Shares are of those with both dates, with Wilson intervals."""
    late = done["late_days"].dropna()
    if not len(done):
        return []
    counted = {
        "early": late < 0, "same_day": late == 0, **{f"late_{days}": late > days for days in LATER_THAN},
    }  # fmt: skip
    rows: list[Row] = [
        {"label": name, "n": int(yes.sum()), **_interval(int(yes.sum()), len(late))} for name, yes in counted.items()
    ]
    due_over, is_late = _over(works)
    rows.append({"label": "late_or_open", "n": int(is_late.sum()), **_interval(int(is_late.sum()), int(due_over.sum()))})
    unknown = {"finished": len(done), "no_dates": len(done) - len(late), "aside": n_aside}
    return [*({"label": name, "n": n} for name, n in unknown.items()), *rows]


def _over(works: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Works that are finished or whose date has passed, and of them those finished late or open: no survivor counts twice."""
    finished = works["is_finished"] & works["late_days"].notna()
    overdue = works["is_open"] & works["is_overdue"]
    return (finished & (works["due_day"] <= works["as_of_day"])) | overdue, (finished & (works["late_days"] > 0)) | overdue


def _interval(k: int, n: int) -> Row:
    """Share and its 95 % interval (Wilson); nothing where nothing was counted."""
    if not n:
        return {"share": None, "low": None, "high": None}
    low, high = binomtest(k, n).proportion_ci(method="wilson")
    return {"share": k / n, "low": float(low), "high": float(high)}


def _spreads(values: Mapping[str, pd.Series]) -> list[Row]:
    """Quantiles of each series; how it is written goes by its name."""
    rows = []
    for name, series in values.items():
        known = series.replace([np.inf, -np.inf], np.nan).dropna().astype(float)
        if len(known):
            kind = "share" if name.startswith("share") else "decimal" if name.endswith("years") else "count"
            found = {f"p{round(100 * q)}": float(known.quantile(q)) for q in QUANTILES}
            rows.append({"label": name, "kind": kind, "n": len(known), **found})
    return rows


def _commonest(dates: pd.Series) -> list[Row]:
    """The planned dates in force that stand most often: a date that many works share was set for a list, not for a work."""
    counts = dates.dropna().astype(str).value_counts()
    shown = sorted(counts[counts >= MIN_GROUP].items(), key=lambda item: (-item[1], item[0]))[:MAX_DATES]
    return [{"label": day, "n": int(n), "share": n / counts.sum()} for day, n in shown]


def _groupings(works: pd.DataFrame) -> dict[str, pd.Series]:
    year = pd.to_datetime(works["start_on"].fillna(works["signed_on"])).dt.year.astype("Int64").astype("string")
    return {
        "year": _pooled(year.fillna("study.row.not_stated"), n_least=MIN_GROUP),
        "type": _pooled(works["type"].fillna("study.row.not_stated"), n_least=MIN_GROUP),
        "value": _quarters(works["value"]),
        "duration": _quarters(works["plan_days"]),
    }


def _pooled(label: pd.Series, *, n_least: int) -> pd.Series:
    """Labels of groups with at least so many works, the largest `MAX_GROUPS` of them; the rest are "others"."""
    counts = label.value_counts()
    kept = counts[counts >= n_least].index[:MAX_GROUPS]
    return label.astype(object).where(label.isin(kept), "study.row.others")


def _quarters(values: pd.Series) -> pd.Series:
    """Each work's quarter of the known values, from the smallest; ties stay together."""
    names = [f"study.row.quarter{i}" for i in range(1, 5)]
    cut = pd.Series(np.searchsorted(values.quantile([0.25, 0.5, 0.75]).to_numpy(), values.to_numpy(), side="left"), values.index)
    return cut.map(dict(enumerate(names))).where(values.notna(), "study.row.not_stated")


def _groups(works: pd.DataFrame, label: pd.Series) -> list[Row]:
    """How late the finished works of each group are, beside how many began: a young group has only its quick works finished."""
    if not works["is_finished"].any():
        return []
    rows = []
    due_over, is_late = _over(works)
    for name, part in works.groupby(label):
        late = part.loc[part["is_finished"], "late_days"].dropna()
        share = _interval(int((late > 0).sum()), len(late))
        over, n_late = int(due_over[part.index].sum()), int(is_late[part.index].sum())
        rows.append({
            "label": name, "begun": len(part), "finished": len(late),
            "late_share": share["share"], "late_low": share["low"], "late_high": share["high"],
            "over_share": n_late / over if over else None, "same_day_share": float((late == 0).mean()) if len(late) else None,
            "median_days": _middle(late), "p90_days": float(late.quantile(0.9)) if len(late) else None,
        })  # fmt: skip
    return sorted(rows, key=lambda row: (row["label"] in _REST, row["label"]))


# ---- the forecast --------------------------------------------------------------------------------------------------
def _log_ratio(works: pd.DataFrame, settings: Mapping[str, Any]) -> pd.Series:
    """ln(actual / planned duration) as the reference class of the forecast takes it; NaN where it is not known."""
    low, high = settings["forecast"]["ratio_bounds"]
    took = (works["completed_day"] - works["begun_day"]) / works["plan_days"]
    return pd.Series(np.log(took.where(took > 0).clip(low, high)), works.index)


def _ratios(done: pd.DataFrame, *, settings: Mapping[str, Any]) -> list[Row]:
    """The distribution of ln(actual / planned) beside the prior of the settings, and how much of it the prior's 80 % hold."""
    terms = settings["forecast"]
    ratio = _log_ratio(done, settings)
    mean, sd = terms["prior_mean"], terms["prior_sd"]
    low, high = mean - terms["interval_z"] * sd, mean + terms["interval_z"] * sd
    of_type = {str(name): part for name, part in ratio.groupby(done["facility_type"]) if part.count() >= terms["reference_min_n"]}
    sets = {"study.row.all": ratio, "study.row.not_same_day": ratio[done["late_days"] != 0]} | {
        f"kind.facility_type.{name}": part for name, part in of_type.items()
    }
    rows = [
        {"label": name, "n": len(known), "mean": known.mean(), "sd": known.std(), "median": known.median(),
         "inside": float(known.between(low, high).mean()), "below": float((known < low).mean()),
         "above": float((known > high).mean())}
        for name, part in sets.items() if len(known := part.dropna())
    ]  # fmt: skip
    outside = 0.10
    prior = {
        "label": "study.row.prior",
        "mean": mean,
        "sd": sd,
        "median": mean,
        "inside": 0.80,
        "below": outside,
        "above": outside,
    }
    return [prior, *rows] if rows else []


def said_at_half(works: pd.DataFrame, *, settings: Mapping[str, Any]) -> pd.DataFrame:
    """What the forecast said of each work on the day when half of its planned time was over, and what came.

    Only what was known then: beginning, date due, type, and the works of the type finished by that day. No dated progress is
    used. One row per work that ran on that day and of which it is known today whether it came 30 days late; columns of
    `works`, then chance, low_day, at_day, high_day, is_late, and the same with `prior_` from the prior alone.
    """
    terms = settings["forecast"]
    runs = works["half_day"].notna() & ~works["is_aside"] & (works["half_day"] <= works["as_of_day"])
    runs &= ~(works["completed_day"] <= works["half_day"])
    limit = works["due_day"] + terms["late_after_days"]
    known = works["completed_day"].notna() | (limit < works["as_of_day"])
    asked = works[runs & known].sort_values("half_day", kind="stable").reset_index(drop=True)
    reference = _reference(works[works["is_finished"]], asked, settings=settings)
    nothing = pd.DataFrame({"facility_type": ["-"], "reference_mean": [0.0], "reference_sd": [0.0], "n_reference": [0]})
    found = {"": _forecast(asked, reference, settings=settings), "prior_": _forecast(asked, nothing, settings=settings)}
    for prefix, said in found.items():
        asked[f"{prefix}chance"] = said["late_probability"].to_numpy()
        for name, column in (("low", "forecast_low_day"), ("at", "forecast_finish_day"), ("high", "forecast_high_day")):
            # nobody can finish before the day on which this is said
            asked[f"{prefix}{name}_day"] = np.maximum(said[column].to_numpy(float), asked["half_day"])
    asked["n_reference"] = reference["n_reference"].to_numpy()
    asked["is_late"] = ~(asked["completed_day"] <= asked["due_day"] + terms["late_after_days"])
    return asked


def _reference(done: pd.DataFrame, asked: pd.DataFrame, *, settings: Mapping[str, Any]) -> pd.DataFrame:
    """`forecast.reference_class` as it stood on each work's own day; one row per row of `asked`, keyed by its position."""
    low, high = settings["forecast"]["ratio_bounds"]
    took = (done["completed_day"] - done["begun_day"]) / done["plan_days"]
    known = done.assign(ratio=np.log(took.where(took > 0).clip(low, high))).dropna(subset=["ratio", "facility_type"])
    known = known.sort_values("completed_day", kind="stable")
    so_far = known.groupby("facility_type")["ratio"].expanding()
    # the index of an expanding window is (type, row)
    known["reference_mean"], known["reference_sd"] = so_far.mean().droplevel(0), so_far.std().droplevel(0)
    known["n_reference"] = known.groupby("facility_type").cumcount() + 1
    found = ["reference_mean", "reference_sd", "n_reference"]
    then = pd.merge_asof(
        asked[["half_day", "facility_type"]], known[["completed_day", "facility_type", *found]],
        left_on="half_day", right_on="completed_day", by="facility_type",
    )  # fmt: skip
    then["n_reference"] = then["n_reference"].fillna(0).astype(int)
    return then[found].assign(facility_type=[str(i) for i in range(len(then))])


def _forecast(asked: pd.DataFrame, reference: pd.DataFrame, *, settings: Mapping[str, Any]) -> pd.DataFrame:
    """The tool's own forecast, each work a class of its own so that each has the reference of its own day; same order."""
    n = len(asked)
    facilities = pa.table({
        "facility_type": [str(i) for i in range(n)], "position": np.arange(n),
        "begun_day": asked["begun_day"].astype(int), "planned_days": asked["plan_days"],
        "baseline_day": asked["due_day"].astype(int),
        "progress_share": pa.nulls(n, pa.float64()), "spi_t": pa.nulls(n, pa.float64()), "is_completed": np.zeros(n, dtype=bool),
    })  # fmt: skip
    classes = pa.Table.from_pandas(reference, preserve_index=False)
    with session({"facilities": facilities, "classes": classes, "pace": _NO_PACE}, engine="duckdb") as (frames, _):
        said = forecast(frames["facilities"], frames["classes"], frames["pace"], settings=settings, as_of_day=0)
        found: pa.Table = said.collect(backend="pyarrow").to_native()
    return found.sort_by("position").to_pandas()


def _said_early(works: pd.DataFrame, *, settings: Mapping[str, Any]) -> dict[str, list[Row]]:
    """The forecast at half of the planned time judged, and what else was known at the beginning against lateness."""
    said = said_at_half(works, settings=settings) if works["is_finished"].any() else works[:0]
    if not len(said):
        return {"half": [], "known_early": []}
    late = said["is_late"].to_numpy(bool)
    enough = said["n_reference"] >= settings["forecast"]["reference_min_n"]
    rows = [_judged(said, "prior_", "prior"), _judged(said, "", "reference"), _judged(said[enough], "", "reference_enough")]
    on_time = said.assign(
        plan_chance=0.0, plan_low_day=said["due_day"], plan_at_day=said["due_day"], plan_high_day=said["due_day"]
    )
    plan = {k: v for k, v in _judged(on_time, "plan_", "plan").items() if k in ("label", "n", "came", "brier", "error_days")}
    early: dict[str, pd.Series] = {
        "half_forecast": said["chance"], "plan_days": said["plan_days"], "value": said["value"],
        "value_to_budget": said["value"] / said["budget_amount"].astype("Float64").astype(float),
        "n_bidders": said["n_bidders"].astype("Float64").astype(float),
        "one_bidder": (said["n_bidders"] == 1).astype("Float64").astype(float),
        "submission_days": said["T12_value"].astype("Float64").astype(float),
    }  # fmt: skip
    base = {"label": "base_rate", "n": len(said), "came": late.mean(), "brier": late.var()}
    early_birds = {"label": "before_half", "n": int((works["completed_day"] <= works["half_day"])[works["is_finished"]].sum())}
    return {
        "half": [early_birds, *rows, plan, base],
        "known_early": [row for name, x in early.items() if (row := _auc(name, x, late))],
    }


def _judged(said: pd.DataFrame, prefix: str, label: str) -> Row:
    """One way to forecast: chance said against share come, Brier, AUC, what the 80 % interval held, median error of the day.

    A work still open counts as after the interval once the interval is over, and not in the error of the day.
    """
    late, chance = said["is_late"].to_numpy(bool), said[f"{prefix}chance"].to_numpy(float)
    finish = said["completed_day"].fillna(np.inf)
    before, after = finish < said[f"{prefix}low_day"], finish > said[f"{prefix}high_day"]
    came = said["completed_day"].notna() | (said[f"{prefix}high_day"] < said["as_of_day"])
    error = (said["completed_day"] - said[f"{prefix}at_day"]).abs()
    n = len(said)
    return {
        "label": label, "n": n, "said": float(chance.mean()) if n else None, "came": float(late.mean()) if n else None,
        "brier": float(((chance - late) ** 2).mean()) if n else None, "auc": m.auc(chance, late),
        "held": float((~before & ~after)[came].mean()) if n else None, "before": float(before[came].mean()) if n else None,
        "after": float(after[came].mean()) if n else None, "error_days": _middle(error.dropna()),
    }  # fmt: skip


def _auc(name: str, values: pd.Series, late: m.Truth) -> Row | None:
    """Chance that a work which came late stands above one which did not, by one number known early; 95 % by resampling."""
    x = values.to_numpy(float)
    known = np.isfinite(x)
    if known.sum() < MIN_GROUP or np.ptp(x[known]) == 0:
        return None
    x, truth = x[known], late[known]
    draws = np.random.default_rng(0).integers(0, len(x), (_N_RESAMPLES, len(x)))
    low, high = np.nanquantile([m.auc(x[at], truth[at]) for at in draws], [0.025, 0.975])
    return {"label": name, "n": len(x), "auc": m.auc(x, truth), "low": float(low), "high": float(high)}


# ---- what can be computed ------------------------------------------------------------------------------------------
def _computable(works: pd.DataFrame, *, core_fields: Sequence[str]) -> dict[str, list[Row]]:
    """Per indicator on how many facilities it is known and why not; coverage by level; how often each core field is given."""
    rules = []
    for indicator in INDICATORS:
        severity = works[f"{indicator.id}_severity"].astype(float)
        reasons = works[severity.isna()].groupby(f"{indicator.id}_reason")
        rules.append({
            "label": indicator.id, "known": int(severity.notna().sum()),
            "above_zero": int((severity > 0).sum()), "from_half": int((severity >= 0.5).sum()),
            "why_not": [(name, len(part), _absent(part, indicator.columns)) for name, part in reasons],
        })  # fmt: skip
    coverage = works["coverage"].astype(float)
    levels = {"study.row.all": coverage} | {f"level.{level}.name": coverage[works["level"] == level] for level in LEVELS}
    fields = [(f"column.{name}", int(works[name].notna().sum())) for name in core_fields]
    return {
        "indicators": rules,
        "coverage": [
            {"label": name, "n": len(x), "min": x.min(), "median": x.median(), "max": x.max()}
            for name, x in levels.items()
            if len(x)
        ],
        "fields": [{"label": name, "n": n, "share": n / len(works)} for name, n in fields],
    }  # fmt: skip


def _absent(works: pd.DataFrame, columns: Sequence[str]) -> Row:
    """Of the columns a rule needs, those not given in some of these facilities, with the number of facilities."""
    counts = {name: int(works[name].isna().sum()) if name in works else len(works) for name in columns}
    return {name: n for name, n in counts.items() if n}


# ---- what stands unfinished ----------------------------------------------------------------------------------------
def _open(works: pd.DataFrame, *, lawful_advance: float) -> dict[str, list[Row]]:
    """Works without acceptance: age, time past the date due, reported progress (dated or not), paid share, and the money.

    `share_gap` is the gap of T01 on that progress, dated or not: what the file hints at, not what is published of a facility.
    """
    names = ("open", "open_by_type", "open_by_region", "open_by_status")
    if not len(works):
        return {name: [] for name in names}
    works = works.assign(
        age_years=(works["as_of_day"] - works["begun_day"]).where(lambda x: x >= 0) / YEAR,
        past_due=(works["as_of_day"] - works["due_day"]).clip(lower=0),
        past_first=(works["as_of_day"] - works["due_first_day"]).clip(lower=0),
        share_moved=works["D02_value"].astype("Float64").astype(float),
    )
    spread = {
        "age_years": works["age_years"], "days_past_due": works["past_due"],
        "days_past_first": works["past_first"], "share_moved": works["share_moved"], "share_done": works["progress"],
        "share_paid": works["paid"], "share_paid_less_done": works["paid"] - works["progress"],
        "share_gap": works["paid"] - lawful_advance * (1 - works["progress"]) - works["progress"],
    }  # fmt: skip
    region = works["region"].fillna("study.row.not_stated")
    groups = {
        "open_by_type": works["type"], "open_by_region": region, "open_by_status": works["status"].fillna("study.row.not_stated"),
    }  # fmt: skip
    return {"open": _spreads(spread), **{name: _open_groups(works, label) for name, label in groups.items()}}


def _open_groups(works: pd.DataFrame, label: pd.Series) -> list[Row]:
    total = works["value"].sum()
    rows = [
        {"label": name, "n": len(part), "value": _sum(part["value"]),
         "value_share": part["value"].sum() / total if total else None,
         "age_years": _middle(part["age_years"]), "past_due_days": _middle(part["past_due"]),
         "progress": _middle(part["progress"]), "paid": _middle(part["paid"])}
        for name, part in works.groupby(_pooled(label, n_least=MIN_GROUP))
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row["label"] in _REST, -row["n"], row["label"]))


def _middle(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.median()) if len(known) else None


def _sum(values: pd.Series) -> float | None:
    return float(values.sum()) if values.notna().any() else None
