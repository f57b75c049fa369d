"""`xiaoben devices`, as a person and as a program sees it."""

import argparse
import json

import pytest

from assistant.audio.inventory import Device
from assistant.commands import devices
from assistant.config import AudioConfig, Config

MICROPHONE = Device(0, "Webcam", 1, 0, 16_000, [])
HEADSET = Device(1, "Jabra 耳机", 1, 2, 48_000, ["microphone", "speaker"])


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What the command prints in a house with these devices."""

    def show(*found: Device, as_json: bool = False, lang: str = "en", **audio: str) -> str:
        async def list_devices() -> list[Device]:
            return list(found)

        monkeypatch.setattr(devices, "list_devices", list_devices)
        monkeypatch.setenv("XIAOBEN_LANG", lang)
        assert devices.run(argparse.Namespace(json=as_json), Config(audio=AudioConfig(**audio))) == 0
        return capsys.readouterr().out

    return show


def test_the_devices_are_listed_by_what_they_do_with_the_one_in_use_marked(shown):
    assert shown(MICROPHONE, HEADSET, microphone="webcam").splitlines() == [
        "Microphones",
        "* Webcam  16000 Hz, 1 channel",
        "  Jabra 耳机  48000 Hz, 1 channel, the default",
        "Speakers",
        "* Jabra 耳机  48000 Hz, 2 channels, the default",
    ]


def test_the_same_in_chinese(shown):
    assert shown(HEADSET, lang="zh").splitlines() == [
        "麦克风",
        "* Jabra 耳机  48000 Hz，1 声道，系统默认",
        "扬声器",
        "* Jabra 耳机  48000 Hz，2 声道，系统默认",
    ]


def test_a_configured_name_that_fits_nothing_is_told(shown):
    assert "No microphone has 'Yeti' in its name, there are: Jabra 耳机" in shown(HEADSET, microphone="Yeti")


def test_a_house_without_devices_is_told(shown):
    assert shown().splitlines() == [
        "Microphones",
        "  No microphone was found; plug one in and see `xiaoben devices`.",
        "Speakers",
        "  No speaker was found; plug one in and see `xiaoben devices`.",
    ]


def test_a_program_gets_the_same_as_json(shown):
    answer = json.loads(shown(MICROPHONE, HEADSET, microphone="webcam", as_json=True))
    assert answer == [
        {
            "index": 0,
            "name": "Webcam",
            "inputs": 1,
            "outputs": 0,
            "rate_hz": 16_000,
            "default": [],
            "configured": ["microphone"],
        },
        {
            "index": 1,
            "name": "Jabra 耳机",
            "inputs": 1,
            "outputs": 2,
            "rate_hz": 48_000,
            "default": ["microphone", "speaker"],
            "configured": ["speaker"],
        },
    ]
