"""The scheduled work over many connections: what a reading takes, and what a million would cost."""
