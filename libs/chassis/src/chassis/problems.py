"""Refusals with a stable code: use cases raise them, the HTTP door answers them as problem+json (RFC 9457)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldError:
    """One wrong field: a JSON pointer into the body (`/email`) or a query parameter's name, a code and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal a client can act on. `code` is stable snake_case; `detail` is a sentence for a person.

    `permission` is the one that was missing, where that is why.
    """

    status = 400

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        fields: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        permission: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.fields = fields
        self.headers = headers or {}
        self.permission = permission


class BadRequest(Problem):
    """400: the request cannot be read at all."""

    status = 400


class Unauthorized(Problem):
    """401: nobody, or nobody we can believe."""

    status = 401


class PaymentRequired(Problem):
    """402: it costs money that is not there: no payment method, or a payment was declined."""

    status = 402


class Forbidden(Problem):
    """403: known, and not allowed."""

    status = 403


class NotFound(Problem):
    """404: absent, or another organization's, which is the same thing to the caller."""

    status = 404

    def __init__(self, detail: str = "There is nothing here.", *, code: str = "not_found") -> None:
        super().__init__(code, detail)


class RequestTimeout(Problem):
    """408: the request did not arrive in time."""

    status = 408


class Conflict(Problem):
    """409: the present state does not allow it."""

    status = 409


class Gone(Problem):
    """410: it was there and will not come back, e.g. an expired invitation."""

    status = 410


class PreconditionFailed(Problem):
    """412: the thing changed since the caller read it."""

    status = 412


class TooLarge(Problem):
    """413: the body is larger than this endpoint takes."""

    status = 413


class UnsupportedMediaType(Problem):
    """415: a body in a format this endpoint does not read."""

    status = 415


class Invalid(Problem):
    """422: readable, but a value is not acceptable."""

    status = 422


class PreconditionRequired(Problem):
    """428: an update of a shared thing without If-Match."""

    status = 428


class TooManyRequests(Problem):
    """429: slower, please; Retry-After in `headers`."""

    status = 429


class Unavailable(Problem):
    """503: a part we need is away; Retry-After in `headers`."""

    status = 503


def invalid_field(pointer: str, code: str, detail: str) -> Invalid:
    """An Invalid that names exactly one field."""
    return Invalid("validation_failed", detail, fields=(FieldError(pointer, code, detail),))


def organization_suspended() -> Forbidden:
    """To raise for a caller whose organization our staff stopped, wherever that is not said to answer all the same."""
    return Forbidden("organization_suspended", "This organization is suspended: only billing and exports answer.")


def permission_denied(permission: str) -> Forbidden:
    """To raise for a caller whose role lacks the permission: clients read its name and ask who could give it."""
    return Forbidden("permission_denied", f"This needs the permission {permission}.", permission=permission)
