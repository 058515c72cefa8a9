"""The public side: which currencies and products there are, as far as clients read them.

Sources: docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getcurrencies and
.../exchangerestapi_getproducts.
"""

from __future__ import annotations

from local.simulator.seed import FIAT, KNOWN


def currencies() -> list[dict[str, object]]:
    return [_currency(code, order) for order, code in enumerate(KNOWN)]


def products() -> list[dict[str, object]]:
    """Every coin against the dollar, and the two large ones against the euro."""
    coins = [code for code in KNOWN if code not in FIAT]
    pairs = [(coin, "USD") for coin in coins] + [("BTC", "EUR"), ("ETH", "EUR")]
    return [_product(base, quote) for base, quote in pairs]


def _currency(code: str, order: int) -> dict[str, object]:
    fiat = code in FIAT
    smallest = "0.01" if fiat else "0.00000001"
    return {
        "id": code,
        "name": FIAT.get(code, code),
        "min_size": smallest,
        "status": "online",
        "message": "",
        "max_precision": smallest,
        "convertible_to": ["USD"] if code == "USDC" else [],
        "details": {
            "type": "fiat" if fiat else "crypto",
            "symbol": None,
            "network_confirmations": 0 if fiat else 14,
            "sort_order": order,
            "crypto_address_link": "",
            "crypto_transaction_link": "",
            "push_payment_methods": ["bank_wire"] if fiat else ["crypto"],
            "group_types": ["fiat"] if fiat else [],
            "display_name": None,
            "processing_time_seconds": None,
            "min_withdrawal_amount": None if fiat else 0.00000001,
            "max_withdrawal_amount": None if fiat else 1000000,
        },
        "default_network": "" if fiat else code.lower(),
        "supported_networks": [] if fiat else [_network(code)],
        "display_name": code,
    }


def _network(code: str) -> dict[str, object]:
    return {
        "id": code.lower(),
        "name": code,
        "status": "online",
        "contract_address": "",
        "crypto_address_link": "",
        "crypto_transaction_link": "",
        "min_withdrawal_amount": 0.00000001,
        "max_withdrawal_amount": 1000000,
        "network_confirmations": 14,
        "processing_time_seconds": None,
    }


def _product(base: str, quote: str) -> dict[str, object]:
    return {
        "id": f"{base}-{quote}",
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": "0.01",
        "base_increment": "0.00000001",
        "display_name": f"{base}-{quote}",
        "min_market_funds": "1",
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "status": "online",
        "status_message": "",
        "trading_disabled": False,
        "fx_stablecoin": False,
        "max_slippage_percentage": "0.02000000",
        "auction_mode": False,
        "high_bid_limit_percentage": "",
    }
