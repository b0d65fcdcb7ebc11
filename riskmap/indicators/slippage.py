import narwhals as nw

from riskmap.indicators.rule import Rule, ramp, ratio


def slippage(*, ramp_share: list[float], as_of_day: int) -> Rule:
    """Slippage against the first contract date, as a share of the duration first planned.

    ((act of acceptance, or the later of today and the date in force) - first date) / (first date - start). It shows
    delay that re-dating has hidden.
    """
    today_or_due = nw.max_horizontal(nw.col("due_day"), nw.lit(as_of_day))
    end = nw.coalesce(nw.col("completed_day"), today_or_due)
    begin = nw.coalesce(nw.col("start_day"), nw.col("signed_day"))
    value = ratio((end - nw.col("due_first_day")).clip(lower_bound=0), nw.col("due_first_day") - begin)
    return Rule(
        ramp(value, ramp_share), value, {"no_completion_date": nw.col("is_completed") & nw.col("completed_day").is_null()}
    )
