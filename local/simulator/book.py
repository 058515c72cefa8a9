"""The accounts that the simulated exchanges show: who holds what, in which currencies.

204 accounts with every case that real ones have shown, once: 13 that hold something, one that
holds dust, 190 that hold nothing.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal, localcontext

Row = dict[str, object]

FIAT = {"USD": "United States Dollar", "EUR": "Euro", "GBP": "British Pound"}

HELD: dict[str, tuple[str, str]] = {
    # currency: (available, hold); the account's balance is their sum.
    "BTC": ("1.2", "0.034567890123"),
    "ETH": ("12.5000000000000001", "2.5"),
    "USD": ("10000.5", "250.25"),
    "EUR": ("0.01", "0"),
    "USDC": ("2500", "0.000000000001"),
    "SOL": ("0.999999999999", "0"),
    "DOGE": ("0", "42"),
    "ADA": ("1337.1234567890123456", "0"),
    "LINK": ("0.0000000000019999", "0"),
    "SHIB": ("123456789012345678.1234567890123456", "0"),
    "DOT": ("100", "0"),
    "MATIC": ("5.50", "4.50"),
    "QX7": ("3.14159", "0"),
    # Dust: below anything that twelve decimals can show.
    "XLM": ("0.0000000000000009", "0"),
}

UNKNOWN = ("QX7", "TESTCOIN", "ZZZ-OLD")
"""Codes that GET /currencies does not list, as with coins that were withdrawn from trading."""

KNOWN = tuple(
    """
    USD EUR GBP BTC ETH USDC SOL DOGE ADA LINK SHIB DOT MATIC XLM
    00 1INCH AAVE ABT ACH ACS AERGO AERO AGLD AIOZ AKT ALCX ALEO ALEPH ALGO ALICE AMP ANKR APE API3
    APT ARB ARKM ARPA ASM AST ATH ATOM AUCTION AUDIO AURORA AVAX AVT AXL AXS BADGER BAL BAND BAT BCH
    BICO BIGTIME BIT BLAST BLUR BLZ BNT BOBA BONK BTRST BUSD C98 CBETH CELR CHZ CLV COMP CORECHAIN
    COTI COVAL CRO CRPT CRV CTSI CTX CVC CVX DAI DAR DASH DDX DESO DEXT DIA DIMO DNT DREP DRIFT DYP
    EGLD EIGEN ELA ENJ ENS EOS ERN ETC FARM FET FIDA FIL FIS FLOW FLR FORT FORTH FOX FX G GAL GALA
    GFI GHST GLM GMT GNO GNT GODS GRT GST GTC GUSD GYEN HBAR HFT HIGH HNT HOPR HONEY ICP IDEX ILV
    IMX INDEX INJ INV IO IOTX JASMY JTO JUP KARRAT KAVA KEEP KNC KRL KSM LCX LDO LIT LOKA LOOM LPT
    LQTY LRC LRDS LSETH LTC MAGIC MANA MASK MATH MCO2 MDT MEDIA METIS MINA MIR MKR MLN MNDE MOBILE
    MONA MOODENG MORPHO MPL MSOL MTL MUSE MXC NCT NEAR NEST NKN NMR OCEAN OGN OMG ONDO OP ORCA ORN
    OSMO OXT PAX PENDLE PEPE
    """.split()  # noqa: SIM905 - one code a line would take 200 lines
)

# Those who have less, each with accounts of their own; the first of all is in HELD.
OTHERS: dict[str, dict[str, tuple[str, str]]] = {
    "second": {"BTC": ("0.5", "0"), "ETH": ("3.25", "0.75"), "USD": ("1200", "0")},
    "third": {"SOL": ("40", "2.5"), "EUR": ("310.1", "0"), "QX7": ("1", "0")},
    "home": {
        "BTC": ("0.123456789012", "0.01"),
        "ETH": ("2.0000000000000001", "0"),
        "USD": ("523.17", "20"),
        "USDC": ("100", "0"),
        "DOGE": ("0", "4200"),
        "XLM": ("0.0000000000000009", "0"),
    },
    "savings": {"BTC": ("1.5", "0"), "EUR": ("2000", "0"), "ADA": ("100.5", "0")},
}


def identity(*of: str) -> str:
    """The same UUID for the same words."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("simulator", *of))))


def profile(owner: str) -> str:
    return identity("profile", owner)


PROFILE_ID = profile("default")

_SIXTEEN_DECIMALS = Decimal("1e-16")
_ZEROES = (
    # balance, available, hold
    ("0.0000000000000000", "0", "0.0000000000000000"),
    ("0", "0", "0"),
    ("0.0000000000000000", "0.0000000000000000", "0.0000000000000000"),
    ("0.00", "0", "0.00"),
)


def seeded_accounts(owner: str = "default") -> list[Row]:
    """An owner's same accounts at every call, ordered by id: by nothing that one could lean on.

    In the shape of GET /accounts (docs.cdp.coinbase.com/exchange/reference/
    exchangerestapi_getaccounts). Amounts are strings whose scale differs from field to field,
    "0.0000000000000000" beside "0".
    """
    codes = (*KNOWN, *UNKNOWN)
    accounts = [_account(owner, number, code) for number, code in enumerate(codes)]
    return sorted(accounts, key=lambda account: str(account["id"]))


def _account(owner: str, number: int, currency: str) -> Row:
    balance, available, hold = _amounts(OTHERS.get(owner, HELD), number, currency)
    account: Row = {
        "id": identity("account", *([] if owner == "default" else [owner]), currency),
        "currency": currency,
        "balance": balance,
        "hold": hold,
        "available": available,
        "profile_id": profile(owner),
        "trading_enabled": currency not in UNKNOWN,
    }
    if number % 3 == 0:
        account["pending_deposit"] = "0.0000000000000000"
    if number % 5 == 0:
        account["display_name"] = FIAT.get(currency, currency)
    return account


def _amounts(
    held: Mapping[str, tuple[str, str]], number: int, currency: str
) -> tuple[str, str, str]:
    if currency not in held:
        return _ZEROES[number % len(_ZEROES)]
    available, hold = held[currency]
    with localcontext() as context:
        # The largest holding has more digits than Decimal's usual 28.
        context.prec = 60
        balance = Decimal(available) + Decimal(hold)
        return f"{balance.quantize(_SIXTEEN_DECIMALS):f}", available, hold


def wallets(owner: str) -> list[Row]:
    """An owner's accounts in the shape of GET /api/v3/brokerage/accounts, a vault among them."""
    held, portfolio = OTHERS[owner], profile(owner)
    rows = [
        wallet(code, *held.get(code, _ZEROES[number % len(_ZEROES)][1:]), portfolio)
        for number, code in enumerate(code for code in KNOWN if code in held or code not in FIAT)
    ]
    vault = wallet("BTC", "0.25", "0", portfolio, kind="VAULT")
    return sorted([*rows, vault], key=lambda row: str(row["uuid"]))


def wallet(
    currency: str, available: str, hold: str, portfolio: str, *, kind: str | None = None
) -> Row:
    """In the shape of docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/accounts."""
    kind = kind or ("FIAT" if currency in FIAT else "CRYPTO")
    return {
        "uuid": identity("wallet", portfolio, currency, kind),
        "name": f"{currency} {'Vault' if kind == 'VAULT' else 'Wallet'}",
        "currency": currency,
        "available_balance": {"value": available, "currency": currency},
        "default": kind != "VAULT",
        "active": True,
        "created_at": "2021-05-31T09:59:59Z",
        "updated_at": "2024-01-15T10:30:00Z",
        "deleted_at": None,
        "type": f"ACCOUNT_TYPE_{kind}",
        "ready": True,
        "hold": {"value": hold, "currency": currency},
        "retail_portfolio_id": portfolio,
        "platform": "ACCOUNT_PLATFORM_CONSUMER",
    }
