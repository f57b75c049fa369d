"""`xiaoben models`, as a person and as a program sees it."""

import argparse
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import paths
from assistant.commands import models
from assistant.config import Config
from assistant.errors import InputError, ModelError, UsageError

NOBODY = "http://127.0.0.1:1/"
CATALOGUE = f"""
[ears]
role = "asr"
languages = ["zh", "en"]
licence = "MIT"
memory_mb = 10
default = true
files = [{{ path = "model.bin", bytes = 4, sha256 = "{hashlib.sha256(b"ears").hexdigest()}" }}]
sources = [{{ kind = "url", url = "{NOBODY}{{path}}" }}]

[gem]
role = "llm"
languages = ["zh"]
licence = "Gem terms"
terms = "https://example.org/terms"
memory_mb = 20
files = [
  {{ path = "model.gguf", bytes = 3, sha256 = "{hashlib.sha256(b"gem").hexdigest()}" }},
  {{ path = "tokens.txt", bytes = 6, sha256 = "{hashlib.sha256(b"tokens").hexdigest()}" }},
]
sources = [{{ kind = "url", url = "{NOBODY}{{path}}" }}]

[qwen]
role = "llm"
languages = ["zh", "en"]
licence = "Apache-2.0"
memory_mb = 20
files = [{{ path = "model.gguf", bytes = 10 }}]
sources = [{{ kind = "url", url = "{NOBODY}Qwen-Q8.gguf" }}]
"""

Command = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def command(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`xiaoben models` with a catalogue of a few models, of which nobody serves the files."""
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "models.toml").write_text(CATALOGUE)
    monkeypatch.setattr(paths, "bundled", lambda name: tmp_path / "shipped")
    monkeypatch.setenv("XIAOBEN_LANG", "en")

    def run(*words: str) -> int:
        parser = argparse.ArgumentParser()
        parser.add_argument("--json", action="store_true")
        models.configure(parser)
        return models.run(parser.parse_args(words), Config(models=folder))

    return run


def brought(tmp_path: Path, name: str, content: bytes) -> str:
    (tmp_path / name).write_bytes(content)
    return str(tmp_path / name)


@pytest.fixture
def whole(tmp_path: Path, command: Command) -> Command:
    """The same with two of them installed."""
    for content in (b"ears", b"gem", b"tokens"):
        command("import", brought(tmp_path, content.decode(), content))
    return command


def test_the_list_shows_what_is_there_and_what_it_takes(command: Command, capsys: pytest.CaptureFixture[str]):
    assert command("list") == 0
    heading, ears, gem, _, note = capsys.readouterr().out.splitlines()
    assert heading.split() == ["model", "role", "languages", "size", "memory", "licence", "state"]
    assert ears.split() == ["ears", "*", "asr", "zh", "en", "0.0", "MB", "10", "MB", "MIT", "missing"]
    assert gem.endswith("missing")
    assert note == "* pulled by default"


def test_the_list_in_chinese_keeps_its_columns(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XIAOBEN_LANG", "zh")
    command("list")
    heading, ears, *_ = capsys.readouterr().out.splitlines()
    assert heading.split() == ["模型", "用途", "语言", "大小", "内存", "许可证", "状态"]
    assert ears.endswith("未安装")
    in_latin_cells = heading.encode("gb18030").index("状态".encode("gb18030"))
    assert ears.encode("gb18030").index("未安装".encode("gb18030")) == in_latin_cells


def test_a_program_reads_the_list_as_json(whole: Command, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    whole("--json", "list")
    ears, gem, _ = json.loads(capsys.readouterr().out)
    assert ears == {
        "id": "ears", "role": "asr", "languages": ["zh", "en"], "licence": "MIT", "terms": None,
        "memory_mb": 10, "default": True, "bytes": 4, "state": "installed",
    }  # fmt: skip
    assert gem["terms"] == "https://example.org/terms"


def test_a_pull_of_what_is_there_does_nothing_and_says_so(whole: Command, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    assert whole("pull") == 0
    assert capsys.readouterr().out == "All there: ears\n"
    assert whole("pull", "gem") == 0
    assert capsys.readouterr().out == "All there: gem\n"
    assert whole("pull", "gem", "ears", "--all-defaults") == 0
    assert capsys.readouterr().out == "All there: ears gem\n"


def test_a_pull_that_finds_no_source_fails_and_has_told_what_it_tried(
    command: Command, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(ModelError, match=r"No source has ears/model\.bin"):
        command("pull")
    assert capsys.readouterr().err.splitlines() == [
        "ears ← 127.0.0.1:1",
        "  127.0.0.1:1: no connection (Connection refused)",
    ]


def test_a_program_follows_a_pull_line_by_line(command: Command, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(ModelError):
        command("--json", "pull")
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == [
        "fetching",
        "refused",
    ]


def test_a_pull_of_an_unknown_model_fetches_nothing(command: Command, folder: Path):
    with pytest.raises(ModelError, match="did you mean 'ears'"):
        command("pull", "ear")
    assert not folder.exists()


def test_terms_must_be_accepted_before_anything_is_fetched(command: Command, folder: Path):
    with pytest.raises(UsageError) as raised:
        command("pull", "gem")
    assert "read https://example.org/terms and pass --accept-licence" in raised.value.en
    assert "https://example.org/terms" in raised.value.zh
    assert not folder.exists()
    with pytest.raises(ModelError, match="No source has gem"):
        command("pull", "gem", "--accept-licence")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "outcome"), [("y\n", ModelError), ("n\n", UsageError), ("\n", UsageError)]
)
def test_at_a_terminal_a_person_is_asked(
    command: Command,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    outcome: type[Exception],
):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with pytest.raises(outcome):
        command("pull", "gem")
    assert "gem: licence Gem terms https://example.org/terms" in capsys.readouterr().out


def test_verify_reads_what_is_installed(whole: Command, folder: Path, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    assert whole("verify") == 0
    assert capsys.readouterr().out == "ears: whole\ngem: whole\n"
    (folder / "ears" / "model.bin").write_bytes(b"eels")
    assert whole("verify") == ModelError.exit_status
    assert capsys.readouterr().out.splitlines() == [
        "ears: missing or damaged: model.bin; run `xiaoben models pull ears`",
        "gem: whole",
    ]
    assert whole("--json", "verify", "ears") == ModelError.exit_status
    assert json.loads(capsys.readouterr().out) == {"model": "ears", "whole": False, "damaged": ["model.bin"]}


def test_verify_of_nothing_is_no_success(command: Command):
    with pytest.raises(ModelError, match=r"No model is installed in .*; run `xiaoben models pull`"):
        command("verify")
    assert command("verify", "gem") == ModelError.exit_status


def test_import_tells_what_it_took_and_what_is_still_missing(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
):
    assert command("import", brought(tmp_path, "a", b"ears"), brought(tmp_path, "b", b"gem")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ears: 1 of 1 files imported",
        "gem: 1 of 2 files imported; still missing: tokens.txt",
    ]


def test_import_says_when_only_a_name_speaks_for_a_file(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
):
    command("import", brought(tmp_path, "Qwen-Q8.gguf", b"0123456789"))
    assert capsys.readouterr().out.splitlines() == [
        "qwen: 1 of 1 files imported",
        "qwen/model.gguf: known by its name only, no checksum to check it with; "
        "`xiaoben models trust qwen` lets it be loaded",
    ]


def test_import_for_a_program(tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]):
    path = brought(tmp_path, "a", b"ears")
    assert command("--json", "import", path) == 0
    assert json.loads(capsys.readouterr().out) == {
        "model": "ears", "path": "model.bin", "origins": [path], "known": True,
    }  # fmt: skip


def test_import_of_a_stranger_takes_the_rest_and_fails(
    tmp_path: Path, command: Command, folder: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(InputError, match=r"cat\.jpg holds no whole file of the catalogue") as raised:
        command("import", brought(tmp_path, "cat.jpg", b"cat"), brought(tmp_path, "a", b"ears"))
    assert "没有目录" in raised.value.zh
    assert capsys.readouterr().out == "ears: 1 of 1 files imported\n"
    assert (folder / "ears" / "model.bin").read_bytes() == b"ears"


@pytest.fixture
def strange(whole: Command, folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The same with a file of somebody else's making, which a trial finds loadable."""
    (folder / "ears" / "model.bin").write_bytes(b"eels")
    capsys.readouterr()
    return whole


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were tried, each for good."""
    tried: list[str] = []
    monkeypatch.setattr(models, "attempt", lambda load, entry, folder: tried.append(entry.id))
    return tried


def test_trust_shows_the_checksum_and_tries_before_it_asks(
    strange: Command, tried: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert strange("trust", "ears") == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == f"ears/model.bin  SHA-256 {hashlib.sha256(b'eels').hexdigest()}  0.0 MB"
    assert last.endswith("ears: trusted from now on")
    assert tried == ["ears"]
    assert strange("verify", "ears") == 0


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_consent_nothing_is_trusted(
    strange: Command, tried: list[str], monkeypatch: pytest.MonkeyPatch, answer: str
):
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    with pytest.raises(UsageError, match="pass --yes if you know"):
        strange("trust", "ears")
    assert strange("verify", "ears") == ModelError.exit_status


def test_a_program_must_say_that_it_knows(
    strange: Command, tried: list[str], capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(UsageError, match="pass --yes"):
        strange("--json", "trust", "ears")
    assert strange("--json", "trust", "ears", "--yes") == 0
    digest = hashlib.sha256(b"eels").hexdigest()
    assert json.loads(capsys.readouterr().out) == {"model": "ears", "trusted": {"model.bin": digest}}


def test_what_the_trial_refuses_is_not_trusted(strange: Command, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_args: object) -> None:
        raise ModelError(en="It crashed.", zh="崩溃了。")

    monkeypatch.setattr(models, "attempt", refuse)
    with pytest.raises(ModelError, match="It crashed"):
        strange("trust", "ears", "--yes")
    assert strange("verify", "ears") == ModelError.exit_status


def test_the_maker_s_own_needs_no_trust(whole: Command, tried: list[str], capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    assert whole("trust", "ears") == 0
    assert capsys.readouterr().out == "ears: is the maker's own\n"
    assert tried == []


def test_what_was_known_by_its_name_only_shows_as_untrusted(
    tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]
):
    command("import", brought(tmp_path, "Qwen-Q8.gguf", b"0123456789"))
    command("list")
    assert capsys.readouterr().out.splitlines()[-2].endswith("untrusted")
    assert command("verify", "qwen") == ModelError.exit_status
    assert capsys.readouterr().out == (
        "qwen: nothing vouches for model.gguf; `xiaoben models trust qwen` lets it be loaded\n"
    )
