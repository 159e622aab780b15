"""What a browser says it is, in words its owner recognizes."""

import re

from ua_parser import parse

UNKNOWN = "Unknown device"
LONGEST_HEADER = 512
LONGEST_NAME = 80
_PRODUCT = re.compile(r"[A-Za-z][\w.-]*")


def device_name(user_agent: str) -> str:
    """From a User-Agent header: "Firefox on Linux"; for programs their own name; never more than 80 characters."""
    found = parse(user_agent[:LONGEST_HEADER])
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    if browser is None:
        product = _PRODUCT.match(user_agent)
        browser = product.group() if product else None
    name = " on ".join(part for part in (browser, system) if part)
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME] or UNKNOWN
