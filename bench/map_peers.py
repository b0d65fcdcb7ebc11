"""The same facilities by another renderer, as plainly as its documentation shows it; started by `bench.map`.

Environment: BENCH_SNAPSHOT = folder of a snapshot, BENCH_RENDERER = plotly, pydeck or stmap.
"""

import os

import plotly.graph_objects as go
import pyarrow.parquet as pq
import pydeck
import streamlit as st

COLOUR = "#e06020"


@st.cache_resource
def places():
    columns = ["lat", "lon", "is_overdue"]
    return pq.read_table(f"{os.environ['BENCH_SNAPSHOT']}/facilities.parquet", columns=columns).to_pandas().dropna(subset="lat")


st.set_page_config(layout="wide")
shown = places()
if st.toggle("Overdue"):
    shown = shown[shown["is_overdue"].eq(True)]
lat, lon = shown["lat"].to_numpy("float64"), shown["lon"].to_numpy("float64")
renderer = os.environ["BENCH_RENDERER"]
if renderer == "plotly":
    marker = {"size": 6, "color": COLOUR}
    figure = go.Figure(go.Scattermap(lat=lat.astype("f4"), lon=lon.astype("f4"), mode="markers", marker=marker, hoverinfo="skip"))
    camera = {"style": "white-bg", "center": {"lat": 48, "lon": 67}, "zoom": 3.2}
    figure.update_layout(map=camera, margin={"l": 0, "r": 0, "t": 0, "b": 0}, height=600)
    st.plotly_chart(figure, key="map", theme=None)
elif renderer == "pydeck":
    layer = pydeck.Layer(
        "ScatterplotLayer", shown[["lon", "lat"]], get_position=["lon", "lat"], get_fill_color=[224, 96, 32], radius_min_pixels=3,
        get_radius=100,
    )  # fmt: skip
    view = pydeck.ViewState(latitude=48, longitude=67, zoom=3.2)
    st.pydeck_chart(pydeck.Deck(layers=[layer], initial_view_state=view, map_provider=None), height=600, key="map")
else:
    st.map(shown[["lat", "lon"]], color=COLOUR, height=600, zoom=3)
