"""How requests say who asks."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

REFRESH_PATH = "/v1/auth/refresh"


@dataclass
class ApiKey:
    """A key of an organization (`obk_…`)."""

    key: str

    def header(self) -> str:
        return f"Bearer {self.key}"


@dataclass
class Session:
    """A person's sign-in, of a client of kind `api`. `changed` hears of each new pair of tokens: keep them there."""

    access_token: str
    refresh_token: str | None = None
    changed: Callable[["Session"], None] = field(default=lambda _: None, repr=False)

    def header(self) -> str:
        return f"Bearer {self.access_token}"

    def renew(self, answer: httpx.Response) -> None:
        """Take the tokens of a refresh's answer."""
        tokens = answer.json()
        self.access_token = tokens["access_token"]
        self.refresh_token = tokens["refresh_token"] or self.refresh_token
        self.changed(self)


Credentials = ApiKey | Session
