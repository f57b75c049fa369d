"""Every setting, its meaning, its default; read from one TOML file.

One frozen model a stage. Defaults give a working assistant, so the file may be missing or empty.
"""

import difflib
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assistant import paths
from assistant.errors import ConfigError
from assistant.events import LANGUAGES, Language

_FOR_ALL = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - to be refused


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:  # of which pydantic would make no message
        raise ValueError("this `~` is nobody's home") from error


HomePath = Annotated[Path, AfterValidator(_expanded)]
"""A path in which `~` is the user's home."""


class Section(BaseModel):
    """Base of every section: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AudioConfig(Section):
    """[audio]"""

    microphone: str = ""
    """Part of the input device's name, see `xiaoben devices`; empty: the system's default."""
    speaker: str = ""
    """Part of the output device's name; empty: the system's default."""
    chime: bool = True
    """Play a short sound when the wake word was heard."""


class WakeConfig(Section):
    """[wake]"""

    words: list[str] = Field(default=["xiaoben_tongxue", "hey_computer"], min_length=1)
    """Wake words to listen for, see `xiaoben wake list`."""
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    """Score from which a word counts, 0 to 1, where the word's own default does not suit."""


class VadConfig(Section):
    """[vad]"""

    aggressiveness: int = Field(default=2, ge=0, le=3)
    """webrtcvad's mode: how readily it calls a sound no speech."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Silero's probability from which a sound counts as speech."""


class EndpointConfig(Section):
    """[endpoint]"""

    silence_seconds: float = Field(default=0.5, ge=0.1, le=5)
    """Silence after which the turn ends if it sounds complete."""
    patience_seconds: float = Field(default=1.2, ge=0.1, le=10)
    """Silence after which it ends in any case."""
    start_seconds: float = Field(default=5.0, ge=1, le=60)
    """How long to wait for a request after the wake word."""
    max_seconds: float = Field(default=15.0, ge=2, le=28)
    """Longest request; recognition hears up to 30 s at a time, the wake word in it."""
    turn_detection: bool = True
    """Ask Smart Turn whether the sentence sounded complete."""


class AsrConfig(Section):
    """[asr]"""

    model: str = "whisper-base"
    """Catalogue id, see `xiaoben models list`."""
    threads: int = Field(default=2, ge=1, le=64)
    beam: int = Field(default=5, ge=1, le=10)
    """Hypotheses kept while decoding."""


class LlmConfig(Section):
    """[llm]"""

    enabled: bool = True
    model: str = "smollm2-135m"
    """Catalogue id, see `xiaoben models list`."""
    threads: int = Field(default=2, ge=1, le=64)
    context_tokens: int = Field(default=2048, ge=512, le=131072)
    max_tokens: int = Field(default=120, ge=16, le=2048)
    """Longest answer."""


class TtsConfig(Section):
    """[tts]"""

    zh: str = "kokoro/zf_xiaoxiao"
    """Chinese voice: catalogue id, then a slash and the speaker where a model has several."""
    en: str = "piper-en-joe"
    """English voice."""
    threads: int = Field(default=2, ge=1, le=64)


class SkillsConfig(Section):
    """[skills]"""

    disabled: list[str] = []
    """Names of skills not to load."""
    folder: HomePath | None = None
    """Your own skills; empty: `skills` beside the config file."""


class PrivacyConfig(Section):
    """[privacy]"""

    fence: bool = True
    """Have the kernel close Xiaoben off from the network and from other programs."""


class HistoryConfig(Section):
    """[history]"""

    enabled: bool = False
    """Keep what was said and answered, encrypted, see `xiaoben history`."""
    days: int = Field(default=30, ge=1, le=3650)
    """How long it is kept."""


class DestinationConfig(Section):
    """[lan.NAME]"""

    host: str = Field(min_length=1)
    """Name or address."""
    port: int = Field(ge=1, le=65535)
    protocol: Literal["tcp", "udp"] = "tcp"
    beyond_lan: bool = False
    """Allow an address that is not private, loopback or link-local."""


class Config(Section):
    """The whole file."""

    languages: list[Language] = Field(default=list(LANGUAGES), min_length=1)
    """Languages to expect; the first is the one for messages that answer nobody."""
    models: HomePath = Field(default_factory=paths.models_folder)
    """Folder of the model weights."""
    state: HomePath = Field(default_factory=paths.state_folder)
    """Folder of what must survive a restart."""
    socket: HomePath = Field(default_factory=lambda: paths.runtime_folder() / "control.sock")
    """The control socket."""
    audio: AudioConfig = AudioConfig()
    wake: WakeConfig = WakeConfig()
    vad: VadConfig = VadConfig()
    endpoint: EndpointConfig = EndpointConfig()
    asr: AsrConfig = AsrConfig()
    llm: LlmConfig = LlmConfig()
    tts: TtsConfig = TtsConfig()
    skills: SkillsConfig = SkillsConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    history: HistoryConfig = HistoryConfig()
    lan: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")], DestinationConfig] = {}
    """What skills may reach, and nothing else; empty: no network at all."""


def load(path: Path | None = None) -> Config:
    """Read `path`, or the default place; raises ConfigError with the key and, for a typo, what was meant."""
    chosen = path or paths.config_file()
    if path is None and not chosen.is_file():
        return Config()
    try:
        with chosen.open("rb") as file:
            config = Config.model_validate(tomllib.load(file))
    except OSError as error:
        raise ConfigError(
            en=f"The configuration {chosen} cannot be read: {error.strerror}.",
            zh=f"无法读取配置文件 {chosen}：{error.strerror}。",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            en=f"The configuration {chosen} is not valid TOML: {error}.",
            zh=f"配置文件 {chosen} 不是有效的 TOML：{error}。",
        ) from error
    except ValidationError as error:
        raise _explain(chosen, error) from error
    _check_own_folders(chosen, config)
    return config


def _check_own_folders(path: Path, config: Config) -> None:
    """Raise ConfigError for a folder of others: what holds the state or the socket is writable for skills."""
    for key, folder in (("state", config.state), ("socket", config.socket.parent)):
        if key in config.model_fields_set and _holds_what_is_not_ours(folder):
            raise ConfigError(
                en=f"The '{key}' in {path} would open all of {folder} to Xiaoben and its skills; "
                f"give it a folder of its own, such as {folder / 'xiaoben'}.",
                zh=f"{path} 中的“{key}”会让小本及其技能可以写入整个 {folder}；"
                f"请给它一个单独的文件夹，例如 {folder / 'xiaoben'}。",
            )


def _holds_what_is_not_ours(folder: Path) -> bool:
    named = [os.environ[name] for name in ("XDG_RUNTIME_DIR", "TMPDIR") if os.environ.get(name)]
    others = [paths.own_home(), *map(Path, (*_FOR_ALL, f"/run/user/{os.getuid()}", *named))]
    # Not resolve(), which fails for links that go round in a circle.
    return any(_real(other).is_relative_to(_real(folder)) for other in others)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _explain(path: Path, error: ValidationError) -> ConfigError:
    first = error.errors(include_url=False)[0]
    location = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        hint_en, hint_zh = _did_you_mean(str(first["loc"][-1]), _known_keys(first["loc"][:-1]))
        return ConfigError(
            en=f"Unknown key '{location}' in {path}; {hint_en}",
            zh=f"{path} 中有未知的配置项“{location}”；{hint_zh}",
        )
    return ConfigError(
        en=f"The value of '{location}' in {path} is {first['input']!r}: {first['msg']}.",
        zh=f"{path} 中“{location}”的值 {first['input']!r} 无效：{first['msg']}。",
    )


def _known_keys(section: tuple[Any, ...]) -> Iterable[str]:
    place: Any = Config
    for name in section:
        of_dict = get_args(place)  # its keys are the user's own
        place = of_dict[1] if of_dict else place.model_fields[name].annotation
    fields: dict[str, Any] = place.model_fields
    return fields


def _did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    close = difflib.get_close_matches(word, list(known), n=1)
    if not close:
        return "`xiaoben config show` lists the keys there are.", "可用的配置项见 `xiaoben config show`。"
    return f"did you mean '{close[0]}'?", f"你是指“{close[0]}”吗？"
