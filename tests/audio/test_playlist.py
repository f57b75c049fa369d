import numpy as np
import pytest

from assistant.audio.playlist import Playlist
from tests.audio.sounds import frequency, samples, speech, tone


class Rig:
    """A playlist at 1 kHz whose notices are kept."""

    def __init__(self, rate_hz: int = 1000) -> None:
        self.playlist = Playlist(rate_hz)
        self.notices: list[tuple[str, float]] = []

    def queue(self, name: str, *values: int, rate_hz: int = 1000):
        track = self.playlist.open(
            rate_hz,
            lambda at: self.notices.append((f"{name} starts", at)),
            lambda at: self.notices.append((f"{name} ends", at)),
        )
        track.add(np.array(values, np.int16).tobytes())
        track.end()
        return track

    def fill(self, count: int, at: float = 0.0) -> list[int]:
        block = np.full(count, 77, np.int16)
        self.playlist.fill(block, at)
        return block.tolist()


def test_silence_when_nothing_is_queued():
    rig = Rig()
    assert rig.fill(3) == [0, 0, 0]
    assert rig.playlist.empty


def test_speeches_follow_one_another_without_a_gap_across_blocks():
    rig = Rig()
    rig.queue("one", 1000, 1001, 1002)
    rig.queue("two", 2000, 2001)
    assert [rig.fill(2), rig.fill(2), rig.fill(2)] == [[1000, 1001], [1002, 2000], [2001, 0]]
    assert rig.playlist.empty


def test_the_first_audible_sample_and_the_end_are_told_to_the_sample():
    rig = Rig()
    rig.queue("one", 0, 3, -5, -2000, 9)
    rig.fill(4, at=10.0)
    assert rig.notices == [("one starts", pytest.approx(10.003))]
    rig.fill(4, at=10.004)
    assert rig.notices[1:] == [("one ends", pytest.approx(10.005))]


def test_the_end_is_told_with_the_block_that_holds_it():
    rig = Rig()
    rig.queue("one", 1000, 1000)
    rig.fill(2, at=5.0)
    assert rig.notices[-1] == ("one ends", pytest.approx(5.002))


def test_the_loudest_negative_sample_is_audible():
    rig = Rig()
    rig.queue("one", -32768)
    rig.fill(1)
    assert rig.notices[0] == ("one starts", 0.0)


def test_a_speech_that_is_all_silence_ends_without_having_started():
    rig = Rig()
    rig.queue("one", 0, 0)
    rig.fill(4)
    assert [name for name, _ in rig.notices] == ["one ends"]


def test_an_empty_speech_ends_at_once():
    rig = Rig()
    rig.queue("one", rate_hz=24_000)
    assert rig.fill(2) == [0, 0]
    assert rig.notices == [("one ends", 0.0)]


def test_a_dropped_speech_is_silent_from_the_next_sample_on_and_says_nothing():
    rig = Rig()
    one = rig.queue("one", *[1000] * 10)
    rig.queue("two", 2000)
    rig.fill(2)
    one.drop()
    assert rig.fill(3) == [2000, 0, 0]
    assert [name for name, _ in rig.notices] == ["one starts", "two starts", "two ends"]


def test_a_speech_of_another_rate_keeps_its_pitch_and_length():
    rig = Rig(rate_hz=48_000)
    track = rig.playlist.open(22_050, None, lambda at: rig.notices.append(("ends", at)))
    sound = samples(tone(440, 0.5, 22_050))
    for start in range(0, len(sound), 5000):
        track.add(sound[start : start + 5000])
    track.end()
    played = np.array(rig.fill(30_000))
    assert rig.notices == [("ends", pytest.approx(0.5, abs=0.001))]
    assert frequency(played[:24_000], 48_000) == pytest.approx(440, abs=2)
    assert not played[24_050:].any()


def test_the_helper_speech_has_its_lead_of_silence():
    assert np.flatnonzero(np.frombuffer(speech(0.1, lead=0.04).samples, np.int16))[0] == 960
