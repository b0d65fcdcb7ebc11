"""The demo dataset as a whole: simulate, write files, import, score; and, at its usual size, meet the published totals.

Published are 156 facilities flagged and their budgets, KZT 2.44 tn; nothing else about them. So some simulated
facilities are left out at random until 156 are flagged, and all money is multiplied by one factor, which changes no
share and no score. Rules and thresholds stay as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmap import archive, facts, geography
from riskmap import settings as settings_file
from riskmap.demo.earlier import earlier, surprises
from riskmap.demo.files import Disclosed, disclose, select, truth_table, whole_money, write
from riskmap.demo.rows import World, record
from riskmap.demo.simulate import simulate
from riskmap.i18n import LANGUAGES
from riskmap.intake import import_files
from riskmap.pipeline import score_folder, score_tables
from riskmap.problem import DataError
from riskmap.snapshot import Snapshot, load

AS_OF = date(2026, 11, 1)
SEED = 156
N_FACILITIES = 1_200
N_FLAGGED = 156  # domain.md 0.1
FLAGGED_BUDGET_KZT = 2_440_000_000_000
_N_CANDIDATES = 2_150
_MAX_ROUNDS = 12
EARLIER = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
_N_LEAVING = 3  # facilities that stand in the earlier files and have left the register by the last

Progress = Callable[[str], None]


def build(
    out: Path,
    *,
    seed: int = SEED,
    n_facilities: int | None = None,
    n_months: int | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Snapshot:
    """Make the demo dataset in `out`: files/*.csv, facts/, snapshot/, snapshots/ and truth.csv, all determined by the seed.

    Without `n_facilities`: about 1,200 facilities, calibrated to the published totals. With it: that many, as simulated.
    `snapshots/` keeps the snapshot and those of `n_months` earlier months (at most and usually 3; another size: none), the
    same lives as they stood then. DataError if somebody keeps his own snapshots there.
    """
    say = progress or (lambda step: None)
    _make_room(out / "snapshots")
    settings = settings if settings is not None else settings_file.load()
    towns = _towns(settings)
    say("simulate")
    life = simulate(seed=seed, n_facilities=n_facilities or _N_CANDIDATES, as_of=AS_OF, settlements=towns)
    world = record(life, seed=seed)
    names = _region_names(settings)

    def at_scale(money_factor: float) -> Disclosed:
        return disclose(world, seed=seed, settlements=towns, region_names=names, money_factor=money_factor)

    if n_facilities is None:
        disclosed, factor, snapshot = _calibrated(at_scale, out, seed=seed, settings=settings, say=say)
    else:
        disclosed, factor = at_scale(1.0), 1.0
        snapshot = _publish(disclosed, out, settings=settings, say=say)
    truth = truth_table(world, factor)
    is_shown = truth["facility_id"].isin(disclosed.tables["facilities"]["facility_id"])
    truth[is_shown].to_csv(out / "truth.csv", index=False, lineterminator="\n")
    n_months = n_months if n_months is not None else len(EARLIER) if n_facilities is None else 0
    if n_months:
        _keep_earlier(
            disclosed, at_scale(factor), whole_money(world, factor), snapshot, out, n_months, settings=settings, say=say
        )
    archive.keep(out / "snapshots", snapshot.folder)
    return snapshot


def _make_room(folder: Path) -> None:
    """Kept snapshots of an earlier demo go; anybody else's stay, and no demo is made beside them."""
    for one in archive.kept(folder):
        if not load(one.folder).is_demo:
            raise DataError("folder_not_empty", str(folder))
    if archive.is_archive(folder):
        rmtree(folder)


def _keep_earlier(
    disclosed: Disclosed, everyone: Disclosed, world: World, snapshot: Snapshot, out: Path, n_months: int,
    *, settings: Mapping[str, Any], say: Progress,
) -> None:  # fmt: skip
    """Write, import, score and keep the files of the earlier months, oldest first; only the last month is calibrated."""
    shown = disclosed.tables["facilities"].set_index("facility_id")["budget_amount"]
    accepted = everyone.tables["facilities"].dropna(subset=["completed_on"]).sort_values(["completed_on", "facility_id"])
    leaving = [i for i in accepted["facility_id"] if i not in shown.index][:_N_LEAVING]
    chosen = surprises(disclosed, snapshot.facilities, leaving, first=EARLIER[0])
    wide = select(everyone, {*shown.index, *leaving})
    facilities = wide.tables["facilities"]
    same = facilities["facility_id"].map(shown).where(facilities["facility_id"].isin(shown.index), facilities["budget_amount"])
    wide = replace(wide, tables={**wide.tables, "facilities": facilities.assign(budget_amount=same)})
    for back in range(n_months, 0, -1):
        as_of = EARLIER[-back]
        say("earlier")
        then = earlier(wide, world, chosen, as_of=as_of, today=AS_OF, n_months=back)
        with TemporaryDirectory() as folder:
            here = Path(folder)
            import_files(write(then, here / "files"), here / "facts", settings=settings, is_demo=True)
            made = score_folder(here / "facts", as_of=as_of, out=here / "snapshot", settings=settings)
            archive.keep(out / "snapshots", made.folder)


def _towns(settings: Mapping[str, Any]) -> pd.DataFrame:
    """Settlements that have a name in every language: titles need it."""
    towns = pd.read_csv(geography.FOLDER / settings["country"]["settlements"])
    return towns.dropna(subset=[f"name_{lang}" for lang in LANGUAGES]).reset_index(drop=True)


def _region_names(settings: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    regions = geography.regions(settings["country"]["boundaries"])
    return {lang: dict(zip(regions["code"], regions[f"name_{lang}"], strict=True)) for lang in LANGUAGES}


def _publish(disclosed: Disclosed, out: Path, *, settings: Mapping[str, Any], say: Progress) -> Snapshot:
    """Write, import and score, the way of any other files."""
    say("files")
    paths = write(disclosed, out / "files")
    say("import")
    if (out / "facts" / "import.json").is_file():
        rmtree(out / "facts")  # an import adds to what is there; the demo begins anew
    import_files(paths, out / "facts", settings=settings, is_demo=True)
    return score_folder(out / "facts", as_of=AS_OF, out=out / "snapshot", settings=settings, progress=say)


def _calibrated(
    at_scale: Callable[[float], Disclosed], out: Path, *, seed: int, settings: Mapping[str, Any], say: Progress
) -> tuple[Disclosed, float, Snapshot]:
    """The selection and the factor of money with which the totals are met; the published snapshot itself is the proof."""
    say("calibrate")
    candidates = at_scale(1.0)
    with TemporaryDirectory() as folder:
        import_files(write(candidates, Path(folder) / "files"), Path(folder) / "facts", settings=settings, is_demo=True)
        tables, _, _ = facts.read(Path(folder) / "facts")
    budgets = tables["facilities"].select(["facility_id", "budget_amount"]).to_pylist()
    budget_of = {row["facility_id"]: row["budget_amount"] for row in budgets if row["budget_amount"] is not None}
    flagged = _flagged(score_tables(tables, as_of=AS_OF, settings=settings))
    order = _order(candidates, sorted(row["facility_id"] for row in budgets), seed)
    spare = [i for i in order if i in flagged]
    others = [i for i in order if i not in flagged]
    chosen = set(spare[:N_FLAGGED] + others[: N_FACILITIES - N_FLAGGED])
    spare, aim = spare[N_FLAGGED:], N_FLAGGED
    for _ in range(_MAX_ROUNDS):
        # who is left out changes the peers of the others a little: leave out or take back until it fits
        only = {name: _only(table, chosen) for name, table in tables.items()}
        flagged = _flagged(score_tables(only, as_of=AS_OF, settings=settings))
        chosen -= set([i for i in order if i in flagged][aim:])
        missing = max(0, aim - len(flagged))
        chosen |= set(spare[:missing])
        spare = spare[missing:]
        if len(flagged) != aim:
            continue
        for _ in range(2):
            # rounding may move a facility that stands exactly on a threshold: what was published decides
            factor = FLAGGED_BUDGET_KZT / sum(budget_of.get(i, 0) for i in flagged)
            disclosed = _with_budget_total(select(at_scale(factor), chosen), flagged & budget_of.keys())
            snapshot = _publish(disclosed, out, settings=settings, say=say)
            flagged = _flagged(pq.read_table(snapshot.folder / "facilities.parquet"))
            totals = snapshot.manifest["totals"]
            if (totals["n_flagged"], totals["flagged_budget_kzt"]) == (N_FLAGGED, FLAGGED_BUDGET_KZT):
                return disclosed, factor, snapshot
        aim += N_FLAGGED - len(flagged)
    raise RuntimeError(f"no selection with {N_FLAGGED} flagged facilities after {_MAX_ROUNDS} rounds; try another seed")


def _order(candidates: Disclosed, ids: list[str], seed: int) -> list[str]:
    """The facilities in the order in which they are wanted: those with a broken row first, the rest at random."""
    broken = {facility_id for group in candidates.spoiled.values() for facility_id in group}
    shuffled = np.random.default_rng([seed, 3]).permutation(ids).tolist()
    return sorted(shuffled, key=lambda facility_id: facility_id not in broken)


def _flagged(scored: pa.Table) -> set[str]:
    return set(scored.filter(scored["is_flagged"])["facility_id"].to_pylist())


def _only(table: pa.Table, facility_ids: set[str]) -> pa.Table:
    return table.filter(pc.is_in(table["facility_id"], pa.array(sorted(facility_ids))))


def _with_budget_total(disclosed: Disclosed, facility_ids: set[str]) -> Disclosed:
    """The budgets of these facilities sum up to the published total: what rounding left over goes to the largest."""
    facilities = disclosed.tables["facilities"].copy()
    budgets = facilities.loc[facilities["facility_id"].isin(facility_ids), "budget_amount"]
    facilities.loc[budgets.idxmax(), "budget_amount"] += FLAGGED_BUDGET_KZT - budgets.sum()
    return replace(disclosed, tables={**disclosed.tables, "facilities": facilities})
