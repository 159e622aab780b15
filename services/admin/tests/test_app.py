"""What a superuser of nothing may do: the runtime roles' rights, and the parts that start."""

import asyncpg
import pytest

from admin.app import SERVICE
from admin.checkpoints import CheckpointSeal
from admin.jobs import schedules
from chassis.database import Context
from chassis.lifecycle import Service
from chassis.roles import verify_roles
from chassis.web import openapi_document


async def test_both_roles_are_admitted_at_the_start(admin) -> None:
    await verify_roles(admin.api, "api")
    await verify_roles(admin.worker, "worker")


@pytest.mark.parametrize("door", ["api", "worker"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE admin_users SET role = 'superadmin'",
        "UPDATE admin_users SET totp_seed = ''",
        "UPDATE admin_users SET email = 'me@evil.example'",
        "DELETE FROM admin_users",
        "INSERT INTO admin_recovery_codes (user_id, code_hash) SELECT id, '' FROM admin_users",
    ],
)
async def test_no_runtime_role_makes_anybody_staff(admin, door, statement) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with getattr(admin, door).transaction(Context("system:admin")) as tx:
            await tx.execute(statement)


async def test_the_api_cannot_write_what_events_say(admin) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with admin.api.transaction(Context("system:admin")) as tx:
            await tx.execute("DELETE FROM customers")


async def test_the_jobs_forget_what_is_over(admin, shift) -> None:
    person = await admin.colleague()
    await admin.challenge(person)
    shift(days=120)
    for schedule in schedules(CheckpointSeal(admin.settings.keys)):
        assert schedule.run is not None
        async with admin.worker.transaction(Context("system:admin")) as tx:
            await schedule.run(tx)
    for table in ("admin_sessions", "admin_refresh_tokens", "admin_challenges", "admin_login_attempts"):
        assert await admin.superuser.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await admin.superuser.fetchval("SELECT count(*) FROM admin_audit_checkpoints") == 1


def test_its_document_is_for_staff_only() -> None:
    assert isinstance(SERVICE, Service)
    document = openapi_document(SERVICE.name, SERVICE.routes)
    assert all(path.startswith("/admin/v1/") for path in document["paths"])
    assert document["components"]["securitySchemes"].keys() == {"adminBearer"}
