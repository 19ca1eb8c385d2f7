"""Look things up in the business's own texts, when they are too many for the prompt."""

from domain.business import Business
from domain.stems import stems

SECTIONS = 3


class FolderKnowledge:
    """Keyword search over the sections of the business folder (the port `Knowledge`)."""

    def __init__(self, business: Business) -> None:
        self._sections = [
            (section, set(stems(f"{section.title} {section.body}")))
            for section in business.knowledge
        ]

    async def search(self, query: str) -> str:
        """The three sections that share the most words with the query, in Markdown."""
        wanted = set(stems(query))
        scored = [(len(wanted & known), section) for section, known in self._sections]
        best = sorted(scored, key=lambda pair: pair[0], reverse=True)[:SECTIONS]
        return "\n\n".join(f"### {s.title}\n{s.body}" for shared, s in best if shared)
