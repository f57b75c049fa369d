"""`xiaoben say TEXT`: speaks through the running daemon, or into a WAV file."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from assistant import parts
from assistant.audio.files import write
from assistant.audio.resample import resample
from assistant.config import Config
from assistant.control import answering, request
from assistant.errors import UsageError, localized
from assistant.events import Language, Reply, Speech
from assistant.tts.loading import load_voices
from assistant.tts.scripts import language

SUMMARY = ("say a text", "把文字说出来")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "text", metavar="TEXT", help=localized(en="Chinese, English or both", zh="中文、英文或混合")
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.wav", help=localized(en="write the sound there", zh="写入声音文件")
    )
    parser.add_argument(
        "--voice",
        metavar="VOICE",
        help=localized(
            en="with --out: e.g. kokoro/zf_xiaoxiao or piper-en-joe",
            zh="与 --out 同用：例如 kokoro/zf_xiaoxiao 或 piper-en-joe",
        ),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Say the text."""
    if args.out:
        _save(list(render(args.text, args.voice, config)), args)
        return 0
    if args.voice:
        raise UsageError(
            en="--voice needs --out: the running Xiaoben speaks with the voices of its configuration.",
            zh="--voice 需要与 --out 同用：正在运行的小本使用配置中的语音。",
        )
    request(answering(config.socket), "say", text=args.text, lang=language(args.text))
    return 0


def render(text: str, voice: str | None, config: Config) -> Iterator[Speech]:
    """`text` as sound, by the configured voices or, for its main language, by `voice`."""
    lang = language(text)
    names: dict[Language, str] = {"zh": config.tts.zh, "en": config.tts.en}
    if voice:
        names[lang] = voice
    return load_voices(names, parts.store(config).path, config.tts.threads).synthesize(Reply(text, lang))


def _save(speeches: list[Speech], args: argparse.Namespace) -> None:
    if not speeches:
        raise UsageError(en="There are no words in this text.", zh="这段文字里没有可以说的话。")
    rate_hz = speeches[0].rate_hz
    samples = b"".join(resample(speech.samples, speech.rate_hz, rate_hz) for speech in speeches)
    write(args.out, samples, rate_hz)
    if args.json:
        seconds = round(sum(speech.seconds for speech in speeches), 3)
        print(json.dumps({"out": str(args.out), "rate_hz": rate_hz, "seconds": seconds}))
