"""The simplest thing that keeps each Protocol's promise, for tests of the core."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assistant.events import (
    FRAME_BYTES,
    Activity,
    AudioFrame,
    Intent,
    Reply,
    Speech,
    Transcript,
    Utterance,
    WakeDetected,
)
from assistant.turns import Answer

SILENCE, SOUND, SPEECH, WAKE = b"\0", b"\1", b"\2", b"\3"
"""What the first byte of a frame means to the fake ears."""


def frame(index: int, kind: bytes) -> AudioFrame:
    return AudioFrame(index, kind * FRAME_BYTES)


def frames(*kinds: bytes) -> list[AudioFrame]:
    return [frame(index, kind) for index, kind in enumerate(kinds)]


class FakeDetector:
    def detect(self, frame: AudioFrame) -> Activity:
        return Activity(min(frame.samples[0], 2))


class FakeWakeWords:
    lookback_frames = 5

    def __init__(self) -> None:
        self.skipped = 0

    def detect(self, frame: AudioFrame) -> WakeDetected | None:
        return WakeDetected("hey_computer", 0.9, frame.index) if frame.samples[:1] == WAKE else None

    def skip(self, frame: AudioFrame) -> None:
        self.skipped += 1


class FakeTurnDetector:
    def __init__(self, *answers: float) -> None:
        self._answers = list(answers)
        self.asked: list[bytes] = []

    def completeness(self, samples: bytes) -> float:
        self.asked.append(samples)
        return self._answers.pop(0)


class FakeMicrophone:
    def __init__(self, frames: Sequence[AudioFrame], until: Callable[[], bool] = lambda: True) -> None:
        self._frames = frames
        self._until = until

    async def frames(self) -> AsyncIterator[AudioFrame]:
        for one in self._frames:
            yield one
        silent = len(self._frames)
        while not self._until():
            await asyncio.sleep(0.001)
            yield frame(silent, SILENCE)
            silent += 1


class FakeRecognizer:
    def __init__(self, *transcripts: Transcript | Exception | None) -> None:
        self._transcripts = list(transcripts)
        self.heard: list[Utterance] = []

    def transcribe(self, utterance: Utterance) -> Transcript | None:
        self.heard.append(utterance)
        transcript = self._transcripts.pop(0)
        if isinstance(transcript, Exception):
            raise transcript
        return transcript


class Parrot:
    """Answers with the request, a word a reply; to a question with that question."""

    async def answer(self, transcript: Transcript) -> Answer:
        intent = Intent("parrot.repeat", {"text": transcript.text})
        return Answer(intent, self._say(transcript), asks=transcript.text.endswith("?"))

    async def _say(self, transcript: Transcript) -> AsyncGenerator[Reply, None]:
        for word in transcript.text.split():
            yield Reply(word, transcript.lang)


class FakeVoices:
    def synthesize(self, reply: Reply) -> Iterator[Speech]:
        if reply.text == "unspeakable":
            raise ValueError(reply.text)
        yield Speech(b"\1\1" * 100, 16_000, reply.text)


class FakeSpeaker:
    """Notes what was played; `hold` keeps a sound going until it is cancelled."""

    def __init__(self, hold: str | None = None) -> None:
        self.played: list[str] = []
        self.stopped: list[str] = []
        self.started = asyncio.Event()
        self._hold = hold

    async def play(self, speech: Speech, started: Callable[[float], None] | None = None) -> float:
        if started:
            started(len(self.played))
        self.started.set()
        if speech.text == self._hold:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.stopped.append(speech.text)
                raise
        await asyncio.sleep(0)
        self.played.append(speech.text)
        return len(self.played)


@dataclass
class FakeJournal:
    lines: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)

    def record(self, turn: int, event: str, seconds: float | None = None, **fields: Any) -> None:
        self.lines.append((turn, event, fields))

    @property
    def events(self) -> list[str]:
        return [event for _, event, _ in self.lines]

    def fields(self, event: str) -> dict[str, Any]:
        return next(fields for _, name, fields in self.lines if name == event)


class FakeClock:
    """Sleeping moves the time on; `set` moves the wall clock alone, as a person or NTP does."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone()
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def elapsed(self) -> float:
        return self._elapsed

    def advance(self, delta: timedelta) -> None:
        self._now += delta
        self._elapsed += delta.total_seconds()

    def set(self, now: datetime) -> None:
        self._now = now.astimezone()

    async def sleep_until(self, when: datetime) -> None:
        delta = max(when - self._now, timedelta())
        await asyncio.sleep(0)  # what was started before runs at the time before
        self.advance(delta)
