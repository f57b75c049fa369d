"""What was said gets into no log: not through any failure, not from any library."""

import asyncio
import gc
import io
import logging
import os
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from assistant import control, history, logs
from assistant.audio import files
from assistant.chat import Chat
from assistant.errors import StorageError
from assistant.events import RATE_HZ, Reply, Speech, Transcript, Utterance
from assistant.history import Entry, History
from assistant.journal import Journal
from assistant.pipeline import Pipeline
from assistant.skill import Due, Skill
from assistant.skill import Reply as SkillReply
from assistant.threads import Worker
from assistant.turns import Stages, Turns, as_written
from assistant.understanding import Understanding
from tests.fakes import FakeJournal, FakeMicrophone, FakeRecognizer, FakeSpeaker, FakeVoices, Parrot

HEARD = Utterance(b"", 10, 20, "turn")
CANARIES = {"en": "tell me about the xylographic quetzal", "zh": "给我讲讲绛紫色的貔貅"}
EXAMPLES = {"tell me about rain": {"text": "rain"}, "给我讲讲雨": {"text": "雨"}}
LIBRARIES = (
    "asyncio",
    "faster_whisper",
    "httpx",
    "jieba",
    "llama_cpp",
    "onnxruntime",
    "piper",
    "py.warnings",
)


class Log:
    """What would be read on the terminal or in the journal, and what our own code logs at INFO and above."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.ours: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join([self.stream.getvalue(), *self.ours])


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The log as `xiaoben --verbose` sets it up, with every library talking as much as it can."""
    log, root = Log(), logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(sys, "stderr", log.stream)
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, f"__{hook}__"))
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    levels = {name: logging.getLogger(name).level for name in ("", *LIBRARIES, "assistant", "skills")}
    logs.set_up(verbose=True)
    listener = logging.Handler(logging.INFO)
    listener.emit = lambda record: log.ours.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("assistant").addHandler(listener)
    for name in ("", *LIBRARIES):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield log
    logging.getLogger("assistant").removeHandler(listener)
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(params=["en", "zh"])
def said(request: pytest.FixtureRequest) -> Transcript:
    return Transcript(CANARIES[request.param], request.param, 1.0)


def failure(said: Transcript) -> ValueError:
    return ValueError(f"cannot make anything of {said.text!r}")


def turns(said: Transcript, **stages: Any) -> Turns:
    parts: dict[str, Any] = {
        "recognizer": FakeRecognizer(said),
        "answerer": Parrot(),
        "voices": FakeVoices(),
        "speaker": FakeSpeaker(),
        "journal": FakeJournal(),
        "wake_phrases": lambda word: [],
    }
    return Turns(Stages(**{**parts, **stages}), asyncio.Event(), said.lang)


class Failing:
    """Every stage at once: whatever it is asked to do, it fails and quotes what was said."""

    def __init__(self, said: Transcript) -> None:
        self._error = failure(said)

    async def answer(self, transcript: Transcript) -> Any:
        raise self._error

    def synthesize(self, reply: Reply) -> Iterator[Speech]:
        raise self._error

    async def play(self, speech: Speech, on_start: object = None) -> float:
        raise self._error

    def stream(self, messages: Any, max_tokens: int) -> Iterator[str]:
        yield "So.|"
        raise self._error

    def forget(self) -> None:
        raise self._error

    def record(self, *_: Any, **__: Any) -> None:
        raise self._error


class Split:
    def feed(self, text: str) -> list[str]:
        return text.split("|")[:-1]

    def flush(self) -> list[str]:
        return []


async def hear(turns: Turns) -> None:
    async def listen_again() -> None: ...

    await turns.hear(1, HEARD, listen_again)
    turns.close()


def skill(said: Transcript) -> Skill:
    probe = Skill("probe", en="probe", zh="试探")

    @probe.intent(en=["tell me about {text}"], zh=["给我讲讲{text}"], examples=EXAMPLES)
    async def ask(text: str) -> SkillReply:
        """Fail."""
        raise failure(Transcript(text, said.lang, 1.0))

    @probe.due
    async def fall_due(due: Due) -> SkillReply:
        """Fail."""
        raise failure(Transcript(str(due.payload), said.lang, 1.0))

    return probe


def assert_clean(log: Log, said: Transcript, expected: str) -> None:
    assert expected in log.text  # else nothing was tried
    for word in [said.text, *said.text.split(), said.text[-4:]]:
        if len(word) > 3:
            assert word not in log.text


async def test_a_recogniser_that_fails(log, said):
    await hear(turns(said, recognizer=FakeRecognizer(failure(said))))
    assert_clean(log, said, "Turn 1 failed: ValueError")


@pytest.mark.parametrize("stage", ["answerer", "voices", "speaker", "journal"])
async def test_any_other_stage_that_fails(log, said, stage):
    with suppress(ValueError):  # the journal's, when even the error cannot be noted
        await hear(turns(said, **{stage: Failing(said)}))
    assert_clean(log, said, "ValueError")


async def test_a_language_model_that_fails_in_the_middle_and_cannot_forget(log, said):
    chat = Chat(Failing(said), ["en", "zh"], Split, 50)  # type: ignore[arg-type]
    await hear(turns(said, answerer=chat))
    await chat._worker.call(int)
    chat.close()
    assert_clean(log, said, "Nobody waited for what failed: ValueError")
    assert "Turn 1 failed: ValueError" in log.text


async def test_a_skill_that_fails(log, said, storage, clock):
    understanding = Understanding([skill(said)], storage, clock)
    assert await understanding.answer(said)
    assert_clean(log, said, "Skill probe failed: ValueError")


async def test_a_skill_that_fails_when_something_is_due(log, said, storage, clock):
    understanding = Understanding([skill(said)], storage, clock)
    due = Due(id="1", skill="probe", when=clock.now(), payload=said.text, lang=said.lang)
    await understanding.due(due)
    assert_clean(log, said, "Skill probe failed: ValueError")


async def test_a_speaker_that_fails_while_the_chime_sounds(log, said):
    speaker = Failing(said)
    pipeline = Pipeline(FakeMicrophone([]), None, turns(said), speaker, FakeJournal())  # type: ignore[arg-type]
    await asyncio.wait({pipeline._track(speaker.play(Speech(b"", 1)))})
    await asyncio.sleep(0)
    await pipeline.announce(as_written([Reply(said.text, said.lang)]), Speech(b"", 1))
    await pipeline.run()
    assert_clean(log, said, "The speaker failed: ValueError")


async def test_a_control_command_that_fails_or_is_none(log, said, tmp_path):
    async def broken(fields: dict[str, Any]) -> dict[str, Any]:
        raise failure(said)

    def converse() -> None:
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as answers:
            connection.connect(str(tmp_path / "socket"))
            for line in (
                f'{{"command": "broken", "text": "{said.text}"}}',
                f'{{"command": "{said.text}"}}',
                said.text,
            ):
                connection.sendall(line.encode() + b"\n")
                answers.readline()
            with suppress(ConnectionError):  # longer than any command
                connection.sendall(said.text.encode() * 9000)
                answers.readline()

    async with control.serve(tmp_path / "socket", {"broken": broken}):
        await asyncio.to_thread(converse)
    assert_clean(log, said, "A control command failed: ValueError")


async def test_a_disk_that_is_full(log, said, tmp_path, storage, clock):
    storage._connection.execute("PRAGMA max_page_count = 1")
    records = storage.records("probe")
    records["text"] = said.text * 9000
    with pytest.raises(StorageError) as full:
        storage.save("probe", records, type("", (), {"added": {}, "cancelled": ()})())
    log.ours.append(str(full.value))
    kept = History(tmp_path, bytes(32), days=1)
    kept._connection.execute("PRAGMA max_page_count = 1")
    history._keep(kept, Entry("", said.lang, said.text * 9000, "", "probe"))
    kept.close()
    assert_clean(log, said, "disk is full")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
async def test_an_events_file_that_is_full(log, said):
    journal = Journal(Path("/dev/full"), lambda: 0)
    with suppress(StorageError):
        await hear(turns(said, journal=journal))
    journal.close()
    assert_clean(log, said, "No space left on device")


async def test_what_fails_where_nobody_waits_for_it(log, said):
    async def fail() -> None:
        raise failure(said)

    def fail_in_thread() -> None:
        raise failure(said)

    class Unruly:
        def __del__(self) -> None:
            raise failure(said)

    worker = Worker("probe")
    worker.later(fail_in_thread)
    await worker.call(int)
    worker.close()
    lone = asyncio.create_task(fail(), name=said.text)
    await asyncio.sleep(0)
    del lone
    gc.collect()
    thread = threading.Thread(target=fail_in_thread, name=said.text)
    thread.start()
    thread.join()
    Unruly()
    asyncio.get_running_loop().call_soon(fail_in_thread)
    await asyncio.sleep(0)
    assert_clean(log, said, "CRITICAL assistant.logs: This is a mistake in Xiaoben")
    assert log.text.count("ValueError") >= 5


async def test_what_libraries_say(log, said):
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.debug("decoding %s", said.text)
        library.warning("cannot say %s", said.text)
        try:
            raise failure(said)
        except ValueError:
            library.exception("about %s", said.text)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"no phonemes for {said.text}", stacklevel=1)
    assert_clean(log, said, f"WARNING faster_whisper: ({__file__}:")
    assert "DEBUG faster_whisper" not in log.text


def test_a_crash(said):
    script = (
        "import sys; from assistant import logs; logs.set_up(verbose=True); raise ValueError(sys.argv[1])"
    )
    crash = subprocess.run(
        [sys.executable, "-c", script, said.text],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert crash.returncode == 1
    assert "ValueError\n  <string>:1 <module>" in crash.stderr
    assert said.text not in crash.stderr


TALKATIVE = """
import logging, sys
from assistant.cli import main
for name in sys.argv.pop(1).split(","):
    logging.getLogger(name).setLevel(logging.DEBUG)
sys.exit(main())
"""


@pytest.mark.models
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_whole_run_with_everything_talking(lang, tmp_path):
    from tests.listening import rendered

    requests = {
        "en": ("Hey computer, tell me about the purple elephant.", "am_michael"),
        "zh": ("小本同学，紫色的大象喜欢吃什么？", "zm_yunxi"),
    }
    text, voice = requests[lang]
    files.write(tmp_path / "request.wav", rendered(text, lang, voice), RATE_HZ)
    (tmp_path / "config.toml").write_text(f'state = "{tmp_path / "state"}"\n')
    run = subprocess.run(
        [
            *(sys.executable, "-c", TALKATIVE, ",".join(LIBRARIES), "run", "--verbose", "--fast"),
            *("--config", tmp_path / "config.toml", "--mic", tmp_path / "request.wav"),
            *("--speaker", tmp_path / "reply.wav", "--events", tmp_path / "events.jsonl"),
        ],
        capture_output=True,
        check=False,
        text=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "CT2_VERBOSE": "3", "TOKENIZERS_LOG": "debug", "RUST_LOG": "trace"},
    )
    assert run.returncode == 0, run.stderr
    words = {"en": "elephant", "zh": "大象"}[lang]
    assert words in (tmp_path / "events.jsonl").read_text()
    for word in (words, "purple", "紫色", "小本同学", "computer"):
        assert word not in (run.stdout + run.stderr).replace("hey_computer", "")
    assert "Listening for" in run.stderr
