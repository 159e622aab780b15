"""A process to be killed: `worker_process.py <what> <database url> <bus url> [texts…]`.

`work` delivers, `retry` tries failed messages again, `write` commits one note for each text and ends.
"""

import asyncio
import sys

import ledger

from chassis.bus import Consumer
from chassis.database import Database
from chassis.fallen import Fallen
from chassis.inbox import Reader
from chassis.relay import Relay
from chassis.retries import Retries


async def main(what: str, database_url: str, bus_url: str, *texts: str) -> None:
    database = await Database.connect(database_url, service=ledger.SERVICE, size=6)
    match what:
        case "work":
            consumer = Consumer(ledger.SERVICE, ledger.SERVICE, database, ledger.EVENTS, bus_url)
            await asyncio.gather(Relay(database, bus_url).run(), consumer.run(), Fallen(database, bus_url).run())
        case "retry":
            await Retries(database, {ledger.SERVICE: Reader(ledger.EVENTS)}).run()
        case "write":
            await ledger.note(database, *texts)


asyncio.run(main(*sys.argv[1:]))
