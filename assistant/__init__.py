"""Xiaoben (小本): a voice assistant that lives wholly on your own machine."""

import os

__version__ = "0.1.0"

# onnxruntime's Linux wheels (seen in 1.32) report their use to their maker, from C++ where no audit hook sees
# it, and write an identifier into the home folder. This is read when the library is loaded; several packages
# load it, and only this file surely comes before all of them. Newer ones shall read the second name.
for _name in ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"):
    os.environ[_name] = "1"
# Where a file is missing, faster-whisper would ask the Hugging Face hub for it, and the hub's client send
# telemetry along. We look before we load; this is for what we may overlook.
os.environ["HF_HUB_OFFLINE"] = "1"
