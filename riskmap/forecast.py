"""The planned course of works: the DHSS S-curve and its inverse (methodology.md 1.3)."""

import numpy as np
from numpy.typing import NDArray

CURVE_STEPS = 1000  # progress is looked up per thousandth; in between the inverse is taken as straight


def planned_share(time_share: NDArray[np.float64], *, curve_c: float, curve_k: float) -> NDArray[np.float64]:
    """Share of the works planned at a share of the planned time, both 0..1: PV(x) = x + Cx^2 - Cx - (6x^3 - 9x^2 + 3x) / K.

    Source: the DHSS formula for UK health buildings (simplexct; PubMed 10267991).
    """
    x = time_share
    return x + curve_c * x**2 - curve_c * x - (6 * x**3 - 9 * x**2 + 3 * x) / curve_k


def schedule_table(*, curve_c: float, curve_k: float) -> dict[str, list[float] | list[int]]:
    """The inverse of the curve: per thousandth of progress, the share of planned time that earned it.

    Columns: curve_step (0..1000), schedule_share (PV^-1 of step / 1000) and schedule_rise (to the next step).
    """
    time = np.linspace(0.0, 1.0, 200_001)
    plan = planned_share(time, curve_c=curve_c, curve_k=curve_k)
    share = np.interp(np.arange(CURVE_STEPS + 1) / CURVE_STEPS, plan, time)
    return {
        "curve_step": list(range(CURVE_STEPS + 1)),
        "schedule_share": share.tolist(),
        "schedule_rise": np.append(np.diff(share), 0.0).tolist(),
    }
