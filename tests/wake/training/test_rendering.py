from functools import partial

import numpy as np
import pytest

from assistant.errors import StorageError
from assistant.wake.training import rendering
from assistant.wake.training.rendering import Studio, Take, cast_take

SPEAKERS = ["af_ann", "bm_bob", "zf_can", "zm_dan", "jf_eri"]


class ToneVoice:
    """Sings a note as high as the first number of the style's row for the phonemes."""

    def speak(self, phonemes, style, speed):
        seconds = 0.1 * len(phonemes) / speed
        return np.sin(2 * np.pi * style[0, 0] * np.arange(int(24_000 * seconds)) / 24_000).astype(np.float32)


def in_this_process(jobs, workers, progress):
    for done, job in enumerate(jobs, 1):
        job()
        progress(done, len(jobs))


@pytest.fixture
def studio(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "run_all", in_this_process)
    styles = {name: np.full((510, 256), 200 * (n + 1), np.float32) for n, name in enumerate(SPEAKERS)}
    return Studio(ToneVoice, styles, tmp_path / "takes", 1)


def pitch_hz(sound):
    return np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / len(sound)


def test_a_take_blends_its_two_speakers(studio):
    take = Take("abcde", ("af_ann", "zf_can"), 0.25, 1.0, 3)
    (sound,) = studio.record([take], lambda done, total: None)
    assert pitch_hz(sound) == pytest.approx(300, abs=3)
    assert len(sound) == pytest.approx(8000, abs=200)


def test_what_was_recorded_once_is_not_recorded_again(studio):
    take = Take("abc", ("af_ann", "bm_bob"), 0.5, 1.0, 0)
    steps = []
    first = studio.record([take, take], lambda done, total: steps.append((done, total)))
    again = studio.record([take], lambda done, total: steps.append((done, total)))
    assert steps == [(1, 1)]
    assert (first[0] == again[0]).all()


def test_another_take_has_another_file():
    one = Take("abc", ("af_ann", "bm_bob"), 0.5, 1.0, 0)
    other = Take("abc", ("af_ann", "bm_bob"), 0.5, 1.0, 1)
    assert one.file_name != other.file_name


def test_a_cache_that_cannot_be_made_is_named(studio, tmp_path):
    (tmp_path / "file").write_text("")
    broken = Studio(studio.hire, studio.styles, tmp_path / "file" / "takes", 1)
    with pytest.raises(StorageError, match="takes"):
        broken.record([], lambda done, total: None)


def test_native_speakers_speak_most_and_the_others_sometimes():
    rng = np.random.default_rng(0)
    takes = [cast_take("abc", "zh", SPEAKERS, rng) for _ in range(400)]
    native = np.mean([take.speakers[0].startswith("z") for take in takes])
    assert 0.75 < native < 0.95
    assert all(0.75 <= take.speed <= 1.35 for take in takes)
    assert partial(cast_take, "abc", "zh", SPEAKERS)(np.random.default_rng(0)) == takes[0]
