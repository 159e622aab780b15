"""Mint the tokens of a sign-in."""

from dataclasses import dataclass

from admin.domain.sign_in import Session
from admin.domain.staff import Staff
from admin.storage import sessions
from admin.tokens import StaffTokens, hash_secret, new_secret
from chassis.database import Tx


@dataclass(frozen=True)
class SignedIn:
    """A sign-in's fresh tokens and whose they are. Secrets: neither stored nor logged."""

    access_token: str
    refresh_token: str
    session: Session
    staff: Staff


async def issue_tokens(tx: Tx, tokens: StaffTokens, session: Session, person: Staff) -> SignedIn:
    """An access token and a refresh token; the session must be locked, or of this transaction's making."""
    refresh_token = new_secret()
    await sessions.insert_refresh_token(tx, session.id, hash_secret(refresh_token))
    return SignedIn(tokens.mint(session, person.role, tx.clock.now()), refresh_token, session, person)
