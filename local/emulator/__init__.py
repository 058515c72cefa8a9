"""An emulated AWS on this machine: MiniStack, in an environment of its own."""

from local.emulator.emulator import Emulator

__all__ = ["Emulator"]
