"""What the two READMEs promise is there, and they promise the same."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pytest
from annotated_types import MinLen
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from assistant import cli, skills
from assistant.claims import conflicts
from assistant.config import Config
from assistant.wake.head import words
from assistant.weights import Catalogue, load_catalogue
from assistant.weights.display import megabytes

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "README.zh-CN.md")
MADE_LATER = {"demo/conversation.wav"}  # by `make demo`
OWN_FOLDERS = "assistant|skills|models|systemd|tests|bench|docs|demo|scripts"


class Block(NamedTuple):
    language: str
    text: str


class Readme:
    """A README taken apart."""

    def __init__(self, name: str) -> None:
        self.text = (ROOT / name).read_text("utf-8")
        self.blocks = [
            Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", self.text, re.M | re.S)
        ]
        self.prose = re.sub(r"^```\w+\n.*?^```$", "", self.text, flags=re.M | re.S)
        self.headings = re.findall(r"^(#+) (.+)$", self.prose, re.M)
        self.tables = [
            [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
            for table in re.findall(r"(?:^\|.*\|\n)+", self.prose, re.M)
        ]

    def row(self, name: str) -> list[str] | None:
        """The cells behind `name` in the table that has it first."""
        rows = (row for table in self.tables for row in table)
        return next((row[1:] for row in rows if row[0].startswith(f"`{name}`")), None)


READMES = {name: Readme(name) for name in NAMES}


@pytest.fixture(params=NAMES)
def readme(request: pytest.FixtureRequest) -> Readme:
    return READMES[request.param]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Somebody's home, with nothing set that would move the folders."""
    for variable in ("CONFIG", "STATE", "DATA"):
        monkeypatch.delenv(f"XDG_{variable}_HOME", raising=False)
    for variable in ("CONFIGURATION", "STATE", "RUNTIME"):
        monkeypatch.delenv(f"{variable}_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "$XDG_RUNTIME_DIR")  # as the READMEs write it
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config" / "xiaoben").mkdir(parents=True)
    (tmp_path / ".config" / "xiaoben" / "config.toml").touch()
    return tmp_path


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "models" / "models.toml")


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


SETTINGS = dict(settings(Config))


def default(key: str, home: Path) -> str:
    """As it is written in a README: a path from the home or the checkout, else TOML."""
    value = SETTINGS[key].get_default(call_default_factory=True)
    if key == "skills.folder":
        value = skills.folders(value)[0]
    if isinstance(value, Path):
        return str(value).replace(str(home), "~").replace(f"{ROOT}/", "")
    return json.dumps(value)


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_is_listed_with_its_default_and_its_limits(key: str, readme: Readme, home: Path):
    cells = readme.row(key)
    assert cells, f"{key} is not in the table"
    kind, written, _ = cells
    assert written == f"`{default(key, home)}`"
    others = (MinLen, AfterValidator)
    limits = [asdict(limit) for limit in SETTINGS[key].metadata if not isinstance(limit, others)]
    assert re.findall(r"[\d.]+", kind) == [str(value) for limit in limits for value in limit.values()]


def test_no_setting_is_listed_that_is_not_there(readme: Readme):
    (table,) = (table for table in readme.tables if any(row[0] == "`audio.chime`" for row in table))
    assert [row[0].strip("`") for row in table[2:]] == list(SETTINGS)


def test_every_command_mentioned_is_there(readme: Readme):
    mentioned = set(re.findall(r"(?:`|^|/)xiaoben ([a-z-]+)", readme.text, re.M))
    assert mentioned == set(cli.COMMANDS)


def test_the_quick_start_is_two_commands(readme: Readme):
    start = re.split(r"^## (?:Quick start|快速开始)$", readme.text, flags=re.M)[1]
    quick_start = re.split(r"^## ", start, flags=re.M)[0]
    assert re.findall(r"^```sh\n(.*?)^```$", quick_start, re.M | re.S) == ["make demo\nmake test\n"]


def test_every_target_of_make_is_there(readme: Readme):
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M)
    assert set(re.findall(r"(?:`|^)make (\w+)", readme.text, re.M)) <= set(targets)


def test_every_path_mentioned_exists(readme: Readme):
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", readme.prose) if "://" not in link]
    words = re.findall(rf"(?<![\w./~-])(?:{OWN_FOLDERS})/[\w./-]*", readme.text)
    modules = [name.replace(".", "/") + ".py" for name in re.findall(r"-m ([\w.]+)", readme.text)]
    assert len(words) > 20
    mentioned = {*links, *words, *modules} - MADE_LATER
    assert [path for path in sorted(mentioned) if not (ROOT / path).exists()] == []


def test_every_link_within_the_page_leads_to_a_heading(readme: Readme):
    anchors = {title.lower().replace(" ", "-") for _, title in readme.headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", readme.prose)) <= anchors


def test_every_model_is_listed_with_its_size_and_licence(readme: Readme, catalogue: Catalogue):
    for entry in catalogue.entries:
        row = readme.row(entry.id)
        assert row, f"{entry.id} is not in the table"
        assert row[1:] == [" ".join(entry.languages), megabytes(entry.bytes), entry.licence]
    assert megabytes(sum(entry.bytes for entry in catalogue.defaults)) in readme.prose


@pytest.mark.parametrize("mark", ["(default)", "（默认）"])
def test_the_default_models_are_marked(mark: str, catalogue: Catalogue):
    readme = READMES["README.md" if mark.isascii() else "README.zh-CN.md"]
    marked = re.findall(rf"^\| `([\w.-]+)` ?{re.escape(mark)}", readme.text, re.M)
    assert marked == [entry.id for entry in catalogue.defaults]


def test_every_wake_word_that_ships_is_listed(readme: Readme):
    (table,) = (table for table in readme.tables if table[2][0] == "`xiaoben_tongxue`")
    assert sorted(row[0].strip("`") for row in table[2:]) == words(ROOT / "models" / "wake")


def test_the_example_is_a_skill_whose_examples_are_its_own(readme: Readme, tmp_path: Path):
    (example,) = (block.text for block in readme.blocks if block.language == "python")
    (tmp_path / "pick.py").write_text(example, "utf-8")
    loaded = skills.load([tmp_path, ROOT / "skills"])
    assert loaded[0].state is skills.State.ENABLED, loaded[0].reason
    enabled = skills.enabled(loaded)
    assert list(conflicts(enabled, enabled[:1])) == []


def test_both_languages_have_the_same_structure():
    one, other = READMES.values()
    assert [depth for depth, _ in one.headings] == [depth for depth, _ in other.headings]
    assert [list(map(len, table)) for table in one.tables] == [
        list(map(len, table)) for table in other.tables
    ]
    assert [block.language for block in one.blocks] == [block.language for block in other.blocks]


def test_both_languages_show_the_same_commands_and_code():
    one, other = (
        [block for block in readme.blocks if block.language != "text"] for readme in READMES.values()
    )
    assert one == other


def test_both_languages_name_the_same_keys_events_and_figures():
    one, other = (sorted(re.findall(r"`[^`\n]+`|\d[\d.]*", readme.prose)) for readme in READMES.values())
    assert one == other
