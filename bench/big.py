"""A synthetic national snapshot of any size: the demo's scored facilities again and again, spread over their regions.

    python -m bench.big data/demo/snapshots /tmp/big/100000 100000

For measuring only: ids and places are new, everything else is copied, so that shares and money look like the demo's.
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from riskmap import archive, facts, geography, snapshot

SEED = 20261101
SPREAD_DEG = 0.35  # about 35 km: towns with a countryside around them
TRIES = 12  # a place outside the facility's region is drawn again, nearer each time; then it keeps the place of its original
NEARER = 0.7


def write(source: Path, out: Path, n: int, *, seed: int = SEED) -> Path:
    """A valid snapshot folder of `n` facilities made from that of `source`. Returns `out`."""
    original = snapshot.load(source)
    rows = pq.read_table(source / "facilities.parquet")
    which = np.arange(n) % rows.num_rows
    copied = rows.take(pa.array(which))
    lon, lat = _places(rows, which, np.random.default_rng(seed), original.manifest["settings"]["country"]["boundaries"])
    for name, values in {
        "facility_id": pa.array([f"DEMO-{i:07}" for i in range(n)]),
        "source_row": pa.array(np.arange(n) + 2),
        "lon": pa.array(lon, from_pandas=True),
        "lat": pa.array(lat, from_pandas=True),
    }.items():
        copied = copied.set_column(copied.column_names.index(name), name, values)
    others = {name: facts.to_table(name, []) for name in snapshot.TABLES if name not in ("facilities", "problems")}
    problems = {"problems": facts.PROBLEM_SCHEMA.empty_table()}
    return snapshot.write(out, {"facilities": copied, **others, **problems}, original.manifest)


def _places(rows: pa.Table, which: np.ndarray, random: np.random.Generator, boundaries: str) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of each copy: near its original and inside the same region; the first copies stay."""
    lon, lat = (rows[name].to_numpy()[which].astype(float) for name in ("lon", "lat"))
    regions = np.asarray(rows["region_code"].to_pandas())[which]
    outlines = gpd.read_file(geography.FOLDER / boundaries).set_index("code").geometry
    shapely.prepare(outlines.to_numpy())
    waiting = np.flatnonzero((np.arange(len(which)) >= rows.num_rows) & ~np.isnan(lon))
    for spread_deg in SPREAD_DEG * NEARER ** np.arange(TRIES):
        new_lon = lon[waiting] + random.normal(0, spread_deg * 1.4, len(waiting))
        new_lat = lat[waiting] + random.normal(0, spread_deg, len(waiting))
        inside = np.zeros(len(waiting), bool)
        for code, outline in outlines.items():
            of_region = np.flatnonzero(regions[waiting] == code)
            inside[of_region] = shapely.contains_xy(outline, new_lon[of_region], new_lat[of_region])
        lon[waiting[inside]], lat[waiting[inside]] = new_lon[inside].round(5), new_lat[inside].round(5)
        waiting = waiting[~inside]
    return lon, lat


if __name__ == "__main__":
    write(archive.opened(Path(sys.argv[1])).folder, Path(sys.argv[2]), int(sys.argv[3]))
