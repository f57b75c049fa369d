"""Reads and writes sound files. The only module that knows soundfile."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from assistant.audio.resample import Resampler, quantize
from assistant.errors import InputError, StorageError
from assistant.events import FRAME_BYTES, RATE_HZ, SAMPLE_BYTES

_BLOCK_SAMPLES = 1 << 16
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # RIFF, format and data chunk of a PCM WAV file


def check(path: Path) -> None:
    """Look whether sound can be read from a WAV, FLAC or OGG file; raises InputError."""
    with _opened(path):
        pass


def read(path: Path) -> bytes:
    """The whole of a file as 16 kHz signed 16-bit mono; raises InputError."""
    with _opened(path) as sound:
        return b"".join(_converted(sound))


def frames(path: Path) -> Iterator[bytes]:
    """The same, read as it is wanted, in frames of 640 bytes; the last is filled up with silence."""
    rest = b""
    with _opened(path) as sound:
        for block in _converted(sound):
            rest += block
            whole = len(rest) - len(rest) % FRAME_BYTES
            yield from (rest[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))
            rest = rest[whole:]
    if rest:
        yield rest.ljust(FRAME_BYTES, b"\0")


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    try:
        # By descriptor: given a name, soundfile would take `.raw` for a format and ask for its rate.
        with path.open("rb") as file, soundfile.SoundFile(file.fileno(), closefd=False) as sound:
            if not sound.frames:
                raise _empty(path)
            yield sound
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except soundfile.LibsndfileError as error:
        raise _no_sound_file(path) from error


def _converted(sound: soundfile.SoundFile) -> Iterator[bytes]:
    resampler = Resampler(sound.samplerate, RATE_HZ)
    for block in sound.blocks(_BLOCK_SAMPLES, dtype="float32", always_2d=True):
        yield quantize(resampler.feed(block.mean(axis=1))).tobytes()
    yield quantize(resampler.feed(np.zeros(0, np.float32), last=True)).tobytes()


def _empty(path: Path) -> InputError:
    return InputError(
        en=f"The sound file {path} holds no sound: it ends after its header.",
        zh=f"声音文件 {path} 中没有声音：文件头之后没有数据。",
    )


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        en=f"The sound file {path} cannot be read: {reason}.",
        zh=f"无法读取声音文件 {path}：{reason}。",
    )


def _no_sound_file(path: Path) -> InputError:
    if path.stat().st_size == 0:
        return InputError(en=f"The sound file {path} is empty.", zh=f"声音文件 {path} 是空的。")
    return InputError(
        en=f"{path} is no sound file that can be read; give a WAV, FLAC or OGG file.",
        zh=f"{path} 不是可以读取的声音文件；请给出 WAV、FLAC 或 OGG 文件。",
    )


_LARGEST_BYTES = 0xFFFFFFFF - _HEADER.size  # what the header can tell: a day at 24 kHz


class WavWriter:
    """A WAV file that is whole after every block, so that an interrupted run leaves what it heard."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        """Create `path`, 16-bit mono; raises StorageError here rather than when the sound is there."""
        self._path = path
        self._rate_hz = rate_hz
        self._sound_bytes = 0
        with _storing(path):
            path.touch(mode=0o600)  # a voice speaks to somebody in it
            if path.is_file():  # not a pipe or a terminal; it may have been there, open to others
                path.chmod(0o600)
            path.write_bytes(self._header())

    def write(self, samples: bytes) -> None:
        """Append signed 16-bit mono samples; raises StorageError."""
        with _storing(self._path), self._path.open("r+b") as file:
            file.seek(_HEADER.size + self._sound_bytes)
            file.write(samples)
            self._sound_bytes += len(samples)
            file.seek(0)
            file.write(self._header())

    def _header(self) -> bytes:
        size = min(self._sound_bytes, _LARGEST_BYTES)  # longer ones are read to the end of the file
        format_ = (16, 1, 1, self._rate_hz, self._rate_hz * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
        riff_bytes = _HEADER.size - 8 + size
        return _HEADER.pack(b"RIFF", riff_bytes, b"WAVE", b"fmt ", *format_, b"data", size)


def write(path: Path, samples: bytes, rate_hz: int) -> None:
    """Write signed 16-bit mono samples as a WAV file; raises StorageError."""
    WavWriter(path, rate_hz).write(samples)


@contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            en=f"The sound file {path} cannot be written: {error.strerror}; choose another place.",
            zh=f"无法写入声音文件 {path}：{error.strerror}；请换一个位置。",
        ) from error
