"""Xiaoben (小本): a voice assistant that lives wholly on your own machine."""

import os

__version__ = "0.1.0"

# onnxruntime's Linux wheels (seen in 1.32) report their use to their maker, from C++ where no audit hook sees
# it, and write an identifier into the home folder. This is read when the library is loaded; several packages
# load it, and only this file surely comes before all of them.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
