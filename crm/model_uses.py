"""What model calls cost that are no turn's: written at once, since a repeat is paid again."""

from typing import Literal

from crm.pool import Database
from domain.proposal import Usage

Purpose = Literal["summary", "brief", "discarded"]

_ADD = """
INSERT INTO model_uses (purpose, model, calls, input_tokens, cached_input_tokens, output_tokens)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def note(database: Database, purpose: Purpose, usage: Usage) -> None:
    """Keep what was spent; nothing when no request was answered."""
    if usage.calls:
        tokens = (usage.input_tokens, usage.cached_tokens, usage.output_tokens)
        await database.execute(_ADD, purpose, usage.model, usage.calls, *tokens)
