"""The contracts of the FastAPI peer, and who is calling."""

from decimal import Decimal
from typing import Annotated

from fastapi import HTTPException, Request
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


def current_user(request: Request) -> str:
    context = request.scope["aws.event"]["requestContext"]
    try:
        return context["authorizer"]["jwt"]["claims"]["sub"]
    except KeyError:
        raise HTTPException(401, "Not signed in") from None
