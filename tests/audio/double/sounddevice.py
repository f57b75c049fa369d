"""Stands in for the library of that name in a real audio child, see test_child.py.

XIAOBEN_TEST_SOUND says what kind of house it is: `absent` has no PortAudio, `unplugged` loses its devices
after 0.1 s, `busy` has a microphone that another program uses.
"""

import os
import sys
import threading
import time

import numpy as np

HOUSE = os.environ.get("XIAOBEN_TEST_SOUND", "")
if HOUSE == "absent":
    raise OSError("PortAudio library not found")
sys.stderr.write("ALSA lib says something\n")


class PortAudioError(Exception):
    pass


class default:  # noqa: N801 - the library's name
    device = (0, 1)


def query_devices():
    names = [("Ears", 2, 0, 44_100.0), ("Mouth", 0, 2, 8_000.0), ("Mouth two", 0, 2, 48_000.0)]
    return [
        {
            "index": index,
            "name": name,
            "max_input_channels": inputs,
            "max_output_channels": outputs,
            "default_samplerate": rate,
        }
        for index, (name, inputs, outputs, rate) in enumerate(names)
    ]


def check_input_settings(*, device, samplerate, channels, dtype):
    if (device, samplerate, channels, dtype) != (0, 48_000, 2, "int16"):
        raise PortAudioError("Invalid sample rate")


def check_output_settings(*, device, samplerate, channels, dtype):
    if channels != 2:
        raise PortAudioError("Invalid number of channels")


class _Stream:
    latency = 0.01

    def __init__(self, *, samplerate, channels, blocksize, callback, finished_callback, **_rest):
        self._shape = (blocksize, channels)
        self._seconds = blocksize / samplerate
        self._callback = callback
        self._finished = finished_callback
        self._open = True

    def start(self):
        if HOUSE == "busy" and isinstance(self, RawInputStream):
            raise PortAudioError("Device unavailable")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        begin = time.monotonic()
        while self._open and not (HOUSE == "unplugged" and time.monotonic() > begin + 0.1):
            self._call()
            time.sleep(self._seconds)
        self._finished()

    def close(self):
        self._open = False
        self._thread.join()


class RawInputStream(_Stream):
    """Hears 1000 on the left and 3000 on the right; the second block comes after an overrun."""

    blocks = 0

    def _call(self):
        block = np.tile(np.array([1000, 3000], np.int16), self._shape[0])
        self._callback(block.tobytes(), self._shape[0], None, self.blocks == 1)
        self.blocks += 1


class OutputStream(_Stream):
    def _call(self):
        block = np.full(self._shape, 77, np.int16)
        self._callback(block, self._shape[0], None, False)
        if (block[:, 0] != block[:, 1]).any():
            raise AssertionError("both sides shall hear the same")
