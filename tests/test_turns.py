"""One turn, with doubles for every stage."""

import asyncio

from assistant.events import Reply, Transcript, Utterance
from assistant.turns import Stages, Turns, as_written
from tests.fakes import FakeJournal, FakeRecognizer, FakeSpeaker, FakeVoices, Parrot

HEARD = Utterance(b"", 10, 20, "turn")
IN_ONE_BREATH = Utterance(b"", 10, 20, "turn", wake="hey_computer")


class Rig:
    def __init__(self, *transcripts: Transcript | Exception | None) -> None:
        self.recognizer = FakeRecognizer(*transcripts)
        self.speaker = FakeSpeaker()
        self.journal = FakeJournal()
        self.listened_again = 0
        self.audible = asyncio.Event()
        self.turns = Turns(
            Stages(
                self.recognizer,
                Parrot(),
                FakeVoices(),
                self.speaker,
                self.journal,
                lambda word: ["hey computer", "小本同学"],
            ),
            self.audible,
            "zh",
        )

    async def hear(self, utterance: Utterance = HEARD) -> None:
        await self.turns.hear(1, utterance, self._listen_again)

    async def _listen_again(self) -> None:
        self.listened_again += 1


async def test_a_request_is_recognised_answered_and_spoken():
    rig = Rig(Transcript("hello world", "en", 0.9))
    await rig.hear()
    assert rig.speaker.played == ["hello", "world"]
    assert rig.journal.events == ["transcript", "intent", "reply", "first_audio", "reply_end"]
    assert rig.journal.fields("reply") == {"text": "hello world", "lang": "en"}
    assert rig.journal.fields("intent")["source"] == "grammar"


async def test_chinese_sentences_are_joined_without_spaces():
    rig = Rig(Transcript("你好 小本", "zh", 0.9))
    await rig.hear()
    assert rig.journal.fields("reply") == {"text": "你好小本", "lang": "zh"}


async def test_noise_makes_no_turn():
    rig = Rig(None)
    await rig.hear()
    assert rig.journal.events == []
    assert rig.speaker.played == []


async def test_the_wake_word_is_taken_off_the_request():
    rig = Rig(Transcript("Hey computer, what time is it?", "en", 0.9))
    await rig.hear(IN_ONE_BREATH)
    assert rig.journal.fields("transcript")["text"] == "what time is it?"


async def test_a_wake_word_alone_is_listened_to_again():
    rig = Rig(Transcript("小本同学。", "zh", 0.9))
    await rig.hear(IN_ONE_BREATH)
    assert rig.listened_again == 1
    assert rig.journal.events == []


async def test_after_a_question_its_answer_is_listened_for():
    rig = Rig(Transcript("really?", "en", 0.9), Transcript("yes", "en", 0.9))
    await rig.hear()
    assert (rig.speaker.played, rig.listened_again) == (["really?"], 1)
    await rig.hear()
    assert rig.listened_again == 1


async def test_a_failing_recogniser_is_apologised_for_and_the_next_turn_works():
    rig = Rig(RuntimeError("broken"), Transcript("hello", "en", 0.9))
    await rig.hear()
    assert rig.speaker.played == ["抱歉，刚才出了点问题，请再说一次。"]
    assert rig.journal.fields("error") == {"stage": "asr", "message": "RuntimeError"}
    await rig.hear()
    assert rig.speaker.played[-1] == "hello"


async def test_a_failing_voice_is_apologised_for_in_the_language_of_the_request():
    rig = Rig(Transcript("unspeakable", "en", 0.9))
    await rig.hear()
    assert rig.speaker.played == ["Sorry, something went wrong. Please say that again."]


async def test_an_error_never_quotes_what_was_said():
    rig = Rig(ValueError("my secret"))
    await rig.hear()
    assert "secret" not in str(rig.journal.lines)


async def test_a_cancelled_turn_stops_its_sound():
    rig = Rig(Transcript("one two three", "en", 0.9))
    rig.speaker._hold = "two"
    turn = asyncio.create_task(rig.hear())
    while rig.speaker.played != ["one"]:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    turn.cancel()
    await asyncio.wait({turn})
    assert rig.speaker.stopped == ["two"]
    assert rig.speaker.played == ["one"]
    assert rig.audible.is_set()


async def test_while_a_turn_computes_nothing_is_audible():
    rig = Rig()
    seen: list[bool] = []

    class Watching(FakeSpeaker):
        async def play(self, speech, started=None):
            seen.append(rig.audible.is_set())
            return await super().play(speech, started)

    class Slow(FakeVoices):
        def synthesize(self, reply):
            seen.append(rig.audible.is_set())
            yield from super().synthesize(reply)

    rig.turns._stages = Stages(rig.recognizer, Parrot(), Slow(), Watching(), rig.journal, lambda word: [])
    await rig.turns.speak(1, as_written([Reply("hello", "en")]))
    assert seen == [False, True]
