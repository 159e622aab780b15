"""What an operator must see growing: the oldest fact not yet published, and the dead messages."""

from prometheus_client import Gauge

from chassis.amqp import Supervised
from chassis.database import Context, Database

SAMPLE_SECONDS = 5.0

UNPUBLISHED = Gauge("outbox_oldest_unpublished_seconds", "Age of the oldest row not yet confirmed.", ["service"])
DEAD = Gauge("deadletters", "Messages that are dead until somebody replays or discards them.", ["service", "consumer"])

OLDEST_UNPUBLISHED = """
SELECT extract(epoch FROM clock_timestamp() - created_at)::float8
FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 1
"""
COUNT_DEAD = "SELECT consumer, count(*) AS count FROM failed_messages WHERE state = 'dead' GROUP BY consumer"


class Measures(Supervised):
    """Samples both each 5 seconds, in every worker process: also in one whose relay stands by or lost the broker."""

    def __init__(self, database: Database) -> None:
        super().__init__(f"{database.service} measures")
        self._database = database
        self._seen: set[str] = set()

    async def session(self) -> None:
        """Sample, then rest."""
        await self.sample()
        self.backoff.reset()
        await self.pause(SAMPLE_SECONDS)

    async def sample(self) -> None:
        """Read both from the database, by index."""
        service = self._database.service
        async with self._database.transaction(Context(actor=f"system:{service}")) as tx:
            age = await tx.fetchval(OLDEST_UNPUBLISHED)
            dead = {row["consumer"]: row["count"] for row in await tx.fetch(COUNT_DEAD)}
        UNPUBLISHED.labels(service).set(age or 0.0)
        self._seen |= dead.keys()
        for consumer in self._seen:
            DEAD.labels(service, consumer).set(dead.get(consumer, 0))
