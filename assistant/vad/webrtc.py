"""A cheap first opinion on every frame. The only module that knows webrtcvad."""

import webrtcvad

from assistant.events import RATE_HZ, AudioFrame


class WebRtcGate:
    """Tells sound that may be speech from silence, in about 10 µs a frame."""

    def __init__(self, aggressiveness: int) -> None:
        """`aggressiveness` 0 to 3: how readily it calls a sound no speech."""
        self._vad = webrtcvad.Vad(aggressiveness)

    def is_sound(self, frame: AudioFrame) -> bool:
        """Whether this frame may be speech."""
        return bool(self._vad.is_speech(frame.samples, RATE_HZ))
