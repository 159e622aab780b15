"""What a quantity of a price costs, exactly, and rounded once to minor units."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from stripe_simulator.store import Obj


def exact(price: Obj, quantity: int) -> Fraction:
    """In minor units, not rounded. `price` is the stored one, with its tiers."""
    package = price["transform_quantity"]
    if package is not None:
        whole = Fraction(quantity, package["divide_by"])
        quantity = ceil(whole) if package["round"] == "up" else int(whole)
    if price["billing_scheme"] == "tiered":
        tiers = price["_tiers"]
        return _graduated(tiers, quantity) if price["tiers_mode"] == "graduated" else _volume(tiers, quantity)
    return _number(price["unit_amount_decimal"]) * quantity


def rounded(amount: Fraction) -> int:
    """Half a minor unit goes away from zero."""
    size = int(abs(amount) + Fraction(1, 2))
    return size if amount >= 0 else -size


def _number(text: str | None) -> Fraction:
    return Fraction(Decimal(text)) if text is not None else Fraction(0)


def _volume(tiers: list[Obj], quantity: int) -> Fraction:
    """All units cost what the tier says that the quantity falls into."""
    tier = next(tier for tier in tiers if tier["up_to"] is None or quantity <= tier["up_to"])
    return _number(tier["unit_amount_decimal"]) * quantity + _number(tier["flat_amount_decimal"])


def _graduated(tiers: list[Obj], quantity: int) -> Fraction:
    """Each unit costs what its own tier says; a flat amount is owed for every tier that is reached."""
    total, below = Fraction(0), 0
    for index, tier in enumerate(tiers):
        top = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        if top > below or index == 0:
            total += _number(tier["unit_amount_decimal"]) * max(top - below, 0) + _number(tier["flat_amount_decimal"])
        below = max(below, top)
    return total
