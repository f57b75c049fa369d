"""Finds and opens sound devices. Alone in knowing sounddevice, and imported by the audio child only."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from assistant.audio.inventory import ROLES, Device, Role, matching, missing, refused
from assistant.errors import AudioError
from assistant.events import FRAMES_PER_SECOND

try:
    import sounddevice
except OSError:  # PortAudio itself is missing: said by `devices`, in words that help
    sounddevice = None

_RATES_HZ = (48_000, 44_100, 16_000)
_LATENCY_SECONDS = 0.06  # three blocks: one may be late; each more would delay every reply by 20 ms


def devices() -> list[Device]:
    """The devices there were when this process began; raises AudioError when there is no PortAudio."""
    if sounddevice is None:
        raise AudioError(
            en="The PortAudio library is not installed; run `sudo apt install libportaudio2`.",
            zh="没有安装 PortAudio 库；请运行 `sudo apt install libportaudio2`。",
        )
    defaults = list(zip(ROLES, sounddevice.default.device, strict=True))
    return [
        Device(
            index=entry["index"],
            name=entry["name"],
            inputs=entry["max_input_channels"],
            outputs=entry["max_output_channels"],
            rate_hz=round(entry["default_samplerate"]),
            default=[role for role, index in defaults if index == entry["index"]],
        )
        for entry in sounddevice.query_devices()
    ]


class Stream:
    """An open device. Once started it calls back every 20 ms, on a thread of its own."""

    def __init__(
        self, role: Role, name: str, callback: Callable[..., None], lost: Callable[[], None]
    ) -> None:
        """Open the device that fits `name` in a format that it takes; raises AudioError.

        `callback(block, count, times, status)` gets a microphone's sound as bytes, or a speaker's block to
        fill, shape (n, channels), signed 16-bit. `lost()` is called when the device stops by itself.
        """
        known = devices()
        fitting = matching(known, name, role)
        if not fitting:
            raise missing(known, name, role)
        self._role = role
        self._lost = lost
        self._closed = False
        self.device = fitting[0]
        self.matches = len(fitting)
        """How many devices fit the name; the first is taken."""
        self.rate_hz, self.channels = _format(self.device, role)
        with self._refusing():
            self._stream: Any = _stream_class(role)(
                device=self.device.index,
                samplerate=self.rate_hz,
                channels=self.channels,
                dtype="int16",
                blocksize=self.rate_hz // FRAMES_PER_SECOND,
                latency=_LATENCY_SECONDS,
                callback=callback,
                finished_callback=self._finished,
            )

    @property
    def latency_seconds(self) -> float:
        """From the callback to the ear, or from the mouth to the callback."""
        return float(self._stream.latency)

    def start(self) -> None:
        """Begin to call back; raises AudioError."""
        with self._refusing():
            self._stream.start()

    def close(self) -> None:
        """Drop what is buffered and release the device."""
        self._closed = True
        self._stream.close()

    def _finished(self) -> None:
        if not self._closed:
            self._lost()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except sounddevice.PortAudioError as error:
            raise refused(self.device, self._role, str(error)) from error


def _stream_class(role: Role) -> Any:
    return sounddevice.RawInputStream if role == "microphone" else sounddevice.OutputStream


def _format(device: Device, role: Role) -> tuple[int, int]:
    """The first rate and number of channels that the device takes, its own rate preferred."""
    channels = (1, 2, device.channels(role))
    formats = list(itertools.product((device.rate_hz, *_RATES_HZ), channels))
    return next((each for each in formats if _accepts(device, role, *each)), formats[0])


def _accepts(device: Device, role: Role, rate_hz: int, channels: int) -> bool:
    listens = role == "microphone"
    check = sounddevice.check_input_settings if listens else sounddevice.check_output_settings
    try:
        check(device=device.index, samplerate=rate_hz, channels=channels, dtype="int16")
    except sounddevice.PortAudioError:
        return False
    return True
