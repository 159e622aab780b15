"""/v1/billing/plans and /v1/billing/entitlements."""

from billing.api.caller import organization_of
from billing.api.models import EntitlementsAnswer, PlansAnswer
from billing.domain.plans import Catalogue
from billing.usecases.show_billing import show_entitlements
from chassis.database import Tx
from chassis.web import Access, Caller, Routes
from contracts.permissions import Permission

ROUTES = Routes("billing", while_suspended=True)


@ROUTES.get("/v1/billing/plans", access=Access.SIGNED_IN, summary="The plans on offer")
async def list_plans(catalogue: Catalogue) -> PlansAnswer:
    """What each costs a month and a year, and what it entitles to."""
    return PlansAnswer.of(catalogue)


@ROUTES.get("/v1/billing/entitlements", access=Permission.BILLING_READ, summary="What the organization may use")
async def get_entitlements(tx: Tx, caller: Caller, catalogue: Catalogue) -> EntitlementsAnswer:
    """Free's until a subscription says otherwise."""
    return EntitlementsAnswer.of(await show_entitlements(tx, organization_of(caller), catalogue))
