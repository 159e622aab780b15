"""Usage: python -m demo [--url http://localhost:8080] [--mail-url http://localhost:8025] [--stripe-url …]."""

import argparse
import asyncio
import sys
import time

from trace_catcher.reading import fetch_until
from trace_catcher.spans import tree

from demo.failure import DemoFailed
from demo.narrator import Narrator
from demo.platform import Platform
from demo.story import Story, Told
from local_stack.addresses import GATEWAY, MAIL, STRIPE, remembered_ports
from local_stack.places import Places
from local_stack.superadmin import Superadmin, remembered

INVITATION = {"handle member.joined", "stream.push"}
PLAN_CHANGE = {"handle subscription.updated", "handle events", "stream.push"}


async def tell(url: str, mail_url: str, stripe_url: str, root: Superadmin) -> Told:
    """Tell the story once."""
    async with Platform(url) as platform:
        return await Story(platform, mail_url, stripe_url, root, Narrator()).tell()


def show_trace(traces_url: str, trace_id: str, title: str, awaited: set[str]) -> None:
    """The path through every process, as a tree; nothing where no trace catcher runs."""
    if spans := fetch_until(traces_url, trace_id, awaited):
        print(f"  {title} it is one trace:\n")
        print("\n".join(f"  {line}" for line in tree(spans)) + "\n")


def superadmin() -> Superadmin:
    """As `make up` made it. Raises DemoFailed before the first one."""
    root = remembered(Places.of())
    if root is None:
        raise DemoFailed("there is no superadmin in .local yet: run `make up`, which makes one.")
    return root


def main() -> None:
    """Exit code 0 if the whole story happened, 1 with a sentence if not."""
    ports = remembered_ports(Places.of().ports)
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--url", default=f"http://localhost:{ports.get(GATEWAY.name, GATEWAY.usual)}")
    parser.add_argument("--mail-url", default=f"http://localhost:{ports.get(MAIL.name, MAIL.usual)}")
    parser.add_argument("--stripe-url", default=f"http://127.0.0.1:{ports.get(STRIPE.name, STRIPE.usual)}")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        told = asyncio.run(tell(options.url, options.mail_url, options.stripe_url, superadmin()))
    except DemoFailed as failure:
        sys.exit(f"\nThe story ended here: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
    print(f"\n  The whole story took {time.monotonic() - started:.1f} s.\n")
    traces_url = f"http://127.0.0.1:{ports.get('traces', 4318)}"
    show_trace(traces_url, told.invitation, "From the invitation to the alert", INVITATION)
    show_trace(
        traces_url, told.plan_change, "From Stripe's webhook to the alert, the metrics and the staff", PLAN_CHANGE
    )
    print("  The log lines of these traces, in all services:\n")
    print(f"    make logs TRACE={told.invitation}\n    make logs TRACE={told.plan_change}\n")
    print(f"  The page is at {options.url}, the mails are at {options.mail_url}.\n")


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left
