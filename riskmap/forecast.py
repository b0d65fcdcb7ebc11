"""The planned course of works (the DHSS S-curve) and the finish to be expected from the pace so far (methodology.md 1.3)."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from riskmap.engine import Frame

CURVE_STEPS = 1000  # progress is looked up per thousandth; in between the inverse is taken as straight


def planned_share(time_share: NDArray[np.float64], *, curve_c: float, curve_k: float) -> NDArray[np.float64]:
    """Share of the works planned at a share of the planned time, both 0..1: PV(x) = x + Cx^2 - Cx - (6x^3 - 9x^2 + 3x) / K.

    Source: the DHSS formula for UK health buildings (simplexct; PubMed 10267991).
    """
    x = time_share
    return x + curve_c * x**2 - curve_c * x - (6 * x**3 - 9 * x**2 + 3 * x) / curve_k


def schedule_table(*, curve_c: float, curve_k: float) -> dict[str, list[float] | list[int]]:
    """The inverse of the curve: per thousandth of progress, the share of planned time that earned it.

    Columns: curve_step (0..1000), schedule_share (PV^-1 of step / 1000) and schedule_rise (to the next step).
    """
    time = np.linspace(0.0, 1.0, 200_001)
    plan = planned_share(time, curve_c=curve_c, curve_k=curve_k)
    share = np.interp(np.arange(CURVE_STEPS + 1) / CURVE_STEPS, plan, time)
    return {
        "curve_step": list(range(CURVE_STEPS + 1)),
        "schedule_share": share.tolist(),
        "schedule_rise": np.append(np.diff(share), 0.0).tolist(),
    }


def reference_class(facilities: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """Per facility type: how long its finished facilities really took, as mean and deviation of ln(actual / planned).

    Columns: facility_type, reference_mean, reference_sd (null for one facility) and n_reference.
    """
    known = (_took() > 0).fill_null(False) & ~nw.col("facility_type").is_null()
    low, high = settings["forecast"]["ratio_bounds"]
    rows = facilities.with_columns(ratio=_took().clip(low, high)).filter(known)
    rows = rows.select("facility_type", ratio=nw.col("ratio").log())
    return _mean_and_sd(rows, by="facility_type", of="ratio", name="reference")


def _took() -> nw.Expr:
    """How long a finished facility took, as a multiple of what was planned."""
    return (nw.col("completed_day") - nw.col("begun_day")).cast(nw.Float64) / nw.col("planned_days")


def _mean_and_sd(rows: Frame, *, by: str, of: str, name: str) -> Frame:
    """Columns: `by`, `<name>_mean`, `<name>_sd` (null for one row) and `n_<name>`, the number of rows."""
    mean, n = f"{name}_mean", f"n_{name}"
    means = rows.group_by(by).agg(nw.col(of).mean().alias(mean), nw.col(of).count().alias(n))
    off = nw.col(of) - nw.col(mean)
    squares = rows.join(means, on=by, how="left").with_columns(square=off * off)
    squares = squares.group_by(by).agg(squares=nw.col("square").sum())
    others = nw.when(nw.col(n) > 1).then(nw.col(n) - 1)
    frame = means.with_columns(nw.col(n).cast(nw.Int64)).join(squares, on=by, how="left")
    return frame.with_columns((nw.col("squares") / others).sqrt().alias(f"{name}_sd")).drop("squares")


def earned_schedule(frame: Frame, curve: Frame, *, elapsed: nw.Expr) -> Frame:
    """Adds `spi_t` = earned schedule / `elapsed` (days since the start, at the report) to rows with `progress_share` and
    `planned_days`; null unless both lengths of time are positive (methodology 1.3)."""
    position = nw.col("progress_share") * CURVE_STEPS
    frame = frame.with_columns(curve_step=position.floor().cast(nw.Int64)).join(curve, on="curve_step", how="left")
    earned = nw.col("schedule_share") + (position - nw.col("curve_step")) * nw.col("schedule_rise")
    possible = ((nw.col("planned_days") > 0) & (elapsed > 0)).fill_null(False)
    return frame.with_columns(spi_t=nw.when(possible).then(earned * nw.col("planned_days") / elapsed))


def pace_class(facilities: Frame, reports: Frame, curve: Frame, *, settings: Mapping[str, Any]) -> Frame:
    """How far the pace was off at the reports of facilities that are finished today, per stretch of progress.

    The error is ln(actual / planned) - ln(AT / ES). Columns: pace_band (0 ..), pace_mean, pace_sd (null for one report)
    and n_pace, the number of facilities. `reports`: facility_id, reported_day, progress_share. Slow works report more
    often within a stretch and weigh more, as they do among the works that are open on any one day.
    """
    terms = settings["forecast"]
    low, high = terms["ratio_bounds"]
    finished = facilities.select("facility_id", "begun_day", "planned_days", "completed_day")
    rows = reports.join(finished, on="facility_id", how="inner").filter(
        (nw.col("reported_day") < nw.col("completed_day")).fill_null(False) & (nw.col("progress_share") < 1.0).fill_null(False)
    )
    rows = earned_schedule(rows, curve, elapsed=(nw.col("reported_day") - nw.col("begun_day")).cast(nw.Float64))
    rows = rows.filter(~nw.col("spi_t").is_null()).select(
        "facility_id", error=_took().clip(low, high).log() - _log_pace(low, high), pace_band=_band(terms["pace_bands"])
    )
    # what counts is how many facilities the reports come from
    n_facilities = rows.group_by("pace_band").agg(n_pace=nw.col("facility_id").n_unique())
    errors = _mean_and_sd(rows, by="pace_band", of="error", name="pace").drop("n_pace")
    return errors.join(n_facilities, on="pace_band", how="left").with_columns(nw.col("n_pace").cast(nw.Int64))


def _log_pace(low: float, high: float) -> nw.Expr:
    """ln(AT / ES), with a pace beyond the bounds taken as these."""
    return nw.col("spi_t").clip(1.0 / high, 1.0 / low).log() * -1.0


def _band(edges: Sequence[float]) -> nw.Expr:
    """The stretch of progress that a report falls into: how many of the edges it has reached."""
    band: nw.Expr = nw.lit(0)
    for edge in edges:
        band = band + nw.when(nw.col("progress_share") >= edge).then(nw.lit(1)).otherwise(nw.lit(0))
    return band.cast(nw.Int64)


def forecast(facilities: Frame, reference: Frame, pace: Frame, *, settings: Mapping[str, Any], as_of_day: int) -> Frame:
    """Adds forecast_finish_day with its P80 interval (forecast_low_day, forecast_high_day) and late_probability.

    methodology 1.3: the log duration ratio is normal with the mean and the deviation of the reference class (else of
    the prior), corrected by the pace observed at the last report. The pace is taken as well as it foretold the finish of
    finished facilities at the same progress (`pace_class`; else as the formula says). Null for completed facilities and
    where the plan is not known. A finish is never before the day of the snapshot, and who is 30 days late already is
    late for certain.
    """
    terms = settings["forecast"]
    low, high = terms["ratio_bounds"]
    smallest, growing = terms["observation_sd"]
    enough = (nw.col("n_reference") >= terms["reference_min_n"]).fill_null(False)
    tried = (nw.col("n_pace") >= terms["reference_min_n"]).fill_null(False)
    by_formula = smallest + growing * (1.0 - nw.col("progress_share"))
    frame = facilities.join(reference, on="facility_type", how="left").with_columns(pace_band=_band(terms["pace_bands"]))
    frame = frame.join(pace, on="pace_band", how="left").with_columns(
        m0=nw.when(enough).then(nw.col("reference_mean")).otherwise(nw.lit(float(terms["prior_mean"]))),
        s0=nw.when(enough).then(nw.col("reference_sd").clip(lower_bound=smallest)).otherwise(nw.lit(float(terms["prior_sd"]))),
        seen=_log_pace(low, high) + nw.when(tried).then(nw.col("pace_mean")).otherwise(nw.lit(0.0)),
        sd=nw.when(tried).then(nw.col("pace_sd").clip(lower_bound=smallest)).otherwise(by_formula),
    )
    frame = frame.with_columns(weight=1.0 / (nw.col("sd") * nw.col("sd")))
    is_seen, weight0 = ~nw.col("seen").is_null(), 1.0 / (nw.col("s0") * nw.col("s0"))
    both = nw.col("weight") + weight0
    frame = frame.with_columns(
        m=nw.when(is_seen).then((nw.col("weight") * nw.col("seen") + weight0 * nw.col("m0")) / both).otherwise(nw.col("m0")),
        s=nw.when(is_seen).then((1.0 / both).sqrt()).otherwise(nw.col("s0")),
    )
    reach = nw.col("s") * terms["interval_z"]
    far_enough = is_seen & (nw.col("progress_share") >= terms["pace_from_share"]).fill_null(False)
    frame = frame.with_columns(at_low=nw.col("m") - reach, at_high=nw.col("m") + reach).with_columns(
        # late in the works the pace alone is the better guess of the day; it must not leave the interval
        at=nw.when(far_enough)
        .then(nw.min_horizontal(nw.max_horizontal("seen", "at_low"), nw.col("at_high")))
        .otherwise(nw.col("m"))
    )
    limit = nw.col("baseline_day") + terms["late_after_days"]
    allowed = (limit - nw.col("begun_day")).cast(nw.Float64) / nw.col("planned_days")
    z = (nw.when(allowed > 0).then(allowed).log() - nw.col("m")) / nw.col("s")
    late = nw.when(limit < as_of_day).then(nw.lit(1.0)).otherwise(1.0 - normal_cdf(z))
    is_open = ~nw.col("is_completed") & ~nw.col("planned_days").is_null()

    def day(log_ratio: str) -> nw.Expr:
        finish = (nw.col("begun_day") + nw.col("planned_days") * nw.col(log_ratio).exp() + 0.5).floor().cast(nw.Int64)
        return nw.when(is_open).then(finish.clip(lower_bound=as_of_day))

    return frame.with_columns(
        forecast_finish_day=day("at"), forecast_low_day=day("at_low"), forecast_high_day=day("at_high"),
        late_probability=nw.when(is_open).then(late),
    ).drop("m0", "s0", "seen", "sd", "weight", "m", "s", "at", "at_low", "at_high", "pace_band")  # fmt: skip


def normal_cdf(x: nw.Expr) -> nw.Expr:
    """The standard normal distribution function; error below 7.5e-8, so that it runs on engines without erf.

    Abramowitz and Stegun 7.1.26: erfc(z) = t (a1 + t (a2 + ...)) exp(-z^2), t = 1 / (1 + p z).
    """
    z = x.abs() / sqrt(2.0)
    t = 1.0 / (1.0 + z * 0.3275911)
    chain = t * 1.061405429 - 1.453152027
    for a in (1.421413741, -0.284496736, 0.254829592):
        chain = chain * t + a
    tail = chain * t * (z * z * -1.0).exp() * 0.5
    return nw.when(x < 0).then(tail).otherwise(1.0 - tail)
