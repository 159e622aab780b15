"""Who runs a command, for what is recorded of it."""

import getpass
import os


def operator_name() -> str:
    """The login's name, or the number of a user without one, as in most containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # Python 3.13 says OSError
        return str(os.getuid())
