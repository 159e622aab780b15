"""Whether a person may end their account."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.problems import Conflict, invalid_field
from contracts.permissions import Role
from teams.domain.people import User, same_address


@dataclass(frozen=True)
class Held:
    """An organization a person belongs to: as what, beside how many owners and members (themselves counted)."""

    name: str
    role: str
    owners: int
    members: int
    deleted: bool

    @property
    def needs_its_owner(self) -> bool:
        """Whether it would be left without an owner: one that works, or that others may want back."""
        return self.role == Role.OWNER and self.owners <= 1 and (not self.deleted or self.members > 1)


def check_leaves_no_orphan(held: Sequence[Held]) -> None:
    """Raises Conflict `last_owner`, naming the organizations."""
    orphans = [one for one in held if one.needs_its_owner]
    if orphans:
        names = ", ".join(sorted(one.name for one in orphans))
        detail = f"You are the only owner of {names}. Hand each over to another member first, or delete it."
        if any(one.deleted for one in orphans):
            detail += " One that is deleted but has other members: restore it and hand it over, or wait for its end."
        raise Conflict("last_owner", detail)


def check_confirmed(user: User, typed: str) -> None:
    """Whoever ends an account types its address, so that it is this one they mean. Raises Invalid."""
    if not same_address(user.email, typed.strip()):
        raise invalid_field("/confirmation", "confirmation_wrong", "Type the e-mail address of your account as it is.")
