"""Client of the ObjectaLabs API. Operations: `objectalabs.generated.api`; models: `objectalabs.generated.models`."""

from objectalabs.client import AsyncClient, Client
from objectalabs.credentials import ApiKey, Session
from objectalabs.errors import (
    ApiProblem,
    Changed,
    Conflicting,
    Failed,
    NotAllowed,
    NotFound,
    Refused,
    SignInNeeded,
    TooFast,
    WrongField,
)
from objectalabs.pages import etag, every, every_async
from objectalabs.sending import Patience

__all__ = [
    "ApiKey",
    "ApiProblem",
    "AsyncClient",
    "Changed",
    "Client",
    "Conflicting",
    "Failed",
    "NotAllowed",
    "NotFound",
    "Patience",
    "Refused",
    "Session",
    "SignInNeeded",
    "TooFast",
    "WrongField",
    "etag",
    "every",
    "every_async",
]
