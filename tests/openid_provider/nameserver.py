"""A small real DNS server on this machine, for the records that prove a domain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """Answers TXT questions from `records` (domain -> texts); a domain in `silent` gets no answer at all."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.silent: set[str] = set()
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        question = dns.message.from_wire(data)
        name = question.question[0].name.to_text(omit_final_dot=True).lower()
        if name in self.silent:
            return
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        texts = self.records.get(name)
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            quoted = [" ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200)) for text in texts]
            answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "TXT", *quoted))
        self.transport.sendto(answer.to_wire(), address)

    @property
    def address(self) -> str:
        """As SSO_NAMESERVERS takes it."""
        host, port = self.transport.get_extra_info("sockname")
        return f"{host}:{port}"


@asynccontextmanager
async def running_nameserver() -> AsyncIterator[NameServer]:
    """On a free port, ended with the block."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    yield server
    transport.close()
