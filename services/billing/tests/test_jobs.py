"""What runs on a schedule: handled webhooks are forgotten, others never; what waits for somebody is counted."""

from datetime import timedelta

from billing import metrics
from billing.jobs import schedules
from billing.storage import webhooks
from chassis.database import Context

TEST = Context(actor="system:test")


async def test_handled_webhooks_are_forgotten_and_the_rest_counted(settings, worker, clock, rows):
    states = ("done", "ignored", "pending", "dead", "quarantined")
    async with worker.transaction(TEST) as tx:
        for state in states:
            await webhooks.insert_webhook(tx, "stripe", f"evt_{state}", type="t", body=b"{}", headers={})
            await tx.execute("UPDATE webhooks SET state = $1 WHERE external_id = $2", state, f"evt_{state}")
    clock.move(days=91)
    for schedule in schedules(settings()):
        async with worker.transaction(TEST) as tx:
            assert schedule.run is not None
            await schedule.run(tx)
    kept = {row["state"] for row in await rows("SELECT state FROM webhooks")}
    assert kept == {"pending", "dead", "quarantined"}
    assert metrics.SET_ASIDE.labels("dead")._value.get() == 1
    assert timedelta(days=settings().keep_webhooks_days) < timedelta(days=91)
