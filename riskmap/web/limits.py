"""How often something may be sent, without keeping who sent it.

Counted in memory, in windows of a few minutes, under HMAC of the sender's network with a key that is made for the
window and thrown away with it: after it nobody can tell which networks sent anything. Nothing is logged or written.
"""

import hmac
import ipaddress
import math
import secrets
from collections import Counter

_MAX_COUNTERS = 10_000  # about 1 MB; whoever comes when they are used up shares one counter with the other late ones
_LATE = b"late"


class Windows:
    """Counters that forget everything when their window ends."""

    def __init__(self) -> None:
        self._number = -1
        self._secret, self._counts = b"", Counter[bytes]()

    def wait_seconds(self, kind: str, of: str, *, at_most: int, window_seconds: int, now_seconds: float) -> int:
        """Count one more of `kind` for `of`: 0 if it is among the first `at_most` of the window, else seconds until the next."""
        number = int(now_seconds // window_seconds)
        if number != self._number:
            self._number, self._secret, self._counts = number, secrets.token_bytes(32), Counter()
        name = hmac.digest(self._secret, f"{kind}\0{of}".encode("utf-8", "surrogatepass"), "sha256")[:16]
        if name not in self._counts and len(self._counts) >= _MAX_COUNTERS:
            name = kind.encode() + _LATE
        if self._counts[name] >= at_most:
            return math.ceil((number + 1) * window_seconds - now_seconds)
        self._counts[name] += 1
        return 0


def network(host: str | None) -> str:
    """The network of an address, coarser than a household: "203.0.113.0/24", "2001:db8::/48"; "unknown" for anything else."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    plain = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((plain, 24 if plain.version == 4 else 48), strict=False))
