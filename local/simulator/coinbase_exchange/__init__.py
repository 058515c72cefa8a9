"""Coinbase Exchange as its clients know it. Another exchange is another folder beside this one."""
