"""Usage: python -m stripe_simulator [--host 127.0.0.1] [--port 12111] …."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from stripe_simulator.server import Webhook, running
from stripe_simulator.state_file import StateUnreadable
from stripe_simulator.world import Settings


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stripe_simulator", description="A stateful stand-in for Stripe's API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--state", type=Path, help="keep the state in this file")
    parser.add_argument("--webhook-url", help="send every event there")
    parser.add_argument("--webhook-secret", help="sign them with this secret (whsec_…)")
    parser.add_argument("--retry-scale", type=float, default=1.0, help="multiply the delays between webhook attempts")
    parser.add_argument("--api-key", action="append", default=[], help="accept this key only (may be repeated)")
    options = parser.parse_args()
    if bool(options.webhook_url) != bool(options.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    return options


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    options = _options()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    webhook = Webhook(options.webhook_url, options.webhook_secret) if options.webhook_url else None
    settings = Settings(retry_scale=options.retry_scale, api_keys=frozenset(options.api_key))
    try:
        async with running(
            host=options.host, port=options.port, state=options.state, webhook=webhook, settings=settings
        ) as simulator:
            print(f"Stripe's API is simulated at {simulator.url}", flush=True)
            await stopped.wait()
    except StateUnreadable as error:
        sys.exit(str(error))


if __name__ == "__main__":
    asyncio.run(main())
