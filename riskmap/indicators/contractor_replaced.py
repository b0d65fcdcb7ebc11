import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def contractor_replaced(*, by_agreement_severity: float) -> Rule:
    """The contract was ended before the works were done: in full when for cause, half when by agreement.

    Where the source does not say how the contract was ended, the milder reading counts.
    """
    for_cause = holds(nw.col("termination_kind") == "for_cause")
    ended = nw.when(for_cause).then(nw.lit(1.0)).otherwise(nw.lit(float(by_agreement_severity)))
    known = ~nw.col("is_terminated").is_null()
    severity = nw.when(holds(nw.col("is_terminated"))).then(ended).otherwise(nw.when(known).then(nw.lit(0.0)))
    return Rule(severity, severity)
