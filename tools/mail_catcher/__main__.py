"""Usage: python -m mail_catcher [--host 127.0.0.1] [--smtp-port 1025] [--http-port 8025]."""

import argparse
import asyncio
import signal

from mail_catcher.server import running


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="mail_catcher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    options = parser.parse_args()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with running(host=options.host, smtp_port=options.smtp_port, http_port=options.http_port) as addresses:
        print(f"mails to {options.host}:{addresses.smtp_port} are shown at {addresses.url}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
