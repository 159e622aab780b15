"""/v1/service-accounts: agents as members."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel

from chassis.database import Tx
from chassis.web import Caller, IfMatch, Listing, Page, Routes
from contracts.permissions import Permission, Role
from teams.api.caller import check_person, organization_of
from teams.api.models import Answer, RoleKey, name_of_role
from teams.api.registration import Name
from teams.api.roles import Description
from teams.domain import people
from teams.domain import roles as rules
from teams.domain.api_keys import ServiceAccount
from teams.storage.service_accounts import ListedAccount
from teams.usecases.create_service_account import create_service_account
from teams.usecases.delete_service_account import delete_service_account
from teams.usecases.list_service_accounts import list_service_accounts
from teams.usecases.update_service_account import update_service_account

ROUTES = Routes("service accounts")


class CreateServiceAccountRequest(BaseModel):
    """An agent. It may do what its role and you both may, at every moment."""

    name: Name
    description: Description = ""
    role: RoleKey = Role.MEMBER.value


class UpdateServiceAccountRequest(BaseModel):
    """What is absent stays as it is. `disabled` is the kill switch."""

    name: Name | None = None
    description: Description | None = None
    role: RoleKey | None = None
    state: Literal["active", "disabled"] | None = None


class ServiceAccountAnswer(Answer):
    """A service account. `delegated_by` answers for it: it may never do more than they."""

    id: UUID
    name: str
    description: str
    role: str
    role_name: str
    state: Literal["active", "disabled"]
    delegated_by: UUID
    created_at: datetime
    version: int

    @classmethod
    def of(cls, account: ServiceAccount, **more: object) -> Self:
        values = {
            "id": account.id,
            "name": account.name,
            "description": account.description,
            "role": account.role,
            "role_name": name_of_role(account.role, account.role_name),
            "state": account.state,
            "delegated_by": account.delegated_by,
            "created_at": account.created_at,
            "version": account.version,
        }
        return cls.model_validate(values | more)


class ListedServiceAccountAnswer(ServiceAccountAnswer):
    """With the delegating person's name (null: they left) and how many keys it has."""

    delegator_name: str | None
    api_keys: int

    @classmethod
    def of_listed(cls, row: ListedAccount) -> Self:
        name = row.delegator_name if row.delegator_active else None
        return cls.of(row.account, delegator_name=name, api_keys=row.keys)


@ROUTES.get(
    "/v1/service-accounts", access=Permission.SERVICE_ACCOUNTS_READ, summary="Your organization's service accounts"
)
async def get_service_accounts(tx: Tx, caller: Caller, query: Listing) -> Page[ListedServiceAccountAnswer]:
    """The newest first."""
    rows = await list_service_accounts(tx, organization_of(caller), after=query.after(UUID), limit=query.limit)
    return Page[ListedServiceAccountAnswer].of(
        rows, query.limit, item=ListedServiceAccountAnswer.of_listed, key=lambda row: (row.account.id,)
    )


@ROUTES.post(
    "/v1/service-accounts",
    access=Permission.SERVICE_ACCOUNTS_UPDATE,
    summary="Make a service account",
    status=201,
    problems=(409,),
)
async def post_service_account(tx: Tx, caller: Caller, body: CreateServiceAccountRequest) -> ServiceAccountAnswer:
    """It takes no seat. Give it a key of its own with `POST /v1/api-keys`."""
    check_person(caller)
    account = await create_service_account(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.user_id,
        name=people.clean_name(body.name),
        description=rules.clean_description(body.description),
        role=body.role,
    )
    return ServiceAccountAnswer.of(account)


@ROUTES.patch(
    "/v1/service-accounts/{account_id}",
    access=Permission.SERVICE_ACCOUNTS_UPDATE,
    summary="Change, stop or start a service account",
    problems=(404, 409, 412, 428),
)
async def patch_service_account(
    tx: Tx, caller: Caller, account_id: UUID, if_match: IfMatch, body: UpdateServiceAccountRequest
) -> ServiceAccountAnswer:
    """If-Match is its `version`, or `*`. Stopped, all its keys are refused everywhere within a second. Whoever gives it
    a role or starts it answers for it from then on.
    """
    if body.role is not None or body.state == "active":
        check_person(caller)
    account = await update_service_account(
        tx,
        org_id=organization_of(caller),
        actor_id=caller.person_id,
        account_id=account_id,
        read=if_match,
        name=None if body.name is None else people.clean_name(body.name),
        description=None if body.description is None else rules.clean_description(body.description),
        role=body.role,
        state=body.state,
    )
    return ServiceAccountAnswer.of(account)


@ROUTES.delete(
    "/v1/service-accounts/{account_id}",
    access=Permission.SERVICE_ACCOUNTS_UPDATE,
    summary="Delete a service account and its keys",
    status=204,
    problems=(404,),
)
async def delete_account(tx: Tx, caller: Caller, account_id: UUID) -> None:
    """Its keys work nowhere any more within a second."""
    await delete_service_account(tx, org_id=organization_of(caller), actor_id=caller.person_id, account_id=account_id)
