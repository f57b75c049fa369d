"""Asks the person at the terminal."""

import sys


def says_yes(question: str) -> bool:
    """Whether they answer yes; the end of the input is a no."""
    print(question, end="", flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是"}
