import argparse
import json
from pathlib import Path

import pytest

from assistant.commands import skills
from assistant.config import Config, SkillsConfig
from assistant.errors import InputError

TEA = '''
from assistant.skill import Reply, Skill

skill = Skill("tea", en="make tea", zh="泡茶", permissions=["lan"])


@skill.intent(en=["{sentence}"], zh=["泡茶"], examples={{"{sentence}": {{}}, "泡茶": {{}}}})
async def make() -> Reply:
    """Make tea."""
    return Reply(en="Okay.", zh="好的。")
'''


@pytest.fixture
def run(tmp_path: Path, capsys):
    def run(*words: str, disabled: tuple[str, ...] = ()) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        parser.add_argument("--json", action="store_true")
        skills.configure(parser)
        config = Config(skills=SkillsConfig(folder=tmp_path / "own", disabled=list(disabled)))
        status = skills.run(parser.parse_args(words), config)
        return status, capsys.readouterr().out

    return run


def write(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "tea.py"
    path.write_text(text)
    return path


def test_lists_every_skill_in_its_state(run, tmp_path):
    write(tmp_path / "own", TEA.format(sentence="make tea"))

    status, output = run("list", disabled=("clock",))

    assert status == 0
    tea, clock, talk, timer = output.splitlines()
    assert tea == "tea          enabled  2 templates, may use lan"
    assert clock == "clock        disabled: disabled in the configuration"
    assert talk.startswith("talk         enabled  ")
    assert timer.endswith(" templates, no permissions")


def test_lists_in_chinese(run, monkeypatch):
    monkeypatch.setenv("XIAOBEN_LANG", "zh")

    assert "已启用" in run("list")[1]


def test_lists_for_programs(run, tmp_path):
    write(tmp_path / "own", "1 / 0")

    status, output = run("--json", "list")

    assert status == 0
    tea, clock, *_ = json.loads(output)
    assert (tea["name"], tea["state"], tea["templates"]) == ("tea", "load error", 0)
    assert tea["reason"].startswith("ZeroDivisionError")
    assert (clock["state"], clock["permissions"]) == ("enabled", [])


def test_the_bundled_skills_pass(run):
    status, output = run("test")

    assert status == 0
    assert output.endswith(" understood, 0 in conflict\n")


def test_a_sentence_taken_from_a_bundled_skill_is_reported(run, tmp_path):
    path = write(tmp_path / "new", TEA.format(sentence="what time is it"))

    status, output = run("test", str(path))

    assert status == 1
    assert output.splitlines() == [
        "'what time is it' fits tea.make and clock.time equally well.",
        "2 examples, 1 understood, 1 in conflict",
    ]


def test_reports_for_programs(run, tmp_path):
    path = write(tmp_path / "new", TEA.format(sentence="make tea"))

    status, output = run("--json", "test", str(path))

    assert status == 0
    result = json.loads(output)
    assert result["conflicts"] == []
    assert [(skill["name"], skill["examples"]) for skill in result["skills"]] == [("tea", 2)]


def test_a_skill_that_does_not_load_fails(run, tmp_path):
    path = write(tmp_path / "new", "skill = None")

    status, output = run("test", str(path))

    assert status == 1
    assert output.startswith("tea          load error: there must be a variable skill")


def test_a_path_that_is_not_there_is_an_error(run, tmp_path):
    with pytest.raises(InputError, match="There is no skill at"):
        run("test", str(tmp_path / "missing.py"))
