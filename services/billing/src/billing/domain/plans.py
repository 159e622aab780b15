"""What we sell: plans in versions, what each costs and entitles to."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Interval = Literal["month", "year"]
FREE = "free"
MOST_SEATS = 10_000
_Code = Annotated[str, Field(pattern="^[a-z][a-z_]{1,30}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PlanVersion(_Part):
    """A plan as it is or was sold. `seats` are included in a flat plan and the fewest of one `per_seat`."""

    version: int = Field(ge=1)
    seats: int = Field(ge=1, le=MOST_SEATS)
    per_seat: bool = False
    prices: dict[Interval, Annotated[int, Field(ge=0)]]
    features: tuple[str, ...] = Field(strict=False)
    limits: dict[str, int | None]

    def charge(self, interval: Interval, seats: int) -> int:
        """Minor units a period costs."""
        return self.prices[interval] * (seats if self.per_seat else 1)


class Plan(_Part):
    """One plan in all its versions; the last is the one on offer."""

    code: _Code
    name: str
    summary: str
    versions: tuple[PlanVersion, ...] = Field(min_length=1, strict=False)

    @property
    def offered(self) -> PlanVersion:
        """The version new customers buy."""
        return self.versions[-1]

    @model_validator(mode="after")
    def _numbered(self) -> "Plan":
        if [one.version for one in self.versions] != list(range(1, len(self.versions) + 1)):
            raise ValueError(f"the versions of {self.code} are not 1, 2, 3 …")
        if any(set(one.prices) != {"month", "year"} for one in self.versions):
            raise ValueError(f"{self.code} needs a price a month and a year")
        return self


class Price(_Part):
    """One price as Stripe must have it. `lookup_key` finds it there."""

    plan: str
    version: int
    interval: Interval
    amount: int
    currency: str

    @property
    def lookup_key(self) -> str:
        return f"{self.plan}_{self.interval}_v{self.version}"


class Entitlements(_Part):
    """What an organization may use. A limit that is null has no bound."""

    plan: str
    seats: int
    features: tuple[str, ...] = Field(strict=False)
    limits: dict[str, int | None]


class UnknownPlan(ValueError):
    """No such plan, or no such version of it."""


class Catalogue(_Part):
    """All plans, in the order in which they are shown."""

    currency: str = Field(pattern="^[a-z]{3}$")
    plans: tuple[Plan, ...] = Field(strict=False)

    @model_validator(mode="after")
    def _whole(self) -> "Catalogue":
        codes = [plan.code for plan in self.plans]
        if len(set(codes)) != len(codes):
            raise ValueError("two plans of one code")
        if any(self.version(FREE, one.version).prices != {"month": 0, "year": 0} for one in self.plan(FREE).versions):
            raise ValueError("free is not free")
        return self

    def plan(self, code: str) -> Plan:
        """Raises UnknownPlan."""
        for plan in self.plans:
            if plan.code == code:
                return plan
        raise UnknownPlan(f"there is no plan {code!r}")

    def version(self, code: str, version: int) -> PlanVersion:
        """Raises UnknownPlan."""
        versions = self.plan(code).versions
        if not 1 <= version <= len(versions):
            raise UnknownPlan(f"there is no version {version} of {code!r}")
        return versions[version - 1]

    def price(self, code: str, version: int, interval: Interval) -> Price:
        """Raises UnknownPlan."""
        amount = self.version(code, version).prices[interval]
        return Price(plan=code, version=version, interval=interval, amount=amount, currency=self.currency)

    def prices(self) -> Iterator[Price]:
        """Every price that was ever sold."""
        for plan in self.plans:
            for one in plan.versions:
                yield from (self.price(plan.code, one.version, interval) for interval in one.prices)

    def entitlements(self, code: str, version: int, seats: int) -> Entitlements:
        """What so many seats of this version entitle to. Raises UnknownPlan."""
        sold = self.version(code, version)
        return Entitlements(
            plan=code, seats=seats if sold.per_seat else sold.seats, features=sold.features, limits=sold.limits
        )

    def free(self) -> Entitlements:
        """What everybody may use."""
        offered = self.plan(FREE).offered
        return self.entitlements(FREE, offered.version, offered.seats)


def seats_of(sold: PlanVersion, wanted: int | None) -> int:
    """The seats a purchase has. Raises ValueError for a number this plan does not sell."""
    seats = sold.seats if wanted is None else wanted
    if not sold.per_seat and seats != sold.seats:
        raise ValueError(f"this plan has {sold.seats} seats, no more and no fewer")
    if not sold.seats <= seats <= MOST_SEATS:
        raise ValueError(f"this plan has from {sold.seats} to {MOST_SEATS} seats")
    return seats
