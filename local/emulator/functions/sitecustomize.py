"""Python imports it at the start of every function that the emulator runs.

The archive that they run is the one that ships, for arm64. All of its compiled parts have
pure-Python twins but `cryptography`: that one comes from the emulator's own environment, on which
processor it may run. This loads next to nothing of it, and settles where the rest comes from.
"""

import cryptography  # noqa: F401 # pyright: ignore[reportUnusedImport] - only where it is
