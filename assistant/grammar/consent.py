"""Yes, no, or something else: what is said to a question on which much depends."""

import re

from assistant.grammar.text import plain

# Whole answers only, and none that a recogniser makes of a breath (嗯, 好, "okay", "mm-hm").
_YES = re.compile(
    "(?:yes|do it|go ahead|confirm)(?: (?:yes|please|do it|go ahead|i am sure))*"
    "|(?:是的?|对的?|确[认定])+(?:[吧啊呀])?",
    re.IGNORECASE,
)
_NO = re.compile(
    "(?:no|nope)(?: (?:no|thanks|thank you|do not|don't|never mind))*|(?:do not|don't)(?: do (?:it|that))?"
    "|(?:不|不是|不要|不用|不必|别|算了|不做)(?:了|的|吧)?",
    re.IGNORECASE,
)


def consent(text: str) -> bool | None:
    """Whether the text says yes or no; None when it says neither."""
    said = plain(text)
    if _YES.fullmatch(said):
        return True
    return False if _NO.fullmatch(said) else None
