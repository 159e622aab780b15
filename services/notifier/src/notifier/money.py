"""Amounts and plans in words."""

from contracts.money import Money

_NO_MINOR_UNIT = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf")
)
_THOUSANDTHS = frozenset(("bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"))
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def money_name(money: Money) -> str:
    """As people write it: `$1,234.50`, `¥500`, `KWD 1.250`. ISO 4217 says how many digits the minor unit has."""
    digits = 0 if money.currency in _NO_MINOR_UNIT else 3 if money.currency in _THOUSANDTHS else 2
    whole, part = divmod(abs(money.amount), 10**digits)
    number = f"{whole:,}" + (f".{part:0{digits}}" if digits else "")
    sign = "-" if money.amount < 0 else ""
    return f"{sign}{_SIGNS.get(money.currency, money.currency.upper() + ' ')}{number}"


def plan_name(code: str) -> str:
    """A plan's code as a name: billing's own names are its codes with a capital."""
    return code.replace("_", " ").capitalize()
