"""Features: sums of payments, latest progress, first and current terms; local to any partition of facilities."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals as nw

from riskmap import schema
from riskmap.engine import Frame
from riskmap.forecast import earned_schedule
from riskmap.prepare.network import supplier_key

_EPOCH = date(1970, 1, 1).toordinal()

_FAR_DAY = 2**31  # sorts after every real day
_SHARE_NOISE = 1e-9  # 0.415 - 0.01 is a little less than 0.405 in binary; a rise of exactly one point is a rise
_REPORTED_END = 1.0  # an act of acceptance states that the works are complete


def contract_features(tables: Mapping[str, Frame], *, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """One row per contract: its terms, first and current, its market keys and the facility's region and buyer.

    `value_first_amount` and `due_first_day` are null when the first terms are not known; zero stated amendments mean
    that the first terms are the current ones.
    """
    facilities = tables["facilities"].select(
        "facility_id", "region_code", "completed_day", facility_buyer_id="buyer_id", facility_buyer_name="buyer_name"
    )
    amendments = _first_terms(tables, early_days=settings["amendments"]["early_days"], as_of_day=as_of_day)
    frame = tables["contracts"].join(facilities, on="facility_id", how="left").join(amendments, on="contract_id", how="left")
    frame = frame.join(_bids(tables), on="contract_id", how="left")
    buyer = nw.coalesce("buyer_id", "facility_buyer_id")
    n_amendments = nw.coalesce("n_amendments", "n_amendment_rows")
    frame = frame.with_columns(
        buyer_id=buyer,
        buyer_key=nw.coalesce(buyer, nw.col("facility_buyer_name")),
        supplier_key=supplier_key(),
        region_key=nw.col("region_code").fill_null("-"),
        n_amendments=n_amendments,
        as_of_day=nw.lit(as_of_day),
    ).with_columns(
        price_growth=price_level("as_of_day", table=settings["price_index"])
        / price_level("signed_day", table=settings["price_index"])
    )
    unchanged = (n_amendments == 0).fill_null(False)
    frame = frame.with_columns(
        value_first_amount=nw.coalesce(
            nw.col("value_first_amount"), nw.col("first_value_before"), nw.when(unchanged).then(nw.col("value_amount"))
        ),
        due_first_day=nw.coalesce(
            nw.col("due_first_day"), nw.col("first_due_before"), nw.when(unchanged).then(nw.col("due_day"))
        ),
    )
    tolerated = nw.col("value_first_amount").cast(nw.Float64) * nw.col("price_growth") * settings["exposure"]["growth_tolerance"]
    return frame.with_columns(growth_excess=(nw.col("value_amount").cast(nw.Float64) - tolerated).clip(lower_bound=0.0))


def _first_terms(tables: Mapping[str, Frame], *, early_days: int, as_of_day: int) -> Frame:
    """Per contract with amendment rows: how many count, the first terms before any of them, the early growth in value."""
    signed = tables["contracts"].select("contract_id", "signed_day")
    rows = (
        tables["amendments"]
        .filter((nw.col("amended_day") <= as_of_day).fill_null(True))
        .join(signed, on="contract_id", how="left")
    )
    counts = nw.col("amendment_kind").fill_null("other") != "other"  # budget-year addenda change nothing that we count
    day = nw.col("amended_day").fill_null(_FAR_DAY)
    growth = nw.col("value_after_amount").cast(nw.Float64) / nw.col("value_before_amount").cast(nw.Float64) - 1.0
    is_early = (nw.col("amended_day") - nw.col("signed_day") <= early_days).fill_null(False)
    rows = rows.with_columns(
        counted=nw.when(counts).then(nw.lit(1)).otherwise(nw.lit(0)),
        early=nw.when(is_early & (nw.col("value_before_amount") > 0).fill_null(False)).then(growth),
        value_day=nw.when(~nw.col("value_before_amount").is_null()).then(day),
        due_change_day=nw.when(~nw.col("due_before_day").is_null()).then(day),
    )
    first = rows.group_by("contract_id").agg(
        n_amendment_rows=nw.col("counted").sum(), early_growth=nw.col("early").max(),
        first_value_day=nw.col("value_day").min(), first_due_day=nw.col("due_change_day").min(),
    )  # fmt: skip
    rows = rows.join(first.select("contract_id", "first_value_day", "first_due_day"), on="contract_id", how="left").with_columns(
        v0=nw.when(nw.col("value_day") == nw.col("first_value_day")).then(nw.col("value_before_amount")),
        t0=nw.when(nw.col("due_change_day") == nw.col("first_due_day")).then(nw.col("due_before_day")),
    )
    # several amendments on one day: the smallest earlier value and the earliest earlier date are the first terms
    terms = rows.group_by("contract_id").agg(first_value_before=nw.col("v0").min(), first_due_before=nw.col("t0").min())
    return first.select("contract_id", nw.col("n_amendment_rows").cast(nw.Int64), "early_growth").join(
        terms, on="contract_id", how="left"
    )


def _bids(tables: Mapping[str, Frame]) -> Frame:
    """Per contract with listed tenders: how many, how many were admitted, admitted ones that won, and those not settled.

    A tender is settled if its admission is known and, where it was admitted, whether it won.
    """
    valid, winner = nw.col("is_valid").fill_null(False), nw.col("is_winner").fill_null(False)
    open_ = nw.col("is_valid").is_null() | (valid & nw.col("is_winner").is_null())
    marks = {"n_valid_bids": valid, "n_valid_winners": valid & winner, "n_bids_not_settled": open_}
    rows = tables["bids"].select(
        "contract_id",
        n_bids=nw.lit(1),
        **{name: nw.when(mark).then(nw.lit(1)).otherwise(nw.lit(0)) for name, mark in marks.items()},
    )
    names = ("n_bids", *marks)
    sums = rows.filter(~nw.col("contract_id").is_null()).group_by("contract_id").agg(*(nw.col(name).sum() for name in names))
    return _as_int64(sums, keep=("contract_id",), names=names)


def facility_features(tables: Mapping[str, Frame], contracts: Frame, *, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """One row per facility: its columns, the main contract, sums over contracts, payments, progress, completion."""
    frame, progress = tables["facilities"], _progress(tables, settings, as_of_day)
    for part in (_main_contract(contracts), _contract_sums(contracts), _payments(tables, progress, settings, as_of_day), progress,
        _observations(tables, settings, as_of_day), _around_year_end(tables, settings, as_of_day)):  # fmt: skip
        frame = frame.join(part, on="facility_id", how="left")
    status, words = nw.col("status").str.to_lowercase(), settings["deadline"]
    # a contract that was terminated has a last day too: that is not an acceptance
    was_ended = status.is_in(words["ended_words"]).fill_null(False)
    is_done = (nw.col("completed_day") <= as_of_day).fill_null(False) & ~was_ended
    says_done = status.is_in(words["completed_words"]).fill_null(False)
    baseline = ("due_first_day", "due_day") if settings["deadline"]["baseline"] == "first" else ("due_day", "due_first_day")
    all_paid = nw.col("n_paid_stated") == nw.col("n_contracts")
    all_advance = nw.col("n_advance_stated") == nw.col("n_contracts")
    frame = frame.with_columns(
        is_completed=is_done | says_done,
        completed_day=nw.when(is_done).then(nw.col("completed_day")),
        n_contracts=nw.col("n_contracts").fill_null(0),
        # a stated total is the source's own word; dated payments are summed where there is none
        paid_amount=nw.coalesce(nw.when(all_paid).then(nw.col("paid_stated")), nw.col("paid_rows")),
        advance_amount=nw.coalesce(
            nw.when(all_advance).then(nw.col("advance_stated")),
            nw.when(nw.col("n_kind_unknown") == 0).then(nw.col("advance_rows")),
        ),
        value_sum_amount=nw.when(nw.col("n_value_known") == nw.col("n_contracts")).then(nw.col("value_sum")),
        progress_share=nw.coalesce(nw.col("progress_share"), nw.when(is_done).then(nw.lit(_REPORTED_END))),
        is_done_by_year_end=(nw.col("completed_day") <= _last_year(as_of_day)[2]).fill_null(False) & is_done,
        first_works_day=nw.min_horizontal("first_seen_day", "first_act_day"),
        due_day=nw.coalesce("due_day", "due_first_day"),
        baseline_day=nw.coalesce(*baseline),
        price_level=price_level("signed_day", table=settings["price_index"]),
    )  # fmt: skip
    nothing_paid = nw.when((nw.col("paid_amount") == 0).fill_null(False)).then(nw.lit(0))
    dated = nw.when(~nw.col("last_paid_day").is_null()).then(nw.col("paid_stalled_rows"))
    frame = frame.with_columns(paid_stalled_amount=nw.coalesce(dated, nothing_paid))
    real = nw.col("value_amount").cast(nw.Float64) / nw.col("price_level") / nw.col("capacity")
    comparable = (
        (nw.col("value_amount") > 0)
        & (nw.col("capacity") > 0)
        & ~nw.col("capacity_unit").is_null()
        & ~nw.col("facility_type").is_null()
    )
    real = nw.when(comparable.fill_null(False)).then(real)
    frame = _paid_gap(frame.with_columns(unit_cost=real, log_unit_cost=real.log()), settings, as_of_day)
    return _schedule(frame, tables["curve"]).with_columns(n_missing_fields=_n_missing(settings["score"]["core_fields"]))


def _n_missing(core_fields: list[str]) -> nw.Expr:
    """How many of the core fields (X01) the facility does not disclose."""
    missing = nw.lit(0)
    for name in core_fields:
        column = name.removesuffix("_on") + "_day" if name.endswith("_on") else name
        missing = missing + nw.when(nw.col(column).is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    return missing


def _paid_gap(frame: Frame, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Adds the best progress known (P*: a recent independent observation, else the reported one) and `paid_gap_share`.

    The gap is (paid - unamortised lawful advance) / value - P*, of all contracts together (T01 and E1).
    """
    terms = settings["paid_ahead"]
    recent = (as_of_day - nw.col("observed_day") <= terms["max_observation_age_days"]).fill_null(False)
    frame = frame.with_columns(
        best_progress_share=nw.when(recent).then(nw.col("observed_share")).otherwise(nw.col("progress_share")),
        best_progress_day=nw.when(recent).then(nw.col("observed_day")).otherwise(nw.col("progress_day")),
    )
    value, done = nw.col("value_sum_amount").cast(nw.Float64), nw.col("best_progress_share")
    cap = value * terms["max_advance_share"]
    advance = nw.coalesce(nw.min_horizontal(nw.col("advance_amount").cast(nw.Float64), cap), cap)
    gap = (nw.col("paid_amount").cast(nw.Float64) - advance * (1.0 - done)) / value - done
    return frame.with_columns(paid_gap_share=nw.when((value > 0).fill_null(False)).then(gap))


def _schedule(frame: Frame, curve: Frame) -> Frame:
    """Adds `begun_day`, `planned_days` as first planned (null unless positive) and `spi_t`.

    SPI(t) = earned schedule / time elapsed up to the report of progress (methodology 1.3; `forecast.schedule_table`).
    """
    begun = nw.coalesce(nw.col("start_day"), nw.col("signed_day"))
    planned = (nw.coalesce(nw.col("due_first_day"), nw.col("due_day")) - begun).cast(nw.Float64)
    elapsed = (nw.col("progress_day") - begun).cast(nw.Float64)
    frame = frame.with_columns(begun_day=begun, planned_days=nw.when((planned > 0).fill_null(False)).then(planned))
    return earned_schedule(frame, curve, elapsed=elapsed)


def reports_of_works(tables: Mapping[str, Frame], *, as_of_day: int) -> Frame:
    """The dated reports of works, without independent observations: facility_id, reported_day, progress_share."""
    rows, independent = _reports(tables, as_of_day)
    return rows.filter(~independent).select("facility_id", "reported_day", "progress_share")


def price_level(day: str, *, table: Mapping[str, float]) -> nw.Expr:
    """The price index of the year in which the day falls; the nearest year given where there is none for it.

    Years are the keys of `settings.price_index`; an unknown day has no price level.
    """
    years = sorted(table)
    level: nw.Expr = nw.lit(float(table[years[0]]))
    for year in years[1:]:
        first_day = date(int(year), 1, 1).toordinal() - _EPOCH
        level = nw.when(nw.col(day) >= first_day).then(nw.lit(float(table[year]))).otherwise(level)
    return nw.when(~nw.col(day).is_null()).then(level)


def _main_contract(contracts: Frame) -> Frame:
    """The contract of largest value per facility; ties by the earliest signing, then by id."""
    ordered = contracts.with_columns(
        one=nw.lit(1), minus_value=nw.col("value_amount").fill_null(-1) * -1, order_day=nw.col("signed_day").fill_null(_FAR_DAY)
    )
    place = nw.col("one").cum_sum().over("facility_id", order_by=["minus_value", "order_day", "contract_id"])
    main = ordered.with_columns(place=place).filter(nw.col("place") == 1)
    return main.select(
        "facility_id", "contract_id", "contract_no", "supplier_id", "supplier_name", "signed_day", "start_day", "due_first_day",
        "due_day", "method", "n_bidders", "n_amendments", "value_first_amount", "value_amount",
    )  # fmt: skip


def _contract_sums(contracts: Frame) -> Frame:
    """Per facility: how many contracts, the sums of what they state, and how many of them state it."""
    sums = {"value_sum": "value_amount", "paid_stated": "paid_amount", "advance_stated": "advance_amount"}
    counts = {
        "n_value_known": "value_amount", "n_paid_stated": "paid_amount", "n_advance_stated": "advance_amount",
        "n_growth_known": "growth_excess",
    }  # fmt: skip
    rows = contracts.select(
        "facility_id",
        "growth_excess",
        n_contracts=nw.lit(1),
        **{name: nw.col(source) for name, source in sums.items()},
        **{name: nw.when(nw.col(source).is_null()).then(nw.lit(0)).otherwise(nw.lit(1)) for name, source in counts.items()},
    )
    integers = ("n_contracts", *sums, *counts)
    added = rows.group_by("facility_id").agg(*(nw.col(name).sum() for name in (*integers, "growth_excess")))
    return _as_int64(added, keep=("facility_id", "growth_excess"), names=integers)


def _payments(tables: Mapping[str, Frame], progress: Frame, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Per facility with payments up to the day of the snapshot: their sum, the advances among them, the last day.

    `paid_stalled_rows` is what was paid later than works done before could be settled, `first_act_day` the first payment
    for works done.
    """
    rows = tables["payments"].filter((nw.col("paid_day") <= as_of_day).fill_null(True) & ~nw.col("amount").is_null())
    rows = rows.join(progress.select("facility_id", "stalled_since_day"), on="facility_id", how="left")
    settled_by = nw.col("stalled_since_day") + settings["paid_while_stalled"]["settlement_days"]
    stalled = (nw.col("paid_day") > settled_by).fill_null(False)
    january, october, last_day = _last_year(as_of_day)
    for_works = (nw.col("payment_kind") != "advance").fill_null(True) & (nw.col("paid_day") <= last_day).fill_null(False)
    since = {"year_paid_amount": january, "quarter_amount": october, "december_amount": last_day - 30}
    rows = rows.select(
        "facility_id", "amount", "paid_day",
        advance=nw.when((nw.col("payment_kind") == "advance").fill_null(False)).then(nw.col("amount")).otherwise(nw.lit(0)),
        kind_unknown=nw.when(nw.col("payment_kind").is_null()).then(nw.lit(1)).otherwise(nw.lit(0)),
        stalled=nw.when(stalled).then(nw.col("amount")).otherwise(nw.lit(0)),
        act_day=nw.when((nw.col("payment_kind") == "act").fill_null(False)).then(nw.col("paid_day")),
        **{name: nw.when(for_works & (nw.col("paid_day") >= first)).then(nw.col("amount")).otherwise(nw.lit(0))
           for name, first in since.items()},
    )  # fmt: skip
    sums = rows.group_by("facility_id").agg(
        paid_rows=nw.col("amount").sum(), advance_rows=nw.col("advance").sum(), n_kind_unknown=nw.col("kind_unknown").sum(),
        last_paid_day=nw.col("paid_day").max(), paid_stalled_rows=nw.col("stalled").sum(), first_act_day=nw.col("act_day").min(),
        **{name: nw.col(name).sum() for name in since},
    )  # fmt: skip
    names = ("paid_rows", "advance_rows", "n_kind_unknown", "last_paid_day", "paid_stalled_rows", "first_act_day", *since)
    return _as_int64(sums, keep=("facility_id",), names=names)


def _progress(tables: Mapping[str, Frame], settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Per facility: the latest reported and the latest independent share of works, and since when the share stands still.

    `stalled_since_day` is the first day on which the reported share was already within one point (`stalled.rise`) of
    the latest: since then the works have not risen by a point.
    """
    rows, independent = _reports(tables, as_of_day)
    reported = rows.filter(~independent)
    latest = _latest(reported).select("facility_id", progress_share="progress_share", progress_day="reported_day")
    seen = _latest(rows.filter(independent)).select("facility_id", observed_share="progress_share", observed_day="reported_day")
    level = reported.select("facility_id", "reported_day", share="progress_share").join(latest, on="facility_id", how="left")
    within = nw.col("progress_share") - settings["stalled"]["rise"] + _SHARE_NOISE
    still = level.filter(nw.col("share") > within)
    still = still.group_by("facility_id").agg(stalled_since_day=nw.col("reported_day").min())
    count = reported.group_by("facility_id").agg(n_reports=nw.col("reported_day").n_unique())
    frame = count.join(latest, on="facility_id", how="left").join(still, on="facility_id", how="left")
    # a facility may have been seen by visitors only
    rows = rows.with_columns(works_day=nw.when(nw.col("progress_share") > 0).then(nw.col("reported_day")))
    everyone = rows.group_by("facility_id").agg(
        last_word_day=nw.col("reported_day").max(), first_seen_day=nw.col("works_day").min()
    )
    frame = everyone.join(frame, on="facility_id", how="left").join(seen, on="facility_id", how="left")
    return frame.with_columns(nw.col("n_reports").fill_null(0).cast(nw.Int64))


def _reports(tables: Mapping[str, Frame], as_of_day: int) -> tuple[Frame, nw.Expr]:
    """The dated reports of works up to the day of the snapshot, and the condition that one is an independent observation."""
    said = (nw.col("reported_day") <= as_of_day).fill_null(False) & ~nw.col("progress_share").is_null()
    return tables["progress"].filter(said), nw.col("progress_source").is_in(schema.SEEN).fill_null(False)


def _observations(tables: Mapping[str, Frame], settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Per facility: how many recent observations have a report before them, and the smallest gap of report - observation.

    One with reviewed photos counts for as many as are needed.
    Of several reports on one day the lowest is compared.
    """
    rows, independent = _reports(tables, as_of_day)
    recent = as_of_day - nw.col("reported_day") <= settings["paid_ahead"]["max_observation_age_days"]
    enough = settings["observed_below_reported"]["min_observations"]  # one with reviewed photos is enough
    weight = nw.when(nw.col("progress_source") == "photographed").then(nw.lit(enough)).otherwise(nw.lit(1))
    seen = rows.filter(independent & recent).select(
        "report_id", "facility_id", seen_day="reported_day", seen="progress_share", weight=weight
    )  # fmt: skip
    said = rows.filter(~independent).select("facility_id", "reported_day", said="progress_share")
    pairs = seen.join(said, on="facility_id", how="inner").filter(nw.col("reported_day") <= nw.col("seen_day"))
    last = pairs.group_by("report_id").agg(last_day=nw.col("reported_day").max())
    pairs = pairs.join(last, on="report_id", how="left").filter(nw.col("reported_day") == nw.col("last_day"))
    gaps = (
        pairs.with_columns(gap=nw.col("said") - nw.col("seen"))
        .group_by("facility_id", "report_id")
        .agg(gap=nw.col("gap").min(), weight=nw.col("weight").max())
    )
    gaps = gaps.group_by("facility_id").agg(observed_gap_share=nw.col("gap").min(), n_observations=nw.col("weight").sum())
    return gaps.with_columns(nw.col("n_observations").cast(nw.Int64))


def _last_year(as_of_day: int) -> tuple[int, int, int]:
    """1 January, 1 October and 31 December, as days, of the last calendar year that is over."""
    year = date.fromordinal(as_of_day + 1 + _EPOCH).year - 1
    january, october, last = (date(year, month, day).toordinal() - _EPOCH for month, day in ((1, 1), (10, 1), (12, 31)))
    return january, october, last


def _around_year_end(tables: Mapping[str, Frame], settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Per facility with a report of around the last end of a year: that share, and its rise since the start of October.

    Works that nobody reported before October count as not begun: the rise is then taken too large, never too small.
    """
    _, october, last_day = _last_year(as_of_day)
    rows, independent = _reports(tables, as_of_day)
    rows = rows.filter(~independent)
    near = settings["december_spike"]["max_report_distance_days"]
    window = (nw.col("reported_day") >= last_day - near) & (nw.col("reported_day") <= last_day + near)
    end = _latest(rows.filter(window)).select("facility_id", year_end_share="progress_share")
    before = _latest(rows.filter(nw.col("reported_day") < october)).select("facility_id", october_share="progress_share")
    rise = nw.col("year_end_share") - nw.col("october_share").fill_null(0.0)
    return end.join(before, on="facility_id", how="left").with_columns(quarter_rise_share=rise).drop("october_share")


def _latest(rows: Frame) -> Frame:
    """The last row per facility by day, ties by report_id."""
    ordered = rows.with_columns(one=nw.lit(1), minus_day=nw.col("reported_day") * -1)
    place = nw.col("one").cum_sum().over("facility_id", order_by=["minus_day", "report_id"])
    return ordered.with_columns(place=place).filter(nw.col("place") == 1)


def _as_int64(frame: Frame, *, keep: tuple[str, ...], names: tuple[str, ...]) -> Frame:
    """Sums of integers are wider integers on some engines; bring them back to int64."""
    return frame.select(*keep, *(nw.col(name).cast(nw.Int64) for name in names))
