"""One turn: an utterance or a text in, a spoken reply out. Knows the stages only as Protocols."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from assistant.errors import AssistantError
from assistant.events import Intent, Language, Reply, Speech, Transcript, Utterance
from assistant.threads import Worker, ahead
from assistant.wake_phrase import strip_wake_phrase

_LOGGER = logging.getLogger(__name__)

_REPLIES_AHEAD = (
    16  # written while an earlier one is rendered: the language model need not wait for the voice
)
_SENTENCES_AHEAD = 2  # rendered while an earlier one sounds
_APOLOGY: dict[Language, str] = {
    "zh": "抱歉，刚才出了点问题，请再说一次。",
    "en": "Sorry, something went wrong. Please say that again.",
}


class Recognizer(Protocol):
    """Speech to text."""

    def transcribe(self, utterance: Utterance) -> Transcript | None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was understood to mean, and what to say to it."""

    intent: Intent
    replies: AsyncGenerator[Reply, None]
    """Sentence by sentence; being pulled is what makes it go on."""
    end: bool = False
    """Whatever else still sounds shall stop."""
    asks: bool = False
    """A question: listen for its answer without the wake word."""


class Answerer(Protocol):
    """Knows what to say, be it that it does not know."""

    async def answer(self, transcript: Transcript) -> Answer: ...


class Voices(Protocol):
    """Text to speech."""

    def synthesize(self, reply: Reply) -> Iterator[Speech]: ...


class Speaker(Protocol):
    """Where sound goes."""

    async def play(self, speech: Speech, on_start: Callable[[float], None] | None = None) -> float:
        """Return when the sound has been heard, with that time on the input's audio clock.

        `on_start` is told the time of the first sample that is not silent. A cancel stops the sound.
        """


class Journal(Protocol):
    """Is told what happens, see `xiaoben run --events`."""

    def record(self, turn: int, event: str, seconds: float | None = None, **fields: Any) -> None:
        """`seconds` on the input's audio clock; None: now."""


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts that a turn passes through."""

    recognizer: Recognizer
    answerer: Answerer
    voices: Voices
    speaker: Speaker
    journal: Journal
    wake_phrases: Callable[[str], Sequence[str]]
    """How a wake word is spoken and written."""


class Turns:
    """Takes turns through the stages."""

    def __init__(self, stages: Stages, audible: asyncio.Event, language: Language) -> None:
        """`audible` is clear while a turn computes and nothing sounds.

        `language` is spoken to somebody who was not understood.
        """
        self._stages = stages
        self._language = language
        self._record = stages.journal.record
        self._recognition = Worker("asr")
        self._voice = Worker("tts")
        self._audible = audible
        self._audible.set()

    def close(self) -> None:
        """End the threads."""
        self._recognition.close()
        self._voice.close()

    async def hear(
        self, number: int, utterance: Utterance, listen_again: Callable[[], Awaitable[None]]
    ) -> None:
        """Take a spoken request; `listen_again` is awaited after a wake word alone, and after a question."""
        self._audible.clear()
        stage, lang = "asr", self._language
        try:
            transcript = await self._transcribe(utterance)
            if transcript is None:
                _LOGGER.debug("Turn %d: no speech", number)
            elif not transcript.text:
                await listen_again()
            else:
                stage, lang = "answer", transcript.lang
                answer = await self.understand(number, transcript)
                stage = "reply"
                await self.speak(number, answer.replies)
                if answer.asks:
                    await listen_again()
        except Exception as error:  # noqa: BLE001 - one failed turn says so and the next one works
            _LOGGER.error("Turn %d failed: %s", number, describe(error))
            self._record(number, "error", stage=stage, message=describe(error))
            await self._apologize(number, lang)
        finally:
            self._audible.set()

    async def understand(self, number: int, transcript: Transcript) -> Answer:
        """What a request means and what to say to it."""
        self._record(
            number,
            "transcript",
            text=transcript.text,
            lang=transcript.lang,
            confidence=round(transcript.confidence, 3),
        )
        answer = await self._stages.answerer.answer(transcript)
        intent = answer.intent
        self._record(number, "intent", name=intent.name, slots=dict(intent.slots), source=intent.source)
        return answer

    async def write(self, number: int, replies: AsyncGenerator[Reply, None]) -> AsyncGenerator[Reply, None]:
        """Pass `replies` on, and note the whole of them when the last is written."""
        said: list[Reply] = []
        async with aclosing(replies):
            async for reply in replies:
                said.append(reply)
                yield reply
        if said:
            self._record(number, "reply", text=joined(said), lang=said[0].lang)

    async def speak(self, number: int, replies: AsyncGenerator[Reply, None]) -> None:
        """Say `replies`, the next being written and rendered while one sounds."""
        first: float | None = None

        def on_start(seconds: float) -> None:
            nonlocal first
            if first is None:
                first = seconds
                self._record(number, "first_audio", seconds)

        self._audible.clear()
        ended: float | None = None
        written = ahead(self.write(number, replies), _REPLIES_AHEAD)
        try:
            async with aclosing(ahead(self._render(written), _SENTENCES_AHEAD)) as speeches:
                async for speech in speeches:
                    self._audible.set()
                    ended = await self._stages.speaker.play(speech, on_start)
                    self._audible.clear()
        finally:
            self._audible.set()
        if ended is not None:
            self._record(number, "reply_end", ended)

    async def _transcribe(self, utterance: Utterance) -> Transcript | None:
        transcript = await self._recognition.call(self._stages.recognizer.transcribe, utterance)
        if transcript is None or utterance.wake is None:
            return transcript
        phrases = self._stages.wake_phrases(utterance.wake)
        return replace(transcript, text=strip_wake_phrase(transcript.text, phrases))

    async def _render(self, replies: AsyncGenerator[Reply, None]) -> AsyncGenerator[Speech, None]:
        async with aclosing(replies):
            async for reply in replies:
                async with aclosing(
                    self._voice.iterate(partial(self._stages.voices.synthesize, reply))
                ) as sound:
                    async for speech in sound:
                        yield speech

    async def _apologize(self, number: int, lang: Language) -> None:
        try:
            await self.speak(number, as_written([Reply(_APOLOGY[lang], lang)]))
        except Exception as error:  # noqa: BLE001 - without a voice or a speaker there is nothing left to do
            _LOGGER.error("The apology failed too: %s", describe(error))


async def as_written(replies: Iterable[Reply]) -> AsyncGenerator[Reply, None]:
    """Replies that are known already, in the form of those still being written."""
    for reply in replies:
        yield reply


def joined(replies: Sequence[Reply]) -> str:
    """The sentences of an answer as one text."""
    return ("" if replies and replies[0].lang == "zh" else " ").join(reply.text for reply in replies)


def describe(error: BaseException) -> str:
    """An error for the log: our own sentences whole, of others only the kind, for they may quote words."""
    return str(error) if isinstance(error, AssistantError) else type(error).__name__
