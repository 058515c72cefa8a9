"""The past, as marshmallow schemas: what may be asked of it, and what is answered."""

import re
from datetime import date, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from holdings.api.schemas import CONNECTION_ID, CURRENCY, Amount, NoticeSchema, Pattern, Timestamp
from holdings.core.history.days import KNOWN, REASONS
from holdings.core.history.progress import STATES
from holdings.core.history.worth import UNPRICED

INTERVALS = ("day", "week", "month")
CLOSES = ("close", "carried", "par", "unpriced")
MOST_ENTRIES = 200
_LONGEST_TEXT = 100
_EPOCH = date(1970, 1, 1)
_PATTERN = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NO_DAY = "Not a day such as 2026-11-21."


class Day(fields.Field[int]):
    """Days since the epoch inside, ISO 8601 outside; days are UTC's."""

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else (_EPOCH + timedelta(value)).isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            return parse_day(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


def parse_day(value: object) -> int:
    """Return the days since the epoch of "2026-11-21". ValueError says what it is instead."""
    try:
        if isinstance(value, str) and _PATTERN.fullmatch(value):
            return (date.fromisoformat(value) - _EPOCH).days
    except ValueError:
        pass  # a 30th of February
    raise ValueError(_NO_DAY)


def _day(description: str, *, maybe: bool = False) -> Day:
    about = {"description": description, "example": "2026-11-21"}
    return Day(required=True, allow_none=maybe, metadata=about)


def _asked_day(description: str) -> Day:
    return Day(load_default=None, metadata={"description": description, "example": "2026-11-21"})


def _amount(description: str, *, maybe: bool = True) -> Amount:
    return Amount(required=True, allow_none=maybe, metadata={"description": description})


def _text(description: str, example: str) -> fields.String:
    return fields.String(required=True, metadata={"description": description, "example": example})


def _one_of(choices: tuple[str, ...], description: str, *, maybe: bool = False) -> fields.String:
    about = {"description": description}
    return fields.String(
        required=True, allow_none=maybe, validate=validate.OneOf(choices), metadata=about
    )


def _flag(description: str, *, maybe: bool = False) -> fields.Boolean:
    return fields.Boolean(required=True, allow_none=maybe, metadata={"description": description})


def _count(description: str) -> fields.Integer:
    return fields.Integer(
        required=True, validate=validate.Range(min=0), metadata={"description": description}
    )


def _currency() -> fields.String:
    return fields.String(
        load_default=None,
        validate=CURRENCY,
        metadata={"description": "What values are in; your profile's if none is asked for."},
    )


def _connection() -> fields.String:
    return fields.String(
        load_default=None,
        validate=Pattern(CONNECTION_ID, error="Not the id of a connection."),
        metadata={"description": "The id of a connection: show this one alone."},
    )


class HistoryQuerySchema(Schema):
    from_ = Day(
        data_key="from",
        load_default=None,
        metadata={"description": "The first day; the first that is known if none is asked for."},
    )
    to = _asked_day("The last day; yesterday if none is asked for, as days have to be over.")
    interval = fields.String(
        load_default="day",
        validate=validate.OneOf(INTERVALS),
        metadata={"description": "One point a day, or for the last day of each week or month."},
    )
    currency = _currency()
    connection = _connection()
    by = fields.String(
        load_default=None,
        validate=validate.Equal("asset", error="Only asset."),
        metadata={"description": "asset: each point lists what is held."},
    )


class StatementQuerySchema(Schema):
    currency = _currency()
    connection = _connection()


class ActivityQuerySchema(Schema):
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, MOST_ENTRIES),
        metadata={"description": "How many at most."},
    )
    cursor = fields.String(
        load_default=None, metadata={"description": "`next` of the page before."}
    )
    currency = fields.String(
        load_default=None, validate=CURRENCY, metadata={"description": "Of this currency alone."}
    )
    kind = fields.String(
        load_default=None,
        validate=validate.Length(1, _LONGEST_TEXT),
        metadata={"description": "Of this kind alone.", "example": "deposit"},
    )
    from_ = Day(
        data_key="from", load_default=None, metadata={"description": "Of this day or later."}
    )
    to = _asked_day("Of this day or earlier.")
    search = fields.String(
        load_default=None,
        validate=validate.Length(1, _LONGEST_TEXT),
        metadata={"description": "Found in the kind, the currency, the product or one of the ids."},
    )
    connection = _connection()


class DifferenceSchema(Schema):
    """Where a ledger does not add up."""

    currency = _text("Of which account.", "BTC")
    reason = _one_of(
        REASONS,
        "balance: the ledger ends at `ledger`, the exchange says `reading`; gap: entries are "
        "missing between these two balances; beginning: the ledger does not begin at nothing.",
    )
    ledger = _amount("What the ledger comes to.", maybe=False)
    reading = _amount("What it should come to.", maybe=False)
    difference = _amount("The second less the first.", maybe=False)
    since = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "Since when days are not known; null where that is not known."},
    )


class ConnectionHistorySchema(Schema):
    """How far a connection's history has been read, and whether it adds up."""

    connection_id = _text("The connection.", "0198c0ffee0198c0ffee0198c0ffee01")
    label = _text("What its owner calls it.", "Main")
    exchange = _text("Where it is.", "coinbase_exchange")
    ledger = _flag("Whether the exchange has a ledger; else days are known by readings alone.")
    state = _one_of(
        ("none", *STATES),
        "none: nobody has begun to read it; queued and running: it is being read back.",
    )
    since = _day("The first day of which anything is known.", maybe=True)
    reached_back_to = _day("Everything since then is known.", maybe=True)
    entries = _count("How many entries of its ledger are kept.")
    accounts = _count("How many accounts there are to read, while it is read.")
    accounts_done = _count("How many of them have been read to their first day.")
    read_at = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "Until when everything is known."},
    )
    last_error = fields.Nested(NoticeSchema, required=True, allow_none=True)
    reconciled = _flag(
        "Whether the ledger comes to what the exchange says there is, in every account; null "
        "where there is nothing to compare.",
        maybe=True,
    )
    reconciled_at = Timestamp(
        required=True, allow_none=True, metadata={"description": "When that was compared."}
    )
    differences: fields.List[Any] = fields.List(fields.Nested(DifferenceSchema), required=True)


class HistoryAssetSchema(Schema):
    currency = _text("What is held.", "BTC")
    balance = _amount("How much, cut to 12 decimals; null where nobody knows.")
    value = _amount("What that was worth; null where nobody knows.")
    known = _one_of(
        KNOWN,
        "ledger: exact; reading: as the exchange said that day; carried: the last one before.",
    )
    close = _amount("What one unit cost at the end of the day.")
    close_date = _day("Of which day that is: an earlier one where it was not traded.", maybe=True)
    reason = _one_of(UNPRICED, "Why there is no value.", maybe=True)


class PointSchema(Schema):
    """Everything at the end of a day, and what moved in the period that it ends."""

    date = _day("The day, in UTC.")
    value = _amount("What everything was worth; null where nothing is known.")
    complete = _flag("Nothing that was held is left out of the value.")
    carried = _flag("A balance or a price in it is of an earlier day.")
    deposits = _amount("What came in; null where some of it has no price.")
    withdrawals = _amount("What went out; null where some of it has no price.")
    assets: fields.List[Any] = fields.List(
        fields.Nested(HistoryAssetSchema), metadata={"description": "With ?by=asset."}
    )


class HistorySchema(Schema):
    currency = _text("What values are in.", "USD")
    interval = _one_of(INTERVALS, "What a point stands for.")
    from_ = Day(data_key="from", required=True, allow_none=True)
    to = _day("The last day.")
    warnings: fields.List[Any] = fields.List(fields.Nested(NoticeSchema), required=True)
    points: fields.List[Any] = fields.List(fields.Nested(PointSchema), required=True)
    connections: fields.List[Any] = fields.List(
        fields.Nested(ConnectionHistorySchema), required=True
    )


class EntrySchema(Schema):
    """One line of an exchange's ledger."""

    id = _text("The exchange's id of it.", "100024")
    connection_id = _text("The connection.", "0198c0ffee0198c0ffee0198c0ffee01")
    at = fields.String(
        required=True,
        metadata={"description": "When, to the microsecond.", "format": "date-time"},
    )
    currency = _text("Of which account.", "BTC")
    kind = _text(
        "trade, deposit, withdrawal, fee, rebate or conversion, or what the exchange calls it.",
        "trade",
    )
    amount = _amount("What it changed the balance by.", maybe=False)
    balance = _amount("The balance after it.", maybe=False)
    details = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "What else the exchange says: ids, the product."},
    )


class ActivitySchema(Schema):
    entries: fields.List[Any] = fields.List(fields.Nested(EntrySchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The cursor of the next page, null on the last one. A page may be "
            "short, or empty, and still have one: a search goes on with it."
        },
    )


class CloseSchema(Schema):
    """What one unit cost at the end of the day."""

    amount = _amount("In the currency that values are in; null where there is none.")
    date = _day("Of which day it is.", maybe=True)
    status = _one_of(CLOSES, "carried: of an earlier day; par: USDC and USD.")
    route: fields.List[str] = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The books that it is made of.", "example": ["BTC-USD"]},
    )
    reason = _one_of(UNPRICED, "Why there is none.", maybe=True)


class StatementHoldingSchema(Schema):
    connection_id = _text("The connection that held it.", "0198c0ffee0198c0ffee0198c0ffee01")
    currency = _text("What was held.", "BTC")
    balance = _amount("How much; null where nobody knows.")
    known = _one_of(KNOWN, "How it is known.")
    value = _amount("What it was worth.")
    close = fields.Nested(CloseSchema, required=True)


class LeftOutSchema(Schema):
    currency = _text("What is not in the value.", "XYZ")
    reason = _one_of(UNPRICED, "Why.")
    amount = _amount("How much of it; null where nobody knows.")


class StatementSchema(Schema):
    date = _day("The day at whose end, in UTC, all of this stood.")
    currency = _text("What values are in.", "USD")
    value = _amount("What everything was worth; null where nothing is known.")
    complete = _flag("Nothing that was held is left out of the value.")
    excluded: fields.List[Any] = fields.List(fields.Nested(LeftOutSchema), required=True)
    warnings: fields.List[Any] = fields.List(fields.Nested(NoticeSchema), required=True)
    holdings: fields.List[Any] = fields.List(fields.Nested(StatementHoldingSchema), required=True)
    connections: fields.List[Any] = fields.List(
        fields.Nested(ConnectionHistorySchema), required=True
    )
