"""Second factors: codes by time (RFC 6238), recovery codes, and seeds at rest under keys that can be rotated."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

import pyotp

from chassis.vault import Vault

CODE_SECONDS = 30
DRIFT = (-1, 0, 1)
"""Steps whose code is taken (RFC 6238, 5.2): a clock may be half a minute off, a person slow."""

RECOVERY_CODES = 10
_RECOVERY_LETTERS = 16
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class SeedVault(Vault):
    """Where seeds are kept: each opens for the person it was sealed for only."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises StartRefused for a key that is none."""
        super().__init__(keys, setting="TOTP_SEED_KEYS")


def new_seed() -> str:
    """160 random bits in base32 (RFC 4226, 4)."""
    return pyotp.random_base32()


def enrolment_uri(seed: str, email: str, issuer: str) -> str:
    """What an authenticator's camera reads; `issuer` is the name it shows."""
    return pyotp.TOTP(seed).provisioning_uri(name=email, issuer_name=issuer)


def code_at(seed: str, step: int) -> str:
    """The six digits of one time step (RFC 6238)."""
    return pyotp.TOTP(seed).generate_otp(step)


def fresh_steps(now: datetime, last_used: int) -> list[int]:
    """The time steps whose codes may still be used: each once, and none before one that was (RFC 6238, 5.2)."""
    current = int(now.timestamp()) // CODE_SECONDS
    return [current + drift for drift in DRIFT if current + drift > last_used]


def step_of(seed: str, code: str, now: datetime, last_used: int) -> int | None:
    """The fresh step whose code this is; None for a wrong or used one. The caller stores it as used, under a lock."""
    fitting = [
        step
        for step in fresh_steps(now, last_used)
        if hmac.compare_digest(code_at(seed, step).encode(), code.encode("utf-8", "surrogatepass"))
    ]
    return fitting[0] if fitting else None


def new_recovery_codes() -> list[str]:
    """Ten codes of 79 random bits, in groups of four; letters that look alike are left out."""
    letters = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    return ["-".join(code[start : start + 4] for start in range(0, _RECOVERY_LETTERS, 4)) for code in letters]


def normal_recovery_code(code: str) -> str | None:
    """A recovery code as it was hashed, however it was typed; None for what is not one."""
    letters = code.replace("-", "").replace(" ", "").lower()
    return letters if len(letters) == _RECOVERY_LETTERS and letters.isalnum() and letters.isascii() else None
