"""The services behind the gateway: per service a pool of connections, a breaker and a bound on what is in hand."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from math import ceil

from chassis.problems import Unavailable
from gateway.breaker import Breaker
from gateway.connections import Pool
from gateway.metrics import BREAKER, IN_HAND
from gateway.settings import GatewaySettings


class Upstream:
    """One service: its connections, its breaker, its bound. As a context it is a place among the requests in hand."""

    def __init__(self, name: str, url: str, *, pool: Pool, breaker: Breaker, concurrency: int) -> None:
        self.name = name
        self.pool = pool
        self.breaker = breaker
        self._origin = url.rstrip("/")
        self._concurrency = concurrency
        self._in_hand = 0
        IN_HAND.labels(name).set_function(lambda: self._in_hand)
        BREAKER.labels(name).set_function(lambda: float(breaker.is_open))

    def socket_url(self, target: str) -> str:
        """The address of a path and query for a WebSocket."""
        scheme, _, rest = self._origin.partition("://")
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{target}"

    def __enter__(self) -> None:
        """Take a place among the requests in hand. Raises Unavailable when all are taken or the breaker is open."""
        if self._in_hand >= self._concurrency:
            raise unavailable(self.name, "service_busy", retry_after=1)
        if not self.breaker.admits():
            raise unavailable(self.name, retry_after=self.breaker.retry_after())
        self._in_hand += 1

    def __exit__(self, *_: object) -> None:
        self._in_hand -= 1


def unavailable(service: str, code: str = "service_unavailable", *, retry_after: float = 1) -> Unavailable:
    """503 for one service, with the seconds after which asking again makes sense."""
    return Unavailable(
        code,
        f"The {service} service cannot answer right now; try again.",
        headers={"Retry-After": str(max(1, ceil(retry_after)))},
    )


@contextmanager
def open_upstreams(settings: GatewaySettings) -> Iterator[Mapping[str, Upstream]]:
    """All services of the settings, their connections closed at the end. Opens none before it is needed."""
    with ExitStack() as stack:
        upstreams = {}
        for name, url in settings.services.items():
            pool = Pool(url, connect_seconds=settings.connect_seconds, answer_seconds=settings.service_seconds)
            stack.callback(pool.close)
            breaker = Breaker(settings.breaker_failures, settings.breaker_seconds)
            upstreams[name] = Upstream(name, url, pool=pool, breaker=breaker, concurrency=settings.service_concurrency)
        yield upstreams
