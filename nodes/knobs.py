"""What a developer turns in Studio: the graph's context, JSON only."""

from dataclasses import dataclass

from domain.values import Language


@dataclass(frozen=True)
class Knobs:
    """`model` None asks the configured one; `language` None follows the lead."""

    confidence_threshold: float = 0.7
    unresolved_limit: int = 3
    model: str | None = None
    language: Language | None = None
