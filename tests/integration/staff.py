"""A superadmin who uses the operations platform from outside: made by the command line, then through the gateway."""

import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import aiohttp
import pyotp

from chassis.internal import InternalSigner
from local_stack import catalogue
from tests.integration.person import Answer
from tests.integration.platform import Platform

PASSWORD = "a very long corridor 1969"


def command(platform: Platform, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """`python -m admin …` with the settings of the running platform."""
    environment = os.environ | catalogue.environment(platform.stack, catalogue.row("admin"))
    line = [catalogue.python(), "-m", "admin", *arguments]
    return subprocess.run(line, env=environment, input=typed, capture_output=True, text=True, check=False, timeout=60)


async def suspend(platform: Platform, http: aiohttp.ClientSession, organization: str) -> None:
    """What the operations platform tells teams when our staff suspend an organization."""
    signer = InternalSigner("admin", platform.stack.keyring.services["admin"].signing_key)
    url = f"{platform.stack.service_url('teams')}/internal/v1/organizations/{organization}/suspend"
    body = {"staff_id": str(uuid4()), "reason": "a dispute"}
    async with http.post(url, json=body, headers={"Authorization": f"Bearer {signer.token('teams')}"}) as answer:
        assert answer.status == 200, await answer.text()


@dataclass
class Superadmin:
    """Somebody with an authenticator in hand; after `sign_in` with a token."""

    http: aiohttp.ClientSession
    gateway: str
    email: str
    seed: str
    recovery_codes: list[str]
    token: str | None = None

    @classmethod
    def hired(cls, platform: Platform, http: aiohttp.ClientSession) -> Self:
        """By the command line, as the first one is; `--force` because each test brings its own."""
        email = f"root-{uuid4().hex[:10]}@ours.example"
        arguments = ("staff", "create-superadmin", "--email", email, "--force", "--reason", "a test's own")
        made = command(platform, *arguments, typed=f"{PASSWORD}\n")
        assert made.returncode == 0, made.stderr
        seed = re.search(r"secret +(\w+)", made.stdout)
        assert seed is not None, made.stdout
        codes = re.findall(r"^  (\w{4}-\w{4}-\w{4}-\w{4})$", made.stdout, re.MULTILINE)
        return cls(http, platform.gateway_url, email, seed[1], codes)

    async def sign_in(self) -> Self:
        """With a recovery code, so that no test waits for the next half minute."""
        body = {"email": self.email, "password": PASSWORD}
        challenge = (await self.call("POST", "/admin/v1/auth/login", body)).ok()["challenge"]
        body = {"challenge": challenge, "code": self.recovery_codes.pop()}
        self.token = (await self.call("POST", "/admin/v1/auth/totp", body)).ok()["access_token"]
        return self

    def code(self) -> str:
        """What the authenticator shows now."""
        return pyotp.TOTP(self.seed).now()

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """One request through the gateway."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, self.gateway + path, json=body, headers=headers) as response:
            text = await response.text()
            parsed = await response.json() if "json" in response.content_type and text else text
            return Answer(response.status, parsed, response.headers)
