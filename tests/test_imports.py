"""Who may import whom: the architecture, checked."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINES = {
    "cn2an", "cryptography", "ctranslate2", "faster_whisper", "hassil", "jieba", "llama_cpp", "misaki",
    "onnxruntime", "opencc", "piper", "pypinyin", "pyseccomp", "sounddevice", "soundfile", "soxr", "sqlite3",
    "webrtcvad", "wetext",
}  # fmt: skip
GROUND = {"assistant.events", "assistant.errors"}
TOOLS = {f"assistant.{tool}" for tool in ("onnx", "mel", "memory", "pinyin", "samples", "spoken")}
ADAPTERS = ("audio", "asr", "llm", "tts", "vad", "wake", "weights", "smart_turn")
TOP = ("app", "parts", "cli", "commands", "__main__")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports(path: Path) -> frozenset[str]:
    """Modules that a file imports anywhere in it, type checking included."""
    return frozenset(_imports(ast.parse(path.read_text())))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """Our own modules among them."""
    known = {name(module) for module in modules("assistant")} - {"assistant"}
    return {imported for imported in imports(path) if imported in known}


def part(module: str) -> str:
    return module.split(".")[1]


def test_events_and_errors_import_nothing_of_ours():
    for module in GROUND:
        assert ours(ROOT / f"{module.replace('.', '/')}.py") == set()


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_stage_knows_only_the_events_and_its_own_tools(adapter: str):
    shared = GROUND | TOOLS
    for path in (path for path in modules("assistant") if name(path).startswith(f"assistant.{adapter}")):
        strangers = {
            imported
            for imported in ours(path)
            if part(imported) != adapter and not any(imported.startswith(ground) for ground in shared)
        }
        if "training" in path.parts:  # makes its words with the voices
            strangers = {stranger for stranger in strangers if part(stranger) not in {"tts", "audio"}}
        assert strangers == set(), name(path)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_engine_is_known_to_one_module(engine: str):
    users = [
        name(path)
        for path in [*modules("assistant"), *modules("skills")]
        if any(imported.split(".")[0] == engine for imported in imports(path))
    ]
    assert len(users) <= 1


def test_only_the_composition_root_and_the_commands_introduce_the_stages():
    for path in modules("assistant"):
        module = name(path)
        if module == "assistant" or part(module) in (*TOP, *ADAPTERS):
            continue
        assert {part(imported) for imported in ours(path)} & {*ADAPTERS, *TOP} == set(), module


def test_a_skill_sees_nothing_but_the_skill_interface():
    for path in modules("skills"):
        assert {imported for imported in imports(path) if imported.startswith("assistant")} <= {
            "assistant.skill",
            *(f"assistant.skill.{word}" for word in names_from_skill(path)),
        }, name(path)


def names_from_skill(path: Path) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "assistant.skill"
        for alias in node.names
    }
