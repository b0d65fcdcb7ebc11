"""Detached signatures: Ed25519 over the bytes of a file, with a key that only its operator holds.

The signature is the 64 raw bytes, so that anyone can check it without us:
`openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in list.csv -sigfile list.csv.sig`.
"""

import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)  # fmt: skip

from riskmap.problem import DataError

SUFFIX = ".sig"
PUBLIC_SUFFIX = ".pub.pem"
_MAX_KEY_BYTES = 10_000


def new_key(private: Path) -> Path:
    """Make a pair of keys: `private` as PEM that only its owner can read, and beside it the public one, whose path is returned.

    DataError `key_exists` if either file is there: a key that is written over is lost.
    """
    public = private.with_name(private.stem + PUBLIC_SUFFIX)
    key = Ed25519PrivateKey.generate()
    if public.exists():
        raise DataError("key_exists", str(public))
    try:
        opened = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DataError("key_exists", str(private)) from error
    with os.fdopen(opened, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def sign(file: Path, private: Path) -> Path:
    """Write the signature of a file beside it, as `<file>.sig`; returns its path. DataError for a key that cannot be used."""
    if stat.S_IMODE(private.stat().st_mode) & 0o077:
        raise DataError("key_open", str(private))
    key = _read(private)
    try:
        own = load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise DataError("key_unusable", str(private)) from error
    if not isinstance(own, Ed25519PrivateKey):
        raise DataError("key_unusable", str(private))
    beside = file.with_name(file.name + SUFFIX)
    beside.write_bytes(own.sign(file.read_bytes()))
    return beside


def is_signed(file: Path, signature: Path, public: Path) -> bool:
    """Is this the signature of these bytes by the holder of the key? False for a missing signature too."""
    try:
        key = load_pem_public_key(_read(public))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise DataError("key_unusable", str(public)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise DataError("key_unusable", str(public))
    try:
        key.verify(signature.read_bytes(), file.read_bytes())
    except (InvalidSignature, FileNotFoundError):
        return False
    return True


def _read(key: Path) -> bytes:
    with key.open("rb") as file:
        return file.read(_MAX_KEY_BYTES)
