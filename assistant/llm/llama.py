"""The local language model. The only module that knows llama_cpp.

The prompt is a cache key: llama.cpp keeps the evaluated tokens and goes on from the longest common beginning
of the next prompt, so what never changes must stand first.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llama_cpp import Llama as LlamaCpp

from assistant.errors import ModelError
from assistant.llm.thoughts import without_thoughts

_TEMPERATURE = 0.2  # SmolLM2's own recommendation, with top_p 0.9
_TOP_P = 0.9
_REPEAT_PENALTY = 1.1


class Llama:
    """A GGUF chat model."""

    def __init__(self, folder: Path, *, threads: int, context_tokens: int) -> None:
        """`folder` holds one `.gguf` file; raises ModelError when it cannot be loaded."""
        path = next(iter(sorted(folder.glob("*.gguf"))), folder / "model.gguf")
        try:
            self._model = LlamaCpp(
                str(path), n_ctx=context_tokens, n_threads=threads, n_threads_batch=threads, verbose=False
            )
        except (ValueError, OSError) as error:
            raise ModelError(
                en=f"The language model {path} cannot be loaded; "
                "run `xiaoben models verify` and pull it again.",
                zh=f"无法加载语言模型 {path}；请运行 `xiaoben models verify` 检查并重新下载。",
            ) from error

    def warm(self, messages: Sequence[Mapping[str, str]]) -> None:
        """Evaluate the beginning that every prompt has in common."""
        for _ in self.stream(messages, 1):
            pass

    def stream(self, messages: Sequence[Mapping[str, str]], max_tokens: int) -> Iterator[str]:
        """The answer to a chat, piece by piece as it is written.

        `messages` are `{"role": "system" | "user" | "assistant", "content": text}`.
        """
        pieces: Any = self._model.create_chat_completion(
            [self._instructed(message) for message in messages],
            stream=True,
            max_tokens=max_tokens,
            temperature=_TEMPERATURE,
            top_p=_TOP_P,
            repeat_penalty=_REPEAT_PENALTY,
            seed=0,  # the same question gets the same answer
        )
        yield from without_thoughts(piece["choices"][0]["delta"].get("content") or "" for piece in pieces)

    def _instructed(self, message: Mapping[str, str]) -> dict[str, str]:
        """The message, with Qwen3's switch that makes a reasoning model answer at once."""
        think_aloud = "enable_thinking" in self._model.metadata.get("tokenizer.chat_template", "")
        switch = " /no_think" if think_aloud and message["role"] == "user" else ""
        return {**message, "content": message["content"] + switch}
