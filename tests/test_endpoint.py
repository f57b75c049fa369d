"""When a request is over."""

from assistant.endpoint import Decision, Endpoint, EndpointLimits
from assistant.events import Activity

LIMITS = EndpointLimits(silence=25, patience=60, start=250, length=750)
SPEECH, SOUND, SILENCE = Activity.SPEECH, Activity.SOUND, Activity.SILENCE


def decide(*activities: Activity, complete: bool = True) -> tuple[Decision | None, int]:
    """The decision and the number of frames it took."""
    endpoint = Endpoint(LIMITS, lambda: complete)
    for count, activity in enumerate(activities, 1):
        if decision := endpoint.feed(activity):
            return decision, count
    return None, len(activities)


def test_a_complete_request_ends_after_a_short_silence():
    assert decide(*[SPEECH] * 40, *[SILENCE] * 60) == (Decision.TURN, 65)


def test_an_incomplete_request_is_given_patience():
    assert decide(*[SPEECH] * 40, *[SILENCE] * 90, complete=False) == (Decision.SILENCE, 100)


def test_sound_that_is_no_speech_counts_as_silence():
    assert decide(*[SPEECH] * 40, *[SOUND] * 60) == (Decision.TURN, 65)


def test_a_pause_inside_does_not_end_it():
    assert decide(*[SPEECH] * 40, *[SILENCE] * 20, *[SPEECH] * 40, *[SILENCE] * 25) == (Decision.TURN, 125)


def test_nothing_said_is_noticed():
    assert decide(*[SILENCE] * 300) == (Decision.NOTHING, 250)


def test_a_click_does_not_start_a_request():
    assert decide(*[SPEECH] * 4, *[SILENCE] * 300) == (Decision.NOTHING, 250)


def test_speech_without_end_is_cut_at_the_longest_length():
    assert decide(*[SPEECH] * 1000) == (Decision.LENGTH, 750)


def test_somebody_who_begins_late_is_not_cut_off():
    assert decide(*[SILENCE] * 245, *[SPEECH] * 30, *[SILENCE] * 25) == (Decision.TURN, 300)


def test_the_turn_detector_is_asked_once_a_pause():
    asked = []
    endpoint = Endpoint(LIMITS, lambda: bool(asked.append(1)))
    for activity in [*[SPEECH] * 20, *[SILENCE] * 40, *[SPEECH] * 20, *[SILENCE] * 40]:
        endpoint.feed(activity)
    assert len(asked) == 2


def test_first_and_last_voiced_frames_are_known():
    endpoint = Endpoint(LIMITS, lambda: True)
    for activity in [*[SILENCE] * 7, *[SPEECH] * 20, *[SILENCE] * 10]:
        endpoint.feed(activity)
    assert (endpoint.first_voiced, endpoint.last_voiced) == (7, 26)


def test_limits_are_counted_in_frames():
    assert EndpointLimits.from_seconds(silence=0.5, patience=1.2, start=5, length=15) == LIMITS
