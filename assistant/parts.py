"""Builds each part of the chain from the settings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from assistant import paths, skills
from assistant.asr.whisper import Whisper
from assistant.chat import Chat, NoChat, prompt
from assistant.config import Config
from assistant.endpoint import EndpointLimits
from assistant.errors import ConfigError
from assistant.lan.client import Lan
from assistant.listener import Listener
from assistant.llm.llama import Llama
from assistant.schedule import Clock
from assistant.smart_turn import SmartTurn
from assistant.storage import Storage
from assistant.tts.loading import load_voice, load_voices
from assistant.tts.sentences import SentenceSplitter
from assistant.tts.voices import Voices
from assistant.understanding import Understanding
from assistant.vad.detector import SpeechDetector
from assistant.vad.silero import Silero
from assistant.vad.webrtc import WebRtcGate
from assistant.wake.detector import WakeWords
from assistant.wake.features import SpeechEmbedding
from assistant.wake.head import Head, words
from assistant.weights.catalogue import Entry, Role, load_catalogue
from assistant.weights.digests import Digests
from assistant.weights.gate import require_private
from assistant.weights.store import Store


def store(config: Config) -> Store:
    """The installed models; what was read of them is remembered in the state folder."""
    catalogue = load_catalogue(paths.bundled("models") / "models.toml")
    return Store(config.models, catalogue, Digests(config.state / "models.json").sha256_of)


def _entry(models: Store, model_id: str, role: Role) -> Entry:
    """A model that does what it is configured for; raises ModelError or ConfigError."""
    entry = models.catalogue.find(model_id)
    if entry.role != role:
        fitting = ", ".join(other.id for other in models.catalogue.entries if other.role == role)
        raise ConfigError(
            en=f"'{role}.model' names '{model_id}', which is for {entry.role}; "
            f"for {role} there are {fitting}.",
            zh=f"“{role}.model” 指定的“{model_id}”用于 {entry.role}；可用于 {role} 的有 {fitting}。",
        )
    return entry


def recognizer(config: Config, models: Store) -> Whisper:
    """Speech to text, in the languages that user and model have in common; raises ConfigError for none."""
    entry = _entry(models, config.asr.model, "asr")
    languages = [lang for lang in config.languages if lang in entry.languages]
    if not languages:
        spoken = ", ".join(entry.languages)
        raise ConfigError(
            en=f"The model '{entry.id}' recognises {spoken}, none of the configured `languages`; "
            "change `languages` or `asr.model`.",
            zh=f"模型“{entry.id}”识别 {spoken}，不含配置的 `languages`；请修改 `languages` 或 `asr.model`。",
        )
    return Whisper(models.path(entry.id), languages, threads=config.asr.threads, beam=config.asr.beam)


def voices(config: Config, models: Store) -> Voices:
    """Text to speech."""
    return load_voices({"zh": config.tts.zh, "en": config.tts.en}, models.path, config.tts.threads)


def heads(config: Config) -> list[Head]:
    """The wake words to listen for: the user's own before ours; raises ModelError or ConfigError."""
    own, ours = config.models / "wake", paths.bundled("models") / "wake"
    known = [*words(own), *words(ours)]
    for word in config.wake.thresholds:
        if word not in known:
            raise ConfigError(
                en=f"'wake.thresholds' names the wake word '{word}'; there are {', '.join(known)}.",
                zh=f"“wake.thresholds” 中的唤醒词“{word}”不存在；可用的有 {'、'.join(known)}。",
            )
    names = [f"{word}.npz" for word in config.wake.words]
    found = [own / name if (own / name).is_file() else ours / name for name in names]
    for path in found:
        if path.exists():
            require_private(path)
    return [Head.load(path) for path in found]


def listener(config: Config, models: Store, listened: list[Head]) -> Listener:
    """The ears."""
    endpoint = config.endpoint
    return Listener(
        SpeechDetector(
            WebRtcGate(config.vad.aggressiveness), Silero(models.path("silero-vad")), config.vad.threshold
        ),
        WakeWords(SpeechEmbedding(models.path("speech-embedding")), listened, config.wake.thresholds),
        EndpointLimits.from_seconds(
            silence=endpoint.silence_seconds,
            patience=endpoint.patience_seconds,
            start=endpoint.start_seconds,
            length=endpoint.max_seconds,
        ),
        SmartTurn(models.path("smart-turn")) if endpoint.turn_detection else None,
    )


def chat(config: Config, models: Store) -> Chat | NoChat:
    """The last answerer."""
    if not config.llm.enabled:
        return NoChat()
    entry = _entry(models, config.llm.model, "llm")
    model = Llama(models.path(entry.id), threads=config.llm.threads, context_tokens=config.llm.context_tokens)
    for lang in entry.languages:
        model.warm(prompt("", lang))
    return Chat(model, entry.languages, SentenceSplitter, config.llm.max_tokens)


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that has weights, loaded and warm."""

    listener: Listener
    recognizer: Whisper
    chat: Chat | NoChat
    voices: Voices
    words: Sequence[Head]

    def wake_phrases(self, word: str) -> Sequence[str]:
        """How a wake word may be written in a transcript."""
        return next(head.word.phrases for head in self.words if head.word.id == word)

    def close(self) -> None:
        """End the language model's thread."""
        self.chat.close()


async def load(config: Config) -> Models:
    """Load all models, side by side; raises ModelError for one that is missing or damaged."""
    models = store(config)
    listened = heads(config)
    in_thread = asyncio.to_thread
    loaded = await asyncio.gather(
        in_thread(listener, config, models, listened),
        in_thread(recognizer, config, models),
        in_thread(chat, config, models),
        in_thread(voices, config, models),
    )
    ears, whisper, last, speakers = loaded
    await asyncio.gather(in_thread(whisper.warm), in_thread(speakers.warm))
    return Models(ears, whisper, last, speakers, listened)


def try_out(entry: Entry, folder: Path) -> None:
    """Load a model that may be anything, for a moment; raises ModelError, or ends the process."""
    match entry.role:
        case "asr":
            Whisper(folder, entry.languages, threads=1, beam=1).warm()
        case "llm":
            Llama(folder, threads=1, context_tokens=512).warm(prompt("", entry.languages[0]))
        case "tts":
            speaker = next((f"/{PurePath(file.path).stem}" for file in entry.files if "/" in file.path), "")
            load_voice(entry.id + speaker, lambda _: folder, 1)
        case "vad":
            Silero(folder)
        case "wake":
            SpeechEmbedding(folder)
        case "turn":
            SmartTurn(folder)


def understanding(config: Config, storage: Storage, clock: Clock, lan: Lan) -> Understanding:
    """The skills at work."""
    loaded = skills.load(skills.folders(config.skills.folder), config.skills.disabled)
    return Understanding(skills.enabled(loaded), storage, clock, lan=lan)
