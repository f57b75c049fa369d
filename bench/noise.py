"""What becomes of noise and music that follow a wake word: requests cut out, and words made up for them.

    python -m bench.noise ../shared/eval/noise.jsonl [--every 2]

The `.jsonl` has one object a recording, `file` relative to it. Every recording is heard as if a wake word had
just been said; a good ear cuts nothing out of it, and a good recogniser believes nothing of what is left.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant import parts
from assistant.asr.whisper import Whisper
from assistant.audio.files import read
from assistant.config import Config, load
from assistant.errors import InputError
from assistant.events import FRAME_BYTES, FRAMES_PER_SECOND, AudioFrame, Utterance
from assistant.weights.store import Store


def utterances(config: Config, models: Store, samples: bytes) -> Iterator[Utterance]:
    """What the listener takes for a request."""
    listener = parts.listener(config, models, parts.heads(config))
    listener.listen()
    samples += bytes(2 * FRAMES_PER_SECOND * FRAME_BYTES)  # silence, in which the last request ends
    for index in range(len(samples) // FRAME_BYTES):
        frame = AudioFrame(index, samples[index * FRAME_BYTES : (index + 1) * FRAME_BYTES])
        yield from (heard for heard in listener.feed(frame) if isinstance(heard, Utterance))


def made_up(whisper: Whisper, found: Iterator[Utterance]) -> tuple[int, list[str]]:
    """Number of utterances and the texts that were believed."""
    transcripts = [whisper.transcribe(utterance) for utterance in found]
    return len(transcripts), [transcript.text for transcript in transcripts if transcript]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every N-th recording")
    args = parser.parse_args()
    config = load()
    models = parts.store(config)
    whisper = parts.recognizer(config, models)
    rows = [json.loads(line) for line in args.recordings.read_text().splitlines()[:: args.every]]
    cut = 0
    texts: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            samples = read(args.recordings.parent / row["file"])
        except InputError as error:  # such as a video that calls itself .ogg
            print(error, file=sys.stderr)
            continue
        count, believed = made_up(whisper, utterances(config, models, samples))
        cut += count
        texts += believed
        for text in believed:
            print(f"{row['file']}: {text}", file=sys.stderr)
        print(f"\r{number}/{len(rows)}", end="", file=sys.stderr, flush=True)
    print(json.dumps({"recordings": len(rows), "utterances": cut, "texts": len(texts)}))


if __name__ == "__main__":
    main()
