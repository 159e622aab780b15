"""NetworkPolicies deny what no arrow allows: every connection that the running platform opens must be an arrow."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chassis.testing import eventually
from local_stack.catalogue import SERVICES
from local_stack.containers import HTTP, INTERNAL
from manifests.arrows import (
    ASKS_TEAMS,
    HTTPS,
    NEIGHBOURS,
    OTLP,
    POSTGRES,
    RABBITMQ,
    RABBITMQ_MANAGEMENT,
    REDIS,
    SMTP,
    Arrow,
    arrows,
)
from tests.integration.platform import Platform
from tests.integration.staff import Superadmin

ESTABLISHED = "01"
UNSEEN_HERE = {
    # Single sign-on asks a provider; nobody's is set up here.
    Arrow("teams-serve", "internet", HTTPS),
    # Files lie in a folder here, in a cluster in S3.
    Arrow("teams-work", "internet", HTTPS),
    # Operators run `snapshot` and `replay` there.
    *(Arrow(f"{row.name}-work", "rabbitmq", RABBITMQ_MANAGEMENT) for row in SERVICES if row.has_schema),
}


def targets(platform: Platform, collector: str) -> dict[int, tuple[str, int]]:
    """A port of this machine -> who listens there in a cluster, and on which port."""
    ports = platform.stack.ports
    found = {
        ports["postgres"]: ("postgres", POSTGRES),
        int(platform.stack.rabbitmq.url().rpartition(":")[2].partition("/")[0]): ("rabbitmq", RABBITMQ),
        int(platform.stack.redis.url.rpartition(":")[2].partition("/")[0]): ("redis", REDIS),
        ports["smtp"]: ("internet", SMTP),
        int(platform.stack.stripe_url.rpartition(":")[2]): ("internet", HTTPS),
        int(collector.rpartition(":")[2]): ("monitoring", OTLP),
    }
    for row in SERVICES:
        found[ports[f"{row.name}_http"]] = (f"{row.name}-serve", HTTP)
        if row.has_worker:
            found[ports[f"{row.name}_internal"]] = (f"{row.name}-work", INTERNAL)
    return found


def remote_ports(pid: int) -> Iterator[int]:
    """The ports to which a process holds connections right now."""
    own = set(_open_files(Path(f"/proc/{pid}/fd")))
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == ESTABLISHED and f"socket:[{fields[9]}]" in own:
                yield int(fields[2].rpartition(":")[2], 16)


def _open_files(folder: Path) -> Iterator[str]:
    """Where a process' descriptors lead; what ends or is closed meanwhile leads nowhere."""
    with contextlib.suppress(FileNotFoundError):
        for descriptor in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield str(descriptor.readlink())


class Watch:
    """Looks again and again which connections are open, and keeps what it saw."""

    def __init__(self, platform: Platform, collector: str) -> None:
        self.seen: set[Arrow] = set()
        self._platform, self._targets = platform, targets(platform, collector)
        self._over = False

    def look(self) -> None:
        """Once."""
        ours = {row.name for row in SERVICES}
        for name, process in list(self._platform.processes.items()):
            if name.partition("-")[0] in ours and process.poll() is None:
                found = [self._targets[port] for port in remote_ports(process.pid) if port in self._targets]
                self.seen |= {Arrow(name, target, port) for target, port in found}

    def look_on(self) -> None:
        """Until the end."""
        while not self._over:
            self.look()

    def end(self) -> None:
        self._over = True


@asynccontextmanager
async def watching(platform: Platform, collector: str):
    watch = Watch(platform, collector)
    looking = asyncio.create_task(asyncio.to_thread(watch.look_on))
    try:
        yield watch
    finally:
        watch.end()
        await looking


@pytest.fixture
async def seen(platform, collector, person, http) -> set[Arrow]:
    """What the processes open from their start on, while people, Stripe, mails and our staff keep all of them busy."""
    async with watching(platform, collector.url) as watch:
        # Keys and revocations are fetched at the start.
        for service in ASKS_TEAMS:
            await asyncio.to_thread(platform.stop, f"{service}-serve")
            await asyncio.to_thread(platform.start, f"{service}-serve")
        ada, grace = (
            await person("Ada Lovelace").register(organization_name="Analytical Engines"),
            person("Grace Hopper"),
        )
        # A mail is gone before one has looked, unless its server takes its time.
        slow = {"kind": "slow", "count": 1, "to": grace.email, "seconds": 2}
        async with http.post(f"{platform.mail_url}/api/faults", json=slow) as planted:
            assert planted.status < 300, await planted.text()
        await ada.invite(grace)
        await grace.join()
        async with ada.stream():
            await buy(ada)
        for path in ("/v1/home", "/v1/analytics/overview", "/v1/activity"):
            (await ada.call("GET", path)).ok()
        root = await (await asyncio.to_thread(Superadmin.hired, platform, http)).sign_in()
        (await root.call("GET", "/admin/v1/deadletters")).ok()
        expected = {arrow for arrow in arrows() if opened_by_a_process(arrow)} - UNSEEN_HERE
        with contextlib.suppress(TimeoutError):  # the test says what is missing
            await eventually(lambda: all_of(watch, expected), timeout=30)
    return watch.seen


async def all_of(watch: Watch, expected: set[Arrow]) -> bool:
    return watch.seen >= expected


async def buy(owner) -> None:
    """A plan, once the organization has its Free subscription."""

    async def free() -> bool:
        return bool((await owner.call("GET", "/v1/billing/subscription")).status == 200)

    await eventually(free, timeout=30)
    order = {"plan": "pro", "seats": 2, "payment_method": "pm_card_visa"}
    (await owner.call("POST", "/v1/billing/subscription", order)).ok()


def opened_by_a_process(arrow: Arrow) -> bool:
    """Not by a job before the roll-out, nor by a neighbour."""
    return arrow.source not in NEIGHBOURS and not arrow.source.endswith("-setup")


async def test_the_policies_let_through_what_the_running_platform_opens_and_nothing_it_never_does(seen) -> None:
    ours = {arrow for arrow in arrows() if opened_by_a_process(arrow)}
    assert sorted(seen - ours) == [], "connections that a cluster would cut"
    assert sorted(ours - seen - UNSEEN_HERE) == [], "doors that stand open for nothing"
