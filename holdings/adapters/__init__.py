"""The outside: Coinbase Exchange and AWS, each behind what `holdings.core` asks of it."""
