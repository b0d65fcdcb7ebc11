"""The regions of a country as its boundary file has them: outlines for the map, names in three languages."""

import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "geodata"


@cache
def outlines(boundaries: str) -> bytes | None:
    """The boundary file of that name (settings `country.boundaries`) as it is, or None for a country without one."""
    return (FOLDER / Path(boundaries).name).read_bytes() if boundaries else None


@cache
def names(boundaries: str, lang: str) -> dict[str, str]:
    """Region code -> name; empty without a boundary file, where codes are names already."""
    found = outlines(boundaries)
    if found is None:
        return {}
    properties = [feature["properties"] for feature in json.loads(found)["features"]]
    return {p["code"]: p[f"name_{lang}"] for p in properties}
