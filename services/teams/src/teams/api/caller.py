"""What a caller's token says, for endpoints that only an organization's member reaches."""

from uuid import UUID

from chassis.problems import Forbidden
from chassis.web import Caller


def organization_of(caller: Caller) -> UUID:
    """The organization of the token. Raises Forbidden for a person without one."""
    if caller.org_id is None:
        raise Forbidden("organization_required", "This needs an organization: create one or accept an invitation.")
    return caller.org_id


def check_person(caller: Caller) -> None:
    """For what hands out secrets or rights that would outlive an API key's revocation. Raises Forbidden."""
    if caller.is_api_key:
        raise Forbidden("person_required", "An API key cannot do this: it is for people who are signed in.")
