"""Sound that is longer than Whisper's window."""

import numpy as np
import pytest

from assistant.asr.whisper import pieces

RATE_HZ = 16_000


@pytest.mark.parametrize("seconds", [0, 0.1, 5, 30])
def test_what_fits_stays_whole(seconds: float):
    sound = np.ones(round(seconds * RATE_HZ), np.float32)
    assert [len(piece) for piece in pieces(sound)] == [len(sound)]


def test_what_is_longer_is_cut_in_its_pauses_and_nothing_is_lost():
    sound = np.random.default_rng(0).standard_normal(70 * RATE_HZ).astype(np.float32)
    for pause in (24.0, 49.0):
        sound[round(pause * RATE_HZ) : round((pause + 0.6) * RATE_HZ)] = 0
    cut = list(pieces(sound))
    assert np.array_equal(np.concatenate(cut), sound)
    assert [round(len(piece) / RATE_HZ, 0) for piece in cut] == [24, 25, 21]
