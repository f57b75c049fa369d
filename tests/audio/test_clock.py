import pytest

from assistant.audio.clock import FrameClock

FRAME = 0.02


def heard(clock: FrameClock, count: int, since: float, late=lambda number: 0.0) -> list[int]:
    """Indices of `count` frames, the first of which is complete 20 ms after `since`."""
    return [clock.number(since + (number + 1) * FRAME + late(number)) for number in range(count)]


def test_frames_are_numbered_from_zero():
    clock = FrameClock()
    assert heard(clock, 200, since=100.0) == list(range(200))
    assert clock.lost == 0


def test_the_time_of_a_moment_is_counted_from_the_first_frames_beginning():
    clock = FrameClock()
    assert clock.seconds(100.0) == 0.0
    heard(clock, 1, since=100.0)
    assert clock.seconds(103.5) == pytest.approx(3.5)


def test_frames_that_come_in_bursts_are_not_lost():
    clock = FrameClock()
    # Forty of them, 0.8 s, arrive together with the last one.
    assert heard(clock, 1000, since=0.0, late=lambda number: (39 - number % 40) * FRAME) == list(range(1000))
    assert clock.lost == 0


def test_a_gap_that_stays_is_counted_and_skipped_within_two_seconds():
    clock = FrameClock()
    heard(clock, 50, since=0.0)
    indices = heard(clock, 120, since=1.0 + 0.5)  # half a second never came
    assert clock.lost == 25
    assert indices[0] == 50
    assert indices[-1] == 50 + 119 + 25


def test_frames_that_the_child_dropped_are_skipped_at_once():
    clock = FrameClock()
    heard(clock, 10, since=0.0)
    assert clock.number(0.2 + 8 * FRAME, missing=7) == 17
    assert clock.lost == 7


def test_after_a_restart_the_index_is_that_of_real_time():
    clock = FrameClock()
    heard(clock, 100, since=0.0)  # until 2 s
    clock.restart(3.0 + FRAME)
    assert heard(clock, 3, since=3.0) == [150, 151, 152]
    assert clock.lost == 50


@pytest.mark.parametrize("drift", [1e-3, -1e-3])
def test_a_card_whose_clock_drifts_loses_nothing_and_keeps_the_time_of_its_frames(drift):
    clock = FrameClock()
    seconds_per_frame = FRAME * (1 + drift)
    indices = [clock.number((number + 1) * seconds_per_frame) for number in range(60_000)]  # 20 minutes
    assert indices == list(range(60_000))
    assert clock.lost == 0
    assert clock.seconds(60_000 * seconds_per_frame) == pytest.approx(60_000 * FRAME, abs=0.01)


def test_a_burst_at_the_beginning_moves_the_origin_to_the_fastest_frames():
    clock = FrameClock()
    heard(clock, 300, since=50.0, late=lambda number: max(0.0, 0.2 - number * FRAME))
    assert clock.seconds(50.0 + 6.0) == pytest.approx(6.0, abs=0.001)
    assert clock.lost == 0
