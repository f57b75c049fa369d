"""The small network that knows one wake word by its embeddings."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from assistant.errors import ModelError, StorageError
from assistant.events import Language
from assistant.wake.features import EMBEDDING_SIZE, WINDOW, Embeddings


@dataclass(frozen=True, slots=True)
class WakeWord:
    """What a head listens for."""

    id: str
    """As the configuration names it, e.g. `hey_computer`."""
    lang: Language
    display: str
    """As a person says it, e.g. 小本同学."""
    phrases: tuple[str, ...]
    """How a transcript may spell it."""
    threshold: float
    """Score from which it counts, 0 to 1, unless the user sets another."""
    training: Mapping[str, Any]
    """What the head was made of: seed, voices, numbers."""


_WORD = TypeAdapter(WakeWord)
_LARGEST_BYTES = 1 << 24  # unpacked; ours have 0.6 MB


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of several networks that vote: weights (votes, inputs, outputs), bias (votes, 1, outputs)."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


class Head:
    """One wake word's networks, whose logits are averaged."""

    def __init__(self, word: WakeWord, layers: Sequence[Layer]) -> None:
        self.word = word
        self._layers = tuple(layers)

    def score(self, embeddings: Embeddings) -> float:
        """How surely the word has just ended, 0 to 1, by the last 16 embeddings, shape (16, 96)."""
        return float(self.scores(embeddings[np.newaxis])[0])

    def scores(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores of many windows, shape (n, 16, 96)."""
        signal = windows.reshape(len(windows), WINDOW * EMBEDDING_SIZE)
        for layer in self._layers[:-1]:
            signal = np.maximum(signal @ layer.weights + layer.bias, 0)
        logits = signal @ self._layers[-1].weights + self._layers[-1].bias
        return cast(NDArray[np.float32], 1 / (1 + np.exp(-logits.mean(axis=0)[:, 0].clip(-50, 50))))

    def save(self, path: Path) -> None:
        """Write one file; raises StorageError."""
        arrays: dict[str, Any] = {"about": np.array(json.dumps(asdict(self.word), ensure_ascii=False))}
        for number, layer in enumerate(self._layers):
            arrays[f"weights{number}"] = layer.weights.astype(np.float16)
            arrays[f"bias{number}"] = layer.bias.astype(np.float16)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                np.savez_compressed(file, **arrays)
        except OSError as error:
            raise StorageError(
                en=f"The wake word cannot be written to {path}: {error.strerror}.",
                zh=f"无法把唤醒词写入 {path}：{error.strerror}。",
            ) from error

    @classmethod
    def load(cls, path: Path) -> "Head":
        """Read a file that `save` wrote; raises ModelError.

        The user's own words have no checksum to be known by. They need none: there is nothing in the file
        but numbers and the word's description, both are checked, and nothing in it is ever run.
        """
        try:
            with path.open("rb") as opened:
                _check_size(opened)
                with np.load(opened, allow_pickle=False) as file:
                    word = _WORD.validate_json(str(file["about"]))
                    layers = [
                        Layer(file[f"weights{n}"].astype(np.float32), file[f"bias{n}"].astype(np.float32))
                        for n in range((len(file.files) - 1) // 2)
                    ]
            head = cls(word, layers)
            head.check()
        except FileNotFoundError as error:
            raise ModelError(
                en=f"There is no wake word '{path.stem}' in {path.parent}; "
                "`xiaoben wake list` shows those there are, `xiaoben wake train` makes one.",
                zh=f"{path.parent} 中没有唤醒词“{path.stem}”；"
                "`xiaoben wake list` 列出已有的唤醒词，`xiaoben wake train` 可以训练新的。",
            ) from error
        except Exception as error:  # numpy, zlib and zipfile raise a dozen kinds
            raise ModelError(
                en=f"The wake word file {path} is damaged; make it again with `xiaoben wake train`.",
                zh=f"唤醒词文件 {path} 已损坏；请恢复它，或用 `xiaoben wake train` 重新训练。",
            ) from error
        return head

    def check(self) -> None:
        """Raise ValueError when the layers do not fit together and give a score."""
        with np.errstate(all="ignore"):
            score = self.score(np.zeros((WINDOW, EMBEDDING_SIZE), np.float32))
        if not 0 <= score <= 1:
            raise ValueError("no score")


def words(folder: Path) -> list[str]:
    """The wake words that lie in `folder`."""
    return sorted(path.stem for path in folder.glob("*.npz"))


def _check_size(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > _LARGEST_BYTES:
            raise ValueError("larger than any wake word")
    file.seek(0)
