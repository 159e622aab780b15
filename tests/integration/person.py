"""A person who uses the product from outside: through the gateway and their mailbox, and nothing else."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import aiohttp
from multidict import CIMultiDictProxy

PASSWORD = "a long walk to the sea 1815"


@dataclass
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    body: Any
    headers: CIMultiDictProxy[str]

    def ok(self, status: int = 200) -> Any:
        """The body, if the status is the expected one."""
        assert self.status == status, f"{self.status}, not {status}: {self.body}"
        return self.body


@dataclass
class Mailbox:
    """What the mail catcher holds for one address."""

    http: aiohttp.ClientSession
    url: str
    address: str

    async def next(self, after: int = 0, timeout: float = 20) -> dict[str, Any]:
        """The next mail to this address after the given id; waits for it."""
        params = {"to": self.address, "after": str(after), "timeout": str(timeout)}
        async with self.http.get(f"{self.url}/api/messages/wait", params=params) as response:
            assert response.status == 200, f"no mail to {self.address}: {response.status} {await response.text()}"
            found: dict[str, Any] = await response.json()
            return found


@dataclass
class Person:
    """Somebody with an address; after `register` or `log_in` with a token."""

    http: aiohttp.ClientSession
    gateway: str
    mail: str
    name: str
    email: str
    access_token: str | None = None
    refresh_token: str | None = None
    user: dict[str, Any] = field(default_factory=dict)
    organization: dict[str, Any] | None = None

    @classmethod
    def called(cls, name: str, http: aiohttp.ClientSession, gateway: str, mail: str) -> Self:
        """A new person with an address nobody has used."""
        return cls(http, gateway, mail, name, f"{name.split(maxsplit=1)[0].lower()}-{uuid4().hex[:10]}@example.com")

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.http, self.mail, self.email)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, with the person's token if they have one. Header names with underscores for dashes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.access_token and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.access_token}"
        async with self.http.request(method, self.gateway + path, json=body, headers=sent) as response:
            text = await response.text()
            parsed = json.loads(text) if "json" in response.content_type and text else text
            return Answer(response.status, parsed, response.headers)

    async def register(self, **how: str) -> Self:
        """Open an account, with `organization_name=` or `invitation_token=`."""
        body = {"email": self.email, "password": PASSWORD, "name": self.name, "client": "api", **how}
        self._signed_in((await self.call("POST", "/v1/auth/register", body)).ok(201))
        return self

    async def log_in(self) -> Self:
        """Sign in again, as on another device."""
        body = {"email": self.email, "password": PASSWORD, "client": "api"}
        self._signed_in((await self.call("POST", "/v1/auth/login", body)).ok())
        return self

    def _signed_in(self, answer: dict[str, Any]) -> None:
        self.access_token, self.refresh_token = answer["access_token"], answer["refresh_token"]
        self.user, self.organization = answer["user"], answer["organization"]

    async def invite(self, guest: "Person", role: str = "member", **headers: str) -> dict[str, Any]:
        """Invite somebody; returns the invitation."""
        answer = await self.call("POST", "/v1/invitations", {"email": guest.email, "role": role}, **headers)
        found: dict[str, Any] = answer.ok(201)
        return found

    async def invitation_token(self) -> str:
        """The token of the link in the newest invitation mail to this person."""
        mail = await self.mailbox.next()
        return str(mail["text"]).partition("/invitations/accept#token=")[2].split()[0]

    async def join(self) -> Self:
        """Open an account through the invitation that was mailed."""
        return await self.register(invitation_token=await self.invitation_token())

    @asynccontextmanager
    async def stream(self, **resume: str) -> AsyncIterator["Stream"]:
        """An open socket, past its hello."""
        ticket = (await self.call("POST", "/v1/stream/ticket")).ok(201)["ticket"]
        url = self.gateway.replace("http", "ws", 1) + "/v1/stream"
        async with self.http.ws_connect(url, params={"ticket": ticket, **resume}) as socket:
            stream = Stream(socket)
            stream.hello = await stream.next("hello")
            yield stream


@dataclass
class Stream:
    """Frames of one socket, in order."""

    socket: aiohttp.ClientWebSocketResponse
    hello: dict[str, Any] = field(default_factory=dict)

    async def next(self, kind: str, timeout: float = 15) -> dict[str, Any]:
        """The next frame of that type; others in between are passed over."""
        while True:
            message = await self.socket.receive(timeout=timeout)
            assert message.type is aiohttp.WSMsgType.TEXT, f"closed while waiting for {kind}: {message}"
            frame: dict[str, Any] = json.loads(message.data)
            if frame["type"] == kind:
                return frame

    async def closed(self, timeout: float = 15) -> list[dict[str, Any]]:
        """Every frame until the socket closes."""
        frames = []
        while (message := await self.socket.receive(timeout=timeout)).type is aiohttp.WSMsgType.TEXT:
            frames.append(json.loads(message.data))
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)
        return frames
