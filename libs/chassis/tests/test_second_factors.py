"""Second factors at rest."""

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet

from chassis.second_factors import (
    CODE_SECONDS,
    RECOVERY_CODES,
    SeedVault,
    code_at,
    new_recovery_codes,
    new_seed,
    normal_recovery_code,
    step_of,
)
from chassis.settings import StartRefused
from contracts.ids import new_id


def test_a_seed_opens_for_its_person_only() -> None:
    vault, person = SeedVault([Fernet.generate_key().decode()]), new_id()
    seed = new_seed()
    sealed = vault.seal(person, seed)
    assert seed.encode() not in sealed
    assert vault.open(person, sealed) == seed
    with pytest.raises(ValueError, match="somebody else"):
        vault.open(new_id(), sealed)


def test_keys_are_rotated_without_losing_a_factor() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    person, seed = new_id(), new_seed()
    sealed = SeedVault([old]).seal(person, seed)
    assert SeedVault([new, old]).open(person, sealed) == seed
    resealed = SeedVault([new, old]).reseal(sealed)
    assert SeedVault([new]).open(person, resealed) == seed
    with pytest.raises(ValueError, match="today's keys"):
        SeedVault([new]).open(person, sealed)


def test_a_key_that_is_none_refuses_the_start() -> None:
    with pytest.raises(StartRefused, match="TOTP_SEED_KEYS"):
        SeedVault(["short"])


def test_codes_are_those_of_rfc_6238() -> None:
    """Appendix B, SHA-1, the last six digits."""
    assert code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59 // 30) == "287082"
    assert code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1111111109 // 30) == "081804"


def test_a_code_works_once_and_none_before_it() -> None:
    seed, now = new_seed(), datetime(2026, 1, 5, tzinfo=UTC)
    current = int(now.timestamp()) // CODE_SECONDS
    assert step_of(seed, code_at(seed, current), now, 0) == current
    assert step_of(seed, code_at(seed, current), now, current) is None
    assert step_of(seed, code_at(seed, current - 1), now, current) is None
    assert step_of(seed, code_at(seed, current + 1), now, current) == current + 1
    for code in (code_at(seed, current - 2), code_at(seed, current + 2), "", "١٢٣٤٥٦", "\ud800"):
        assert step_of(seed, code, now, 0) is None


def test_recovery_codes_are_read_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == RECOVERY_CODES
    plain = codes[0].replace("-", "")
    for typed in (codes[0], codes[0].upper(), plain, codes[0].replace("-", " ")):
        assert normal_recovery_code(typed) == plain
    for wrong in ("", "123456", codes[0] + "a", "ä" * 16):
        assert normal_recovery_code(wrong) is None
