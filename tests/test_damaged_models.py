"""A damaged model ends the start in one sentence that names it and says what to do; no engine sees it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import parts
from assistant.config import Config
from assistant.errors import ModelError
from assistant.tts import loading
from assistant.weights.store import Store

pytestmark = pytest.mark.models


def ears(config: Config, store: Store) -> object:
    return parts.listener(config, store, parts.heads(config))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The default models, as links that a test may replace."""
    models = parts.store(Config())
    for entry in models.catalogue.defaults:
        shutil.copytree(models.folder / entry.id, tmp_path / "models" / entry.id, copy_function=link)
    return tmp_path


def link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


@pytest.mark.parametrize(
    ("damaged", "load"),
    [
        ("whisper-base/model.bin", parts.recognizer),
        ("whisper-base/tokenizer.json", parts.recognizer),
        ("smollm2-135m/model.gguf", parts.chat),
        ("piper-en-joe/voice.onnx", parts.voices),
        ("piper-en-joe/voice.onnx.json", parts.voices),
        ("kokoro/model.onnx", parts.voices),
        ("kokoro/vocab.json", parts.voices),
        ("silero-vad/silero_vad.onnx", ears),
        ("speech-embedding/embedding_model.onnx", ears),
        ("smart-turn/smart-turn-v3.2-cpu.onnx", ears),
    ],
)
def test_a_model_of_the_right_size_and_the_wrong_content_is_named(
    damaged: str, load: Callable[[Config, Store], object], folder: Path
):
    path = folder / "models" / damaged
    size = path.stat().st_size
    path.unlink()
    with path.open("wb") as file:
        file.truncate(size)
    config = Config(models=folder / "models", state=folder / "state")
    with pytest.raises(ModelError) as caught:
        load(config, parts.store(config))
    assert str(path.parent) in caught.value.en
    assert "xiaoben models" in caught.value.en
    assert "xiaoben models" in caught.value.zh


def test_a_model_that_is_cut_short_is_named(folder: Path):
    path = folder / "models" / "smollm2-135m" / "model.gguf"
    path.unlink()
    path.write_bytes(b"GGUF")
    done = run(folder)
    assert done.returncode == 69
    assert "run `xiaoben models pull smollm2-135m`" in done.stderr


def run(folder: Path) -> "subprocess.CompletedProcess[str]":
    recording = Path(__file__).parent.parent / "demo" / "recording.flac"
    return xiaoben(folder, "run", "--mic", str(recording))


def patch(folder: Path, file: str, key: bytes, offset: int, new: bytes) -> Path:
    """Put a copy in the place of a link, with other bytes so far behind the beginning of `key`.

    Its time is the old one's: only that of the last change of its status tells that it is another file.
    """
    path = folder / "models" / file
    status, original = path.stat(), path.resolve()
    path.unlink()
    shutil.copyfile(original, path)
    with path.open("r+b") as opened:
        opened.seek(opened.read(2_000_000).index(key) + offset)
        opened.write(new)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return path


ABORTS = ("smollm2-135m/model.gguf", b"llama.block_count", 21, b"\xff\xff\xff\x7f")
"""2^31 layers: llama.cpp ends the process."""


@pytest.mark.parametrize(
    ("file", "key", "offset", "new", "load"),
    [
        ("smollm2-135m/model.gguf", b"GGUF", 8, b"\xff" * 8, parts.chat),  # how many tensors
        ("smollm2-135m/model.gguf", b"GGUF", 16, b"\xff" * 8, parts.chat),  # how many keys
        ("smollm2-135m/model.gguf", b"general.architecture", -8, b"\xff" * 8, parts.chat),  # how long a key
        ("smollm2-135m/model.gguf", b"tokenizer.ggml.tokens", 29, b"\xff" * 8, parts.chat),  # how many tokens
        (*ABORTS, parts.chat),
        ("silero-vad/silero_vad.onnx", b"", 0, b"\xff" * 8, ears),
        ("silero-vad/silero_vad.onnx", b"", 40, bytes(200), ears),
        ("speech-embedding/embedding_model.onnx", b"", 130, b"\xff" * 10, ears),
        ("whisper-base/model.bin", b"", 0, b"\xff" * 16, parts.recognizer),
        ("whisper-base/tokenizer.json", b"{", 0, b"[", parts.recognizer),
        ("kokoro/model.onnx", b"", 0, b"\xff" * 8, parts.voices),
        ("kokoro/vocab.json", b"{", 0, b"[", parts.voices),
    ],
)
def test_no_engine_is_given_a_file_with_a_broken_header(
    file: str,
    key: bytes,
    offset: int,
    new: bytes,
    load: Callable[[Config, Store], object],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    config = Config(models=folder / "models", state=folder / "state")
    parts.store(config).path(Path(file).parts[0])  # what was whole is remembered
    path = patch(folder, file, key, offset, new)
    for module, engine in ENGINES:
        monkeypatch.setattr(module, engine, refusing(path.parent))
    with pytest.raises(ModelError) as caught:
        load(config, parts.store(config))
    assert f"{path} is not the one it must be (SHA-256 " in caught.value.en
    assert f"{path} 不是应有的文件" in caught.value.zh


ENGINES = [
    *((parts, name) for name in ("Whisper", "Llama", "Silero", "SpeechEmbedding", "SmartTurn")),
    *((loading, name) for name in ("Kokoro", "Piper")),
]


def refusing(folder: Path) -> Callable[..., object]:
    """An engine that must not be given the folder."""

    def load(given: Path, *_args: object, **_options: object) -> object:
        assert given != folder
        return None

    return load


def test_what_would_crash_the_daemon_ends_its_start_in_order(folder: Path):
    patch(folder, *ABORTS)
    done = run(folder)
    assert done.returncode == ModelError.exit_status
    assert "model.gguf is not the one it must be" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (ABORTS, {"en": "crashed (SIGABRT): the file is broken or malicious", "zh": "崩溃（SIGABRT）"}),
        (
            ("silero-vad/silero_vad.onnx", b"", 40, bytes(200)),
            {"en": "failed: this is no such model", "zh": "试加载失败"},
        ),
    ],
)
def test_a_trial_that_crashes_or_fails_is_a_clear_refusal(changes, said: dict[str, str], folder: Path):
    path = patch(folder, *changes)
    for lang, words in said.items():
        done = xiaoben(folder, "models", "trust", path.parent.name, "--yes", lang=lang)
        assert done.returncode == ModelError.exit_status
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    with pytest.raises(ModelError):
        parts.store(Config(models=folder / "models", state=folder / "state")).path(path.parent.name)


def test_a_file_of_the_user_s_own_is_loaded_once_it_is_trusted(folder: Path):
    patch(folder, "silero-vad/silero_vad.onnx", b"spox", 0, b"SPOX")  # what made it: changes no result
    config = Config(models=folder / "models", state=folder / "state")
    with pytest.raises(ModelError, match=r"`xiaoben models trust silero-vad` if it is yours"):
        ears(config, parts.store(config))
    assert xiaoben(folder, "models", "trust", "silero-vad", "--yes").returncode == 0
    assert ears(config, parts.store(config))


def xiaoben(folder: Path, *words: str, lang: str = "en") -> "subprocess.CompletedProcess[str]":
    (folder / "config.toml").write_text(f'state = "{folder}/state"\nmodels = "{folder}/models"\n')
    environment = {"PATH": "/usr/bin:/bin", "XIAOBEN_LANG": lang, "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "assistant", *words, "--config", folder / "config.toml"],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
