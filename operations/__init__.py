"""The operator's day, as make targets with STACK=...: `python -m operations --help`."""
