"""Text -> facts, strictly: each refused cell or row becomes a Problem, and nothing is dropped.

`values` converts one text, `identifiers` looks after BIN and IIN, `words` knows the words for codes, `places` the
coordinates and regions, `relations` what the values of one row say to each other, `rows` puts it all together.
"""

from riskmap.check.rows import Checked, Quarantined, check

__all__ = ["Checked", "Quarantined", "check"]
