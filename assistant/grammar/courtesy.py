"""The polite words around a request, the same for every skill: "could you please …", 麻烦帮我…一下."""

import re
from collections.abc import Iterator

from assistant.grammar.text import CJK

_ENGLISH_OPENINGS = """
    please|can you|could you|would you|will you|i (?:want|need|would like) you to
    |i (?:want|would like) to know|tell me|let me know|do you know|just|now|then|so|well|um+|uh+
    |okay|ok|hey|hi|hello|(?:hey )?computer|xiaoben
"""
_CHINESE_OPENINGS = """
    请问|请|麻烦|劳驾|拜托|帮忙|[帮给替为]我|[跟和]我说|告诉我|说一下|说说|[看查问]一?下|看看|查查
    |我想知道|我想问一?下?|我想要?|我要|我需要|那么?|嗯+|呃+|额|啊|哎|唉|诶|哦|喂|你好|好的?|你|再?来|快|现在
    |小本(?:同学)?|能不能|能否|可不可以|可以|能|会不会|知道|知不知道
"""
_ENGLISH_CLOSINGS = """
    please|thanks|thank you(?: very much)?|for me|right now|now|then|okay|ok|will you|would you|could you
    |computer|xiaoben
"""
_CHINESE_CLOSINGS = """
    一下子?|吧|了|呢|啊|呀|嘛|么|哦|噢|喔|啦|喽|咯|哈|好吗|好吧|好不好|行吗|行不行|可以吗|可不可以
    |谢谢你?|谢了|多谢|谢啦|拜托了?|麻烦你?了?|小本(?:同学)?
"""


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(line.strip() for line in text.splitlines()), re.IGNORECASE)


_OPENING = _pattern(rf"^(?:(?:{_ENGLISH_OPENINGS})(?: |(?=[{CJK}]))|{_CHINESE_OPENINGS})(?=.)")
_CLOSING = _pattern(rf"(?:(?: |(?<=[{CJK}]))(?:{_ENGLISH_CLOSINGS})|{_CHINESE_CLOSINGS})$")
_MOST_LAYERS = 8  # 你好 请 你 能不能 帮我 看一下 …; a longer chain is no speech
_ASKING = re.compile("能|可以|会不会|知道")


def cores(text: str) -> Iterator[str]:
    """The plain text, then what is left of it without one, two … courtesies before and behind."""
    for opened in _peeled(text, _OPENING):
        yield from _peeled(opened, _CLOSING)
        # 能取消计时器吗 is a polite request, 取消计时器了吗 asks whether it was done.
        if opened.endswith("吗") and _ASKING.search(text.removesuffix(opened)):
            yield from _peeled(opened.removesuffix("吗"), _CLOSING)


def _peeled(text: str, layer: re.Pattern[str]) -> Iterator[str]:
    for _ in range(_MOST_LAYERS):
        if text:
            yield text
        peeled = layer.sub("", text, count=1)
        if peeled == text:
            return
        text = peeled
