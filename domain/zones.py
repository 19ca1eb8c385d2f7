"""In which time zone a lead is: what his phone number suggests, and what he says.

Tables: Google's libphonenumber (zones of number prefixes), the Unicode CLDR (zones of countries).
Mexico's 521 and the like are taken as `canonical_phone` writes them.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from babel.core import get_global
from phonenumbers.timezone import time_zones_for_geographical_number

from domain.contact import canonical_phone

_MAIN = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CL": "America/Santiago", "CN": "Asia/Shanghai", "EC": "America/Guayaquil",
    "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv",
    "US": "America/New_York",
}  # fmt: skip
"""Where most of a country's people live, for countries with several zones."""

_AS_GOOD_AS_ONE = frozenset(("CL", "CN", "EC", "ES", "NZ", "PT", "UA"))
"""Countries whose other zones are islands and far ends: their people say so by themselves."""

_SHARED_CODES = (1, 7)
"""Country codes of several countries, which the digits after them tell apart."""

_CITIES = {
    "America/New_York": "nueva york, nova york, nova iorque, nyc, miami, boston, atlanta, "
    "washington, orlando, filadelfia, philadelphia, florida, nueva jersey, new jersey, "
    "charlotte, east coast",
    "America/Chicago": "houston, dallas, austin, san antonio, texas, nueva orleans, new orleans",
    "America/Denver": "salt lake city, colorado, utah, albuquerque",
    "America/Los_Angeles": "san francisco, san diego, seattle, las vegas, california, portland, "
    "west coast",
    "America/Phoenix": "arizona, tucson",
    "America/Toronto": "ottawa, montreal, quebec, ontario",
    "America/Vancouver": "british columbia", "America/Edmonton": "calgary, alberta",
    "America/Mexico_City": "ciudad de mexico, cidade do mexico, cdmx, guadalajara, puebla, "
    "queretaro, leon",
    "America/Tijuana": "mexicali", "America/Cancun": "playa del carmen, quintana roo, tulum",
    "America/Sao_Paulo": "rio de janeiro, belo horizonte, brasilia, curitiba, porto alegre, "
    "florianopolis, campinas, goiania",
    "America/Bahia": "salvador da bahia", "America/Fortaleza": "natal, joao pessoa",
    "America/Bogota": "colombia, medellin, cali, barranquilla, cartagena de indias, bucaramanga",
    "America/Lima": "peru, arequipa", "America/Guayaquil": "ecuador, quito",
    "America/Caracas": "venezuela, maracaibo", "America/Santiago": "chile, valparaiso",
    "America/Argentina/Buenos_Aires": "argentina, rosario", "America/Montevideo": "uruguay",
    "Europe/Madrid": "madri, barcelona, valencia, sevilla, seville, bilbao, malaga, zaragoza, "
    "espana, spain, espanha",
    "Atlantic/Canary": "canarias, canary islands, tenerife, gran canaria, lanzarote",
    "Europe/Lisbon": "lisboa, oporto, portugal", "Europe/London": "londres, manchester, england",
    "Europe/Paris": "paris", "Europe/Berlin": "berlin, munich, hamburg, frankfurt",
    "Europe/Rome": "roma, milan, milano", "Australia/Sydney": "canberra",
}  # fmt: skip
"""Names beside those in the zones' own, as leads write them."""

_WORDS = """
    general center universal easter west north south east acre act oral wake troll nome natal
    mission
"""
"""Places whose names are words of our three languages."""

_YEAR = 2026


@dataclass(frozen=True, slots=True)
class PhoneZone:
    """`sure`: the country has but one zone, so there is no need to ask."""

    name: str
    sure: bool


def phone_zone(phone: str) -> PhoneZone | None:
    """The zone in which a number's owner most likely is; None for no number of any country."""
    try:
        number = phonenumbers.parse("+" + canonical_phone(phone))
    except phonenumbers.NumberParseException:
        return None
    country = _country(number)
    zones = _zones_of(country)
    if not zones:
        return None
    near = time_zones_for_geographical_number(number)
    likely = near[0] if len(near) == 1 else _MAIN.get(country, zones[0])
    return PhoneZone(likely if known(likely) else zones[0], sure=_one_clock(country))


def known(name: str) -> bool:
    """Whether this is the name of a place's zone, like America/Bogota."""
    return "/" in name and not name.startswith("Etc/") and name in _names()


def zone_said(text: str) -> str | None:
    """The zone of the one place that the words name; None when it is none or several."""
    said = f" {_plain(text)} "
    found = {zone: place for place, zone in _places().items() if f" {place} " in said}
    # "sao paulo" is no "paulo": a place inside a longer one was not meant
    longest = [z for z, p in found.items() if not any(p != o and p in o for o in found.values())]
    return longest[0] if len(longest) == 1 else None


def _country(number: phonenumbers.PhoneNumber) -> str:
    code = number.country_code or 0
    exact = phonenumbers.region_code_for_number(number) if code in _SHARED_CODES else None
    return exact or phonenumbers.region_code_for_country_code(code)


@cache
def _zones_of(country: str) -> list[str]:
    zones = cast("Mapping[str, list[str]]", get_global("territory_zones"))
    return [zone for zone in zones.get(country, []) if known(zone)]


@cache
def _one_clock(country: str) -> bool:
    """Whether all its zones show the same hour all the year."""
    months = [datetime(_YEAR, month, 15, tzinfo=UTC) for month in range(1, 13)]
    clocks = {
        tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in months)
        for zone in _zones_of(country)
    }
    return len(clocks) == 1 or country in _AS_GOOD_AS_ONE


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _places() -> dict[str, str]:
    own = {_plain(name.rsplit("/", 1)[-1]): name for name in sorted(_names()) if known(name)}
    named = {_plain(city): zone for zone, cities in _CITIES.items() for city in cities.split(",")}
    return {place: zone for place, zone in (own | named).items() if place not in _WORDS.split()}


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z]+", letters))
