"""Which class each region of a filter falls into, and the colour of a class: one answer for the map, the tiles and the files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from riskmap import summarise
from riskmap.filters import Filter
from riskmap.snapshot import Snapshot
from riskmap.summarise import MEASURES
from riskmap.web.found import look

# Two measures in one picture: money across, share overdue up; three classes each, number = 3 * up + across.
BOTH = "money_and_overdue"
ACROSS, UP = "flagged_budget", "overdue"
CHOICES = (*MEASURES, BOTH)  # every way to colour the regions
N_SIDE = 3


class Palette(NamedTuple):
    """Colours of one theme. `classes`: one hue, darker means more; `square`: blue for money, orange for overdue, dark for both.

    The square was chosen by its smallest difference between two colours (CIE76) under normal, protan, deutan and tritan
    sight: 18.2; the common pink and teal has 4.5. `map.js` has the same colours; a test compares them.
    """

    page: str
    land: str
    line: str
    ink: str
    quiet: str
    hatch: str
    small: str
    classes: tuple[str, ...]
    square: tuple[str, ...]
    levels: tuple[str, ...]


LIGHT = Palette(
    page="#ffffff", land="#f7f9fa", line="#93a1ad", ink="#1b2430", quiet="#566270", hatch="#b9c2ca", small="#e6e9ec",
    classes=("#eaf1f5", "#d0e0ea", "#aec9da", "#86adc7", "#5d90b3", "#3d739c"),
    square=("#eef1f3", "#a9cbe2", "#4d93c7", "#f3cf9a", "#b3a08f", "#5f7390", "#e0872c", "#a0603a", "#4a2f3d"),
    levels=("#bfd0db", "#e9b44c", "#cf6a2a", "#7f1d3f", "#ffffff"),
)  # fmt: skip
DARK = Palette(
    page="#11171d", land="#1a222a", line="#5c6b78", ink="#e8edf1", quiet="#a7b2bc", hatch="#55626e", small="#2b343c",
    classes=("#1f303c", "#27465a", "#2f5d79", "#3a7699", "#4c90b6", "#70aed0"),
    square=("#26323b", "#2f6d96", "#4fb0e8", "#7a5526", "#7d7f86", "#8fc0dd", "#d98a2b", "#e0b184", "#fbeedd"),
    levels=("#8fa9ba", "#e9b44c", "#e0793a", "#d9567f", "#11171d"),
)  # fmt: skip


class Shaded(NamedTuple):
    """The regions of a filter with their classes.

    `rows`: as `summarise.by_region` gives them, without the region that is not known; `classes`: code -> number of the
    class, "small" or "unknown"; `breaks`, `values`: of the measure, of the two of BOTH across and up; `doubtful`: codes
    whose mean coverage is below the bound under which a facility is not assessable.
    """

    measure: str
    rows: pd.DataFrame
    classes: dict[str, int | str]
    breaks: tuple[list[float], ...]
    values: tuple[pd.Series, ...]
    doubtful: tuple[str, ...]


def shaded(snapshot: Snapshot, filter_: Filter, measure: str) -> Shaded:
    """The classes of a measure of CHOICES.

    A region is coloured by all that the filter shows without its own condition on regions: who looks at one region still
    sees its neighbours. A share or a median of few facilities has no class; a sum is a fact of any number.
    """
    return _shaded(look(snapshot, replace(filter_, regions=(), districts=())).by_region, snapshot, measure)


def districts(snapshot: Snapshot, filter_: Filter, measure: str) -> Shaded:
    """The same for the districts of the one region of the filter, their codes in the place of the region's."""
    rows = look(snapshot, replace(filter_, districts=())).by_district
    if rows is None:
        raise ValueError("districts of more than one region")
    return _shaded(rows.rename(columns={"district_code": "region_code"}), snapshot, measure)


def _shaded(rows: pd.DataFrame, snapshot: Snapshot, measure: str) -> Shaded:
    rows = rows[rows["region_code"] != summarise.UNKNOWN].reset_index(drop=True)
    measures = [MEASURES[name] for name in ((ACROSS, UP) if measure == BOTH else (measure,))]
    hides_small = any(one.kind != "money" for one in measures)
    values = tuple(rows[one.column].mask(rows["is_small"] & hides_small) for one in measures)
    n_classes = N_SIDE if measure == BOTH else 5
    breaks = tuple(
        summarise.class_breaks(known, is_log=one.is_log, n_classes=n_classes, finest=one.finest)
        for known, one in zip(values, measures, strict=True)
    )
    numbers = [summarise.class_of(known, of) for known, of in zip(values, breaks, strict=True)]
    number = _both(numbers, breaks) if measure == BOTH else numbers[0]
    bound = snapshot.manifest["settings"]["levels"]["min_coverage"]
    return Shaded(
        measure,
        rows,
        {
            code: int(k) if pd.notna(k) else "small" if is_small and hides_small else "unknown"
            for code, k, is_small in zip(rows["region_code"], number, rows["is_small"], strict=True)
        },
        breaks,
        values,
        tuple(rows.loc[rows["coverage_mean"].lt(bound).fillna(False), "region_code"]),
    )


def _both(numbers: Sequence[pd.Series], breaks: Sequence[Sequence[float]]) -> pd.Series:
    across, up = (
        classes.map({k: spread(k, len(of) + 1, N_SIDE) for k in range(len(of) + 1)}).astype("Int64")
        for classes, of in zip(numbers, breaks, strict=True)
    )
    return N_SIDE * up + across


def spread(k: int, n: int, n_steps: int) -> int:
    """Step of a scale of `n_steps` for class `k` of `n`: few classes use the ends, so that the darkest always means the most."""
    return (n_steps - 1) // 2 if n < 2 else (2 * k * (n_steps - 1) + n - 1) // (2 * (n - 1))


def fill(class_: int | str | None, shaded_: Shaded, palette: Palette) -> str:
    """Colour of a class; None = no facility there."""
    if not isinstance(class_, int):
        return palette.small if class_ == "small" else palette.land
    if shaded_.measure == BOTH:
        return palette.square[class_]
    return palette.classes[spread(class_, len(shaded_.breaks[0]) + 1, len(palette.classes))]


def ink_on(colour: str) -> str:
    """The better readable of nearly black and white on a colour."""
    return max(DARK.page, LIGHT.page, key=lambda ink: contrast(colour, ink))


def contrast(one: str, other: str) -> float:
    """WCAG contrast of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts: Sequence[float] = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
