"""A Coinbase Exchange for a laptop: `python -m local.simulator`, or `Simulator()` in tests."""

from local.simulator.credentials import Credentials
from local.simulator.faults import Fault, Injection
from local.simulator.simulator import Simulator

__all__ = ["Credentials", "Fault", "Injection", "Simulator"]
