"""Makes a wake word's head: takes of a synthesiser, scenes around them, a network fitted to those."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.events import LANGUAGES, Language
from assistant.wake.head import Head, WakeWord
from assistant.wake.training.examples import Material, others_heard, words_heard
from assistant.wake.training.fitting import Recipe, fit
from assistant.wake.training.negatives import confusable, salad, sentences
from assistant.wake.training.rendering import Studio, Take, cast_take
from assistant.wake.training.script import Script
from assistant.wake.training.sound import Random, Sound
from assistant.wake.training.workers import run_all

# Never heard in training, so that trials with them tell something: two of the eight Mandarin voices.
HELD_OUT = frozenset({"zf_xiaoni", "zm_yunxia", "am_puck", "bf_emma", "ef_dora"})

_WORDS_PER_JOB = 100
_STREAM_SECONDS_PER_JOB = 300.0
_SHORTEST_TAKE = 1600  # samples: what is shorter than 0.1 s was not spoken

Stage = Literal["talk", "word", "confusables", "scenes", "fit"]
Report = Callable[[Stage, int, int], None]
"""Takes the stage, how many of its steps are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is recorded and built: one more word took two busy cores 7 minutes."""

    word_takes: int = 700
    scenes_per_take: int = 5
    salads: int = 170
    """Random sentences a language, besides as many written ones."""
    confusables: int = 350
    stream_hours: float = 3.5


@dataclass(frozen=True, slots=True)
class Trainer:
    """Trains heads, one after the other, from the same everyday speech."""

    studio: Studio
    phonemes: Callable[[str, Language], str]
    embedding: Path
    """Folder of the speech embedding's networks."""
    seed: int
    report: Report
    amounts: Amounts = field(default_factory=Amounts)
    recipe: Recipe = field(default_factory=Recipe)

    def train(self, script: Script) -> Head:
        """The head for `script`; the same seed gives the same head on the same machine."""
        talk = self._record("talk", self._talk_takes())
        words = self._record("word", self._word_takes(script))
        confusables = self._record("confusables", self._confusable_takes(script))
        material = Material(talk, confusables)
        heard = self._run("scenes", [*self._word_jobs(words, material), *self._other_jobs(material)])
        scenes = np.concatenate([array for array in heard if array.ndim == 3])
        stream = np.concatenate([array for array in heard if array.ndim == 2])
        layers = fit(scenes, stream, self.recipe, self.seed, self.studio.workers, partial(self.report, "fit"))
        return Head(self._word(script, len(scenes), len(stream)), layers)

    def _record(self, stage: Stage, takes: Sequence[Take]) -> list[Sound]:
        sounds = self.studio.record(takes, partial(self.report, stage))
        return [sound for sound in sounds if len(sound) >= _SHORTEST_TAKE]

    def _run(
        self, stage: Stage, jobs: Sequence[Callable[[], NDArray[np.float16]]]
    ) -> list[NDArray[np.float16]]:
        return run_all(jobs, self.studio.workers, partial(self.report, stage))

    def _talk_takes(self) -> list[Take]:
        rng = self._random(0)
        texts = [(text, lang) for lang in LANGUAGES for text in sentences(lang)]
        texts += [(salad(lang, rng), lang) for lang in LANGUAGES for _ in range(self.amounts.salads)]
        return [self._cast(self.phonemes(text, lang), lang, rng) for text, lang in texts]

    def _word_takes(self, script: Script) -> list[Take]:
        rng, ways = self._random(1), self._ways(script)
        return [self._cast(ways[n % len(ways)], script.lang, rng) for n in range(self.amounts.word_takes)]

    def _confusable_takes(self, script: Script) -> list[Take]:
        rng, way = self._random(2), self._ways(script)[0]
        filler = [self.phonemes(text, script.lang) for text in sentences(script.lang)]
        made = [confusable(way, filler, rng) for _ in range(self.amounts.confusables)]
        known = [self.phonemes(text, script.lang) for text in script.confusables] * 3
        return [self._cast(phonemes, script.lang, rng) for phonemes in known + made]

    def _word_jobs(self, words: list[Sound], material: Material) -> Iterator[partial[NDArray[np.float16]]]:
        rng, repeated = self._random(3), words * self.amounts.scenes_per_take
        for first in range(0, len(repeated), _WORDS_PER_JOB):
            some = repeated[first : first + _WORDS_PER_JOB]
            yield partial(words_heard, self.embedding, some, material.sample(rng), (self.seed, 4, first))

    def _other_jobs(self, material: Material) -> Iterator[partial[NDArray[np.float16]]]:
        rng, seconds = self._random(5), self.amounts.stream_hours * 3600
        for n in range(max(1, round(seconds / _STREAM_SECONDS_PER_JOB))):
            length = min(seconds, _STREAM_SECONDS_PER_JOB)
            yield partial(others_heard, self.embedding, material.sample(rng), length, (self.seed, 6, n))

    def _ways(self, script: Script) -> list[str]:
        return [
            text.strip("/") if text.startswith("/") else self.phonemes(text, script.lang)
            for text in script.says
        ]

    def _cast(self, phonemes: str, lang: Language, rng: Random) -> Take:
        return cast_take(phonemes, lang, sorted(set(self.studio.styles) - HELD_OUT), rng)

    def _random(self, use: int) -> Random:
        return np.random.default_rng([self.seed, use])

    def _word(self, script: Script, scenes: int, stream: int) -> WakeWord:
        training = {
            "seed": self.seed,
            "scenes": scenes,
            "stream": stream,
            **asdict(self.amounts),
            **asdict(self.recipe),
        }
        return WakeWord(script.id, script.lang, script.display, script.phrases, script.threshold, training)
