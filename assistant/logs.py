"""The log, free of words: no error's message and no library can bring into it what was said.

Our own messages are written by hand and quote nobody. Those of libraries, and of Python in their name, may
quote anything: of them only the place is written, of errors the kind and the way they came. `--verbose` shows
more of our own and nothing else.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from assistant.errors import AssistantError

_LOGGER = logging.getLogger(__name__)
_OURS = ("assistant", "skills")

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Discreet(logging.Formatter):
    """Writes no message of others'."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The whole of what is logged."""
        record.exc_text = None  # a library's own handler may have written the error out
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line; a library's message is replaced by where it was written."""
        if not _is_ours(record):
            record.message = f"({record.pathname}:{record.lineno})"
        return super().formatMessage(record)

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802 - logging's name
        """An error's kind and the lines of code it came through."""
        kind, error, where = ei
        lines = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)]
        name = str(error) if isinstance(error, AssistantError) else getattr(kind, "__name__", "")
        return "\n".join([name, *lines])


def set_up(*, verbose: bool) -> None:
    """Log to the standard error, warnings and what nobody caught included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Discreet())
    handler.addFilter(lambda record: _is_ours(record) or record.levelno >= logging.WARNING)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _crash
    if threading.excepthook is threading.__excepthook__:  # else a debugger or a test runner wants to know
        threading.excepthook = sys.unraisablehook = _crash_aside


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] in _OURS


def _crash(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    _LOGGER.critical("This is a mistake in Xiaoben", exc_info=(kind, error, where))


def _crash_aside(args: Any) -> None:
    _crash(args.exc_type, args.exc_value, args.exc_traceback)
