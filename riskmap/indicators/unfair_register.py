import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def unfair_register(*, listed_later_severity: float, as_of_day: int) -> Rule:
    """The supplier is on the register of unfair participants in procurement (RNU).

    1 if listed on the day of signing, 0.6 if listed later while the contract runs, 0 otherwise. A listing without a
    date raises no flag.
    """
    listed, signed = nw.col("is_on_rnu"), nw.col("signed_day")
    begun, ended = nw.col("rnu_from_day"), nw.col("rnu_to_day")
    at_signing = holds(begun <= signed) & (ended.is_null() | holds(ended >= signed))
    end_of_works = nw.coalesce(nw.col("completed_day"), nw.lit(as_of_day))
    later = holds(begun > signed) & holds(begun <= end_of_works) & (ended.is_null() | holds(ended >= as_of_day))
    severity = (
        nw.when(at_signing).then(nw.lit(1.0)).otherwise(nw.when(later).then(nw.lit(listed_later_severity)).otherwise(nw.lit(0.0)))
    )
    not_listed = holds(~listed)
    dated = ~begun.is_null() & ~signed.is_null()
    known = nw.when(not_listed).then(nw.lit(0.0)).otherwise(nw.when(dated).then(severity))
    return Rule(known, known, {"unknown_date": holds(listed) & ~dated})
