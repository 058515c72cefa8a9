from __future__ import annotations


class EmulatorError(Exception):
    """The emulated AWS cannot run. Says why and what to do."""
