"""The catalogue that ships, and what becomes of a broken one."""

from pathlib import Path

import pytest

from assistant.errors import ConfigError, ModelError
from assistant.weights.catalogue import PackageSource, UrlSource, load_catalogue

SHIPPED = Path(__file__).parents[2] / "models" / "models.toml"

GOOD = """
[small]
role = "asr"
languages = ["en"]
licence = "MIT"
memory_mb = 10
files = [{ path = "model.bin", bytes = 3, sha256 = "%s" }]
sources = [{ kind = "url", url = "https://example.org/{path}" }]
""" % ("0" * 64)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_default_set_speaks_and_hears_both_languages_and_can_be_had_from_two_kinds_of_places():
    defaults = load_catalogue(SHIPPED).defaults
    assert {entry.role for entry in defaults} == {"asr", "llm", "tts", "wake", "vad", "turn"}
    assert {language for entry in defaults if entry.role == "tts" for language in entry.languages} == {
        "zh",
        "en",
    }
    for entry in defaults:
        assert not entry.terms, entry.id
        for file in entry.files:
            assert file.sha256, file.path
            assert any(isinstance(source, PackageSource) for source in entry.sources_of(file)), file.path


def test_the_kokoro_entry_has_every_voice_and_eight_of_them_are_mandarin():
    voices = [file.path for file in load_catalogue(SHIPPED).find("kokoro").files if "voices/" in file.path]
    assert len(voices) == 54
    assert sum(voice.startswith(("voices/zf_", "voices/zm_")) for voice in voices) == 8


def test_upstream_is_asked_first_and_by_a_revision_that_does_not_move():
    for entry in load_catalogue(SHIPPED).entries:
        for file in entry.files:
            kinds = [type(source) for source in entry.sources_of(file)]
            assert kinds == sorted(kinds, key=lambda kind: kind is PackageSource), file.path
        for source in entry.sources:
            if isinstance(source, UrlSource):
                assert source.url.startswith("https://"), source.url
                assert "/main/" not in source.url
                assert "/master/" not in source.url


def test_registries_are_named_by_their_clients_only():
    assert "pypi" not in SHIPPED.read_text(encoding="utf-8").lower()
    assert "npmjs" not in SHIPPED.read_text(encoding="utf-8").lower()


def test_a_model_is_found_by_name_and_a_typo_gets_a_suggestion(tmp_path: Path):
    catalogue = load_catalogue(written(tmp_path, GOOD))
    assert catalogue.find("small").bytes == 3
    with pytest.raises(ModelError, match=r"There is no model 'smal'; did you mean 'small'\?") as raised:
        catalogue.find("smal")
    assert raised.value.zh == "没有名为“smal”的模型；你是指“small”吗？"
    with pytest.raises(ModelError, match="`xiaoben models list` shows"):
        catalogue.find("zzzzzz")


@pytest.mark.parametrize(
    ("change", "to", "complaint"),
    [
        ('role = "asr"', 'role = "ears"', "'small.role'"),
        ("memory_mb = 10", "memory_mb = 10\ncolour = 1", "'small.colour'"),
        ("memory_mb = 10", "", "'small.memory_mb'"),
        ('"model.bin"', '"../../passwd"', "'small.files.0.path'"),
        ('"model.bin"', '".verified.json"', "'small.files.0.path'"),
        ("0" * 64, "0" * 63, "'small.files.0.sha256'"),
        ('kind = "url"', 'kind = "carrier pigeon"', "'small.sources.0'"),
        ("https://", "ftp://", "'small.sources.0.url.url'"),
        (
            'url = "https://example.org/{path}"',
            'url = "https://example.org/", files = ["*.gguf"]',
            "'model.bin'",
        ),
        ("[small]", '["../small"]', "'../small.id'"),
        ("[small]", "[small", "not valid TOML"),
        ("[small]", "large = 1\n[small]", "'large"),
    ],
)
def test_a_broken_catalogue_is_refused_with_the_place_of_the_fault(
    tmp_path: Path, change: str, to: str, complaint: str
):
    assert change in GOOD
    path = written(tmp_path, GOOD.replace(change, to))
    with pytest.raises(ConfigError) as raised:
        load_catalogue(path)
    assert complaint in raised.value.en
    assert str(path) in raised.value.en
    assert str(path) in raised.value.zh


def test_a_file_whose_checksum_nobody_can_tell_is_refused(tmp_path: Path):
    text = GOOD.replace(f', sha256 = "{"0" * 64}"', "").replace(
        '{ kind = "url", url = "https://example.org/{path}" }',
        '{ kind = "pip", parts = [{ package = "a==1", member = "b" }] }',
    )
    with pytest.raises(ConfigError, match=r"no source of 'model\.bin' comes with a checksum"):
        load_catalogue(written(tmp_path, text))


def test_a_catalogue_that_is_not_there_is_one_sentence(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_catalogue(tmp_path / "none.toml")
