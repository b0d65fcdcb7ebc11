import narwhals as nw

from riskmap.indicators.rule import Rule, holds


def non_competitive(*, limited_severity: float, monopoly_words: list[str]) -> Rule:
    """The contract was awarded without open competition: direct award counts full, a limited procedure half.

    A failed tender that ended with one supplier is a direct award. A method whose words name a basis on the list of
    statutory monopolies counts nothing.
    """
    method = nw.col("method")
    severity = nw.when(method == "direct").then(nw.lit(1.0)).otherwise(
        nw.when(method == "limited").then(nw.lit(float(limited_severity))).otherwise(nw.when(~method.is_null()).then(nw.lit(0.0)))
    )  # fmt: skip
    said = nw.col("method_details").str.to_lowercase()
    for words in monopoly_words:
        lawful = holds(said.str.contains(words.lower(), literal=True))
        severity = nw.when(lawful & ~method.is_null()).then(nw.lit(0.0)).otherwise(severity)
    return Rule(severity, severity)
