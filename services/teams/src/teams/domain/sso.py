"""Single sign-on: an organization's provider, its domains, and whom the provider's word makes somebody."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chassis.problems import Conflict, Forbidden, invalid_field
from contracts.permissions import Role
from teams.domain.people import NAME_MAX, clean_email, clean_name

ATTEMPT_LIFETIME = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=10)
DOMAINS_MAX = 20
RECORD_PREFIX = "objectalabs-verification="
SUBJECT_MAX = 255
"""OpenID Connect Core 1.0, 2: a subject has at most 255 characters."""


@dataclass(frozen=True)
class Provider:
    """What names an organization's provider and us to it; the secret is elsewhere."""

    issuer: str
    client_id: str


@dataclass(frozen=True)
class SsoSettings:
    """An organization's single sign-on, its client secret sealed. `default_role` is a role's key.

    `require_mfa_claim`: the provider's word meets a demand for a second factor only where it says so
    (`domain.second_factors`).
    """

    org_id: UUID
    issuer: str
    client_id: str
    client_secret: bytes
    default_role: str
    enforced: bool
    require_mfa_claim: bool
    version: int
    changed_by: UUID
    changed_at: datetime

    @property
    def provider(self) -> Provider:
        """Whom sign-ins go to."""
        return Provider(self.issuer, self.client_id)


@dataclass(frozen=True)
class SsoDomain:
    """A domain that an organization claims; it counts once it is verified."""

    id: UUID
    org_id: UUID
    domain: str
    token: str
    verified_at: datetime | None
    created_by: UUID
    created_at: datetime

    @property
    def record(self) -> str:
        """The TXT record that proves it."""
        return RECORD_PREFIX + self.token


@dataclass(frozen=True)
class Attempt:
    """A sign-in that came back from its provider, for the first and only time.

    `fresh`: the provider was told to ask who it is, also where it remembers them.
    """

    org_id: UUID
    provider: Provider
    next_path: str
    fresh: bool = False


@dataclass(frozen=True)
class Asserted:
    """A person, as a provider's verified ID token and userinfo describe one.

    `email_verified` is None where the provider says nothing about it. `methods` is `amr` (RFC 8176). `authenticated_at`
    (`auth_time`) is when it last asked the person who they are; None where it does not say.
    """

    issuer: str
    subject: str
    email: str | None
    email_verified: bool | None
    name: str | None
    methods: tuple[str, ...]
    authenticated_at: datetime | None = None


def clean_domain(domain: str, pointer: str = "/domain") -> str:
    """A domain as people's addresses hold it. Raises Invalid."""
    wanted = domain.strip().removeprefix("@").rstrip(".")
    if not wanted or "@" in wanted or len(wanted) > 253:
        raise invalid_field(pointer, "domain_invalid", "A domain looks like example.com.")
    return domain_of(clean_email(f"someone@{wanted}", pointer))


def domain_of(email: str) -> str:
    """The domain of a cleaned address."""
    return email.rpartition("@")[2].lower()


def clean_asserted_email(person: Asserted, domains: Collection[str]) -> str:
    """The address under which a newcomer gets or finds an account. Raises Forbidden.

    Only an address in a domain that the organization proved: its provider speaks for nobody else. A provider that says
    itself that the address is not verified may have let the person type it.
    """
    if person.email is None:
        raise Forbidden("sso_email_missing", "The provider did not say your e-mail address: it must release it to us.")
    if person.email_verified is False:
        raise Forbidden("sso_email_unverified", "The provider has not verified your e-mail address.")
    email = clean_email(person.email)
    check_domain(email, domains)
    return email


def check_domain(email: str, domains: Collection[str]) -> None:
    """An organization's provider signs in people of its own domains only. Raises Forbidden."""
    if domain_of(email) not in domains:
        raise Forbidden(
            "sso_email_domain_refused", "Your e-mail address is not in a domain that this organization has verified."
        )


def name_for(person: Asserted, email: str) -> str:
    """The person's name as far as it is one we take; else what stands before the @."""
    printable = "".join(c for c in person.name or "" if c.isprintable()).strip()[:NAME_MAX]
    return clean_name(printable or email.partition("@")[0][:NAME_MAX])


def check_default_role(role: str, pointer: str = "/default_role") -> None:
    """Nobody becomes an owner by coming in. Raises Invalid."""
    if role == Role.OWNER:
        raise invalid_field(pointer, "role_too_high", "People who come in by single sign-on become no owners.")


def check_enforceable(enforced: bool, verified: Collection[str]) -> None:
    """Enforcing without a verified domain would say nothing about anybody. Raises Conflict."""
    if enforced and not verified:
        raise Conflict("sso_domain_required", "Verify a domain first: only its people can be held to single sign-on.")


def check_same_provider(current: SsoSettings | None, provider: Provider) -> SsoSettings:
    """A sign-in ends with the provider it began with. Raises Forbidden where that was changed or removed meanwhile."""
    if current is None or current.provider != provider:
        raise Forbidden("sso_changed", "Single sign-on was changed while you signed in: start again.")
    return current


def check_fresh(attempt: Attempt, person: Asserted, now: datetime) -> None:
    """A fresh sign-in proves the person now, and not that they once did. Raises Forbidden (`sso_not_fresh`)."""
    if attempt.fresh and fresh_until(person.authenticated_at, now) is None:
        raise Forbidden("sso_not_fresh", "Your provider did not ask who you are, or does not say when it did.")


def fresh_until(authenticated_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a sign-in counts in place of a password; None if it does not."""
    until = authenticated_at + FRESH_FOR if authenticated_at else None
    return until if until and now < until else None
