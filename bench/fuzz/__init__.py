"""Attacks the control socket, see `python -m bench.fuzz --help`."""
