"""The internal doors of the services' workers, where their dead letters are."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import aiohttp

from chassis.internal import InternalClient, InternalSigner, PeerRefused, PeerUnavailable
from chassis.problems import Invalid, NotFound, Unavailable

PATH = "/internal/v1/deadletters"
LOOK_SECONDS = 4.0
WORK_SECONDS = 25.0
"""Below what the gateway waits for an answer."""


@dataclass(frozen=True)
class Shelf:
    """One service's groups of dead letters; None where it did not answer."""

    service: str
    groups: list[dict[str, Any]] | None


class DeadLetterDoors:
    """Asks each service; one that is away takes nothing from the others."""

    def __init__(self, session: aiohttp.ClientSession, signer: InternalSigner, services: Mapping[str, str]) -> None:
        def clients(seconds: float) -> dict[str, InternalClient]:
            return {name: InternalClient(session, signer, name, url, seconds=seconds) for name, url in services.items()}

        self._looking = clients(LOOK_SECONDS)
        self._working = clients(WORK_SECONDS)

    async def shelves(self, *, state: str) -> list[Shelf]:
        """Every service's, in the order of their names."""
        return list(await asyncio.gather(*(self._shelf(name, state) for name in sorted(self._looking))))

    async def _shelf(self, service: str, state: str) -> Shelf:
        try:
            answer = await self._looking[service].get(f"{PATH}?{urlencode({'state': state})}")
        except PeerUnavailable:
            return Shelf(service, None)
        return Shelf(service, answer["groups"])

    async def show(self, service: str, id: UUID) -> dict[str, Any]:
        """One message. Raises NotFound, Unavailable."""
        client = self._client(self._looking, service)
        try:
            return await client.get(f"{PATH}/{id}")
        except PeerUnavailable as error:
            raise _problem(service, error) from error

    async def replay(self, service: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Rehearse or replay. Raises NotFound, Invalid, Unavailable."""
        return await self._post(service, "replay", body)

    async def discard(self, service: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give up. Raises NotFound, Invalid, Unavailable."""
        return await self._post(service, "discard", body)

    def known(self, service: str) -> None:
        """Raises NotFound for a service that we have not."""
        self._client(self._looking, service)

    async def _post(self, service: str, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        client = self._client(self._working, service)
        try:
            return await client.post(f"{PATH}/{verb}", body)
        except PeerUnavailable as error:
            raise _problem(service, error) from error

    @staticmethod
    def _client(clients: Mapping[str, InternalClient], service: str) -> InternalClient:
        client = clients.get(service)
        if client is None:
            raise NotFound("There is no such service.")
        return client


def _problem(service: str, error: PeerUnavailable) -> Exception:
    if isinstance(error, PeerRefused) and error.status == 404:
        return NotFound("There is no such failed message.")
    if isinstance(error, PeerRefused) and error.status == 422:
        return Invalid("validation_failed", f"{service} does not take this selection.")
    return Unavailable(
        "service_unavailable", f"The worker of {service} does not answer right now.", headers={"Retry-After": "5"}
    )
