"""Register, invite, list members page by page, track events. Usage: python tour.py http://localhost:8080"""

import secrets
import sys

from objectalabs import Client, Refused, Session, every
from objectalabs.generated.api.auth import register_account
from objectalabs.generated.api.events import track_events
from objectalabs.generated.api.invitations import post_invitation
from objectalabs.generated.api.members import get_members
from objectalabs.generated.models import EventBatch, EventBatchTrackedEvent, InviteRequest, RegisterRequest


def register(client: Client) -> Session:
    """A new person with a new organization."""
    wanted = RegisterRequest(
        email=f"ada-{secrets.token_hex(5)}@example.com",
        password=secrets.token_urlsafe(24),
        name="Ada Lovelace",
        organization_name="Analytical Engines",
        client="api",
    )
    tokens = register_account.sync(client=client, body=wanted)
    return Session(tokens.access_token, tokens.refresh_token)


def tour(client: Client) -> None:
    """What most programs begin with."""
    client.credentials = register(client)
    guest = f"charles-{secrets.token_hex(5)}@example.com"
    invitation = post_invitation.sync(client=client, body=InviteRequest(email=guest))
    print(f"invited {invitation.email} until {invitation.expires_at:%d %B}")
    for member in every(get_members.sync, client=client, limit=1):
        print(f"member {member.name}, {member.role}")
    opened = [EventBatchTrackedEvent(name="report.opened", id=secrets.token_hex(8)) for _ in range(3)]
    batch = EventBatch(events=opened)
    print(f"tracked {track_events.sync(client=client, body=batch).accepted} events")
    try:
        post_invitation.sync(client=client, body=InviteRequest(email="nobody"))
    except Refused as refused:
        print(f"refused: {refused.fields[0].pointer} {refused.fields[0].code}")


if __name__ == "__main__":
    with Client(sys.argv[1]) as client:
        tour(client)
