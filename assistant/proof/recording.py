"""A recording for the proof: phrases that nobody says, after a wake word, in the user's own voices."""

import json
import os
import secrets
import subprocess
import sys
import uuid
import wave
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelError
from assistant.events import RATE_HZ, SAMPLE_BYTES, Language

# Drawn anew for each proof, so that no file has held the phrase before: what is found of it is what was said.
_WORDS: dict[Language, Sequence[Sequence[str]]] = {
    "en": (
        ("purple", "golden", "silent", "giant", "wooden", "yellow"),
        ("elephants", "penguins", "tigers", "dolphins", "monkeys", "rabbits"),
        ("love", "carry", "paint", "collect", "borrow", "build"),
        ("frozen", "broken", "invisible", "square", "plastic", "ancient"),
        ("bicycles", "pianos", "umbrellas", "mountains", "windows", "telephones"),
    ),
    "zh": (
        ("紫色", "金色", "沉默", "巨大", "木头", "黄色"),
        ("大象", "企鹅", "老虎", "海豚", "猴子", "兔子"),
        ("喜欢", "收集", "修理", "购买", "制造", "借走"),
        ("冰冻", "破旧", "透明", "方形", "塑料", "古老"),
        ("自行车", "钢琴", "雨伞", "山峰", "窗户", "电话"),
    ),
}
_SPACES: dict[Language, str] = {"en": " ", "zh": ""}
_COMMAS: dict[Language, str] = {"en": ", ", "zh": "，"}
_PAUSE_SECONDS = 0.5
_REPLY_SECONDS = 12.0  # after a request, in which it is answered
_FORGETTING_SECONDS = 150.0  # after the last, in which what was said must be gone


@dataclass(frozen=True, slots=True)
class Canary:
    """A request to be looked for."""

    lang: Language
    samples: bytes
    """Wake word and phrase, 16 kHz signed 16-bit mono."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What the daemon will hear."""

    canaries: Sequence[Canary]
    bell: bytes
    """A bare wake word, after a long silence: its event tells that the silence is over."""

    @property
    def samples(self) -> bytes:
        """All of it."""
        requests = (canary.samples + silence(_REPLY_SECONDS) for canary in self.canaries)
        return b"".join(requests) + silence(_FORGETTING_SECONDS) + self.bell


class Speaker:
    """The voices of the configuration, through the command `say`."""

    def __init__(self, config: Path, folder: Path) -> None:
        """`folder`: for the sounds."""
        self._config = config
        self._folder = folder

    def record(self) -> Recording:
        """A request in every language that has a wake word; raises ModelError."""
        words = self._wake_words()
        requests = [f"{word}{_COMMAS[lang]}{phrase(lang)}" for lang, word in words.items()]
        with ThreadPoolExecutor(os.cpu_count()) as voices:
            *spoken, bell = voices.map(self._say, [*requests, next(iter(words.values()))])
        return Recording(list(map(Canary, words, spoken)), bell)

    def _wake_words(self) -> dict[Language, str]:
        """One that is listened for in each language, as a person says it."""
        heads = map(json.loads, self._xiaoben("wake", "list", "--json").splitlines())
        return {head["lang"]: head["display"] for head in heads if head["on"]}

    def _say(self, text: str) -> bytes:
        """`text` at 16 kHz, with a pause around it."""
        out = self._folder / f"{uuid.uuid4().hex}.wav"
        self._xiaoben("say", text, "--out", str(out))
        with wave.open(str(out), "rb") as sound:
            samples, rate_hz = array("h", sound.readframes(sound.getnframes())), sound.getframerate()
        return silence(_PAUSE_SECONDS) + at_our_rate(samples, rate_hz).tobytes() + silence(_PAUSE_SECONDS)

    def _xiaoben(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "assistant", *arguments, "--config", str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = done.stderr.strip().removeprefix("xiaoben: ")
            raise ModelError(
                en=f"The request for the proof cannot be spoken: {reason}",
                zh=f"无法合成证明所用的语音请求：{reason}",
            )
        return done.stdout


def phrase(lang: Language) -> str:
    """Words that recognition knows, in an order that nobody would think of."""
    return _SPACES[lang].join(secrets.choice(words) for words in _WORDS[lang])


def silence(seconds: float) -> bytes:
    """Nothing, at 16 kHz."""
    return bytes(round(seconds * RATE_HZ) * SAMPLE_BYTES)


def at_our_rate(samples: Sequence[int], rate_hz: int) -> "array[int]":
    """16-bit samples brought to 16 kHz by straight lines: recognition hears no difference."""
    step = rate_hz / RATE_HZ
    places = (index * step for index in range(int((len(samples) - 1) / step)))
    return array("h", (_between(samples, place) for place in places))


def _between(samples: Sequence[int], place: float) -> int:
    before = int(place)
    return round(samples[before] + (samples[before + 1] - samples[before]) * (place - before))


def save(path: Path, samples: bytes) -> None:
    """Write a WAV file."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples)
