"""How well the wake words wake: real recordings, voices they were not trained on, delay and cost.

    python -m bench.wake [--eval ../shared/eval] [--cache ~/.cache/xiaoben/wake-training] [--words computer …]

The recordings are those of `wake.jsonl` (fields `file`, `word`), and sets without the words. The rendered
trials are spoken by the Kokoro speakers that training leaves out; their sound is kept in --cache.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant import parts
from assistant.audio.files import read
from assistant.config import load
from assistant.errors import InputError
from assistant.events import FRAME_BYTES, FRAME_SECONDS, RATE_HZ, Activity, AudioFrame, Language
from assistant.tts.kokoro import Kokoro, load_style, phonemes
from assistant.vad.detector import SpeechDetector
from assistant.vad.silero import Silero
from assistant.vad.webrtc import WebRtcGate
from assistant.wake.detector import WakeWords
from assistant.wake.features import WINDOW, SpeechEmbedding, embeddings_of
from assistant.wake.head import Head, WakeWord
from assistant.wake.training.augmentation import noise, reverberate, room
from assistant.wake.training.rendering import Studio, cast_take
from assistant.wake.training.script import shipped
from assistant.wake.training.sound import Random, Sound, rms
from assistant.wake.training.trainer import HELD_OUT

THRESHOLDS = (0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WITHOUT = ("neg_speech", "wake_hard_neg", "asr_zh", "asr_en", "s2i_en", "noise")
REQUESTS: Mapping[Language, Sequence[str]] = {
    "zh": ["", "", "现在几点", "，今天几号？", "定一个五分钟的计时器", "打开客厅的灯"],
    "en": ["", "", " what time is it", ", set a timer for five minutes", " turn off the kitchen light"],
}
NOISES_DB = (None, 20, 10, 5, 0)
BEFORE_SECONDS, AFTER_SECONDS = 2.5, 1.0
REFRACTORY_HOPS = 19
TAKES = 60


@dataclass(frozen=True, slots=True)
class Ears:
    """The daemon's way to listen: the gate decides which frames the wake words look at."""

    gate: SpeechDetector
    wake_words: WakeWords

    def times(self, sound: Sound) -> list[float]:
        """Seconds at which a wake word was recognised."""
        self.wake_words.reset()
        found = [self._feed(frame) for frame in frames(sound)]
        return [(index + 1) * FRAME_SECONDS for index, woke in enumerate(found) if woke]

    def _feed(self, frame: AudioFrame) -> bool:
        if self.gate.detect(frame) is Activity.SILENCE:
            self.wake_words.skip(frame)
            return False
        return self.wake_words.detect(frame) is not None


def frames(sound: Sound) -> Iterator[AudioFrame]:
    """Whole frames of it."""
    samples = (sound.clip(-1, 1) * 32767).astype("<i2").tobytes()
    for index in range(len(samples) // FRAME_BYTES):
        yield AudioFrame(index, samples[index * FRAME_BYTES :][:FRAME_BYTES])


def embedded(sound: Sound, rng: Random) -> Sound:
    """In the soft noise of a quiet room."""
    sizes = (int(BEFORE_SECONDS * RATE_HZ), int(AFTER_SECONDS * RATE_HZ))
    before, after = (rng.normal(0, 2e-4, size).astype(np.float32) for size in sizes)
    return np.concatenate([before, sound, after])


def windows_of(embedding: SpeechEmbedding, sound: Sound) -> NDArray[np.float32]:
    """What the heads judge, hop by hop: shape (n, 16, 96)."""
    embeddings = embeddings_of(embedding, np.round(sound * 32767))
    return np.lib.stride_tricks.sliding_window_view(embeddings, WINDOW, axis=0).swapaxes(1, 2)


def trace(head: Head, windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """The detector's smoothed score at each hop, for trying thresholds."""
    scores = head.scores(windows).astype(np.float64)
    return np.asarray((scores + np.concatenate([np.zeros(1), scores[:-1]])) / 2)


def wakes(scores: NDArray[np.float64], threshold: float) -> int:
    """How often it wakes, with the refractory period."""
    count, free = 0, 0
    for hop in np.flatnonzero(scores >= threshold).tolist():
        if hop >= free:
            count, free = count + 1, hop + REFRACTORY_HOPS
    return count


def rows(folder: Path, name: str) -> Iterator[tuple[str, Sound]]:
    """The word, if any, and the sound of each recording of a set."""
    for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        try:
            samples = np.frombuffer(read(folder / row["file"]), "<i2")
        except InputError as error:
            print(f"  {error}", file=sys.stderr)
            continue
        yield row.get("word", ""), samples.astype(np.float32) / np.float32(32768)


def recordings(
    folder: Path, heads: Sequence[Head], embedding: SpeechEmbedding, ears: Mapping[str, Ears]
) -> None:
    """A table of misses and false wakes for each word; the last line is the daemon's own chain."""
    traces: dict[str, list[tuple[str, list[NDArray[np.float64]], list[int]]]] = {}
    for name in ("wake", *WITHOUT):
        rng = np.random.default_rng(0)
        seconds, entries = 0.0, []
        for text, sound in rows(folder, name):
            placed = embedded(sound, rng)
            seconds += len(sound) / RATE_HZ
            found = [len(ears[head.word.id].times(placed)) for head in heads]
            windows = windows_of(embedding, placed)
            entries.append((text, [trace(head, windows) for head in heads], found))
        traces[name] = entries
        print(f"  {name}: {len(entries)} recordings, {seconds / 60:.1f} min", file=sys.stderr)
    for number, head in enumerate(heads):
        tell_table(head.word, number, traces)


def tell_table(
    word: WakeWord, number: int, traces: Mapping[str, list[tuple[str, list[NDArray[np.float64]], list[int]]]]
) -> None:
    """Misses of the recordings with the word, wakes by all others."""
    spoken = [
        (scores[number], found[number]) for text, scores, found in traces["wake"] if text == word.display
    ]
    others = {"other words": [entry for entry in traces["wake"] if word.display not in entry[0]]}
    others |= {name: traces[name] for name in WITHOUT}
    print(f"\n{word.id} (threshold {word.threshold}): {len(spoken)} recordings of it; false wakes by set")
    print("threshold  missed  " + "  ".join(others))
    for threshold in THRESHOLDS:
        missed = sum(not wakes(scores, threshold) for scores, _ in spoken)
        false = [sum(wakes(scores[number], threshold) for _, scores, _ in set_) for set_ in others.values()]
        print(f"{threshold:9}  {missed:6}  " + "  ".join(map(str, false)))
    missed = sum(not found for _, found in spoken)
    false = [sum(found[number] for _, _, found in set_) for set_ in others.values()]
    print(f"   daemon  {missed:6}  " + "  ".join(map(str, false)))


def rendered(word: WakeWord, studio: Studio, ears: Ears) -> None:
    """Misses of speakers never trained on, alone and with a request, in noise and rooms; the delay."""
    rng = np.random.default_rng(7)
    script = shipped()[word.id]
    natives = [name for name in sorted(HELD_OUT) if name[0] in ("z" if word.lang == "zh" else "abe")]
    texts = [script.display + REQUESTS[word.lang][n % len(REQUESTS[word.lang])] for n in range(TAKES)]
    takes = [cast_take(phonemes(text, word.lang), word.lang, natives, rng) for text in texts]
    sounds = studio.record(takes, quiet)
    talk = studio.record(
        [
            cast_take(phonemes(text, word.lang), word.lang, natives, rng)
            for text in REQUESTS[word.lang]
            if text
        ],
        quiet,
    )
    print(f"\n{word.id}: {TAKES} renderings by {', '.join(natives)}; delay from the end of the word alone")
    for ratio_db in NOISES_DB:
        missed, delays = 0, []
        for text, sound in zip(texts, sounds, strict=True):
            times = ears.times(scene(sound, ratio_db, talk, rng))
            missed += not times
            if times and text == script.display:
                delays.append(times[0] - BEFORE_SECONDS - len(sound) / RATE_HZ)
        late = np.percentile(delays, [50, 95]) * 1000 if delays else [np.nan] * 2
        label = "quiet, no room" if ratio_db is None else f"{ratio_db} dB, room"
        print(f"{label:15} missed {missed:3}  delay p50 {late[0]:.0f} ms  p95 {late[1]:.0f} ms")


def quiet(done: int, total: int) -> None:
    """No progress is shown."""


def scene(sound: Sound, ratio_db: float | None, talk: Sequence[Sound], rng: Random) -> Sound:
    """The sound in a room with noise, `ratio_db` quieter than it."""
    placed = embedded(sound * np.float32(0.05 / rms(sound)), rng)
    if ratio_db is None:
        return placed
    added = noise(len(placed), rng, talk)
    return reverberate(placed, room(rng)) + added * np.float32(0.05 / rms(added) * 10 ** (-ratio_db / 20))


def cost(heads: Sequence[Head], embedding: SpeechEmbedding) -> None:
    """Share of a core while somebody speaks without end, and the time of the frames that complete a hop."""
    wake_words = WakeWords(embedding, heads, {})
    sound = np.random.default_rng(0).normal(0, 0.05, 60 * RATE_HZ).astype(np.float32)
    spent = []
    for frame in frames(sound):
        started = time.perf_counter()
        wake_words.detect(frame)
        spent.append(time.perf_counter() - started)
    hops = np.array(spent).reshape(-1, 4).max(axis=1)[1:] * 1000
    print(f"\n{len(heads)} words: {sum(spent) / 60:.2%} of a core during speech", end="; ")
    print(f"a hop takes {np.median(hops):.2f} ms, p99 {np.percentile(hops, 99):.2f} ms", end="; ")
    started = time.perf_counter()
    for frame in frames(sound):
        wake_words.skip(frame)
    print(f"in silence {(time.perf_counter() - started) / 60:.2%}")


def main() -> None:
    """Measure what can be measured here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "xiaoben" / "wake-training")
    parser.add_argument("--words", nargs="+", default=list(shipped()))
    args = parser.parse_args()
    config = load()
    models = parts.store(config)
    wake = config.wake.model_copy(update={"words": args.words})
    heads = parts.heads(config.model_copy(update={"wake": wake}))
    embedding = SpeechEmbedding(models.path("speech-embedding"))
    gate = SpeechDetector(
        WebRtcGate(config.vad.aggressiveness), Silero(models.path("silero-vad")), config.vad.threshold
    )
    ears = {head.word.id: Ears(gate, WakeWords(embedding, [head], {})) for head in heads}
    cost(heads, embedding)
    voices = models.path("kokoro")
    styles = {name: load_style(voices, name) for name in HELD_OUT}
    studio = Studio(partial(Kokoro, voices, "af_heart", threads=1), styles, args.cache, 2)
    for head in heads:
        rendered(head.word, studio, ears[head.word.id])
    if args.eval.is_dir():
        recordings(args.eval, heads, embedding, ears)
    else:
        print(f"skipped the recordings: there is no folder {args.eval}")


if __name__ == "__main__":
    main()
