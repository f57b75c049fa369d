from pathlib import Path
from textwrap import dedent

import pytest

from assistant import skills
from assistant.skills import State

GREETING = '''
from assistant.skill import Context, Reply, Skill

skill = Skill("{name}", en="greet", zh="问好", permissions=["lan"])


@skill.intent(en=["{en}"], zh=["{zh}"], examples={{"{en}": {{}}, "{zh}": {{}}}})
async def greet() -> Reply:
    """Greet."""
    return Reply(en="Hello from {where}.", zh="你好。")
'''


@pytest.fixture(autouse=True)
def no_installed_packages(monkeypatch):
    monkeypatch.setattr(skills, "entry_points", lambda group: [])


def write(folder: Path, name: str, text: str | None = None, **words: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    defaults = {"name": name, "en": f"greet {name}", "zh": f"向{name}问好", "where": str(folder.name)}
    path.write_text(dedent(text) if text is not None else GREETING.format(**{**defaults, **words}))
    return path


def states(loaded):
    return [(entry.name, entry.state) for entry in loaded]


def test_skills_are_found_in_a_folder(tmp_path):
    write(tmp_path, "tea")
    write(tmp_path, "coffee")
    write(tmp_path, "_draft", "boom")
    (tmp_path / "notes.txt").write_text("no skill")

    loaded = skills.load([tmp_path, tmp_path / "missing"])

    assert states(loaded) == [("coffee", State.ENABLED), ("tea", State.ENABLED)]
    assert [skill.name for skill in skills.enabled(loaded)] == ["coffee", "tea"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def", "SyntaxError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("skill = 5", "there must be a variable skill = Skill('bad', ...)"),
        ("", "there must be a variable skill"),
        (
            "from assistant.skill import Skill\nskill = Skill('bad', en='a', zh='甲')",
            "at least one @skill.intent",
        ),
        ("from assistant.skill import Skill\nskill = Skill('bad')", "TypeError"),
        (
            GREETING.format(name="other", en="hi", zh="嗨", where="x"),
            "there must be a variable skill = Skill('bad'",
        ),
        (GREETING.format(name="bad", en="hi {name}", zh="嗨", where="x"), "bad.py:7, greet: the template"),
    ],
)
def test_one_bad_skill_harms_no_other(tmp_path, caplog, text, reason):
    write(tmp_path, "bad", text)
    write(tmp_path, "tea")

    bad, tea = skills.load([tmp_path])

    assert (bad.state, tea.state) == (State.LOAD_ERROR, State.ENABLED)
    assert reason in bad.reason
    assert "Skill bad, load error" in caplog.text


def test_a_disabled_skill_is_not_even_imported(tmp_path):
    write(tmp_path, "bad", "raise SystemError")

    (bad,) = skills.load([tmp_path], ["bad"])

    assert (bad.state, bad.skill) == (State.DISABLED, None)


def test_a_name_in_the_configuration_that_is_none_is_a_config_error(tmp_path):
    write(tmp_path, "coffee")

    _, unknown = skills.load([tmp_path], ["cofee"])

    assert unknown.state is State.CONFIG_ERROR
    assert unknown.reason == "'skills.disabled' names it, but there is no such skill; did you mean 'coffee'?"


async def test_a_file_of_the_user_takes_the_place_of_a_bundled_skill(tmp_path):
    write(tmp_path / "own", "tea")
    write(tmp_path / "ours", "tea")

    mine, bundled = skills.load([tmp_path / "own", tmp_path / "ours"])

    assert (mine.state, bundled.state) == (State.ENABLED, State.DISABLED)
    assert bundled.reason == f"replaced by {tmp_path / 'own' / 'tea.py'}"
    assert mine.skill
    assert (await mine.skill.actions[0].function()).en == "Hello from own."


def test_a_broken_file_of_the_user_leaves_the_bundled_skill_in_place(tmp_path):
    write(tmp_path / "own", "tea", "1 / 0")
    write(tmp_path / "ours", "tea")

    loaded = skills.load([tmp_path / "own", tmp_path / "ours"])

    assert states(loaded) == [("tea", State.LOAD_ERROR), ("tea", State.ENABLED)]


def test_a_skill_may_find_that_it_cannot_work_here(tmp_path):
    check = """
        @skill.check
        def player_is_there() -> Reply | None:
            return Reply(en="Install mpd first.", zh="请先安装 mpd。")
    """
    path = write(tmp_path, "music")
    path.write_text(path.read_text() + dedent(check))

    (music,) = skills.load([tmp_path])

    assert (music.state, music.reason, music.skill) == (State.SELF_CHECK_FAILED, "Install mpd first.", None)


def test_a_skill_that_finds_nothing_amiss_is_enabled(tmp_path):
    path = write(tmp_path, "music")
    path.write_text(path.read_text() + "\n@skill.check\ndef fine() -> None:\n    return None\n")

    assert states(skills.load([tmp_path])) == [("music", State.ENABLED)]


def test_installed_packages_may_bring_skills(tmp_path, monkeypatch):
    (entry,) = skills.load([write(tmp_path, "tea")])

    class Point:
        name, value = "tea", "tea_package:skill"

        def load(self):
            return entry.skill

    monkeypatch.setattr(skills, "entry_points", lambda group: [Point()] if group == "xiaoben.skills" else [])

    (installed,) = skills.load([])

    assert (installed.state, installed.source) == (State.ENABLED, "tea_package:skill")


def test_a_single_file_may_be_named(tmp_path):
    write(tmp_path, "tea")

    assert states(skills.load([write(tmp_path, "coffee")])) == [("coffee", State.ENABLED)]


def test_all_bundled_skills_are_enabled():
    assert {entry.state for entry in skills.load([skills.folders(Path("/nowhere"))[1]])} == {State.ENABLED}
