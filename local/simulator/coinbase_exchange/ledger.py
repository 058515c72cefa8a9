"""What Coinbase Exchange shows of an account's past: its ledger, fills and transfers.

Sources, under docs.cdp.coinbase.com/exchange/reference: exchangerestapi_getaccountledger,
exchangerestapi_getfills and exchangerestapi_gettransfers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, DecimalException, localcontext
from typing import Any, cast

from flask import g, request
from werkzeug import Response

from local.simulator.book import Row, identity
from local.simulator.coinbase_exchange.answers import page
from local.simulator.coinbase_exchange.market_data import moment
from local.simulator.coinbase_exchange.signing import Credentials
from local.simulator.exchange import Exchange, Extra, Holder
from local.simulator.ledger import EXACT, SECOND, Entry, Fill, past
from local.simulator.server import Refused, json_response

DAY_SECONDS = 86_400


def ledger_routes(exchange: Exchange[Credentials]) -> dict[str, Callable[..., Response]]:
    def ledger(wanted: str) -> Response:
        holder: Holder[Credentials] = g.holder
        currency = _currency(holder, wanted)
        first, last = _between(request.args, exchange.time())
        rows = [
            _ledger_row(entry)
            for entry in _shown(holder, currency, exchange.time())
            if first * SECOND <= entry.at <= last * SECOND
        ]
        twist = holder.twist.of(currency)
        rows.reverse()
        if twist.break_off_after is not None:
            rows = rows[: twist.break_off_after]
        rows = [row for row in rows if row["id"] not in twist.withhold]
        response = page(rows, _query(), exchange.page_size)
        return _twisted(response, double=twist.double, reverse=twist.reverse_pages)

    def fills() -> Response:
        wanted = request.args
        rows = [
            _fill_row(fill, g.holder)
            for fill in reversed(past(g.holder.owner).fills if g.holder.owner else [])
            if fill.at <= exchange.time() * SECOND
            and wanted.get("product_id", fill.book) == fill.book
            and wanted.get("order_id", fill.order_id) == fill.order_id
        ]
        return page(rows, _query(), exchange.page_size)

    def transfers(wanted: str | None = None) -> Response:
        holder: Holder[Credentials] = g.holder
        chosen = None if wanted is None else _currency(holder, wanted)
        rows = [
            _transfer_row(entry, account, holder)
            for account, currency in _accounts(holder)
            if chosen in (None, currency)
            for entry in _shown(holder, currency, exchange.time())
            if entry.type == "transfer"
        ]
        rows.sort(key=lambda row: str(row["created_at"]), reverse=True)
        return page(rows, _query(), exchange.page_size)

    return {
        "/accounts/<wanted>/ledger": ledger,
        "/accounts/<wanted>/transfers": transfers,
        "/transfers": transfers,
        "/fills": fills,
    }


def _query() -> dict[str, str]:
    return dict(request.args.items(multi=True))  # of a repeated field, the last


def _shown(holder: Holder[Any], currency: str, now: float) -> Iterator[Entry]:
    """Yield what has happened until now, oldest first, what a test has added behind it."""
    entries = past(holder.owner).entries.get(currency, []) if holder.owner else []
    balance = Decimal()
    for entry in entries:
        if entry.at <= now * SECOND:
            balance = entry.balance
            yield entry
    for number, extra in enumerate(holder.twist.extra):
        if extra.currency == currency and extra.at <= now * SECOND:
            balance = EXACT.add(balance, extra.amount)
            yield Entry(
                2_000_000 + number,
                extra.at,
                currency,
                extra.type,
                extra.amount,
                balance,
                extra.details,
            )


def _accounts(holder: Holder[Any]) -> Iterator[tuple[str, str]]:
    for row in holder.rows():
        if isinstance(row, dict):
            account = cast("dict[str, object]", row)
            yield str(account.get("id")), str(account.get("currency"))


def _currency(holder: Holder[Any], wanted: str) -> str:
    for account, currency in _accounts(holder):
        if account == wanted:
            return currency
    raise Refused(404, "NotFound")


def _between(asked: Mapping[str, str], now: float) -> tuple[float, float]:
    """Read start_date and end_date, which count only together: else it is the last day."""
    given = [asked.get(name) for name in ("start_date", "end_date")]
    try:
        start, end = (moment(text) if text else None for text in given)
    except (ValueError, OverflowError):
        raise Refused(400, "Invalid start_date or end_date") from None
    if start is None or end is None:
        return now - DAY_SECONDS, now
    if start > end:
        raise Refused(400, "start_date must be before end_date")
    return start, end


def _twisted(response: Response, *, double: bool, reverse: bool) -> Response:
    if not (double or reverse):
        return response
    rows = cast("list[object]", response.json)
    rows = [*reversed(rows)] if reverse else rows
    twisted = json_response(rows * 2 if double else rows)
    for name in ("CB-AFTER", "CB-BEFORE"):
        if name in response.headers:
            twisted.headers[name] = response.headers[name]
    return twisted


def _ledger_row(entry: Entry) -> Row:
    return {
        "id": str(entry.id),
        "amount": f"{entry.amount:f}",
        "balance": f"{entry.balance:f}",
        "created_at": _iso(entry.at),
        "type": entry.type,
        "details": dict(entry.details),
    }


def _fill_row(fill: Fill, holder: Holder[Any]) -> Row:
    return {
        "trade_id": fill.trade_id,
        "product_id": fill.book,
        "order_id": fill.order_id,
        "user_id": "simulated",
        "profile_id": holder.profile_id,
        "liquidity": "T",
        "price": f"{fill.price:f}",
        "size": f"{fill.size:f}",
        "fee": f"{fill.fee:f}",
        "created_at": _iso(fill.at),
        "side": fill.side,
        "settled": True,
        "usd_volume": f"{fill.price * fill.size:f}",
    }


def _transfer_row(entry: Entry, account: str, holder: Holder[Any]) -> Row:
    when = datetime.fromtimestamp(entry.at // SECOND, UTC).replace(microsecond=entry.at % SECOND)
    kind = "withdraw" if entry.amount < 0 else "deposit"
    written = f"{when:%Y-%m-%d %H:%M:%S.%f}+00"
    return {
        "id": entry.details.get("transfer_id", identity("transfer", str(entry.id))),
        "type": entry.details.get("transfer_type", kind),
        "created_at": written,
        "completed_at": written,
        "canceled_at": None,
        "processed_at": written,
        "account_id": account,
        "user_id": "simulated",
        "user_nonce": None,
        "amount": f"{abs(entry.amount):f}",
        "currency": entry.currency,
        "details": {"profile_id": holder.profile_id},
    }


def _iso(at: int) -> str:
    seconds, rest = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def balances_with(extra: Sequence[Extra], rows: list[object], now: float) -> list[object]:
    """Return account rows with what has been added to their ledgers until `now`."""
    happened = [one for one in extra if one.at <= now * SECOND]
    return [_moved(row, happened) for row in rows] if happened else rows


def _moved(row: object, extra: Sequence[Extra]) -> object:
    """Return the row as it is if a test has put something there that has no amounts."""
    if not isinstance(row, dict):
        return row
    account = cast("dict[str, Any]", row)
    moved = [one.amount for one in extra if one.currency == account.get("currency")]
    try:
        with localcontext(EXACT):
            amounts = {
                name: f"{sum(moved, Decimal(account[name])):f}" for name in ("balance", "available")
            }
    except (KeyError, TypeError, ValueError, DecimalException):
        return account
    return account | amounts if moved else account
