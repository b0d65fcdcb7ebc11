import narwhals as nw

from riskmap.indicators.rule import Rule, ramp


def forecast_late(*, ramp_share: list[float]) -> Rule:
    """Probability that the facility is finished more than 30 days after its contract date.

    The pace so far (time elapsed / earned schedule) is weighed against how facilities usually go: finished facilities
    of the type where there are enough, else a prior. Without a report on the works there is a forecast, but no finding.
    """
    late = nw.col("late_probability")
    unknown = {
        "not_applicable": nw.col("is_completed"),
        "reference_only": ~late.is_null() & nw.col("spi_t").is_null(),
    }
    return Rule(ramp(late, ramp_share), late, unknown)
