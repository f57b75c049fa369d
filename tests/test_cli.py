"""The command line as a person meets it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import cli, memory
from assistant.commands import ask
from assistant.config import load
from assistant.lan import broker


@pytest.fixture
def unfenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ask` answers in this process, which a fence would hold for good."""
    monkeypatch.setattr(ask, "fenced", broker.started)
    monkeypatch.setattr(memory, "settle", lambda: None)


def write(folder: Path, text: str) -> str:
    (folder / "config.toml").write_text(text)
    return str(folder / "config.toml")


@pytest.mark.parametrize(
    ("locale", "word"), [("en_US.UTF-8", "listen and answer"), ("zh_CN.UTF-8", "监听并回答")]
)
def test_help_is_in_the_language_of_the_person(locale, word, monkeypatch, capsys):
    monkeypatch.setenv("XIAOBEN_LANG", locale)
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    assert word in capsys.readouterr().out


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("xiaoben 0.")


def test_an_unknown_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["dance"])
    assert ended.value.code == 2
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_a_broken_configuration_is_one_sentence_and_status_78(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")
    path = write(tmp_path, "[audio]\nmicrofone = 1\n")
    assert cli.main(["config", "check", "--config", path]) == 78
    captured = capsys.readouterr()
    assert captured.err == f"xiaoben: Unknown key 'audio.microfone' in {path}; did you mean 'microphone'?\n"
    assert captured.out == ""


def test_the_same_sentence_in_chinese(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "zh_CN")
    path = write(tmp_path, "[audio]\nmicrofone = 1\n")
    assert cli.main(["config", "check", "--config", path]) == 78
    assert "未知的配置项“audio.microfone”；你是指“microphone”吗？" in capsys.readouterr().err


def test_the_settings_shown_can_be_read_again(tmp_path, capsys):
    path = write(tmp_path, 'languages = ["zh"]\n[wake]\nthresholds = { hey_computer = 0.7 }\n')
    assert cli.main(["config", "show", "--config", path]) == 0
    shown = write(tmp_path, capsys.readouterr().out)
    assert load(Path(shown)) == load(Path(write(tmp_path, Path(shown).read_text())))
    assert load(Path(shown)).wake.thresholds == {"hey_computer": 0.7}
    assert load(Path(shown)).languages == ["zh"]


@pytest.mark.parametrize("words", [["config", "show", "--json"], ["--json", "config", "show"]])
def test_the_settings_as_json(words, tmp_path, capsys):
    assert cli.main([*words, "--config", write(tmp_path, "")]) == 0
    assert json.loads(capsys.readouterr().out)["asr"]["model"] == "whisper-base"


def test_status_without_a_daemon_says_how_to_start_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")
    path = write(tmp_path, f'socket = "{tmp_path}/socket"\n')
    assert cli.main(["status", "--config", path]) == 75
    assert "start it with `xiaoben run`" in capsys.readouterr().err


def test_a_speaker_file_without_a_microphone_file_is_a_usage_error(tmp_path, capsys):
    assert cli.main(["run", "--speaker", str(tmp_path / "out.wav")]) == 64
    assert "--mic FILE" in capsys.readouterr().err


def test_a_microphone_file_that_is_no_sound_is_an_input_error(tmp_path):
    (tmp_path / "noise.wav").write_text("no sound")
    path = write(tmp_path, f'state = "{tmp_path}/state"\n')
    # Not in this process, which would be fenced in for good.
    command = [sys.executable, "-m", "assistant", "run", "--config", path, "--mic", tmp_path / "noise.wav"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 65
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("unfenced")
def test_missing_models_are_one_sentence_with_the_command_to_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "en")
    path = write(tmp_path, f'state = "{tmp_path}/state"\nmodels = "{tmp_path}/models"\n')
    assert cli.main(["ask", "hello", "--config", path]) == 69
    assert "run `xiaoben models pull" in capsys.readouterr().err


@pytest.mark.usefixtures("unfenced")
def test_a_read_only_state_folder_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    path = write(tmp_path, f'state = "{tmp_path}/file/state"\nllm.enabled = false\n')
    assert cli.main(["ask", "hello", "--config", path]) == 73
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.usefixtures("unfenced")
def test_a_text_that_is_no_utf_8_is_refused_without_quoting_it(tmp_path, capsys):
    path = write(tmp_path, f'state = "{tmp_path}/state"\nsocket = "{tmp_path}/socket"\nllm.enabled = false\n')
    assert cli.main(["ask", "secret caf\udce9", "--config", path]) == 64
    assert "secret" not in capsys.readouterr().err


@pytest.mark.usefixtures("unfenced")
def test_asking_in_this_process_answers_each_line(tmp_path, capsys, monkeypatch):
    path = write(tmp_path, f'state = "{tmp_path}/state"\nsocket = "{tmp_path}/socket"\nllm.enabled = false\n')
    monkeypatch.setattr(
        "sys.stdin", iter(["what can you do\n", "\n", "设一个五分钟的计时器\n", "gibberish blah\n"])
    )
    assert cli.main(["ask", "-", "--json", "--config", path]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["intent"] for answer in answers] == ["talk.capabilities", "timer.start", "none"]
    assert [answer["lang"] for answer in answers] == ["en", "zh", "en"]
    assert answers[1]["slots"] == {"length": 300.0}
    assert answers[1]["reply"] == "好的，五分钟计时开始。"
    assert answers[2]["source"] == "none"
