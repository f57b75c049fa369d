"""A damaged model ends the start in one sentence that names it and says what to do."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import parts
from assistant.config import Config
from assistant.errors import ModelError
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
    config = Config(models=folder / "models")
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
    settings = f'state = "{folder}/state"\nmodels = "{folder}/models"\n'
    (folder / "config.toml").write_text(settings)
    recording = Path(__file__).parent.parent / "demo" / "recording.flac"
    command = [
        sys.executable,
        "-m",
        "assistant",
        "run",
        "--config",
        folder / "config.toml",
        "--mic",
        recording,
    ]
    environment = {"PATH": "/usr/bin:/bin", "XIAOBEN_LANG": "en", "HOME": str(folder)}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
