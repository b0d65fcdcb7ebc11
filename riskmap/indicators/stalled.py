import narwhals as nw

from riskmap.indicators.rule import Rule, ramp, under_way, without_reports


def stalled(*, ramp_days: list[int], max_report_age_days: int, as_of_day: int) -> Rule:
    """Days since reported progress last rose by one percentage point, while works are under way.

    Needs two dated reports, the last of them recent: an old report says nothing about today.
    """
    days = as_of_day - nw.col("stalled_since_day")
    severity = nw.when(under_way()).then(ramp(days, ramp_days)).otherwise(nw.lit(0.0))
    unknown = without_reports(max_report_age_days=max_report_age_days, as_of_day=as_of_day)
    return Rule(severity, nw.when(under_way()).then(days), unknown)
