"""One-time keys and receipts: 128 random bits, written so that they survive paper, a phone call and small screens."""

import hashlib
import secrets

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_ALIKE = str.maketrans("OIL", "011", "- ")
_LENGTH = 26  # 128 bits of 5 each
_GROUP = 5


def new_key() -> str:
    """A key for one form."""
    return _written(secrets.token_bytes(16))


def receipt_of(key: str) -> str:
    """The receipt that belongs to a key, in groups: as random as the key, and the key cannot be found from it.

    Derived, so that a form sent twice gets the same receipt although only a hash of it is kept.
    """
    letters = _written(hashlib.sha256(b"riskmap receipt " + plain(key).encode()).digest()[:16])
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH - 1, _GROUP)) + letters[-1]


def plain(code: str) -> str:
    """A code as it was made: small letters, gaps and look-alikes of a hand-written one are forgiven."""
    return code.upper().translate(_ALIKE)


def hash_of(code: str) -> str | None:
    """What is kept of a key or a receipt; None for what cannot be one."""
    letters = plain(code)
    if len(letters) != _LENGTH or not set(letters) <= set(_LETTERS):
        return None
    return hashlib.sha256(b"riskmap code " + letters.encode()).hexdigest()


def new_id() -> str:
    """Names an observation; random, because a number would tell the order of arrival."""
    return _written(secrets.token_bytes(16))[-16:]


def _written(sixteen_bytes: bytes) -> str:
    number = int.from_bytes(sixteen_bytes, "big")
    return "".join(_LETTERS[number >> shift & 31] for shift in range((_LENGTH - 1) * 5, -1, -5))
