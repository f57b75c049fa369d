"""Accuracy and speed of speech recognition on recordings, by length of the encoder's window.

    python -m bench.asr ../shared/eval/asr_zh.jsonl --every 4 --windows 6 10 30

The `.jsonl` has one object a recording: `file`, relative to it, and `text`. Chinese is scored by characters
(digits as Chinese numerals), English by words; punctuation and case do not count.
"""

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cn2an

from assistant.asr.whisper import Whisper
from assistant.audio.files import read
from assistant.config import load
from assistant.events import RATE_HZ, SAMPLE_BYTES, Language, Utterance
from assistant.wake_phrase import edit_distance


def units(text: str, lang: Language) -> list[str]:
    """What is compared: characters of Chinese, words of English."""
    if lang == "en":
        return re.findall(r"[a-z0-9']+", text.lower())
    with contextlib.suppress(ValueError):
        text = cn2an.transform(text, "an2cn")
    return re.findall(r"[a-z]+|[\u3400-\u9fff]", text.lower())


def recordings(path: Path, every: int) -> Iterator[tuple[bytes, str]]:
    """Sound and text of every `every`-th row."""
    for line in path.read_text().splitlines()[::every]:
        row = json.loads(line)
        if row.get("text"):
            yield read(path.parent / row["file"]), row["text"]


def measure(whisper: Whisper, rows: list[tuple[bytes, str]], lang: Language, words: bool) -> dict[str, float]:
    """Error rate, share of refused recordings and milliseconds a recording."""
    errors = total = refused = 0
    started = time.perf_counter()
    for number, (samples, text) in enumerate(rows, 1):
        transcript = whisper.transcribe(Utterance(samples, 0, 0, "end"))
        expected = units(text, lang)
        refused += transcript is None
        found = units(transcript.text, lang) if transcript else []
        errors += edit_distance(found, expected)
        total += len(expected)
        if words:
            print(f"  {text} | {transcript.text if transcript else '-'}")
        print(f"\r{number}/{len(rows)}", end="", file=sys.stderr, flush=True)
    milliseconds = (time.perf_counter() - started) / len(rows) * 1000
    sound = sum(len(samples) for samples, _ in rows) / SAMPLE_BYTES / RATE_HZ / len(rows)
    return {
        "error_rate": errors / total,
        "refused": refused / len(rows),
        "ms": milliseconds,
        "seconds": sound,
    }


def main() -> None:
    """Measure each window in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every N-th recording")
    parser.add_argument("--windows", type=float, nargs="+", default=[10.0, 30.0], help="floor in seconds")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--model", default="whisper-base")
    parser.add_argument("--words", action="store_true", help="print reference and transcript")
    args = parser.parse_args()
    rows = list(recordings(args.recordings, args.every))
    for window in args.windows:
        whisper = Whisper(
            load().models / args.model, ["zh", "en"], threads=2, beam=args.beam, floor_seconds=window
        )
        figures = measure(whisper, rows, args.lang, args.words)
        print(json.dumps({"window": window, "beam": args.beam, "rows": len(rows), **figures}))


if __name__ == "__main__":
    main()
