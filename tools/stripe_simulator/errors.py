"""Stripe's error objects: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes."""

from typing import Any


class StripeError(Exception):
    """An answer with an error in it.

    `keep` says whether what the request changed before it failed stays: a declined payment leaves its traces, an
    invalid request leaves none. `extra` are further fields of the error object (`decline_code`, `payment_intent`, …).
    """

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        keep: bool = False,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.code = code
        self.param = param
        self.keep = keep
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON answer; fields that do not apply are left out, as Stripe does."""
        error: dict[str, Any] = {"message": self.message, "type": self.type}
        if self.code is not None:
            page = self.code.replace("_", "-")
            error |= {"code": self.code, "doc_url": f"https://stripe.com/docs/error-codes/{page}"}
        if self.param is not None:
            error["param"] = self.param
        return {"error": error | self.extra}


def invalid(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> StripeError:
    """The request cannot be carried out as it is."""
    return StripeError(status, "invalid_request_error", message, code=code, param=param)


def missing(kind: str, id: str, *, param: str = "id", status: int = 400) -> StripeError:
    """No such object; 404 where the path names it, 400 where a parameter does."""
    noun = kind.replace("_", " ")
    return invalid(f"No such {noun}: '{id}'", param=param, code="resource_missing", status=status)


def unknown_url(method: str, path: str) -> StripeError:
    """Whatever is not covered."""
    return invalid(f"Unrecognized request URL ({method}: {path}). The simulator does not cover it.", status=404)


def unauthorized(message: str) -> StripeError:
    """No usable API key."""
    return StripeError(401, "invalid_request_error", message)
