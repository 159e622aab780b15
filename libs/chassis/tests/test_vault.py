"""Secrets at rest."""

import pytest
from cryptography.fernet import Fernet

from chassis.settings import StartRefused
from chassis.vault import Vault
from contracts.ids import new_id


def test_a_secret_opens_for_its_owner_only() -> None:
    vault, owner = Vault([Fernet.generate_key().decode()], setting="KEYS"), new_id()
    sealed = vault.seal(owner, "a secret")
    assert b"a secret" not in sealed
    assert vault.open(owner, sealed) == "a secret"
    with pytest.raises(ValueError, match="somebody else"):
        vault.open(new_id(), sealed)


def test_keys_are_rotated_without_losing_a_secret() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    owner = new_id()
    sealed = Vault([old], setting="KEYS").seal(owner, "a secret")
    resealed = Vault([new, old], setting="KEYS").reseal(sealed)
    assert Vault([new], setting="KEYS").open(owner, resealed) == "a secret"
    for refused in (lambda vault: vault.open(owner, sealed), lambda vault: vault.reseal(sealed)):
        with pytest.raises(ValueError, match="today's keys"):
            refused(Vault([new], setting="KEYS"))


def test_a_key_that_is_none_refuses_the_start_and_names_its_setting() -> None:
    with pytest.raises(StartRefused, match="KEYS"):
        Vault(["short"], setting="KEYS")
