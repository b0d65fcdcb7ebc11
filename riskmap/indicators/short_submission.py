from collections.abc import Mapping

import narwhals as nw

from riskmap.indicators.rule import Rule, holds, in_force


def short_submission(
    *, tender_working_days: Mapping[str, int], quotation_working_days: Mapping[str, int], equal_and_single_severity: float
) -> Rule:
    """Working days from the publication of the tender to the end of submission, against the minimum of that day.

    In full if there are fewer; half if there are exactly as many and only one came; else nothing. The rule in force on
    the day of publication applies. Direct awards have no such time. An unknown date raises no flag.
    """
    days, method = nw.col("submission_working_days"), nw.col("method")
    tender = in_force(tender_working_days, day="published_day")
    quotation = in_force(quotation_working_days, day="published_day")
    least = nw.when(method == "limited").then(quotation).otherwise(nw.when(~method.is_null()).then(tender))
    alone = nw.col("n_bidders") <= 1
    single = nw.when(alone).then(nw.lit(float(equal_and_single_severity))).otherwise(nw.when(~alone.is_null()).then(nw.lit(0.0)))
    severity = nw.when(days < least).then(nw.lit(1.0)).otherwise(
        nw.when(days == least).then(single).otherwise(nw.when(days > least).then(nw.lit(0.0)))
    )  # fmt: skip
    direct = holds(method == "direct")
    no_rule = ~direct & ~days.is_null() & ~method.is_null() & least.is_null()
    known = nw.when(direct).then(nw.lit(0.0)).otherwise(severity)
    return Rule(known, nw.when(~direct).then(days), {"dates_contradict": ~direct & holds(days < 0), "no_rule": no_rule})
