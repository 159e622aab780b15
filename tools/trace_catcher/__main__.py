"""Usage: python -m trace_catcher [--host 127.0.0.1] [--port 4318]."""

import argparse
import asyncio
import signal

from trace_catcher.server import running


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="trace_catcher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4318)
    options = parser.parse_args()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    async with running(host=options.host, port=options.port) as url:
        print(f"spans are taken at {url}/v1/traces", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main())
