"""Roles: the built-in ones and an organization's own; who may give what to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.problems import Conflict, Forbidden, invalid_field
from contracts.permissions import ROLE_PERMISSIONS, Role
from teams.domain.people import clean_name

MOST_ROLES = 50
NAME_MAX = 60
DESCRIPTION_MAX = 300

BUILT_IN_NAMES: dict[Role, str] = {role: role.replace("_", " ").capitalize() for role in Role}

BUILT_IN_DESCRIPTIONS: dict[Role, str] = {
    Role.OWNER: "Everything, ownership included.",
    Role.ADMIN: "The team and the organization; sees billing, but does not change it.",
    Role.BILLING_MANAGER: "Plan, payment and invoices.",
    Role.MEMBER: "Works with the product.",
    Role.VIEWER: "Looks, and changes nothing.",
}
_STRENGTH = {role: -place for place, role in enumerate(Role)}


@dataclass(frozen=True)
class CustomRole:
    """A role that an organization made. A token of it minted before `tokens_not_before` no longer holds."""

    id: UUID
    org_id: UUID
    name: str
    description: str
    permissions: frozenset[str]
    tokens_not_before: datetime | None
    created_by: UUID
    created_at: datetime
    changed_at: datetime
    deleted_at: datetime | None
    version: int


@dataclass(frozen=True)
class HeldRole:
    """A role as somebody has it: `key` is a built-in role's name or a custom role's id."""

    key: str
    name: str
    permissions: frozenset[str]
    custom: CustomRole | None = None

    @property
    def shown_name(self) -> str | None:
        """The name to carry beside the key, where the key says nothing."""
        return self.custom.name if self.custom else None


def built_in(key: str) -> HeldRole | None:
    """A built-in role; None for any other key."""
    try:
        role = Role(key)
    except ValueError:
        return None
    return HeldRole(role.value, BUILT_IN_NAMES[role], frozenset(ROLE_PERMISSIONS[role]))


def held(role: CustomRole) -> HeldRole:
    """A custom role as somebody has it."""
    return HeldRole(str(role.id), role.name, role.permissions, role)


def custom_ids(roles: Iterable[HeldRole]) -> tuple[UUID, ...]:
    """The custom ones among them, each once."""
    return tuple(dict.fromkeys(role.custom.id for role in roles if role.custom))


def check_may_grant(held_permissions: frozenset[str], granted: frozenset[str]) -> None:
    """Nobody grants, invites to, or makes a role that may do what they may not. Raises Forbidden."""
    if missing := sorted(granted - held_permissions):
        raise Forbidden("role_above_own", f"You cannot give what you may not do yourself: {', '.join(missing)}.")


def may_touch(actor: HeldRole, held_permissions: frozenset[str], target: HeldRole) -> bool:
    """Nobody changes or removes a member who stands above them.

    Between built-in roles the order of the matrix says who stands above whom; beside a custom role, what each may do.
    """
    own, other = built_in(actor.key), built_in(target.key)
    if own and other and _STRENGTH[Role(own.key)] >= _STRENGTH[Role(other.key)]:
        return True
    return not (other and other.key == Role.OWNER) and target.permissions <= held_permissions


def check_may_touch(actor: HeldRole, held_permissions: frozenset[str], target: HeldRole) -> None:
    """Raises Forbidden where `may_touch` says no."""
    if not may_touch(actor, held_permissions, target):
        raise Forbidden("member_above_own", "This member's role stands above yours.")


def clean_role_name(name: str, pointer: str = "/name") -> str:
    """A role's name: no control characters, no built-in role's name, at most 60 characters. Raises Invalid."""
    cleaned = clean_name(name, pointer)
    if len(cleaned) > NAME_MAX:
        raise invalid_field(pointer, "length", f"A role's name has 1 to {NAME_MAX} characters.")
    if cleaned.lower().replace("_", " ") in {known.lower() for known in BUILT_IN_NAMES.values()}:
        raise invalid_field(pointer, "name_reserved", "A built-in role has this name.")
    return cleaned


def clean_description(text: str, pointer: str = "/description") -> str:
    """A line about something, possibly empty, at most 300 characters. Raises Invalid."""
    if not text.strip():
        return ""
    if len(text) > DESCRIPTION_MAX:
        raise invalid_field(pointer, "length", f"A description has at most {DESCRIPTION_MAX} characters.")
    return " ".join(part for part in text.split() if part.isprintable())


def check_role_count(count: int) -> None:
    """Raises Conflict."""
    if count >= MOST_ROLES:
        raise Conflict("roles_exhausted", f"An organization has at most {MOST_ROLES} custom roles.")


def role_name_taken() -> Conflict:
    """To raise where another role of the organization has the name, whatever its case."""
    return Conflict("role_name_taken", "Another role has this name.")


def role_unknown(pointer: str = "/role") -> Exception:
    """To raise for a key that is neither a built-in role nor one of the organization."""
    return invalid_field(pointer, "role_unknown", "Your organization has no such role.")
