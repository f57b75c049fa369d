"""The whole chain on the demo's recording: every model real, files in place of the sound card."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.audio.files import read, write
from assistant.events import FRAME_BYTES, FRAMES_PER_SECOND, RATE_HZ
from tests.listening import alike, heard, rendered

pytestmark = pytest.mark.models

RECORDING = Path(__file__).parent.parent / "demo" / "recording.flac"


@dataclass
class Run:
    """What came out."""

    events: list[dict[str, Any]]
    speaker: bytes
    log: str

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.events if line["event"] == event]

    def said_after(self, seconds: float, until: float) -> bytes:
        first, last = (round(moment * FRAMES_PER_SECOND) * FRAME_BYTES for moment in (seconds, until))
        return self.speaker[first:last]


def run(folder: Path, microphone: bytes) -> Run:
    """The daemon on a sound, as fast as it can."""
    write(folder / "mic.wav", microphone, RATE_HZ)
    (folder / "config.toml").write_text(f'state = "{folder}/state"\n')
    command = [sys.executable, "-m", "assistant", "run", "--config", folder / "config.toml", "--fast"]
    command += ["--mic", folder / "mic.wav", "--speaker", folder / "out.wav"]
    command += ["--events", folder / "events.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = (folder / "events.jsonl").read_text().splitlines()
    return Run([json.loads(line) for line in lines], read(folder / "out.wav"), done.stderr)


def noise(kind: str, seconds: float) -> bytes:
    """Loud sound that nobody speaks."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    random = np.random.default_rng(0)
    sounds = {
        "hiss": 0.1 * random.standard_normal(time.size),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * time) + 0.1 * np.sin(2 * np.pi * 150 * time),
        "music": 0.1
        * sum(np.sin(2 * np.pi * hz * (1 + time // 0.5 % 4 / 4) * time) for hz in (262, 330, 392)),
    }
    return (np.clip(sounds[kind], -1, 1) * 32767).astype("<i2").tobytes()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tmp_path_factory.mktemp("demo"), read(RECORDING))


def test_three_requests_are_woken_for_and_understood(demo: Run):
    assert [line["word"] for line in demo.of("wake")] == [
        "hey_computer",
        "xiaoben_tongxue",
        "xiaoben_tongxue",
    ]
    assert [line["lang"] for line in demo.of("transcript")] == ["en", "zh", "zh"]
    names = [line["name"] for line in demo.of("intent")]
    assert names == ["clock.time", "clock.time", "timer.start"]
    assert demo.of("intent")[2]["slots"] == {"length": 5.0}


def test_the_wake_word_is_not_in_the_requests(demo: Run):
    assert not re.search(
        "computer|同学", str([line["text"] for line in demo.of("transcript")]), re.IGNORECASE
    )


def test_each_request_is_answered_in_its_language(demo: Run):
    english, chinese, timer, ring = demo.of("reply")
    assert re.fullmatch(r"It's \d{1,2}(:\d\d|) [AP]M\.", english["text"]), english["text"]
    assert re.fullmatch("现在是.+点.*。", chinese["text"]), chinese["text"]
    assert timer["text"] == "好的，五秒计时开始。"
    assert ring["text"] == "五秒到了。"


def test_the_timer_rings_when_it_is_over(demo: Run):
    set_at = demo.of("reply")[2]["t"]
    assert 5.0 <= demo.of("first_audio")[3]["t"] - set_at <= 8.5  # the ring tone comes first


def test_what_comes_out_of_the_speaker_says_the_replies(demo: Run):
    for reply, began, ended in zip(
        demo.of("reply"), demo.of("first_audio"), demo.of("reply_end"), strict=True
    ):
        text = heard(demo.said_after(began["t"] - 0.2, ended["t"] + 0.2))
        assert alike(text, reply["text"]) >= 0.6, f"{text} instead of {reply['text']}"


def test_events_are_in_order_on_the_audio_clock(demo: Run):
    for turn in (1, 2, 3):
        lines = [line for line in demo.events if line["turn"] == turn]
        assert [line["event"] for line in lines] == [
            "wake", "speech_start", "speech_end", "endpoint",
            "transcript", "intent", "reply", "first_audio", "reply_end",
        ]  # fmt: skip
        times = {line["event"]: line["t"] for line in lines}
        assert times["speech_start"] < times["speech_end"] < times["endpoint"] <= times["first_audio"]
        assert times["first_audio"] < times["reply_end"]


def test_nothing_that_was_said_is_in_the_log(demo: Run):
    for line in [*demo.of("transcript"), *demo.of("reply")]:
        assert line["text"] not in demo.log


@pytest.mark.parametrize("kind", ["hiss", "hum", "music"])
def test_noise_after_the_wake_word_makes_no_turn(kind: str, tmp_path: Path):
    wake = rendered("hey computer", "en", "am_michael")
    out = run(tmp_path, wake + noise(kind, seconds=6.0))
    assert [line["event"] for line in out.events] == ["wake"]


def test_a_general_question_is_answered_by_the_language_model(tmp_path: Path):
    out = run(tmp_path, rendered("Hey computer, what is the capital of France?", "en", "am_michael"))
    assert out.of("intent")[0]["source"] == "llm"
    assert "Paris" in out.of("reply")[0]["text"]
    assert "paris" in heard(out.speaker).lower()


def test_a_general_question_in_chinese_is_answered_in_chinese(tmp_path: Path):
    out = run(tmp_path, rendered("小本同学，法国的首都是哪里？", "zh", "zm_yunxi"))
    assert out.of("intent")[0]["source"] == "none"
    assert "不会中文" in out.of("reply")[0]["text"]


def test_the_wake_word_during_a_reply_stops_it_and_listens(tmp_path: Path):
    first = rendered("Hey computer, what can you do?", "en", "am_michael")
    second = rendered("Hey computer, what time is it?", "en", "am_michael")
    alone = run(tmp_path, first)
    began = alone.of("first_audio")[0]["t"]
    pause = bytes(round((began + 0.6) * FRAMES_PER_SECOND) * FRAME_BYTES - len(first))
    out = run(tmp_path, first + pause + second)
    assert [line["name"] for line in out.of("intent")] == ["talk.capabilities", "clock.time"]
    assert [line["turn"] for line in out.of("reply_end")] == [2]  # the first was never finished
    stopped = out.of("wake")[1]["t"]
    assert not any(out.said_after(stopped + 0.4, stopped + 0.8))
