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
        (
            '[lan.ha]\nhost = "ha"\nport = 1\nprotokol = "tcp"\n',
            "Unknown key 'lan.ha.protokol' in {path}; did you mean 'protocol'?",
        ),
        ("[asr]\nthreads = 0\n", "The value of 'asr.threads' in {path} is 0: "),
        ('models = "~nosuch/x"\n', "The value of 'models' in {path} is '~nosuch/x': "),
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


@pytest.mark.parametrize(
    "setting",
    [
        *(
            'socket = "~/socket"',
            'state = "~"',
            'state = "{home}/../home"',
            'state = "/"',
            'state = "{link}"',
        ),
        *('socket = "{run}/socket"', 'socket = "/tmp/socket"', 'state = "/dev/shm"', 'state = "{home}/.."'),
    ],
)
def test_a_folder_that_others_use_too_is_refused(setting: str, tmp_path: Path, monkeypatch):
    for name, variable in (("home", "HOME"), ("run", "XDG_RUNTIME_DIR")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    (tmp_path / "link").symlink_to("home")
    places = {name: tmp_path / name for name in ("home", "run", "link")}
    path = write(tmp_path, setting.format(**places))
    key = setting.partition(" ")[0]
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert caught.value.en.startswith(f"The '{key}' in {path} would open all of ")
    assert caught.value.zh.startswith(f"{path} 中的“{key}”")


def test_a_folder_of_its_own_in_such_a_one_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = write(tmp_path, 'state = "~/state"\nsocket = "~/xiaoben/socket"\n')
    assert load(path).socket == tmp_path / "xiaoben" / "socket"


def test_a_user_without_a_home_is_told_to_set_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(ConfigError, match="HOME"):
        load(write(tmp_path, ""))


def test_settings_do_not_change():
    with pytest.raises(ValueError, match="frozen"):
        Config().languages = ["en"]  # type: ignore[misc]
