"""Stripe's test cards and tokens: https://docs.stripe.com/testing. What each of them does when it is used."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Decline:
    """The error of a declined card."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class TestCard:
    """`on_attach` and `on_charge` are the decline it meets then; `authenticate`: when a payment needs 3D Secure."""

    brand: str
    last4: str
    on_attach: Decline | None = None
    on_charge: Decline | None = None
    authenticate: Literal["never", "until_set_up", "always"] = "never"
    funding: str = "credit"
    country: str = "US"

    def needs_authentication(self, *, set_up: bool) -> bool:
        """Whether a payment needs 3D Secure; `set_up` says that the customer has authenticated the card before."""
        return self.authenticate == "always" or (self.authenticate == "until_set_up" and not set_up)


_GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_LOST = Decline("card_declined", "lost_card", "Your card was declined.")
_STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
_EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
_PROCESSING = Decline("processing_error", "processing_error", "An error occurred while processing your card.")


def _declined(last4: str, decline: Decline) -> TestCard:
    return TestCard("visa", last4, on_attach=decline, on_charge=decline)


_BY_NUMBER = {
    "4242424242424242": TestCard("visa", "4242"),
    "4000056655665556": TestCard("visa", "5556", funding="debit"),
    "5555555555554444": TestCard("mastercard", "4444"),
    "378282246310005": TestCard("amex", "0005"),
    "6011111111111117": TestCard("discover", "1117"),
    "4000002760000016": TestCard("visa", "0016", country="DE"),
    "4000000000000341": TestCard("visa", "0341", on_charge=_GENERIC),
    "4000000000000002": _declined("0002", _GENERIC),
    "4000000000009995": _declined("9995", _FUNDS),
    "4000000000009987": _declined("9987", _LOST),
    "4000000000009979": _declined("9979", _STOLEN),
    "4000000000000069": _declined("0069", _EXPIRED),
    "4000000000000127": _declined("0127", _CVC),
    "4000000000000119": _declined("0119", _PROCESSING),
    "4000002760003184": TestCard("visa", "3184", authenticate="always", country="DE"),
    "4000002500003155": TestCard("visa", "3155", authenticate="until_set_up"),
    "4000000000003220": TestCard("visa", "3220", authenticate="always"),
    "4000008260003178": TestCard("visa", "3178", authenticate="always", on_charge=_FUNDS),
}
_NUMBERS = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "de": "4000002760000016",
    "chargeCustomerFail": "4000000000000341",
    "chargeDeclined": "4000000000000002",
    "visa_chargeDeclined": "4000000000000002",
    "chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "chargeDeclinedLostCard": "4000000000009987",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedStolenCard": "4000000000009979",
    "visa_chargeDeclinedStolenCard": "4000000000009979",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "authenticationRequired": "4000002760003184",
    "authenticationRequiredOnSetup": "4000002500003155",
    "threeDSecure2Required": "4000000000003220",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
}


def number_of(token: str) -> str | None:
    """The number behind `pm_card_visa` or `tok_visa`; None for what is no test token."""
    for prefix in ("pm_card_", "tok_"):
        if token.startswith(prefix):
            return _NUMBERS.get(token.removeprefix(prefix))
    return None


def card(number: str) -> TestCard | None:
    """The test card with that number."""
    return _BY_NUMBER.get(number)
