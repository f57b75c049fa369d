"""The voice loop, with doubles for everything around it."""

import asyncio

import pytest

from assistant.endpoint import EndpointLimits
from assistant.errors import AudioError
from assistant.events import Reply, Speech, Transcript
from assistant.listener import Listener
from assistant.pipeline import Pipeline
from assistant.turns import Stages, Turns, as_written
from tests.fakes import (
    SILENCE,
    SPEECH,
    WAKE,
    FakeDetector,
    FakeJournal,
    FakeMicrophone,
    FakeRecognizer,
    FakeSpeaker,
    FakeVoices,
    FakeWakeWords,
    Parrot,
    frames,
)

LIMITS = EndpointLimits(silence=25, patience=60, start=250, length=750)
REQUEST = [WAKE, *[SILENCE] * 40, *[SPEECH] * 30, *[SILENCE] * 30]
CHIME = Speech(b"\1\1", 16_000, "chime")


class Rig:
    def __init__(self, *kinds: bytes, transcripts: list[Transcript | None], hold: str | None = None) -> None:
        self.speaker = FakeSpeaker(hold)
        self.journal = FakeJournal()
        self.beats = 0
        self.turns = Turns(
            Stages(
                FakeRecognizer(*transcripts),
                Parrot(),
                FakeVoices(),
                self.speaker,
                self.journal,
                lambda word: [],
            ),
            asyncio.Event(),
            "zh",
        )
        self.hold_open = False
        microphone = FakeMicrophone(frames(*kinds), lambda: self.pipeline.quiet and not self.hold_open)
        listener = Listener(FakeDetector(), FakeWakeWords(), LIMITS)
        self.pipeline = Pipeline(
            microphone,
            listener,
            self.turns,
            self.speaker,
            self.journal,
            chime=CHIME,
            heartbeat=self._beat,
        )

    def _beat(self) -> None:
        self.beats += 1


async def test_a_request_goes_through_the_whole_chain():
    rig = Rig(*REQUEST, transcripts=[Transcript("hello", "en", 1)])
    await rig.pipeline.run()
    assert rig.speaker.played == ["chime", "hello"]
    assert rig.journal.events == [
        "wake", "speech_start", "speech_end", "endpoint",
        "transcript", "intent", "reply", "first_audio", "reply_end",
    ]  # fmt: skip
    assert rig.pipeline.number == 1


async def test_two_requests_are_two_turns():
    transcripts = [Transcript("one", "en", 1), Transcript("two", "en", 1)]
    rig = Rig(*REQUEST, *[SILENCE] * 50, *REQUEST, transcripts=transcripts)
    await rig.pipeline.run()
    assert [turn for turn, event, _ in rig.journal.lines if event == "wake"] == [1, 2]


async def test_the_wake_word_stops_the_reply_and_listens():
    transcripts = [Transcript("long", "en", 1), Transcript("short", "en", 1)]
    rig = Rig(*REQUEST, transcripts=transcripts, hold="long")
    rig.pipeline._microphone = Interrupting(rig)
    await rig.pipeline.run()
    assert rig.speaker.stopped == ["long"]
    assert rig.speaker.played[-1] == "short"


class Interrupting:
    """Asks, waits until the answer sounds, and asks again."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    async def frames(self):
        for one in frames(*REQUEST):
            yield one
        while "first_audio" not in self._rig.journal.events:
            await asyncio.sleep(0.001)
        for one in frames(*REQUEST):
            yield one
        while not self._rig.pipeline.quiet:
            await asyncio.sleep(0.001)


async def test_every_frame_beats_the_heart():
    rig = Rig(*[SILENCE] * 100, transcripts=[])
    await rig.pipeline.run()
    assert rig.beats == 100


async def test_an_announcement_waits_for_the_request_to_be_answered():
    rig = Rig(*REQUEST, transcripts=[Transcript("hello", "en", 1)])
    rig.hold_open = True
    running = asyncio.create_task(rig.pipeline.run())
    while "wake" not in rig.journal.events:
        await asyncio.sleep(0)
    await rig.pipeline.announce(as_written([Reply("ring", "en")]), Speech(b"", 16_000, "bell"))
    rig.hold_open = False
    await running
    assert rig.speaker.played == ["chime", "hello", "bell", "ring", "bell"]


async def test_a_text_is_answered_without_a_sound_unless_asked_for():
    rig = Rig(transcripts=[])
    intent, text = await rig.pipeline.ask(Transcript("hello there", "en", 1), aloud=False)
    assert (intent.name, text, rig.speaker.played) == ("parrot.repeat", "hello there", [])
    await rig.pipeline.ask(Transcript("hello there", "en", 1), aloud=True)
    assert rig.speaker.played == ["hello", "there"]
    assert [(turn, event) for turn, event, _ in rig.journal.lines if event == "reply"] == [
        (1, "reply"), (2, "reply"),
    ]  # fmt: skip


async def test_a_broken_speaker_does_not_end_the_daemon():
    class Broken(FakeSpeaker):
        async def play(self, speech, started=None):
            raise OSError("unplugged")

    rig = Rig(*REQUEST, transcripts=[Transcript("hello", "en", 1)])
    rig.pipeline._speaker = Broken()
    rig.turns._stages = Stages(
        FakeRecognizer(Transcript("hello", "en", 1)), Parrot(), FakeVoices(), Broken(), rig.journal,
        lambda word: [],
    )  # fmt: skip
    await rig.pipeline.run()
    assert "error" in rig.journal.events


async def test_an_announcement_that_waits_does_not_talk_over_the_next_request():
    transcripts = [Transcript("long", "en", 1), Transcript("short", "en", 1)]
    rig = Rig(transcripts=transcripts, hold="long")
    rig.pipeline._microphone = Interrupting(rig)
    rig.hold_open = True
    running = asyncio.create_task(rig.pipeline.run())
    while "first_audio" not in rig.journal.events:
        await asyncio.sleep(0)
    announcing = asyncio.create_task(rig.pipeline.announce(as_written([Reply("ring", "en")])))
    await asyncio.wait({running, announcing}, return_when=asyncio.FIRST_COMPLETED)
    assert rig.speaker.played[:3] == ["chime", "chime", "short"]
    assert "ring" not in rig.speaker.played[:3]
    announcing.cancel()
    await running


async def test_a_request_keeps_its_number_when_something_falls_due_meanwhile():
    rig = Rig(*REQUEST, transcripts=[Transcript("hello", "en", 1)])
    rig.hold_open = True
    running = asyncio.create_task(rig.pipeline.run())
    while "wake" not in rig.journal.events:
        await asyncio.sleep(0)
    await rig.pipeline.announce(as_written([Reply("ring", "en")]))
    rig.hold_open = False
    await running
    numbers = {
        event: turn for turn, event, fields in rig.journal.lines if fields != {"text": "ring", "lang": "en"}
    }
    assert numbers["wake"] == numbers["endpoint"] == numbers["transcript"] == 1
    assert [turn for turn, event, _ in rig.journal.lines if event == "reply"] == [1, 2]


async def test_to_say_something_without_a_speaker_is_an_error():
    class Broken(FakeSpeaker):
        async def play(self, speech, started=None):
            raise AudioError(en="unplugged", zh="被拔出")

    rig = Rig(transcripts=[])
    rig.turns._stages = Stages(
        FakeRecognizer(), Parrot(), FakeVoices(), Broken(), rig.journal, lambda word: []
    )
    with pytest.raises(AudioError):
        await rig.pipeline.say(as_written([Reply("hello", "en")]))
