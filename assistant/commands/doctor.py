"""`xiaoben doctor`: microphone, speaker, echo, wake word, models: what is wrong and what to do."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import asdict

from assistant import control, parts
from assistant.audio import chime
from assistant.audio.device import Devices
from assistant.config import Config
from assistant.diagnosis import Finding, judge_echo, judge_microphone, judge_wake
from assistant.errors import AssistantError, localized
from assistant.events import FRAMES_PER_SECOND, RATE_HZ, AudioFrame, Speech, WakeDetected
from assistant.wake.detector import WakeWords
from assistant.wake.features import SpeechEmbedding

SUMMARY = ("find out what is wrong, and what to do", "检查问题并给出建议")

_LISTEN_SECONDS = 5
_SILENCE_SECONDS = 1
_MARKS = {"good": "✓", "doubtful": "?", "bad": "✗"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--no-sound",
        action="store_true",
        help=localized(en="leave microphone and speaker alone", zh="不使用麦克风和扬声器"),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Print one finding a line; 1 when something is bad."""
    return asyncio.run(_examine(args, config))


async def _examine(args: argparse.Namespace, config: Config) -> int:
    findings = []
    async with aclosing(_findings(args, config)) as found:
        async for finding in found:
            findings.append(finding)
            if not args.json:
                print(f"{_MARKS[finding.verdict]} {finding.name}: {finding.message}", flush=True)
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    return int(any(finding.verdict == "bad" for finding in findings))


async def _findings(args: argparse.Namespace, config: Config) -> AsyncGenerator[Finding, None]:
    for finding in _models(config):
        yield finding
    if args.no_sound:
        return
    if control.is_running(control.answering(config.socket)):
        yield Finding("daemon", "doubtful", _in_the_way())
        return
    try:
        async with (
            Devices(config.audio.microphone, config.audio.speaker) as devices,
            aclosing(_sound(devices, config)) as found,
        ):
            async for finding in found:
                yield finding
    except AssistantError as error:
        yield Finding("sound", "bad", str(error))


def _models(config: Config) -> Iterator[Finding]:
    store = parts.store(config)
    needed = ["silero-vad", "speech-embedding", "smart-turn", config.asr.model]
    needed += [name.partition("/")[0] for name in (config.tts.zh, config.tts.en)]
    needed += [config.llm.model] if config.llm.enabled else []
    for name in dict.fromkeys(needed):
        try:
            store.path(name)
        except AssistantError as error:
            yield Finding(f"model {name}", "bad", str(error))
        else:
            yield Finding(f"model {name}", "good", localized(en="installed", zh="已安装"))


async def _sound(devices: Devices, config: Config) -> AsyncGenerator[Finding, None]:
    """Listen to somebody who speaks, play it back, and hear how loud that is."""
    heads = parts.heads(config)
    spoken = [head.word.display for head in heads]
    frames = devices.frames()
    silence = await _hear(frames, _SILENCE_SECONDS)
    _tell(f"after the tone, say {' or '.join(spoken)}", f"请在提示音后说 {' 或 '.join(spoken)}")
    await asyncio.gather(devices.play(chime.wake()), _hear(frames, 1))
    heard = await _hear(frames, _LISTEN_SECONDS)
    yield judge_microphone(_joined(heard))
    embedding = SpeechEmbedding(parts.store(config).path("speech-embedding"))
    yield judge_wake(_detections(WakeWords(embedding, heads, config.wake.thresholds), heard), spoken)
    _tell("this is what I heard", "这是我听到的")
    _, echo = await asyncio.gather(
        devices.play(Speech(_joined(heard), RATE_HZ)), _hear(frames, _LISTEN_SECONDS)
    )
    yield judge_echo(_joined(silence), _joined(echo))


async def _hear(frames: AsyncIterator[AudioFrame], seconds: float) -> list[AudioFrame]:
    return [await anext(frames) for _ in range(round(seconds * FRAMES_PER_SECOND))]


def _detections(wake_words: WakeWords, frames: list[AudioFrame]) -> list[WakeDetected]:
    return [found for frame in frames if (found := wake_words.detect(frame))]


def _joined(frames: list[AudioFrame]) -> bytes:
    return b"".join(frame.samples for frame in frames)


def _tell(en: str, zh: str) -> None:
    print(f"  … {localized(en=en, zh=zh)}", file=sys.stderr, flush=True)


def _in_the_way() -> str:
    return localized(
        en="Xiaoben is running and has the microphone: stop it for the sound checks.",
        zh="小本正在运行并占用麦克风：请先停止它再检查声音。",
    )
