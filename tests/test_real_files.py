"""The runs of docs/real-files.md on real public files; each skips where `../shared` is absent."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from riskmap import snapshot

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "real-files.md").read_text("utf-8")
FOLDERS = {
    "Philippines": "philippines_works",
    "Brazil": "brazil_stalled_works",
    "Mexico": "mexico_oc4ids",
    "Kazakhstan": "kz_almaty_works",
}


def commands(country: str) -> list[list[str]]:
    """The two commands that the page prints for a country."""
    block = re.search(rf"^## {country}.*?```console\n(.*?)```", PAGE, re.M | re.S)
    assert block
    return [shlex.split(line) for line in block[1].replace("\\\n", " ").strip().splitlines()]


def printed(country: str) -> list[int]:
    """rows in, accepted, quarantined, facilities, overdue, flagged, as the table of the page says."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {country}")).split("|")[2:8]
    return [int(re.match(r"[\d,]+", cell.strip())[0].replace(",", "")) for cell in row]


@pytest.mark.parametrize("country", FOLDERS)
def test_what_came_out(country, shared, tmp_path) -> None:
    data = shared / "data" / FOLDERS[country]
    for command in commands(country):
        arguments = []
        for word in command[3:]:
            path = re.sub(r"^data/\w+", str(tmp_path), word)
            if word.endswith((".csv", ".xlsx", "*.json", ".geojson")) and "=" not in word:
                arguments += sorted(map(str, data.glob(word)))
            else:
                arguments.append(path)
        done = subprocess.run(
            [sys.executable, "-m", "riskmap", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    manifest = snapshot.load(tmp_path / "snapshot").manifest
    read, totals = manifest["import"]["totals"], manifest["totals"]
    assert read["rows_in"] == read["accepted"] + read["quarantined"] + read["blank"]
    found = [
        read["rows_in"],
        read["accepted"],
        read["quarantined"],
        *(totals[k] for k in ("n_facilities", "n_overdue", "n_flagged")),
    ]
    assert found == printed(country)
