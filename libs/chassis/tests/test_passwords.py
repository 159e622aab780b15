import asyncio

import pytest
from argon2 import PasswordHasher

from chassis.passwords import Passwords


@pytest.fixture
def passwords():
    made = Passwords()
    yield made
    made.close()


async def test_hash_and_verify(passwords) -> None:
    stored = await passwords.hash("a quiet harbour at dawn")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await passwords.verify(stored, "a quiet harbour at dawn")).correct
    assert not (await passwords.verify(stored, "a quiet harbour at dusk")).correct
    assert stored != await passwords.hash("a quiet harbour at dawn")


async def test_nobodys_hash_fits_no_password(passwords) -> None:
    assert not (await passwords.verify(None, "nobody has this password")).correct


async def test_a_hash_of_weaker_parameters_is_replaced(passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("a quiet harbour at dawn")
    verdict = await passwords.verify(weak, "a quiet harbour at dawn")
    assert verdict.correct
    assert verdict.new_hash is not None
    renewed = await passwords.verify(verdict.new_hash, "a quiet harbour at dawn")
    assert renewed.correct
    assert renewed.new_hash is None
    assert (await passwords.verify(weak, "wrong wrong wrong")).new_hash is None


async def test_the_event_loop_goes_on_while_hashing(passwords) -> None:
    hashing = asyncio.gather(*(passwords.hash("a quiet harbour at dawn") for _ in range(4)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    await hashing
    assert turns > 100
