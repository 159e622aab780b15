"""List an organization's roles, and who uses them."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Tx
from contracts.permissions import Role
from teams.domain.roles import HeldRole, built_in, held
from teams.storage import roles
from teams.storage.roles import Uses


@dataclass(frozen=True)
class ListedRole:
    """A role, and how many have it."""

    role: HeldRole
    uses: Uses


async def list_roles(tx: Tx, org_id: UUID) -> list[ListedRole]:
    """The built-in ones, strongest first, then the organization's own by name."""
    uses = await roles.count_uses(tx, org_id)
    found = [role for key in Role if (role := built_in(key)) is not None]
    found += [held(role) for role in await roles.list_custom_roles(tx, org_id)]
    return [ListedRole(role, uses.get(role.key, Uses())) for role in found]
