"""Addresses in running text: links, hosts, emails and handles, also where they are disguised.

WhatsApp makes a link of a bare host, so each counts, with or without a scheme.
"""

import re
from functools import cache
from urllib.parse import urlsplit

from babel.core import get_global

_URL = re.compile(r"[a-z][a-z0-9+.-]{0,20}://[^\s<>\"')\]]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,}", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w@./-])(?:[\w-]{1,63}\.)+(?P<end>[a-z]{2,24})\b(?P<path>[/?#:]\w)?", re.IGNORECASE
)
_NUMERIC = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_HANDLE = re.compile(r"(?<![\w.@/])@[a-z0-9_][\w.]{2,}", re.IGNORECASE)
_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot|punto|ponto)\s?[\])}]\s?", re.IGNORECASE)
_SPELLED = re.compile(r"\b(?:\w ){2,}\w\b")
_AT = re.compile(r"\s?[\[({]\s?(?:@|at|arroba)\s?[\])}]\s?", re.IGNORECASE)
_OTHER_DOTS = str.maketrans("。｡．", "...")

_GENERIC = """
    com net org info biz io co app dev ai xyz link ly me site online shop store top click club vip
    pro live life world today space website tech cloud digital agency email group team work works
    host press news blog page fun run win bet casino cash money loan loans credit finance pay bank
    promo sale deals gift gifts free ltd llc inc company solutions services support help center
    market marketing media social chat zip mov lol icu cfd cyou sbs buzz rest quest monster bond
    mobi name tel asia cat edu gov int mil eu uk su
"""
_WORDS_TOO = """
    es de la se me no so do to is it in my am as at be by us tu su si al ve pa va ni um eu ir ao na
    vi ma co name today free help live pro work run win sale center
"""
"""Ends that are words, which stand after a full stop where somebody forgot the space."""
_CLEAR = "|".join({*_GENERIC.split(), "co"} - (set(_WORDS_TOO.split()) - {"co"}))
_DOT_IN_WORDS = re.compile(rf"(?<=\w)\s(?:dot|punto|ponto)\s(?=(?:{_CLEAR})\b)", re.IGNORECASE)
_LOOSE_DOT = re.compile(rf"(?<=\w)\s\.\s?(?=(?:{_CLEAR})\b)|(?<=\d)\s\.\s(?=\d)", re.IGNORECASE)


def hosts(text: str) -> set[str]:
    """Every host that a text names; "" for a link that has none. Emails are not among them."""
    plain = _undisguised(text)
    named = {host(url) for url in _URL.findall(plain)} | set(_NUMERIC.findall(plain))
    bare = _BARE.finditer(_EMAIL.sub(" ", _URL.sub(" ", plain)).replace("//", " "))
    return named | {host(found[0].split("/")[0]) for found in bare if _is_a_host(found)}


def emails(text: str) -> set[str]:
    """Every email address, in small letters."""
    return {
        email.lower().rstrip(".") for email in _EMAIL.findall(_URL.sub(" ", _undisguised(text)))
    }


def handles(text: str) -> set[str]:
    """Every name with an @ in front, in small letters."""
    return {name.lower().rstrip(".") for name in _HANDLE.findall(_EMAIL.sub(" ", text))}


def host(url: str) -> str:
    """The host of a link, without www; "" when it has none, which is on no list."""
    try:
        named = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""
    return named.lower().removeprefix("www.").rstrip(".")


def _undisguised(text: str) -> str:
    dotted = _DOT_IN_WORDS.sub(".", _DOT.sub(".", text.translate(_OTHER_DOTS)))
    spelled = _SPELLED.sub(lambda found: found[0].replace(" ", ""), dotted)
    dotted = _LOOSE_DOT.sub(".", spelled)
    return _AT.sub("@", dotted)


def _is_a_host(found: re.Match[str]) -> bool:
    end = found["end"]
    if found["path"]:
        return True
    if end.lower() not in _ends():
        return False
    return not (end.lower() in _WORDS_TOO.split() and end.istitle() and found[0].count(".") == 1)


@cache
def _ends() -> frozenset[str]:
    countries = (name.lower() for name in get_global("territory_zones"))
    return frozenset((*_GENERIC.split(), *(name for name in countries if len(name) == 2)))  # noqa: PLR2004 - letters of a country
