"""`xiaoben wake`: the wake words there are, trying them on recordings, training new ones."""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from assistant import parts, paths
from assistant.audio.files import read
from assistant.config import Config
from assistant.errors import InputError, UsageError, localized
from assistant.events import FRAME_BYTES, FRAME_SECONDS, FRAMES_PER_SECOND, AudioFrame, WakeDetected
from assistant.tts.kokoro import Kokoro, load_style, phonemes
from assistant.wake.detector import WakeWords
from assistant.wake.features import SpeechEmbedding
from assistant.wake.head import Head, words
from assistant.wake.training.rendering import Studio
from assistant.wake.training.script import script_for
from assistant.wake.training.trainer import Stage, Trainer

SUMMARY = ("show, try and train wake words", "查看、试用、训练唤醒词")

_SOUNDS = {".wav", ".flac", ".ogg"}
_SPEAKER = "af_heart"  # any: each take brings its own style


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("list", help=localized(en="the wake words there are", zh="列出唤醒词"))
    show.set_defaults(act=_list)
    _configure_test(
        actions.add_parser("test", help=localized(en="try them on recordings", zh="用录音试唤醒词"))
    )
    _configure_train(actions.add_parser("train", help=localized(en="make a wake word", zh="训练唤醒词")))


def _configure_test(parser: argparse.ArgumentParser) -> None:
    sounds = localized(en="WAV, FLAC or OGG files, or folders of them", zh="WAV、FLAC、OGG 文件，或其文件夹")
    word = localized(en="a word to listen for; none: the configuration's", zh="唤醒词；省略则用配置中的")
    threshold = localized(en="score from which a word counts", zh="判定为唤醒的分数")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=sounds)
    parser.add_argument("--word", action="append", metavar="ID", help=word)
    parser.add_argument("--threshold", type=float, metavar="SCORE", help=threshold)
    parser.set_defaults(act=_test)


def _configure_train(parser: argparse.ArgumentParser) -> None:
    word = localized(
        en="its name in the configuration, e.g. hey_marvin", zh="在配置中的名称，如 xiaoming_tongxue"
    )
    phrases = localized(en="how it is spoken, in Chinese or English", zh="怎么说，中文或英文")
    confusables = localized(en="what sounds like it but must not wake", zh="听起来像、但不该唤醒的话")
    out = localized(en="where to write it", zh="写到哪里")
    cache = localized(en="recordings to use again; may be deleted", zh="可重复使用的录音，可以删除")
    workers = localized(en="processes at a time", zh="同时运行的进程数")
    parser.add_argument("word", metavar="ID", type=_identifier, help=word)
    parser.add_argument("--phrases", nargs="+", default=[], metavar="TEXT", help=phrases)
    parser.add_argument("--confusables", nargs="+", default=[], metavar="TEXT", help=confusables)
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)
    parser.add_argument("--cache", type=Path, default=_cache(), metavar="FOLDER", help=cache)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help=workers)
    parser.set_defaults(act=_train)


def run(args: argparse.Namespace, config: Config) -> int:
    """Do what was asked."""
    status: int = args.act(args, config)
    return status


def _list(args: argparse.Namespace, config: Config) -> int:
    known = sorted({*words(config.models / "wake"), *words(paths.bundled("models") / "wake")})
    for head in _heads(config, known):
        row = {
            "word": head.word.id,
            "display": head.word.display,
            "lang": head.word.lang,
            "threshold": config.wake.thresholds.get(head.word.id, head.word.threshold),
            "on": head.word.id in config.wake.words,
        }
        print(json.dumps(row, ensure_ascii=False) if args.json else _line(row))
    return 0


def _line(row: dict[str, object]) -> str:
    on, off = localized(en="on", zh="启用"), localized(en="off", zh="停用")
    return f"{row['word']}  {row['display']}  {row['lang']}  {row['threshold']}  {on if row['on'] else off}"


def _test(args: argparse.Namespace, config: Config) -> int:
    heads = _heads(config, args.word or config.wake.words)
    thresholds = config.wake.thresholds
    if args.threshold is not None:
        thresholds = {head.word.id: args.threshold for head in heads}
    detector = WakeWords(SpeechEmbedding(parts.store(config).path("speech-embedding")), heads, thresholds)
    files = list(_sound_files(args.paths))
    woke = seconds = 0.0
    for path in files:
        sound = read(path)
        detected = _detections(detector, sound)
        woke += bool(detected)
        seconds += len(sound) / FRAME_BYTES * FRAME_SECONDS
        for one in detected:
            _tell_detection(path, one, as_json=args.json)
    summary = localized(
        en=f"{woke:.0f} of {len(files)} files woke it, {seconds / 60:.1f} minutes in all",
        zh=f"{len(files)} 个文件中有 {woke:.0f} 个唤醒，共 {seconds / 60:.1f} 分钟",
    )
    print(summary, file=sys.stderr)
    return 0


def _detections(detector: WakeWords, sound: bytes) -> list[WakeDetected]:
    """What the sound wakes, with a second of silence before and after it; indexes count from its start."""
    detector.reset()
    silence = bytes(FRAME_BYTES * FRAMES_PER_SECOND)
    stream = silence + sound + bytes(-len(sound) % FRAME_BYTES) + silence
    frames = (
        AudioFrame(number - FRAMES_PER_SECOND, stream[number * FRAME_BYTES :][:FRAME_BYTES])
        for number in range(len(stream) // FRAME_BYTES)
    )
    return [found for frame in frames if (found := detector.detect(frame))]


def _tell_detection(path: Path, detected: WakeDetected, *, as_json: bool) -> None:
    second, score = round((detected.index + 1) * FRAME_SECONDS, 2), round(detected.score, 3)
    row = {"file": str(path), "t": second, "word": detected.word, "score": score}
    text = f"{path}: {second:.2f} s  {detected.word}  {score:.2f}"
    print(json.dumps(row, ensure_ascii=False) if as_json else text, flush=True)


def _sound_files(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SOUNDS)
        if not found:
            raise InputError(
                en=f"The folder {path} holds no WAV, FLAC or OGG file.",
                zh=f"文件夹 {path} 中没有 WAV、FLAC 或 OGG 文件。",
            )
        yield from found


def _train(args: argparse.Namespace, config: Config) -> int:
    store = parts.store(config)
    voices = store.path("kokoro")
    styles = {path.stem: load_style(voices, path.stem) for path in (voices / "voices").glob("*.bin")}
    hire = partial(Kokoro, voices, _SPEAKER, threads=1)
    studio = Studio(hire, styles, args.cache, args.workers)
    report = _report_json if args.json else _report
    trainer = Trainer(studio, phonemes, store.path("speech-embedding"), args.seed, report)
    head = trainer.train(script_for(args.word, args.phrases, args.confusables))
    out = args.out or config.models / "wake" / f"{args.word}.npz"
    head.save(out)
    if args.json:
        print(json.dumps({"word": args.word, "file": str(out)}))
    else:
        print(localized(en=f"Wrote {out}; recordings: {args.cache}", zh=f"已写入 {out}；录音在 {args.cache}"))
    return 0


def _report(stage: Stage, done: int, total: int) -> None:
    names: dict[Stage, str] = {
        "talk": localized(en="everyday speech", zh="日常语音"),
        "word": localized(en="the wake word", zh="唤醒词"),
        "confusables": localized(en="what sounds like it", zh="相似的话"),
        "scenes": localized(en="rooms and noise", zh="房间与噪声"),
        "fit": localized(en="fitting", zh="拟合"),
    }
    end = "\n" if done == total else ""
    print(f"\r{names[stage]}: {done}/{total}", end=end, file=sys.stderr, flush=True)


def _report_json(stage: Stage, done: int, total: int) -> None:
    print(json.dumps({"stage": stage, "done": done, "total": total}), flush=True)


def _heads(config: Config, chosen: Sequence[str]) -> list[Head]:
    wake = config.wake.model_copy(update={"words": list(chosen)})
    return parts.heads(config.model_copy(update={"wake": wake}))


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", text):
        raise UsageError(
            en=f"'{text}' cannot name a wake word: use small letters, digits and _, e.g. hey_marvin.",
            zh=f"“{text}”不能作唤醒词的名称：请用小写字母、数字和下划线，如 xiaoming_tongxue。",
        )
    return text


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xiaoben" / "wake-training"
