import narwhals as nw

from riskmap.indicators.rule import Rule, ramp


def overdue(*, bands_days: list[int], as_of_day: int) -> Rule:
    """Days by which the contract date of completion has passed: max(0, (act of acceptance or today) - date in force).

    A facility whose date of completion is not disclosed is never called on time: its deadline is not known.
    """
    late = (nw.coalesce(nw.col("completed_day"), nw.lit(as_of_day)) - nw.col("baseline_day")).clip(lower_bound=0)
    done_without_date = nw.col("is_completed") & nw.col("completed_day").is_null()
    return Rule(ramp(late, (0, bands_days[-1])), late, {"no_completion_date": done_without_date})
