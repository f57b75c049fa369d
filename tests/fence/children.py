"""Children of the tests, in which fences go up: none can be taken down again."""

import os
import pickle
import traceback
from collections.abc import Callable
from typing import Any


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a fork of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = pickle.dumps(work())
        except BaseException:  # noqa: BLE001 - shown by the assertion below
            answer = pickle.dumps(traceback.format_exc())
        with os.fdopen(writer, "wb") as file:
            file.write(answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(child, 0)
    result = pickle.loads(answer)
    assert not (isinstance(result, str) and result.startswith("Traceback")), result
    return result
