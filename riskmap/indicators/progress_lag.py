import narwhals as nw

from riskmap.indicators.rule import Rule, holds, ramp


def progress_lag(*, ramp_share: list[float], between: list[float]) -> Rule:
    """Progress lags the schedule: 1 - SPI(t), SPI(t) = earned schedule / time elapsed (earned value management).

    The earned schedule is the moment at which the DHSS S-curve would have reached the progress reported. It says
    nothing at the very beginning or end of the works.
    """
    spi = nw.col("spi_t")
    outside = holds((nw.col("progress_share") <= between[0]) | (nw.col("progress_share") >= between[1]))
    return Rule(ramp(1.0 - spi, ramp_share), spi, {"outside_range": outside})
