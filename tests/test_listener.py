"""Frames in, wake words and utterances out."""

from assistant.endpoint import EndpointLimits
from assistant.events import FRAME_BYTES, Heard, NothingSaid, SpeechStarted, Utterance, WakeDetected
from assistant.listener import Listener
from tests.fakes import SILENCE, SPEECH, WAKE, FakeDetector, FakeTurnDetector, FakeWakeWords, frames

LIMITS = EndpointLimits(silence=25, patience=60, start=250, length=750)


def hear(*kinds: bytes, turn_detector: FakeTurnDetector | None = None) -> list[Heard]:
    listener = Listener(FakeDetector(), FakeWakeWords(), LIMITS, turn_detector)
    return [event for frame in frames(*kinds) for event in listener.feed(frame)]


def utterance(heard: list[Heard]) -> Utterance:
    return next(event for event in heard if isinstance(event, Utterance))


def test_a_wake_word_and_a_request_become_an_utterance():
    heard = hear(WAKE, *[SILENCE] * 40, *[SPEECH] * 50, *[SILENCE] * 30)
    assert [type(event) for event in heard] == [WakeDetected, SpeechStarted, Utterance]
    assert utterance(heard).reason == "turn"
    assert (utterance(heard).end, utterance(heard).decided) == (90, 115)


def test_speech_without_a_wake_word_is_nothing():
    assert hear(*[SPEECH] * 100, *[SILENCE] * 100) == []


def test_a_request_after_a_pause_begins_with_its_preroll_and_without_the_wake_word():
    said = utterance(hear(*[SPEECH] * 5, WAKE, *[SILENCE] * 40, *[SPEECH] * 50, *[SILENCE] * 30))
    assert said.wake is None
    assert said.samples.startswith(SILENCE * FRAME_BYTES * 15 + SPEECH)


def test_a_request_in_one_breath_keeps_the_wake_word_in_front():
    said = utterance(hear(*[SPEECH] * 9, WAKE, *[SPEECH] * 50, *[SILENCE] * 30))
    assert said.wake == "hey_computer"
    assert said.samples.startswith(SPEECH * FRAME_BYTES * 5 + WAKE * FRAME_BYTES)


def test_a_wake_word_alone_ends_as_nothing_said():
    heard = hear(WAKE, *[SILENCE] * 300)
    assert [type(event) for event in heard] == [WakeDetected, NothingSaid]


def test_a_second_wake_word_begins_again():
    heard = hear(WAKE, *[SPEECH] * 20, WAKE, *[SPEECH] * 30, *[SILENCE] * 30)
    assert [type(event) for event in heard] == [
        WakeDetected, SpeechStarted, WakeDetected, SpeechStarted, Utterance,
    ]  # fmt: skip


def test_an_unfinished_sentence_is_waited_for():
    doubtful = FakeTurnDetector(0.1, 0.9)
    heard = hear(
        WAKE, *[SPEECH] * 30, *[SILENCE] * 40, *[SPEECH] * 30, *[SILENCE] * 30, turn_detector=doubtful
    )
    assert utterance(heard).decided == 125
    assert len(doubtful.asked) == 2


def test_a_second_wake_word_keeps_what_came_before_it_as_preroll():
    said = utterance(hear(WAKE, *[SPEECH] * 20, WAKE, *[SPEECH] * 30, *[SILENCE] * 30))
    assert said.samples.startswith(SPEECH * FRAME_BYTES * 5 + WAKE * FRAME_BYTES)


def test_the_listener_can_be_told_to_listen_without_a_wake_word():
    listener = Listener(FakeDetector(), FakeWakeWords(), LIMITS)
    listener.listen()
    heard = [event for frame in frames(*[SPEECH] * 30, *[SILENCE] * 30) for event in listener.feed(frame)]
    assert [type(event) for event in heard] == [SpeechStarted, Utterance]


def test_silence_never_reaches_the_wake_network():
    wake_words = FakeWakeWords()
    listener = Listener(FakeDetector(), wake_words, LIMITS)
    for frame in frames(*[SILENCE] * 100):
        list(listener.feed(frame))
    assert wake_words.skipped == 100
