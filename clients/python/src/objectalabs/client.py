"""The two clients: hand one to the operations of `objectalabs.generated.api`."""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from objectalabs.credentials import Credentials, Session
from objectalabs.sending import Attempt, Patience, outcome_of, refresh_request

DEFAULT_TIMEOUT = httpx.Timeout(35.0, connect=5.0)
"""Longer than the API itself takes at the most."""


@dataclass
class Client:
    """For threads. `http` may be one of your own, with the API's address as its `base_url`."""

    base_url: str
    credentials: Credentials | None = None
    patience: Patience = field(default_factory=Patience)
    http: httpx.Client | None = None
    _renewing: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = self.http or httpx.Client(base_url=self.base_url, timeout=DEFAULT_TIMEOUT)

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """An answer of success. Raises ApiProblem, or httpx.TransportError when the API cannot be reached."""
        attempt = Attempt(method, url, options, self.credentials, self.patience)
        while True:
            used = attempt.headers().get("Authorization")
            outcome = self._try(attempt.request())
            session = attempt.refresh(outcome)
            if session is not None:
                self._renew(session, used)
                continue
            pause = attempt.pause(outcome)
            if pause is None:
                return outcome_of(outcome)
            time.sleep(pause)

    def _try(self, request: dict[str, Any]) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.request(**request)
        except httpx.TransportError as error:
            return error

    def _renew(self, session: Session, used: str | None) -> None:
        """One thread renews, the others take what it got. Raises ApiProblem where the sign-in has ended."""
        with self._renewing:
            if session.header() == used:
                session.renew(outcome_of(self._try(refresh_request(session))))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()


@dataclass
class AsyncClient:
    """For asyncio. `http` may be one of your own, with the API's address as its `base_url`."""

    base_url: str
    credentials: Credentials | None = None
    patience: Patience = field(default_factory=Patience)
    http: httpx.AsyncClient | None = None
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = self.http or httpx.AsyncClient(base_url=self.base_url, timeout=DEFAULT_TIMEOUT)

    async def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """An answer of success. Raises ApiProblem, or httpx.TransportError when the API cannot be reached."""
        attempt = Attempt(method, url, options, self.credentials, self.patience)
        while True:
            used = attempt.headers().get("Authorization")
            outcome = await self._try(attempt.request())
            session = attempt.refresh(outcome)
            if session is not None:
                await self._renew(session, used)
                continue
            pause = attempt.pause(outcome)
            if pause is None:
                return outcome_of(outcome)
            await asyncio.sleep(pause)

    async def _try(self, request: dict[str, Any]) -> httpx.Response | httpx.TransportError:
        try:
            return await self._http.request(**request)
        except httpx.TransportError as error:
            return error

    async def _renew(self, session: Session, used: str | None) -> None:
        """One task renews, the others take what it got. Raises ApiProblem where the sign-in has ended."""
        async with self._renewing:
            if session.header() == used:
                session.renew(outcome_of(await self._try(refresh_request(session))))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._http.aclose()
