"""Silence, sound or speech."""

from assistant.events import Activity, AudioFrame
from assistant.vad.detector import SpeechDetector
from tests.fakes import SILENCE, SOUND, SPEECH, frames


class FakeGate:
    def is_sound(self, frame: AudioFrame) -> bool:
        return frame.samples[:1] != SILENCE


class FakeNetwork:
    def __init__(self) -> None:
        self.fed = 0
        self.resets = 0
        self.levels = {SILENCE[0]: 0.0, SOUND[0]: 0.4, SPEECH[0]: 0.9}

    def feed(self, samples: bytes) -> float:
        self.fed += 1
        return self.levels[samples[0]]

    def reset(self) -> None:
        self.resets += 1


def detect(network: FakeNetwork, *kinds: bytes) -> list[Activity]:
    detector = SpeechDetector(FakeGate(), network, 0.5)
    return [detector.detect(frame) for frame in frames(*kinds)]


def test_silence_costs_only_the_gate():
    network = FakeNetwork()
    assert set(detect(network, *[SILENCE] * 100)) == {Activity.SILENCE}
    assert network.fed == 0


def test_what_the_network_doubts_is_sound():
    assert detect(FakeNetwork(), SOUND, SOUND) == [Activity.SOUND] * 2


def test_what_it_believes_is_speech():
    assert detect(FakeNetwork(), SPEECH) == [Activity.SPEECH]


def test_speech_goes_on_a_little_below_the_threshold():
    assert detect(FakeNetwork(), SPEECH, SOUND, SILENCE, SOUND) == [
        Activity.SPEECH, Activity.SPEECH, Activity.SOUND, Activity.SOUND,
    ]  # fmt: skip


def test_the_gate_stays_open_for_a_second():
    activities = detect(FakeNetwork(), SOUND, *[SILENCE] * 60)
    assert activities.count(Activity.SOUND) == 50
    assert activities[-1] is Activity.SILENCE


def test_the_network_hears_what_came_just_before():
    network = FakeNetwork()
    detect(network, *[SILENCE] * 20, SPEECH)
    assert (network.resets, network.fed) == (1, 9)
