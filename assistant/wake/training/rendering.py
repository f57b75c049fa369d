"""Speech from a synthesiser: who says what and how; kept in a folder, so that nothing is said twice."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import StorageError
from assistant.events import RATE_HZ, Language
from assistant.wake.training.sound import Random, Sound, resample, trim
from assistant.wake.training.workers import Progress, run_all

_VOICE_RATE_HZ = 24_000
_TAKES_PER_JOB = 40  # a worker loads the voice once a job: about 1 s against 10 s of speaking
_MELODIES = 40

Style = NDArray[np.float32]
"""A speaker: shape (510, 256), one row for each number of phonemes."""

# First letters of Kokoro's speakers: American and British English; Mandarin.
_NATIVE: Mapping[Language, str] = {"en": "ab", "zh": "z"}


class Voice(Protocol):
    """A synthesiser that can be given any style."""

    def speak(self, phonemes: str, style: Style, speed: float) -> Sound:
        """24 kHz."""


@dataclass(frozen=True, slots=True)
class Take:
    """One way to say something."""

    phonemes: str
    speakers: tuple[str, str]
    blend: float
    """Share of the second speaker, 0 to 1."""
    speed: float
    melody: int
    """Rows to move on in the style: sentences of another length are spoken with another melody."""

    @property
    def file_name(self) -> str:
        """Where it is kept."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:24] + ".npy"


@dataclass(frozen=True, slots=True)
class Studio:
    """Where takes are recorded."""

    hire: Callable[[], Voice]
    """Loads the synthesiser; called in worker processes."""
    styles: Mapping[str, Style]
    cache: Path
    workers: int

    def record(self, takes: Sequence[Take], progress: Progress) -> list[Sound]:
        """The takes in order, 16 kHz, without the silence around them; raises StorageError."""
        missing = [take for take in dict.fromkeys(takes) if not (self.cache / take.file_name).is_file()]
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            jobs = [
                missing[first : first + _TAKES_PER_JOB] for first in range(0, len(missing), _TAKES_PER_JOB)
            ]
            run_all([partial(_record, self._staffed(job), job) for job in jobs], self.workers, progress)
            return [np.load(self.cache / take.file_name).astype(np.float32) / 32768 for take in takes]
        except OSError as error:
            raise StorageError(
                en=f"Recordings for training cannot be kept in {self.cache}: {error.strerror}.",
                zh=f"无法把训练录音存放到 {self.cache}：{error.strerror}。",
            ) from error

    def _staffed(self, takes: Sequence[Take]) -> "Studio":
        """With only the speakers that are needed: the styles of all are 28 MB to send."""
        needed = {speaker: self.styles[speaker] for take in takes for speaker in take.speakers}
        return Studio(self.hire, needed, self.cache, self.workers)


def cast_take(phonemes: str, lang: Language, speakers: Sequence[str], rng: Random) -> Take:
    """Someone to say `phonemes`: mostly native speakers, mixed in pairs, now and then with an accent."""
    native = [name for name in speakers if name[0] in _NATIVE[lang]]
    first = str(rng.choice(native if rng.random() < 0.75 else speakers))
    second = str(rng.choice(native if rng.random() < 0.6 else speakers))
    return Take(
        phonemes,
        (first, second),
        blend=round(float(rng.uniform(0, 0.6)), 2),
        speed=round(float(np.exp(rng.uniform(np.log(0.75), np.log(1.35)))), 2),
        melody=int(rng.integers(_MELODIES)),
    )


def _record(studio: Studio, takes: Sequence[Take]) -> None:
    voice = studio.hire()
    for take in takes:
        first, second = (studio.styles[speaker] for speaker in take.speakers)
        style = (first + np.float32(take.blend) * (second - first))[take.melody :]
        sound = trim(resample(voice.speak(take.phonemes, style, take.speed), _VOICE_RATE_HZ, RATE_HZ))
        partial_file = studio.cache / f"{take.file_name}.part"
        with partial_file.open("wb") as file:
            np.save(file, (sound.clip(-1, 1) * 32767).astype("<i2"))
        partial_file.rename(studio.cache / take.file_name)
