"""The contracts of the FastAPI peer."""

from decimal import Decimal
from typing import Annotated

from portfolio import plain
from pydantic import BaseModel, PlainSerializer

Amount = Annotated[Decimal, PlainSerializer(plain, return_type=str)]


class Health(BaseModel):
    status: str
    name: str
    version: str
    time: str


class Notice(BaseModel):
    code: str
    detail: str


class Hidden(BaseModel):
    zero: int
    dust: int


class Holding(BaseModel):
    account_id: str
    currency: str
    balance: Amount
    available: Amount
    hold: Amount


class Holdings(BaseModel):
    as_of: str
    expires_at: str
    stale: bool
    warnings: list[Notice]
    account_count: int
    hidden: Hidden
    holdings: list[Holding]
