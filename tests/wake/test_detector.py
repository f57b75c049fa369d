import pytest

from assistant.events import FRAMES_PER_SECOND
from assistant.wake.detector import WakeWords
from tests.wake.doubles import LoudnessEmbedding, frames, loudness_head

QUIET, WORD = 0, 1000


def detector(*heads, thresholds=None, embedding=None):
    return WakeWords(embedding or LoudnessEmbedding(), heads or [loudness_head()], thresholds or {})


def detections(wake_words, heard):
    return [found for frame in heard if (found := wake_words.detect(frame))]


def test_a_word_is_recognised_at_the_frame_that_completes_its_second_hop():
    (found,) = detections(detector(), frames(QUIET, QUIET, WORD, WORD, QUIET))
    assert (found.word, found.index) == ("marvin", 15)
    assert found.score == pytest.approx(1.0, abs=1e-6)


def test_one_high_score_alone_wakes_nobody():
    assert detections(detector(), frames(QUIET, WORD, QUIET, WORD, QUIET)) == []


def test_a_word_that_stays_in_the_window_wakes_once():
    assert len(detections(detector(), frames(*[WORD] * 10))) == 1


def test_the_next_word_wakes_again_a_second_and_a_half_later():
    first, second = detections(detector(), frames(*[WORD] * 30))[:2]
    assert second.index - first.index >= FRAMES_PER_SECOND * 3 // 2
    assert second.index - first.index < FRAMES_PER_SECOND * 2


def test_the_users_threshold_goes_before_the_words_own():
    heard = frames(WORD, WORD, WORD)
    assert detections(detector(loudness_head(threshold=0.99999), thresholds={"marvin": 0.5}), heard)
    assert not detections(detector(thresholds={"marvin": 1.1}), heard)


def test_of_two_words_heard_at_once_the_surer_one_counts():
    heads = [loudness_head("hal", threshold=0.9), loudness_head("marvin", threshold=0.2)]
    (found,) = detections(detector(*heads), frames(WORD, WORD))
    assert found.word == "marvin"


def test_silence_costs_no_embedding_and_is_made_up_for_when_sound_comes():
    embedding = LoudnessEmbedding()
    wake_words = detector(embedding=embedding)
    for frame in frames(*[QUIET] * 20):
        wake_words.skip(frame)
    assert embedding.embedded == 0
    detections(wake_words, frames(WORD, first=80))
    assert embedding.embedded == 16
    detections(wake_words, frames(WORD, first=84))
    assert embedding.embedded == 17


def test_scores_from_before_a_silence_do_not_count():
    wake_words = detector()
    heard = frames(WORD, QUIET, WORD)
    detections(wake_words, heard[:4])
    for frame in heard[4:8]:
        wake_words.skip(frame)
    assert detections(wake_words, heard[8:]) == []


def test_after_a_reset_nothing_of_the_past_counts():
    wake_words = detector()
    detections(wake_words, frames(WORD, WORD)[:7])
    wake_words.reset()
    assert detections(wake_words, frames(WORD)) == []
    assert len(detections(wake_words, frames(WORD, first=4))) == 1


def test_the_longest_word_fits_into_the_lookback():
    assert detector().lookback_frames >= 1.5 * FRAMES_PER_SECOND
