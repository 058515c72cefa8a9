"""How it came to be: ledger entries, the balances of every day, and what they were worth."""
