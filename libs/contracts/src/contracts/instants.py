"""Instants as requests give them."""

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _refuse_other_forms(value: Any) -> Any:
    """Pydantic reads "0.5" as half a second into 1970, and a time without an offset as anybody's."""
    if isinstance(value, str) and not _RFC_3339.fullmatch(value):
        raise PydanticCustomError("instant_invalid", "Give RFC 3339 with an offset, e.g. 2026-11-25T09:00:00Z.")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_refuse_other_forms)]
"""An instant by RFC 3339, with its offset; nothing else that a date and time could be guessed from."""
