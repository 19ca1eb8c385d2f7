"""The base of every value that crosses a boundary (state, database, queue) as plain JSON."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

Language = Literal["es", "en", "pt"]
LANGUAGES: tuple[Language, ...] = ("es", "en", "pt")

Plain = dict[str, Any]
"""JSON builtins only: what LangGraph state, jsonb columns and the mailbox hold."""


class Value(BaseModel):
    """Frozen, strict about unknown fields, and convertible to JSON builtins and back."""

    # errors end in logs, and the input may be a lead's words
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def plain(self) -> Plain:
        """As JSON builtins."""
        return self.model_dump(mode="json")

    @classmethod
    def of(cls, plain: Plain) -> Self:
        """From JSON builtins; raises pydantic's ValidationError when they do not fit."""
        return cls.model_validate(plain)
