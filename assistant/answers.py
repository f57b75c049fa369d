"""Who answers: a skill that understands, else the chat."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from assistant.events import Reply, Transcript
from assistant.turns import Answer, Answerer, as_written, joined
from assistant.understanding import Understanding


class Answers:
    """Deterministic first: what a skill understands never waits for the language model."""

    def __init__(self, understanding: Understanding, chat: Answerer) -> None:
        self._understanding = understanding
        self._chat = chat

    async def answer(self, transcript: Transcript) -> Answer:
        """The answer of the skill that understands, or the chat's."""
        if known := await self._understanding.answer(transcript):
            return Answer(known.intent, as_written([known.reply]), known.end, known.asks)
        answer = await self._chat.answer(transcript)
        return replace(answer, replies=self._remembered(answer.replies))

    async def _remembered(self, replies: AsyncGenerator[Reply, None]) -> AsyncGenerator[Reply, None]:
        """Lets the skills know what the chat said, so that it can be repeated."""
        said: list[Reply] = []
        async with aclosing(replies):
            async for reply in replies:
                said.append(reply)
                self._understanding.last_reply = Reply(joined(said), reply.lang)
                yield reply
