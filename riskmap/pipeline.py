"""From a folder of facts to a snapshot: prepare, judge, score, sum up, write."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from riskmap import (
    __version__,
    corrections,
    delivery,
    districts,
    facts,
    hysteresis,
    money,
    prepare,
    schema,
    snapshot,
    uncertainty,
)
from riskmap import score as scoring
from riskmap import settings as settings_file
from riskmap.corrections import Correction
from riskmap.engine import session, to_dates, to_days
from riskmap.forecast import schedule_table
from riskmap.indicators import INDICATORS, judge
from riskmap.problem import DataError
from riskmap.workdays import with_submission_days

EPOCH = date(1970, 1, 1)
Progress = Callable[[str], None]


def score_folder(
    folder: Path,
    *,
    as_of: date,
    out: Path,
    settings: Mapping[str, Any],
    engine: str = "duckdb",
    progress: Progress | None = None,
    previous: snapshot.Snapshot | None = None,
    accepted: Sequence[Correction] = (),
    work: Mapping[str, pa.Table] | None = None,
) -> snapshot.Snapshot:
    """Score the facts in `folder` as of a day and write the snapshot `out`. Nothing here asks the clock.

    `accepted` corrections are laid over the facts; `work`: tables of `snapshot.WORK` as they stand (riskmap.work.frozen).

    `previous` is the snapshot published before this one: small changes of the points do not change its levels at once.
    DataError if it is not of an earlier day.
    """
    if previous and previous.as_of >= as_of:
        raise DataError("previous_not_earlier", str(previous.folder), date=previous.as_of.isoformat(), as_of=as_of.isoformat())
    say = progress or (lambda step: None)
    tables, problems, report = facts.read(folder)
    tables, corrected = corrections.apply(tables, accepted) if accepted else (tables, [])
    say("score")
    settings = {name: own for name, own in settings.items() if name != "map"}  # how it is drawn changes no result
    scored = score_tables(tables, as_of=as_of, settings=settings, engine=engine, previous=previous)
    scored = districts.with_codes(scored, settings["country"])
    manifest = {
        "as_of": as_of.isoformat(),
        "code_version": __version__,
        "is_demo": bool(report.get("is_demo", False)),
        "previous": {"snapshot_id": previous.id, "as_of": previous.as_of.isoformat()} if previous else None,
        "settings": settings,
        "districts": districts.described(settings["country"]),
        "settings_sha256": settings_file.digest(settings),
        "inputs": [{"name": f["name"], "sha256": f["sha256"]} for f in report["files"]],
        "import": report,
        "rows": {name: table.num_rows for name, table in tables.items()},
        "totals": totals(scored, currency=settings["country"]["currency"]),
    }
    beside = dict(work or {}) | ({"corrections": corrections.as_table(corrected)} if accepted else {})
    say("write")
    written = {**tables, "facilities": scored, "problems": problems, **beside}
    return snapshot.load(snapshot.write(out, written, manifest))


def score_tables(
    tables: Mapping[str, pa.Table], *, as_of: date, settings: Mapping[str, Any], engine: str = "duckdb",
    previous: snapshot.Snapshot | None = None,
) -> pa.Table:  # fmt: skip
    """The scored facilities (`scored_schema`), sorted by facility_id, from fact tables as `facts.read` gives them."""
    as_of_day = (as_of - EPOCH).days
    curve = {name: settings["forecast"][name] for name in ("curve_c", "curve_k")}
    contracts = with_submission_days(tables["contracts"], calendar=settings["country"]["holidays"])
    dated = {**tables, "contracts": contracts}
    given = {name: to_days(table) for name, table in dated.items()} | {"curve": pa.table(schedule_table(**curve))}
    given["before"] = hysteresis.before(previous)
    with session(given, engine=engine) as (frames, cut):
        contracts, frame = prepare.facts(frames, settings=settings, as_of_day=as_of_day, cut=cut)
        frame = cut(judge(contracts, frame, settings=settings, as_of_day=as_of_day))
        frame = cut(scoring.with_means(frame, settings=settings))
        frame = cut(scoring.score(frame, settings=settings))
        frame = cut(hysteresis.published(frame, frames["before"], settings=settings))
        frame = delivery.flagged(delivery.delivery(frame, as_of_day=as_of_day), settings=settings)
        frame = money.exposure(frame)
        result = frame.collect(backend="pyarrow").to_native()
    result = uncertainty.ranked(to_dates(result).sort_by("facility_id"), settings=settings)
    result = money.at_risk(result, settings=settings)
    return _select(result, settings)


def scored_schema() -> pa.Schema:
    """Schema of the facilities of a snapshot: `schema.SCORED`, then severity, value, points and reason per indicator."""
    columns = dict(schema.SCORED)
    for indicator in INDICATORS:
        columns |= {f"{indicator.id}_severity": "number", f"{indicator.id}_value": "number"}
        columns |= {f"{indicator.id}_points": "number"} if indicator.axis == "integrity" else {}
        columns |= {f"{indicator.id}_reason": "text"}
    return pa.schema([(name, pa.type_for_alias(schema.ARROW_TYPES[kind])) for name, kind in columns.items()])


def totals(scored: pa.Table, *, currency: str) -> dict[str, int]:
    """The totals that the manifest, the pages and every export must agree on. Unknown budgets count as nothing here."""
    flagged = scored.filter(scored["is_flagged"])
    unit = currency.lower()
    return {
        "n_facilities": scored.num_rows,
        f"budget_{unit}": pc.sum(scored["budget_amount"]).as_py() or 0,
        "n_budget_unknown": scored["budget_amount"].null_count,
        "n_overdue": pc.sum(pc.cast(scored["is_overdue"], pa.int64())).as_py() or 0,
        "n_deadline_unknown": scored["is_overdue"].null_count,
        "n_flagged": flagged.num_rows,
        f"flagged_budget_{unit}": pc.sum(flagged["budget_amount"]).as_py() or 0,
        f"exposure_{unit}": pc.sum(scored["exposure_amount"]).as_py() or 0,
        f"flagged_exposure_{unit}": pc.sum(flagged["exposure_amount"]).as_py() or 0,
    }


def _select(result: pa.Table, settings: Mapping[str, Any]) -> pa.Table:
    columns = {name: result[name] for name in result.column_names}
    columns["value_amount"] = columns["value_sum_amount"]
    columns["peer_unit_cost"] = pc.exp(result["peer_log_cost"])
    columns["district_code"] = result["district"]
    columns["missing_fields"] = _missing_fields(columns, settings["score"]["core_fields"])
    wanted = scored_schema()
    return pa.table([columns[field.name].cast(field.type) for field in wanted], schema=wanted)


def _missing_fields(columns: Mapping[str, pa.ChunkedArray], core_fields: list[str]) -> pa.Array:
    """Names of the core fields that are null, joined by commas; "" where none is."""
    marks = [pc.if_else(pc.is_null(columns[name].combine_chunks()), f"{name},", "") for name in core_fields]
    joined = marks[0]
    for mark in marks[1:]:
        joined = pc.binary_join_element_wise(joined, mark, "")
    return pc.utf8_rtrim(joined, ",")
