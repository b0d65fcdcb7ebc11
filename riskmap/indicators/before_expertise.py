import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def before_expertise(*, pilot_programmes: list[str], pilot_severity: float) -> Rule:
    """Works were reported, seen or paid for before the date of the positive state expertise.

    An advance is not a payment for works. In a programme whose rules allow an early start the fact counts less. A
    facility whose expertise is not dated, or of which nothing is known about the works, raises no flag.
    """
    days = nw.col("expertise_day") - nw.col("first_works_day")
    strength: nw.Expr = nw.lit(1.0)
    for programme in pilot_programmes:
        strength = nw.when(holds(nw.col("programme") == programme)).then(nw.lit(float(pilot_severity))).otherwise(strength)
    began_early = nw.when(holds(days > 0)).then(strength).otherwise(nw.lit(0.0))
    known = ~nw.col("expertise_day").is_null() & ~nw.coalesce("last_word_day", "last_paid_day").is_null()
    return Rule(nw.when(known).then(began_early), days)
