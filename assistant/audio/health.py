"""How well the sound flows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """What a person or a watchdog may ask of the sound devices."""

    frames: int = 0
    """Frames heard."""
    lost: int = 0
    """Frames that never came: overruns, a stopped sound server, an unplugged microphone."""
    zero_seconds: float = 0.0
    """For how long the microphone has delivered nothing but zeros: muted, or not connected."""
    xruns: int = 0
    """How often a device's buffer ran full or empty."""
    restarts: int = 0
    """How often a child process was replaced."""
    alive: bool = True
    """Whether a frame was heard within the last second."""
