"""Faults on request: the next mails meet them, then delivery is normal again."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["reject_permanent", "reject_temporary", "drop_after_data", "slow"]


class Fault(BaseModel):
    """What happens to the next `count` mails (for the recipient `to`, if given).

    `reject_permanent` answers 550 to RCPT, `reject_temporary` 451; `drop_after_data` keeps the mail and cuts the
    connection before the answer, so that the sender cannot know; `slow` lets the answer to DATA wait for `seconds`.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    count: int = Field(1, ge=1, le=1000)
    to: str | None = None
    seconds: float = Field(5, gt=0, le=120)


@dataclass
class _Armed:
    fault: Fault
    left: int


class Faults:
    """The faults that are still to happen, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def arm(self, fault: Fault) -> None:
        """Let the next mails meet it."""
        self._armed.append(_Armed(fault, fault.count))

    def clear(self) -> None:
        """Back to normal at once."""
        self._armed.clear()

    def pending(self) -> list[Fault]:
        """Each with the count that is left."""
        return [armed.fault.model_copy(update={"count": armed.left}) for armed in self._armed]

    def take(self, kinds: tuple[Kind, ...], to: list[str]) -> Fault | None:
        """Use up one fault of these kinds that applies to one of these recipients."""
        for armed in self._armed:
            if armed.fault.kind in kinds and (armed.fault.to is None or armed.fault.to in to):
                armed.left -= 1
                if armed.left == 0:
                    self._armed.remove(armed)
                return armed.fault
        return None
