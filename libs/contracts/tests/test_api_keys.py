import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.api_keys import hash_api_key, hint_of, is_api_key, is_well_formed, new_api_key


def test_a_new_key_is_well_formed_and_never_the_same() -> None:
    keys = {new_api_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch(r"obk_[0-9A-Za-z]{38}", key) and is_api_key(key) and is_well_formed(key) for key in keys)


@given(st.integers(4, 41), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
def test_no_typo_in_one_place_passes(place: int, other: str) -> None:
    key = "obk_4fTq8ZxR1mVnC0yKpW7uLdE2sHbJ9aGi" + new_api_key()[36:]
    good = new_api_key()
    wrong = good[:place] + other + good[place + 1 :]
    assert is_well_formed(wrong) == (wrong == good)
    assert is_api_key(key)


@pytest.mark.parametrize(
    "text", ["", "obk_", "obk_" + "0" * 37, "obk_" + "0" * 39, "OBK_" + "0" * 38, "obk_" + "ä" * 38]
)
def test_what_is_no_key(text: str) -> None:
    assert not is_well_formed(text)


def test_what_is_kept_is_a_hash_and_the_last_four_characters() -> None:
    key = new_api_key()
    assert len(hash_api_key(key)) == 32
    assert key.endswith(hint_of(key))
    assert len(hint_of(key)) == 4
