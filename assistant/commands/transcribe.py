"""`xiaoben transcribe FILE…`: what is said in sound files, recognised as in a turn."""

import argparse
import json
from pathlib import Path

from assistant.audio.files import read
from assistant.config import Config
from assistant.errors import localized
from assistant.events import Utterance
from assistant.parts import recognizer, store

SUMMARY = ("write down what is said in sound files", "识别声音文件中的话")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=localized(en="WAV, FLAC or OGG", zh="WAV、FLAC 或 OGG"),
    )


def run(args: argparse.Namespace, config: Config) -> int:
    """Print one line, or one object, a file; a file without speech has no text."""
    sounds = [(path, read(path)) for path in args.files]
    whisper = recognizer(config, store(config))
    for path, samples in sounds:
        transcript = whisper.transcribe(Utterance(samples, 0, 0, "end"))
        text, lang = (transcript.text, transcript.lang) if transcript else ("", None)
        confidence = round(transcript.confidence, 3) if transcript else 0.0
        if args.json:
            row = {"file": str(path), "text": text, "lang": lang, "confidence": confidence}
            print(json.dumps(row, ensure_ascii=False), flush=True)
        else:
            print(f"{path}: {text}" if len(sounds) > 1 else text, flush=True)
    return 0
