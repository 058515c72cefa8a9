"""Requests and messages of every shape, made of seeds, at the real handlers over fakes."""
