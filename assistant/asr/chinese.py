"""Simplified characters, whatever the recogniser wrote. The only module that knows OpenCC."""

import functools

import opencc


@functools.cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """`text` with Traditional Chinese characters made Simplified."""
    return str(_converter().convert(text))
