"""What the simulated exchanges list: currencies and products, each in an exchange's own shape."""

from local.simulator.book import FIAT, KNOWN, Row
from local.simulator.market import NAMES, STATES_AT_FIRST, Market, State, increment


def spot_products() -> list[Row]:
    """Every product in the shape of GET /market/products, the dollar's twice: as USDC's too."""
    rows = [_spot(*book.split("-")) for book in STATES_AT_FIRST]
    aliases = [
        {**row, "product_id": f"{base}-USDC", "alias": f"{base}-USD", "quote_currency_id": "USDC"}
        for row in rows
        if row["quote_currency_id"] == "USD" and (base := row["base_currency_id"]) != "USDC"
    ]
    return rows + aliases


def _spot(base: str, quote: str) -> Row:
    return {
        "product_id": f"{base}-{quote}",
        "price": "",
        "price_percentage_change_24h": "",
        "volume_24h": "",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "price_increment": "0.01",
        "quote_min_size": "1",
        "quote_max_size": "10000000",
        "base_min_size": "0.00000001",
        "base_max_size": "100000000",
        "base_name": base,
        "quote_name": FIAT.get(quote, quote),
        **dict.fromkeys((*_SPOT_FLAGS, "view_only"), False),
        "status": "online",
        "product_type": "SPOT",
        "base_currency_id": base,
        "quote_currency_id": quote,
        "alias": "",
        "alias_to": [f"{base}-USDC"] if quote == "USD" and base != "USDC" else [],
        "base_display_symbol": base,
        "quote_display_symbol": quote,
        "display_name": f"{base}-{quote}",
        "product_venue": "CBE",
    }


_SPOT_FLAGS = (
    *("watched", "is_disabled", "new", "cancel_only", "limit_only", "post_only"),
    *("trading_disabled", "auction_mode"),
)


def currencies() -> list[Row]:
    """In the shape of GET /currencies (exchangerestapi_getcurrencies), as far as clients read."""
    return [_currency(code, order) for order, code in enumerate((*KNOWN, "USDT"))]


def products(market: Market) -> list[Row]:
    """In the shape of GET /products (exchangerestapi_getproducts), as far as clients read."""
    rows = [_product(book, market.state(book)) for book in STATES_AT_FIRST]
    auction = _product("BTC-USD", "auction") | dict.fromkeys(
        ("id", "display_name"), "BTCAUCTION-USD"
    )
    return [*rows, auction]


_CONVERTIBLE = {"USD": ["USDC"], "USDC": ["USD"]}


def _currency(code: str, order: int) -> Row:
    fiat = code in FIAT
    smallest = "0.01" if fiat else "0.00000001"
    withdrawal: Row = {
        "network_confirmations": 0 if fiat else 14,
        "crypto_address_link": "",
        "crypto_transaction_link": "",
        "processing_time_seconds": None,
        "min_withdrawal_amount": None if fiat else 0.00000001,
        "max_withdrawal_amount": None if fiat else 1000000,
    }
    network = {"id": code.lower(), "name": code, "status": "online", "contract_address": ""}
    details = {
        "type": "fiat" if fiat else "crypto",
        "symbol": None,
        "sort_order": order,
        "push_payment_methods": ["bank_wire"] if fiat else ["crypto"],
        "group_types": ["fiat"] if fiat else [],
        "display_name": None,
    }
    return {
        "id": code,
        "name": NAMES.get(code, code),
        "min_size": smallest,
        "status": "online",
        "message": "",
        "max_precision": smallest,
        "convertible_to": _CONVERTIBLE.get(code, []),
        "details": details | withdrawal,
        "default_network": "" if fiat else code.lower(),
        "supported_networks": [] if fiat else [network | withdrawal],
        "display_name": code,
    }


_FLAGS = ("margin_enabled", "post_only", "limit_only", "cancel_only")
_STATUS: dict[State, str] = {"offline": "offline", "delisted": "delisted"}


def _product(book: str, state: State) -> Row:
    base, quote = book.split("-")
    status = _STATUS.get(state, "online")
    return {
        "id": book,
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": f"{increment(book):f}",
        "base_increment": "0.00000001",
        "display_name": book,
        "min_market_funds": "1",
        "status": status,
        "status_message": "",
        "max_slippage_percentage": "0.02000000",
        "high_bid_limit_percentage": "",
        **dict.fromkeys(_FLAGS, False),
        "auction_mode": state == "auction",
        "trading_disabled": status != "online",
        "fx_stablecoin": False,
    }
