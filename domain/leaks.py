"""Whether a reply gives away the instructions that the model works by, also disguised ones."""

import re
from unicodedata import normalize

RUN = 40
"""Letters in a row that nobody writes by chance."""

_LEAK = re.compile(
    r"system (?:prompt|message)|(?:prompt|mensaje|mensagem) (?:del|do|de) sistema"
    r"|developer message|</?context>|language model"
    r"|modelo de (?:lenguaje|linguagem)|"
    r"(?:ignore|disregard) (?:all |any )?(?:the )?(?:previous|prior)"
    r"|\b(?:mis|minhas|my) (?:instrucciones|instru[cç][oõ]es|instructions)"
    r" ?(?::|son|dicen|s[aã]o|dizem|are|say|tell)"
    r"|\b(?:my|mi|meu) prompt\b|\b(?:i am|i['’]m|was) (?:instructed|told) to\b"
    r"|\b(?:modelo|model) (?:de )?(?:ia|ai)\b|\bai model\b"
    r"|\b(?:seg[uú]n|segundo|conforme|per|according to) (?:as |a )?(?:mis|minhas|my)"
    r" (?:instrucciones|instru[cç][oõ]es|instructions)"
    r"|\b(?:fui|soy|estoy|sou|estou|was|am|been|i['’]m) (?:programad[oa]|programmed)\b"
    r"|\b(?:mis|minhas|my) (?:(?:reglas|regras) internas|internal rules)\b"
    r"|\b(?:offered_slots|stage_done|wants_human|search_knowledge|find_slots|book_call"
    r"|cancel_call|send_document|profile_name|came_from_ad|colleague_said|sent_meanwhile|zone_sure"
    r"|not_interested|wrong_number)\b",
    re.IGNORECASE,
)
_INSTRUCTIONS = (
    r"(?:\w+ ){0,2}?(?:system (?:prompt|message)|prompts?|(?:internal )?(?:rules|instructions)|"
    r"(?:prompt|mensaje|mensagem) (?:del|do|de) sistema|(?:reglas|regras) internas|"
    r"instrucciones(?: internas)?|instru[cç][oõ]es(?: internas)?)"
)
_REFUSES = re.compile(
    r"\b(?:can(?:['’]t|not| not)|won['’]t|no (?:te |le )?(?:puedo|podemos)|"
    r"n[aã]o (?:posso|podemos)) (?:share|show|reveal|disclose|give|repeat|print|discuss|"
    r"compartir(?:te)?|mostrar(?:te)?|revelar(?:te)?|dar(?:te)?|repetir|"
    r"ense[nñ]ar(?:te)?|compartilhar|divulgar|passar|imprimir) "
    rf"(?:you )?{_INSTRUCTIONS}(?: (?:or|and|o|ni|y|ou|nem|e) {_INSTRUCTIONS})?"
    r"(?=[.!]|$|,(?: \w+,)? (?:but I |pero (?:s[ií]|te|con) |mas (?:posso|te|com) ))",
    re.IGNORECASE,
)
"""A model that refuses in its own words names what it refuses."""

_CODED = re.compile(r"[A-Za-z0-9+/=_-]{48,}")

Windows = frozenset[str]


def windows(text: str) -> Windows:
    """Every run of so many letters of a text."""
    letters = _letters(text)
    return frozenset(letters[i : i + RUN] for i in range(len(letters) - RUN + 1))


def speaks_of_them(reply: str) -> bool:
    """Whether the reply speaks of the model's instructions, other than to refuse to show them."""
    return bool(_LEAK.search(_REFUSES.sub(" ", reply)))


def repeats(reply: str, secret: Windows) -> bool:
    """Whether the reply holds a run of the secret, forwards or backwards, however it is spaced."""
    letters = _letters(reply)
    return any(
        said[i : i + RUN] in secret
        for said in (letters, letters[::-1])
        for i in range(len(said) - RUN + 1)
    )


def coded(reply: str) -> bool:
    """Whether it holds a run without spaces that is no word of a language: base64 or the like."""
    return bool(_CODED.search(re.sub(r"[a-z]+://\S+", " ", reply)))


def _letters(text: str) -> str:
    return "".join(char for char in normalize("NFKC", text).casefold() if char.isalpha())
