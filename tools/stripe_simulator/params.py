"""What a request may say: one pydantic model an operation; anything else is answered as Stripe answers it."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from stripe_simulator.errors import StripeError, invalid
from stripe_simulator.forms import parameter

P = TypeVar("P", bound=BaseModel)


class Hash(BaseModel):
    """A nested object of a request. An empty string unsets: it arrives as None."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _empty_unsets(cls, values: Any) -> Any:
        if isinstance(values, dict):
            return {key: None if value == "" else value for key, value in values.items()}
        return values

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the fields that the request named, None where it unset them."""
        return {name: getattr(self, name) for name in names if name in self.model_fields_set}


class Params(Hash):
    """The parameters of one operation."""

    expand: list[str] = []


class Span(Hash):
    """A filter on a time, seconds since 1970."""

    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether the moment lies within."""
        return (
            (self.gt is None or moment > self.gt)
            and (self.gte is None or moment >= self.gte)
            and (self.lt is None or moment < self.lt)
            and (self.lte is None or moment <= self.lte)
        )


class Listing(Params):
    """The parameters of every list."""

    limit: int = Field(10, ge=1, le=100)
    starting_after: str | None = None
    ending_before: str | None = None


class CreatedListing(Listing):
    """A list that can be filtered by time of creation."""

    created: int | Span | None = None

    def in_time(self, moment: int) -> bool:
        """Whether an object created then is asked for."""
        if isinstance(self.created, Span):
            return self.created.holds(moment)
        return self.created is None or self.created == moment


def _lowercase(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Metadata = dict[str, str] | None
Currency = Annotated[str, BeforeValidator(_lowercase), Field(pattern=r"^[a-z]{3}$")]


class Address(Hash):
    """A postal address."""

    city: str | None = None
    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    state: str | None = None


def merged(metadata: dict[str, str], change: Metadata) -> dict[str, str]:
    """Stripe's rule: keys are merged, an empty value deletes its key, an empty `metadata` deletes all."""
    if change is None:
        return {}
    return {key: value for key, value in {**metadata, **change}.items() if value != ""}


def parse(model: type[P], values: dict[str, Any]) -> P:
    """Raises invalid_request_error about the first parameter that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _translated(error.errors(include_url=False)) from None


def _translated(errors: list[ErrorDetails]) -> StripeError:
    # An unknown or a missing parameter says more than the branches of a union that do not fit.
    first = min(errors, key=lambda error: ("extra_forbidden", "missing").count(error["type"]) == 0)
    name = parameter(part for part in first["loc"] if not _names_a_branch(part))
    kind, value = first["type"], first.get("input")
    if kind == "extra_forbidden":
        return invalid(f"Received unknown parameter: {name}", param=name, code="parameter_unknown")
    if kind == "missing":
        return invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    if value is None:
        return invalid(f"The parameter '{name}' cannot be unset.", param=name, code="parameter_invalid_empty")
    if kind.startswith("int_"):
        return invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")
    if kind == "literal_error":
        expected = str(first.get("ctx", {}).get("expected", "")).replace("'", "")
        return invalid(f"Invalid {name}: must be one of {expected}", param=name)
    return invalid(f"Invalid {name}: {first['msg']}", param=name)


def _names_a_branch(part: int | str) -> bool:
    """Pydantic puts the branch of a union into the location: a type's name, `Span` or `literal[...]`."""
    return isinstance(part, str) and (part in ("int", "str") or part[:1].isupper() or "[" in part)
