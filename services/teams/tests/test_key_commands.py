"""Keys that change without signing anybody out: the journey an operator takes, step by step, against the service."""

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from cryptography.fernet import Fernet

from chassis.auth import Authenticator, RemoteKeys, Revocations
from chassis.keys import SigningKey
from chassis.problems import Unauthorized
from chassis.second_factors import SeedVault, new_seed
from chassis.testing import serving
from teams.app import make_application


async def teams_command(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "teams", *arguments, env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def teams_with(teams, keys: str):
    """Teams restarted with another SIGNING_KEYS, over the same database."""
    changed = teams.settings.model_validate(teams.settings.model_dump() | {"signing_keys": json.loads(keys)})
    async with AsyncExitStack() as stack:
        app = await make_application(changed, stack, teams.clock)
        yield await stack.enter_async_context(serving(app))


async def log_in(teams, url, person) -> str:
    body = {"email": person.email, "password": teams.password, "client": "api"}
    async with teams.http.post(f"{url}/v1/auth/login", json=body) as answer:
        assert answer.status == 200
        return str((await answer.json())["access_token"])


async def verifies(teams, url, token) -> bool:
    """As another service would: by the published keys."""

    async def holds(_: str) -> bool:
        return True

    async with aiohttp.ClientSession() as session:
        keys = RemoteKeys(session, f"{url}/.well-known/jwks.json")
        authenticator = Authenticator(keys, Revocations(ask=holds), clock=teams.clock)
        try:
            await authenticator.authenticate(token)
        except Unauthorized:
            return False
        return True


async def rotated(action: str, keys: str) -> str:
    code, out, err = await teams_command("keys", action, SIGNING_KEYS=keys)
    assert (code, bool(err)) == (0, True)
    return out.strip()


async def test_the_signing_key_changes_and_nobody_is_signed_out(teams) -> None:
    ada = await teams.register()
    old = json.dumps([key.get_secret_value() for key in teams.settings.signing_keys])
    both = await rotated("add", old)
    async with teams_with(teams, both) as url:
        before = await log_in(teams, url, ada)
        assert await verifies(teams, url, ada.token)
    promoted = await rotated("promote", both)
    assert json.loads(promoted) == json.loads(both)[::-1]
    async with teams_with(teams, promoted) as url:
        after = await log_in(teams, url, ada)
        assert [await verifies(teams, url, token) for token in (ada.token, before, after)] == [True] * 3
    async with teams_with(teams, await rotated("retire", promoted)) as url:
        assert [await verifies(teams, url, token) for token in (ada.token, before, after)] == [False, False, True]
        headers = {"Authorization": f"Bearer {after}"}
        async with teams.http.get(f"{url}/v1/me", headers=headers) as answer:
            assert answer.status == 200


async def test_the_last_key_is_neither_retired_nor_promoted() -> None:
    keys = json.dumps([SigningKey.generate().private_text])
    for action in ("retire", "promote"):
        code, out, err = await teams_command("keys", action, SIGNING_KEYS=keys)
        assert (code, out) == (1, "")
        assert "keys add" in err


async def test_the_list_shows_ids_and_no_secret() -> None:
    pair = [SigningKey.generate() for _ in range(2)]
    code, out, _ = await teams_command("keys", "list", SIGNING_KEYS=json.dumps([key.private_text for key in pair]))
    assert (code, out) == (0, f"{pair[0].kid}  signs\n{pair[1].kid}  verifies\n")


@pytest.fixture
def environment(teams):
    settings = teams.settings
    return {
        "DATABASE_API_URL": settings.database_api_url.get_secret_value(),
        "DATABASE_WORKER_URL": settings.database_worker_url.get_secret_value(),
        "RABBITMQ_URL": settings.rabbitmq_url.get_secret_value(),
        "RABBITMQ_MANAGEMENT_URL": settings.rabbitmq_management_url.get_secret_value(),
        "INTERNAL_SIGNING_KEY": settings.internal_signing_key.get_secret_value(),
        "NOTIFIER_PUBLIC_KEY": settings.notifier_public_key,
        "SIGNING_KEYS": json.dumps([key.get_secret_value() for key in settings.signing_keys]),
        "SSO_SECRET_KEYS": json.dumps([key.get_secret_value() for key in settings.sso_secret_keys]),
    }


async def test_second_factors_move_under_a_new_key(teams, environment) -> None:
    ada = await teams.register()
    await teams.enable_mfa(ada)
    old, new = teams.settings.totp_seed_keys[0].get_secret_value(), Fernet.generate_key().decode()
    code, out, err = await teams_command("factors", "reseal", **environment, TOTP_SEED_KEYS=json.dumps([new, old]))
    assert (code, out) == (0, "1 second factors are under the first key now\n"), err
    sealed = await teams.admin.fetchval("SELECT seed FROM second_factors WHERE user_id = $1", ada.user_id)
    assert len(SeedVault([new]).open(ada.user_id, sealed)) == len(new_seed())
    code, _, err = await teams_command("factors", "reseal", **environment, TOTP_SEED_KEYS=json.dumps([old]))
    assert (code, "cannot be opened" in err) == (1, True)
