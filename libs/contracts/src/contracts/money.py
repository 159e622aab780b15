"""Money on the wire: integer minor units and an ISO 4217 currency. No float ever touches it."""

from pydantic import BaseModel, ConfigDict, Field


class Money(BaseModel):
    """An amount in the currency's minor unit (cents for usd, yen for jpy), currency in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: int = Field(description="Minor units; negative for a credit.")
    currency: str = Field(pattern="^[a-z]{3}$", description="ISO 4217, lower case.")
