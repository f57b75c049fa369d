"""What the control socket can be asked: a model for each command, by which its fields are checked."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.events import Language


class Request(BaseModel):
    """Base of every request, and one without fields: unknown fields and other types are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Say(Request):
    """Speak a text."""

    text: str
    lang: Language | None = None
    """None: judge by the text."""


class Ask(Say):
    """Answer a text."""

    speak: bool = False
    """Say the answer as well."""


class History(Request):
    """Read what was said."""

    count: int | None = None
    """Entries at most."""
    before: int | None = None
    """Number of an entry, which with those after it is left out."""


class Forget(Request):
    """Delete what was said: the last entries, those before a day, or all."""

    last: int | None = None
    before: Annotated[str, Field(max_length=10)] | None = None
    """ISO date."""
    all: Literal[True] | None = None
