"""What comes in and goes out, as marshmallow schemas; the OpenAPI document is made of them."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from holdings.api.problem_kinds import KINDS
from holdings.core.connections import STATUSES
from holdings.core.money import DECIMAL_PLACES, format_amount, parse_amount
from holdings.core.snapshot import Notice

AMOUNT_PATTERN = rf"^-?[0-9]+(\.[0-9]{{1,{DECIMAL_PLACES}}})?$"
TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
TIMESTAMP_PATTERN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
STATUSES_OF_PRICES = ("live", "quiet", "stale", "par", "routed", "delisted", "unpriced")
REASONS = ("no_market", "feed_failed", "rate_limited")
_NO_MOMENT = "Not a moment such as 2026-11-21T09:30:00Z."


class Pattern(validate.Regexp):
    """The whole text is so, which the document says as `^...$`: Python's `$` takes a line break."""

    def __call__(self, value: Any) -> Any:
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


CODE_PATTERN = "[A-Za-z0-9][A-Za-z0-9.-]{0,19}"
CURRENCY = Pattern(f"^{CODE_PATTERN}$", error="Not a currency such as EUR.")
CONNECTION_ID = r"^([0-9a-f]{32}|shared)$"


class Amount(fields.Field[Decimal]):
    """A decimal in plain notation, with at most 12 decimals and no trailing zero."""

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else format_amount(value)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or not re.fullmatch(AMOUNT_PATTERN, value):
            raise ValidationError("Not an amount with at most 12 decimals.")
        try:
            return parse_amount(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Timestamp(fields.Field[int]):
    """Epoch seconds inside, ISO 8601 UTC ending in Z outside."""

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return (
            None if value is None else datetime.fromtimestamp(value, UTC).strftime(TIMESTAMP_FORMAT)
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        # Not strptime, whose first call imports and compiles more than the rest of this module.
        if not isinstance(value, str) or not re.fullmatch(TIMESTAMP_PATTERN, value, re.ASCII):
            raise ValidationError(_NO_MOMENT)
        try:
            return int(datetime.fromisoformat(value).timestamp())
        except (ValueError, OverflowError) as error:
            raise ValidationError(_NO_MOMENT) from error


def _text(description: str, example: str) -> fields.String:
    return fields.String(required=True, metadata={"description": description, "example": example})


def _amount(description: str, example: str) -> Amount:
    return Amount(required=True, metadata={"description": description, "example": example})


def _moment(description: str, example: str) -> Timestamp:
    return Timestamp(required=True, metadata={"description": description, "example": example})


def _maybe_amount(description: str, example: str) -> Amount:
    return Amount(
        required=True,
        allow_none=True,
        metadata={"description": description, "example": example},
    )


def _maybe_moment(description: str) -> Timestamp:
    return Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": description, "example": "2026-11-21T09:30:00Z"},
    )


def _count(description: str, example: int) -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=0),
        metadata={"description": description, "example": example},
    )


class HoldingsQuerySchema(Schema):
    refresh = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Read the exchanges now, even if the cached figures are fresh. Honoured "
            "at most once in 10 seconds; in between, the cached figures are the answer."
        },
    )
    currency = fields.String(
        load_default=None,
        validate=CURRENCY,
        metadata={
            "description": "What values are in: a currency that has a price, such as EUR or BTC. "
            "Your profile's if none is asked for."
        },
    )
    connection = fields.String(
        load_default=None,
        validate=Pattern(CONNECTION_ID, error="Not the id of a connection."),
        metadata={"description": "The id of a connection: show this source alone."},
    )


class NoticeSchema(Schema):
    code = _text("A stable name of the fact.", "exchange_unavailable")
    detail = _text("What it means and what to do.", "Coinbase is not available: try again later")


class HiddenSchema(Schema):
    zero = _count("Accounts whose balance is zero or less.", 190)
    dust = _count("Accounts whose balance rounds to zero at 12 decimals.", 1)


class HiddenCurrenciesSchema(Schema):
    """Whose accounts are hidden, sorted; a currency of two accounts stands twice."""

    zero: fields.List[str] = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Of accounts that hold nothing.", "example": ["ADA"]},
    )
    dust: fields.List[str] = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Of accounts that round to nothing.", "example": ["SHIB"]},
    )


class HoldingSchema(Schema):
    connection_id = _text("The connection that holds it.", "shared")
    account_id = _text("The exchange's id of the account.", "71452118-efc7-4cc4-8780-a5e22d4baa53")
    currency = _text("The currency's code, known or not.", "BTC")
    balance = _amount("What the account holds, cut to 12 decimals.", "1.234567890123")
    available = _amount("What can be traded or withdrawn now.", "1.2")
    hold = _amount("What open orders and pending withdrawals hold back.", "0.034567890123")


class PriceSchema(Schema):
    """In the currency that values are in."""

    amount = _maybe_amount("What one unit is worth; null where nobody knows.", "64900.01")
    as_of = _maybe_moment(
        "When it was read or, of a quiet book, last traded; null where that is not known."
    )
    status = fields.String(
        required=True,
        validate=validate.OneOf(STATUSES_OF_PRICES),
        metadata={
            "description": "quiet: not traded for a day; stale: prices cannot be read now, this is "
            "the last one; par: USDC and USD; routed: over two hops; delisted: the last one, which "
            "values nothing; unpriced: see `reason`."
        },
    )
    reason = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(REASONS),
        metadata={"description": "Why there is none."},
    )
    route: fields.List[str] = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(max=2),
        metadata={"description": "Every hop: a book, or a cross of two.", "example": ["BTC-USD"]},
    )


class ChangeSchema(Schema):
    amount = _amount("The difference to 24 hours before.", "-12.3")
    ratio = _maybe_amount("The same by what it was then; null where that was nothing.", "-0.0123")


class TotalChangeSchema(ChangeSchema):
    complete = fields.Boolean(
        required=True,
        metadata={"description": "It covers all of the amount, both now and 24 hours before."},
    )
    covered = _amount("How much of the amount it covers.", "81000")


class ExcludedSchema(Schema):
    currency = _text("What is not in the amount.", "XYZ")
    reason = fields.String(
        required=True,
        validate=validate.OneOf((*REASONS, "delisted")),
        metadata={"description": "Why it is not."},
    )
    amount = _amount("How much of it there is.", "12.5")


class ValueSchema(Schema):
    """The sum of the values of all holdings listed."""

    currency = _text("What values are in: yours, or the one asked for.", "USD")
    amount = _maybe_amount("The sum; null where no holding has a value.", "81234.56")
    complete = fields.Boolean(
        required=True, metadata={"description": "Nothing is left out of the amount."}
    )
    as_of = _maybe_moment("When the prices were read.")
    excluded: fields.List[Any] = fields.List(
        fields.Nested(ExcludedSchema),
        required=True,
        metadata={"description": "What the amount leaves out."},
    )
    change_24h = fields.Nested(
        TotalChangeSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where no holding has a price at both ends."},
    )


class ValuedHoldingSchema(HoldingSchema):
    name = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the currency is called.", "example": "Bitcoin"},
    )
    value = _maybe_amount("Balance x price, cut to 12 decimals.", "80123.45")
    change_24h = fields.Nested(ChangeSchema, required=True, allow_none=True)
    price = fields.Nested(PriceSchema, required=True)


class SourceSchema(Schema):
    """One connection in an answer; without a reading its moments are null."""

    connection_id = _text("The connection's id.", "shared")
    exchange = _text("Where it is.", "coinbase_exchange")
    label = _text("What its owner calls it.", "Main")
    status = fields.String(
        required=True,
        validate=validate.OneOf(STATUSES),
        metadata={"description": "A paused one is neither read nor counted."},
    )
    scope = _text("What its figures cover; empty where there is nothing to say.", "")
    as_of = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "When it was read.", "example": "2026-11-21T09:30:00Z"},
    )
    expires_at = Timestamp(
        required=True,
        allow_none=True,
        metadata={
            "description": "When its figures stop being fresh.",
            "example": "2026-11-21T09:33:00Z",
        },
    )
    stale = fields.Boolean(
        required=True,
        metadata={"description": "It could not be read: these are its last good figures, if any."},
    )
    warning = fields.Nested(
        NoticeSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Why it could not be read."},
    )
    account_count = _count("How many accounts the exchange returned.", 204)
    hidden = fields.Nested(HiddenSchema, required=True)
    hidden_currencies = fields.Nested(HiddenCurrenciesSchema, required=True)


class SnapshotSchema(Schema):
    as_of = _moment("The oldest reading among the sources.", "2026-11-21T09:30:00Z")
    expires_at = _moment("When the first of them stops being fresh.", "2026-11-21T09:33:00Z")
    stale = fields.Boolean(
        required=True,
        metadata={"description": "A source could not be read, and says so in its warning."},
    )
    warnings: fields.List[Notice] = fields.List(
        fields.Nested(NoticeSchema),
        required=True,
        metadata={"description": "What to know before trusting the figures."},
    )
    sources: fields.List[Any] = fields.List(
        fields.Nested(SourceSchema),
        required=True,
        metadata={"description": "The shared connection, if there is one, and your own."},
    )
    account_count = _count("How many accounts the sources have together.", 204)
    hidden = fields.Nested(
        HiddenSchema, required=True, metadata={"description": "Why fewer accounts are listed."}
    )
    value = fields.Nested(ValueSchema, required=True)
    holdings: fields.List[Any] = fields.List(
        fields.Nested(ValuedHoldingSchema),
        required=True,
        metadata={"description": "Sorted by currency, then account."},
    )


class HealthSchema(Schema):
    status = fields.String(required=True, validate=validate.Equal("ok"))
    name = _text("APP_NAME.", "Holdings")
    version = _text("APP_VERSION.", "0.1.0")
    environment = _text("ENVIRONMENT.", "prod")
    time = _moment("Now.", "2026-11-21T09:30:00Z")


class ProblemSchema(Schema):
    """RFC 9457 problem details with a stable `code` and the `request_id` to quote."""

    type = _text("A URN of the kind of problem.", "urn:problem-type:holdings:invalid_request")
    title = _text("The kind of problem in words.", "Invalid request")
    status = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(400, 599),
        metadata={"description": "The HTTP status.", "example": 422},
    )
    detail = _text("What to do about it.", "Correct the query")
    code = fields.String(
        required=True,
        validate=validate.OneOf(tuple(KINDS)),
        metadata={
            "description": "The kind of problem, a stable name to program against.",
            "example": "invalid_request",
        },
    )
    request_id = _text(
        "What to quote when asking for help.", "8c7d1a52-6a2e-4a0e-bc6f-6f9f2a4a0d0b"
    )
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "With invalid_request: what is wrong with each field."},
    )


def to_json(schema: Schema, document: object) -> str:
    """Write `document` as JSON. That the schema would read it back is for the tests to prove."""
    return json.dumps(schema.dump(document), separators=(",", ":"))
