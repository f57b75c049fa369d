"""The local language model. The only module that knows llama_cpp.

The prompt is a cache key: llama.cpp keeps the evaluated tokens and goes on from the longest common beginning
of the next prompt, so what never changes must stand first.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from assistant.errors import ModelError
from assistant.llm.thoughts import without_thoughts

_TEMPERATURE = 0.2  # SmolLM2's own recommendation, with top_p 0.9
_TOP_P = 0.9
_REPEAT_PENALTY = 1.1
_BATCH_TOKENS = 64  # evaluated at once: 512 are no faster on a CPU, and take 200 MB more


class Llama:
    """A GGUF chat model."""

    def __init__(self, folder: Path, *, threads: int, context_tokens: int) -> None:
        """`folder` holds `model.gguf`; raises ModelError when it cannot be loaded."""
        path = folder / "model.gguf"
        try:
            self._model = llama_cpp.Llama(
                str(path),
                n_ctx=context_tokens,
                n_batch=_BATCH_TOKENS,
                n_ubatch=_BATCH_TOKENS,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
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

    def forget(self) -> None:
        """Wipe the last chat, and with it the beginning that was kept for the next one."""
        model = self._model
        model.reset()
        # Fills every buffer that tokens pass through, and replaces the sampler, which knows the last ones.
        next(model.generate([model.token_bos()] * _BATCH_TOKENS))
        gc.collect()  # of the old sampler: it is part of a cycle
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(model.ctx), True)
        model.reset()
        model.input_ids.fill(0)

    def _instructed(self, message: Mapping[str, str]) -> dict[str, str]:
        """The message, with Qwen3's switch that makes a reasoning model answer at once."""
        think_aloud = "enable_thinking" in self._model.metadata.get("tokenizer.chat_template", "")
        switch = " /no_think" if think_aloud and message["role"] == "user" else ""
        return {**message, "content": message["content"] + switch}
