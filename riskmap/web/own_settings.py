"""The settings of this server, for all that no snapshot carries: terms, limits of forms, rewards, doors, a background map.

What judges facilities is read from the snapshot, never from here.
"""

import os
from functools import cache
from typing import Any

from riskmap import settings


def source() -> str:
    """The file that the operator wrote, to name it in an error; the program's own where there is none."""
    return os.environ.get("RISKMAP_SETTINGS") or settings.DEFAULT.name


@cache
def configured() -> dict[str, Any]:
    """The settings in the file named by RISKMAP_SETTINGS, or the default ones. DataError for a file that cannot be."""
    return settings.load(os.environ.get("RISKMAP_SETTINGS") or None)
