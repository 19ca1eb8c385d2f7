"""Look things up in the business's own texts, when they are too many for the prompt."""

import re
import unicodedata

from domain.business import Business, Section

SECTIONS = 3
_SHORTEST = 3
_STEM = 5


class FolderKnowledge:
    """Keyword search over the sections of the business folder (the port `Knowledge`)."""

    def __init__(self, business: Business) -> None:
        self._sections = [(section, _stems(section)) for section in business.knowledge]

    async def search(self, query: str) -> str:
        """The three sections that share the most words with the query, in Markdown."""
        wanted = _words(query)
        scored = [(len(wanted & stems), section) for section, stems in self._sections]
        best = sorted(scored, key=lambda pair: pair[0], reverse=True)[:SECTIONS]
        return "\n\n".join(f"### {s.title}\n{s.body}" for shared, s in best if shared)


def _stems(section: Section) -> set[str]:
    return _words(f"{section.title} {section.body}")


def _words(text: str) -> set[str]:
    """Word beginnings without accents: plural and conjugation differ at the end."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return {word[:_STEM] for word in re.findall(r"\w+", letters) if len(word) >= _SHORTEST}
