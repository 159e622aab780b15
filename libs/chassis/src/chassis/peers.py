"""Wiring of token checks for every service but teams: keys, questions and revocations come from teams."""

from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeVar

import aiohttp
from pydantic import BaseModel, SecretStr, ValidationError

from chassis.auth import Authenticator, RemoteKeys
from chassis.bus import Broadcast
from chassis.clock import Clock
from chassis.internal import InternalClient, InternalSigner, PeerUnavailable
from chassis.processes import run_beside
from chassis.revocations import REVOKING_EVENTS, Revocation, RevocationList, Revocations, TokenAnswer, TokenQuestion

TEAMS = "teams"
M = TypeVar("M", bound=BaseModel)


class Peers(Protocol):
    """The settings this needs: `PeerSettings` and `BusSettings.rabbitmq_url`."""

    @property
    def teams_url(self) -> str: ...
    @property
    def internal_signing_key(self) -> SecretStr: ...
    @property
    def rabbitmq_url(self) -> SecretStr: ...


async def connect_authenticator(
    settings: Peers, stack: AsyncExitStack, *, service: str, clock: Clock | None = None
) -> Authenticator:
    """An Authenticator fed by teams and the bus as long as the stack is open. Needs neither of them to start."""
    session = await stack.enter_async_context(aiohttp.ClientSession())
    signer = InternalSigner(service, settings.internal_signing_key.get_secret_value(), clock)
    teams = InternalClient(session, signer, TEAMS, settings.teams_url)
    revocations = revocations_from(teams, clock)
    await listen_to_revocations(settings.rabbitmq_url.get_secret_value(), stack, revocations, service=service)
    keys = RemoteKeys(session, settings.teams_url.rstrip("/") + "/.well-known/jwks.json")
    return Authenticator(keys, revocations, clock=clock)


def revocations_from(teams: InternalClient, clock: Clock | None = None) -> Revocations:
    """Revocations that ask teams and fetch its list."""

    async def ask(token: str) -> bool:
        answer = await teams.post("/internal/v1/tokens/check", TokenQuestion(token=token).model_dump())
        return _read(TokenAnswer, answer).active

    async def snapshot() -> list[Revocation]:
        return _read(RevocationList, await teams.get("/internal/v1/revocations")).items

    return Revocations(ask=ask, snapshot=snapshot, clock=clock)


def _read(model: type[M], answer: dict[str, Any]) -> M:
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise PeerUnavailable(f"{TEAMS} answered something else than {model.__name__}") from error


async def listen_to_revocations(bus_url: str, stack: AsyncExitStack, revocations: Revocations, *, service: str) -> None:
    """Feed the map from the bus as long as the stack is open; also for teams itself."""
    broadcast = Broadcast(
        bus_url,
        service,
        REVOKING_EVENTS,
        revocations.on_event,
        revocations.on_connected,
        revocations.on_lost,
    )
    await run_beside(stack, broadcast)
