"""What a caller's token says."""

from uuid import UUID

from chassis.problems import Forbidden
from chassis.web import Caller


def organization_of(caller: Caller) -> UUID:
    """The organization of the token. Raises Forbidden for a person without one."""
    if caller.org_id is None:
        raise Forbidden("organization_required", "This needs an organization: create one or accept an invitation.")
    return caller.org_id
