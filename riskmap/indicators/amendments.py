import narwhals as nw

from riskmap.indicators.rule import Rule, flag, ramp, ratio, strongest


def amendments(*, count_ramp: list[int], extension_ramp: list[float], early_growth: float) -> Rule:
    """Pattern of amendments: many of them, a long extension in all, or a rise in value soon after signing.

    The largest of ramp(number; 2, 5), ramp(total extension / first duration; 20 %, 60 %) and 1 if the value rose by
    5 % within 90 days of signing. Addenda of the yearly budget are not counted.
    """
    begun = nw.coalesce(nw.col("start_day"), nw.col("signed_day"))
    extension = ratio(nw.col("due_day") - nw.col("due_first_day"), nw.col("due_first_day") - begun)
    soon = nw.when(~nw.col("early_growth").is_null()).then(flag(nw.col("early_growth") >= early_growth))
    return Rule(
        strongest(ramp(nw.col("n_amendments"), count_ramp), ramp(extension, extension_ramp), soon), nw.col("n_amendments")
    )
