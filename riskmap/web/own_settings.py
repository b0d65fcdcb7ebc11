"""What this server's settings say about the things beside the map: the reward, the doors. No snapshot carries them."""

import os
from functools import cache
from typing import Any

from riskmap import settings


@cache
def configured() -> dict[str, Any]:
    """The settings in the file named by RISKMAP_SETTINGS, or the default ones. DataError for a file that cannot be."""
    return settings.load(os.environ.get("RISKMAP_SETTINGS") or None)
