"""Sending a mail: claim it, and afterwards put down what became of it. The sending itself lies between the two."""

from datetime import timedelta

from chassis import outbox
from chassis.database import Tx
from contracts.ids import new_id
from contracts.notifier import EmailBouncedV2
from notifier.domain import next_attempt
from notifier.smtp_gateway import Later, Outcome, Refused, Sent
from notifier.storage import deliveries
from notifier.storage.deliveries import Claimed

CLAIM = timedelta(minutes=10)
"""Longer than one attempt can take, so that nobody else sends the same mail meanwhile."""


async def begin_sending(tx: Tx, limit: int) -> list[Claimed]:
    """Claim due mails; those that must not be sent any more, or not to this address, are closed instead."""
    claimed = await deliveries.claim_due(tx, claim=new_id(), until=tx.now + CLAIM, limit=limit)
    suppressed = await deliveries.get_suppressed(tx, [mail.recipient for mail in claimed])
    due = []
    for mail in claimed:
        if (code := suppressed.get(mail.recipient.lower())) is not None:
            await _close(tx, mail, state="suppressed", code=code, error="the address is suppressed", bounced=True)
        elif mail.give_up_at <= tx.now:
            await _close(tx, mail, state="given_up", code=None, error="out of time", bounced=False)
        else:
            due.append(mail)
    return due


async def finish_sending(tx: Tx, mail: Claimed, outcome: Outcome) -> None:
    """Put down the outcome. If the claim lapsed meanwhile, the one who holds it now does.

    Of a mail whose delivery names nobody nothing else does either: no suppression, no answer of a server.
    """
    match outcome:
        case Sent(code):
            await _close(tx, mail, state="sent", code=code, error=None, bounced=False)
        case Refused(code, reason, blames):
            await _close(tx, mail, state="bounced", code=code, error=reason, bounced=True)
            if blames == "recipient" and mail.recipient:
                await deliveries.insert_suppression(tx, mail.recipient, mail.id, code)
        case Later(reason, later_code):
            at = next_attempt(mail.attempts, tx.now)
            if at < mail.give_up_at:
                await deliveries.update_retry(tx, mail, at=at, code=later_code, error=_told(mail, reason))
            else:
                await _close(tx, mail, state="given_up", code=later_code, error=reason, bounced=False)


async def _close(tx: Tx, mail: Claimed, *, state: str, code: int | None, error: str | None, bounced: bool) -> None:
    ours = await deliveries.update_finished(tx, mail, state=state, code=code, error=_told(mail, error))
    if ours and bounced and code is not None:
        event = EmailBouncedV2(
            delivery_id=mail.id, template=mail.template, smtp_code=code, attempts=mail.attempts, bounced_at=tx.now
        )
        outbox.add(tx, event, sequence=1)


def _told(mail: Claimed, error: str | None) -> str | None:
    """What a server said, unless it may repeat an address that is kept nowhere else."""
    return error if mail.recipient else None
