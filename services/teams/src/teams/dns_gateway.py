"""TXT records: the only importer of the DNS library. Never called inside a transaction."""

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver
from email_validator import EmailNotValidError, validate_email

from chassis.problems import Unavailable
from chassis.settings import StartRefused

SECONDS = 5.0


class TxtRecords:
    """Asks the system's resolver, or the nameservers of the settings (`address` or `address:port`)."""

    def __init__(self, nameservers: Sequence[str]) -> None:
        """Raises StartRefused for one that is none."""
        self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        self._resolver.lifetime = SECONDS
        self._resolver.cache = None
        if nameservers:
            try:
                self._resolver.nameservers = [_nameserver(one) for one in nameservers]
            except ValueError:
                raise StartRefused("SSO_NAMESERVERS: each is an IP address, with :port if it is not 53") from None

    async def has(self, domain: str, record: str) -> bool:
        """Whether the domain has a TXT record of exactly this text. Raises Unavailable if that cannot be said now."""
        try:
            answer = await self._resolver.resolve(_ascii(domain), "TXT", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return False
        except (dns.exception.DNSException, OSError):
            raise Unavailable(
                "dns_unavailable", "The domain's DNS did not answer: try again.", headers={"Retry-After": "10"}
            ) from None
        return any(b"".join(found.strings) == record.encode() for found in answer)


def _ascii(domain: str) -> str:
    """The name as DNS has it (IDNA 2008). Raises Unavailable for what cannot be one."""
    try:
        return str(validate_email(f"someone@{domain}", check_deliverability=False).ascii_domain)
    except EmailNotValidError:
        raise Unavailable("dns_unavailable", "This domain cannot be looked up.") from None


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    """Raises ValueError."""
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    return dns.nameserver.Do53Nameserver(address, int(port))
