"""Table `login_attempts`: failures in a row, by doors that name nobody, and how each kind of door slows down."""

from datetime import timedelta

from chassis.backoff import Backoff

TABLE = "login_attempts"

ACCOUNT = Backoff(TABLE, free=5)
"""At one account from one client address; also a signed-in person's own password, and codes."""

ADDRESS = Backoff(TABLE, free=50, longest_wait=timedelta(minutes=1))
"""At all accounts from one client address, which may be a whole office's: only failures count, and a minute is all."""

REGISTRATION = Backoff(TABLE, free=20, longest_wait=timedelta(minutes=15))
"""Refused registrations from one client address."""
