"""Sealed boxes open for one key only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import sealing

PRIVATE, PUBLIC = sealing.new_keypair()


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    assert sealing.open_sealed(PRIVATE, sealing.seal(PUBLIC, plain)) == plain


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(sealing.new_keypair()[0], sealing.seal(PUBLIC, b"secret"))


@given(st.integers(min_value=0, max_value=53))
def test_a_changed_byte_does_not_open(position: int) -> None:
    sealed = bytearray(sealing.seal(PUBLIC, b"secret"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(PRIVATE, bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 47])
def test_rubbish_does_not_open(sealed: bytes) -> None:
    with pytest.raises(sealing.CannotOpen):
        sealing.open_sealed(PRIVATE, sealed)


@pytest.mark.parametrize("key", ["", "AAAA", "not base64 at all!", PUBLIC + PUBLIC])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|base64|padding|decoded"):
        sealing.seal(key, b"secret")


def test_the_public_half_follows_from_the_private_one() -> None:
    assert sealing.public_key_of(PRIVATE) == PUBLIC
    assert sealing.public_key_of(PRIVATE.replace("-", "+").replace("_", "/") + "=") == PUBLIC
