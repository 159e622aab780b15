"""What meets an organization's demand for a second factor: the person's own, or the word of its provider."""

from collections.abc import Collection
from datetime import datetime

POSSESSED_OR_BODILY = frozenset({"hwk", "swk", "otp", "fpt", "face"})
"""Methods of RFC 8176 that are a second factor beside another method."""

CIRCUMSTANCES = frozenset({"geo", "mca", "rba", "user"})
"""Values of RFC 8176 for where, over which channels, or that somebody was there at all: no methods."""


def is_shown(shown: datetime | None, confirmed: datetime | None) -> bool:
    """Whether a sign-in has shown its person's second factor. `confirmed`: since when that is on, None if it is off.

    `shown` is the same of the factor that was shown: one that was turned off since, or another one, is not.
    """
    return confirmed is not None and shown == confirmed


def claims_second_factor(methods: Collection[str]) -> bool:
    """Whether a provider's `amr` says that the person showed two factors there.

    `mfa`, or one of `hwk`, `swk`, `otp`, `fpt`, `face` beside another method.
    """
    proofs = set(methods) - CIRCUMSTANCES
    return "mfa" in proofs or (len(proofs) > 1 and not proofs.isdisjoint(POSSESSED_OR_BODILY))


def is_due(*, demanded: bool, shown: bool, methods: Collection[str] | None, claim_required: bool) -> bool:
    """Whether a sign-in has yet to meet the demand of the organization it is in.

    `methods` is the `amr` of a sign-in by this organization's own provider, None for every other sign-in: another's
    provider says nothing here. `claim_required`: the provider's word counts only where `amr` tells of a second factor.
    """
    if not demanded or shown:
        return False
    if methods is None:
        return True
    return claim_required and not claims_second_factor(methods)
