"""What we ship of others: the bill of it, its licences, and what is known to be wrong with it."""


class SupplyChainError(Exception):
    """One of the commands cannot say what it was asked; the message says what to do."""
