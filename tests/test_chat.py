"""What no skill understood."""

from collections.abc import Iterator, Sequence

from assistant.chat import Chat, Message, NoChat, prompt
from assistant.events import Transcript


class FakeModel:
    def __init__(self, *pieces: str) -> None:
        self._pieces = pieces
        self.asked: list[Sequence[Message]] = []
        self.pulled = 0
        self.kept: list[str] = []

    def warm(self, messages: Sequence[Message]) -> None:
        self.kept.append(messages[-1]["content"])

    def forget(self) -> None:
        self.kept.append("nothing")

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[str]:
        self.asked.append(messages)
        for piece in self._pieces:
            self.pulled += 1
            yield piece


class FullStops:
    def __init__(self) -> None:
        self._text = ""

    def feed(self, text: str) -> list[str]:
        self._text += text
        *sentences, self._text = self._text.split("|")
        return sentences

    def flush(self) -> list[str]:
        return [self._text] if self._text else []


def chat(model: FakeModel) -> Chat:
    return Chat(model, ["en"], FullStops, 50)


async def test_the_answer_comes_sentence_by_sentence():
    answer = await chat(FakeModel("It is", " Paris.|It is", " in France.")).answer(
        Transcript("What is the capital of France?", "en", 1)
    )
    assert answer.intent.source == "llm"
    assert [reply.text async for reply in answer.replies] == ["It is Paris.", "It is in France."]


async def test_a_language_the_model_cannot_speak_is_said_so_in_that_language():
    model = FakeModel("babble")
    answer = await chat(model).answer(Transcript("法国的首都是哪里", "zh", 1))
    (reply,) = [reply async for reply in answer.replies]
    assert "不会中文" in reply.text
    assert (reply.lang, answer.intent.source, model.asked) == ("zh", "none", [])


async def test_a_silent_model_is_said_so():
    answer = await chat(FakeModel()).answer(Transcript("Hm?", "en", 1))
    assert [reply.text async for reply in answer.replies] == ["I have no answer to that."]


async def test_without_a_model_xiaoben_says_it_did_not_understand():
    answer = await NoChat().answer(Transcript("法国的首都是哪里", "zh", 1))
    assert [reply.text async for reply in answer.replies] == ["这个问题我没有听懂。您可以问我会做什么。"]


async def test_what_was_said_is_forgotten_when_it_is_answered_or_interrupted():
    model = FakeModel("a|", "b|")
    chatting = chat(model)
    for pulled in (1, 2):
        answer = await chatting.answer(Transcript("Go on", "en", 1))
        for _ in range(pulled):
            await anext(answer.replies)
        await answer.replies.aclose()
        await chatting._worker.call(int)  # what was queued before it is done
        assert model.kept == ["nothing", ""] * pulled


async def test_an_answer_nobody_pulls_costs_nothing():
    model = FakeModel("a|", "b|", "c|")
    answer = await chat(model).answer(Transcript("Go on", "en", 1))
    await anext(answer.replies)
    await answer.replies.aclose()
    assert model.pulled < 3


def test_the_prompt_begins_with_what_never_changes_and_is_bounded():
    one, two = prompt("one", "en"), prompt("x" * 10_000, "en")
    assert one[0] == two[0]
    assert len(two[1]["content"]) == 600
