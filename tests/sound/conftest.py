"""A sound card made of software: PulseAudio with two null sinks, reached through ALSA as PortAudio does it.

What is injected into the sink `mic` is what the default microphone hears; what is played on the default
speaker, the sink `speaker`, can be recorded from its monitor.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec")
_START_SECONDS = 10.0
_ALSA = """
pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.study_microphone { type pulse device microphone }
pcm.study_speaker { type pulse device speaker }
"""
# Without norewinds a null sink renders 2 s at once, and what listens to its monitor waits for that long.
_NULL_SINK = "module-null-sink sink_name={} rate=48000 channels=2 norewinds=1"


class VirtualSound:
    """A private PulseAudio server."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "PULSE_SERVER": f"unix:{folder / 'native'}",
            "PULSE_RUNTIME_PATH": str(folder / "runtime"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        (folder / "asound.conf").write_text(_ALSA)

    @property
    def pid(self) -> int:
        assert self._server
        return self._server.pid

    def start(self) -> None:
        modules = [
            f"module-native-protocol-unix socket={self._folder / 'native'} auth-anonymous=1",
            _NULL_SINK.format("speaker"),
            _NULL_SINK.format("mic"),
            "module-remap-source master=mic.monitor source_name=microphone",
        ]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
                    "--resample-method=speex-float-5",
                    *(f"--load={module}" for module in modules),
                ],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )
        self._wait_until_it_answers()
        self.control("set-default-sink", "speaker")
        self.control("set-default-source", "microphone")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._run("pactl", "info").returncode:
            if time.monotonic() > deadline or (self._server and self._server.poll() is not None):
                pytest.fail(f"PulseAudio does not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        assert self._server
        self._server.terminate()
        try:
            self._server.wait(5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def control(self, *command: str) -> str:
        """Have `pactl` do something; what it prints."""
        done = self._run("pactl", *command)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def _run(self, *command: str) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(command, env=os.environ | self.environment, capture_output=True, check=False)

    def inject(self, path: Path) -> None:
        """Play a sound file into the microphone, and return when it was heard."""
        subprocess.run(
            ["paplay", "--device=mic", "--latency-msec=200", path],
            env=os.environ | self.environment,
            check=True,
        )

    @contextmanager
    def recording(self, path: Path, rate_hz: int = 48_000) -> Iterator[None]:
        """Record what the speaker plays meanwhile into a WAV file, mono."""
        recorder = subprocess.Popen(
            [
                *("parec", "--device=speaker.monitor", "--file-format=wav", "--latency-msec=20"),
                *(f"--rate={rate_hz}", "--channels=1", "--format=s16le", path),
            ],
            env=os.environ | self.environment,
        )
        try:
            while not path.exists() or path.stat().st_size <= 44:
                time.sleep(0.01)
            yield
        finally:
            recorder.terminate()
            recorder.wait()


@pytest.fixture(scope="session")
def _virtual_sound() -> Iterator[VirtualSound]:
    if missing := [program for program in _PROGRAMS if not shutil.which(program)]:
        pytest.skip(f"not installed: {', '.join(missing)} (Debian: pulseaudio pulseaudio-utils)")
    # Not pytest's own folder: a socket's path must not be longer than 107 characters.
    with tempfile.TemporaryDirectory(prefix="xiaoben-pulse-") as folder:
        sound = VirtualSound(Path(folder))
        sound.start()
        try:
            yield sound
        finally:
            sound.stop()


@pytest.fixture
def sound(_virtual_sound: VirtualSound, monkeypatch: pytest.MonkeyPatch) -> VirtualSound:
    """The virtual sound card; programs that the test starts use it too."""
    for name, value in _virtual_sound.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XIAOBEN_LANG", "en")
    return _virtual_sound
