import narwhals as nw

from riskmap.indicators.rule import Rule


def non_competitive(*, limited_severity: float) -> Rule:
    """The contract was awarded without open competition: direct award counts full, a limited procedure half."""
    method = nw.col("method")
    severity = nw.when(method == "direct").then(nw.lit(1.0)).otherwise(
        nw.when(method == "limited").then(nw.lit(float(limited_severity))).otherwise(nw.when(~method.is_null()).then(nw.lit(0.0)))
    )  # fmt: skip
    return Rule(severity, severity)
