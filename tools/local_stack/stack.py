"""One checkout's stack put together: ports, secrets, engines, supervisord, and the programs it looks after."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_stack import addresses, catalogue, keyring
from local_stack.catalogue import SERVICES, ServiceRow, Stack
from local_stack.orphans import find
from local_stack.places import Places
from local_stack.ports import listened_by
from local_stack.postgres import Postgres
from local_stack.program import Engine, Program
from local_stack.rabbitmq import RabbitMQ
from local_stack.redis_server import Redis
from local_stack.supervision import Supervisor, log_of

ENGINE_PROGRAMS = ("postgres", "epmd", "rabbitmq", "redis", "mail", "traces", "stripe")


@dataclass(frozen=True)
class LocalStack:
    """Everything the commands work on."""

    stack: Stack
    supervisor: Supervisor

    @property
    def places(self) -> Places:
        """Paths of the checkout."""
        return self.stack.places

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Postgres, RabbitMQ, Redis."""
        return (self.stack.postgres, self.stack.rabbitmq, self.stack.redis)

    def programs(self) -> list[Program]:
        """All of them, in the order of their start."""
        engines = [program for engine in self.engines for program in engine.programs()]
        return [
            *engines,
            self._mail(),
            self._traces(),
            self._stripe(),
            *(self._process(row, name) for row in SERVICES for name in row.processes),
        ]

    def _mail(self) -> Program:
        ports = self.stack.ports
        listen = ("--smtp-port", str(ports["smtp"]), "--http-port", str(ports[addresses.MAIL.name]))
        command = (catalogue.python(), "-m", "mail_catcher", *listen)
        return Program("mail", command, self.places.root, log_of(self.places, "mail"))

    def _traces(self) -> Program:
        command = (catalogue.python(), "-m", "trace_catcher", "--port", str(self.stack.ports["traces"]))
        return Program("traces", command, self.places.root, log_of(self.places, "traces"))

    def _stripe(self) -> Program:
        return Program(
            "stripe", catalogue.stripe_simulator(self.stack), self.places.root, log_of(self.places, "stripe")
        )

    def _process(self, service: ServiceRow, process: str) -> Program:
        name = program_name(service, process)
        command = (catalogue.python(), "-m", "local_stack.launch", service.name, process)
        return Program(name, command, self.places.root, log_of(self.places, name))


def program_name(service: ServiceRow, process: str) -> str:
    """As supervisord and `make status` call it."""
    return f"{service.name}-{process}"


def assemble(places: Places, ports: Mapping[str, int]) -> LocalStack:
    """Everything that follows from the ports; secrets are read, or made the first time."""
    keys = keyring.load_or_generate(places.secrets, [row.name for row in SERVICES])
    engines, password, logs = places.engines, keys.engines, places.logs
    stack = Stack(
        places=places,
        ports=ports,
        keyring=keys,
        postgres=Postgres(engines, port=ports["postgres"], password=password, durable=True, logs=logs),
        rabbitmq=RabbitMQ(engines, ports=ports, password=password, logs=logs),
        redis=Redis(engines, port=ports["redis"], durable=True, logs=logs),
    )
    return LocalStack(stack, Supervisor(places, port=ports["supervisor"], password=keys.supervisor))


def choose(places: Places, say: Callable[[str], None]) -> LocalStack:
    """For `up`: ports as asked for (PORT, MAIL_PORT, STRIPE_PORT), remembered, or free. Raises StackFailure."""
    asked = {public.variable: os.environ.get(public.variable, "") for public in addresses.PUBLIC}
    ours = listened_by(find(places))
    return assemble(places, addresses.choose(places.ports, catalogue.port_names(), asked, ours=ours, say=say))


def existing(places: Places) -> LocalStack | None:
    """For every other command: the stack as the last `up` left it; None before the first one."""
    ports = addresses.remembered_ports(places.ports)
    complete = {*catalogue.port_names(), *(public.name for public in addresses.PUBLIC)} <= ports.keys()
    return assemble(places, ports) if complete and places.secrets.exists() else None
