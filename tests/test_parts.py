"""What is built from the settings."""

import shutil
from pathlib import Path

import pytest

from assistant import parts, paths
from assistant.config import AsrConfig, Config, LlmConfig, WakeConfig
from assistant.errors import ConfigError, ModelError


def test_a_model_that_speaks_none_of_the_languages_is_a_mistake_in_the_settings(tmp_path: Path):
    config = Config(languages=["zh"], asr=AsrConfig(model="whisper-tiny-en"), models=tmp_path)
    with pytest.raises(ConfigError, match="none of the configured"):
        parts.recognizer(config, parts.store(config))


def test_an_unknown_model_is_named_with_what_may_be_meant(tmp_path: Path):
    config = Config(llm=LlmConfig(model="smolm2-135m"), models=tmp_path)
    with pytest.raises(ModelError) as caught:
        parts.chat(config, parts.store(config))
    assert "smollm2-135m" in caught.value.en


def test_an_unknown_wake_word_says_how_to_see_those_there_are(tmp_path: Path):
    with pytest.raises(ModelError) as caught:
        parts.heads(Config(wake=WakeConfig(words=["hey_nobody"]), models=tmp_path))
    assert "xiaoben wake list" in caught.value.en


def test_a_wake_word_of_ones_own_comes_before_ours(tmp_path: Path):
    (tmp_path / "wake").mkdir()
    ours = parts.paths.bundled("models") / "wake" / "computer.npz"
    (tmp_path / "wake" / "hey_computer.npz").write_bytes(ours.read_bytes())
    (head,) = parts.heads(Config(wake=WakeConfig(words=["hey_computer"]), models=tmp_path))
    assert head.word.id == "computer"


def test_a_model_for_something_else_is_a_mistake_in_the_settings(tmp_path: Path):
    config = Config(asr=AsrConfig(model="smollm2-135m"), models=tmp_path)
    with pytest.raises(ConfigError, match="which is for llm; for asr there are whisper-base"):
        parts.recognizer(config, parts.store(config))


def test_a_threshold_for_an_unknown_wake_word_is_a_mistake_in_the_settings(tmp_path: Path):
    config = Config(wake=WakeConfig(thresholds={"hey_computr": 0.9}), models=tmp_path)
    with pytest.raises(ConfigError, match="hey_computr"):
        parts.heads(config)


def test_a_wake_word_that_everybody_may_change_is_not_loaded(tmp_path: Path):
    own = tmp_path / "wake" / "hey_computer.npz"
    own.parent.mkdir()
    shutil.copy(paths.bundled("models") / "wake" / "hey_computer.npz", own)
    own.chmod(0o666)
    with pytest.raises(ModelError, match=r"Everybody on this machine may change .*hey_computer\.npz"):
        parts.heads(Config(wake=WakeConfig(words=["hey_computer"]), models=tmp_path))
