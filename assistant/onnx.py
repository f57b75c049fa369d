"""Runs ONNX networks on the CPU. The only module that knows onnxruntime."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from assistant.errors import ModelError


class Network:
    """One loaded ONNX file."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        """Load `path`; raises ModelError when it is missing or no ONNX network."""
        if not path.is_file():
            raise ModelError(
                en=f"The model file {path} is missing; run `xiaoben models pull` to fetch it.",
                zh=f"缺少模型文件 {path}；请运行 `xiaoben models pull` 下载。",
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # never the runtime's own chatter: errors come as exceptions
        options.enable_cpu_mem_arena = False  # keeps the sound of the last run, and up to 200 MB
        options.enable_mem_pattern = False  # plans memory for every new length of input, and keeps it
        # Spinning worker threads would keep a core busy between two calls.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime raises a dozen private classes
            raise ModelError(
                en=f"The model file {path} cannot be loaded ({type(error).__name__}); "
                "run `xiaoben models verify` and pull it again.",
                zh=f"无法加载模型文件 {path}（{type(error).__name__}）；"
                "请运行 `xiaoben models verify` 检查并重新下载。",
            ) from error

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs, in order."""
        return [node.name for node in self._session.get_inputs()]

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Evaluate the network; the outputs come in the file's order."""
        return [np.asarray(output) for output in self._session.run(None, dict(feeds))]
