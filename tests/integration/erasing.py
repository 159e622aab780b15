"""What tests of erasure need: thirty days that pass at once, and a look into every column of every table there is."""

import re
from uuid import UUID

from chassis.testing import eventually
from tests.integration.platform import Platform

COLUMNS = """
SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema IN ('admin', 'analytics', 'billing', 'notifier', 'teams')
  AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'tsvector', 'bytea')
ORDER BY 1, 2, 3
"""
_PARTITION = re.compile(r"_(default|\d{4}_?\d{2}(\d{2})?)$")

KEPT = {
    "outbox.body": "the archive of what was said, as it was said: dropped day by day, read by nobody but a replay",
    "webhooks.body": "Stripe's own words of the customer's end, byte for byte: dropped after their days",
}
"""Column of any schema -> why something may still stand there."""


async def purge(platform: Platform, organization_id: str) -> None:
    """Let the thirty days of a deleted organization be over, and the job that erases it run."""
    await platform.query(
        "UPDATE teams.organization_standings SET deleted_at = now() - interval '31 days' WHERE org_id = $1",
        UUID(organization_id),
    )

    async def gone() -> bool:
        await platform.query("UPDATE teams.schedules SET due_at = now() WHERE name = 'purge_organizations'")
        found = await platform.query(
            "SELECT purged_at FROM teams.organization_standings WHERE org_id = $1", UUID(organization_id)
        )
        return found[0][0] is not None

    await eventually(gone)


async def places(platform: Platform, *texts: str) -> set[str]:
    """`schema.table.column` of every place where one of the texts stands, whatever its case; partitions as one."""
    found = set()
    for schema, table, column, kind in await platform.query(COLUMNS):
        bytes_ = kind == "bytea"
        value = f"encode(\"{column}\", 'escape')" if bytes_ else f'"{column}"::text'
        sql = f'SELECT EXISTS (SELECT FROM "{schema}"."{table}" WHERE strpos(lower({value}), lower($1)) > 0)'
        for text in texts:
            if (await platform.query(sql, text))[0][0]:
                found.add(f"{schema}.{_PARTITION.sub('', table)}.{column}")
    return found


def undeclared(found: set[str]) -> set[str]:
    """Those that nothing declares kept."""
    return {place for place in found if place.partition(".")[2] not in KEPT}
