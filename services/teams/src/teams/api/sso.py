"""/v1/organization/sso: an organization's provider and its domains."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.database import Tx
from chassis.problems import Forbidden, NotFound, Unavailable, invalid_field
from chassis.vault import Vault
from chassis.web import Caller, Door, IfMatch, Routes
from contracts.permissions import Permission, Role
from teams.api.caller import organization_of
from teams.api.models import Answer, RoleKey
from teams.dns_gateway import TxtRecords
from teams.domain.sso import Provider, SsoDomain, clean_domain
from teams.openid_gateway import OpenIdProviders
from teams.settings import Settings
from teams.usecases import claim_sso_domain
from teams.usecases.set_sso import WantedSso, remove_sso, set_sso
from teams.usecases.show_sso import Sso, show_sso

ROUTES = Routes("single sign-on")

Issuer = Annotated[str, Field(min_length=1, max_length=500, description="As the provider writes it, with its slash.")]
Identifier = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$")]

Secret = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[\x20-\x7e]+$")]


class SetSsoRequest(BaseModel):
    """All of it. Without `client_secret` the present one stays, as long as issuer and client stay."""

    issuer: Issuer
    client_id: Identifier
    client_secret: Secret | None = None
    default_role: RoleKey = Role.MEMBER.value
    enforced: bool = False
    require_mfa_claim: bool = Field(
        default=False,
        description="Where your organization asks for two-step sign-in, coming in by the provider is enough only if it "
        "tells of a second factor in `amr`: `mfa`, or one of `hwk`, `swk`, `otp`, `fpt`, `face` beside another method. "
        "Otherwise people show their own. False: coming in by the provider is enough, whatever it says.",
    )


class AddDomainRequest(BaseModel):
    """A domain of your people's addresses."""

    domain: Annotated[str, Field(max_length=320)]


class SsoDomainAnswer(Answer):
    """A domain, and the TXT record that proves it."""

    id: UUID
    domain: str
    state: Literal["pending", "verified"]
    record: str
    verified_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, domain: SsoDomain) -> Self:
        return cls(
            id=domain.id,
            domain=domain.domain,
            state="verified" if domain.verified_at else "pending",
            record=domain.record,
            verified_at=domain.verified_at,
            created_at=domain.created_at,
        )


class SsoAnswer(Answer):
    """Single sign-on as it is set; the client secret is never part of it. `version` is 0 until it is set."""

    configured: bool
    issuer: str | None
    client_id: str | None
    default_role: RoleKey | None
    default_role_name: str | None = Field(description="Of one of your own roles.")
    enforced: bool
    require_mfa_claim: bool
    redirect_uri: str = Field(description="What the provider has to allow as redirect URI.")
    domains: list[SsoDomainAnswer]
    version: int

    @classmethod
    def of(cls, sso: Sso, redirect_uri: str) -> Self:
        settings = sso.settings
        return cls(
            configured=settings is not None,
            issuer=settings.issuer if settings else None,
            client_id=settings.client_id if settings else None,
            default_role=settings.default_role if settings else None,
            default_role_name=sso.default_role_name,
            enforced=settings is not None and settings.enforced,
            require_mfa_claim=settings is not None and settings.require_mfa_claim,
            redirect_uri=redirect_uri,
            domains=[SsoDomainAnswer.of(domain) for domain in sso.domains],
            version=settings.version if settings else 0,
        )


class SsoTestAnswer(Answer):
    """Whether the provider could be found; if not, why."""

    works: bool
    code: str | None = None
    detail: str


@ROUTES.get("/v1/organization/sso", access=Permission.SSO_READ, summary="How your organization signs in")
async def get_sso(tx: Tx, caller: Caller, settings: Settings) -> SsoAnswer:
    """Its version is the ETag that a change needs, also before the first."""
    return SsoAnswer.of(await show_sso(tx, organization_of(caller)), settings.sso_redirect_uri)


@ROUTES.put(
    "/v1/organization/sso",
    access=Permission.SSO_UPDATE,
    summary="Set your organization's provider (OpenID Connect)",
    problems=(403, 409, 412, 428),
)
async def put_sso(
    *,
    tx: Tx,
    caller: Caller,
    if_match: IfMatch,
    body: SetSsoRequest,
    settings: Settings,
    vault: Vault,
    providers: OpenIdProviders,
) -> SsoAnswer:
    """Owners only: whoever names the provider can become anybody in the organization's domains."""
    wanted = WantedSso(
        Provider(_issuer(body.issuer, providers), body.client_id),
        body.client_secret,
        body.default_role,
        enforced=body.enforced,
        require_mfa_claim=body.require_mfa_claim,
    )
    sso = await set_sso(
        tx, vault, org_id=organization_of(caller), actor_id=caller.user_id, read=if_match, wanted=wanted
    )
    return SsoAnswer.of(sso, settings.sso_redirect_uri)


def _issuer(issuer: str, providers: OpenIdProviders) -> str:
    """Core 1.0, 2: https, no query and no fragment. Raises Invalid."""
    if not providers.takes_issuer(issuer.strip()):
        raise invalid_field("/issuer", "issuer_invalid", "An issuer looks like https://login.example.com.")
    return issuer.strip()


@ROUTES.delete(
    "/v1/organization/sso",
    access=Permission.SSO_UPDATE,
    summary="Remove the provider; nobody has to use it any more",
    status=204,
    problems=(404,),
)
async def delete_sso(tx: Tx, caller: Caller) -> None:
    """Members stay members; who has no password chooses one by a forgotten-password mail."""
    await remove_sso(tx, org_id=organization_of(caller), actor_id=caller.user_id)


@ROUTES.post(
    "/v1/organization/sso/test",
    access=Permission.SSO_UPDATE,
    summary="Whether the provider can be found and its keys be read",
    idempotent=False,
    problems=(404,),
)
async def post_sso_test(door: Door, caller: Caller, providers: OpenIdProviders) -> SsoTestAnswer:
    """Asks the provider now, past what is remembered. A secret is proven by the first sign-in only."""
    org_id = organization_of(caller)
    sso = await door.read(lambda tx: show_sso(tx, org_id))
    if sso.settings is None:
        raise NotFound("Single sign-on is not set up.", code="sso_not_configured")
    try:
        await providers.check(sso.settings.issuer)
    except (Forbidden, Unavailable) as failed:
        return SsoTestAnswer(works=False, code=failed.code, detail=failed.detail)
    return SsoTestAnswer(works=True, detail="The provider was found and its keys were read.")


@ROUTES.post(
    "/v1/organization/sso/domains",
    access=Permission.SSO_UPDATE,
    summary="Claim a domain",
    status=201,
    problems=(409,),
)
async def post_sso_domain(tx: Tx, caller: Caller, body: AddDomainRequest) -> SsoDomainAnswer:
    """Publish its `record` as TXT record of the domain, then verify it."""
    domain = await claim_sso_domain.add_sso_domain(
        tx, org_id=organization_of(caller), actor_id=caller.user_id, domain=clean_domain(body.domain)
    )
    return SsoDomainAnswer.of(domain)


@ROUTES.post(
    "/v1/organization/sso/domains/{domain_id}/verify",
    access=Permission.SSO_UPDATE,
    summary="Look for the domain's TXT record now",
    problems=(404, 409, 503),
)
async def post_sso_domain_verification(
    door: Door, caller: Caller, domain_id: UUID, records: TxtRecords
) -> SsoDomainAnswer:
    """The DNS is asked outside of any transaction."""
    org_id = organization_of(caller)
    claimed = await door.read(lambda tx: claim_sso_domain.begin_verify_sso_domain(tx, domain_id))
    seen = claimed.verified_at is not None or await records.has(claimed.domain, claimed.record)

    async def finish(tx: Tx) -> SsoDomainAnswer:
        verified = await claim_sso_domain.finish_verify_sso_domain(
            tx, org_id=org_id, actor_id=caller.user_id, looked_up=claimed, seen=seen
        )
        return SsoDomainAnswer.of(verified)

    return await door.write(finish)


@ROUTES.delete(
    "/v1/organization/sso/domains/{domain_id}",
    access=Permission.SSO_UPDATE,
    summary="Let go of a domain",
    status=204,
    problems=(404,),
)
async def delete_sso_domain(tx: Tx, caller: Caller, domain_id: UUID) -> None:
    """Its people neither can nor must come in by the provider any more."""
    await claim_sso_domain.remove_sso_domain(
        tx, org_id=organization_of(caller), actor_id=caller.user_id, domain_id=domain_id
    )
