"""`xiaoben run` on a sound card made of software: spoken to, it speaks, in both languages."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.audio.files import read, write
from assistant.events import RATE_HZ
from tests.listening import alike, heard, rendered
from tests.sound.conftest import VirtualSound
from tests.sound.daemon import Daemon

pytestmark = [pytest.mark.models, pytest.mark.sound]


@pytest.fixture
def daemon(sound: VirtualSound, tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path)
    try:
        running.told(b"READY=1")
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize(
    ("text", "lang", "speaker", "intent"),
    [
        ("Hey computer, what time is it?", "en", "am_michael", "clock.time"),
        ("小本同学，现在几点了？", "zh", "zm_yunxi", "clock.time"),
        ("Hey computer. What is the capital of France?", "en", "am_michael", "chat"),
        ("小本同学，定一个十分钟的计时器。", "zh", "zm_yunxi", "timer.start"),
    ],
)
def test_a_spoken_request_gets_the_right_spoken_answer(
    text, lang, speaker, intent, daemon: Daemon, sound: VirtualSound, tmp_path: Path
):
    write(tmp_path / "request.wav", rendered(text, lang, speaker), RATE_HZ)
    turn = said_until_understood(intent, daemon, sound, tmp_path)
    reply = daemon.events("reply")[turn - 1]
    assert reply["lang"] == lang
    text = heard(read(tmp_path / "reply.wav"))
    assert alike(text, reply["text"]) >= 0.6, f"{text} instead of {reply['text']}"


def said_until_understood(intent: str, daemon: Daemon, sound: VirtualSound, folder: Path) -> int:
    """Say a request, if need be again as a person does: on a busy machine PulseAudio loses samples."""
    for turn in (1, 2):
        with sound.recording(folder / "reply.wav"):
            sound.inject(folder / "request.wav")
            daemon.wait_for("reply_end", turn)
            time.sleep(0.3)  # until the recorder has what was played
        if daemon.events("intent")[turn - 1]["name"] == intent:
            return turn
    pytest.fail(f"not understood: {daemon.events('transcript')}, {daemon.events('intent')}")


def test_the_wake_word_stops_a_reply_and_the_next_request_is_answered(
    daemon: Daemon, sound: VirtualSound, tmp_path: Path
):
    write(tmp_path / "first.wav", rendered("Hey computer, what can you do?", "en", "am_michael"), RATE_HZ)
    write(tmp_path / "second.wav", rendered("Hey computer, what time is it?", "en", "am_michael"), RATE_HZ)
    sound.inject(tmp_path / "first.wav")
    daemon.wait_for("first_audio", 1)
    sound.inject(tmp_path / "second.wav")
    daemon.wait_for("reply_end", 1)
    assert [event["name"] for event in daemon.events("intent")] == ["talk.capabilities", "clock.time"]
    assert [event["turn"] for event in daemon.events("reply_end")] == [2]


def test_the_running_daemon_can_be_asked_and_made_to_speak(
    daemon: Daemon, sound: VirtualSound, tmp_path: Path
):
    status = json.loads(daemon.xiaoben("status", "--json").stdout)
    assert (status["state"], status["pid"]) == ("listening", daemon.process.pid)
    assert status["audio"]["frames"] > 0
    answer = json.loads(daemon.xiaoben("ask", "what can you do", "--json").stdout)
    assert answer["intent"] == "talk.capabilities"
    with sound.recording(tmp_path / "said.wav"):
        assert daemon.xiaoben("say", "今天天气很好。").returncode == 0
        time.sleep(0.3)
    assert alike(heard(read(tmp_path / "said.wav")), "今天天气很好") >= 0.7


def test_a_second_daemon_is_refused_in_one_sentence(daemon: Daemon):
    second = daemon.xiaoben("run")
    assert second.returncode == 75
    *before, last = second.stderr.strip().splitlines()
    assert "running already" in last
    assert [line.split()[0] for line in before] == ["INFO"]  # what the fence says


def test_the_watchdog_is_fed_and_sigterm_ends_cleanly(daemon: Daemon):
    daemon.told(b"WATCHDOG=1")
    daemon.process.send_signal(signal.SIGTERM)
    daemon.told(b"STOPPING=1")
    assert daemon.process.wait(20) == 0
    assert not (daemon.folder / "run" / "socket").exists()
    assert "Traceback" not in (daemon.folder / "log").read_text()


def test_no_port_is_opened(daemon: Daemon):
    process = Path(f"/proc/{daemon.process.pid}")
    status = "".join((process / "net" / name).read_text() for name in ("tcp", "tcp6", "udp", "udp6"))
    owned = {str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()}
    ports = {f"socket:[{line.split()[9]}]" for line in status.splitlines() if ":" in line.split()[0]}
    assert not owned & ports


def test_an_unknown_microphone_ends_the_start_in_one_sentence(sound: VirtualSound, tmp_path: Path):
    settings = f'state = "{tmp_path}/state"\nsocket = "{tmp_path}/run/socket"\naudio.microphone = "Jabra"\n'
    (tmp_path / "config.toml").write_text(settings)
    command = [sys.executable, "-m", "assistant", "run", "--config", tmp_path / "config.toml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 74
    *before, last = done.stderr.splitlines()
    assert last.startswith("xiaoben: No microphone has 'Jabra' in its name, there are: ")
    assert [line.split()[0] for line in before] == ["INFO"]  # what the fence says
    assert not (tmp_path / "run" / "socket").exists()
