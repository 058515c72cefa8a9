"""Prices, as marshmallow schemas."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from holdings.api.schemas import CODE_PATTERN, CURRENCY, NoticeSchema, PriceSchema, Timestamp

MOST_CODES = 100


class Codes(fields.Field[list[str]]):
    """Currencies as a query has them: BTC,ETH."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        codes = list(dict.fromkeys(code.strip() for code in str(value).split(",")))
        if len(codes) > MOST_CODES:
            raise ValidationError(f"At most {MOST_CODES} currencies.")
        for code in codes:
            CURRENCY(code)
        return codes


class PricesQuerySchema(Schema):
    of = Codes(
        load_default=None,
        metadata={
            "description": "Of which currencies, such as BTC,ETH, at most 100. What you hold, if "
            "none is asked for.",
            "pattern": f"^ *{CODE_PATTERN} *(, *{CODE_PATTERN} *){{0,{MOST_CODES - 1}}}$",
        },
    )
    currency = fields.String(
        load_default=None,
        validate=CURRENCY,
        metadata={"description": "What prices are in; your profile's if none is asked for."},
    )


class ListedPriceSchema(PriceSchema):
    currency = fields.String(
        required=True, metadata={"description": "What it is the price of.", "example": "BTC"}
    )
    name = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What that is called.", "example": "Bitcoin"},
    )
    age = fields.Integer(
        required=True,
        allow_none=True,
        strict=True,
        validate=validate.Range(min=0),
        metadata={"description": "Seconds since `as_of`.", "example": 12},
    )


class PriceListSchema(Schema):
    currency = fields.String(
        required=True, metadata={"description": "What the prices are in.", "example": "USD"}
    )
    as_of = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "When they were read; null where they could not be."},
    )
    expires_at = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "When they stop being fresh."},
    )
    stale = fields.Boolean(
        required=True, metadata={"description": "They cannot be read now: see `warnings`."}
    )
    warnings: fields.List[Any] = fields.List(fields.Nested(NoticeSchema), required=True)
    prices: fields.List[Any] = fields.List(
        fields.Nested(ListedPriceSchema),
        required=True,
        metadata={"description": "In the order asked for, else sorted."},
    )
