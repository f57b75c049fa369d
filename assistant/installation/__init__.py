"""Xiaoben as a service: the units' files, and the facts of the machine that they leave open."""
