"""State an intent towards Stripe: committed with whatever causes it, carried out afterwards."""

from typing import Any
from uuid import UUID

from billing.domain.operations import Kind, Operation
from billing.storage import operations
from billing.wake import OPERATIONS, wake
from chassis.database import Tx
from contracts.ids import new_id


async def intend(tx: Tx, org_id: UUID, kind: Kind, parameters: dict[str, Any]) -> Operation:
    """The stored intent; the loop that carries it out is woken when `tx` has committed."""
    operation = await operations.insert_operation(tx, new_id(), org_id, kind, parameters)
    wake(tx, OPERATIONS)
    return operation
