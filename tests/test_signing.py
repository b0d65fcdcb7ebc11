"""Signatures: the holder of the key signs, anyone checks, and one changed byte is found."""

import shutil
import stat
import subprocess

import pytest

from riskmap import signing
from riskmap.problem import DataError


@pytest.fixture
def keys(tmp_path):
    private = tmp_path / "operator.pem"
    return private, signing.new_key(private)


def test_a_signature_holds_for_these_bytes_and_this_key_only(keys, tmp_path):
    private, public = keys
    file = tmp_path / "list.csv"
    file.write_bytes(b"facility_id\r\n1\r\n")
    signature = signing.sign(file, private)
    assert signature.name == "list.csv.sig" and len(signature.read_bytes()) == 64
    assert signing.is_signed(file, signature, public)
    other = signing.new_key(tmp_path / "other.pem")
    assert not signing.is_signed(file, signature, other)
    file.write_bytes(file.read_bytes() + b"2\r\n")
    assert not signing.is_signed(file, signature, public)
    assert not signing.is_signed(file, tmp_path / "no.sig", public)


def test_the_private_key_is_for_its_owner_alone_and_never_written_over(keys, tmp_path):
    private, public = keys
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    with pytest.raises(DataError, match="key_exists"):
        signing.new_key(private)
    public.unlink()
    with pytest.raises(DataError, match="key_exists"):
        signing.new_key(private)
    private.chmod(0o644)
    with pytest.raises(DataError, match="key_open"):
        signing.sign(tmp_path / "x", private)


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused_in_words(tmp_path, content):
    key = tmp_path / "key.pem"
    key.write_bytes(content)
    key.chmod(0o600)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(DataError, match="key_unusable"):
        signing.sign(tmp_path / "file", key)
    with pytest.raises(DataError, match="key_unusable"):
        signing.is_signed(tmp_path / "file", tmp_path / "file", key)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_checks_it_without_us(keys, tmp_path):
    private, public = keys
    file = tmp_path / "list.csv"
    file.write_bytes(b"facility_id\r\n1\r\n")
    signature = signing.sign(file, private)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", file, "-sigfile", signature]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
