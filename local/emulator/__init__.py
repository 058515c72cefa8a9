"""An emulated AWS on this machine: MiniStack, in an environment of its own."""

from local.emulator.emulator import Emulator
from local.emulator.errors import EmulatorError

__all__ = ["Emulator", "EmulatorError"]
