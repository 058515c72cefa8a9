"""A package, which the others are not: so its browser closes before the next tests begin."""
