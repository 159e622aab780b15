"""Say what an edit of a custom role would do to whom, and change nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from chassis.problems import NotFound
from contracts.permissions import SERVICE_ACCOUNT_PERMISSIONS, Permission
from teams.domain.api_keys import ApiKey, ServiceAccount, permissions_of_key
from teams.domain.roles import check_may_grant
from teams.storage import api_keys, memberships, roles, service_accounts
from teams.storage.memberships import Member
from teams.usecases.act_as import get_acting_member

MOST_SHOWN = 100


@dataclass(frozen=True)
class ChangedKey:
    """An API key that the edit reaches."""

    key: ApiKey
    gains: frozenset[str]
    loses: frozenset[str]


@dataclass(frozen=True)
class DryRun:
    """What would change. `members` are the first hundred of `member_count`."""

    gains: frozenset[str]
    loses: frozenset[str]
    members: list[Member]
    member_count: int
    invitation_count: int
    accounts: list[ServiceAccount]
    keys: list[ChangedKey]


async def dry_run_role(tx: Tx, *, org_id: UUID, actor_id: UUID, role_id: UUID, permissions: frozenset[str]) -> DryRun:
    """As if the role had these permissions. Raises NotFound, Forbidden where the edit itself would."""
    actor = await get_acting_member(tx, org_id, actor_id, Permission.ROLES_UPDATE)
    role = await roles.get_role(tx, org_id, str(role_id))
    if role is None or role.custom is None:
        raise NotFound
    check_may_grant(actor.permissions, role.permissions | permissions)
    uses = (await roles.count_uses(tx, org_id)).get(role.key, roles.Uses())
    members = await memberships.list_of_role(tx, org_id, role.key)
    people = [member.membership.user_id for member in members]
    accounts = await service_accounts.list_touched_by(tx, org_id, role.key, people)
    keys = await api_keys.list_live_keys(tx, org_id, people, [account.id for account in accounts])
    rights = await _Rights.read(tx, org_id, accounts)
    before = {key.id: rights.of(key, role.key, role.permissions) for key in keys}
    after = {key.id: rights.of(key, role.key, permissions) for key in keys}
    changed = [ChangedKey(key, after[key.id] - before[key.id], before[key.id] - after[key.id]) for key in keys]
    return DryRun(
        gains=permissions - role.permissions,
        loses=role.permissions - permissions,
        members=members[:MOST_SHOWN],
        member_count=len(members),
        invitation_count=uses.invitations,
        accounts=[account for account in accounts if account.role == role.key],
        keys=[one for one in changed if one.gains or one.loses],
    )


@dataclass(frozen=True)
class _Rights:
    """What keys may do under one assumption about one role."""

    accounts: dict[UUID, ServiceAccount]
    roles_of_people: dict[UUID, str]
    permissions: dict[str, frozenset[str]]

    @classmethod
    async def read(cls, tx: Tx, org_id: UUID, accounts: Sequence[ServiceAccount]) -> "_Rights":
        people = await memberships.get_roles(tx, org_id, [account.delegated_by for account in accounts])
        keys = {*people.values(), *(account.role for account in accounts)}
        known = {key: await roles.get_role(tx, org_id, key) for key in keys}
        permissions = {key: role.permissions for key, role in known.items() if role}
        return cls({account.id: account for account in accounts}, people, permissions)

    def of(self, key: ApiKey, edited: str, assumed: frozenset[str]) -> frozenset[str]:
        """A personal key among those asked about is of somebody who has the role."""
        if key.service_account_id is None:
            return permissions_of_key(key.permissions, assumed, None)
        account = self.accounts[key.service_account_id]
        known = self.permissions | {edited: assumed}
        behind = known.get(self.roles_of_people.get(account.delegated_by, ""))
        if behind is None:
            return frozenset()
        held = permissions_of_key(key.permissions, behind, known.get(account.role, frozenset()))
        return held - SERVICE_ACCOUNT_PERMISSIONS
