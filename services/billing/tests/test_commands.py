"""The command line: the catalogue at Stripe, and webhooks that were set aside."""

from argparse import Namespace
from contextlib import AsyncExitStack

from billing.commands import catalog, set_aside
from billing.storage import webhooks
from chassis.database import Context

TEST = Context(actor="system:test")


async def test_the_difference_is_shown_then_mended_then_gone(settings, simulator, capsys):
    await simulator.control("POST", "reset")
    for dry_run, says in ((True, "12 to do"), (False, "12 done"), (False, "Stripe matches the catalogue")):
        async with AsyncExitStack() as stack:
            configured = settings(stripe_api_base=simulator.url)
            assert await catalog(configured, Namespace(action="sync", dry_run=dry_run), stack) == 0
        assert says in capsys.readouterr().out


async def test_a_price_that_was_changed_in_place_is_refused(settings, simulator, sold, tmp_path, capsys):
    dearer = tmp_path / "catalog.yaml"
    dearer.write_text(settings().catalog_file.read_text().replace("month: 4900", "month: 5900"))
    async with AsyncExitStack() as stack:
        configured = settings(stripe_api_base=simulator.url, catalog_file=dearer)
        assert await catalog(configured, Namespace(action="sync", dry_run=True), stack) == 1
    assert "add version 2 of pro" in capsys.readouterr().err


async def test_what_was_set_aside_is_counted_and_released(settings, worker, rows, capsys):
    async with worker.transaction(TEST) as tx:
        await webhooks.insert_webhook(tx, "stripe", "evt_old", type="invoice.paid", body=b"{}", headers={})
        await tx.execute("UPDATE webhooks SET state = 'quarantined', reason = 'API version 1'")
    for action, says in (("count", "1 quarantined"), ("list", "    API version 1\n"), ("release", "released 1")):
        async with AsyncExitStack() as stack:
            assert await set_aside(settings(), Namespace(action=action, state="quarantined"), stack) == 0
        assert says in capsys.readouterr().out
    (row,) = await rows("SELECT state, attempts FROM webhooks WHERE external_id = 'evt_old'")
    assert (row["state"], row["attempts"]) == ("pending", 0)
