"""The API of a running server, opened as QGIS opens it: by GDAL's driver for OGC API - Features."""

import pyogrio
import pytest

from riskmap import filters, snapshot


# a number written into a column of another kind is a warning of GDAL's
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_map_program_reads_every_facility_as_a_layer(server, snapshot_folder):
    layer = pyogrio.read_dataframe(f"OAPIF:{server}/api", layer="facilities")
    facilities = snapshot.load(snapshot_folder).facilities
    shown = facilities[filters.public(facilities)]
    assert sorted(layer["facility_id"]) == sorted(shown["facility_id"])
    amounts = shown.set_index("facility_id")["exposure_amount"].dropna()
    read = layer.set_index("facility_id")["exposure_amount"].dropna()
    assert read.to_dict() == amounts.to_dict() and amounts.max() > 2**31  # nothing is cut to 32 bits
    assert int(layer.geometry.notna().sum()) == int(shown["lat"].notna().sum())
