"""The forecast of the finish judged in simulated worlds: what was said on an earlier day against what came.

The register of that day holds every contract signed by then with the dates then in force; reports, payments and amendments of
later days are left out by the scoring itself. Nothing is hidden: the forecast is judged, not the disclosure.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskmap.pipeline import score_tables
from riskmap.validate import metrics as m
from riskmap.validate import worlds

SAID_ON = date(2022, 11, 1)  # four years before the end of the simulation: nearly all that ran then is finished by then
SHARES = (0.25, 0.50, 0.75, 0.95)  # of the planned time; methodology 3.1
_NEAR = 0.10  # a facility belongs to the share from which it is less than this far
_LATE_AFTER = np.timedelta64(30, "D")
_EVER = 100_000  # days: a facility never leaves the register


def forecasts(
    prior: worlds.Prior, *, seed: int, n_facilities: int, settings: Mapping[str, Any], towns: Any, engine: str
) -> pd.DataFrame:
    """One row per facility that ran on `SAID_ON`: `elapsed` (share of the planned time), what was forecast, what came.

    `finished_on` is the act of acceptance, NaT where there was none by the end.
    """
    listed = replace(prior, conditions=replace(prior.conditions, listed_days_after=_EVER), regime="none")
    rows, _ = worlds.disclosed(listed, seed=seed, n_facilities=n_facilities, towns=towns)
    finished = rows["facilities"].set_index("facility_id")["completed_on"]
    said_on = pd.Timestamp(SAID_ON)
    contracts = rows["contracts"]
    moved = rows["amendments"]
    moved = moved[(moved["amendment_kind"] == "duration") & (moved["amended_on"] <= said_on)]
    in_force = moved.groupby("contract_id")["due_after_on"].last().reindex(contracts["contract_id"]).to_numpy()
    contracts = contracts.assign(due_on=np.where(np.isnat(in_force), contracts["due_first_on"], in_force))
    contracts["n_amendments"] = np.nan  # the count is of today
    rows["contracts"] = contracts[contracts["signed_on"] <= said_on]
    begun = rows["contracts"]["facility_id"].unique()
    rows = {name: table[table["facility_id"].isin(begun)] for name, table in rows.items()}
    scored = score_tables(worlds.typed(rows), as_of=SAID_ON, settings=settings, engine=engine)
    said = scored.select(
        ["facility_id", "start_on", "due_first_on", "due_on", "completed_on", "progress_share", "late_probability",
         "forecast_low_on", "forecast_high_on"]
    ).to_pandas()  # fmt: skip
    for name in (name for name in said.columns if name.endswith("_on")):
        said[name] = pd.to_datetime(said[name])
    said["finished_on"] = finished.reindex(said["facility_id"]).to_numpy()
    said["elapsed"] = (said_on - said["start_on"]) / (said["due_first_on"] - said["start_on"])
    is_running = said["late_probability"].notna() & said["progress_share"].notna() & ~(said["finished_on"] <= said_on)
    return said[is_running].reset_index(drop=True)


def judge(said: pd.DataFrame) -> dict[str, Any]:
    """Per share of the planned time: AUC of the probability to be late, and how often the 80 % interval held the finish.

    Facilities of all worlds together. Where it is not known at the end what came, a facility does not count.
    """
    end = pd.Timestamp(worlds.AS_OF)
    result = {}
    for share in SHARES:
        here = said[(said["elapsed"] - share).abs() < _NEAR]
        limit, finish = here["due_on"] + _LATE_AFTER, here["finished_on"]
        is_known = (finish.notna() | (limit < end)).to_numpy()
        late = (~(finish <= limit)).to_numpy()
        held = ((here["forecast_low_on"] <= finish) & (finish <= here["forecast_high_on"])).to_numpy()
        came = (finish.notna() | (here["forecast_high_on"] < end)).to_numpy()
        score = m.auc(here["late_probability"].to_numpy(float)[is_known], late[is_known])
        result[f"{share:.2f}"] = {
            "n": int(is_known.sum()), "share_late": _rounded(late[is_known].mean() if is_known.any() else float("nan")),
            "auc": _rounded(score), "p80_coverage": _rounded(held[came].mean() if came.any() else float("nan")),
        }  # fmt: skip
    return result


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
