import numpy as np
import pytest

from assistant.audio import chime
from tests.audio.sounds import array

CHIMES = [chime.wake, chime.failure, chime.ring]


@pytest.mark.parametrize("make", CHIMES)
def test_a_chime_is_quiet_and_begins_and_ends_without_a_click(make):
    sound = array(make().samples).astype(int)
    assert -24 < 20 * np.log10(np.abs(sound).max() / 32768) <= -18
    assert abs(sound[0]) < 50
    assert abs(sound[-1]) < 50
    assert np.abs(np.diff(sound)).max() < 2000


@pytest.mark.parametrize("make", CHIMES)
def test_a_chime_is_the_same_every_time_and_says_no_words(make):
    assert make() == make()
    assert make().text == ""


def test_the_wake_chime_is_short_enough_not_to_cover_the_request():
    assert chime.wake().seconds <= 0.2


def test_the_ring_can_be_repeated_every_two_seconds():
    assert chime.ring().seconds == pytest.approx(2.0)


def test_the_chimes_differ():
    assert len({make().samples for make in CHIMES}) == 3
