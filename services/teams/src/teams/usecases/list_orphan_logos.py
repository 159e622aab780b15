"""Tell which logos' files no organization has any more, or never had: a crash or a refusal came before the row."""

from collections.abc import Iterable
from datetime import timedelta

from chassis.blobs import Blob
from chassis.database import Tx
from teams.domain.logos import logo_id_of
from teams.storage import organizations

GRACE = timedelta(hours=1)
"""No request lasts as long: what is older and still in no row will never be in one."""


async def list_orphan_logos(tx: Tx, there: Iterable[Blob]) -> list[str]:
    """Their keys. Works through the worker's door, which sees every organization."""
    old = {logo_id_of(blob.key): blob.key for blob in there if blob.written_at < tx.now - GRACE}
    used = await organizations.list_used_logos(tx, list(old))
    return [key for logo_id, key in old.items() if logo_id not in used]
