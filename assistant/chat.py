"""Answers what no skill understood, with the local language model, sentence by sentence while it writes."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Protocol

from assistant.events import Intent, Language, Reply, Transcript
from assistant.threads import Worker
from assistant.turns import Answer, as_written

Message = Mapping[str, str]

_LONGEST_REQUEST = 600  # characters: a minute of talk; more would push the answer out of the context
_INSTRUCTIONS: dict[Language, str] = {
    "en": "You are Xiaoben, a friendly voice assistant. Answer in one or two short, simple sentences.",
    "zh": "你是小本，一个友好的语音助手。请用一两句简短的话回答。",
}
_CANNOT_SPEAK: dict[Language, str] = {
    "zh": "这个问题我没有听懂。现在装的语言模型不会中文，您可以问我时间，或者让我设定计时器。",
    "en": "I did not understand that. The language model installed here does not speak English, "
    "but you can ask me for the time or a timer.",
}
_NO_MODEL: dict[Language, str] = {
    "zh": "这个问题我没有听懂。您可以问我会做什么。",
    "en": "I did not understand that. You can ask me what I can do.",
}
_NOTHING: dict[Language, str] = {"zh": "这个我答不上来。", "en": "I have no answer to that."}


class LanguageModel(Protocol):
    """Writes the answer to a chat."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[str]: ...
    def warm(self, messages: Sequence[Message]) -> None: ...
    def forget(self) -> None: ...


class SentenceSplitter(Protocol):
    """Cuts streamed text into sentences."""

    def feed(self, text: str) -> list[str]: ...
    def flush(self) -> list[str]: ...


class Chat:
    """The last answerer: it takes everything."""

    def __init__(
        self,
        model: LanguageModel,
        languages: Sequence[Language],
        splitter: Callable[[], SentenceSplitter],
        max_tokens: int,
    ) -> None:
        """`languages`: those the model speaks; it is not asked in others."""
        self._model = model
        self._languages = languages
        self._splitter = splitter
        self._max_tokens = max_tokens
        self._worker = Worker("llm")

    async def answer(self, transcript: Transcript) -> Answer:
        """The model's answer; being pulled is what makes it think."""
        if transcript.lang not in self._languages:
            return decline(_CANNOT_SPEAK, transcript.lang)
        return Answer(Intent("chat", source="llm"), self._write(transcript))

    def close(self) -> None:
        """End the model's thread."""
        self._worker.close()

    async def _write(self, transcript: Transcript) -> AsyncGenerator[Reply, None]:
        splitter = self._splitter()
        pieces = self._worker.iterate(
            partial(self._model.stream, prompt(transcript.text, transcript.lang), self._max_tokens)
        )
        written = False
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    for sentence in splitter.feed(piece):
                        written = True
                        yield Reply(sentence, transcript.lang)
        finally:
            self._worker.later(self._forget, transcript.lang)
        for sentence in splitter.flush():
            written = True
            yield Reply(sentence, transcript.lang)
        if not written:
            yield Reply(_NOTHING[transcript.lang], transcript.lang)

    def _forget(self, lang: Language) -> None:
        """Keep nothing of what was said, but the beginning of what may be said next."""
        self._model.forget()
        self._model.warm(prompt("", lang))


class NoChat:
    """The last answerer where there is no language model."""

    async def answer(self, transcript: Transcript) -> Answer:
        """Say that this was not understood."""
        return decline(_NO_MODEL, transcript.lang)

    def close(self) -> None:
        """There is nothing to end."""


def prompt(text: str, lang: Language) -> list[Message]:
    """The chat for one request; what never changes stands first, for the model's prefix cache."""
    return [
        {"role": "system", "content": _INSTRUCTIONS[lang]},
        {"role": "user", "content": text[:_LONGEST_REQUEST]},
    ]


def decline(texts: Mapping[Language, str], lang: Language) -> Answer:
    """An answer that says only that there is none."""
    return Answer(Intent("none", source="none"), as_written([Reply(texts[lang], lang)]))
