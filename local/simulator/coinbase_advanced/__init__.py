"""Coinbase Advanced Trade, simulated: CDP keys, tokens, portfolios, pages."""
