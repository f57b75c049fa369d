"""Lets Xiaoben answer the recording beside this file, shows what happens and plays it: `make demo`."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.audio.files import read, write
from assistant.audio.speaker import Speaker
from assistant.errors import AudioError, localized
from assistant.events import RATE_HZ, Speech

FOLDER = Path(__file__).parent
RECORDING = FOLDER / "recording.flac"
CONVERSATION = FOLDER / "conversation.wav"


def main() -> int:
    """Run the whole chain on the recording; its exit status."""
    print(
        localized(
            en='A real person says "hey computer, what time is it"; then a rendered voice says\n'
            "小本同学，现在几点了 and 小本同学，定一个五秒钟的计时器. Loading the models …",
            zh="真人录音说“hey computer, what time is it”；然后合成的声音说\n"
            "“小本同学，现在几点了”和“小本同学，定一个五秒钟的计时器”。正在加载模型…",
        ),
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        reply, events = Path(folder, "reply.wav"), Path(folder, "events.jsonl")
        status = run(Path(folder), reply, events)
        if status == 0:
            write(CONVERSATION, mix(read(RECORDING), read(reply)), RATE_HZ)
    if status == 0:
        print(localized(en=f"The conversation is in {CONVERSATION}.", zh=f"对话录音在 {CONVERSATION}。"))
        asyncio.run(play())
    return status


def run(folder: Path, reply: Path, events: Path) -> int:
    """The daemon with files in place of devices; prints what it reports while it works."""
    config = folder / "config.toml"
    config.write_text(f'state = "{folder}"\n')  # its timers are not the user's
    command: list[str | Path] = [sys.executable, "-m", "assistant", "run", "--config", config, "--fast"]
    command += ["--mic", RECORDING, "--speaker", reply, "--events", events]
    with subprocess.Popen(command) as daemon:
        for event in follow(events, daemon):
            if line := describe(event):
                print(f"{event['t']:7.2f} s  {line}", flush=True)
    return daemon.returncode


def follow(path: Path, writer: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """The lines of an events file as they are written, until the writer ends."""
    position, ended = 0, False
    while not ended:
        ended = writer.poll() is not None
        text = path.read_text() if path.exists() else ""
        *lines, _ = text[position:].split("\n")
        position += sum(len(line) + 1 for line in lines)
        yield from map(json.loads, lines)
        time.sleep(0.05)


def describe(event: dict[str, Any]) -> str | None:
    """What a person wants to know of an event."""
    descriptions = {
        "wake": (localized(en="heard the wake word", zh="听到唤醒词"), "{word} ({score})"),
        "endpoint": (localized(en="the request is over", zh="说完了"), "({reason})"),
        "transcript": (localized(en="understood", zh="听到"), "{text}"),
        "intent": (localized(en="meaning", zh="意思"), "{name} {slots}"),
        "reply": (localized(en="answers", zh="回答"), "{text}"),
        "error": (localized(en="failed", zh="失败"), "{message}"),
    }
    if event["event"] not in descriptions:
        return None
    label, details = descriptions[event["event"]]
    return f"{label}: {details.format(**event)}"


def mix(one: bytes, other: bytes) -> bytes:
    """Two sounds at once, signed 16-bit mono at one rate."""
    length = max(len(one), len(other))
    both = samples(one, length) + samples(other, length)
    sound: bytes = np.clip(both, -32768, 32767).astype("<i2").tobytes()
    return sound


def samples(sound: bytes, length: int) -> NDArray[np.int32]:
    """As numbers, silence added up to `length` bytes."""
    return np.frombuffer(sound.ljust(length, b"\0"), "<i2").astype(np.int32)


async def play() -> None:
    """Let it be heard, where there is a speaker."""
    try:
        async with Speaker("") as speaker:
            await speaker.play(Speech(read(CONVERSATION), RATE_HZ), lambda _: None)
    except AudioError as error:
        print(localized(en=f"It cannot be played here: {error}", zh=f"这里无法播放：{error}"))


if __name__ == "__main__":
    sys.exit(main())
