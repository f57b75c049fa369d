"""Settings: defaults that work, and mistakes named with the key."""

from pathlib import Path

import pytest

from assistant.config import Config, load
from assistant.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_an_empty_file_gives_a_working_assistant(tmp_path: Path):
    config = load(write(tmp_path, ""))
    assert config.languages == ["zh", "en"]
    assert config.wake.words == ["xiaoben_tongxue", "hey_computer"]


def test_no_file_at_all_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert load() == Config()


def test_settings_are_read(tmp_path: Path):
    config = load(write(tmp_path, '[audio]\nmicrophone = "Jabra"\n[endpoint]\nsilence_seconds = 0.7\n'))
    assert (config.audio.microphone, config.endpoint.silence_seconds) == ("Jabra", 0.7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[audio]\nmicrofone = 1\n", "Unknown key 'audio.microfone' in {path}; did you mean 'microphone'?"),
        ("[audi]\nx = 1\n", "Unknown key 'audi' in {path}; did you mean 'audio'?"),
        ("zzz = 1\n", "Unknown key 'zzz' in {path}; `xiaoben config show` lists the keys there are."),
        ("[asr]\nthreads = 0\n", "The value of 'asr.threads' in {path} is 0: "),
        ('languages = ["fr"]\n', "The value of 'languages.0' in {path} is 'fr': "),
        ("[audio\n", "The configuration {path} is not valid TOML: "),
    ],
)
def test_a_mistake_is_named(text: str, message: str, tmp_path: Path):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.en.startswith(message.format(path=path))
    assert str(path) in caught.value.zh
    assert caught.value.exit_status == 78


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(path)


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(write(tmp_path, 'state = "~/state"\n')).state == tmp_path / "state"


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Config().languages = ["en"]  # type: ignore[misc]
