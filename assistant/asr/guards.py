"""Tells speech that was recognised from text that Whisper made up. Pure.

Whisper writes sentences for silence, noise and music: on all of UrbanSound8K's clips without a guard
(Silence-Conditional Output Suppression). It learned them from subtitles, so many are always the same.
"""

import re
import zlib

_LOW_PROBABILITY = -1.0  # Whisper's own limit for the average log-probability of a token
_UNLIKELY_SPEECH = 0.6  # Whisper's own limit for the probability of its no-speech token
_UNSURE = -0.6  # no-speech is believed when the words are no better than this
_REPETITIVE = 2.4  # Whisper's own limit for length before and after zlib

_PHANTOMS = re.compile(
    r"""
    ^\W*(
      thanks?(\ you)?(\ (so|very)\ much)?(\ for\ watching.*)?
    | (please\ )?(like\ and\ )?subscribe.*
    | (see|i'll\ see)\ you\ (in\ the\ )?next\ (time|video|one).*
    | subtitles?\ by.* | transcri(bed|ption)\ by.* | .*amara\.org.*
    | you | bye[.\ ]*(bye)? | the\ end | i'm\ sorry | so | uh+ | um+ | h+m+ | ah+ | oh+ | o+h*
    | .*(请不吝|點赞|点赞|订阅|打赏|明镜|点点栏目|字幕(由|志愿|组|提供|製作|制作)|优优独播|中文字幕|YoYo).*
    | (谢谢|感谢)(大家|观看|收看|收听|您的|你的|各位)*(观看|收看|收听)*
    | 以下是普通话的句子 | 下集再见 | 下期再见 | (我们)?下(次|个视频)再见 | 拜拜 | 嗯+ | 啊+ | 哦+ | 呃+
    )\W*$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SOUND_NOTE = re.compile(r"^\W*[\[(（【♪*].*[\])）】♪*]\W*$")  # [Music], (笑声), ♪
_LOOP = re.compile(r"(.{2,}?)\1{3,}|(\b\w+\b)(\W+\2){3,}", re.IGNORECASE)

_SAID_AGAIN = re.compile(r"(?<![a-z0-9])(.{8,}?)(?:(?:\W+|(?<=[\u3400-\u9fff]))\1)+\W*$", re.IGNORECASE)


def once(text: str) -> str:
    """`text` without repetitions of its last sentence: short windows make Whisper write that again."""
    return _SAID_AGAIN.sub(r"\1", text)


def is_phantom(text: str) -> bool:
    """Whether `text` is one of the sentences that Whisper writes when nobody spoke."""
    return not re.search(r"\w", text) or bool(_PHANTOMS.match(text) or _SOUND_NOTE.match(text))


def is_repetitive(text: str) -> bool:
    """Whether `text` turns in a loop, the other thing a lost decoder does."""
    raw = text.encode()
    return bool(_LOOP.search(text)) or len(raw) / len(zlib.compress(raw)) > _REPETITIVE


def is_credible(text: str, log_probability: float, no_speech: float) -> bool:
    """Whether somebody said `text`.

    `log_probability` is the average natural logarithm over the tokens, `no_speech` the probability, 0 to 1,
    of the no-speech token.
    """
    silent = no_speech > _UNLIKELY_SPEECH and log_probability < _UNSURE
    return not (silent or log_probability < _LOW_PROBABILITY or is_phantom(text) or is_repetitive(text))
