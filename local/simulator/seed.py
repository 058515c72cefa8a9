"""What the seeded profile holds: every case that real accounts have shown, once.

204 accounts: 13 that hold something, one that holds dust, 190 that hold nothing.
"""

from __future__ import annotations

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
