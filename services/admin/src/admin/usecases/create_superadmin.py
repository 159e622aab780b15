"""The first superadmin: from the command line, because nobody is there yet who could invite one."""

from dataclasses import dataclass

from admin.domain.staff import Refused, Staff
from admin.storage import staff
from admin.tokens import hash_secret
from admin.usecases.record import Witness, record
from chassis.database import Tx
from chassis.second_factors import SeedVault, new_recovery_codes, new_seed
from contracts.ids import new_id
from contracts.permissions import AdminRole


@dataclass(frozen=True)
class Enrolment:
    """What is shown once. Secrets: neither stored in the open nor logged."""

    staff: Staff
    seed: str
    recovery_codes: list[str]


async def create_superadmin(
    tx: Tx, vault: SeedVault, by: Witness, *, email: str, name: str, password_hash: str, force_reason: str | None
) -> Enrolment:
    """Raises Refused where there is a superadmin already and no reason for another, or the address is taken."""
    existing = await staff.count_superadmins(tx)
    if existing and not force_reason:
        raise Refused(f"there is a superadmin already ({existing}); --force with --reason makes another")
    person = Staff(new_id(), email, name, AdminRole.SUPERADMIN, "active")
    seed, codes = new_seed(), new_recovery_codes()
    if not await staff.insert_staff(tx, person, password_hash=password_hash, seed=vault.seal(person.id, seed)):
        raise Refused(f"{email} is staff already")
    await staff.insert_recovery_codes(tx, person.id, [hash_secret(code.replace("-", "")) for code in codes])
    after = {"email": email, "name": name, "role": person.role.value}
    record(tx, by, "staff.created", f"staff:{person.id}", reason=force_reason, after=after)
    return Enrolment(person, seed, codes)
