"""How fast, against whom: `make bench` measures this app beside its peers, in one run."""
