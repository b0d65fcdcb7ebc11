"""Vector tiles: what all tiles of a zoom hold together is what the table says, for any filter; GDAL reads them."""

import gzip
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskmap import filters, schema, snapshot, summarise
from riskmap import settings as settings_module
from riskmap.filters import Filter
from riskmap.web import tiles

N = 4000
SUMMED = {
    "n_facilities": "n_facilities", "n_flagged": "n_flagged", "n_not_assessable": "n_not_assessable", "budget": "budget",
    "n_budget_unknown": "n_budget_unknown", "flagged_budget": "flagged_budget",
    "n_flagged_budget_unknown": "n_flagged_budget_unknown",
}  # fmt: skip


def _country(n, seed=7):
    """n facilities with every value known, unknown or odd: same places, the poles of the map, other currencies."""
    random = np.random.default_rng(seed)
    levels = random.choice([*schema.LEVELS, None], n)
    unknown = random.random((n, 3)) < 0.1
    lon, lat = random.normal(68, 6, n), random.normal(48, 3, n)
    lon[:5], lat[:5] = (180, -180, 0, 76.9, 76.9), (90, -90, 0, 43.2, 43.2)
    values = {
        "facility_id": [f"F{i:06}" for i in range(n)],
        "region_code": random.choice(["KZ-75", "KZ-71", "KZ-10", None], n),
        "facility_type": random.choice(["school", "hospital", None], n),
        "lon": np.where(unknown[:, 0], np.nan, lon),
        "lat": np.where(unknown[:, 0], np.nan, lat),
        "location_precision": random.choice(["site", "district", None], n),
        "currency": random.choice(["KZT", "KZT", "KZT", "USD", None], n),
        "budget_amount": pd.array(np.where(unknown[:, 1], None, random.integers(0, 10**13, n)), "Int64"),
        "level": levels,
        "delivery": random.choice([*schema.DELIVERY, None], n),
        "is_overdue": pd.array(random.choice([True, False, None], n), "boolean"),
        "is_flagged": pd.array(np.isin(levels, ["high", "critical"]), "boolean"),
        "is_restricted": pd.array(random.random(n) < 0.02, "boolean"),
        "r_lo": random.integers(0, 100, n).astype(float),
    }
    empty = {name: pd.Series(pd.NA, index=range(n), dtype="object") for name in schema.SCORED}
    return pd.DataFrame(empty | {name: pd.Series(column) for name, column in values.items()}).convert_dtypes()


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    opened = snapshot.Snapshot(tmp_path_factory.mktemp("none"), {"snapshot_id": "test", "settings": settings_module.load()})
    opened.__dict__["facilities"] = _country(N)
    return opened


def read(body):
    """Layer -> frame of a tile."""
    plain = gzip.decompress(body)
    return {name: pyogrio.read_dataframe(plain, layer=name) for name in pyogrio.list_layers(plain)[:, 0]}


def all_tiles(opened, filter_, z):
    """Every tile of a zoom that is not empty: those of the places, found another way than the tiles themselves."""
    rows = opened.facilities
    placed = rows[rows["lat"].notna() & rows["lon"].notna()]
    lat = np.radians(placed["lat"].to_numpy(float).clip(-85.0511287, 85.0511287))
    x = ((placed["lon"].to_numpy(float) + 180) / 360 * 2**z).astype(int).clip(0, 2**z - 1)
    y = ((1 - np.arcsinh(np.tan(lat)) / math.pi) / 2 * 2**z).astype(int).clip(0, 2**z - 1)
    for column, row in sorted(set(zip(x.tolist(), y.tolist(), strict=True))):
        body = tiles.tile(opened, filter_, z, column, row)
        if body:
            yield read(body)


FILTERS = st.builds(
    Filter,
    regions=st.sets(st.sampled_from(["KZ-75", "KZ-71", "KZ-10", "unknown"]), max_size=2).map(tuple),
    types=st.sets(st.sampled_from(["school", "unknown"]), max_size=1).map(tuple),
    levels=st.sets(st.sampled_from(schema.LEVELS), max_size=3).map(tuple),
    overdue=st.sampled_from([None, None, True, False]),
    flagged=st.sampled_from([None, None, None, True, False]),
    budget_min=st.sampled_from([None, None, 10**12]),
    sort=st.sampled_from(["-r_lo", "budget_amount"]),
)


@settings(deadline=None, max_examples=25)
@given(filter_=FILTERS, z=st.integers(0, 7))
def test_the_map_and_the_table_have_the_same_totals(country, filter_, z):
    shown = filters.apply(filter_, country.facilities)
    placed = shown[shown["lat"].notna() & shown["lon"].notna()]
    sums = summarise.totals(placed, country.manifest["settings"])
    how = tiles.detail(country, filter_)
    assert how.n_placed == len(placed)
    found = list(all_tiles(country, filter_, z))
    if z < how.points_from:
        cells = pd.concat([layers["cells"] for layers in found])
        assert {name: int(cells[name].sum()) for name in SUMMED} == {name: int(sums[of] or 0) for name, of in SUMMED.items()}
        assert how.largest[z] == cells["n_facilities"].max()
    else:
        rows = [row for layers in found for frame in layers.values() for row in frame["mvt_id"]]
        assert sorted(country.facilities["facility_id"].iloc[rows]) == sorted(placed["facility_id"])
        flagged = sum(len(layers["flagged"]) for layers in found if "flagged" in layers)
        assert flagged == sums["n_flagged"]
    assert {name for layers in found for name in layers} <= (
        {"cells", "flagged"} if z < how.points_from else {"points", "flagged"}
    )


@pytest.mark.parametrize("z", (2, 4))
def test_far_out_each_cell_marks_the_flagged_facility_with_most_points(country, z):
    rows = country.facilities
    assert tiles.detail(country, Filter()).is_thinned
    n_marked = 0
    for layers in all_tiles(country, Filter(), z):
        marked = layers["flagged"]["mvt_id"] if "flagged" in layers else []
        assert rows["is_flagged"].iloc[list(marked)].all()
        assert len(marked) == layers["cells"]["n_flagged"].gt(0).sum()
        n_marked += len(marked)
    assert n_marked
    shown = rows[~rows["is_restricted"].fillna(False) & rows["is_flagged"].fillna(False) & rows["lat"].notna()]
    most = shown.sort_values(["r_lo", "facility_id"], ascending=[False, True]).index[0]
    assert any(most in set(layers["flagged"]["mvt_id"]) for layers in all_tiles(country, Filter(), z) if "flagged" in layers)


def test_who_is_marked_far_out_is_marked_near(country):
    marked = [
        {row for layers in all_tiles(country, Filter(), z) if "flagged" in layers for row in layers["flagged"]["mvt_id"]}
        for z in range(6)
    ]
    assert all(far <= near for far, near in pairwise(marked))


def test_few_are_drawn_one_by_one_at_any_zoom(country):
    few = Filter(levels=("critical",), regions=("KZ-71",))
    assert tiles.detail(country, few) == tiles.detail(country, replace(few, sort="budget_amount"))
    assert tiles.detail(country, few).points_from == 0
    assert set(read(tiles.tile(country, few, 0, 0, 0))) == {"flagged"}


def test_nothing_is_no_tile(country):
    nothing = Filter(budget_min=10**17)
    assert tiles.detail(country, nothing) == (0, [], False, 0, None)
    assert tiles.tile(country, nothing, 0, 0, 0) == b""


@pytest.mark.parametrize("place", ((17, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, -1)))
def test_there_is_no_tile_outside_the_world(country, place):
    with pytest.raises(ValueError, match="no tile"):
        tiles.tile(country, Filter(), *place)


@pytest.mark.parametrize("z", (0, 5, 12, 16))
def test_a_point_stands_where_it_is(country, z):
    """Ground truth by the textbook formula; 1/4096 of a tile is the step of the format."""
    lon, lat = 76.9, 43.2
    x, y = (lon + 180) / 360 * 2**z, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z
    alone = snapshot.Snapshot(country.folder, {**country.manifest, "snapshot_id": "alone"})
    alone.__dict__["facilities"] = country.facilities.iloc[:4].assign(
        lon=[None, None, None, lon], lat=[None, None, None, lat], is_restricted=pd.array([None] * 4, "boolean")
    )
    layers = read(tiles.tile(alone, Filter(), z, int(x), int(y)))
    (point,) = (frame.iloc[0] for frame in layers.values())
    assert point["mvt_id"] == 3
    # GDAL turns the tile over: its y grows to the north
    assert (point.geometry.x, 4096 - point.geometry.y) == pytest.approx(((x % 1) * 4096, (y % 1) * 4096), abs=1.01)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*(st.integers(0, most) for most in (4095, 4095, 2**32 - 1, 2**53, 3))),
        min_size=1, max_size=40,
    )
)  # fmt: skip
def test_what_is_written_is_read(points):
    px, py, ids, amount, kind = (np.array(column, np.int64) for column in zip(*points, strict=True))
    layer = tiles.encode("some", px, py, ids, {"amount": amount, "kind": kind})
    frame = pyogrio.read_dataframe(layer, layer="some")
    assert (
        list(zip(frame.geometry.x, 4096 - frame.geometry.y, frame["mvt_id"], frame["amount"], frame["kind"], strict=True))
        == points
    )
