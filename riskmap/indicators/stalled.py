import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp


def stalled(*, ramp_days: list[int], max_report_age_days: int, as_of_day: int) -> Rule:
    """Days since reported progress last rose by one percentage point, while works are under way.

    Needs two dated reports, the last of them recent: an old report says nothing about today.
    """
    days = as_of_day - nw.col("stalled_since_day")
    running = holds((nw.col("progress_share") > 0) & (nw.col("progress_share") < 1)) & ~nw.col("is_completed")
    severity = nw.when(running).then(ramp(days, ramp_days)).otherwise(nw.lit(0.0))
    unknown = {
        "too_few_reports": running & (nw.col("n_reports").fill_null(0) < 2),
        "stale_report": running & holds(as_of_day - nw.col("progress_day") > max_report_age_days),
        "missing_columns": nw.col("progress_share").is_null() & ~nw.col("is_completed"),
    }
    return Rule(severity, nw.when(running).then(days), unknown)
